"""C-STORE: success means that the image is in quarantine and the database knows; anything else is sent again."""

import asyncio
import contextlib
import errno
import gc
import socket
import struct
import tempfile
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import EncapsulatedPDFStorage

from sandbox.modality import Modality, Subject, image
from sandbox.modality.sender import UNSENT
from tests.unit.laboratory.files import conftest as files
from tests.unit.laboratory.modalities.conftest import CLINIC, TITLE, Clinic, settings
from workers.errors import SettingsError
from workers.laboratory.modalities import receiving
from workers.laboratory.modalities.peeking import Unreadable, accession_number, checked_uid
from workers.laboratory.modalities.receiver import MOST_ASSOCIATIONS, Receiver
from workers.laboratory.modalities.taking import Status, Taking

# pynetdicom's requestor drops the socket of a connection that was refused, without closing it.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
SUBJECT = Subject("RM-0001", "SARI^DEWI", "19900412", "F")
ACCESSION = "R2611240003A"


def leftovers() -> set[Path]:
    """What pynetdicom left in the folder for temporary files."""
    return set(Path(tempfile.gettempdir()).glob("tmp*.dcm"))


async def quietly(end: Awaitable[object]) -> None:
    """Wait, but not for ever."""
    async with asyncio.timeout(20):
        await end


async def test_it_answers_echo_under_its_own_title_alone(modality: Modality) -> None:
    """Who calls another is not let in."""
    assert await modality.echo()
    assert not await replace(modality, ae_title="SOMEONE").echo()


async def test_an_image_is_announced_uploaded_and_reported(modality: Modality, clinic: Clinic) -> None:
    """In that order, as a whole DICOM file, under its instance's UID and the number inside."""
    before = leftovers()
    picture = await modality.send(ACCESSION, SUBJECT)

    assert ["register_file", "put result-intake application/dicom", "file_arrived"] == clinic.asked
    [file] = clinic.files.values()
    [content] = clinic.objects.values()
    assert {
        "p_clinic": str(CLINIC), "p_source": "dicom", "p_accession": ACCESSION,
        "p_file_name": f"{picture.SOPInstanceUID}.dcm", "p_declared_type": "application/dicom",
        "p_byte_size": len(content),
    }.items() <= file.items()  # fmt: skip
    received = pydicom.dcmread(pydicom.filebase.DicomBytesIO(content))
    assert (picture.PixelData, picture.PatientName) == (received.PixelData, received.PatientName)
    assert before == leftovers()


async def test_the_same_image_again_is_the_same_file(modality: Modality, clinic: Clinic) -> None:
    """A second copy costs no second upload."""
    picture = await modality.send(ACCESSION, SUBJECT)
    assert Status.SUCCESS == await modality.once(picture)
    assert 1 == len(clinic.files) == len(clinic.objects) == len(clinic.arrived)


async def test_an_image_without_a_number_is_taken(modality: Modality, clinic: Clinic) -> None:
    """It goes to the worklist; refusing it would lose it."""
    await modality.send(None, Subject(), "US", frames=3)
    assert [None] == [file["p_accession"] for file in clinic.files.values()]


@pytest.mark.parametrize("away", ["database_away", "storage_away", "last_word_lost"])
async def test_what_is_away_makes_the_machine_send_again(modality: Modality, clinic: Clinic, away: str) -> None:
    """Out of resources, until everything is there; then exactly one file."""
    setattr(clinic, away, 3)
    picture = image(SUBJECT, ACCESSION)
    assert Status.OUT_OF_RESOURCES == await modality.once(picture)
    assert 3 == await modality.deliver(picture)
    assert 1 == len(clinic.files) == len(clinic.objects) == len(clinic.arrived)


async def test_what_is_no_image_is_not_negotiated(modality: Modality, clinic: Clinic) -> None:
    """Documents find no context to be sent in."""
    picture = image(SUBJECT, ACCESSION)
    picture.SOPClassUID = picture.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    assert UNSENT == await modality.once(picture)
    assert [] == clinic.asked


async def test_an_image_without_a_proper_uid_is_not_understood(modality: Modality, clinic: Clinic) -> None:
    """Its name would be anybody's guess."""
    with pytest.raises(Unreadable):
        checked_uid("../../etc/passwd")
    for wrong in ("", None, "1", "1..2", "1.2\n", "1." + "2" * 63, "a.b"):
        with pytest.raises(Unreadable):
            checked_uid(wrong)
    assert "1.2.840.1" == checked_uid("1.2.840.1")
    assert [] == clinic.asked


async def test_an_image_larger_than_any_is_cut_off(modality: Modality, clinic: Clinic) -> None:
    """While it comes, not after; and nothing of it stays on disk."""
    before = leftovers()
    picture = image(SUBJECT, ACCESSION)
    picture.PixelData = bytes(8 * 1024 * 1024)
    assert UNSENT == await modality.once(picture)
    assert [] == clinic.asked
    assert Status.SUCCESS == await modality.once(image(SUBJECT, ACCESSION))
    assert before == leftovers()


async def test_a_sender_that_vanishes_leaves_nothing(receiver: Receiver, clinic: Clinic) -> None:
    """Rubbish, an endless PDU, a connection that says nothing: the next machine is served."""
    for words in (b"GET / HTTP/1.1\r\n\r\n", struct.pack(">BBL", 1, 0, 0xFFFFFFFF) + bytes(1000), b"\x04", b""):
        with socket.create_connection(("127.0.0.1", receiver.port)) as sender:
            sender.sendall(words)
    assert await Modality("127.0.0.1", receiver.port, TITLE).echo()
    assert [] == clinic.asked


async def test_a_machine_that_hangs_up_first_costs_no_socket(receiver: Receiver, modality: Modality) -> None:
    """The collector seldom comes in the daemon: what it would have to find is closed already."""

    def call_and_hang_up() -> None:
        with socket.create_connection(("127.0.0.1", receiver.port), 5) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    gc.collect()
    gc.disable()
    try:
        for _ in range(5):  # fewer than may speak at once
            await asyncio.to_thread(call_and_hang_up)
        assert await modality.echo()
        assert [] == [one for one in gc.get_objects() if isinstance(one, socket.socket) and _abandoned(one)]
    finally:
        gc.enable()


def _abandoned(one: socket.socket) -> bool:
    """A connection that is over and still has its descriptor."""
    try:
        return one.fileno() >= 0 and one.type == socket.SOCK_STREAM and one.getpeername() is None
    except OSError as error:
        return error.errno == errno.ENOTCONN and not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


async def test_callers_who_hang_up_keep_no_place(receiver: Receiver, modality: Modality) -> None:
    """More than may speak at once, all gone again: a machine that tries for a while gets through."""
    lines = [socket.create_connection(("127.0.0.1", receiver.port), 5) for _ in range(2 * MOST_ASSOCIATIONS)]
    for line in lines:
        line.close()
    patient = replace(modality, tries=400)
    assert await patient.deliver(image(SUBJECT, ACCESSION)) >= 1


async def test_strangers_are_hung_up_on(clinic: Clinic) -> None:
    """Only the addresses that were named may speak."""
    for sources, welcome in ((("10.0.0.0/8",), False), (("127.0.0.1",), True), (("10.0.0.1", "127.0.0.0/8"), True)):
        chosen = settings(laboratory_sources=sources)
        door = Receiver(chosen, Taking(CLINIC, clinic.call, clinic.put, 2)).open()
        try:
            assert welcome == await Modality("127.0.0.1", door.port, TITLE).echo()
        finally:
            await door.close()


async def test_many_machines_at_once(modality: Modality, clinic: Clinic) -> None:
    """Each picture once."""
    pictures = [image(SUBJECT, f"R26112400{number:02}A", "US") for number in range(12)]
    await asyncio.gather(*(modality.deliver(picture) for picture in pictures))
    assert 12 == len(clinic.files) == len(clinic.objects) == len(set(clinic.arrived))


async def test_a_graceful_stop_lets_an_image_end(clinic: Clinic) -> None:
    """What was under way is reported; what comes afterwards is sent again to somebody else."""
    door = Receiver(settings(), Taking(CLINIC, clinic.call, clinic.put, 2)).open()
    modality = Modality("127.0.0.1", door.port, TITLE)
    clinic.pausing = asyncio.Event()
    sending = asyncio.create_task(modality.once(image(SUBJECT, ACCESSION)))
    await quietly(clinic.reached.wait())
    closing = asyncio.create_task(door.close())
    await asyncio.sleep(0)
    clinic.pausing.set()
    await quietly(closing)
    assert await sending in {Status.SUCCESS, UNSENT}
    assert 1 == len(clinic.arrived)
    assert UNSENT == await modality.once(image(SUBJECT, ACCESSION))


async def test_a_stop_does_not_wait_for_ever(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that hangs is given up; the machine has not heard success."""
    monkeypatch.setattr("workers.laboratory.modalities.receiver.GOODBYE_S", 0.1)
    door = Receiver(settings(), Taking(CLINIC, clinic.call, clinic.put, 2)).open()
    clinic.pausing = asyncio.Event()
    sending = asyncio.create_task(Modality("127.0.0.1", door.port, TITLE).once(image(SUBJECT, ACCESSION)))
    await quietly(clinic.reached.wait())
    await quietly(door.close())
    assert await sending in {Status.OUT_OF_RESOURCES, UNSENT}
    assert [] == clinic.arrived


async def test_a_port_in_use_is_said(receiver: Receiver, clinic: Clinic) -> None:
    """In the words of whoever sets it."""
    taken = settings(laboratory_dicom_port=receiver.port)
    with pytest.raises(SettingsError, match="WORKERS_LABORATORY_DICOM_PORT"):
        Receiver(taken, Taking(CLINIC, clinic.call, clinic.put, 2)).open()


async def test_a_door_without_a_clinic_does_not_open(clinic: Clinic) -> None:
    """Images must be somebody's."""
    with pytest.raises(SettingsError, match="WORKERS_LABORATORY_CLINIC_ID"):
        async with receiving(files.settings(), clinic.call, None):  # type: ignore[arg-type]  # it is not reached
            raise AssertionError


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_peeking(content: bytes) -> None:
    """A number, none, or unreadable."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(128) + b"DICM" + content)
        file.flush()
        with contextlib.suppress(Unreadable):
            assert 64 >= len(accession_number(Path(file.name)) or "")
