"""P-Care: what hangs on a visit, group activities, and a clerk who types by hand."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs
from tests.contract.bpjs_simulator.visiting import NUMBER, visited

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
