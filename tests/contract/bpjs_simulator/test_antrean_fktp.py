"""Antrean FKTP: what a clinic tells BPJS of its queue."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import NOW, Bpjs

NOW_MS = int(NOW * 1000)


def about(bpjs: Bpjs, **more: Any) -> dict[str, Any]:
    """Card, poli and day."""
    return {"tanggalperiksa": bpjs.clock.day(), "kodepoli": "001", "nomorkartu": examples.CARD, **more}


async def test_the_envelope_is_lower_case(bpjs: Bpjs) -> None:
    """`metadata`, a number, HTTP 200, and no response when there is nothing to give."""
    heard = await bpjs.queue.post("antrean/add", examples.queued(bpjs.clock.day()))
    assert {"metadata": {"message": "Ok", "code": 200}} == heard.envelope


async def test_both_spellings_and_codes(bpjs: Bpjs) -> None:
    """Sources disagree."""
    await bpjs.switch(queue_meta="metaData", queue_code=1)
    heard = await bpjs.queue.post("antrean/add", examples.queued(bpjs.clock.day()))
    assert {"metaData": {"message": "Ok", "code": 1}} == heard.envelope


@pytest.mark.parametrize("shape", ["array", "list"])
async def test_references(bpjs: Bpjs, shape: str) -> None:
    """Locked lists; the day is ISO, unlike P-Care's."""
    await bpjs.switch(queue_list=shape)
    day = bpjs.clock.day()
    polis = await bpjs.queue.get(f"ref/poli/tanggal/{day}")
    doctors = await bpjs.queue.get(f"ref/dokter/kodepoli/001/tanggal/{day}")
    assert isinstance(polis.raw, str)
    rows = [heard.response if shape == "array" else heard.response["list"] for heard in (polis, doctors)]
    assert {"namapoli", "kodepoli", "nmsubspesialis", "kdsubspesialis"} == rows[0][0].keys()
    assert {"namadokter", "kodedokter", "jampraktek", "kapasitas"} == rows[1][0].keys()
    assert 201 == (await bpjs.queue.get(f"ref/poli/tanggal/{bpjs.clock.dmy()}")).code
    assert 201 == (await bpjs.queue.get(f"ref/dokter/kodepoli/999/tanggal/{day}")).code


async def test_added_called_and_not_cancelled_any_more(bpjs: Bpjs) -> None:
    """Who came cannot be cancelled."""
    await bpjs.queue.post("antrean/add", examples.queued(bpjs.clock.day()))
    called = await bpjs.queue.post("antrean/panggil", about(bpjs, status=1, waktu=NOW_MS))
    cancelled = await bpjs.queue.post("antrean/batal", about(bpjs, alasan="pulang"))
    assert (200, 201) == (called.code, cancelled.code)
    assert "sudah dilayani" in cancelled.message
    (held,) = await bpjs.held("queue")
    assert (1, NOW_MS) == (held["body"]["status"], held["body"]["waktu"])


async def test_once_per_card_poli_and_day_until_cancelled(bpjs: Bpjs) -> None:
    """After a cancellation there may be another."""
    body = examples.queued(bpjs.clock.day())
    assert [200, 201] == [(await bpjs.queue.post("antrean/add", body)).code for _ in range(2)]
    assert 200 == (await bpjs.queue.post("antrean/batal", about(bpjs, alasan="pulang"))).code
    assert 200 == (await bpjs.queue.post("antrean/add", body)).code
    assert [] == (await bpjs.summary())["duplicates"]


async def test_without_the_guard_the_ledger_names_the_duplicate(bpjs: Bpjs) -> None:
    """One key, two entries."""
    await bpjs.switch(duplicate_guard=False)
    for _ in range(2):
        await bpjs.queue.post("antrean/add", examples.queued(bpjs.clock.day()))
    (double,) = (await bpjs.summary())["duplicates"]
    assert ("queue", 2) == (double["type"], len(double["ids"]))


async def test_somebody_without_a_card(bpjs: Bpjs) -> None:
    """Known by NIK; two of them may wait for the same poli."""
    for nik in ("3173010101900001", "3173010101900002"):
        body = examples.queued(bpjs.clock.day(), nomorkartu="", nik=nik)
        assert 200 == (await bpjs.queue.post("antrean/add", body)).code
    heard = await bpjs.queue.post("antrean/panggil", about(bpjs, nomorkartu="", status=2, waktu=NOW_MS))
    assert 200 == heard.code
    assert [None, 2] == [row["body"]["status"] for row in await bpjs.held("queue")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nomorkartu", None),
        ("nomorkartu", "8000000000099"),
        ("kodepoli", "999"),
        ("kodedokter", "140001"),
        ("kodedokter", 7),
        ("tanggalperiksa", "29-05-2026"),
        ("tanggalperiksa", "2026-05-28"),
        ("angkaantrean", "3"),
    ],
)
async def test_what_an_entry_must_not_say(bpjs: Bpjs, field: str, value: Any) -> None:
    """201 with a sentence; nothing is held."""
    heard = await bpjs.queue.post("antrean/add", examples.queued(bpjs.clock.day(), **{field: value}))
    assert (200, 201) == (heard.status, heard.code)
    assert [] == await bpjs.held("queue")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("antrean/panggil", {"status": 1, "waktu": NOW_MS}),
        ("antrean/batal", {"alasan": "pulang"}),
    ],
)
async def test_nobody_in_the_queue(bpjs: Bpjs, path: str, more: dict[str, Any]) -> None:
    """The known words."""
    assert "Antrean tidak ditemukan" == (await bpjs.queue.post(path, about(bpjs, **more))).message


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("antrean/panggil", {"status": 3, "waktu": NOW_MS}),
        ("antrean/panggil", {"status": True, "waktu": NOW_MS}),
        ("antrean/panggil", {"status": 1, "waktu": int(NOW)}),
        ("antrean/batal", {"alasan": ""}),
    ],
)
async def test_a_call_or_cancellation_that_makes_no_sense(bpjs: Bpjs, path: str, more: dict[str, Any]) -> None:
    """Milliseconds, not seconds; a reason, not nothing."""
    await bpjs.queue.post("antrean/add", examples.queued(bpjs.clock.day()))
    assert 201 == (await bpjs.queue.post(path, about(bpjs, **more))).code
    (held,) = await bpjs.held("queue")
    assert (None, None) == (held["body"]["status"], held["body"]["batal"])
