"""What a worker knows about one uploaded file and the order it belongs to, read from the snapshot ``result_file``."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from workers.laboratory.files.identity import Expected
from workers.laboratory.files.kinds import Kind

RESULTS = "results"
ObjectPath = Annotated[
    str, Field(pattern=r"^[0-9a-f-]{36}(/[0-9a-z-]{1,48})?/[0-9a-f-]{36}(-[a-z]{1,12})?(\.[a-z]{3})?$")
]
"""Names of ours alone: nothing a sender chose is ever part of one (FILE-8)."""


class Fact(BaseModel):
    """One fact of the clinic, frozen; what it holds never shows in an error."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Clinic(Fact):
    """Whose file it is."""

    id: UUID


class Upload(Fact):
    """The file as its sender announced it, and how far it has come."""

    id: UUID
    source: Literal["uploaded", "folder", "dicom"]
    intake_bucket: Literal["result-intake"]
    intake_path: ObjectPath
    file_name: str
    declared_type: str | None = None
    state: Literal["expected", "quarantined", "held", "refused", "available", "discarded"]
    identity_confirmed: bool
    sha256: str | None = None
    stored_path: ObjectPath | None = None
    preview_path: ObjectPath | None = None
    thumbnail_path: ObjectPath | None = None


class Patient(Fact):
    """The patient of the order."""

    medical_record_number: str
    nik: str | None = None
    full_name: str
    birth_date: date | None = None
    gender: str | None = None


class Order(Fact):
    """The order a file is a result of."""

    id: UUID
    accession_numbers: tuple[str, ...]
    patient: Patient

    def expected(self) -> Expected:
        """Whom and what a DICOM file of this order may name."""
        numbers = [number for number in (self.patient.medical_record_number, self.patient.nik) if number]
        return Expected(
            patient_numbers=numbers, full_name=self.patient.full_name, birth_date=self.patient.birth_date,
            gender=self.patient.gender, accession_numbers=self.accession_numbers,
        )  # fmt: skip


class ResultFile(Fact):
    """The whole snapshot."""

    kind: Literal["result_file"]
    clinic: Clinic
    file: Upload
    order: Order | None = None

    def stored_path(self, kind: Kind) -> str:
        """Where a safe copy of that kind lies in the bucket of results."""
        return f"{self._stem}.{kind.value}"

    @property
    def preview_path(self) -> str:
        """Where its preview lies."""
        return f"{self._stem}-preview.jpg"

    @property
    def thumbnail_path(self) -> str:
        """Where its thumbnail lies."""
        return f"{self._stem}-thumbnail.jpg"

    @property
    def result_paths(self) -> list[str]:
        """Every name in the bucket of results under which something of it may lie."""
        expected = [*(self.stored_path(kind) for kind in Kind), self.preview_path, self.thumbnail_path]
        known = [self.file.stored_path, self.file.preview_path, self.file.thumbnail_path]
        return list(dict.fromkeys([*expected, *(path for path in known if path)]))

    @property
    def _stem(self) -> str:
        return f"{self.clinic.id}/{self.order.id if self.order else 'unmatched'}/{self.file.id}"
