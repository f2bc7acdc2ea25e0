"""A listener with a database of our own behind it, and samples to send."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sandbox.analyser.machine import Analyser, Patience
from sandbox.analyser.message import Reading, Sample
from workers.laboratory.analysers.listener import Limits, Listener, listening
from workers.settings import Settings

USUAL = Limits()
CLINIC = "4b7c4ac0-0000-4000-8000-000000000001"
SAMPLES = [Sample("L2611240012A", (Reading("WBC", "5.40", "10*9/L"), Reading("HGB", "13.1", "g/dL")), "RM-1")]
IMPATIENT = Patience(answer_s=5, first_pause_s=0.01, longest_pause_s=0.05, attempts=20)


class Database:
    """Keeps what it was given; commits when ``open`` is set; raises what stands in ``troubles`` first."""

    def __init__(self, *troubles: Exception) -> None:
        self.given: list[dict[str, Any]] = []
        self.entered = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.troubles = list(troubles)
        self.verdict = "AA"
        self.committed = 0
        self.at_once = self.most_at_once = 0

    async def __call__(self, name: str, arguments: Mapping[str, Any], /) -> Any:
        """As ``Deliveries.call``."""
        assert "receive_results" == name
        self.given.append(dict(arguments))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.entered.set()
        try:
            await self.open.wait()
            if self.troubles:
                raise self.troubles.pop(0)
        finally:
            self.at_once -= 1
        self.committed += 1
        return {"acknowledgement": self.verdict, "text": "Taken.", "duplicate": False, "taken": 2, "unmatched": 0}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it was told of each message."""
        return [one["p_message"] for one in self.given]


def settings(**changes: object) -> Settings:
    """Enough of them."""
    given: dict[str, Any] = {
        "supabase_url": "http://127.0.0.1:9", "supabase_service_key": "key", "laboratory_mllp_port": 0,
        "satusehat_auth_url": "http://127.0.0.1:9", "satusehat_fhir_url": "http://127.0.0.1:9",
        "laboratory_clinic_id": CLINIC, **changes,
    }  # fmt: skip
    return Settings(_env_file=None, **given)


@asynccontextmanager
async def laboratory(
    database: Database, limits: Limits = USUAL, **changes: object
) -> AsyncIterator[tuple[Listener, Analyser]]:
    """A listener and an analyser that is set to it."""
    async with (
        listening(settings(**changes), database, limits) as listener,
        Analyser("127.0.0.1", listener.port, "BC-5380", "LAB", patience=IMPATIENT) as analyser,
    ):
        yield listener, analyser
