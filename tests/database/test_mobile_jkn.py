"""What Mobile JKN is told: every case BPJS tries has its sentence."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest

from sandbox.supabase.postgres import Postgres
from tests.database.poli import Poli, crowd

NEW = {"nomorkartu": "8000000099999", "nik": "3299999999999999", "nama": "Peserta Baru", "jeniskelamin": "P",
       "tanggallahir": "1999-02-28", "alamat": "Jalan Baru"}  # fmt: skip


@pytest.mark.parametrize(("days", "changes", "code", "message"), [
    (0, {"nomorkartu": ""}, 201, "Nomor Kartu Belum Diisi"),
    (0, {"nomorkartu": "80000000000AB"}, 201, "Format Nomor Kartu Tidak Sesuai"),
    (0, {"nomorkartu": "800"}, 201, "Nomor Kartu harus 13 digit"),
    (0, {"nik": "32"}, 201, "Format NIK Tidak Sesuai, NIK harus 16 digit angka"),
    (0, {"nik": None}, 201, "Format NIK Tidak Sesuai, NIK harus 16 digit angka"),
    (0, {"tanggalperiksa": "05-01-2026"}, 201, "Format Tanggal Tidak Sesuai, format yang benar adalah yyyy-mm-dd"),
    (0, {"tanggalperiksa": "2026-02-30"}, 201, "Format Tanggal Tidak Sesuai, format yang benar adalah yyyy-mm-dd"),
    (-1, {}, 201, "Tanggal Periksa Tidak Berlaku Mundur"),
    (0, {"kodepoli": "999"}, 201, "Poli Tidak Ditemukan"),
    (0, {"kodedokter": 7}, 201, "Dokter Tidak Ditemukan"),
    (0, {"nik": "3299999999999999", "nomorkartu": "8000000099999"}, 202, "Pasien tidak ditemukan/belum terdaftar"),
    (1, {}, 200, "Ok"),
])  # fmt: skip
async def test_mobile_jkn_is_answered_in_its_words(
    poli: Poli, days: int, changes: dict[str, Any], code: int, message: str
) -> None:
    """Each case that BPJS tries has its sentence; refusals give no number."""
    assert (code, message) == await poli.take(1, days, **changes)
    assert (code == 200) == bool(await poli.entries())


async def test_a_closed_poli_gives_no_number(poli: Poli) -> None:
    """Not today any more, and not on a day without hours."""
    await poli.connection.execute("update public.practitioner_schedules set active = weekday = "
                                  "extract(isodow from (now() at time zone 'Asia/Jakarta')::date + 2)")  # fmt: skip
    assert [201, 201, 200] == [(await poli.take(1, days))[0] for days in (0, 1, 2)]
    assert (201, "Pendaftaran ke Poli Ini Sedang Tutup") == await poli.take(2, 0)


async def test_mobile_jkn_sees_the_queue_move(poli: Poli) -> None:
    """How many there are, how many stand before me, who was called last."""
    first = await poli.arrive(1)
    for person in (2, 3):
        await poli.take(person)
    await poli.move(first, "in_progress")
    status, left = await poli.answer("status", "001"), await poli.answer("left", 3)
    assert {"totalantrean": 3, "sisaantrean": 2, "antreanpanggil": "U-1"}.items() <= status["response"].items()
    assert {"nomorantrean": "U-3", "sisaantrean": "1", "antreanpanggil": "U-1"}.items() <= left["response"].items()
    assert 201 == (await poli.answer("left", 9))["code"]
    assert "Poli Tidak Ditemukan" == (await poli.answer("status", "999"))["message"]


async def test_a_number_can_be_given_back_until_one_is_there(poli: Poli) -> None:
    """Afterwards it can be taken anew; whoever stands at the counter is the clinic's to cancel."""
    await poli.take(1)
    assert [200, 201] == [(await poli.answer("give_back", 1))["code"] for _ in range(2)]
    assert 200 == (await poli.take(1))[0]
    visit = await poli.arrive(1)
    said = await poli.answer("give_back", 1)
    assert (201, "Pasien sudah dilayani, antrean tidak dapat dibatalkan!") == (said["code"], said["message"])
    assert [1, 2] == await poli.numbers()
    assert visit == (await poli.entries())[1]["visit_id"]


async def test_somebody_new_registers_once(poli: Poli, books: Postgres) -> None:
    """Ten telephones at once make one patient, who can then take a number."""
    async with AsyncExitStack() as exits:
        phones = await crowd(books, exits, poli.clinic, 10)
        answers = await asyncio.gather(*(phone.answer("register", json.dumps(NEW)) for phone in phones))
    assert {200: 1, 201: 9} == Counter(said["code"] for said in answers)
    assert (200, "Ok") == await poli.take(1, nik=NEW["nik"], nomorkartu=NEW["nomorkartu"])


@pytest.mark.parametrize(("changes", "message"), [
    ({"nama": " "}, "Nama Belum Diisi"),
    ({"jeniskelamin": "X"}, "Jenis Kelamin Belum Dipilih"),
    ({"tanggallahir": "2999-01-01"}, "Format Tanggal Lahir Tidak Sesuai, format yang benar adalah yyyy-mm-dd"),
    ({"nik": "3200000000000001"}, "Data pasien ini sudah terdaftar"),
])  # fmt: skip
async def test_a_registration_that_cannot_be(poli: Poli, changes: dict[str, str], message: str) -> None:
    """Refused with the reason."""
    said = await poli.answer("register", json.dumps(NEW | changes))
    assert (201, message) == (said["code"], said["message"])
