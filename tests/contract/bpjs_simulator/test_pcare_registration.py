"""P-Care: pendaftaran."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs

DUPLICATE = "Peserta sudah di-entri di poli yang sama pada hari yang sama."


async def test_registered_in_turn(bpjs: Bpjs) -> None:
    """A1, A2, …; answered 201 with an object."""
    day = bpjs.clock.dmy()
    first = await bpjs.pcare.post("pendaftaran", examples.registration(day))
    second = await bpjs.pcare.post("pendaftaran", examples.registration(day, examples.OTHER_CARD))
    assert (201, 201, "CREATED") == (first.status, first.code, first.message)
    assert {"field": "noUrut", "message": "A1"} == first.response
    assert "A2" == second.response["message"]


async def test_read_back(bpjs: Bpjs) -> None:
    """One, or the day's list, which a client reads after a lost answer."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day, keluhan=None))
    one = (await bpjs.pcare.get(f"pendaftaran/noUrut/A1/tglDaftar/{day}")).response
    listed = (await bpjs.pcare.get(f"pendaftaran/tglDaftar/{day}/0/10")).response
    assert {"count": 1, "list": [one]} == listed
    assert ("Belum Dilayani", examples.CARD, "001") == (one["status"], one["peserta"]["noKartu"], one["poli"]["kdPoli"])
    assert [] == (await bpjs.pcare.get(f"pendaftaran/tglDaftar/{day}/1/10")).response["list"]


@pytest.mark.parametrize(("dialect", "code"), [("204", 204), ("list", 200)])
async def test_a_day_without_registrations(bpjs: Bpjs, dialect: str, code: int) -> None:
    """Nothing, or an empty list."""
    await bpjs.switch(empty_list=dialect)
    heard = await bpjs.pcare.get(f"pendaftaran/tglDaftar/{bpjs.clock.dmy()}/0/10")
    assert code == heard.code
    assert heard.response in (None, {"count": 0, "list": []})


@pytest.mark.parametrize("code", [401, 428])
async def test_once_per_card_poli_and_day(bpjs: Bpjs, code: int) -> None:
    """The words stay, the code is disputed; another poli or day is another registration."""
    await bpjs.switch(duplicate_code=code)
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    again = await bpjs.pcare.post("pendaftaran", examples.registration(day))
    assert (code, code, DUPLICATE, None) == (again.status, again.code, again.message, again.response)
    assert 201 == (await bpjs.pcare.post("pendaftaran", examples.registration(day, kdPoli="002"))).code
    assert 201 == (await bpjs.pcare.post("pendaftaran", examples.registration(bpjs.clock.dmy(-1)))).code
    assert 3 == len(await bpjs.held("registration"))


async def test_without_the_guard_the_ledger_names_the_duplicate(bpjs: Bpjs) -> None:
    """So that a client's own care can be measured."""
    await bpjs.switch(duplicate_guard=False)
    day = bpjs.clock.dmy()
    for _ in range(2):
        await bpjs.pcare.post("pendaftaran", examples.registration(day))
    key = f"0114A001|{examples.CARD}|001|{day}"
    ids = [f"0114A001|{day}|A1", f"0114A001|{day}|A2"]
    assert [{"type": "registration", "key": key, "ids": ids}] == (await bpjs.summary())["duplicates"]


async def test_an_array_instead_of_an_object(bpjs: Bpjs) -> None:
    """The other shape."""
    await bpjs.switch(registration_answer="array")
    heard = await bpjs.pcare.post("pendaftaran", examples.registration(bpjs.clock.dmy()))
    assert [{"field": "noUrut", "message": "A1"}] == heard.response


@pytest.mark.parametrize("tail", ["", "/kdPoli/001"])
async def test_taken_back(bpjs: Bpjs, tail: str) -> None:
    """With or without the poli in the path; then it can be made anew."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    path = f"pendaftaran/peserta/{examples.CARD}/tglDaftar/{day}/noUrut/A1"
    wrong = await bpjs.pcare.ask("DELETE", f"{path}/kdPoli/002")
    assert 412 == wrong.code
    assert 200 == (await bpjs.pcare.ask("DELETE", path + tail)).code
    assert 412 == (await bpjs.pcare.ask("DELETE", path + tail)).code
    assert "A2" == (await bpjs.pcare.post("pendaftaran", examples.registration(day))).response["message"]


async def test_not_taken_back_once_served(bpjs: Bpjs) -> None:
    """The visit stands on it."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    await bpjs.pcare.post("kunjungan/V1", examples.visit(day))
    heard = await bpjs.pcare.ask("DELETE", f"pendaftaran/peserta/{examples.CARD}/tglDaftar/{day}/noUrut/A1/kdPoli/001")
    assert 412 == heard.code
    assert "dilayani" in heard.response["message"]
    shown = await bpjs.pcare.get(f"pendaftaran/noUrut/A1/tglDaftar/{day}")
    assert "Sudah Dilayani" == shown.response["status"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("noKartu", "8000000000099"),
        ("noKartu", 8000000000011),
        ("noKartu", "8000000000033"),
        ("kdProviderPeserta", "0114A002"),
        ("tglDaftar", "2026-05-29"),
        ("tglDaftar", "30-05-2026"),
        ("keluhan", 3),
        ("kunjSakit", "true"),
        ("sistole", "124"),
        ("heartRate", None),
        ("beratBadan", 60.5),
        ("diastole", True),
        ("rujukBalik", -1),
        ("kdTkp", "11"),
        ("lingkarPerut", "80"),
    ],
)
async def test_what_a_registration_must_not_say(bpjs: Bpjs, field: str, value: Any) -> None:
    """412 with a list that names the field; nothing is held."""
    heard = await bpjs.pcare.post("pendaftaran", examples.registration(bpjs.clock.dmy(), **{field: value}))
    assert (412, 412, "PRECONDITION_FAILED") == (heard.status, heard.code, heard.message)
    assert field in {row["field"] for row in heard.response}
    assert [] == await bpjs.held("registration")


async def test_an_unknown_poli_is_a_server_error(bpjs: Bpjs) -> None:
    """As recorded."""
    heard = await bpjs.pcare.post("pendaftaran", examples.registration(bpjs.clock.dmy(), kdPoli="999"))
    assert (500, 500, "kdPoli Tidak sesuai dengan referensi sistem") == (heard.status, heard.code, heard.message)


async def test_zeros_pass_unless_ranges_are_checked(bpjs: Bpjs) -> None:
    """Ranges are invented, so they are off; healthy visits are never measured."""
    day = bpjs.clock.dmy()
    zeros = dict.fromkeys(examples.VITALS, 0)
    assert 201 == (await bpjs.pcare.post("pendaftaran", examples.registration(day, **zeros))).code
    await bpjs.switch(vital_ranges=True)
    body = examples.registration(day, kdPoli="002", **zeros)
    assert 412 == (await bpjs.pcare.post("pendaftaran", body)).code
    assert 201 == (await bpjs.pcare.post("pendaftaran", {**body, "kunjSakit": False})).code


async def test_the_older_body(bpjs: Bpjs) -> None:
    """No waist, and `rawatInap` where `kdTkp` is now."""
    body = examples.registration(bpjs.clock.dmy(), rawatInap=True)
    del body["lingkarPerut"], body["kdTkp"]
    assert 201 == (await bpjs.pcare.post("pendaftaran", body)).code
    (held,) = await bpjs.held("registration")
    assert "20" == held["body"]["kdTkp"]


async def test_a_member_of_another_clinic_is_registered_with_its_provider(bpjs: Bpjs) -> None:
    """kdProviderPeserta is the member's, not ours."""
    body = examples.registration(bpjs.clock.dmy(), "8000000000022", kdProviderPeserta="0114A002")
    assert 201 == (await bpjs.pcare.post("pendaftaran", body)).code


async def test_an_inactive_member_may_be_let_in(bpjs: Bpjs) -> None:
    """Whether P-Care refuses is not known."""
    await bpjs.switch(refuse_inactive=False)
    body = examples.registration(bpjs.clock.dmy(), "8000000000033")
    assert 201 == (await bpjs.pcare.post("pendaftaran", body)).code
