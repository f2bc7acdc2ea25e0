"""What must be sent now: exactly the changes, each once, and what is gone is taken back."""

from tests.unit.satusehat.visits import accepted, read, sound, sound_known
from workers.outcome import Accepted
from workers.satusehat.mapping import RETRACTED, cancelled, plan, validate
from workers.satusehat.preflight import check
from workers.satusehat.snapshot import parse


def test_a_corrected_diagnosis_is_one_update() -> None:
    """Only the Condition changes: nobody repeats its code elsewhere."""
    known = accepted(plan(parse(sound()), sound_known()), sound_known())
    told = sound()
    told["diagnoses"][1] |= {"icd10_code": "A90", "name": "Dengue fever"}
    again = plan(parse(told), known)
    assert ["condition/d1a60000-0000-4000-8000-000000000001"] == [r.key for r in again.update]
    assert () == again.create
    assert () == again.retract


def test_a_removed_diagnosis_is_retracted_once() -> None:
    """Encounter and summary stop naming it, then it is marked; a second plan is quiet."""
    known = dict(accepted(plan(parse(sound()), sound_known()), sound_known()))
    told = sound()
    gone = told["diagnoses"].pop(0)
    again = plan(parse(told), known)
    assert {"Encounter", "Composition"} == {r.type for r in again.update}
    assert [f"condition/{gone['id']}"] == [held.key for held in again.retract]
    known = dict(accepted(again, known))
    key = again.retract[0].key
    known[key] = Accepted(key, "Condition", "c", "v2", RETRACTED)
    assert plan(parse(told), known).empty
    assert key in [r.key for r in plan(parse(sound()), known).update]


def test_dependents_are_retracted_before_what_they_name() -> None:
    """A dispense goes before its request."""
    known = accepted(plan(parse(sound()), sound_known()), sound_known())
    again = plan(read(prescriptions=[]), known)
    assert ["MedicationDispense", "MedicationRequest"] == [held.type for held in again.retract]


def test_a_visit_cancelled_before_it_was_sent_stays_unsent() -> None:
    """Nothing is told of what SatuSehat never heard of."""
    snapshot = read(visit={"status": "cancelled", "cancelled_at": "2026-11-23T03:30:00+00:00"})
    assert () == cancelled(snapshot, sound_known())
    assert () == check(snapshot, {})
    assert plan(snapshot, sound_known()).empty


def test_a_visit_cancelled_later_is_taken_back() -> None:
    """Its Encounter says cancelled, everything recorded in it is retracted, master data is not."""
    known = accepted(plan(parse(sound()), sound_known()), sound_known())
    snapshot = read(visit={"status": "cancelled", "cancelled_at": "2026-11-23T03:30:00+00:00"})
    again = plan(snapshot, known)
    assert ["cancelled"] == [r.body["status"] for r in again.update]
    assert "diagnosis" not in again.update[0].body
    assert 18 == len(again.retract)
    validate(again.update[0].body)
