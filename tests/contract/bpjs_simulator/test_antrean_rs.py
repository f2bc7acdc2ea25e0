"""Antrean RS: what a hospital tells BPJS of its queue."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import NOW, Bpjs, Heard

MS = int(NOW * 1000)
CODE = {"kodebooking": "B-77"}


async def booked(bpjs: Bpjs, **changes: Any) -> Heard:
    """Book for the usual member."""
    return await bpjs.hospital_queue.post("antrean/add", examples.booking(bpjs.clock.day(), MS, **changes))


async def task(bpjs: Bpjs, number: Any, moment: Any) -> Heard:
    """Tell the moment of a task."""
    return await bpjs.hospital_queue.post("antrean/updatewaktu", {**CODE, "taskid": number, "waktu": moment})


async def test_the_envelope(bpjs: Bpjs) -> None:
    """`metadata` and a number; references say 1, the rest 200, failures 201 over HTTP 200."""
    heard = await booked(bpjs)
    assert {"metadata": {"message": "Ok", "code": 200}} == heard.envelope
    assert 1 == (await bpjs.hospital_queue.get("ref/poli")).code
    await bpjs.switch(hospital_reference_code=200)
    assert 200 == (await bpjs.hospital_queue.get("ref/poli")).code
    again = await booked(bpjs)
    assert (200, 201) == (again.status, again.code)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("ref/poli", "kdpoli"),
        ("ref/poli/fp", "kdpoli"),
        ("ref/dokter", "kodedokter"),
        ("jadwaldokter/kodepoli/INT/tanggal/2026-05-30", "jadwal"),
    ],
)
async def test_references(bpjs: Bpjs, path: str, field: str) -> None:
    """Locked lists."""
    heard = await bpjs.hospital_queue.get(path)
    assert isinstance(heard.raw, str)
    assert all(field in row for row in heard.response)


async def test_whose_fingerprint_is_known(bpjs: Bpjs) -> None:
    """By NIK or card."""
    by_nik = await bpjs.hospital_queue.get("ref/pasien/fp/identitas/nik/noidentitas/8801014501800001")
    by_card = await bpjs.hospital_queue.get(f"ref/pasien/fp/identitas/noka/noidentitas/{examples.CARD}")
    assert by_nik.response == by_card.response
    assert 1 == by_nik.response["daftarfp"]
    assert 201 == (await bpjs.hospital_queue.get("ref/pasien/fp/identitas/nik/noidentitas/1")).code


async def test_once_per_booking_code(bpjs: Bpjs) -> None:
    """Without the guard the ledger names the second."""
    assert [200, 201] == [(await booked(bpjs)).code for _ in range(2)]
    await bpjs.switch(duplicate_guard=False)
    await booked(bpjs)
    (double,) = (await bpjs.summary())["duplicates"]
    assert ("booking", 2) == (double["type"], len(double["ids"]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kodebooking", None),
        ("jenispasien", "BPJS"),
        ("nomorkartu", "8000000000099"),
        ("nomorreferensi", ""),
        ("kodepoli", "XXX"),
        ("kodedokter", "140101"),
        ("pasienbaru", 2),
        ("jeniskunjungan", 5),
        ("tanggalperiksa", "2026-05-28"),
        ("estimasidilayani", int(NOW)),
        ("kuotajkn", "20"),
    ],
)
async def test_what_a_booking_must_not_say(bpjs: Bpjs, field: str, value: Any) -> None:
    """201 and a sentence."""
    assert 201 == (await booked(bpjs, **{field: value})).code
    assert [] == await bpjs.held("booking")


async def test_somebody_without_insurance(bpjs: Bpjs) -> None:
    """No card, no letter."""
    assert 200 == (await booked(bpjs, jenispasien="NON JKN", nomorkartu="", nomorreferensi="")).code


@pytest.mark.parametrize(("new", "course"), [(1, [1, 2, 3, 4, 5, 6, 7]), (0, [3, 4, 5]), (0, [3, 99])])
async def test_tasks_go_forward(bpjs: Bpjs, new: int, course: list[int]) -> None:
    """New patients pass admission, known ones do not; every moment is told once."""
    await booked(bpjs, pasienbaru=new)
    assert 201 == (await bpjs.hospital_queue.post("antrean/getlisttask", CODE)).code
    for turn, number in enumerate(course):
        assert 200 == (await task(bpjs, number, MS + turn * 60_000)).code
        assert 201 == (await task(bpjs, number, MS + turn * 60_000 + 1)).code
    rows = (await bpjs.hospital_queue.post("antrean/getlisttask", CODE)).response
    assert course == [row["taskid"] for row in rows]
    assert MS == rows[0]["wakturs"]


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (3, MS + 9),
        (4, MS),
        (4, MS - 1),
        (4, int(NOW) + 60),
        (8, MS + 9),
        ("4", MS + 9),
        (None, MS + 9),
        (4, None),
        (1, MS + 9),
    ],
)
async def test_tasks_do_not_go_back(bpjs: Bpjs, number: Any, moment: Any) -> None:
    """Neither the number nor the moment; milliseconds, not seconds."""
    await booked(bpjs)
    await task(bpjs, 3, MS)
    assert 201 == (await task(bpjs, number, moment)).code
    (held,) = await bpjs.held("booking")
    assert [{"taskid": 3, "waktu": MS}] == held["body"]["tasks"]


@pytest.mark.parametrize(("gaps", "code"), [(True, 200), (False, 201)])
async def test_whether_a_task_may_be_left_out_is_a_switch(bpjs: Bpjs, gaps: bool, code: int) -> None:
    """Only that the numbers increase is known."""
    await bpjs.switch(task_gaps=gaps)
    await booked(bpjs)
    assert 200 == (await task(bpjs, 3, MS)).code
    assert code == (await task(bpjs, 5, MS + 1)).code


async def test_cancelled(bpjs: Bpjs) -> None:
    """Once, with a reason, and not once served; then no task follows."""
    await booked(bpjs)
    assert 201 == (await bpjs.hospital_queue.post("antrean/batal", {**CODE, "keterangan": ""})).code
    wish = {**CODE, "keterangan": "pasien pulang"}
    assert [200, 201] == [(await bpjs.hospital_queue.post("antrean/batal", wish)).code for _ in range(2)]
    assert 201 == (await task(bpjs, 3, MS)).code
    await booked(bpjs, kodebooking="B-78")
    served = {"kodebooking": "B-78"}
    for number in (3, 4):
        await bpjs.hospital_queue.post("antrean/updatewaktu", {**served, "taskid": number, "waktu": MS + number})
    assert 201 == (await bpjs.hospital_queue.post("antrean/batal", {**served, "keterangan": "pulang"})).code


async def test_the_pharmacy(bpjs: Bpjs) -> None:
    """One entry per booking."""
    await booked(bpjs)
    wish = {**CODE, "jenisresep": "non racikan", "nomorantrean": 1, "keterangan": ""}
    assert [200, 201] == [(await bpjs.hospital_queue.post("antrean/farmasi/add", wish)).code for _ in range(2)]


@pytest.mark.parametrize("path", ["antrean/updatewaktu", "antrean/getlisttask", "antrean/batal", "antrean/farmasi/add"])
async def test_an_unknown_booking(bpjs: Bpjs, path: str) -> None:
    """The code is not found."""
    heard = await bpjs.hospital_queue.post(path, {**CODE, "taskid": 3, "waktu": MS, "keterangan": "x"})
    assert (201, "Kode booking tidak ditemukan") == (heard.code, heard.message)


async def test_bookings_are_read_back(bpjs: Bpjs) -> None:
    """By day, by code, and those still waiting."""
    root = "antrean/pendaftaran"
    day = bpjs.clock.day()
    assert 201 == (await bpjs.hospital_queue.get(f"{root}/tanggal/{day}")).code
    await booked(bpjs)
    for path in (f"tanggal/{day}", "kodebooking/B-77", "aktif"):
        (row,) = (await bpjs.hospital_queue.get(f"{root}/{path}")).response
        assert ("B-77", "Belum dilayani") == (row["kodebooking"], row["status"])
    for number in (3, 4, 5):
        await task(bpjs, number, MS + number)
    assert 201 == (await bpjs.hospital_queue.get(f"{root}/aktif")).code
    (row,) = (await bpjs.hospital_queue.get(f"{root}/tanggal/{day}")).response
    assert "Selesai dilayani" == row["status"]


@pytest.mark.parametrize("path", ["tanggal/2026-05-29/waktu/rs", "bulan/05/tahun/2026/waktu/server"])
async def test_the_dashboard_is_plain(bpjs: Bpjs, path: str) -> None:
    """Not locked (reference 2.2)."""
    await booked(bpjs)
    heard = await bpjs.hospital_queue.get(f"dashboard/waktutunggu/{path}")
    assert [("INT", 1)] == [(row["kodepoli"], row["jumlah_antrean"]) for row in heard.raw["list"]]


async def test_a_doctors_hours_are_proposed(bpjs: Bpjs) -> None:
    """Taken note of."""
    hours = [{"hari": "1", "buka": "08:00", "tutup": "12:00"}]
    wish = {"kodepoli": "INT", "kodesubspesialis": "INT", "kodedokter": 140101, "jadwal": hours}
    assert 200 == (await bpjs.hospital_queue.post("jadwaldokter/updatejadwaldokter", wish)).code
    assert 201 == (await bpjs.hospital_queue.post("jadwaldokter/updatejadwaldokter", {**wish, "jadwal": []})).code
