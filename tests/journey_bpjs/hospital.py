"""A referral-level clinic: its counter, its people with their own logins, and BPJS's side of claims."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from sandbox.people import HOSPITAL_ID, PASSWORD, open_hospital
from sandbox.supabase.client import client
from supabase import AsyncClient
from tests.journey.stage import emptied, until
from tests.journey_bpjs.stage import ACTIVE, BORN, Counter
from workers.app import built
from workers.bpjs.vclaim import monitoring
from workers.bpjs.vclaim.monitoring import Watched

SQL = Path(__file__).with_name("hospital.sql")
CARD = "8000000000011"
TODAY = "select (now() at time zone 'Asia/Jakarta')::date"
WORK = """select role::text, field, coalesce(rule, ''), reason from public.work_items
           where target = 'vclaim' order by role, field, rule"""


@dataclass(frozen=True, slots=True)
class Hospital:
    """The clinic's desks, by role, on the running sandbox."""

    counter: Counter
    desks: dict[str, AsyncClient]

    async def arrives(self, *, visit_class: str = "ambulatory", referred_days_ago: int | None = 0) -> str:
        """A member comes, with a referral of some days ago, or with none."""
        if referred_days_ago is not None:
            await self.refer(referred_days_ago)
        return await self.visit(ACTIVE, BORN[ACTIVE], visit_class)

    async def visit(self, nik: str, born: str, visit_class: str = "ambulatory") -> str:
        """A new patient's first visit, on BPJS's account."""
        patient = await self.counter.one("select hospital.patient($1, $2, $3::text::date)", HOSPITAL_ID, nik, born)
        return str(await self.counter.one("select hospital.visit($1, $2)", patient, visit_class))

    async def refer(self, days_ago: int = 0, card: str = CARD) -> str:
        """A first-level clinic refers the member; answers the referral's number."""
        day: date = await self.counter.one(TODAY)
        wanted = {"card": card, "day": (day - timedelta(days=days_ago)).isoformat()}
        reply = await self.counter.door.post("/__sandbox__/referrals", json=wanted)
        return str(reply.raise_for_status().json()["number"])

    async def finish(self, visit: str) -> str:
        """The doctor is done and the cashier has filled in the LPK; answers the claim."""
        return str(await self.counter.one("select hospital.finish($1)", visit))

    async def sign(self, claim: str) -> None:
        """The doctor signs, with their own login."""
        await self.desks["doctor"].rpc("sign_claim", {"claim_id": claim}).execute()

    async def check(self, claim: str) -> list[str]:
        """The cashier has the claim checked; answers the rules that stand against it."""
        reply = await self.desks["cashier"].rpc("check_claim", {"claim_id": claim}).execute()
        return [str(row["rule"]) for row in reply.data]

    async def sent(self, visit: str) -> str:
        """A visit whose claim is on its way at BPJS; answers the claim."""
        claim = await self.finish(visit)
        await self.sign(claim)
        assert [] == await self.check(claim)
        await self.reaches(claim, "delivered")
        return claim

    async def reaches(self, subject: str, state: str) -> None:
        """Wait until a delivery to VClaim is in a state."""
        asked = "select state::text from integration.deliveries where subject_id = $1 and target = 'vclaim'"

        async def there() -> bool:
            return await self.counter.one(asked, subject) == state

        await until(there, f"the delivery becomes {state}")

    async def becomes(self, claim: str, state: str) -> None:
        """Wait until a claim is in a state."""

        async def there() -> bool:
            return (await self.claim(claim))["state"] == state

        await until(there, f"the claim becomes {state}")

    async def claim(self, claim: str) -> asyncpg.Record:
        """The claim's row."""
        return (await self.counter.sql("select *, state::text from public.claims where id = $1", claim))[0]

    async def sep(self, visit: str) -> asyncpg.Record:
        """The SEP's row."""
        return (await self.counter.sql("select * from public.bpjs_seps where visit_id = $1", visit))[0]

    async def work(self) -> list[tuple[str, ...]]:
        """Who has to do what."""
        rows = await self.counter.sql(WORK)
        return [tuple(row) for row in rows]

    async def decide(self, visit: str, status: int, **more: Any) -> None:
        """Somebody at BPJS moves the claim: 1 in verification, 2 pending, 3 decided."""
        wish = {"noSEP": (await self.sep(visit))["sep_number"], "status": status, **more}
        (await self.counter.door.post("/__sandbox__/claims", json=wish)).raise_for_status()

    async def posts(self, path: str) -> int:
        """How often something was posted there."""
        rows = await self.counter.requests()
        return len([row for row in rows if row["method"] == "POST" and row["path"].endswith(path)])

    async def settled(self) -> None:
        """The beginning of a day, everything mapped."""
        await self.counter.clear()
        await emptied(lambda: self.counter.sql("select hospital.clear()"))
        await self.counter.sql("select hospital.settled($1)", HOSPITAL_ID)

    async def watch(self) -> list[Watched]:
        """Look at BPJS's monitoring, as the schedule does."""
        async with built(self.counter.settings()) as app:
            return [seen async for seen in monitoring.everything(app.deliveries, app.bpjs, app.settings)]


@asynccontextmanager
async def hospital(counter: Counter) -> AsyncIterator[Hospital]:
    """The clinic with its people signed in; opened once, made new by ``settled``."""
    stack = counter.running.stack
    personas = await open_hospital(stack.url, stack.service_key)
    async with AsyncExitStack() as exits:
        desks = {}
        for one in personas:
            desk = await exits.enter_async_context(client(stack.url, stack.anon_key))
            await desk.auth.sign_in_with_password({"email": one.email, "password": PASSWORD})
            desks[one.role] = desk
        await counter.pool.execute(SQL.read_text(encoding="utf-8"))
        yield Hospital(counter, desks)
