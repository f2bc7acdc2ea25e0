"""What P-Care would be sent for a visit, and what would be refused, without sending or looking anything up."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from workers.bpjs.pcare import bodies
from workers.bpjs.pcare.checks import problems
from workers.bpjs.pcare.snapshot import PcareVisit

NUMBER = "(noKunjungan)"
"""Stands for the number that P-Care gives when it takes the visit."""


def simulate(snapshot: Any, _known: Any) -> dict[str, Any]:
    """``problems`` the checks would raise, and ``requests`` as they would go out (none when blocked)."""
    try:
        visit = PcareVisit.model_validate(snapshot)
    except ValidationError as error:
        paths = [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)]
        return {"problems": [{"field": path, "reason": "tidak dapat dibaca"} for path in paths], "requests": []}
    found = problems(visit) if visit.wanted else ()
    requests = [] if found or not visit.wanted else list(_requests(visit))
    return {"problems": [asdict(problem) for problem in found], "requests": requests}


def _requests(visit: PcareVisit) -> Iterator[dict[str, Any]]:
    yield _post("pendaftaran", bodies.registration(visit))
    if visit.finished:
        number = visit.held.visit_number if visit.held and visit.held.visit_number else NUMBER
        yield _post("kunjungan", bodies.encounter(visit, None))
        yield from (_post("tindakan", bodies.procedure(row, number)) for row in visit.procedures)
        yield from (_post("obat/kunjungan", bodies.drug(row, number)) for row in visit.drugs)


def _post(path: str, body: bodies.Body) -> dict[str, Any]:
    return {"method": "POST", "path": path, "body": body}
