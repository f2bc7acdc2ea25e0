"""The cost of a lease and of a snapshot does not grow with what lies behind them: no table is read whole."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from sandbox.supabase.stack import database_alone
from sandbox.supabase.statements import load

HISTORY = load(Path(__file__).with_name("history.sql"))
VISITS = 50_000
GROWING = ("deliveries", "remote_resources", "visits", "diagnoses", "vital_signs", "visit_status_history", "patients",
           "resolved_keys", "attempts", "prescriptions", "prescription_items", "dispenses")  # fmt: skip

CALLS = {
    "lease": "select * from integration.lease('satusehat', 'w', 20, 60)",
    "heartbeat": """select integration.heartbeat('w', (
        select jsonb_agg(jsonb_build_object('id', id, 'lease_number', lease_number))
          from integration.deliveries where state = 'leased'), 60)""",
    "release": """select integration.release('w', (
        select jsonb_agg(jsonb_build_object('id', id, 'lease_number', lease_number))
          from integration.deliveries where state = 'leased'))""",
    "suspects": "select integration.suspects_wait('satusehat')",
    "record": """select * from integration.record('w', (
        select jsonb_agg(jsonb_build_object('id', id, 'lease_number', lease_number, 'outcome', 'delivered',
               'accepted', jsonb_build_array(jsonb_build_object(
                    'key', 'patient/' || subject_id, 'type', 'Patient', 'remote_id', 'P1'))))
          from integration.deliveries where state = 'leased' and leased_by = 'w'))""",
    "sweep": "select integration.sweep('satusehat', 60)",
    "resolve": "select integration.resolve(array['patient/x'])",
    "snapshot": "select integration.visit_snapshot($1)",
    "nik": """update public.patients set nik = '3171000000000009'
        where id = (select patient_id from public.visits where id = $1)""",
    "doctor": "update public.practitioners set nik = '3171000000000009'",
    "mapping": "update integration.mappings set code = '93000333'",
    "batch": "update public.stock_batches set batch_number = 'B-2'",
    "corrected": "select private.want_corrected()",
    "edit": "update public.visits set chief_complaint = 'demam' where id = $1",
}


@pytest.fixture(scope="module")
async def grown() -> AsyncIterator[asyncpg.Connection]:
    """A clinic with years of delivered visits, and statistics that know it."""
    async with database_alone(migrations=True) as cluster:
        connection = await asyncpg.connect(cluster.socket_dsn("supabase_admin"))
        clinic = await connection.fetchval(HISTORY["clinic"])
        await connection.execute("set session_replication_role = replica")
        await connection.execute(HISTORY["visits"], clinic, VISITS)
        await connection.execute(HISTORY["pharmacy"], clinic)
        await connection.execute(HISTORY["resources"])
        await connection.execute(HISTORY["keys"])
        await connection.execute(HISTORY["backlog"])
        await connection.execute("set session_replication_role = origin")
        await connection.execute("analyze")
        yield connection
        await connection.close()


@pytest.mark.parametrize("call", CALLS)
async def test_no_growing_table_is_read_whole(grown: asyncpg.Connection, call: str) -> None:
    """Counted by the server itself, inside of functions too."""
    subject = await grown.fetchval(HISTORY["subject"])
    arguments = [subject] if "$1" in CALLS[call] else []
    if call in {"heartbeat", "record", "release"}:
        await grown.fetch(CALLS["lease"])
    before = await _read_whole(grown)

    await grown.fetch(CALLS[call], *arguments)

    after = await _read_whole(grown)
    assert {} == {table: after[table] - before[table] for table in GROWING if after[table] > before[table]}


async def test_the_count_notices_a_whole_read(grown: asyncpg.Connection) -> None:
    """The measure can turn red."""
    before = await _read_whole(grown)
    await grown.fetch("select count(*) from integration.deliveries where failure is null")

    assert (await _read_whole(grown))["deliveries"] > before["deliveries"]


async def test_the_lease_walks_the_index_of_leasable_rows(grown: asyncpg.Connection) -> None:
    """Its inner query, explained: the partial index in its order, no sort of a backlog."""
    plan = await grown.fetchval("""
        explain (format json)
        select d.id from integration.deliveries d
         where d.target = 'satusehat' and d.clinic_id = (select id from public.clinics)
           and d.state in ('ready', 'uncertain') and d.due_at <= now()
         order by d.priority, d.due_at, d.id limit 20 for update skip locked""")
    assert "deliveries_leasable" in plan
    assert "Seq Scan" not in json.dumps([node for node in _nodes(json.loads(plan)[0]["Plan"])
                                         if node.get("Relation Name") == "deliveries"])  # fmt: skip


async def _read_whole(connection: asyncpg.Connection) -> dict[str, int]:
    await connection.execute("select pg_stat_force_next_flush()")
    rows = await connection.fetch("select relname, seq_scan from pg_catalog.pg_stat_user_tables")
    return {row["relname"]: row["seq_scan"] for row in rows}


def _nodes(plan: dict) -> list[dict]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]
