"""The live table: states of the visits, what the ministry holds, and what just happened."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from time import monotonic

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sandbox.demo.books import STATES, balance
from sandbox.demo.outside import Ministry
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
    started: float = field(default_factory=monotonic)
    events: deque[str] = field(default_factory=lambda: deque(maxlen=EVENTS_SHOWN))
    _figures: dict[str, int] = field(default_factory=dict)
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
                self.console.print(self._line(), highlight=False, soft_wrap=True)
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
        eligible, states, difference = await balance(self.service)
        summary = await self.ministry.summary()
        self._figures = {
            "finished": eligible, **{state: states[state] for state in STATES}, "difference": difference,
            "encounters there": summary["resources"].get("Encounter", 0),
            "resources there": sum(summary["resources"].values()),
            "requests": summary["requests"], "duplicates": len(summary["duplicates"]),
        }  # fmt: skip

    def _line(self) -> str:
        return "         " + " ".join(f"{name.replace(' ', '_')}={n}" for name, n in self._figures.items())

    def _shown(self) -> Group:
        table = Table(title="Klinik Melati → SATUSEHAT", title_justify="left", box=None, pad_edge=False)
        for name in self._figures:
            table.add_column(name, justify="right")
        table.add_row(*(str(count) for count in self._figures.values()))
        return Group(table, Text(), *(Text(event) for event in self.events))
