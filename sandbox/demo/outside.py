"""What the demo does to the world around the clinic: the ministry's control door, and the worker process."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from sandbox.environment import child_environment
from sandbox.people import ORGANIZATION_ID
from sandbox.supabase.child import Child, Program

STOP_PATIENCE_S = 20.0


class Outside:
    """A simulator, seen through its control door."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)

    async def behave(self, *rules: Mapping[str, Any]) -> None:
        """Put these fault rules in force, and only these."""
        (await self._http.post("/__sandbox__/faults", json=list(rules))).raise_for_status()

    async def summary(self) -> dict[str, Any]:
        """Counts of requests and resources, and identifiers held twice."""
        told: dict[str, Any] = (await self._http.get("/__sandbox__/ledger?summary=1")).json()
        return told

    async def held(self, type_: str) -> list[dict[str, Any]]:
        """What is held of a type, as the ledger lists it."""
        told = (await self._http.get("/__sandbox__/ledger", params={"type": type_, "since": 0})).json()
        held: list[dict[str, Any]] = told["resources"]
        return held

    async def close(self) -> None:
        """Let go of the connection."""
        await self._http.aclose()


class Ministry(Outside):
    """The SatuSehat simulator, and the DICOM router that is the ministry's too."""

    async def route(self, accession: str, study: str) -> None:
        """The router has taken a study of the first clinic's."""
        wish = {
            "organization": ORGANIZATION_ID,
            "accession_number": accession,
            "study_uid": study,
            "modality": "DX",
            "instances": 1,
        }
        (await self._http.post("/__sandbox__/studies", json=wish)).raise_for_status()


class Insurer(Outside):
    """The BPJS simulator, and what people outside the clinic do there."""

    async def type_in(self, card: str) -> None:
        """A clerk enters today's visit of a member in P-Care's own pages."""
        key = {"noKartu": card, "kdPoli": "001"}
        (await self._http.post("/__sandbox__/clerk", json={"registration": key, "visit": key})).raise_for_status()

    async def refer(self, card: str) -> None:
        """A first-level clinic elsewhere refers a member today."""
        (await self._http.post("/__sandbox__/referrals", json={"card": card})).raise_for_status()

    async def decide(self, sep: str, status: int, **more: Any) -> None:
        """Somebody at BPJS moves a claim: 1 in verification, 2 pending, 3 decided."""
        wish = {"noSEP": sep, "status": status, **more}
        (await self._http.post("/__sandbox__/claims", json=wish)).raise_for_status()

    async def card_of(self, nik: str) -> str:
        """The card number of a member."""
        members: list[dict[str, Any]] = (await self._http.get("/__sandbox__/members")).json()["members"]
        return next(str(one["card"]) for one in members if one["nik"] == nik)

    async def pays(self, nik: str, name: str, birth_date: str, sex: str, card: str) -> None:
        """A member settles the arrears and is active again."""
        member = {"nik": nik, "name": name, "birth_date": birth_date, "sex": sex, "card": card}
        (await self._http.post("/__sandbox__/members", json=member)).raise_for_status()


class Worker:
    """``workers run`` as a process of its own: started, killed, started again, stopped; it dies with us."""

    def __init__(self, root: Path, env_file: Path, log: Path) -> None:
        command = [sys.executable, "-m", "workers", "run", "--env-file", str(env_file)]
        self._program = Program("worker", command, child_environment(), root, {})
        self._log = log
        self._child: Child | None = None

    def start(self) -> None:
        """Start a daemon; what it logs is appended to the log file."""
        self._child = self._program.start(self._log)

    async def kill(self) -> None:
        """SIGKILL: no goodbye, leases stay behind."""
        await self._running.stop(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not heard."""
        await self._running.stop(patience_s=STOP_PATIENCE_S)

    @property
    def pid(self) -> int:
        """The process id of the daemon that runs, or ran last."""
        return self._running.process.pid

    @property
    def _running(self) -> Child:
        assert self._child is not None, "started by worker()"
        return self._child


@asynccontextmanager
async def worker(root: Path, env_file: Path, log: Path) -> AsyncIterator[Worker]:
    """A worker that is stopped at the end, whatever happened."""
    process = Worker(root, env_file, log)
    process.start()
    try:
        yield process
    finally:
        await process.stop()


async def command(root: Path, env_file: Path, *words: str) -> str:
    """Run one ``workers`` command and give what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers", *words, "--env-file", str(env_file), cwd=root,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=child_environment(),
        stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    output, _ = await process.communicate()
    return output.decode()
