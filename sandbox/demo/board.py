"""The live table: states of the visits, what the ministry holds, and what just happened."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sandbox.demo.books import BPJS, STATES, balances
from sandbox.demo.outside import Insurer, Ministry
from sandbox.surroundings import Surroundings
from supabase import AsyncClient

EVERY_S = 0.5
PLAIN_EVERY_S = 5.0
EVENTS_SHOWN = 9


@dataclass
class Board:
    """What is shown; ``say`` adds an event, ``watch`` keeps the figures fresh."""

    console: Console
    service: AsyncClient
    ministry: Ministry
    insurer: Insurer
    around: Surroundings
    started: float = field(default_factory=monotonic)
    events: deque[str] = field(default_factory=lambda: deque(maxlen=EVENTS_SHOWN))
    _rows: dict[str, dict[str, int]] = field(default_factory=dict)
    _live: bool = False

    def say(self, event: str) -> None:
        """Something happened."""
        line = f"{monotonic() - self.started:5.1f} s  {event}"
        self.events.append(line)
        if not self._live:
            self.console.print(line, highlight=False, soft_wrap=True)

    async def watch(self) -> None:
        """Refresh until cancelled: a live table on a terminal, a line now and then elsewhere."""
        if not self.console.is_terminal:
            while True:
                await self._refresh()
                self.console.print(self._lines(), highlight=False, soft_wrap=True)
                await asyncio.sleep(PLAIN_EVERY_S)
        with Live(self._shown(), console=self.console, refresh_per_second=4) as live:
            self._live = True
            try:
                while True:
                    await self._refresh()
                    live.update(self._shown())
                    await asyncio.sleep(EVERY_S)
            finally:
                self._live = False

    async def _refresh(self) -> None:
        bpjs = await self.insurer.summary()
        nobody: dict[str, Any] = {"resources": {}, "duplicates": []}
        told = {
            "satusehat": await self.ministry.summary(), **dict.fromkeys(BPJS, bpjs),
            "email": {**nobody, "resources": {"mail": len(self.around.mailbox.mails)}},
            "whatsapp": {**nobody, "resources": {"message": len(self.around.gateway.told)}},
        }  # fmt: skip
        self._rows = {}
        for law in await balances(self.service):
            summary = told.get(law.target, nobody)
            self._rows[law.target] = {
                "eligible": law.eligible, **{state: law.states[state] for state in STATES},
                "difference": law.difference, "held there": sum(summary["resources"].values()),
                "duplicates": len(summary["duplicates"]),
            }  # fmt: skip

    def _lines(self) -> str:
        return "\n".join(
            f"         {target:9} " + " ".join(f"{name.replace(' ', '_')}={n}" for name, n in row.items() if n)
            for target, row in self._rows.items()
        )

    def _shown(self) -> Group:
        table = Table(title="Klinik Melati → SATUSEHAT, BPJS, petugas", title_justify="left", box=None, pad_edge=False)
        for name in ("target", *next(iter(self._rows.values()), {})):
            table.add_column(name, justify="left" if name == "target" else "right")
        for target, row in self._rows.items():
            table.add_row(target, *(str(count) for count in row.values()))
        return Group(table, Text(), *(Text(event) for event in self.events))
