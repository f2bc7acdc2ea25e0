"""An order to FHIR: pure functions from its snapshot to the resources SatuSehat should hold."""

from workers.satusehat.diagnostics.mapping.frame import OWNED, report_key, request_key, study_key
from workers.satusehat.diagnostics.mapping.order import held, plan, resources

__all__ = ["OWNED", "held", "plan", "report_key", "request_key", "resources", "study_key"]
