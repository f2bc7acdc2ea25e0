"""What the matrix cannot say: references, immutable columns, and rights that end at once."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import pytest
from postgrest.exceptions import APIError

from supabase import AsyncClient
from tests.database.access import ROLES, functions, tables
from tests.database.conftest import CATALOGUE, HERE, THERE, World
from tests.database.people import answer
from tests.database.rows import Row

IMMUTABLE = {
    "id", "clinic_id", "patient_id", "visit_id", "prescription_id", "prescription_item_id", "batch_id",
    "dispense_id", "delivery_id", "user_id", "registration_number", "number", "created_at", "updated_at",
}  # fmt: skip
OWN = {"public.staff", "public.staff_roles", "public.practitioners"}  # tables where staff_id is who, not what
PUBLIC = [name for name in tables() if name.startswith("public.")]


async def test_every_reference_inside_a_clinic_carries_the_clinic(world: World) -> None:
    """Otherwise a row could point into another clinic."""
    assert [] == [row["name"] for row in await world.database.fetch(CATALOGUE["lone_references"])]


async def test_no_row_points_into_another_clinic(world: World) -> None:
    """Somebody else's id is refused exactly as an id that nobody has."""
    references = await world.database.fetch(CATALOGUE["clinic_references"])
    assert len(references) >= 20
    for reference in references:
        foreign = world.rows.seeds[THERE][reference["referred"]]
        column, key = reference["column_name"], _key_beside_clinic(world, reference["referred"])
        answers = [
            await _with_reference(world, reference["table_name"], column, value)
            for value in (foreign[key], _nobodys(foreign[key]))
        ]
        assert ["23503", "23503"] == [code for code, _ in answers], reference["name"]
        assert answers[0] == answers[1], reference["name"]


@pytest.mark.parametrize("role", ROLES)
async def test_what_a_row_belongs_to_never_changes(world: World, role: str) -> None:
    """No role moves a row to another clinic, patient or visit, or rewrites when it was made."""
    for name in PUBLIC:
        seed = world.rows.seeds[HERE][name]
        columns = (IMMUTABLE | {"staff_id", "role"} if name == "public.staff_roles" else IMMUTABLE) & set(seed)
        before = await world.rows.checksum(name)
        for column in columns:
            change = {column: world.rows.seeds[THERE][name][column]}
            request = _table(world.clients[role], name).update(change, returning="minimal")
            refused, _ = await answer(request.match(world.rows.key(name, seed)))
            assert "42501" == refused, (name, column)
        assert before == await world.rows.checksum(name)


async def test_deactivating_staff_works_at_once(world: World) -> None:
    """The very next request with the old token reads nothing and changes nothing."""
    nurse, staff = await world.people.hire(HERE, "nurse", "owner")
    assert await _seen(nurse, "public.patients")

    await _table(world.clients["owner"], "public.staff").update({"active": False}).eq("id", staff["id"]).execute()

    assert {} == {name: rows for name in PUBLIC if (rows := await _seen(nurse, name))}
    assert "42501" == await _refusal(world, nurse, "public.vital_signs")


async def test_taking_a_role_away_works_at_once(world: World) -> None:
    """The same for one role: the others stay."""
    person, staff = await world.people.hire(HERE, "doctor", "cashier")
    assert await _refusal(world, person, "public.diagnoses") is None

    await (
        _table(world.clients["owner"], "public.staff_roles")
        .delete()
        .match({"staff_id": staff["id"], "role": "doctor"})
        .execute()
    )

    assert "42501" == await _refusal(world, person, "public.diagnoses")
    assert await _refusal(world, person, "public.payments") is None


async def test_a_fresh_sign_up_sees_nothing(world: World) -> None:
    """Whatever they write into their own profile, at first or later."""
    clinic = world.rows.seeds[HERE]["public.clinics"]["id"]
    person, _ = await world.people.sign_up(role="owner", clinic_id=clinic, user_role="service_role")
    await person.auth.update_user({"data": {"role": "service_role", "roles": "owner", "clinic_id": clinic}})
    await person.auth.refresh_session()

    assert {} == {name: rows for name in tables() if (rows := await _seen(person, name))}
    for function in functions().values():
        call = person.schema(function.schema).rpc(function.name, await world.rows.filled(function.arguments, HERE))
        refused, told = await answer(call)
        assert refused in {"42501", "P0002"} or not told, function.signature


async def test_everybody_reads_the_staff_row_that_is_their_own(world: World) -> None:
    """Also those who may not read about others."""
    cashier, staff = await world.people.hire(HERE, "cashier")

    assert [staff["id"]] == [row["id"] for row in await _seen(cashier, "public.staff")]
    assert ["cashier"] == [row["role"] for row in await _seen(cashier, "public.staff_roles")]


async def test_each_role_reads_its_own_work_items(world: World) -> None:
    """The list of the front desk is not the doctor's."""
    sample = {**await world.rows.fresh("public.work_items", HERE), "role": "front_desk"}
    written = await world.rows.insert("public.work_items", sample)

    readers = {
        role
        for role in ROLES
        if written["id"] in [row["id"] for row in await _seen(world.clients[role], "public.work_items")]
    }

    assert {"owner", "admin", "front_desk"} == readers


async def test_the_last_owner_stays(world: World) -> None:
    """Neither the role nor the person can be taken away: nobody could let anybody in again."""
    clinic = await _clinic_with(world, "lone", owners=1)
    ((owner, staff),) = clinic

    role = _table(owner, "public.staff_roles").delete(returning="minimal")
    person = _table(owner, "public.staff").update({"active": False}, returning="minimal")

    assert "23514" == (await answer(role.match({"staff_id": staff["id"], "role": "owner"})))[0]
    assert "23514" == (await answer(person.eq("id", staff["id"])))[0]
    assert await _seen(owner, "public.staff")


async def test_only_an_owner_touches_owners(world: World) -> None:
    """An admin may neither send one of two owners home nor rename them; the other owner may."""
    (owner, _), (_, other) = await _clinic_with(world, "shared", owners=2)
    admin, own = await world.people.hire("shared", "admin")
    before = await world.rows.held("public.staff", {"id": other["id"]})

    for change in ({"active": False}, {"full_name": "Bukan Pemilik"}):
        await _table(admin, "public.staff").update(change, returning="minimal").eq("id", other["id"]).execute()
    assert before == await world.rows.held("public.staff", {"id": other["id"]})

    await (
        _table(admin, "public.staff")
        .update({"full_name": "Admin Baru"}, returning="minimal")
        .eq("id", own["id"])
        .execute()
    )
    assert "Admin Baru" == (await world.rows.held("public.staff", {"id": own["id"]}))["full_name"]
    await _table(owner, "public.staff").update({"active": False}, returning="minimal").eq("id", other["id"]).execute()
    assert not (await world.rows.held("public.staff", {"id": other["id"]}))["active"]


async def test_an_allergy_is_its_visits_patients(world: World) -> None:
    """Another patient of the same clinic is refused."""
    row = await world.rows.fresh("public.allergies", HERE)
    other = await world.rows.insert("public.patients", await world.rows.fresh("public.patients", HERE))
    refused, _ = await answer(
        _table(world.clients["doctor"], "public.allergies").insert({**row, "patient_id": other["id"]})
    )
    assert "23503" == refused


async def test_two_owners_cannot_leave_at_the_same_instant(world: World) -> None:
    """Each sees the other still there; the second to commit must look again."""
    (_, one), (_, two) = await _clinic_with(world, "pair", owners=2)
    async with AsyncExitStack() as exits:
        first, second = [await _session(world, exits) for _ in range(2)]
        for session, staff in ((first, one), (second, two)):
            await session.execute("begin")
            await session.execute("delete from public.staff_roles where staff_id = $1 and role = 'owner'", staff["id"])
        await first.execute("set constraints all immediate")
        waiting = asyncio.create_task(second.execute("set constraints all immediate"))
        await asyncio.wait([waiting], timeout=0.1)
        await first.execute("commit")
        with pytest.raises(asyncpg.CheckViolationError):
            await waiting


async def _clinic_with(world: World, clinic: str, owners: int) -> list[tuple[AsyncClient, Row]]:
    row = await world.rows.fresh("public.clinics", clinic)
    world.rows.seeds[clinic]["public.clinics"] = await world.rows.insert("public.clinics", row)
    return [await world.people.hire(clinic, "owner") for _ in range(owners)]


async def _session(world: World, exits: AsyncExitStack) -> asyncpg.Connection:
    session = await asyncpg.connect(world.stack.superuser_dsn)
    exits.push_async_callback(session.close)
    return session


def _table(client: AsyncClient, name: str):
    schema, relation = name.split(".")
    return client.schema(schema).table(relation)


def _key_beside_clinic(world: World, name: str) -> str:
    return "id" if "id" in world.rows.seeds[THERE][name] else world.rows.keys[name][0]


def _nobodys(value: object) -> object:
    return str(uuid4()) if isinstance(value, str) and len(value) == 36 else f"{value}_nobody"


async def _with_reference(world: World, name: str, column: str, value: object) -> tuple[str | None, str]:
    row = {**await world.rows.fresh(name, HERE), column: value}
    writers = [role for role in (*ROLES, "service_role") if role in tables()[name].allowed["insert"]]
    if not writers:
        return await _past_the_api(world, name, row)
    try:
        await _table(world.clients[writers[0]], name).insert(row, returning="minimal").execute()
    except APIError as error:
        return error.code, str(error.message)
    return None, ""


async def _past_the_api(world: World, name: str, row: Row) -> tuple[str | None, str]:
    try:
        await world.rows.insert(name, row)
    except asyncpg.PostgresError as error:
        return error.sqlstate, str(error.args[0]).splitlines()[0]
    return None, ""


async def _refusal(world: World, client: AsyncClient, name: str) -> str | None:
    row = await world.rows.fresh(name, HERE)
    return (await answer(_table(client, name).insert(row, returning="minimal")))[0]


async def _seen(client: AsyncClient, name: str) -> list[Row]:
    refused, rows = await answer(_table(client, name).select("*"))
    assert refused in {None, "42501"}
    return rows or []
