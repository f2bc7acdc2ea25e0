"""The ImagingStudy: made by the ministry's DICOM router once it has the images, looked up here, never written."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from workers.outcome import Accepted
from workers.satusehat.diagnostics.mapping import report_key, study_key
from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot
from workers.satusehat.exchange import Way
from workers.satusehat.facts import Known
from workers.satusehat.holdings import HeldResource, retracted, search
from workers.satusehat.mapping import READ

SOONEST: Final = timedelta(seconds=2)
LATEST: Final = timedelta(seconds=60)


def missing(snapshot: OrderSnapshot, known: Known) -> tuple[Item, ...]:
    """The items whose images SatuSehat is not known to hold."""
    if snapshot.order.category != "imaging":
        return ()
    return tuple(item for item in snapshot.standing if study_key(item) not in known)


def unreported(items: Iterable[Item], known: Known) -> frozenset[str]:
    """The ids of those of which nothing was told yet: what was told once is never taken back for want of images."""
    told = set(known)
    return frozenset(
        item.id
        for item in items
        if report_key(item) not in told and not any(f"observation/{result.id}" in told for result in item.results)
    )


def patience_left(snapshot: OrderSnapshot, patience: timedelta) -> timedelta:
    """How long the images may still be waited for, by the snapshot's clock; nothing when it tells no time."""
    if snapshot.as_of is None or snapshot.order.final_at is None:
        return timedelta()
    return max(timedelta(), snapshot.order.final_at + patience - snapshot.as_of)


def next_look(snapshot: OrderSnapshot, left: timedelta) -> timedelta:
    """When to look again: soon at first, once a minute later, and when patience ends."""
    assert snapshot.as_of is not None  # noqa: S101  # patience is only left when both are told
    assert snapshot.order.final_at is not None  # noqa: S101
    waited = snapshot.as_of - snapshot.order.final_at
    return min(left, max(SOONEST, min(LATEST, waited / 2)))


async def look_up(snapshot: OrderSnapshot, items: Iterable[Item], way: Way) -> None:
    """Search the study of each item by its accession number, and remember what is found."""
    system = f"http://sys-ids.kemkes.go.id/acsn/{snapshot.clinic.organization_id}"
    patient = way.journal.known[f"patient/{snapshot.patient.id}"].remote_id
    for item in items:
        held = await search("ImagingStudy", {"identifier": f"{system}|{item.accession_number}"}, way)
        fitting = [one for one in held if _of(one, patient) and not retracted(one)]
        if fitting:
            newest = max(fitting, key=_updated)
            way.journal.accept(Accepted(study_key(item), "ImagingStudy", newest.id, newest.version, READ))


def _of(one: HeldResource, patient: str) -> bool:
    """Whether a study is the patient's: an accession number typed wrong at the modality may be another's."""
    subject = one.body.get("subject")
    return isinstance(subject, dict) and subject.get("reference") == f"Patient/{patient}"


def _updated(one: HeldResource) -> str:
    meta = one.body.get("meta")
    return str(meta.get("lastUpdated", "")) if isinstance(meta, dict) else ""
