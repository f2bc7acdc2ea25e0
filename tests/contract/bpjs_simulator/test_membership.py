"""Who is insured, as P-Care and VClaim tell it, and how members are bound to a clinic's patients."""

from typing import Any

import pytest

from sandbox.satusehat.identities import UNAMBIGUOUS_PATIENTS
from tests.contract.bpjs_simulator.conftest import Bpjs

PATIENT = {"nik": "3273014507990001", "name": "Sari Dewi", "birth_date": "1999-07-05", "sex": "P"}
SEEDS = {
    "8801014501800001": {"aktif": True, "tunggakan": 0},
    "8801010303700003": {"aktif": False, "ketAktif": "PENANGGUHAN PEMBAYARAN", "tunggakan": 4},
    "8801014404600004": {"pstProl": "DM"},
    "8801010505580005": {"pstPrb": "HT"},
    "0000000000000000": {"nama": "BAYI BARU LAHIR"},
}


@pytest.mark.parametrize("nik", SEEDS)
async def test_the_seeded_members(bpjs: Bpjs, nik: str) -> None:
    """One of each kind."""
    shown = (await bpjs.pcare.get(f"peserta/nik/{nik}")).response
    assert SEEDS[nik].items() <= shown.items()
    assert "0114A001" == shown["kdProviderPst"]["kdProvider"]


async def test_members_of_others(bpjs: Bpjs) -> None:
    """Registered elsewhere, or for teeth elsewhere."""
    other = (await bpjs.pcare.get("peserta/nik/8801010202750002")).response
    dental = (await bpjs.pcare.get("peserta/nik/8801014606900006")).response
    assert {"kdProvider": "0114A002", "nmProvider": "Puskesmas Cempaka"} == other["kdProviderPst"]
    assert ("0114A001", "0114A002") == (dental["kdProviderPst"]["kdProvider"], dental["kdProviderGigi"]["kdProvider"])


async def test_three_ways_to_the_same_member(bpjs: Bpjs) -> None:
    """By NIK, by card, and by card in the older path."""
    by_nik = (await bpjs.pcare.get("peserta/nik/8801014501800001")).response
    assert by_nik == (await bpjs.pcare.get(f"peserta/noka/{by_nik['noKartu']}")).response
    assert by_nik == (await bpjs.pcare.get(f"peserta/{by_nik['noKartu']}")).response
    assert ("05-01-1980", "P") == (by_nik["tglLahir"], by_nik["sex"])


@pytest.mark.parametrize(("dialect", "status", "code"), [("204", 200, 204), ("404", 404, 404), ("412", 412, 412)])
async def test_nobody_there(bpjs: Bpjs, dialect: str, status: int, code: int) -> None:
    """The real words are not known, so there are several."""
    await bpjs.switch(not_found=dialect)
    heard = await bpjs.pcare.get("peserta/nik/8801010000000000")
    assert (status, code) == (heard.status, heard.code)
    assert (dialect == "412") == isinstance(heard.response, list)


async def test_nobody_there_with_an_empty_body(bpjs: Bpjs) -> None:
    """The fourth dialect says nothing at all."""
    await bpjs.switch(not_found="empty")
    reply = await bpjs.pcare.send("GET", "peserta/noka/0000000000000")
    assert (200, b"") == (reply.status_code, reply.content)


async def test_vclaim_says_201_for_nobody(bpjs: Bpjs) -> None:
    """HTTP 200, string 201; an impossible day is refused alike."""
    heard = await bpjs.vclaim.get(f"Peserta/nik/000000000000000X/tglSEP/{bpjs.clock.day()}")
    assert (200, "201", None) == (heard.status, heard.code, heard.response)
    heard = await bpjs.vclaim.get("Peserta/nik/8801014501800001/tglSEP/29-05-2026")
    assert "201" == heard.code


@pytest.mark.parametrize(("nik", "active"), [("8801014501800001", True), ("8801010303700003", False)])
async def test_vclaim_gates_by_status(bpjs: Bpjs, nik: str, active: bool) -> None:
    """Code 0 is active, everything else is not."""
    shown = (await bpjs.vclaim.get(f"Peserta/nik/{nik}/tglSEP/{bpjs.clock.day()}")).response["peserta"]
    assert active == ("0" == shown["statusPeserta"]["kode"])
    again = (await bpjs.vclaim.get(f"Peserta/nokartu/{shown['noKartu']}/tglSEP/{bpjs.clock.day()}")).response
    assert shown == again["peserta"]


async def test_the_demo_patients_are_members_of_every_kind(bpjs: Bpjs) -> None:
    """The ministry's sandbox identities are insured in different ways, and one is not."""
    fates: dict[Any, int] = {}
    for one in UNAMBIGUOUS_PATIENTS:
        shown = (await bpjs.pcare.get(f"peserta/nik/{one.nik}")).response
        fate = shown and (shown["aktif"], shown["kdProviderPst"]["kdProvider"])
        fates[fate] = fates.get(fate, 0) + 1
    assert {(True, "0114A001"), (True, "0114A002"), (False, "0114A001"), None} == fates.keys()
    assert fates[True, "0114A001"] > len(UNAMBIGUOUS_PATIENTS) / 2


async def test_members_are_made_at_the_door(bpjs: Bpjs) -> None:
    """A test binds a member to its own patient, changes it and strikes it off."""
    await bpjs.door("members", {**PATIENT, "card": "0001234567890"})
    assert "0001234567890" == (await bpjs.pcare.get(f"peserta/nik/{PATIENT['nik']}")).response["noKartu"]
    await bpjs.door("members", [{**PATIENT, "active": False, "arrears": 2}])
    shown = (await bpjs.pcare.get(f"peserta/nik/{PATIENT['nik']}")).response
    assert (False, 2, "TIDAK AKTIF") == (shown["aktif"], shown["tunggakan"], shown["ketAktif"])
    assert 204 == (await bpjs.pcare.get("peserta/noka/0001234567890")).code
    await bpjs.http.delete(f"/__sandbox__/members?nik={PATIENT['nik']}")
    assert 204 == (await bpjs.pcare.get(f"peserta/nik/{PATIENT['nik']}")).code


async def test_members_of_the_configuration_survive_a_reset(open_bpjs: Any) -> None:
    """Those of the door do not."""
    bpjs = open_bpjs(members=[PATIENT], seeded=False)
    await bpjs.door("members", {**PATIENT, "nik": "3273014507990002"})
    await bpjs.door("reset", {"members": True})
    assert [PATIENT["nik"]] == [one["nik"] for one in (await bpjs.door("members"))["members"]]


@pytest.mark.parametrize("wrong", [{"nik": "1"}, {**PATIENT, "sex": "X"}, {**PATIENT, "card": "1"}, {"x": 1}, 7])
async def test_a_member_that_makes_no_sense(bpjs: Bpjs, wrong: Any) -> None:
    """The door complains, and nobody new is insured."""
    before = await bpjs.door("members")
    await bpjs.door("members", wrong, status=400)
    assert before == await bpjs.door("members")
