"""Which route carries which kind of fact to VClaim."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from workers.bpjs.exchange import Way
from workers.bpjs.vclaim.claim import ClaimRoute
from workers.bpjs.vclaim.letter import LetterRoute
from workers.bpjs.vclaim.sep import SepRoute
from workers.bpjs.vclaim.snapshot import ClaimVisit, LetterVisit, SepVisit
from workers.deliveries import Lease
from workers.outcome import Outcome
from workers.settings import Settings


async def _sep(lease: Lease, way: Way, _settings: Settings) -> Outcome:
    return await SepRoute(SepVisit.model_validate(lease.snapshot), way, doubt=lease.ask_first).carry()


async def _claim(lease: Lease, way: Way, _settings: Settings) -> Outcome:
    return await ClaimRoute(ClaimVisit.model_validate(lease.snapshot), way, doubt=lease.ask_first).carry()


async def _control_letter(lease: Lease, way: Way, _settings: Settings) -> Outcome:
    return await LetterRoute(LetterVisit.model_validate(lease.snapshot), way, doubt=lease.ask_first).carry()


ROUTES: Final[Mapping[str, Callable[[Lease, Way, Settings], Awaitable[Outcome]]]] = {
    "sep": _sep, "claim": _claim, "control_letter": _control_letter,
}  # fmt: skip
