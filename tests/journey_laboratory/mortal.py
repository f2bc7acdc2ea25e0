"""A listener in a process of its own that dies at a given moment of its first message: before the call or after it.

Settings and the moment come on stdin as JSON; the port is said on stdout.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from workers import log
from workers.deliveries import Deliveries, connect
from workers.laboratory.analysers.listener import listening
from workers.settings import Settings


async def live(dies: str, settings: Settings) -> None:
    """Until the moment comes."""
    client = await connect(settings.supabase_url, settings.supabase_service_key.get_secret_value())
    deliveries = Deliveries(client, "mortal")

    async def receive(name: str, arguments: Mapping[str, Any], /) -> Any:
        if dies == "before_commit":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await deliveries.call(name, arguments)
        if dies == "after_commit":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    async with listening(settings, receive) as listener:
        sys.stdout.write(f"{listener.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    given = json.loads(sys.stdin.readline())
    log.configure("ERROR")
    asyncio.run(live(given["dies"], Settings(_env_file=None, **given["settings"])))
