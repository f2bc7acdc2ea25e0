"""VClaim: LPK, the fate of claims, monitoring, letters, PRB and references."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs, Heard
from tests.contract.bpjs_simulator.issuing import NUMBER, inserted, issued


async def entered(bpjs: Bpjs, **changes: Any) -> Heard:
    """Enter the claim's paper for the usual SEP."""
    return await bpjs.vclaim.post(
        "LPK/insert", {"request": {"t_lpk": examples.lpk(NUMBER, bpjs.clock.day(), **changes)}}
    )


async def fate(bpjs: Bpjs, status: int) -> Heard:
    """Ask for the claims of one status."""
    return await bpjs.vclaim.get(f"Monitoring/Klaim/Tanggal/{bpjs.clock.day()}/JnsPelayanan/2/Status/{status}")


async def test_a_claim_runs_its_course(bpjs: Bpjs) -> None:
    """In verification, pending, in verification again once its paper was changed, paid."""
    await issued(bpjs)
    assert "201" == (await fate(bpjs, 1)).code
    heard = await entered(bpjs)
    assert ("200", NUMBER) == (heard.code, heard.response)
    (row,) = (await fate(bpjs, 1)).response["klaim"]
    assert (NUMBER, "Proses Verifikasi", "") == (row["noSEP"], row["status"], row["noFPK"])
    await bpjs.door("claims", {"noSEP": NUMBER, "status": 2, "reason": "resume kurang"})
    assert "resume kurang" in (await fate(bpjs, 2)).response["klaim"][0]["status"]
    body = {"request": {"t_lpk": examples.lpk(NUMBER, bpjs.clock.day(), DPJP="140102")}}
    assert "200" == (await bpjs.vclaim.ask("PUT", "LPK/update", body)).code
    assert ("201", "200") == ((await fate(bpjs, 2)).code, (await fate(bpjs, 1)).code)
    await bpjs.door("claims", {"noSEP": NUMBER, "status": 3, "requested": 200000, "approved": 180000})
    (row,) = (await fate(bpjs, 3)).response["klaim"]
    assert ("180000", "200000") == (row["biaya"]["bySetujui"], row["biaya"]["byPengajuan"])
    assert row["noFPK"]
    gone = {"request": {"t_lpk": {"noSep": NUMBER}}}
    assert "201" == (await bpjs.vclaim.ask("DELETE", "LPK/delete", gone)).code


async def test_a_claim_without_lpk_is_moved_too(bpjs: Bpjs) -> None:
    """Claims also come through the ministry's own program."""
    await issued(bpjs)
    await bpjs.door("claims", {"noSEP": NUMBER, "status": 1})
    assert "200" == (await fate(bpjs, 1)).code


@pytest.mark.parametrize("wrong", [{}, {"status": 4}, {"status": [1]}, {"noSEP": "x"}, {"nonsense": 1}])
async def test_a_move_that_makes_no_sense(bpjs: Bpjs, wrong: dict[str, Any]) -> None:
    """The door complains."""
    await issued(bpjs)
    await bpjs.door("claims", {"noSEP": NUMBER, "status": 1, **wrong} if wrong else {}, status=400)


async def test_a_paper_is_entered_once_listed_and_taken_back(bpjs: Bpjs) -> None:
    """And a SEP whose claim is on its way stays."""
    await issued(bpjs)
    await entered(bpjs)
    assert "201" == (await entered(bpjs)).code
    listed = (await bpjs.vclaim.get(f"LPK/TglMasuk/{bpjs.clock.day()}/JnsPelayanan/2")).response
    assert [NUMBER] == [row["noSep"] for row in listed["lpk"]["list"]]
    gone = {"request": {"t_sep": {"noSep": NUMBER, "user": "loket"}}}
    assert "201" == (await bpjs.vclaim.ask("DELETE", "SEP/2.0/delete", gone)).code
    paper = {"request": {"t_lpk": {"noSep": NUMBER}}}
    assert ["200", "201"] == [(await bpjs.vclaim.ask("DELETE", "LPK/delete", paper)).code for _ in range(2)]
    assert "200" == (await bpjs.vclaim.ask("DELETE", "SEP/2.0/delete", gone)).code
    assert "201" == (await bpjs.vclaim.get(f"LPK/TglMasuk/{bpjs.clock.day()}/JnsPelayanan/2")).code


@pytest.mark.parametrize(
    "changes",
    [
        {"noSep": "x"},
        {"tglMasuk": "2026-05-28"},
        {"tglKeluar": "2026-05-30"},
        {"jaminan": 1},
        {"poli": {"poli": "XXX"}},
        {"perawatan": {"caraKeluar": "9"}},
        {"diagnosa": []},
        {"diagnosa": [{"kode": "E11.9", "level": "2"}]},
        {"diagnosa": [{"kode": "E11.9", "level": "1"}, {"kode": "I10", "level": "1"}]},
        {"diagnosa": [{"kode": "Z99.99", "level": "1"}]},
        {"procedure": [{"kode": "00.00"}]},
        {"procedure": [{"kode": {}}]},
        {"rencanaTL": {"tindakLanjut": ""}},
    ],
)
async def test_what_a_paper_must_not_say(bpjs: Bpjs, changes: dict[str, Any]) -> None:
    """String 201 and a sentence; nothing is held, and no claim begins."""
    await issued(bpjs)
    assert "201" == (await entered(bpjs, **changes)).code
    assert {"referral": 1, "sep": 1} == (await bpjs.summary())["resources"]


async def test_monitoring_of_visits(bpjs: Bpjs) -> None:
    """By day and by card; what a client reads after a lost answer."""
    day = bpjs.clock.day()
    span = f"tglMulai/{bpjs.clock.day(-1)}/tglAkhir/{day}"
    assert "201" == (await bpjs.vclaim.get(f"Monitoring/Kunjungan/Tanggal/{day}/JnsPelayanan/2")).code
    await issued(bpjs)
    (row,) = (await bpjs.vclaim.get(f"Monitoring/Kunjungan/Tanggal/{day}/JnsPelayanan/2")).response["sep"]
    (past,) = (await bpjs.vclaim.get(f"monitoring/HistoriPelayanan/NoKartu/{examples.CARD}/{span}")).response["histori"]
    assert (NUMBER, day, day) == (row["noSep"], row["tglSep"], row["tglPlgSep"])
    assert (NUMBER, "Klinik Utama Kenanga") == (past["noSep"], past["ppkPelayanan"])
    assert "201" == (await bpjs.vclaim.get(f"Monitoring/Kunjungan/Tanggal/{day}/JnsPelayanan/1")).code
    assert "201" == (await bpjs.vclaim.get(f"monitoring/JasaRaharja/JnsPelayanan/2/{span}")).code
    backwards = f"tglMulai/{day}/tglAkhir/{bpjs.clock.day(-1)}"
    assert "201" == (await bpjs.vclaim.get(f"monitoring/HistoriPelayanan/NoKartu/{examples.CARD}/{backwards}")).code


async def test_an_inpatient_has_not_left(bpjs: Bpjs) -> None:
    """No day of leaving until it is told."""
    await inserted(bpjs, examples.inpatient(bpjs.clock.day()))
    path = f"Monitoring/Kunjungan/Tanggal/{bpjs.clock.day()}/JnsPelayanan/1"
    (row,) = (await bpjs.vclaim.get(path)).response["sep"]
    assert ("R.Inap", None) == (row["jnsPelayanan"], row["tglPlgSep"])


def plan(bpjs: Bpjs, **changes: Any) -> dict[str, Any]:
    """A control letter for next week, directly below `request`."""
    said = {"noSEP": NUMBER, "kodeDokter": "140101", "poliKontrol": "INT", "user": "loket"}
    return {"request": {**said, "tglRencanaKontrol": bpjs.clock.day(7), **changes}}


async def test_letters(bpjs: Bpjs) -> None:
    """Written, listed, read, changed, taken back; a form of PRB may hang on the second version."""
    await issued(bpjs)
    written = (await bpjs.vclaim.post("RencanaKontrol/insert", plan(bpjs))).response
    number = written["noSuratKontrol"]
    assert ("0114R0010526K000001", "dr. Syarifuddin, Sp.PD") == (number, written["namaDokter"])
    assert "201" == (await bpjs.vclaim.post("RencanaKontrol/insert", plan(bpjs))).code
    form = {"formPRB": {"kdStatusPRB": "01", "data": {"HBA1C": 6.5}}}
    second = plan(bpjs, tglRencanaKontrol=bpjs.clock.day(9), **form)
    assert "200" == (await bpjs.vclaim.post("RencanaKontrol/v2/Insert", second)).code
    window = f"tglAwal/{bpjs.clock.day(7)}/tglAkhir/{bpjs.clock.day(8)}/filter/2"
    listed = (await bpjs.vclaim.get(f"RencanaKontrol/ListRencanaKontrol/{window}")).response["list"]
    month = f"Bulan/06/Tahun/2026/Nokartu/{examples.CARD}/filter/2"
    in_june = (await bpjs.vclaim.get(f"RencanaKontrol/ListRencanaKontrol/{month}")).response["list"]
    assert ([number], 2) == ([row["noSuratKontrol"] for row in listed], len(in_june))
    changed = plan(bpjs, noSuratKontrol=number, poliKontrol="OBG")
    assert "200" == (await bpjs.vclaim.ask("PUT", "RencanaKontrol/Update", changed)).code
    read = (await bpjs.vclaim.get(f"RencanaKontrol/noSuratKontrol/{number}")).response
    assert ("OBG", "Belum") == (read["poliTujuan"], read["terbitSEP"])
    assert NUMBER == (await bpjs.vclaim.get(f"RencanaKontrol/nosep/{NUMBER}")).response["noSep"]
    gone = {"request": {"t_suratkontrol": {"noSuratKontrol": number, "user": "loket"}}}
    assert ["200", "201"] == [(await bpjs.vclaim.ask("DELETE", "RencanaKontrol/Delete", gone)).code for _ in "12"]


@pytest.mark.parametrize(
    "changes",
    [
        {"noSEP": "x"},
        {"kodeDokter": 140101},
        {"kodeDokter": "1"},
        {"poliKontrol": "XXX"},
        {"tglRencanaKontrol": "2026-05-28"},
        {"user": ""},
    ],
)
async def test_what_a_letter_must_not_say(bpjs: Bpjs, changes: dict[str, Any]) -> None:
    """String 201."""
    await issued(bpjs)
    assert "201" == (await bpjs.vclaim.post("RencanaKontrol/insert", plan(bpjs, **changes))).code


async def test_an_order_to_admit(bpjs: Bpjs) -> None:
    """SPRI is written on a card."""
    body = plan(bpjs, noKartu=examples.CARD)
    del body["request"]["noSEP"]
    number = (await bpjs.vclaim.post("RencanaKontrol/InsertSPRI", body)).response["noSPRI"]
    body["request"] |= {"noSPRI": number, "kodeDokter": "140102"}
    changed = await bpjs.vclaim.ask("PUT", "RencanaKontrol/UpdateSPRI", body)
    assert "dr. Olivia Kirana, Sp.OG" == changed.response["namaDokter"]


async def test_back_to_the_clinic(bpjs: Bpjs) -> None:
    """PRB: `user` is a number in a string."""
    await issued(bpjs)
    body = {"noSep": NUMBER, "noKartu": examples.CARD, "alamat": "-", "email": "", "programPRB": "01"}
    body |= {"kodeDPJP": "140101", "keterangan": "-", "saran": "-", "user": "loket", "obat": []}
    assert "201" == (await bpjs.vclaim.post("PRB/insert", {"request": {"t_prb": body}})).code
    body["user"] = "77"
    letter = (await bpjs.vclaim.post("PRB/insert", {"request": {"t_prb": body}})).response["noSRB"]
    assert "201" == (await bpjs.vclaim.post("PRB/insert", {"request": {"t_prb": body}})).code
    assert letter == (await bpjs.vclaim.get(f"prb/{letter}/nosep/{NUMBER}")).response["prb"]["noSRB"]
    day = bpjs.clock.day()
    assert 1 == len((await bpjs.vclaim.get(f"prb/tglMulai/{day}/tglAkhir/{day}")).response["prb"])
    gone = {"request": {"t_prb": {"noSrb": letter, "noSep": NUMBER, "user": "77"}}}
    assert "200" == (await bpjs.vclaim.ask("DELETE", "PRB/Delete", gone)).code


REFERENCES = [
    ("diagnosa/E11", "diagnosa"),
    ("poli/INT", "poli"),
    ("faskes/kenanga/2", "faskes"),
    ("faskes/melati/1", "faskes"),
    ("dokter/pelayanan/2/tglPelayanan/2026-05-29/Spesialis/INT", "list"),
    ("dokter/olivia", "list"),
    ("propinsi", "list"),
    ("kabupaten/propinsi/14", "list"),
    ("kecamatan/kabupaten/1401", "list"),
    ("diagnosaprb", "list"),
    ("obatprb/metformin", "list"),
    ("procedure/89", "procedure"),
    ("kelasrawat", "list"),
    ("spesialistik", "list"),
    ("ruangrawat", "list"),
    ("carakeluar", "list"),
    ("pascapulang", "list"),
]


@pytest.mark.parametrize(("path", "name"), REFERENCES)
async def test_references(bpjs: Bpjs, path: str, name: str) -> None:
    """Code and name under the list's own key."""
    rows = (await bpjs.vclaim.get(f"referensi/{path}")).response[name]
    assert rows
    assert all({"kode", "nama"} <= row.keys() for row in rows)


async def test_a_word_that_finds_nothing(bpjs: Bpjs) -> None:
    """String 201."""
    assert "201" == (await bpjs.vclaim.get("referensi/diagnosa/zzzz")).code


@pytest.mark.parametrize(
    "path",
    [
        "RencanaKontrol/ListSpesialistik/JnsKontrol/2/nomor/x/TglRencanaKontrol/2026-06-01",
        "RencanaKontrol/JadwalPraktekDokter/JnsKontrol/2/KdPoli/INT/TglRencanaKontrol/2026-06-01",
    ],
)
async def test_where_one_can_come_again(bpjs: Bpjs, path: str) -> None:
    """Specialties and hours."""
    assert (await bpjs.vclaim.get(path)).response["list"]
