"""How an order's facts become resources: identity, second thoughts, and what is never said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.satusehat.orders import GLUCOSE, IMAGE, PANEL, item, known, read, result, sound
from tests.unit.satusehat.visits import accepted
from workers.outcome import Accepted
from workers.satusehat.diagnostics.mapping import plan, resources
from workers.satusehat.diagnostics.snapshot import OrderSnapshot, parse
from workers.satusehat.facts import MappingError
from workers.satusehat.mapping import READ, bundle, dangling, resolve, validate
from workers.satusehat.mapping.resource import Body


def body(snapshot: OrderSnapshot, type_: str, name: str = PANEL, number: int = 0) -> Body:
    """One of the resources of a type."""
    return [one.body for one in resources(snapshot, known(name)) if one.type == type_][number]


def test_a_first_bundle_refers_to_nothing_outside_but_people_and_the_visit() -> None:
    """Every urn in it is one of its own full URLs."""
    wanted = plan(read(), known())
    assert wanted.first
    sent = bundle(wanted.create, known())
    validate(sent)
    urls = {entry["fullUrl"] for entry in sent["entry"]}
    assert all(set(dangling(entry["resource"])) <= urls for entry in sent["entry"])


def test_one_tube_serves_every_item_examined_in_it() -> None:
    """It names all their requests, and a cancelled item's no more."""
    told = sound()
    other = told["items"][0] | {"id": "e2000000-0000-4000-8000-000000000009"}
    other |= {"results": [other["results"][0] | {"id": "e3000000-0000-4000-8000-000000000099"}]}
    told["items"].append(other)
    both = resources(parse(told), known())
    assert [1, 2] == [len([r for r in both if r.type == "Specimen"]), len(body(parse(told), "Specimen")["request"])]
    told["items"][1] = other | {"state": "cancelled"}
    again = plan(parse(told), accepted(plan(parse(told | {"items": [*told["items"][:1], other]}), known()), known()))
    assert ["Specimen"] == [one.type for one in again.update]
    assert ["DiagnosticReport", "Observation", "ServiceRequest"] == [one.type for one in again.retract]


def test_a_value_below_what_can_be_measured_keeps_its_sign() -> None:
    """The comparator travels with the number."""
    assert "<" == body(read(GLUCOSE), "Observation", GLUCOSE)["valueQuantity"]["comparator"]


@pytest.mark.parametrize(("flag", "display"), [("LL", "Critical low"), ("A", "Abnormal"), ("AA", "Critical abnormal")])
def test_a_flag_is_an_interpretation(flag: str, display: str) -> None:
    """By its code in v3-ObservationInterpretation; without a flag nobody interprets."""
    (told,) = body(result(flag=flag), "Observation")["interpretation"]
    assert {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": flag,
            "display": display} == told["coding"][0]  # fmt: skip
    assert "interpretation" not in body(result(flag=None), "Observation")


def test_a_range_in_words_stays_in_words() -> None:
    """Low and high only where there are numbers."""
    told = body(result(range_low=None, range_high=None, range_text="Negatif"), "Observation")
    assert [{"text": "Negatif"}] == told["referenceRange"]


def test_a_section_outside_the_table_is_told_as_the_department() -> None:
    """HL7 table 0074 has no urology."""
    told = body(item(examination={"section_code": "UR"}), "DiagnosticReport")
    assert "LAB" == told["category"][0]["coding"][0]["code"]


def test_only_the_report_of_a_corrected_result_is_amended() -> None:
    """Another item's report says what it said."""
    told = sound()
    other = told["items"][0] | {"id": "e2000000-0000-4000-8000-000000000009", "conclusion": "Normal"}
    other |= {"results": [other["results"][0] | {"id": "e3000000-0000-4000-8000-000000000099"}]}
    told["items"].append(other)
    told["order"] |= {"state": "amended", "amended_at": "2026-11-24T04:00:00+00:00"}
    told["items"][0] |= {"amended": True}
    told["items"][0]["results"][0] |= {"corrected": True}
    assert ["amended", "final"] == [body(parse(told), "DiagnosticReport", number=n)["status"] for n in (0, 1)]


def test_a_changed_conclusion_amends_the_report_alone() -> None:
    """No result is corrected."""
    before = accepted(plan(read(), known()), known())
    told = sound()
    told["order"] |= {"state": "amended", "amended_at": "2026-11-24T04:00:00+00:00"}
    told["items"][0] |= {"conclusion": "Trombositopenia berat", "amended": True}
    again = plan(parse(told), before)
    assert [("DiagnosticReport", "amended")] == [(one.type, one.body["status"]) for one in again.update]


def test_awaited_images_hold_back_results_and_report_only() -> None:
    """The request is what the router looks for."""
    row = sound(IMAGE)["items"][0]["id"]
    assert ["ServiceRequest"] == [one.type for one in plan(read(IMAGE), known(IMAGE), {row}).create]


def test_a_study_is_referred_to_by_its_number_and_never_sent_or_retracted() -> None:
    """It is the ministry's own."""
    key = f"imaging-study/{sound(IMAGE)['items'][0]['id']}"
    held = {**known(IMAGE), key: Accepted(key, "ImagingStudy", "study-1", "v1", READ)}
    wanted = plan(read(IMAGE), held)
    assert "ImagingStudy" not in {one.type for one in wanted.create}
    (told,) = [one.body["imagingStudy"] for one in wanted.create if one.type == "DiagnosticReport"]
    assert [{"reference": "ImagingStudy/study-1"}] == told
    gone = plan(read(IMAGE, visit={"status": "cancelled"}), accepted(wanted, held))
    assert "ImagingStudy" not in {one.type for one in gone.retract}


def test_another_deliverys_resources_are_left_alone() -> None:
    """The visit's Encounter is known, and not this order's to retract."""
    before = accepted(plan(read(), known()), known())
    gone = plan(read(visit={"status": "cancelled"}), before)
    assert "Encounter" not in {one.type for one in gone.retract}
    assert 8 == len(gone.retract)


def test_an_unknown_performer_names_the_path() -> None:
    """Never the person."""
    with pytest.raises(MappingError) as refused:
        resources(read(order={"performer_id": "nobody"}), known())
    assert ("order.performer_id",) == refused.value.paths


_words = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))


@given(
    value=st.one_of(st.none(), st.integers(-5, 10**6), st.floats(-5, 1e6, allow_nan=False)),
    unit=st.sampled_from([None, "", "g/dL", "%"]), flag=st.sampled_from([None, "N", "LL", "HH", "A"]),
    kind=st.sampled_from(["numeric", "coded", "text"]), words=_words, low=st.one_of(st.none(), st.floats(0, 9)),
    comment=_words, corrected=st.booleans(), conclusion=_words,
)  # fmt: skip
def test_whatever_was_found_is_valid_fhir_or_names_its_path(  # one parameter per column
    *, value: float | None, unit: str | None, flag: str | None, kind: str, words: str | None, low: float | None,
    comment: str | None, corrected: bool, conclusion: str | None,
) -> None:  # fmt: skip
    """No value slips through half, and none is repeated in an error."""
    told = sound()
    told["items"][0]["conclusion"] = conclusion
    told["items"][0]["results"][0] |= {
        "value_type": kind, "value_numeric": value, "unit": unit, "flag": flag, "value_text": words,
        "value_display": words, "range_low": low, "comment": comment, "corrected": corrected}  # fmt: skip
    try:
        wanted = resources(parse(told), known())
    except MappingError as refused:
        paths = set(refused.paths)
        wanted = ()
    else:
        paths = set()
    assert paths <= {"items.results.value", "items.results.unit"}
    for one in wanted:
        validate(resolve(one.body, known()))
    assert "Ardianto" not in json.dumps([one.body for one in wanted])
