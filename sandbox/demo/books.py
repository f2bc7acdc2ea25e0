"""The books of the demo: the clinic's own count, the deliveries, and the ledgers of both governments, held together."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sandbox.demo.outside import Insurer, Ministry
from sandbox.surroundings import Surroundings
from supabase import AsyncClient

BPJS = ("antrean", "pcare", "vclaim")
STATES = ("delivered", "ready", "leased", "uncertain", "blocked", "rejected", "exempt")
IN_FLIGHT = ("ready", "leased", "uncertain")


@dataclass(frozen=True, slots=True)
class Balance:
    """The conservation law of one target, summed over clinics and days."""

    target: str
    eligible: int
    states: Counter[str]
    difference: int

    @property
    def in_flight(self) -> int:
        """Deliveries that are still on their way."""
        return sum(self.states[state] for state in IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class Books:
    """One target's balance, and what the ledger over there says of it."""

    balance: Balance
    duplicates: int
    missing: int
    """Visits we call delivered that the ledger does not hold."""

    @property
    def balanced(self) -> bool:
        """Whether the conservation law holds, nothing is lost and nothing is there twice."""
        return self.balance.difference == 0 and self.duplicates == 0 and self.missing == 0

    def line(self) -> str:
        """The target's line at the end of the demo."""
        law = self.balance
        counts = " ".join(f"{state}={law.states[state]}" for state in STATES)
        return (
            f"{law.target}: eligible={law.eligible} {counts} "
            f"difference={law.difference} missing={self.missing} duplicates={self.duplicates}"
        )


async def balances(service: AsyncClient) -> list[Balance]:
    """Every target that has anything to hold, in order of name."""
    told: Any = (await service.schema("integration").rpc("status", {}).execute()).data
    rows: list[dict[str, Any]] = told
    return [_balance(target, [row for row in rows if row["target"] == target])
            for target in sorted({row["target"] for row in rows}, key=lambda t: (t != "satusehat", t))]  # fmt: skip


def _balance(target: str, rows: list[dict[str, Any]]) -> Balance:
    states = Counter({state: sum(row[state] for row in rows) for state in STATES})
    eligible, difference = sum(row["eligible"] for row in rows), sum(abs(row["difference"]) for row in rows)
    return Balance(target, eligible, states, difference)


async def close_books(service: AsyncClient, ministry: Ministry, insurer: Insurer, around: Surroundings) -> list[Books]:
    """Compare every target's deliveries with the ledger over there."""
    mails = [str(mail["Message-ID"]) for mail in around.mailbox.mails]
    missing = {
        "satusehat": await _missing_encounters(service, ministry) + await _missing_reports(service, ministry),
        "pcare": await _missing_visits(service, insurer),
        "files": await _missing_files(service),
        "email": await _unsent(service, "email", {mail.strip("<>").partition("@")[0] for mail in mails}),
        "whatsapp": await _unsent(service, "whatsapp", set(around.gateway.told)),
    }
    twice = len((await insurer.summary())["duplicates"])
    duplicates = {
        **dict.fromkeys(BPJS, twice),
        "satusehat": len((await ministry.summary())["duplicates"]),
        "email": len(mails) - len(set(mails)),
    }
    return [Books(law, duplicates.get(law.target, 0), missing.get(law.target, 0)) for law in await balances(service)]


async def _missing_encounters(service: AsyncClient, ministry: Ministry) -> int:
    finished = {
        identifier["value"]
        for held in await ministry.held("Encounter")
        if held["body"]["status"] == "finished"
        for identifier in held["identifiers"]
    }
    states = await delivery_states(service, "satusehat", "visit")
    return sum(1 for visit, state in states.items() if state == "delivered" and visit not in finished)


async def _missing_reports(service: AsyncClient, ministry: Ministry) -> int:
    """Orders we call delivered that have an item without a report over there."""
    held = {one["value"] for report in await ministry.held("DiagnosticReport") for one in report["identifiers"]}
    states = await delivery_states(service, "satusehat", "diagnostic_order")
    reply = await service.table("diagnostic_order_items").select("id,order_id").is_("cancelled_at", "null").execute()
    rows: list[Any] = reply.data
    return len(
        {row["order_id"] for row in rows if states.get(row["order_id"]) == "delivered" and row["id"] not in held}
    )


async def _missing_files(service: AsyncClient) -> int:
    """Files we call available that Storage does not hold."""
    reply = await service.table("result_files").select("stored_path").eq("state", "available").execute()
    rows: list[Any] = reply.data
    return sum([not await service.storage.from_("results").exists(row["stored_path"]) for row in rows])


async def _unsent(service: AsyncClient, channel: str, arrived: set[str]) -> int:
    """Messages we call delivered that nobody was given."""
    states = await delivery_states(service, channel, channel)
    return sum(1 for message, state in states.items() if state == "delivered" and message not in arrived)


async def _missing_visits(service: AsyncClient, insurer: Insurer) -> int:
    """Visits P-Care gave a number for that it does not hold."""
    held = {one["id"] for one in await insurer.held("visit")}
    reply = await service.table("bpjs_visits").select("visit_number").not_.is_("visit_number", "null").execute()
    rows: list[Any] = reply.data
    return sum(1 for row in rows if row["visit_number"] not in held)


async def delivery_states(service: AsyncClient, target: str, kind: str) -> dict[str, str]:
    """Subject → state of its delivery to a target."""
    table = service.schema("integration").table("deliveries")
    reply = await table.select("subject_id,state").eq("target", target).eq("kind", kind).execute()
    rows: list[Any] = reply.data
    return {row["subject_id"]: row["state"] for row in rows}


async def work_items(client: AsyncClient) -> list[dict[str, Any]]:
    """The open work as the admin of the clinic sees it."""
    reply = await client.table("work_items").select("target,role,field,rule,reason,state,subject_id").execute()
    rows: list[Any] = reply.data
    return sorted(rows, key=lambda row: (row["target"], row["role"], row["reason"]))
