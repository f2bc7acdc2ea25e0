"""Whatever the visit: it is either stopped with a reason, or becomes resources that hold together."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.satusehat.visits import (
    CANARY_NAME,
    CANARY_NIK,
    Json,
    accepted,
    item,
    read,
    sound,
    sound_known,
    visits,
)
from workers.outcome import Accepted
from workers.satusehat.mapping import (
    Plan,
    Resource,
    bundle,
    content_hash,
    dangling,
    plan,
    resolve,
    resources,
    urn,
    validate,
)
from workers.satusehat.preflight import check
from workers.satusehat.snapshot import Known, MappingError, parse

MOMENTS = ("start", "end", "effectiveDateTime", "issued", "recordedDate", "authoredOn", "date", "whenPrepared",
           "whenHandedOver")  # fmt: skip


def _members(value: Any) -> list[tuple[str, Any]]:
    """Every named value in a body, however deep."""
    if isinstance(value, list):
        return [pair for inner in value for pair in _members(inner)]
    if isinstance(value, dict):
        return [*value.items(), *(pair for inner in value.values() for pair in _members(inner))]
    return []


def _planned(told: Json) -> Plan | None:
    """The plan of a visit the preflight lets through."""
    snapshot = parse(told)
    return None if check(snapshot, sound_known()) else plan(snapshot, sound_known())


@given(visits())
@settings(max_examples=300, deadline=None)
def test_what_passes_the_preflight_is_valid_fhir(told: Json) -> None:
    """No visit reaches the mapping only to break there."""
    for resource in (_planned(told) or plan(parse(sound()), sound_known())).create:
        validate(resource.body)


@given(visits())
@settings(max_examples=100, deadline=None)
def test_references_are_closed(told: Json) -> None:
    """Every urn is a resource of the same plan; everything else has a number already."""
    wanted = _planned(told)
    if wanted:
        ours = {urn(resource.key) for resource in wanted.create}
        assert all(set(dangling(resource.body)) <= ours for resource in wanted.create)


@given(visits())
@settings(max_examples=100, deadline=None)
def test_nothing_of_the_patient_is_said_but_the_number(told: Json) -> None:
    """Name and NIK stay in the clinic: not in identifiers, not anywhere."""
    wanted = _planned(told)
    said = json.dumps([resource.body for resource in wanted.create] if wanted else [])
    assert CANARY_NIK not in said
    assert CANARY_NAME not in said


def _complaint(told: Json, known: Known) -> MappingError | None:
    try:
        resources(parse(told), known)
    except MappingError as error:
        return error
    return None


@given(visits())
@settings(max_examples=100, deadline=None)
def test_errors_name_fields_and_no_values(told: Json) -> None:
    """What cannot be mapped is told by its path, with nothing behind it that could be printed."""
    error = _complaint(told, sound_known())
    if error is not None:
        assert error.paths
        assert all(path.replace(".", "").replace("_", "").isalnum() for path in error.paths)
        assert error.__context__ is None


def test_nobody_is_mapped_without_a_number() -> None:
    """A patient nobody found stops the mapping too, should the preflight be passed by."""
    assert ("patient.id",) == getattr(_complaint(sound(), {}), "paths", None)


@given(visits())
@settings(max_examples=100, deadline=None)
def test_an_accepted_plan_leaves_nothing_to_do(told: Json) -> None:
    """Planning again after everything was taken gives the empty plan."""
    wanted = _planned(told)
    if wanted:
        assert plan(parse(told), accepted(wanted, sound_known())).empty


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: _shuffled(value[name], chance) for name in names}
    return value


@given(st.integers())
def test_hashes_do_not_know_the_order_of_members(seed: int) -> None:
    """The same content is the same hash, however it was put together."""
    for resource in plan(parse(sound()), sound_known()).create:
        assert content_hash(resource.body) == content_hash(_shuffled(resource.body, random.Random(seed)))  # noqa: S311


def test_hashes_do_not_know_the_order_of_rows() -> None:
    """A database may hand out rows as it likes."""
    told = sound()
    turned = {name: value[::-1] if isinstance(value, list) else value for name, value in told.items()}
    assert _all(plan(parse(told), sound_known())) == _all(plan(parse(turned), sound_known()))


def test_hashes_do_not_know_remote_ids() -> None:
    """What SatuSehat calls our resources does not change their content."""
    known = sound_known()
    wanted = plan(parse(sound()), known)
    other = {r.key: Accepted(r.key, r.type, "elsewhere", "v9", "x") for r in wanted.create}
    assert _all(wanted) == _all(plan(parse(sound()), {**known, **other}))


def _all(wanted: Plan) -> dict[str, str]:
    return {r.key: content_hash(r.body) for r in (*wanted.create, *wanted.update)}


def _identifiers(resource: Resource) -> list[str]:
    given = resource.body["identifier"]
    return [f"{one['system']}|{one['value']}" for one in (given if isinstance(given, list) else [given])]


def test_every_resource_has_an_identifier_of_its_own() -> None:
    """The duplicate check is by type and identifier; the last one is the resource's alone."""
    wanted = plan(parse(sound()), sound_known()).create
    own = [(resource.type, _identifiers(resource)[-1]) for resource in wanted]
    assert len(wanted) == len(set(own))
    assert all("/10000004|" in one for resource in wanted for one in _identifiers(resource))


def test_composition_identifier_and_dispense_category_are_objects() -> None:
    """Lists in their place are refused as unparseable."""
    bodies = {resource.type: resource.body for resource in plan(parse(sound()), sound_known()).create}
    assert isinstance(bodies["Composition"]["identifier"], dict)
    assert isinstance(bodies["MedicationDispense"]["category"], dict)
    assert isinstance(bodies["Procedure"]["category"], dict)


def test_all_moments_are_utc() -> None:
    """Every moment ends in +00:00 and has whole seconds, wherever the clinic's clock stood."""
    for resource in plan(parse(sound()), sound_known()).create:
        for name, value in _members(resource.body):
            if name in MOMENTS:
                assert value.endswith("+00:00")
                assert len("2026-11-23T02:10:00+00:00") == len(value)


def test_nothing_empty_is_sent() -> None:
    """An absent fact leaves no trace."""
    bare = read(
        visit={"disposition": None, "disposition_note": "  ", "chief_complaint_snomed": None, "chief_complaint": ""},
        procedures=[], allergies=[], prescriptions=[], vital_signs=[],
    )  # fmt: skip
    for resource in plan(bare, sound_known()).create:
        assert all(value not in (None, "", [], {}) for _, value in _members(resource.body))


def test_first_bundle_posts_everything_in_order() -> None:
    """A transaction of POSTs, each under its urn, the Encounter first."""
    wanted = plan(parse(sound()), sound_known())
    sent = bundle(wanted.create, sound_known())
    assert wanted.first
    assert "Encounter" == sent["entry"][0]["request"]["url"]
    assert [urn(r.key) for r in wanted.create] == [entry["fullUrl"] for entry in sent["entry"]]
    validate(sent)


def test_bundle_leaves_out_what_is_known_and_resolves_it() -> None:
    """An Encounter that was adopted is named by its number."""
    known = {**sound_known()}
    wanted = plan(parse(sound()), known)
    key = wanted.create[0].key
    known[key] = Accepted(key, "Encounter", "enc-1", None, "x")
    sent = bundle(wanted.create, known)
    assert len(wanted.create) - 1 == len(sent["entry"])
    assert {"reference": "Encounter/enc-1"} == sent["entry"][0]["resource"]["encounter"]


def test_resolve_leaves_strangers_alone() -> None:
    """Only references that are known are replaced, and the original is not touched."""
    body = {"a": {"reference": urn("encounter/1")}, "b": {"reference": urn("encounter/2")}, "text": urn("encounter/1")}
    known = {"encounter/1": Accepted("encounter/1", "Encounter", "e1", None, "x")}
    resolved = resolve(body, known)
    assert "Encounter/e1" == resolved["a"]["reference"]
    assert urn("encounter/2") == resolved["b"]["reference"]
    assert (urn("encounter/2"),) == dangling(resolved)
    assert urn("encounter/1") == body["a"]["reference"]


def test_a_complaint_in_words_alone_is_told_in_the_summary() -> None:
    """No Condition without a code; the words are kept, escaped."""
    wanted = plan(read(visit={"chief_complaint_snomed": None, "chief_complaint": "batuk <3 hari"}), sound_known())
    summary = wanted.create[-1].body
    assert "batuk &lt;3 hari" in summary["section"][0]["section"][0]["text"]["div"]
    assert not any(r.key.endswith("chief-complaint") for r in wanted.create)


@pytest.mark.parametrize(
    ("finished", "code"), [("2026-11-23T03:00:00+00:00", "exp-lt48h"), ("2026-11-26T03:00:00+00:00", "exp-gt48h")]
)
def test_a_death_is_told_by_hours(finished: str, code: str) -> None:
    """Within 48 hours of arrival or later."""
    snapshot = read(visit={"disposition": "deceased", "finished_at": finished})
    encounter = plan(snapshot, sound_known()).create[0].body
    assert code == encounter["hospitalization"]["dischargeDisposition"]["coding"][0]["code"]


def test_an_inpatient_stay_is_counted_in_days() -> None:
    """Rule 10840: d for inpatients, min for others."""
    snapshot = read(visit={"visit_class": "inpatient", "finished_at": "2026-11-25T14:02:11+00:00"})
    length = plan(snapshot, sound_known()).create[0].body["length"]
    assert ("d", 2.5) == (length["code"], length["value"])


def test_an_order_stands_until_all_of_it_is_handed_over() -> None:
    """Completed only when the pharmacy gave everything."""
    given = sound()["prescriptions"][0]["items"][0]["dispenses"][0]
    part = item(dispenses=[given | {"quantity": 4}])
    ready = item(dispenses=[given | {"handed_over_at": None}])
    bodies = [{r.type: r.body for r in plan(s, sound_known()).create} for s in (part, ready)]
    assert ["active", "active"] == [b["MedicationRequest"]["status"] for b in bodies]
    assert ["completed", "in-progress"] == [b["MedicationDispense"]["status"] for b in bodies]


@pytest.mark.parametrize("body", [{}, {"resourceType": "Nothing"}, {"resourceType": "Observation", "status": 5}])
def test_invalid_fhir_is_told_by_path(body: Json) -> None:
    """No value of a refused body gets into the exception."""
    with pytest.raises(MappingError) as caught:
        validate(body)
    assert caught.value.paths
    assert caught.value.__context__ is None


def test_remembered_parts_do_not_hide_what_is_wrong() -> None:
    """A bad code inside a repeated part is found each time, with its whole path."""
    body = plan(parse(sound()), sound_known()).create[4].body
    for _ in range(2):
        with pytest.raises(MappingError, match=r"Observation\.code\.coding\.0\.code"):
            validate({**body, "code": {"coding": [{"system": "http://loinc.org", "code": " 8480-6 "}]}})
