"""The fate of a claim: in verification, pending, paid. The control door moves it (reference 5.4)."""

from typing import Any, Final

from sandbox.bpjs.insurer import Insurer
from sandbox.door.control import WishError
from sandbox.door.ledger import Json

KIND: Final = "claim"
VERIFYING, PENDING, PAID = 1, 2, 3
NAMES: Final = {VERIFYING: "Proses Verifikasi", PENDING: "Pending Verifikasi", PAID: "Klaim"}
_WORDS: Final = frozenset({"noSEP", "status", "reason", "requested", "approved"})


def begin(insurer: Insurer, sep: str, left: str) -> None:
    """Have a claim verified; nothing is paid yet."""
    held = insurer.records.get("sep", sep)
    if held is not None and insurer.records.get(KIND, sep) is None:
        body = {"noSEP": sep, "tglPulang": left, "status": VERIFYING, "reason": "", "requested": 0, "approved": 0}
        insurer.records.add(KIND, sep, body, held.facility, sep)


def again(insurer: Insurer, sep: str) -> None:
    """Put a pending claim, whose papers have changed, back into verification."""
    held = insurer.records.get(KIND, sep)
    if held is not None and held.body["status"] == PENDING:
        insurer.records.change(held, {**held.body, "status": VERIFYING, "reason": ""})


def move(insurer: Insurer, wanted: Any) -> Json:
    """Move a claim as somebody at BPJS would; a SEP without one gets one. Raises WishError."""
    if not isinstance(wanted, dict) or wanted.keys() - _WORDS or wanted.get("status") not in tuple(NAMES):
        raise WishError("a claim is moved by noSEP and status 1 to 3, with reason, requested and approved amounts")
    sep = insurer.records.get("sep", wanted.get("noSEP"))
    if sep is None:
        raise WishError("no such SEP")
    begin(insurer, sep.id, sep.body["tglPulang"] or insurer.today().isoformat())
    held = insurer.records.get(KIND, sep.id)
    assert held is not None
    insurer.records.change(held, {**held.body, **wanted})
    insurer.records.effects()  # no request of the ledger has caused these
    return held.body
