"""Who may come in: consumer, key, signature, clock and P-Care's login (reference 1.2, 1.4, 2.5)."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.call import Call
from sandbox.bpjs.config import Facility, Switches
from sandbox.bpjs.envelope import signature

NOT_REGISTERED: Final = Answer(404, "Unauthorized! You are not registered for this service!")
EXPIRED: Final = Answer(401, "Unauthorized! Consumer ID is expired!")
WRONG_PASSWORD: Final = Answer(401, "Unauthorized! Username atau password tidak sesuai")
NO_MAPPING: Final = Answer(404, "No Mapping Rule matched")
_WRITES: Final = ("POST", "PUT", "DELETE")


def bad_signature(switches: Switches) -> Answer:
    """Refuse a signature or a clock; which number stands beside the words is not known."""
    return Answer(switches.signature_code, "Signature Service Tidak Sesuai")


def admit(call: Call, facility: Facility | None, switches: Switches, now: float) -> Answer | None:
    """Give the refusal, or None when the caller may come in. `now` is in Unix seconds."""
    if facility is None or not _has_key(call, facility):
        return NOT_REGISTERED
    if facility.expired:
        return EXPIRED
    if not _signed(call.headers, facility, switches, now):
        return bad_signature(switches)
    if call.service == "pcare" and not _logged_in(call.headers, facility):
        return WRONG_PASSWORD
    if switches.strict_content_type and not _typed(call):
        return Answer(400, "Content-Type tidak sesuai")
    return None if call.readable else Answer(400, "Isi permintaan bukan JSON")


def _has_key(call: Call, facility: Facility) -> bool:
    key = facility.user_keys.get(call.service)
    return key is not None and hmac.compare_digest(key.encode(), call.headers.get("user_key", "").encode())


def _signed(headers: Mapping[str, str], facility: Facility, switches: Switches, now: float) -> bool:
    timestamp = headers.get("x-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(int(timestamp) - now) > switches.clock_tolerance_s:
        return False
    wanted = signature(facility.cons_id, facility.cons_secret, timestamp)
    return hmac.compare_digest(wanted.encode(), headers.get("x-signature", "").encode("latin-1"))


def _logged_in(headers: Mapping[str, str], facility: Facility) -> bool:
    scheme, _, value = headers.get("x-authorization", "").partition(" ")
    wanted = f"{facility.pcare_user}:{facility.pcare_password}:{facility.application_code}"
    try:
        return scheme.lower() == "basic" and wanted.encode() == base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


def _typed(call: Call) -> bool:
    """Tell whether a body comes in a type its service is known to take (reference 1.3)."""
    if call.method not in _WRITES or not call.body:
        return True
    taken = {"text/plain", "application/x-www-form-urlencoded"} if call.service == "pcare" else _FORM
    return call.content_type in taken


_FORM: Final = frozenset({"application/x-www-form-urlencoded"})
