"""Clinic words to FHIR: pure functions from a snapshot to the resources SatuSehat should hold."""

from workers.satusehat.mapping.bundle import bundle, dangling, resolve
from workers.satusehat.mapping.plan import Plan, plan
from workers.satusehat.mapping.resource import Resource, content_hash, urn
from workers.satusehat.mapping.retract import ADOPTED, READ, RETRACTED, retract
from workers.satusehat.mapping.validate import validate
from workers.satusehat.mapping.visit import cancelled, resources

__all__ = [
    "ADOPTED",
    "READ",
    "RETRACTED",
    "Plan",
    "Resource",
    "bundle",
    "cancelled",
    "content_hash",
    "dangling",
    "plan",
    "resolve",
    "resources",
    "retract",
    "urn",
    "validate",
]
