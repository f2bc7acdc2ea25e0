"""The daemon's beginning and end: what keeps it from starting is one error, and what is cancelled ends."""

import asyncio
import socket
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from workers import app as program
from workers import wakeup
from workers.errors import SettingsError
from workers.settings import Settings
from workers.wakeup import Bell, RealtimeBell


def settings(**changes: Any) -> Settings:
    """The least there is, with Supabase away."""
    url = "http://127.0.0.1:1"
    return Settings(_env_file=None, supabase_url=url, supabase_service_key=SecretStr("k" * 20), satusehat_auth_url=url,
                    satusehat_fhir_url=url, laboratory_clinic_id=uuid4(), **changes)  # type: ignore[call-arg]  # fmt: skip


@pytest.mark.parametrize("door", ["mllp", "dicom"])
async def test_a_port_in_use_is_one_error(door: str) -> None:
    """For an instrument's door as for every other setting: no group of tasks, no trace."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        names = settings(**{f"laboratory_{door}_port": taken.getsockname()[1]})
        async with program.built(names) as app:
            with pytest.raises(SettingsError, match=f"WORKERS_LABORATORY_{door.upper()}_PORT"):
                await program.run(app, asyncio.Event())


class Refused:
    """A client whose connection is refused when the test says so."""

    def __init__(self, *_arguments: object, **_named: object) -> None:
        self.answer = asyncio.get_running_loop().create_future()
        made.set_result(self)

    async def connect(self) -> None:
        """Wait for the refusal."""
        await self.answer

    async def close(self) -> None:
        """Nothing is open."""


made: "asyncio.Future[Refused]"


async def test_a_bell_that_is_cancelled_while_it_is_refused_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that is told to stop in the moment its connection fails must not wait for it for ever."""
    global made  # noqa: PLW0603  # the bell builds its client itself
    made = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(wakeup, "AsyncRealtimeClient", Refused)
    listening = asyncio.create_task(RealtimeBell("http://127.0.0.1:1", "k", Bell()).run())
    client = await made
    client.answer.set_exception(ConnectionRefusedError())
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait({listening}, timeout=2)
    assert listening.cancelled()
