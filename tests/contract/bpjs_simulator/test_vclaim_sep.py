"""VClaim: SEP and the referrals it rests on."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs
from tests.contract.bpjs_simulator.issuing import NUMBER, inserted, issued, referred


async def test_issued(bpjs: Bpjs) -> None:
    """String code, HTTP 200, the number's form, and VClaim's own misspelling."""
    heard = await inserted(bpjs, examples.sep(bpjs.clock.day(), await referred(bpjs)))
    assert (200, "200", "Sukses") == (heard.status, heard.code, heard.message)
    sep = heard.response["sep"]
    assert (NUMBER, "PENYAKIT DALAM", "R.Jalan", "") == (
        sep["noSep"],
        sep["poli"],
        sep["jnsPelayanan"],
        sep["assestmenPel"],
    )
    assert NUMBER == (await bpjs.vclaim.get(f"SEP/{NUMBER}")).response["noSep"]
    assert "201" == (await bpjs.vclaim.get("SEP/nothing")).code


async def test_on_a_referral_of_this_simulators_clinic(bpjs: Bpjs) -> None:
    """The two halves know of each other; a referral in use holds its visit."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    number = (await bpjs.pcare.post("kunjungan/V1", examples.referred(day))).response[0]["message"]
    shown = (await bpjs.vclaim.get(f"Rujukan/{number}")).response["rujukan"]
    assert (number, "JAN", "0114A001") == (
        shown["noKunjungan"],
        shown["poliRujukan"]["kode"],
        shown["provPerujuk"]["kode"],
    )
    letter = {"number": number, "day": shown["tglKunjungan"], "origin": "0114A001", "card": examples.CARD}
    body = examples.sep(bpjs.clock.day(), letter, poli={"tujuan": "JAN", "eksekutif": "0"}, dpjpLayan="140106")
    assert "200" == (await inserted(bpjs, body)).code
    assert 412 == (await bpjs.pcare.ask("DELETE", f"kunjungan/{number}")).code


async def test_referrals_are_found(bpjs: Bpjs) -> None:
    """By number, by card, as a list; hospitals' referrals stand apart."""
    first, second = await referred(bpjs), await referred(bpjs, poli="OBG")
    other = await referred(bpjs, origin="0114R002")
    newest = (await bpjs.vclaim.get(f"Rujukan/Peserta/{examples.CARD}")).response["rujukan"]
    listed = (await bpjs.vclaim.get(f"Rujukan/List/Peserta/{examples.CARD}")).response["rujukan"]
    assert second["number"] == newest["noKunjungan"]
    assert [first["number"], second["number"]] == [row["noKunjungan"] for row in listed]
    assert "201" == (await bpjs.vclaim.get(f"Rujukan/{other['number']}")).code
    assert "200" == (await bpjs.vclaim.get(f"Rujukan/RS/{other['number']}")).code
    assert "201" == (await bpjs.vclaim.get(f"Rujukan/List/Peserta/{examples.OTHER_CARD}")).code


async def test_the_last_sep_of_a_referral(bpjs: Bpjs) -> None:
    """What a client reads after a lost answer."""
    letter = await referred(bpjs)
    path = f"Rujukan/lastsep/norujukan/{letter['number']}"
    assert "201" == (await bpjs.vclaim.get(path)).code
    await inserted(bpjs, examples.sep(bpjs.clock.day(), letter))
    assert NUMBER == (await bpjs.vclaim.get(path)).response["noSep"]
    assert "1" == (await bpjs.vclaim.get(f"Rujukan/JumlahSEP/1/{letter['number']}")).response["jumlahSEP"]


async def test_once_per_card_day_and_poli(bpjs: Bpjs) -> None:
    """201 in words; without the guard the ledger names the second."""
    await issued(bpjs)
    again = examples.sep(bpjs.clock.day(), await referred(bpjs))
    assert "201" == (await inserted(bpjs, again)).code
    await bpjs.switch(duplicate_guard=False)
    assert "200" == (await inserted(bpjs, again)).code
    (double,) = (await bpjs.summary())["duplicates"]
    assert ("sep", 2) == (double["type"], len(double["ids"]))


@pytest.mark.parametrize(
    "changes",
    [
        {"noKartu": "8000000000099"},
        {"noKartu": 8000000000011},
        {"ppkPelayanan": "0114A001"},
        {"tglSep": "29-05-2026"},
        {"tglSep": "2026-05-30"},
        {"tglSep": "2026-05-28"},
        {"jnsPelayanan": "3"},
        {"noMR": ""},
        {"noTelp": ""},
        {"user": ""},
        {"diagAwal": "Z99.99"},
        {"poli": {"tujuan": "XXX", "eksekutif": "0"}},
        {"poli": {"tujuan": "INT", "eksekutif": 0}},
        {"poli": "INT"},
        {"klsRawat": {"klsRawatHak": "4", "klsRawatNaik": "", "pembiayaan": ""}},
        {"klsRawat": {"klsRawatHak": "3", "klsRawatNaik": "1", "pembiayaan": "1", "penanggungJawab": "Pribadi"}},
        {"jaminan": {"lakaLantas": "1", "penjamin": {"tglKejadian": "", "keterangan": ""}}},
        {"tujuanKunj": "0", "flagProcedure": "0"},
        {"tujuanKunj": "1"},
        {"tujuanKunj": "2"},
        {"assesmentPel": "6"},
        {"kdPenunjang": "13"},
        {"dpjpLayan": ""},
        {"dpjpLayan": "1"},
        {"skdp": {"noSurat": "0114R0010526K000009", "kodeDPJP": "140101"}},
        {"rujukan": {"asalRujukan": "1", "tglRujukan": "2026-05-29", "noRujukan": "x", "ppkRujukan": "0114A002"}},
    ],
)
async def test_what_a_sep_must_not_say(bpjs: Bpjs, changes: dict[str, Any]) -> None:
    """HTTP 200, string 201, a sentence; nothing is held."""
    heard = await inserted(bpjs, {**examples.sep(bpjs.clock.day(), await referred(bpjs)), **changes})
    assert (200, "201", None) == (heard.status, heard.code, heard.response)
    assert [] == await bpjs.held("sep")


@pytest.mark.parametrize(("age", "accepted"), [(90, True), (91, False)])
async def test_a_referral_runs_out(bpjs: Bpjs, age: int, accepted: bool) -> None:
    """After ninety days."""
    letter = await referred(bpjs, day=bpjs.clock.day(-age))
    heard = await inserted(bpjs, examples.sep(bpjs.clock.day(), letter))
    assert accepted == ("200" == heard.code)


async def test_an_inactive_member_gets_none(bpjs: Bpjs) -> None:
    """The reason is said."""
    heard = await inserted(bpjs, examples.sep(bpjs.clock.day(), await referred(bpjs, card="8000000000033")))
    assert ("201", True) == (heard.code, "PENANGGUHAN" in heard.message)


async def test_an_emergency_needs_no_referral(bpjs: Bpjs) -> None:
    """Nor a doctor chosen before."""
    body = examples.sep(bpjs.clock.day(), poli={"tujuan": "IGD", "eksekutif": "0"}, dpjpLayan="")
    assert "200" == (await inserted(bpjs, body)).code


async def test_again_on_the_same_referral_with_a_letter(bpjs: Bpjs) -> None:
    """Another day, and a control letter written on the first SEP."""
    letter = await referred(bpjs)
    await inserted(bpjs, examples.sep(bpjs.clock.day(), letter))
    plan = {"noSEP": NUMBER, "kodeDokter": "140101", "poliKontrol": "INT", "user": "loket"}
    plan["tglRencanaKontrol"] = bpjs.clock.day(7)
    control = (await bpjs.vclaim.post("RencanaKontrol/insert", {"request": plan})).response["noSuratKontrol"]
    bpjs.clock.now += 7 * 86_400
    bare = examples.sep(bpjs.clock.day(), letter, tujuanKunj="2", assesmentPel="5")
    assert "sudah digunakan" in (await inserted(bpjs, bare)).message
    bare["skdp"] = {"noSurat": control, "kodeDPJP": "140101"}
    assert "200" == (await inserted(bpjs, bare)).code
    taken = {"request": {"t_suratkontrol": {"noSuratKontrol": control, "user": "loket"}}}
    assert "201" == (await bpjs.vclaim.ask("DELETE", "RencanaKontrol/Delete", taken)).code


async def test_a_day_gone_by_needs_approval(bpjs: Bpjs) -> None:
    """Proposed and approved, or tolerated by the switch."""
    yesterday = bpjs.clock.day(-1)
    body = examples.sep(yesterday, await referred(bpjs, day=yesterday))
    wish = {"noKartu": examples.CARD, "tglSep": yesterday, "jnsPelayanan": "2", "jnsPengajuan": "1", "user": "loket"}
    assert "201" == (await inserted(bpjs, body)).code
    await bpjs.vclaim.post("Sep/pengajuanSEP", {"request": {"t_sep": wish}})
    assert "201" == (await inserted(bpjs, body)).code
    await bpjs.vclaim.post("Sep/aprovalSEP", {"request": {"t_sep": wish}})
    assert "200" == (await inserted(bpjs, body)).code


async def test_who_is_still_in_a_bed(bpjs: Bpjs) -> None:
    """The known sentence, until the day of leaving is told."""
    day = bpjs.clock.day()
    assert "200" == (await inserted(bpjs, examples.inpatient(day))).code
    body = examples.sep(day, await referred(bpjs))
    heard = await inserted(bpjs, body)
    assert "belum dipulangkan" in heard.message
    assert NUMBER in heard.message
    left = {"noSep": NUMBER, "statusPulang": "1", "noSuratMeninggal": "", "tglMeninggal": "", "tglPulang": day}
    left |= {"noLPManual": "", "user": "loket"}
    wrong = [
        {"statusPulang": "2"},
        {"tglPulang": bpjs.clock.day(1)},
        {"statusPulang": "4"},
        {"noSep": "x"},
        {"user": 1},
    ]
    for change in wrong:
        refused = await bpjs.vclaim.ask("PUT", "SEP/2.0/updtglplg", {"request": {"t_sep": {**left, **change}}})
        assert "201" == refused.code
    heard = await bpjs.vclaim.ask("PUT", "SEP/2.0/updtglplg", {"request": {"t_sep": left}})
    assert ("200", NUMBER) == (heard.code, heard.response)
    assert "200" == (await inserted(bpjs, body)).code


async def test_an_inpatient_names_no_doctor(bpjs: Bpjs) -> None:
    """dpjpLayan is empty for a bed."""
    assert "201" == (await inserted(bpjs, examples.inpatient(bpjs.clock.day(), dpjpLayan="140101"))).code


async def test_changed(bpjs: Bpjs) -> None:
    """PUT gives the number back, locked."""
    number = await issued(bpjs)
    body = {**examples.sep(bpjs.clock.day()), "noSep": number, "diagAwal": "I10"}
    for name in ("noKartu", "tglSep", "rujukan", "skdp"):
        del body[name]
    heard = await bpjs.vclaim.ask("PUT", "SEP/2.0/update", {"request": {"t_sep": body}})
    assert ("200", number) == (heard.code, heard.response)
    assert heard.raw != number
    assert (await bpjs.vclaim.get(f"SEP/{number}")).response["diagnosa"].startswith("I10 - ")
    wrong = {"request": {"t_sep": {**body, "diagAwal": "Z99.99"}}}
    assert "201" == (await bpjs.vclaim.ask("PUT", "SEP/2.0/update", wrong)).code


async def test_deleted_in_plain_text(bpjs: Bpjs) -> None:
    """DELETE has a body, and its answer is not locked; so is the grouper's."""
    number = await issued(bpjs)
    assert number == (await bpjs.vclaim.get(f"sep/cbg/{number}")).raw["pesertasep"]["noSep"]
    body = {"request": {"t_sep": {"noSep": number, "user": "loket"}}}
    heard = await bpjs.vclaim.ask("DELETE", "SEP/2.0/delete", body)
    assert ("200", number) == (heard.code, heard.raw)
    assert "201" == (await bpjs.vclaim.ask("DELETE", "SEP/2.0/delete", body)).code
    assert [] == await bpjs.held("sep")


async def test_a_fingerprint_is_there(bpjs: Bpjs) -> None:
    """Everybody has given theirs."""
    path = f"SEP/FingerPrint/Peserta/{examples.CARD}/TglPelayanan/{bpjs.clock.day()}"
    assert "1" == (await bpjs.vclaim.get(path)).response["kode"]


@pytest.mark.parametrize("wrong", [{}, {"card": "1"}, {"day": "x"}, {"origin": "x"}, {"nonsense": 1}, 5])
async def test_a_referral_that_makes_no_sense(bpjs: Bpjs, wrong: Any) -> None:
    """The door complains."""
    said = {"card": examples.CARD, **wrong} if wrong and isinstance(wrong, dict) else wrong
    await bpjs.door("referrals", said, status=400)
