"""The queue's pure rooms: what is missing and who mends it, what Antrean's words mean, tasks that only go forward."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden.bpjs.merging import merged
from workers.bpjs.antrean import complaints
from workers.bpjs.antrean.bodies import add_at_hospital, call_at_clinic
from workers.bpjs.antrean.checks import problems
from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.antrean.tasks import CANCELLED, Task, happened, listed, remaining
from workers.bpjs.reply import Refused

EXAMPLES = Path(__file__).parents[2] / "golden" / "bpjs" / "antrean" / "queues.json"
QUEUES: dict[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
MOMENTS = st.integers(10**12, 10**12 + 50)
STRANGER = {"status": "not_found", "card_number": None}
NUMBERS = st.sampled_from([1, 2, 3, 4, 5, 6, 7, CANCELLED])


def queue(name: str = "clinic", **changes: Any) -> Queue:
    """An example place with changes."""
    return Queue.model_validate(merged(merged(QUEUES["clinic"], QUEUES[name]), changes))


@pytest.mark.parametrize(("name", "changes", "role", "field", "key"), [
    ("clinic", {"membership": None}, "front_desk", "patients.nik", "membership/"),
    ("clinic", {"membership": {"status": "unknown", "card_number": None}}, "front_desk", "patients.nik", "membership/"),
    ("clinic", {"membership": STRANGER}, "front_desk", "visits.payer", "membership/"),
    ("without_card", {"patient": {"nik": None}}, "front_desk", "patients.nik", "patient/"),
    ("clinic", {"poli": {"code": None}}, "admin", "locations.name", "mapping/bpjs_poli/"),
    ("clinic", {"doctor": None}, "front_desk", "visits.practitioner_id", None),
    ("clinic", {"doctor": {"code": None}}, "admin", "practitioners.full_name", "mapping/bpjs_doctor/"),
    ("clinic", {"doctor": {"code": "D-1"}}, "admin", "practitioners.full_name", "mapping/bpjs_doctor/"),
    ("clinic", {"hours": None}, "admin", "practitioner_schedules.opens", "schedule/"),
    ("hospital", {"entry": {"reference_number": None}}, "front_desk", "queue_entries.reference_number", None),
])  # fmt: skip
def test_each_flaw_has_its_person(name: str, changes: dict[str, Any], role: str, field: str, key: str | None) -> None:
    """One flaw, one problem, and the key that releases it."""
    (problem,) = problems(queue(name, **changes))
    assert (role, field) == (problem.role, problem.field)
    assert (problem.waits_for or "").startswith(key or "")
    assert (key is None) == (problem.waits_for is None)


@pytest.mark.parametrize(("name", "changes"), [
    ("clinic", {"membership": None, "entry": {"card_number": "8000000000011"}}),  # Mobile JKN gave it
    ("without_card", {"membership": None}),
    ("hospital_new_patient", {"entry": {"reference_number": None}}),
])  # fmt: skip
def test_what_is_not_needed_is_not_asked_for(name: str, changes: dict[str, Any]) -> None:
    """A card that is known, a membership nobody needs, a letter only members bring."""
    assert () == problems(queue(name, **changes))


@pytest.mark.parametrize(("words", "meaning"), [
    ("Nomor Antrean Hanya Dapat Diambil 1 Kali Pada Tanggal dan Poli Yang Sama", complaints.held),
    ("Antrean sudah terdaftar pada tanggal dan poli yang sama", complaints.held),
    ("Terdapat duplikasi Kode Booking", complaints.held),
    ("Antrean tidak ditemukan", complaints.unknown),
    ("Kode booking tidak ditemukan", complaints.unknown),
    ("Antrean sudah dibatalkan", complaints.ended),
    ("Pasien sudah dilayani, antrean tidak dapat dibatalkan!", complaints.served),
    ("TaskId=3 sudah ada", complaints.further),
    ("taskid terakhir lebih besar", complaints.further),
    ("Waktu tidak boleh kurang atau sama dengan waktu sebelumnya", complaints.further),
])  # fmt: skip
def test_antreans_words_are_understood(words: str, meaning: Any) -> None:
    """It has one code for everything, so its words are read where they say what it holds."""
    assert meaning(Refused((("", words),)))


def test_an_unknown_card_is_no_known_place() -> None:
    """What is refused for its content is not adopted."""
    assert not complaints.held(Refused((("", "Nomor kartu belum terdaftar"),)))


@pytest.mark.parametrize(("words", "role", "field"), [
    ("Nomor kartu 8000000000011 tidak ditemukan", "front_desk", "patients.nik"),
    ("NIK wajib diisi untuk pasien non JKN", "front_desk", "patients.nik"),
    ("nomorreferensi wajib diisi", "front_desk", "queue_entries.reference_number"),
    ("Dokter tidak ditemukan", "admin", "practitioners.full_name"),
    ("Poli tidak ditemukan", "admin", "locations.name"),
    ("jampraktek tidak sesuai format", "admin", "practitioner_schedules.opens"),
    ("", "admin", "queue_entries.status"),
])  # fmt: skip
def test_a_refusal_finds_its_person(words: str, role: str, field: str) -> None:
    """And quotes no card number."""
    (problem,) = complaints.refused(Refused((("", words),)))
    assert (role, field) == (problem.role, problem.field)
    assert "8000000000011" not in problem.reason


@given(wanted=st.lists(st.builds(Task, NUMBERS, MOMENTS), unique_by=lambda one: one.number),
       held=st.dictionaries(NUMBERS, MOMENTS))  # fmt: skip
def test_tasks_only_go_forward(wanted: list[Task], held: dict[int, int]) -> None:
    """Whatever BPJS holds: numbers and times increase strictly, nothing later is left out or told too early."""
    sent = remaining(wanted, held)
    last = (max(held, default=0), max(held.values(), default=0))
    for one in sent:
        assert one.number > last[0]
        assert one.moment > last[1]
        last = one.number, one.moment
    assert {one.number for one in wanted if one.number > max(held, default=0)} == {one.number for one in sent}
    happened_at = {one.number: one.moment for one in wanted}
    assert all(one.moment >= happened_at[one.number] for one in sent)


@given(wanted=st.lists(st.builds(Task, NUMBERS, MOMENTS), unique_by=lambda one: one.number), cut=st.integers(0, 8))
def test_healing_sends_the_rest_and_no_more(wanted: list[Task], cut: int) -> None:
    """Broken off anywhere and asked: what was sent and what remains is what would have been sent at once."""
    whole = remaining(wanted, {})
    before = whole[:cut]
    assert whole == (*before, *remaining(wanted, {one.number: one.moment for one in before}))


def test_a_known_patient_begins_at_the_poli() -> None:
    """1 and 2 are the registration of somebody new; 6 and 7 belong to the pharmacy."""
    assert [3, 4] == [one.number for one in happened(queue("hospital"))]
    assert [1, 2, 3, 4, 5, 6, 7] == [one.number for one in happened(queue("hospital_new_patient"))]
    assert () == happened(queue("hospital", visit=None))


@pytest.mark.parametrize("value", [
    [{"taskid": 3, "wakturs": 5}, {"taskid": 4, "wakturs": "7", "waktu": 6}],
    {"list": [{"taskid": "3", "waktu": 5}, {"taskid": 4, "wakturs": 7}]},
])  # fmt: skip
def test_the_list_of_tasks_is_read_in_every_form(value: Any) -> None:
    """Bare or in an object, numbers or texts."""
    assert {3: 5, 4: 7} == listed(value)


@pytest.mark.parametrize("value", [None, "", [], {"list": None}, [{"taskid": "x"}], ["x"]])
def test_an_empty_list_of_tasks_is_none(value: Any) -> None:
    """However emptiness is said."""
    assert {} == listed(value)


def test_a_time_that_cannot_be_read_still_says_the_task() -> None:
    """The number alone keeps it from being told again."""
    assert {3: 0} == listed([{"taskid": 3, "wakturs": "16-03-2021 11:32:49 WIB"}])


@pytest.mark.parametrize(("status", "sent"), [("waiting", None), ("called", 1), ("served", 1), ("cancelled", None)])
def test_only_who_was_called_is_called(status: str, sent: int | None) -> None:
    """A place whose patient waits, or left, has no panggil."""
    body = call_at_clinic(queue(entry={"status": status}), "8000000000011", "001")
    assert sent == (body and body["status"])


def test_nobody_is_expected_before_they_took_their_number() -> None:
    """The first number of a morning, taken at noon, has its turn at noon."""
    late = queue("hospital", entry={"number": 1, "taken_at": "2026-11-23T05:00:00+00:00"})
    assert 1795410000000 == add_at_hospital(late)["estimasidilayani"]


def test_the_day_is_the_clinics_own() -> None:
    """Half past midnight in Jakarta is the next day, though UTC still has the old one."""
    assert not queue(as_of="2026-11-23T16:59:00+00:00").over
    assert queue(as_of="2026-11-23T17:30:00+00:00").over
