"""The life of a claim: which moves exist, who may make them, and what the pre-check finds, rule by rule."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from sandbox.supabase.postgres import SUPERUSER, Postgres
from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("claims.sql"))
STATES = ("draft", "checked", "sent", "in_verification", "pending", "approved", "rejected", "paid", "withdrawn")
MOVES = {
    "draft": {"checked", "withdrawn"},
    "checked": {"draft", "sent", "withdrawn"},
    "sent": {"in_verification", "pending", "approved", "rejected", "withdrawn"},
    "in_verification": {"pending", "approved", "rejected", "withdrawn"},
    "pending": {"checked", "sent", "in_verification", "approved", "rejected", "withdrawn"},
    "approved": {"paid"},
    "rejected": set(),
    "paid": set(),
    "withdrawn": {"draft"},
}
WAY = {
    "draft": (), "checked": ("checked",), "sent": ("checked", "sent"),
    "in_verification": ("checked", "sent", "in_verification"), "pending": ("checked", "sent", "pending"),
    "approved": ("checked", "sent", "approved"), "rejected": ("checked", "sent", "rejected"),
    "paid": ("checked", "sent", "approved", "paid"), "withdrawn": ("withdrawn",),
}  # fmt: skip
MOVE = """update public.claims set state = $2::text::public.claim_state, pending_reason = 'kurang', approved_rupiah = 1,
                 paid_rupiah = 1, paid_on = current_date, approved_at = now() where id = $1"""


@dataclass(frozen=True, slots=True)
class File:
    """One claim and its visit."""

    database: asyncpg.Connection
    visit: str
    claim: str

    async def write(self, statement: str) -> None:
        """One write; $1 is the visit, $2 the claim."""
        await self.database.execute(statement.replace("$1", f"'{self.visit}'").replace("$2", f"'{self.claim}'"))

    async def state(self) -> str:
        """Where the claim is."""
        return str(await self.database.fetchval("select state::text from public.claims where id = $1", self.claim))

    async def signs_in(self, role: str) -> None:
        """From now on the connection is a member of the clinic's staff."""
        user = await self.database.fetchval(SQL["hire"], self.claim, role)
        await self.database.execute("select set_config('request.jwt.claims', $1, true)", f'{{"sub": "{user}"}}')
        await self.database.execute("set local role authenticated")

    async def problems(self) -> list[tuple[str, str]]:
        """Rule and role of what the pre-check finds."""
        return [tuple(row) for row in await self.database.fetch(SQL["problems"], self.claim)]


async def filed(database: asyncpg.Connection, capability: str) -> File:
    """A claim that lacks nothing."""
    clinic = await database.fetchval(SQL["open"], capability)
    visit = await database.fetchval(SQL["furnish"], clinic)
    for name in ("treat", "finish"):
        await database.execute(SQL[name], visit)
    claim = await database.fetchval(SQL["complete"], visit)
    await database.execute(SQL["delivered"], visit)
    return File(database, str(visit), str(claim))


@pytest.fixture
async def alone(books: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that leaves nothing behind."""
    connection = await asyncpg.connect(books.socket_dsn(SUPERUSER))
    changes = connection.transaction()
    await changes.start()
    yield connection
    await changes.rollback()
    await connection.close()


@pytest.fixture
async def hospital(alone: asyncpg.Connection) -> File:
    """A claim of a referral-level clinic."""
    return await filed(alone, "fkrtl")


@pytest.fixture
async def clinic(alone: asyncpg.Connection) -> File:
    """A claim of a first-level clinic."""
    return await filed(alone, "fktp")


async def test_a_whole_claim_has_no_problem(hospital: File) -> None:
    """It can be checked."""
    assert [] == await hospital.problems()


@pytest.mark.parametrize(("change", "rule", "role"), [
    ("update public.visits set chief_complaint = ' ' where id = $1", "resume", "doctor"),
    ("update public.visits set disposition = null where id = $1", "resume", "doctor"),
    ("update public.diagnoses set voided_at = now() where visit_id = $1", "diagnosis", "doctor"),
    ("update public.claims set signed_at = null where id = $2", "unsigned", "doctor"),
    ("update public.claims set signed_at = now() - interval '1 minute' where id = $2", "unsigned", "doctor"),
    ("insert into public.claim_pairings (clinic_id, procedure_code, diagnosis_prefix) "
     "select clinic_id, '90.59', 'I1' from public.claims where id = $2", "pairing", "doctor"),
    (SQL["again"], "duplicate", "cashier"),
    ("update public.bpjs_seps set sep_number = null where visit_id = $1", "sep", "cashier"),
    ("update public.bpjs_seps set found_on = current_date - 91 where visit_id = $1", "referral", "front_desk"),
    ("update public.claims set requested_rupiah = 400001 where id = $2", "tariff", "cashier"),
    ("update public.claims set way_out_code = null where id = $2", "lpk", "cashier"),
    ("update public.visits set visit_class = 'inpatient' where id = $1", "lpk", "cashier"),
    ("update public.claims set follow_up_code = '4' where id = $2", "follow_up", "cashier"),
    ("update public.claims set follow_up_code = '3' where id = $2", "follow_up", "cashier"),
    ("delete from integration.mappings where code = '140101'", "doctor", "admin"),
    ("delete from integration.mappings where code = 'INT'", "poli", "admin"),
])  # fmt: skip
async def test_each_flaw_is_one_problem(hospital: File, change: str, rule: str, role: str) -> None:
    """What would make a claim pend is found before it is sent, with whoever can mend it."""
    await hospital.write(change)
    assert [(rule, role)] == await hospital.problems()


@pytest.mark.parametrize("change", [
    "insert into public.claim_pairings (clinic_id, procedure_code, diagnosis_prefix) "
    "select clinic_id, '90.59', x from public.claims, unnest(array['I1', 'E11']) x where id = $2",
    "update public.bpjs_seps set found_on = current_date - 90 where visit_id = $1",
    "update public.bpjs_seps set found_on = current_date - 91, letter_number = 'K1' where visit_id = $1",
    "update public.claims set requested_rupiah = 400000 where id = $2",
    "update public.claims set tariff_rupiah = null where id = $2",
])  # fmt: skip
async def test_what_only_looks_like_a_flaw_is_none(hospital: File, change: str) -> None:
    """One matching diagnosis is enough, the last day counts, and an unknown tariff is no tariff of zero."""
    await hospital.write(change)
    assert [] == await hospital.problems()


@pytest.mark.parametrize(("change", "rule", "role"), [
    ("update public.visits set chief_complaint = null where id = $1", "visit", "cashier"),
    ("update public.bpjs_procedures set amount_rupiah = 90001 where visit_id = $1", "tariff", "cashier"),
    ("update public.bpjs_procedures set code = '99999' where visit_id = $1", "unknown", "cashier"),
])  # fmt: skip
async def test_a_first_level_clinic_claims_what_pcare_holds(clinic: File, change: str, rule: str, role: str) -> None:
    """Complete at P-Care, from its list, at most at its tariff."""
    assert [] == await clinic.problems()
    await clinic.write(change)
    assert (rule, role) in await clinic.problems()


async def test_a_first_level_claim_is_the_sum_of_its_procedures(clinic: File) -> None:
    """Kept by the database while it is a draft; a checked one is a draft again."""
    state = "select requested_rupiah, state::text from public.claims where id = $1"
    assert (90_000, "draft") == tuple(await clinic.database.fetchrow(state, clinic.claim))
    await clinic.write("update public.claims set state = 'checked' where id = $2")
    await clinic.write("update public.bpjs_procedures set amount_rupiah = 80000 where visit_id = $1")
    assert (80_000, "draft") == tuple(await clinic.database.fetchrow(state, clinic.claim))


async def test_capitation_is_no_claim(alone: asyncpg.Connection) -> None:
    """A first-level visit without procedures is paid by the head."""
    visit = await alone.fetchval(SQL["furnish"], await alone.fetchval(SQL["open"], "fktp"))
    await alone.execute(SQL["finish"], visit)
    assert 0 == await alone.fetchval("select count(*) from public.claims where visit_id = $1", visit)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
async def test_only_known_moves_exist(hospital: File, before: str, after: str) -> None:
    """Whoever asks, the service role and the owner included."""
    for state in WAY[before]:
        await hospital.database.execute(MOVE, hospital.claim, state)
    if after == before or after in MOVES[before]:
        await hospital.database.execute(MOVE, hospital.claim, after)
        last = "select state::text from public.claim_history where claim_id = $1 order by at desc, id limit 1"
        assert after == await hospital.database.fetchval(last, hospital.claim)
        return
    with pytest.raises(asyncpg.CheckViolationError, match="cannot go from"):
        await hospital.database.execute(MOVE, hospital.claim, after)


async def test_what_bpjs_does_not_pay_is_withdrawn(hospital: File) -> None:
    """And comes back as a draft when BPJS pays after all."""
    await hospital.write("update public.visits set payer = 'self' where id = $1")
    assert "withdrawn" == await hospital.state()
    await hospital.write("update public.visits set payer = 'bpjs' where id = $1")
    assert "draft" == await hospital.state()
    await hospital.write("update public.visits set status = 'cancelled' where id = $1")
    assert "withdrawn" == await hospital.state()


async def test_a_first_level_claim_is_followed_by_the_cashier(clinic: File) -> None:
    """P-Care has no service for it: what its own pages say is entered here, move by move, by those whose work it is."""
    await clinic.signs_in("cashier")
    assert [] == await clinic.database.fetch("select * from public.check_claim($1)", clinic.claim)
    for outcome in ("sent", "in_verification", "approved", "paid"):
        await clinic.database.execute("select public.settle_claim($1, $2, 85000)", clinic.claim, outcome)
        assert outcome == await clinic.state()
    listed = "select code, amount_rupiah, largest_rupiah, claim_state::text, approved_rupiah"
    rows = await clinic.database.fetch(f"{listed} from public.non_capitation('2020-01-01', '2100-01-01')")
    assert [("10101", 90_000, 90_000, "paid", 85_000)] == [tuple(row) for row in rows]


@pytest.mark.parametrize("role", ["owner", "doctor", "nurse", "front_desk"])
async def test_nobody_else_settles(clinic: File, role: str) -> None:
    """For them there is no such claim."""
    await clinic.signs_in(role)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await clinic.database.execute("select public.settle_claim($1, 'withdrawn')", clinic.claim)
    assert "P0002" == refused.value.sqlstate


async def test_the_cashier_does_not_decide_for_bpjs(hospital: File) -> None:
    """What VClaim tells is not entered by hand, only the money is."""
    await hospital.signs_in("cashier")
    with pytest.raises(asyncpg.CheckViolationError, match="hanya pembayaran"):
        await hospital.database.execute("select public.settle_claim($1, 'approved', 1)", hospital.claim)


async def test_what_was_asked_too_early_moves_nothing(hospital: File) -> None:
    """A list read before the LPK last went out still shows the claim as pending."""
    for state in ("checked", "sent"):
        await hospital.database.execute(MOVE, hospital.claim, state)
    await hospital.write("update public.claims set sent_at = now() where id = $2")
    clinic = await hospital.database.fetchval("select clinic_id from public.claims where id = $1", hospital.claim)
    fates = '[{"sep_number": "0999R0011126V000001", "state": "pending", "reason": "resume kurang"}]'
    call = "select integration.move_claims($1, $2, now() + $3)"
    minute = await hospital.database.fetchval("select interval '1 minute'")
    assert 0 == await hospital.database.fetchval(call, clinic, fates, -minute)
    assert 1 == await hospital.database.fetchval(call, clinic, fates, minute)
    assert 0 == await hospital.database.fetchval(call, clinic, fates, minute)  # nothing new
