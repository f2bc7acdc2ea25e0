"""Whether a patient is insured, asked for by somebody who waits: the bridge, a script, the command line.

A fresh answer comes from the database. A stale one is asked for anew, but nobody waits longer than the
budget: when BPJS is slow or down, the last known answer comes with its age, and the question stays in the
queue, so that the right answer appears behind it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from workers.bpjs import membership
from workers.bpjs.client import BpjsClients
from workers.bpjs.exchange import outside_a_lease
from workers.deliveries import Deliveries
from workers.ending import Ended
from workers.outcome import Delivered
from workers.settings import Settings

BUDGET_S = 0.8
"""With the two calls to Supabase around it, an answer within a second."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What is known of a membership now."""

    row: Mapping[str, Any]
    """Of ``bpjs_memberships``."""
    fresh: bool
    """BPJS said so within the clinic's limit; otherwise it is the last known answer, or none yet."""

    @property
    def age(self) -> timedelta | None:
        """How long ago BPJS said so; None when it never did."""
        said = self.row.get("as_of")
        return None if said is None else datetime.now(UTC) - datetime.fromisoformat(said)


class Eligibilities:
    """Answers questions about memberships."""

    def __init__(self, deliveries: Deliveries, clients: BpjsClients, settings: Settings) -> None:
        self._deliveries = deliveries
        self._clients = clients
        self._settings = settings

    async def of(
        self, patient_id: UUID | str, max_age: timedelta | None = None, budget_s: float = BUDGET_S
    ) -> Eligibility | None:
        """What BPJS says of a patient, within the budget; None when there is no such patient at a connected clinic.

        ``max_age``: how old an answer may be; None leaves it to the clinic's setting. Raises DatabaseError.
        """
        arguments = {"p_patient": str(patient_id), "p_max_age": _interval(max_age)}
        known = await self._deliveries.call("membership_of", arguments)
        if known is None or known["fresh"]:
            return None if known is None else Eligibility(known["membership"], fresh=True)
        await self._ask(known["snapshot"], budget_s)
        known = await self._deliveries.call("membership_of", arguments)
        return Eligibility(known["membership"], known["fresh"])

    async def _ask(self, snapshot: Mapping[str, Any], budget_s: float) -> None:
        """Ask BPJS now; a question that takes too long or fails is left to the queue."""
        wanted = membership.parse(snapshot)
        client = self._clients.of(wanted.service, wanted.clinic.facility_code)
        if client is None or client.shut:
            return
        way = outside_a_lease(client, self._settings)
        try:
            async with asyncio.timeout(budget_s):
                outcome = await membership.carry(wanted, way)
        except (Ended, TimeoutError):
            return
        if isinstance(outcome, Delivered):
            facts = {"p_kind": "membership", "p_subject": wanted.subject_id, "p_facts": way.journal.learned}
            await self._deliveries.call("learn", facts)


def _interval(age: timedelta | None) -> str | None:
    return None if age is None else f"{age.total_seconds()} seconds"
