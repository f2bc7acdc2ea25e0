"""What passes between the daemon and the cells in which files are examined; loads no parser."""

from pydantic import BaseModel, ConfigDict

from workers.laboratory.files.limits import Caps


class Claims(BaseModel):
    """What is said of a file beside its content."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    file_name: str
    declared_type: str | None
    pdf_limit_bytes: int
    image_limit_bytes: int
    dicom_limit_bytes: int

    @property
    def caps(self) -> Caps:
        """The largest sizes per kind."""
        return Caps(self.pdf_limit_bytes, self.image_limit_bytes, self.dicom_limit_bytes)


class Request(BaseModel):
    """One examination and its bounds."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    claims: Claims
    memory_limit_bytes: int
    """What the examination may take beyond the loaded program."""
    seconds: float
    """Processor time, and wall clock, each."""
    most_written_bytes: int


class Ending(BaseModel):
    """How the fork ended: ``status`` as wait(2) tells it; what it took."""

    model_config = ConfigDict(frozen=True)
    status: int
    peak_bytes: int
    cpu_seconds: float
