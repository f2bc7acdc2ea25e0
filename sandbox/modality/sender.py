"""C-STORE as machines do it: a new association for each try, and again until the other side says that it has it."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made when it is asked for
from pynetdicom.transport import AssociationSocket

from sandbox.modality.images import Machine, Subject, image

_T = TypeVar("_T")
SUCCESS = 0x0000
CANNOT_UNDERSTAND = range(0xC000, 0xD000)
UNSENT = -1
"""In place of a status: no association, or it broke off."""

logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
_shut_down = AssociationSocket._shutdown_socket


def _shut_down_and_close(self: AssociationSocket) -> None:
    """pynetdicom 3.0 leaves the socket of a refused connection to the collector, which complains at any time later."""
    _shut_down(self)
    if self.socket is not None and not self._is_connected:
        self.socket.close()


AssociationSocket._shutdown_socket = _shut_down_and_close  # type: ignore[method-assign]  # see above


_MACHINES = ThreadPoolExecutor(16, thread_name_prefix="modality")
"""Machines wait for answers: in the loop's own threads they would keep whoever has to answer from working."""


async def _aside(work: Callable[..., _T], *arguments: object) -> _T:
    return await asyncio.get_running_loop().run_in_executor(_MACHINES, work, *arguments)


class NotTaken(Exception):
    """The other side will not have it, however often it is sent; or it was not there for all the tries."""

    def __init__(self, status: int) -> None:
        super().__init__(f"not taken (0x{status:04X})" if status != UNSENT else "nobody answered")
        self.status = status


@dataclass(frozen=True, slots=True)
class Modality:
    """A machine that knows one receiver."""

    host: str
    port: int
    ae_title: str
    """The receiver's."""
    own_title: str = "SANDBOX"
    tries: int = 40
    pause_s: float = 0.25

    async def echo(self) -> bool:
        """Whether the receiver answers C-ECHO under that title."""
        return await _aside(self._echo)

    async def send(self, accession: str | None, subject: Subject, machine: Machine = "DX", frames: int = 1) -> Dataset:
        """Take a picture and send it until it is taken; the picture. Raises NotTaken."""
        picture = image(subject, accession, machine, frames)
        await self.deliver(picture)
        return picture

    async def deliver(self, picture: Dataset) -> int:
        """Send a picture until it is taken; how many tries it took. Raises NotTaken."""
        status = UNSENT
        for number in range(1, self.tries + 1):
            status = await self.once(picture)
            if status == SUCCESS:
                return number
            if status in CANNOT_UNDERSTAND:
                break
            await asyncio.sleep(self.pause_s)
        raise NotTaken(status)

    async def once(self, picture: Dataset) -> int:
        """Send a picture once; the status, UNSENT when none came."""
        return await _aside(self._once, picture)

    def _once(self, picture: Dataset) -> int:
        machine = self._machine()
        machine.add_requested_context(picture.SOPClassUID, picture.file_meta.TransferSyntaxUID)
        association = machine.associate(self.host, self.port, ae_title=self.ae_title)
        if not association.is_established:
            return UNSENT
        try:
            status = association.send_c_store(picture)
        except (RuntimeError, ValueError):  # the context was not accepted, or the association is gone
            return UNSENT
        finally:
            association.release()
        return int(status.Status) if "Status" in status else UNSENT

    def _echo(self) -> bool:
        machine = self._machine()
        machine.add_requested_context(Verification)
        association = machine.associate(self.host, self.port, ae_title=self.ae_title)
        if not association.is_established:
            return False
        status = association.send_c_echo()
        association.release()
        return "Status" in status and int(status.Status) == SUCCESS

    def _machine(self) -> AE:
        machine = AE(ae_title=self.own_title)
        machine.acse_timeout = machine.dimse_timeout = machine.network_timeout = 30
        machine.connection_timeout = 5
        return machine
