"""Who comes in, and how every service wraps what it says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.bpjs.config import CLINIC, HOSPITAL
from sandbox.bpjs.envelope import unseal
from tests.contract.bpjs_simulator.conftest import Bpjs

OWN = "peserta/nik/8801014501800001"
ADMITTED = "Peserta Klinik Sendiri".upper()


async def test_pcare_wraps_with_a_number(bpjs: Bpjs) -> None:
    """`metaData`, a number, the status of the same value, and a locked response."""
    heard = await bpjs.pcare.get(OWN)
    assert (200, 200, "OK") == (heard.status, heard.code, heard.message)
    assert ADMITTED == heard.response["nama"]
    assert isinstance(heard.raw, str)


async def test_vclaim_wraps_with_a_string(bpjs: Bpjs) -> None:
    """`metaData` and a string."""
    heard = await bpjs.vclaim.get(f"Peserta/nik/8801014501800001/tglSEP/{bpjs.clock.day()}")
    assert (200, "200", ADMITTED) == (heard.status, heard.code, heard.response["peserta"]["nama"])


async def test_the_development_paths_are_known_too(bpjs: Bpjs) -> None:
    """The same services stand under `-dev` names."""
    reply = await bpjs.http.get(f"/pcare-rest-dev/{OWN}", headers=bpjs.pcare.headers(str(int(bpjs.clock()))))
    assert 200 == reply.status_code


@pytest.mark.parametrize(
    ("change", "words", "code"),
    [
        ({"X-cons-id": "0"}, "not registered", 404),
        ({"user_key": "sandbox-vclaim-key"}, "not registered", 404),
        ({"X-signature": "AAAA"}, "Signature", 401),
        ({"X-timestamp": "soon"}, "Signature", 401),
        ({"X-authorization": "Basic bWVsYXRp"}, "password", 401),
        ({"X-authorization": "Basic ===="}, "password", 401),
    ],
)
async def test_who_is_not_who_they_say(bpjs: Bpjs, change: dict[str, str], words: str, code: int) -> None:
    """Each header is checked; the answer is plain, and P-Care's status says the same."""
    heard = await bpjs.pcare.ask("GET", OWN, **change)
    assert (code, code, None) == (heard.status, heard.code, heard.response)
    assert words in heard.message


async def test_a_primary_facility_has_no_key_for_vclaim(bpjs: Bpjs) -> None:
    """VClaim refuses with HTTP 200 and a string."""
    stranger = bpjs.consumer(replace(CLINIC, user_keys={"vclaim": "sandbox-pcare-key"}), "vclaim")
    heard = await stranger.get(f"Peserta/nik/8801014501800001/tglSEP/{bpjs.clock.day()}")
    assert (200, "404") == (heard.status, heard.code)
    assert "not registered" in heard.message


@pytest.mark.parametrize(("late_s", "accepted"), [(299, True), (-299, True), (301, False), (-301, False)])
async def test_the_clock_has_a_tolerance(bpjs: Bpjs, late_s: int, accepted: bool) -> None:
    """The caller's clock may be off by five minutes."""
    clinic = bpjs.consumer(CLINIC, "pcare")
    clinic.clock = lambda: bpjs.clock() + late_s
    assert accepted == (200 == (await clinic.get(OWN)).code)


async def test_the_tolerance_and_the_code_are_switches(bpjs: Bpjs) -> None:
    """Nobody knows either number."""
    await bpjs.switch(clock_tolerance_s=10, signature_code=400)
    clinic = bpjs.consumer(CLINIC, "pcare")
    clinic.clock = lambda: bpjs.clock() + 11
    heard = await clinic.get(OWN)
    assert (400, 400) == (heard.status, heard.code)


async def test_an_expired_consumer(open_bpjs: Callable[..., Bpjs]) -> None:
    """An account that has run out says so."""
    fields = {name: getattr(CLINIC, name) for name in CLINIC.__slots__}
    bpjs = open_bpjs(facilities=[{**fields, "expired": True}])
    assert "expired" in (await bpjs.pcare.get(OWN)).message


async def test_a_wrong_path_or_verb(bpjs: Bpjs) -> None:
    """A known caller is told that no rule matches."""
    assert "No Mapping Rule matched" == (await bpjs.pcare.get("nothing")).message
    assert "No Mapping Rule matched" == (await bpjs.vclaim.ask("PATCH", "Peserta")).message
    assert 404 == (await bpjs.http.get("/elsewhere")).status_code


async def test_paths_are_read_without_regard_to_case(bpjs: Bpjs) -> None:
    """As the real gateway does (reference 4.3)."""
    assert 200 == (await bpjs.pcare.get(OWN.replace("peserta", "PESERTA"))).code


async def test_a_body_must_be_json_in_a_known_type(bpjs: Bpjs) -> None:
    """The type is checked unless the switch says otherwise; what is no JSON is refused always."""
    refused = await bpjs.pcare.ask("POST", "pendaftaran", {}, **{"content-type": "application/json"})
    assert 400 == refused.code
    await bpjs.switch(strict_content_type=False)
    heard = await bpjs.pcare.ask("POST", "pendaftaran", {}, **{"content-type": "application/json"})
    assert 400 != heard.code
    stamp = str(int(bpjs.clock()))
    reply = await bpjs.http.post("/pcare-rest/pendaftaran", content=b"{", headers=bpjs.pcare.headers(stamp))
    assert 400 == reply.status_code


async def test_plaintext_is_a_switch(bpjs: Bpjs) -> None:
    """Some answers are said to come unlocked."""
    await bpjs.switch(plaintext=True)
    heard = await bpjs.pcare.get(OWN)
    assert heard.raw == heard.response
    assert ADMITTED == heard.raw["nama"]


async def test_every_consumer_has_a_lock_of_its_own(bpjs: Bpjs) -> None:
    """What one facility is told, another cannot open."""
    stamp = str(int(bpjs.clock()))
    raw = (await bpjs.pcare.send("GET", OWN)).json()["response"]
    with pytest.raises(ValueError):  # noqa: PT011
        unseal(raw, HOSPITAL.cons_id, HOSPITAL.cons_secret, stamp)


@pytest.mark.parametrize(
    "wrong",
    [{"clock_tolerance_s": -1}, {"not_found": "500"}, {"plaintext": 1}, {"nonsense": 1}, {"duplicate_code": True}],
)
async def test_a_switch_that_does_not_exist_changes_nothing(bpjs: Bpjs, wrong: dict[str, Any]) -> None:
    """Wrong names and wrong values are complained about."""
    await bpjs.door("settings", wrong, status=400)
    assert 200 == (await bpjs.pcare.get(OWN)).code
