"""The control door: read what happened, set faults and switches, and play what happens outside (see the README)."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.bpjs.clerk import type_in
from sandbox.bpjs.config import SETTINGS
from sandbox.bpjs.insurer import Insurer
from sandbox.bpjs.members import Member, member_of
from sandbox.bpjs.vclaim import claims, referrals
from sandbox.door.control import Door, WishError, bodies, posted, route
from sandbox.door.ledger import Json


class BpjsDoor(Door):
    """The control door of an insurer."""

    def __init__(self, insurer: Insurer) -> None:
        """Control an insurer."""
        self._insurer = insurer
        parts = {
            "resources": insurer.records.reset,
            "ledger": insurer.ledger.clear,
            "faults": insurer.faults.clear,
            "members": insurer.members.reset,
            "settings": insurer.reset_switches,
        }
        super().__init__(insurer.ledger, insurer.faults, parts, insurer.switches.changed, SETTINGS)

    def summary(self, query: Mapping[str, str]) -> Json:
        """Count requests and what is held, and name the duplicates."""
        ledger, records = self._insurer.ledger, self._insurer.records
        return {
            **ledger.summary(),
            "by_service": dict(Counter(row.service for row in ledger.receipts)),
            "by_code": dict(Counter(str(row.code) for row in ledger.receipts)),
            "resources": dict(Counter(one.type for one in records.of())),
            "duplicates": records.duplicates(),
            "identifiers_sent": len(ledger.bodies),
            "bodies": bodies(ledger, every="bodies" in query),
        }

    def resources(self, kind: str | None) -> list[Json]:
        """Give what is held, or what of one type is held."""
        return [one.described() for one in self._insurer.records.of(kind)]

    async def members(self, request: Request) -> Response:
        """Read the register, take members in, or strike one off by NIK."""
        members = self._insurer.members
        if request.method == "DELETE":
            one = members.with_nik(request.query_params.get("nik", ""))
            if one is None:
                raise WishError("nobody has that NIK")
            members.remove(one)
        elif request.method == "POST":
            wanted = await posted(request)
            for one in _read_members(wanted):
                members.put(one)
        return JSONResponse({"members": members.listed()})

    async def clerk(self, request: Request) -> Response:
        """Play somebody who types a registration, a visit or both into P-Care's web page."""
        wanted = await posted(request)
        if not isinstance(wanted, dict) or wanted.keys() - {"facility", "registration", "visit"}:
            raise WishError("a clerk types a registration, a visit or both, for a facility")
        return JSONResponse(type_in(self._insurer, wanted))

    async def claims(self, request: Request) -> Response:
        """Move a claim through BPJS's verification."""
        return JSONResponse(claims.move(self._insurer, await posted(request)))

    async def referrals(self, request: Request) -> Response:
        """Make a referral that comes from a facility outside this simulator."""
        return JSONResponse(referrals.put(self._insurer, await posted(request)))

    def routes(self) -> list[Route]:
        """Give the routes of the control door."""
        return [
            *super().routes(),
            route("members", self.members, "GET", "POST", "DELETE"),
            route("clerk", self.clerk, "POST"),
            route("claims", self.claims, "POST"),
            route("referrals", self.referrals, "POST"),
        ]


def _read_members(wanted: Any) -> list[Member]:
    rows = wanted if isinstance(wanted, list) else [wanted]
    if not all(isinstance(row, dict) for row in rows):
        raise WishError("a member is an object")
    try:
        return [member_of(row) for row in rows]
    except TypeError as error:
        raise WishError("a member has nik, name, birth_date and sex") from error
