"""P-Care: kunjungan, and what hangs on it."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs, Heard

NUMBER = "0114A0010526Y000001"


async def visited(bpjs: Bpjs, **changes: Any) -> Heard:
    """Register and serve the usual member."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    return await bpjs.pcare.post("kunjungan/V1", examples.visit(day, **changes))


async def test_a_visit_gets_a_number(bpjs: Bpjs) -> None:
    """201 and an array; facility, month, Y and a serial number."""
    heard = await visited(bpjs)
    assert (201, "CREATED", [{"field": "noKunjungan", "message": NUMBER}]) == (
        heard.code,
        heard.message,
        heard.response,
    )


async def test_an_object_instead_of_an_array(bpjs: Bpjs) -> None:
    """The older description."""
    await bpjs.switch(visit_answer="object")
    assert {"field": "noKunjungan", "message": NUMBER} == (await visited(bpjs)).response


async def test_no_visit_without_registration(bpjs: Bpjs) -> None:
    """412 with the recorded array, whether nobody came, or to another poli."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day, kdPoli="002"))
    heard = await bpjs.pcare.post("kunjungan/V1", examples.visit(day))
    assert (412, "PRECONDITION_FAILED") == (heard.status, heard.message)
    assert ["noKartu", "noKartu"] == [row["field"] for row in heard.response]
    assert "Belum melakukan pendaftaran" in heard.response[0]["message"]


async def test_one_visit_per_registration(bpjs: Bpjs) -> None:
    """And the ledger names the second where there is no guard."""
    await visited(bpjs)
    again = await bpjs.pcare.post("kunjungan/V1", examples.visit(bpjs.clock.dmy()))
    assert 412 == again.code
    await bpjs.switch(duplicate_guard=False)
    assert 201 == (await bpjs.pcare.post("kunjungan/V1", examples.visit(bpjs.clock.dmy()))).code
    (double,) = (await bpjs.summary())["duplicates"]
    assert ("visit", [NUMBER, NUMBER[:-1] + "2"]) == (double["type"], double["ids"])


@pytest.mark.parametrize(
    ("switch", "path", "accepted"),
    [
        ("V1", "kunjungan", False),
        ("bare", "kunjungan/V1", False),
        ("bare", "kunjungan", True),
        ("both", "KUNJUNGAN/v1", True),
    ],
)
async def test_two_spellings_of_the_path(bpjs: Bpjs, switch: str, path: str, accepted: bool) -> None:
    """The one that is not in use answers as for a facility without access."""
    await bpjs.switch(visit_path=switch)
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    heard = await bpjs.pcare.post(path, examples.visit(day))
    assert (201 if accepted else 404) == heard.code
    assert accepted or "not registered" in heard.message


async def test_the_older_body(bpjs: Bpjs) -> None:
    """On the older path, without the fields of V1."""
    await bpjs.switch(visit_path="bare")
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    body = examples.visit(day, terapi="istirahat")
    for name in ("anamnesa", "suhu", "lingkarPerut", "alergiObat", "kdPrognosa", "terapiObat", "bmhp"):
        del body[name]
    assert 201 == (await bpjs.pcare.post("kunjungan", body)).code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keluhan", ""),
        ("anamnesa", None),
        ("kdSadar", "05"),
        ("sistole", "120"),
        ("suhu", "panas"),
        ("suhu", None),
        ("kdStatusPulang", "8"),
        ("tglPulang", "28-05-2026"),
        ("tglPulang", "30-05-2026"),
        ("tglPulang", None),
        ("kdDokter", "999"),
        ("kdDiag1", None),
        ("kdDiag1", "Z99.99"),
        ("kdDiag2", "nothing"),
        ("kdPoliRujukInternal", "002"),
        ("alergiObat", "77"),
        ("kdPrognosa", "77"),
        ("terapiObat", ""),
        ("bmhp", 4),
        ("kdStatusPulang", "5"),
        ("kdStatusPulang", "4"),
    ],
)
async def test_what_a_visit_must_not_say(bpjs: Bpjs, field: str, value: Any) -> None:
    """412 with a list; nothing is held."""
    heard = await visited(bpjs, **{field: value})
    assert 412 == heard.code
    about = (
        {"4": "rujukLanjut", "5": "kdPoliRujukInternal"}.get(str(value), field) if field == "kdStatusPulang" else field
    )
    assert about in {row["field"] for row in heard.response}
    assert [] == await bpjs.held("visit")


async def test_a_wrong_doctor_in_the_known_words(bpjs: Bpjs) -> None:
    """As recorded."""
    heard = await visited(bpjs, kdDokter="1")
    assert [{"field": "kdDokter", "message": "dokter tidak valid"}] == heard.response


@pytest.mark.parametrize(
    ("wanted", "value", "accepted"),
    [
        ("any", "36,4", True),
        ("any", 36, True),
        ("string", 36, False),
        ("string", "36.4", True),
        ("number", "36.4", False),
        ("number", 36.4, True),
        ("any", True, False),
    ],
)
async def test_the_type_of_a_temperature_is_disputed(bpjs: Bpjs, wanted: str, value: Any, accepted: bool) -> None:
    """String with point or comma, or a number."""
    await bpjs.switch(temperature=wanted)
    assert (201 if accepted else 412) == (await visited(bpjs, suhu=value)).code


async def test_which_code_means_going_home_is_disputed(bpjs: Bpjs) -> None:
    """The list says which; the other one then wants a referral."""
    await bpjs.switch(discharge="4")
    rows = (await bpjs.pcare.get("statuspulang/rawatInap/false")).response["list"]
    assert {"3": "Rujuk Lanjut", "4": "Berobat Jalan"} == {
        row["kdStatusPulang"]: row["nmStatusPulang"] for row in rows if row["kdStatusPulang"] in "34"
    }
    assert 412 == (await visited(bpjs)).code
    day = bpjs.clock.dmy()
    assert 201 == (await bpjs.pcare.post("kunjungan/V1", examples.visit(day, kdStatusPulang="4"))).code


async def test_a_referral_and_its_letter(bpjs: Bpjs) -> None:
    """The visit's number is the referral's."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    number = (await bpjs.pcare.post("kunjungan/V1", examples.referred(day))).response[0]["message"]
    letter = (await bpjs.pcare.get(f"kunjungan/rujukan/{number}")).response
    assert (number, "Klinik Utama Kenanga", "JANTUNG UMUM") == (
        letter["noRujukan"],
        letter["ppkRujuk"]["nmPPK"],
        letter["poli"]["nmPoli"],
    )
    assert ("29-05-2026", "26-08-2026") == (letter["tglEstRujuk"], letter["tglAkhirRujuk"])


async def test_a_visit_without_referral_has_no_letter(bpjs: Bpjs) -> None:
    """Nor has a number that is none."""
    await visited(bpjs)
    assert 204 == (await bpjs.pcare.get(f"kunjungan/rujukan/{NUMBER}")).code


@pytest.mark.parametrize(
    "changes",
    [
        {"tglEstRujuk": "28-05-2026"},
        {"tglEstRujuk": None},
        {"kdppk": "0114A002"},
        {"subSpesialis": None},
        {"khusus": {"kdKhusus": "HDL", "kdSubSpesialis": None, "catatan": "-"}},
        {"subSpesialis": {"kdSubSpesialis1": "999", "kdSarana": None}},
        {"subSpesialis": {"kdSubSpesialis1": "41", "kdSarana": "99"}},
        {"subSpesialis": None, "khusus": {"kdKhusus": "XXX", "kdSubSpesialis": None, "catatan": "-"}},
        {"subSpesialis": None, "khusus": {"kdKhusus": "THA", "kdSubSpesialis": None, "catatan": "-"}},
    ],
)
async def test_what_a_referral_must_not_say(bpjs: Bpjs, changes: dict[str, Any]) -> None:
    """Day, hospital, and exactly one of the two kinds."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    body = examples.referred(day, rujukLanjut=examples.referral(day, **changes))
    assert 412 == (await bpjs.pcare.post("kunjungan/V1", body)).code


async def test_a_special_referral(bpjs: Bpjs) -> None:
    """The body may then leave the poli out, and needs no TACC."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    special = {"kdKhusus": "HDL", "kdSubSpesialis": None, "catatan": "rutin"}
    letter = examples.referral(day, subSpesialis=None, khusus=special)
    body = examples.referred(day, rujukLanjut=letter, kdPoli=None, kdDiag1="J00", kdTacc=0)
    assert 201 == (await bpjs.pcare.post("kunjungan/V1", body)).code


@pytest.mark.parametrize(
    ("code", "reason", "accepted"),
    [
        (-1, None, False),
        (0, None, False),
        (1, ">= 7 Hari", True),
        (1, "lama", False),
        (2, ">= 55 Tahun", True),
        (3, "E11.9 - Non-insulin-dependent diabetes mellitus without complications", True),
        (3, "E11.9", False),
        (4, "< 3 Hari", True),
        (5, "< 3 Hari", False),
        ("1", ">= 7 Hari", False),
    ],
)
async def test_tacc(bpjs: Bpjs, code: Any, reason: Any, accepted: bool) -> None:
    """A diagnosis that needs no specialist is referred only with a reason from the list."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    body = examples.referred(day, kdDiag1="I10", kdTacc=code, alasanTacc=reason)
    assert (201 if accepted else 412) == (await bpjs.pcare.post("kunjungan/V1", body)).code


async def test_a_referral_of_the_wrong_type(bpjs: Bpjs) -> None:
    """The server breaks on it."""
    assert 500 == (await visited(bpjs, rujukLanjut="ya")).code


async def test_changed_and_taken_back(bpjs: Bpjs) -> None:
    """PUT keeps the number; DELETE frees the registration and takes what hangs on the visit along."""
    await visited(bpjs)
    day = bpjs.clock.dmy()
    changed = await bpjs.pcare.ask("PUT", "kunjungan/V1", examples.visit(day, noKunjungan=NUMBER, kdDiag1="J06.9"))
    assert (200, NUMBER) == (changed.code, changed.response[0]["message"])
    assert 412 == (await bpjs.pcare.ask("PUT", "kunjungan/V1", examples.visit(day, noKunjungan="x"))).code
    (row,) = (await bpjs.pcare.get(f"kunjungan/peserta/{examples.CARD}")).response["list"]
    assert ("J06.9", "Berobat Jalan") == (row["diagnosa1"]["kdDiag"], row["statusPulang"]["nmStatusPulang"])
    await bpjs.pcare.post("tindakan", examples.procedure(NUMBER))
    assert 200 == (await bpjs.pcare.ask("DELETE", f"kunjungan/{NUMBER}")).code
    assert 412 == (await bpjs.pcare.ask("DELETE", f"kunjungan/{NUMBER}")).code
    assert 204 == (await bpjs.pcare.get(f"kunjungan/peserta/{examples.CARD}")).code
    assert {"registration": 1} == (await bpjs.summary())["resources"]
    assert 201 == (await bpjs.pcare.post("kunjungan/V1", examples.visit(day))).code


async def test_taking_back_may_be_refused_while_something_hangs_on_it(bpjs: Bpjs) -> None:
    """The other possibility."""
    await bpjs.switch(visit_delete="refuse")
    await visited(bpjs)
    await bpjs.pcare.post("obat/kunjungan", examples.drug(NUMBER))
    assert 412 == (await bpjs.pcare.ask("DELETE", f"kunjungan/{NUMBER}")).code
    await bpjs.pcare.ask("DELETE", f"obat/1/kunjungan/{NUMBER}")
    assert 200 == (await bpjs.pcare.ask("DELETE", f"kunjungan/{NUMBER}")).code


PARTS = [
    ("tindakan", "tindakan", "kdTindakanSK", examples.procedure(NUMBER), "procedure"),
    ("obat/kunjungan", "obat", "kdObatSK", examples.drug(NUMBER), "drug"),
    ("MCU", "MCU", "kdMCU", examples.checkup(NUMBER, "29-05-2026"), "checkup"),
]


@pytest.mark.parametrize(("post", "path", "number", "body", "kind"), PARTS)
async def test_what_hangs_on_a_visit(bpjs: Bpjs, post: str, path: str, number: str, body: Any, kind: str) -> None:
    """Added without a guard, listed, taken out; the ledger names what is there twice."""
    await visited(bpjs)
    for turn in ("1", "2"):
        heard = await bpjs.pcare.post(post, body)
        assert (201, {"field": number, "message": turn}) == (heard.code, heard.response)
    listed = (await bpjs.pcare.get(f"{path}/kunjungan/{NUMBER}")).response
    assert (2, [1, 2]) == (listed["count"], [row[number] for row in listed["list"]])
    (double,) = (await bpjs.summary())["duplicates"]
    assert (kind, ["1", "2"]) == (double["type"], double["ids"])
    assert 200 == (await bpjs.pcare.ask("DELETE", f"{path}/2/kunjungan/{NUMBER}")).code
    assert 412 == (await bpjs.pcare.ask("DELETE", f"{path}/2/kunjungan/{NUMBER}")).code
    assert [] == (await bpjs.summary())["duplicates"]


@pytest.mark.parametrize(("post", "body"), [(row[0], row[3]) for row in PARTS])
async def test_nothing_hangs_on_a_visit_that_is_none(bpjs: Bpjs, post: str, body: Any) -> None:
    """412, and the field is named."""
    heard = await bpjs.pcare.post(post, body)
    assert (412, "noKunjungan") == (heard.code, heard.response[0]["field"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("kdTindakan", "99999"), ("biaya", 35001), ("biaya", "1000"), ("hasil", None), ("kdTindakanSK", 7)],
)
async def test_what_a_procedure_must_not_say(bpjs: Bpjs, field: str, value: Any) -> None:
    """The fee has a ceiling."""
    await visited(bpjs)
    heard = await bpjs.pcare.post("tindakan", examples.procedure(NUMBER, **{field: value}))
    assert (412, [field]) == (heard.code, [row["field"] for row in heard.response])


@pytest.mark.parametrize(
    ("field", "value"),
    [("racikan", None), ("racikan", True), ("kdObat", "1"), ("obatDPHO", False), ("signa1", "3"), ("jmlObat", 1.5)],
)
async def test_what_a_drug_must_not_say(bpjs: Bpjs, field: str, value: Any) -> None:
    """A compound has a code, a drug of the list a listed one, any other a name."""
    await visited(bpjs)
    heard = await bpjs.pcare.post("obat/kunjungan", examples.drug(NUMBER, **{field: value}))
    assert 412 == heard.code
    assert [] == await bpjs.held("drug")


async def test_a_procedure_is_changed(bpjs: Bpjs) -> None:
    """PUT with its number."""
    await visited(bpjs)
    await bpjs.pcare.post("tindakan", examples.procedure(NUMBER))
    heard = await bpjs.pcare.ask("PUT", "tindakan", examples.procedure(NUMBER, kdTindakanSK=1, biaya=100))
    assert 200 == heard.code
    (row,) = (await bpjs.pcare.get(f"tindakan/kunjungan/{NUMBER}")).response["list"]
    assert (100, "Pemeriksaan EKG") == (row["biaya"], row["nmTindakan"])


async def test_group_activities(bpjs: Bpjs) -> None:
    """A club, an activity, who took part, and back."""
    day = bpjs.clock.dmy()
    (club,) = (await bpjs.pcare.get("kelompok/club/01")).response["list"]
    body = {"eduId": None, "clubId": club["clubId"], "tglPelayanan": day, "kdKegiatan": "01", "kdKelompok": "01"}
    body |= {"materi": "senam", "pembicara": "bidan", "lokasi": "aula", "keterangan": "-", "biaya": 0}
    number = (await bpjs.pcare.post("kelompok/kegiatan", body)).response["message"]
    assert 412 == (await bpjs.pcare.post("kelompok/kegiatan", {**body, "kdKegiatan": "99"})).code
    assert 201 == (await bpjs.pcare.post("kelompok/peserta", {"eduId": number, "noKartu": examples.OTHER_CARD})).code
    assert 1 == (await bpjs.pcare.get(f"kelompok/kegiatan/{day}")).response["count"]
    assert 1 == (await bpjs.pcare.get(f"kelompok/peserta/{number}")).response["count"]
    assert 200 == (await bpjs.pcare.ask("DELETE", f"kelompok/peserta/{number}/{examples.OTHER_CARD}")).code
    assert 200 == (await bpjs.pcare.ask("DELETE", f"kelompok/kegiatan/{number}")).code


async def test_a_clerk_types(bpjs: Bpjs) -> None:
    """Under the same rules, past the wire: the next request from the clinic meets what was typed."""
    day = bpjs.clock.dmy()
    typed = await bpjs.door("clerk", {"registration": {"noKartu": examples.CARD}, "visit": {"kdDiag1": "A09"}})
    assert (201, 201) == (typed["registration"]["code"], typed["visit"]["code"])
    assert 401 == (await bpjs.pcare.post("pendaftaran", examples.registration(day))).code
    (row,) = (await bpjs.pcare.get(f"kunjungan/peserta/{examples.CARD}")).response["list"]
    assert "A09" == row["diagnosa1"]["kdDiag"]
    assert {"clerk"} == {one["origin"] for kind in ("registration", "visit") for one in await bpjs.held(kind)}
    assert 0 == (await bpjs.summary())["effects"]


async def test_a_clerk_meets_what_was_sent(bpjs: Bpjs) -> None:
    """The same, the other way round; nonsense is complained about at the door."""
    await bpjs.pcare.post("pendaftaran", examples.registration(bpjs.clock.dmy()))
    typed = await bpjs.door("clerk", {"registration": {"noKartu": examples.CARD}})
    assert 401 == typed["registration"]["code"]
    for wrong in ({"registration": {}}, {"visit": 1}, {"facility": "x"}, {"other": {}}):
        await bpjs.door("clerk", wrong, status=400)
