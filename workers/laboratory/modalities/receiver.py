"""The DICOM door: C-ECHO, and C-STORE of images, from modalities that know our AE title.

pynetdicom speaks in threads, one for each association; what it receives lies in a file and is handed over
to the daemon's loop. Datasets are bounded while they come, and so are associations.
"""

import asyncio
import hashlib
import logging
import socket
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from concurrent.futures import CancelledError, Future
from contextlib import asynccontextmanager
from pathlib import Path
from socketserver import BaseServer
from typing import Any, Final, Self

import pydicom
import structlog
from pynetdicom import AE, _config, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made when it is asked for
from pynetdicom.transport import ThreadedAssociationServer

from supabase import AsyncClient
from workers.errors import SettingsError
from workers.laboratory.files.dicom_classes import IMAGES, TRANSFER_SYNTAXES
from workers.laboratory.files.store import Store
from workers.laboratory.modalities.bounds import Bounds
from workers.laboratory.modalities.peeking import Unreadable, accession_number, checked_uid
from workers.laboratory.modalities.taking import Call, Image, Status, Taking
from workers.laboratory.sources import networks
from workers.settings import Settings

log = structlog.get_logger()

MOST_ASSOCIATIONS: Final = 16
AT_ONCE: Final = 2
"""Images on their way into quarantine at one time; the others wait in their files."""
PDU_BYTES: Final = 128 * 1024
GREETING_S: Final = 3.0
"""Who connects says so within this; one who hung up meanwhile keeps a place for no longer."""
QUIET_S: Final = 60.0
"""After so long without a word an association is ended."""
TAKE_S: Final = 120.0
"""How long one image may take into quarantine; modalities wait about as long."""
GOODBYE_S: Final = 10.0


class _Server(ThreadedAssociationServer):
    """Hangs up on addresses that may not speak, before a byte of theirs is read."""

    def __init__(self, *arguments: Any, may_speak: Callable[[str], bool], **named: Any) -> None:
        self._may_speak = may_speak
        super().__init__(*arguments, **named)

    @property
    def port(self) -> int:
        """The one that is bound."""
        assert isinstance(self.socket, socket.socket)  # noqa: S101  # bound by the constructor
        return int(self.socket.getsockname()[1])

    def verify_request(self, request: object, client_address: Any) -> bool:
        """socketserver's question, asked for each connection."""
        return self._may_speak(client_address[0])

    def shutdown(self) -> None:
        """Stop listening."""
        BaseServer.shutdown(self)  # pynetdicom's own would look for the server in a list that it is not in
        self.server_close()


class Receiver:
    """The open door; ``port`` is the one that is bound."""

    def __init__(self, settings: Settings, taking: Taking) -> None:
        self._settings = settings
        self._taking = taking
        self._bounds = Bounds(settings.files_dicom_limit_bytes, networks(settings.laboratory_sources))
        self._loop = asyncio.get_running_loop()
        self._under_way: set[Future[Status]] = set()
        self._closing = False
        self._entity = _entity(settings.laboratory_dicom_ae_title)
        self._server: _Server | None = None
        self.port = 0

    def open(self) -> Self:
        """Bind and listen; raises SettingsError when that address is not ours to have."""
        host, port = self._settings.laboratory_dicom_host, self._settings.laboratory_dicom_port or 0
        try:
            server: Any = self._entity.make_server(
                (host, port), evt_handlers=self._handlers(), server_class=_Server, may_speak=self._bounds.may_speak
            )
        except OSError as error:
            raise SettingsError(
                f"The DICOM door cannot open at {host} port {port} ({error.strerror}); "
                "set WORKERS_LABORATORY_DICOM_HOST and WORKERS_LABORATORY_DICOM_PORT to an address that is free."
            ) from None
        self._server, self.port = server, int(server.port)
        threading.Thread(target=server.serve_forever, name="modalities", daemon=True).start()
        log.info("modalities.listening", port=self.port)
        return self

    async def close(self) -> None:
        """Take nothing new, let what is under way end, and shut."""
        self._closing = True
        waited = [asyncio.wrap_future(future) for future in list(self._under_way)]
        if waited:
            _, late = await asyncio.wait(waited, timeout=GOODBYE_S)
            for future in late:
                future.cancel()
        await asyncio.to_thread(self._shut)
        log.info("modalities.closed")

    def _shut(self) -> None:
        if self._server is not None:
            self._server.shutdown()
        for association in self._entity.active_associations:
            association.abort()

    def _handlers(self) -> list[Any]:
        return [
            (evt.EVT_CONN_OPEN, self._bounds.opened),
            (evt.EVT_PDU_RECV, self._bounds.received),
            (evt.EVT_DIMSE_RECV, self._bounds.completed),
            (evt.EVT_CONN_CLOSE, self._bounds.closed),
            (evt.EVT_C_ECHO, lambda _event: Status.SUCCESS),
            (evt.EVT_C_STORE, self._store),
        ]

    def _store(self, event: evt.Event) -> int:
        """In the association's thread: find out what it is, and wait until it is in quarantine."""
        request: Any = event.request
        try:
            uid = checked_uid(request.AffectedSOPInstanceUID)
            path = event.dataset_path
            image = Image(path, _sha256(path), uid, accession_number(path))
        except Unreadable:
            log.warning("image.unreadable")
            return Status.CANNOT_UNDERSTAND
        return Status.OUT_OF_RESOURCES if self._closing else self._handed_over(image)

    def _handed_over(self, image: Image) -> Status:
        future = asyncio.run_coroutine_threadsafe(self._taking.take(image), self._loop)
        self._under_way.add(future)
        try:
            return future.result(TAKE_S)
        except (TimeoutError, CancelledError):
            future.cancel()
            return Status.OUT_OF_RESOURCES
        finally:
            self._under_way.discard(future)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _entity(ae_title: str) -> AE:
    entity = AE(ae_title=ae_title)
    entity.require_called_aet = True
    entity.maximum_associations = MOST_ASSOCIATIONS
    entity.maximum_pdu_size = PDU_BYTES
    entity.acse_timeout = GREETING_S
    entity.dimse_timeout = entity.network_timeout = QUIET_S
    entity.add_supported_context(Verification)
    for storage in sorted(IMAGES):
        entity.add_supported_context(storage, list(TRANSFER_SYNTAXES))
    return entity


def set_up_libraries() -> None:
    """For the whole process: datasets go to a file as they come, and nothing of what was received is quoted."""
    _config.STORE_RECV_CHUNKED_DATASET = True
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    warnings.filterwarnings("ignore", module=r"pydicom|pynetdicom")  # threads share the filters: once, not each time
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@asynccontextmanager
async def receiving(settings: Settings, call: Call, client: AsyncClient) -> AsyncIterator[Receiver]:
    """The door for ``laboratory_dicom_port`` while the block lasts.

    ``call`` is ``Deliveries.call``, ``client`` the official one with the service key. Raises SettingsError.
    """
    if settings.laboratory_clinic_id is None:
        raise SettingsError("WORKERS_LABORATORY_DICOM_PORT needs WORKERS_LABORATORY_CLINIC_ID: whose images are these?")
    set_up_libraries()
    store = Store(client)
    receiver = Receiver(settings, Taking(settings.laboratory_clinic_id, call, store.put, AT_ONCE)).open()
    try:
        yield receiver
    finally:
        await receiver.close()
