"""DICOM: only images, with a preamble that is nothing and no private parts; one frame is the preview (FILE-4).

The identity inside stays: the file is the patient's own, and is compared with the order by ``identity``.
"""

import warnings
from collections.abc import Iterator
from typing import BinaryIO, Final

import pydicom
from pydicom import DataElement, Dataset, FileDataset
from pydicom.datadict import dictionary_has_tag, dictionary_VR, repeater_has_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from workers.laboratory.files import dicom_pixels
from workers.laboratory.files.dicom_classes import IMAGES, MALFORMED
from workers.laboratory.files.inflating import BARE, inflated_size
from workers.laboratory.files.kinds import HEAD_BYTES, PREAMBLE_BYTES, Kind, detect, hostile_preamble
from workers.laboratory.files.limits import MOST_ELEMENTS
from workers.laboratory.files.shown import write_previews
from workers.laboratory.files.verdict import Finding, Identity, Reason, Refusal, Safe

PADDING: Final = 0xFFFCFFFC
UNDEFINED: Final = 0xFFFFFFFF
"""A length that is found by reading on (PS3.5 §7.1.1)."""
EMBEDDED: Final = ("EncapsulatedDocument", "EncapsulatedDocumentLength", "MIMETypeOfEncapsulatedDocument")
WORDS: Final = {
    "patient_number": "PatientID",
    "patient_name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "accession_number": "AccessionNumber",
}
LONGEST_WORD: Final = 200
_STEP_BYTES: Final = 1024 * 1024


def clean(source: BinaryIO, most_bytes: int, out: BinaryIO, preview: BinaryIO, thumbnail: BinaryIO) -> Safe:
    """Write the image anew, and its previews; raises Refusal. ``most_bytes`` also holds for what is deflated."""
    with warnings.catch_warnings(action="ignore"):  # pydicom's warnings quote values
        try:
            dataset, findings = _written(source, most_bytes, out)
        except MALFORMED:
            raise Refusal(Reason.UNREADABLE) from None
        picture = dicom_pixels.picture(dataset)
    if picture is None:
        findings.append(Finding.NO_PREVIEW)
    else:
        write_previews(picture, preview, thumbnail)
    return _told(dataset, findings)


def _written(source: BinaryIO, most_bytes: int, out: BinaryIO) -> tuple[FileDataset, list[Finding]]:
    dataset, findings = _read(source, most_bytes)
    _check_class(dataset)
    padding = dicom_pixels.check(dataset)
    findings += _made_safe(dataset, padding)
    dataset.save_as(out, enforce_file_format=True)
    _check(out, dataset)
    return dataset, findings


def _read(source: BinaryIO, most_bytes: int) -> tuple[FileDataset, list[Finding]]:
    head = source.read(HEAD_BYTES)
    if hostile_preamble(head):
        raise Refusal(Reason.HOSTILE_PREAMBLE)
    findings = [Finding.PREAMBLE_CLEARED] if any(head[:PREAMBLE_BYTES]) else []
    if _check_deflated(source, most_bytes):
        findings.append(Finding.INFLATED)
    source.seek(0)
    return pydicom.dcmread(source), findings


def _check_deflated(source: BinaryIO, most_bytes: int) -> bool:
    """Whether the dataset is deflated; raises Refusal when it is more than a file may be once inflated."""
    source.seek(PREAMBLE_BYTES + 4)
    meta = read_dataset(source, is_implicit_VR=False, is_little_endian=True, stop_when=_after_meta)
    packed = source.read() if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian else b""
    if inflated_size(packed, most_bytes, BARE) > most_bytes:
        raise Refusal(Reason.TOO_COMPLEX)
    return bool(packed)


def _after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group != 2


def _check_class(dataset: FileDataset) -> None:
    """Raises Refusal unless it is an image and nothing is hidden in it."""
    if dataset.get("SOPClassUID") not in IMAGES or not dataset.get("SOPInstanceUID"):
        raise Refusal(Reason.NOT_AN_IMAGE)
    count = 0
    for nested in _datasets(dataset):
        count += len(nested)
        if count > MOST_ELEMENTS:
            raise Refusal(Reason.TOO_COMPLEX)
        if any(word in nested for word in EMBEDDED):
            raise Refusal(Reason.NOT_AN_IMAGE)


def _datasets(dataset: Dataset) -> Iterator[Dataset]:
    """The dataset and all those in its sequences."""
    waiting = [dataset]
    while waiting:
        one = waiting.pop()
        yield one
        for tag in one.keys():  # noqa: SIM118  # values are read only where they are needed: many machines are sloppy
            if _is_sequence(one.get_item(tag)):
                waiting += list(one[tag].value or ())


def _is_sequence(element: DataElement | RawDataElement | None) -> bool:
    if element is None:
        return False
    if element.VR is None and dictionary_has_tag(element.tag):  # implicit: the dictionary says
        return dictionary_VR(element.tag) == "SQ"
    hidden = isinstance(element, RawDataElement) and element.VR == "UN" and element.length == UNDEFINED
    return element.VR == "SQ" or hidden


def _made_safe(dataset: FileDataset, padding: int) -> list[Finding]:
    findings = set[Finding]()
    for nested in _datasets(dataset):
        for tag in list(nested.keys()):
            if (finding := _unwanted(tag)) is not None:
                findings.add(finding)
                del nested[tag]
    if padding > 0:
        dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) - padding]
        findings.add(Finding.TRAILING_BYTES_REMOVED)
    dataset.preamble = bytes(PREAMBLE_BYTES)
    dataset.file_meta = _plain_meta(dataset)
    return sorted(findings)


def _unwanted(tag: BaseTag) -> Finding | None:
    """What may hold anything at all: a maker's own elements, padding, and tags that the standard does not know."""
    if tag.is_private:
        return Finding.PRIVATE_TAGS_REMOVED
    if tag == PADDING:
        return Finding.PADDING_REMOVED
    known = tag.element == 0 or dictionary_has_tag(tag) or repeater_has_tag(tag)
    return None if known else Finding.UNKNOWN_TAGS_REMOVED


def _plain_meta(dataset: FileDataset) -> FileMetaDataset:
    """What says how the file is written, and nothing a sender may have put there."""
    syntax = dataset.file_meta.TransferSyntaxUID
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == DeflatedExplicitVRLittleEndian else syntax
    return meta


def _check(out: BinaryIO, dataset: FileDataset) -> None:
    """What was written is read again: nothing in front, nothing private, the same image."""
    out.seek(0)
    head = out.read(HEAD_BYTES)
    out.seek(0)
    again = pydicom.dcmread(out, defer_size=_STEP_BYTES)
    unwanted = any(_unwanted(tag) for nested in _datasets(again) for tag in nested.keys())  # noqa: SIM118  # tags only
    same = again.SOPInstanceUID == dataset.SOPInstanceUID
    if any(head[:PREAMBLE_BYTES]) or detect(head) is not Kind.DICOM or unwanted or not same:
        raise Refusal(Reason.UNCLEANABLE)


def _told(dataset: FileDataset, findings: list[Finding]) -> Safe:
    return Safe(
        kind=Kind.DICOM, findings=tuple(findings), pages=dicom_pixels.frames_of(dataset),
        width=int(dataset.Columns), height=int(dataset.Rows), study_uid=_word(dataset, "StudyInstanceUID"),
        identity=Identity(**{name: _word(dataset, word) for name, word in WORDS.items()}),
    )  # fmt: skip


def _word(dataset: Dataset, keyword: str) -> str | None:
    return str(dataset.get(keyword) or "").strip()[:LONGEST_WORD] or None
