"""The doors that instruments of one clinic come through: analysers, a watched folder, modalities.

Each is open only where the settings name it. They stay open while the daemon runs and are closed before it ends:
what is in hand is filed, what has not come whole is sent again by whoever sent it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from supabase import AsyncClient
from workers.errors import SettingsError
from workers.laboratory import folder
from workers.laboratory.analysers import listener
from workers.laboratory.files.store import Store
from workers.settings import Settings

Call = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def listening(settings: Settings, call: Call, client: AsyncClient) -> AsyncIterator[None]:
    """Open the doors the settings name while the block lasts; raises SettingsError for a port that is not free."""
    async with AsyncExitStack() as doors:
        if settings.laboratory_mllp_port is not None:
            with _port("MLLP"):
                await doors.enter_async_context(listener.listening(settings, call))
        if settings.laboratory_dicom_port is not None:
            from workers.laboratory.modalities import receiver  # noqa: PLC0415  # a third of a second of every command

            with _port("DICOM"):
                await doors.enter_async_context(receiver.receiving(settings, call, client))
        if settings.laboratory_folder is not None:
            await doors.enter_async_context(_watching(settings, call, client))
        yield


@contextmanager
def _port(name: str) -> Iterator[None]:
    """Says which settings name the port that cannot be opened."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"The {name} port cannot be opened ({error.strerror}); set WORKERS_LABORATORY_{name}_HOST and "
            f"WORKERS_LABORATORY_{name}_PORT to an address that is free."
        ) from None


@asynccontextmanager
async def _watching(settings: Settings, call: Call, client: AsyncClient) -> AsyncIterator[None]:
    stop = asyncio.Event()
    store = Store(client)
    async with asyncio.TaskGroup() as group:  # a watcher that dies takes the daemon along: silence would lose files
        group.create_task(folder.run(settings, call, store.put, stop))
        try:
            yield
        finally:
            stop.set()
