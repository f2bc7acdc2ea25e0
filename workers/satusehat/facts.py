"""What snapshots of every kind share: how the clinic's JSON is read, who sends, whose it is, who cared.

Absent facts stay ``None``: whether they matter is for the preflight to say. Unknown extra keys are
ignored, so a clinic may add columns; a word outside the vocabularies is a ``MappingError``.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from workers.outcome import Accepted

Known = Mapping[str, Accepted]
"""Local key → what SatuSehat holds under it (docs/snapshot.md, "Local keys")."""


class MappingError(Exception):
    """A clinic fact cannot be said in FHIR; names the fields and never their values."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(dict.fromkeys(paths))
        super().__init__("cannot be mapped: " + ", ".join(self.paths))


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as impossible:  # the year 1 or 9999, near the edge of the calendar
        raise ValueError("outside the calendar") from impossible


def _plain(value: float) -> float:
    """Whole numbers lose their ``.0``: the same measure must always be the same content."""
    return int(value) if value == int(value) else value


def _said(text: str | None) -> str | None:
    """Free text that says something; blanks say nothing."""
    return text if text and text.strip() else None


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Number = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_plain)]
Words = Annotated[str | None, AfterValidator(_said)]


class Fact(BaseModel):
    """One row of the clinic, frozen."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Clinic(Fact):
    """Who sends; ``organization_id`` is the facility's SatuSehat number."""

    id: str
    name: str
    organization_id: str | None = None
    time_zone: str = "Asia/Jakarta"
    capability: str | None = None


class Patient(Fact):
    """Whose visit it is; only the IHS number found by ``nik`` ever leaves the clinic."""

    id: str
    medical_record_number: str | None = None
    nik: str | None = None
    full_name: str | None = None
    birth_date: date | None = None
    gender: Literal["male", "female"] | None = None


class Practitioner(Fact):
    """A health worker named anywhere in the visit."""

    id: str
    full_name: str | None = None
    nik: str | None = None
    profession: str | None = None


class Snapshot(Fact):
    """What every snapshot tells, whatever its subject."""

    as_of: Moment | None = None
    """When it was taken, by the database's clock: the worker's own may be wrong."""
    clinic: Clinic
    patient: Patient
    practitioners: tuple[Practitioner, ...] = ()
    voided: tuple[str, ...] = ()
    """Ids of rows of the subject that were taken back; only they say that a stray resource is ours."""


class _KnownRow(Fact):
    key: str
    type: str
    remote_id: str
    version: str | None = None
    content_hash: str | None = None


_KNOWN = TypeAdapter(tuple[_KnownRow, ...], config=ConfigDict(hide_input_in_errors=True))


def _paths(refused: ValidationError) -> tuple[str, ...]:
    """Where the JSON went wrong, without what stood there."""
    errors = refused.errors(include_url=False, include_context=False, include_input=False)
    return tuple(".".join(str(step) for step in error["loc"]) or "snapshot" for error in errors)


Told = TypeVar("Told", bound=Snapshot)


def understood(model: type[Told], json: Any) -> Told:
    """Read a snapshot, given as decoded JSON; raises MappingError naming every wrong field."""
    try:
        return model.model_validate(json)
    except ValidationError as refused:
        paths = _paths(refused)
    raise MappingError(paths)  # outside the except: the original carries the values


def parse_known(rows: Any) -> Known:
    """Read the ``known`` list of a lease; rows that have no remote id yet say nothing."""
    present = [row for row in rows or () if not isinstance(row, Mapping) or row.get("remote_id")]
    try:
        read = _KNOWN.validate_python(present)
    except ValidationError as refused:
        paths = tuple(f"known.{path}" for path in _paths(refused))
    else:
        return {r.key: Accepted(r.key, r.type, r.remote_id, r.version, r.content_hash or "") for r in read}
    raise MappingError(paths)
