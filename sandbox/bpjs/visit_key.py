"""What a request is about, as far as it tells: the ledger counts what is in flight per key."""

from typing import Any, Final

from sandbox.bpjs.call import Call

_CARD: Final = ("noKartu", "nomorkartu")
_DAY: Final = ("tglDaftar", "tanggalperiksa", "tglSep")
_POLI: Final = ("kdPoli", "kodepoli", "poli")
_WHOLE: Final = ("noKunjungan", "kodebooking", "noSep", "noSEP")


def visit_key(call: Call) -> str | None:
    """Give `card|poli|day` of a registering body, or the number that names the visit; None when neither is said."""
    body = _inner(call.payload)
    for name in _WHOLE:
        if isinstance(body.get(name), str) and body[name]:
            return str(body[name])
    card, poli, day = (_first(body, names) for names in (_CARD, _POLI, _DAY))
    if isinstance(poli, dict):
        poli = poli.get("tujuan")
    return f"{card}|{poli or ''}|{day}" if card and day else None


def _first(body: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((body[name] for name in names if name in body), None)


def _inner(payload: Any) -> dict[str, Any]:
    """Take the wrappers of VClaim off."""
    while isinstance(payload, dict) and len(payload) == 1:
        (payload,) = payload.values()
    return payload if isinstance(payload, dict) else {}
