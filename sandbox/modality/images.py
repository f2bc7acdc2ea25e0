"""DICOM images as a modality writes them, under UIDs of the sandbox's own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from sandbox.modality.phantom import chest, fan

ROOT = "2.25"
"""UUIDs as UIDs (PS3.5 B.2): nobody has to register a root for pictures that were never taken."""
Machine = Literal["DX", "US"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the operator chose at the machine; None is left out, as many machines do."""

    number: str | None = None
    name: str | None = None
    """As DICOM writes it: FAMILY^GIVEN."""
    birth_date: str | None = None
    """YYYYMMDD."""
    sex: Literal["M", "F", "O"] | None = None


def instance_uid() -> UID:
    """A UID nobody has used."""
    return UID(f"{ROOT}.{uuid4().int}")


def image(subject: Subject, accession: str | None = None, machine: Machine = "DX", frames: int = 1) -> Dataset:
    """One picture, or one ultrasound clip, ready to be sent or saved."""
    dataset = _about(subject, accession, machine)
    if machine == "DX":
        _put_chest(dataset)
    else:
        _put_fan(dataset, frames)
    dataset.file_meta = _meta(dataset)
    return dataset


def _about(subject: Subject, accession: str | None, machine: Machine) -> Dataset:
    now = datetime.now(UTC)
    dataset = Dataset()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = (instance_uid() for _ in range(3))
    dataset.Modality = machine
    dataset.Manufacturer = "Sandbox"
    dataset.InstitutionName = "Klinik Contoh"
    dataset.StudyDate, dataset.StudyTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.AccessionNumber = accession or ""
    dataset.PatientID, dataset.PatientName = subject.number or "", subject.name or ""
    dataset.PatientBirthDate, dataset.PatientSex = subject.birth_date or "", subject.sex or ""
    return dataset


def _put_chest(dataset: Dataset) -> None:
    pixels = chest()
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.BodyPartExamined, dataset.ViewPosition = "CHEST", "PA"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
    dataset.PixelData = pixels.tobytes()


def _put_fan(dataset: Dataset, frames: int) -> None:
    pixels = fan(frames=frames)
    dataset.SOPClassUID = UltrasoundMultiFrameImageStorage if frames > 1 else UltrasoundImageStorage
    if frames > 1:
        dataset.NumberOfFrames, dataset.FrameTime = frames, "40"
    dataset.Rows, dataset.Columns = pixels.shape[1:3]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = pixels.tobytes()


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta
