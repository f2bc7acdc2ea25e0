"""DICOM: images alone, without private parts; what they show, and whose they say they are (FILE-4)."""

from io import BytesIO

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from sandbox.modality import Subject, image
from tests.unit.laboratory.files import pictures
from tests.unit.laboratory.files.conftest import judged
from workers.laboratory.files.dicom_classes import IMAGES
from workers.laboratory.files.verdict import Identity

CANARY = "CANARY-4711"


def xray(**changes: object) -> bytes:
    """A chest X-ray with some elements changed."""
    return pictures.dicom(image(pictures.SUBJECT, "R2611240003A", "DX"), **changes)


def compressed(syntax: uid.UID, machine: str = "DX") -> bytes:
    """The same picture in another transfer syntax."""
    dataset = image(pictures.SUBJECT, "R2611240003A", machine)
    dataset.compress(syntax, generate_instance_uid=False)
    return pictures.dicom(dataset)


def small(pixels: np.ndarray, meaning: str, **changes: object) -> bytes:
    """A picture of few pixels with that photometric interpretation."""
    dataset = image(pictures.SUBJECT, None, "DX")
    for keyword in ("WindowCenter", "WindowWidth"):
        delattr(dataset, keyword)
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = meaning
    dataset.PixelData = pixels.tobytes()
    return pictures.dicom(dataset, **changes)


def grey(content: bytes) -> np.ndarray:
    """The preview's greys."""
    return np.asarray(Image.open(BytesIO(content)).convert("L")).astype(int)


def test_an_image_goes_out_whole() -> None:
    """The same pixels, the identity inside, a preview and a thumbnail."""
    content = xray()

    told = judged(content, "IM000001", "application/dicom")

    before, after = pydicom.dcmread(BytesIO(content)), pydicom.dcmread(BytesIO(told.safe))
    assert () == told.kept.findings
    assert (512, 512, 1, before.StudyInstanceUID) == (
        told.kept.width, told.kept.height, told.kept.pages, told.kept.study_uid)  # fmt: skip
    assert before.PixelData == after.PixelData
    assert before.PatientName == after.PatientName
    assert Identity(patient_number="RM-0001", patient_name="SARI^DEWI", birth_date="19900412", sex="F",
                    accession_number="R2611240003A") == told.kept.identity  # fmt: skip
    assert (512, 240) == (max(grey(told.preview).shape), max(grey(told.thumbnail).shape))


def test_the_same_image_is_made_safe_the_same_way() -> None:
    """What is repeated must have the same hash."""
    content = xray()
    assert judged(content).safe == judged(content).safe


def test_private_unknown_and_padding_elements_are_gone() -> None:
    """At whatever depth."""
    dataset = image(pictures.SUBJECT, None, "US")
    inner = Dataset()
    inner.CodeValue = "1"
    inner.private_block(0x0033, "MAKER", create=True).add_new(0x01, "LO", CANARY)
    dataset.ProcedureCodeSequence = Sequence([inner])
    dataset.private_block(0x0029, "MAKER", create=True).add_new(0x10, "OB", CANARY.encode() * 2)
    dataset.add_new(0x00080007, "LO", CANARY)
    dataset.add_new(0xFFFCFFFC, "OB", CANARY.encode() * 2)

    told = judged(pictures.dicom(dataset), "a.dcm")

    assert {"private_tags_removed", "unknown_tags_removed", "padding_removed"} == set(told.kept.findings)
    assert CANARY.encode() not in told.safe
    assert "1" == pydicom.dcmread(BytesIO(told.safe)).ProcedureCodeSequence[0].CodeValue


def test_meta_information_is_ours() -> None:
    """What a sender puts into group 2 does not go out."""
    dataset = image(pictures.SUBJECT)
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.3"
    dataset.file_meta.PrivateInformation = CANARY.encode() * 2
    dataset.file_meta.SourceApplicationEntityTitle = "CANARY-AE"
    told = judged(pictures.dicom(dataset))
    assert b"CANARY" not in told.safe


@pytest.mark.parametrize("storage", [
    uid.EncapsulatedPDFStorage, uid.EncapsulatedSTLStorage, uid.BasicTextSRStorage, uid.RTPlanStorage,
    uid.RawDataStorage, uid.UID("1.2.3.4"),
])  # fmt: skip
def test_what_is_no_image_is_refused(storage: uid.UID) -> None:
    """Documents, plans and reports have other ways in."""
    assert storage not in IMAGES
    assert "not_an_image" == judged(pictures.dicom(SOPClassUID=storage)).reason


def test_a_document_inside_an_image_is_refused() -> None:
    """An encapsulated PDF, on top or in a sequence."""
    inner = Dataset()
    inner.EncapsulatedDocument = b"%PDF-1.7"
    assert "not_an_image" == judged(xray(EncapsulatedDocument=b"%PDF-1.7")).reason
    assert "not_an_image" == judged(xray(ReferencedImageSequence=Sequence([inner]))).reason


@pytest.mark.parametrize(("changes", "reason"), [
    ({"Rows": 60_000, "Columns": 60_000}, "too_many_pixels"),
    ({"Rows": 513}, "pixels_missing"),
    ({"NumberOfFrames": 2}, "pixels_missing"),
    ({"NumberOfFrames": 2_000_000_000}, "pixels_missing"),
    ({"Rows": 0}, "pixels_missing"),
    ({"BitsAllocated": 64}, "pixels_missing"),
    ({"SamplesPerPixel": 200}, "pixels_missing"),
    ({"PixelData": None}, "pixels_missing"),
    ({"Rows": None}, "unreadable"),
])  # fmt: skip
def test_the_header_must_agree_with_the_pixels(changes: dict[str, object], reason: str) -> None:
    """Rows, columns, frames and bits are held against what is really there."""
    assert reason == judged(xray(**changes)).reason


def test_more_data_than_pixels_is_cut() -> None:
    """What hides behind the last pixel does not go out."""
    content = xray(PixelData=image(pictures.SUBJECT).PixelData + CANARY.encode() * 2)
    told = judged(content)
    assert "trailing_bytes_removed" in told.kept.findings
    assert CANARY.encode() not in told.safe


def test_what_follows_the_dataset_does_not_go_out() -> None:
    """A ZIP behind the last element: refused, or gone."""
    told = judged(xray() + b"PK\x03\x04" + CANARY.encode() * 9)
    assert CANARY.encode() not in told.safe


def test_deflated_is_inflated_up_to_the_limit() -> None:
    """And more than a file may be is refused before it is there."""
    dataset = image(pictures.SUBJECT)
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    content = pictures.dicom(dataset)
    told = judged(content)
    assert ("inflated",) == told.kept.findings
    assert uid.ExplicitVRLittleEndian == pydicom.dcmread(BytesIO(told.safe)).file_meta.TransferSyntaxUID
    assert "too_complex" == judged(content, dicom_limit_bytes=500_000).reason


@pytest.mark.parametrize(("syntax", "machine"), [
    (uid.RLELossless, "DX"), (uid.RLELossless, "US"), (uid.JPEG2000Lossless, "DX"), (uid.JPEG2000Lossless, "US"),
])  # fmt: skip
def test_compressed_images_have_a_preview(syntax: uid.UID, machine: str) -> None:
    """Those that a decoder here reads."""
    told = judged(compressed(syntax, machine))
    assert () == told.kept.findings
    assert told.preview
    assert syntax == pydicom.dcmread(BytesIO(told.safe)).file_meta.TransferSyntaxUID


@pytest.mark.parametrize("syntax", [uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.MPEG4HP41])
def test_what_no_decoder_reads_goes_out_without_preview(syntax: uid.UID) -> None:
    """The doctor's viewer may know it; that it was not looked at is said."""
    dataset = image(pictures.SUBJECT)
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8 of a kind "])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    told = judged(pictures.dicom(dataset))
    assert (("no_preview",), b"", b"") == (told.kept.findings, told.preview, told.thumbnail)


def test_a_damaged_codestream_is_refused() -> None:
    """A decoder that knows the syntax and cannot read it is no reason to let it out."""
    dataset = image(pictures.SUBJECT)
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51 of a kind "])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    assert "pixels_missing" == judged(pictures.dicom(dataset)).reason


def test_a_window_is_applied() -> None:
    """Below it black, above it white."""
    ramp = np.tile(np.arange(0, 4096, 16, dtype=np.uint16), (256, 1))
    shown = grey(judged(small(ramp, "MONOCHROME2", WindowCenter=2048, WindowWidth=100)).preview)
    assert shown[:, :120].max() < 10
    assert shown[:, 136:].min() > 245


def test_monochrome1_is_shown_as_seen() -> None:
    """Its low values are white."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    plain, inverted = (grey(judged(small(ramp, f"MONOCHROME{n}")).preview) for n in (2, 1))
    assert plain[:, 0].max() < 10
    assert inverted[:, 0].min() > 245


def test_palette_and_colour_are_shown() -> None:
    """Through the table, or as they are."""
    index = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    red = (np.arange(256, dtype=np.uint16) << 8).tobytes()
    nothing = bytes(512)
    tables = {f"{colour}PaletteColorLookupTableDescriptor": [256, 0, 16] for colour in ("Red", "Green", "Blue")}
    data = {"RedPaletteColorLookupTableData": red, "GreenPaletteColorLookupTableData": nothing,
            "BluePaletteColorLookupTableData": nothing}  # fmt: skip
    palette = np.asarray(Image.open(BytesIO(judged(small(index, "PALETTE COLOR", **tables, **data)).preview)))
    assert palette[:, -8:, 0].min() > 200
    assert palette[:, -8:, 1:].max() < 60
    assert 3 == np.asarray(Image.open(BytesIO(judged(pictures.dicom()).preview))).shape[2]


def test_the_middle_frame_is_shown() -> None:
    """A clip's first frame is often empty."""
    content = pictures.dicom(image(pictures.SUBJECT, None, "US", frames=9))
    dataset = pydicom.dcmread(BytesIO(content))
    middle = dataset.pixel_array[4]
    told = judged(content)
    assert 9 == told.kept.pages
    assert np.abs(grey(told.preview) - middle[..., 0].astype(int)).mean() < 6


def test_sloppy_machines_are_taken() -> None:
    """Values that break the letter of their type are no reason to lose an image."""
    content = xray(StudyDate="2026-11-24", Manufacturer="M" * 90, PatientWeight="80.5").replace(b"80.5", b"80,5")
    told = judged(content)
    assert told.kept.identity
    assert b"80,5" in told.safe


def test_silence_is_no_identity() -> None:
    """What a machine leaves out is absent, not empty."""
    told = judged(pictures.dicom(image(Subject(), None, "US")))
    assert Identity() == told.kept.identity


def test_the_size_limit_is_exact() -> None:
    """At the limit it may pass, one byte more does not."""
    content = xray()
    assert judged(content, dicom_limit_bytes=len(content)).kept
    assert "too_large" == judged(content, dicom_limit_bytes=len(content) - 1).reason
