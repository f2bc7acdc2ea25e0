"""P-Care: kunjungan."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs
from tests.contract.bpjs_simulator.visiting import NUMBER, visited


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
