"""Files on their way: a laboratory whose staff upload with their own tokens, and a daemon that examines."""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from storage3.exceptions import StorageApiError

from sandbox.modality import Subject
from sandbox.supabase.stack import Stack
from supabase import AsyncClient, AsyncClientOptions, acreate_client
from tests.database.bench import Row
from tests.journey.stage import daemon, until
from tests.journey_laboratory.intake import Intake, intake
from workers.app import App
from workers.clock import elapsed
from workers.deliveries import Lease, connect

FILE = "select f.*, f.state::text as state from public.result_files f where f.id = $1"
ITEMS = """select w.role::text as role, w.field, w.rule, w.reason from public.work_items w
            where w.subject_id = $1 and w.target = 'files' order by w.field"""
OBJECTS = """select bucket_id, name, metadata ->> 'mimetype' as kind from storage.objects
              where name like $1 || '%' or name like '%' || $2 || '%' order by bucket_id, name"""
PATIENT = """select p.* from public.patients p join public.diagnostic_orders o on o.patient_id = p.id where o.id = $1"""
DELIVERY = "select state::text from integration.deliveries where target = 'files' and subject_id = $1"


@dataclass(frozen=True, slots=True)
class Filing:
    """The laboratory's files."""

    lab: Intake
    workers: AsyncClient

    @property
    def stack(self) -> Stack:
        """The project."""
        return self.lab.stack

    def daemon(self, **changes: object) -> AbstractAsyncContextManager[App]:
        """Workers while the block lasts."""
        return daemon(self.lab.settings(laboratory_mllp_port=None, lease_seconds=62, **changes))

    def token(self, role: str, **claims: object) -> str:
        """What somebody who signed in as that role holds."""
        now = int(time.time())
        about = {"sub": str(self.lab.bench.users[role]), "role": "authenticated", "aud": "authenticated"}
        return self.stack.keys.sign({**about, "iat": now, "exp": now + 600, **claims})

    @asynccontextmanager
    async def someone(self, role: str) -> AsyncIterator[AsyncClient]:
        """The official client with somebody's token."""
        async with httpx.AsyncClient(timeout=30) as connections:
            headers = {"Authorization": f"Bearer {self.token(role)}"}
            options = AsyncClientOptions(httpx_client=connections, auto_refresh_token=False, headers=headers)
            opened = await acreate_client(self.stack.url, self.stack.anon_key, options)
            yield opened
            await opened.realtime.close()

    async def xray(self) -> Row:
        """An order for a chest X-ray, under way."""
        order = await self.lab.bench.ordered("XR-THORAX")
        return await self.lab.bench.call("lab", "start_examination", order["id"])

    async def uploaded(self, order: Row, content: bytes, name: str, declared: str | None = None) -> UUID:
        """The laboratory uploads a file and says so."""
        async with self.someone("lab") as lab:
            wish = {"order_id": order["id"], "file_name": name, "declared_type": declared, "byte_size": len(content)}
            told: Any = (await lab.rpc("register_upload", wish).execute()).data
            await lab.storage.from_(told["bucket"]).upload(told["path"], content, {"content-type": declared or "x/y"})
            await lab.rpc("upload_done", {"file_id": told["id"]}).execute()
        return UUID(told["id"])

    async def file(self, file: UUID) -> Row:
        """The row of a file."""
        return dict(await self.lab.bench.connection.fetchrow(FILE, file))

    async def reaches(self, file: UUID, state: str) -> Row:
        """Wait until a file is in a state and its delivery at rest; the row."""

        async def there() -> bool:
            at_rest = await self.lab.one(DELIVERY, file) in {"delivered", "blocked", "rejected", "exempt"}
            return at_rest and (await self.file(file))["state"] == state

        await until(there, f"the file becomes {state}, and not {(await self.file(file))['state']}", 30)
        return await self.file(file)

    async def items(self, file: UUID) -> list[Row]:
        """Who must do what about a file."""
        return [dict(row) for row in await self.lab.bench.connection.fetch(ITEMS, file)]

    async def objects(self, file: UUID) -> list[str]:
        """Where anything of a file lies."""
        rows = await self.lab.bench.connection.fetch(OBJECTS, str(file), str(file))
        return [f"{row['bucket_id']}/{row['name']}" for row in rows]

    async def stored(self, row: Row) -> bytes:
        """The bytes that were released, and are what the row says (FILE-14)."""
        content = await self.workers.storage.from_("results").download(row["stored_path"])
        assert (row["sha256"], row["byte_size"]) == (hashlib.sha256(content).hexdigest(), len(content))
        return content

    async def patient(self, order: Row) -> Subject:
        """Whom an operator would choose at the machine."""
        row = await self.lab.bench.connection.fetchrow(PATIENT, UUID(order["id"]))
        born, sex = row["birth_date"].strftime("%Y%m%d"), {"male": "M", "female": "F"}[row["gender"]]
        return Subject(row["medical_record_number"], row["full_name"].upper(), born, sex)  # type: ignore[arg-type]

    async def lease(self, file: UUID) -> Lease:
        """A lease of a file that no worker holds."""
        snapshot = await self.lab.deliveries.call("result_file_snapshot", {"p_file": str(file)})
        return Lease(
            id=1, target="files", kind="result_file", subject_id=str(file), clinic_id=str(self.lab.bench.clinic),
            generation=1, lease_number=1, attempt=1, ask_first=False, suspect=False, snapshot=snapshot, known=[],
            deadline=elapsed() + 60, started_at=datetime.now(UTC),
        )  # fmt: skip


async def nobody_reads(filing: Filing, file: UUID) -> None:
    """Neither the laboratory nor the doctor, by any surface of Storage or the API (FILE-3, FILE-9)."""
    for role in ("lab", "doctor", "stranger"):
        assert "P0002" == await filing.lab.bench.refused(role, "open_file", file)
        async with filing.someone(role) as person:
            for place in await filing.objects(file):
                bucket, _, name = place.partition("/")
                files = person.storage.from_(bucket)
                for surface in (files.download(name), files.create_signed_url(name, 60), files.info(name)):
                    try:
                        await surface
                    except StorageApiError:
                        continue
                    raise AssertionError(f"{role} reads {bucket}")
                assert [] == await files.list(name.rpartition("/")[0])


@asynccontextmanager
async def filing(stack: Stack) -> AsyncIterator[Filing]:
    """A clinic of its own."""
    workers = await connect(stack.url, stack.service_key)
    async with intake(stack) as lab:
        yield Filing(lab, workers)
    await workers.postgrest.aclose()
