"""The snapshot is what docs/snapshot.md says it is, whatever tables a clinic has."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from tests.database.desk import Clinic, Worker

PAGE = (Path(__file__).parents[2] / "docs" / "snapshot.md").read_text()
WRITES = tomllib.loads(Path(__file__).with_name("writes.toml").read_text())
EXAMPLE, KNOWN = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
MAP_DRUGS = """
insert into integration.mappings (clinic_id, kind, local_id, code, display)
select d.clinic_id, 'drug', d.id::text, '93001019', 'Paracetamol' from public.drugs d
"""


async def test_the_snapshot_has_the_documented_keys(clinic: Clinic, ana: Worker) -> None:
    """Every key of the page, and no other, down to the last dispense."""
    (visit,) = await clinic.finished()
    for statement in WRITES["inserts"].values():
        await clinic.connection.execute(statement, visit)
    await clinic.connection.execute(MAP_DRUGS)

    (lease,) = await ana.lease()

    assert _paths(EXAMPLE) == _paths(json.loads(lease["snapshot"]))


async def test_what_is_known_has_the_documented_keys(clinic: Clinic, ana: Worker) -> None:
    """The same for what the target holds."""
    await clinic.finished()
    await clinic.connection.execute(
        "insert into integration.remote_resources (target, clinic_id, local_key, resource_type, remote_id) "
        "values ('satusehat', $1, $2, 'Patient', 'P1')",
        clinic.ids["clinic"], f"patient/{clinic.ids['patient']}",
    )  # fmt: skip

    (lease,) = await ana.lease()

    assert _paths(KNOWN) == _paths(json.loads(lease["known"]))


async def test_a_bare_visit_has_empty_lists_and_nulls(clinic: Clinic, ana: Worker) -> None:
    """Absent facts are null, lists possibly empty; nothing is left out."""
    visit = await clinic.arrival()
    await clinic.connection.execute("update public.visits set practitioner_id = null, location_id = null")
    await clinic.write("finish", visit)

    (lease,) = await ana.lease()
    snapshot = json.loads(lease["snapshot"])

    assert set(EXAMPLE) == set(snapshot)
    assert (None, [], []) == (snapshot["location"], snapshot["practitioners"], snapshot["diagnoses"])
    assert {f"clinic/{clinic.ids['clinic']}", f"patient/{clinic.ids['patient']}"} == set(snapshot["references"])


async def test_what_was_voided_is_not_told(clinic: Clinic, ana: Worker) -> None:
    """A wrong row stays in the clinic's books and goes no further."""
    (visit,) = await clinic.finished()
    for statement in WRITES["inserts"].values():
        await clinic.connection.execute(statement, visit)
    for table in ("diagnoses", "vital_signs", "procedures", "allergies", "prescriptions"):
        await clinic.connection.execute(f"update public.{table} set voided_at = now()")  # noqa: S608

    (lease,) = await ana.lease()
    snapshot = json.loads(lease["snapshot"])

    for part in ("diagnoses", "vital_signs", "procedures", "allergies", "prescriptions"):
        assert [] == snapshot[part], part


def _paths(value: Any, place: str = "") -> set[str]:
    if isinstance(value, dict):
        return {f"{place}.{key}" for key in value}.union(*(_paths(value[key], f"{place}.{key}") for key in value))
    if isinstance(value, list):
        return set().union(*(_paths(item, f"{place}[]") for item in value)) if value else set()
    return set()
