"""Everything a developer runs instead of the outside world, started together."""

import asyncio
import contextlib
import json
import os
import signal
import stat
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import people
from sandbox.bpjs.config import CLINIC, HOSPITAL, Facility
from sandbox.files import as_json, dotenv, kept
from sandbox.people import Persona
from sandbox.supabase import service
from sandbox.supabase.stack import ROOT, Stack
from sandbox.surroundings import AE_TITLE, Surroundings, surroundings

FOLDER = ".sandbox"
INSTRUMENTS = "instruments"
SIMULATOR = "sandbox.serve"
CREDENTIAL = {
    "organization_id": people.ORGANIZATION_ID,
    "client_id": "sandbox-client-id",
    "client_secret": "sandbox-client-secret",
}

HOSPITAL_CREDENTIAL = {
    "organization_id": people.HOSPITAL_ORGANIZATION_ID,
    "client_id": "sandbox-kenanga-id",
    "client_secret": "sandbox-kenanga-secret",
}
MINISTRY = {"clients": [CREDENTIAL, HOSPITAL_CREDENTIAL]}
_SERVICES = {"pcare": "pcare", "antrean-fktp": "antrean_fktp", "vclaim": "vclaim", "antrean-rs": "antrean_rs"}

_PATHS = {"PCARE": "pcare-rest", "VCLAIM": "vclaim-rest", "ANTREAN_FKTP": "antreanfktp", "ANTREAN_RS": "antreanrs"}


def credentials(facility: Facility) -> dict[str, object]:
    """What BPJS gave a facility, in the words of the workers' settings."""
    given: dict[str, object] = {
        "facility_code": facility.code,
        "consumer_id": facility.cons_id,
        "consumer_secret": facility.cons_secret,
        "user_keys": {_SERVICES[service]: key for service, key in facility.user_keys.items()},
        "application_code": facility.application_code,
    }
    return given | {"pcare_user": facility.pcare_user, "pcare_password": facility.pcare_password}


FACILITIES = [credentials(CLINIC), credentials(HOSPITAL)]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The running whole: the clinics' Supabase project, the ministry and BPJS."""

    stack: Stack
    satusehat_url: str
    bpjs_url: str
    personas: tuple[Persona, ...]

    def bpjs_addresses(self) -> dict[str, str]:
        """Where each service of BPJS is."""
        return {name: f"{self.bpjs_url}/{path}" for name, path in _PATHS.items()}

    def environment(self) -> dict[str, str]:
        """The settings the workers need to run against this sandbox, and those of the tests."""
        return {
            "WORKERS_SUPABASE_URL": self.stack.url,
            "WORKERS_SUPABASE_SERVICE_KEY": self.stack.service_key,
            "WORKERS_SATUSEHAT_AUTH_URL": f"{self.satusehat_url}/oauth2/v1",
            "WORKERS_SATUSEHAT_FHIR_URL": f"{self.satusehat_url}/fhir-r4/v1",
            "WORKERS_SATUSEHAT_CREDENTIALS": json.dumps([CREDENTIAL, HOSPITAL_CREDENTIAL]),
            "WORKERS_BPJS_FACILITIES": json.dumps(FACILITIES),
            **{f"WORKERS_BPJS_{name}_URL": url for name, url in self.bpjs_addresses().items()},
            "SUPABASE_URL": self.stack.url,
            "SUPABASE_ANON_KEY": self.stack.anon_key,
            "SUPABASE_SERVICE_KEY": self.stack.service_key,
            "SUPABASE_DB_URL": self.stack.dsn,
        }


@asynccontextmanager
async def sandbox(root: Path = ROOT) -> AsyncIterator[Sandbox]:
    """Run the whole, with the invented clinic and its staff in it, while the block lasts.

    Raises SandboxError when a part does not start.
    """
    async with (
        Stack.start(root) as stack,
        simulator("satusehat", stack, MINISTRY) as satusehat_url,
        simulator("bpjs", stack) as bpjs_url,
    ):
        personas = await people.move_in(stack.url, stack.service_key)
        yield Sandbox(stack, satusehat_url, bpjs_url, personas)


@asynccontextmanager
async def simulator(name: str, stack: Stack, settings: Mapping[str, object] | None = None) -> AsyncIterator[str]:
    """Run a simulator in a process of its own; the value is its address. Raises SandboxError."""
    log = stack.postgres.folder / f"{name}.log"
    async with service.running(SIMULATOR, log) as started:
        wish = {"application": name, "listener": started.listener, "settings": settings or {}}
        await started.tell(json.dumps(wish).encode() + b"\n", health="/__sandbox__/health")
        yield started.url


async def up(root: Path = ROOT) -> None:
    """Start, say where everything is, and stay until Ctrl-C, SIGTERM or the end of a piped input."""
    with leaving() as leave:
        async with sandbox(root) as first:
            others = await people.open_hospital(first.stack.url, first.stack.service_key)
            running = replace(first, personas=(*first.personas, *others))
            async with surroundings(root / FOLDER / INSTRUMENTS) as around:
                with written(running, root / FOLDER, around):
                    _say(running, around)
                    await leave.wait()
            print("Stopping.", flush=True)  # noqa: T201 - a command speaks


@contextlib.contextmanager
def written(running: Sandbox, folder: Path, around: Surroundings) -> Iterator[None]:
    """Keep `env` and `personas.json` for other programs while the block lasts."""
    logins = [persona.login() for persona in running.personas]
    with (
        kept(folder / "env", dotenv({**running.environment(), **around.environment()})),
        kept(folder / "personas.json", as_json(logins)),
    ):
        yield


@contextlib.contextmanager
def leaving() -> Iterator[asyncio.Event]:
    """An event that is set when it is time to go."""
    loop, leave = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, leave.set)
    with _input_ending(leave):
        yield leave
    for number in signals:
        loop.remove_signal_handler(number)


@contextlib.contextmanager
def _input_ending(leave: asyncio.Event) -> Iterator[None]:
    """A program that starts us through a pipe stops us by closing it, or by dying."""
    loop = asyncio.get_running_loop()
    if not stat.S_ISFIFO(os.fstat(0).st_mode):
        yield
        return

    def read() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            leave.set()

    loop.add_reader(0, read)
    try:
        yield
    finally:
        loop.remove_reader(0)


def _say(running: Sandbox, around: Surroundings) -> None:
    lines = [
        f"Supabase   {running.stack.url}",
        f"SatuSehat  {running.satusehat_url}",
        f"BPJS       {running.bpjs_url}",
        f"Analysers  MLLP port {around.mllp_port}, once a worker runs",
        f"Modalities DICOM port {around.dicom_port} ({AE_TITLE}), once a worker runs",
        f"PDF folder {around.folder}",
        f"Settings   {FOLDER}/env",
        f"Logins     {FOLDER}/personas.json",
        "Ctrl-C stops everything.",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201 - a command speaks
