"""A corrected NIK: whatever was found or sent under the old one is somebody else's."""

import json

from tests.database.desk import Clinic, Worker
from tests.database.test_snapshot import WRITES

IDENTITY = "select count(*) from integration.remote_resources where local_key = $1"
CORRECT = "update public.patients set nik = '3171000000000009' where id = $1"


def _found(lease: object, key: str, outcome: str, **more: object) -> dict[str, object]:
    number = {"key": key, "type": "Patient", "remote_id": "P-of-somebody", "version": None, "content_hash": ""}
    return {"id": lease["id"], "lease_number": lease["lease_number"], "outcome": outcome, "accepted": [number], **more}


async def test_a_number_found_under_a_corrected_nik_is_not_kept(clinic: Clinic, ana: Worker) -> None:
    """The correction came between the lease and its record: the next visit must ask anew."""
    await clinic.finished()
    (lease,) = await ana.lease()
    key = f"patient/{clinic.ids['patient']}"
    await clinic.connection.execute(CORRECT, clinic.ids["patient"])

    await ana.record(_found(lease, key, "postponed", failure="throttled", wait_seconds=0))

    assert 0 == await clinic.connection.fetchval(IDENTITY, key)


async def test_a_visit_delivered_under_the_old_number_is_wanted_again(clinic: Clinic, ana: Worker) -> None:
    """It stands in another person's record there."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    key = f"patient/{clinic.ids['patient']}"
    await ana.record(_found(lease, key, "delivered"))
    assert 1 == await clinic.connection.fetchval(IDENTITY, key)

    await clinic.connection.execute(CORRECT, clinic.ids["patient"])

    assert 0 == await clinic.connection.fetchval(IDENTITY, key)
    assert "ready" == (await clinic.delivery(visit))["state"]


async def test_voided_rows_are_named_by_id(clinic: Clinic, ana: Worker) -> None:
    """So that what was sent of them in a doubt is recognised and taken back."""
    (visit,) = await clinic.finished()
    await clinic.connection.execute(WRITES["inserts"]["diagnosis"], visit)
    row = await clinic.connection.fetchval(
        "update public.diagnoses set voided_at = now() where visit_id = $1 returning id", visit
    )
    (lease,) = await ana.lease()
    assert [str(row)] == json.loads(lease["snapshot"])["voided"]
