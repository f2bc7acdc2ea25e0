"""Properties that hold for any value, whatever a client may send."""

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.satusehat.config import SANDBOX_CLIENT, Config
from sandbox.satusehat.dates import Calendar, moment
from sandbox.satusehat.ministry import Ministry as Whole
from sandbox.satusehat.rulebook import code_exists
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import NOW
from tests.contract.satusehat_simulator.refusals import Build, done, encounter, order
from tests.contract.satusehat_simulator.test_people import new_patient

WORD_LIST = ["reference", "coding", "system", "code", "period", "start", "value", "identifier"]
WORDS = st.sampled_from(WORD_LIST)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([encounter, done, examples.condition, examples.observation, examples.prescription, order]),
    st.data(),
)
async def test_no_value_anywhere_brings_the_simulator_down(build: Build, data: st.DataObject) -> None:
    """Whatever stands in an element, the answer is an answer (rule 20008 and its like)."""
    whole = Whole(Config(clock=lambda: NOW))
    resource = build("Encounter/none")
    key = data.draw(st.sampled_from(sorted(resource.keys() - {"resourceType"})))
    broken = {**resource, key: data.draw(JSON_VALUES)}
    name = broken["resourceType"]
    bundle = copy.deepcopy(examples.bundle(examples.entry(broken)))
    assert whole.writer.create(name, broken, SANDBOX_CLIENT).status in (201, 400)
    assert whole.transactions.carry_out(bundle, SANDBOX_CLIENT).status in (200, 400)


@given(st.datetimes())
def test_every_full_date_time_is_read_and_its_date_alone_is_not(when: Any) -> None:
    """A zone and seconds are what makes a dateTime."""
    text = when.replace(microsecond=0).isoformat() + "+00:00"
    assert moment(text) is not None
    assert moment(text[:10]) is None
    assert moment(text[:-6]) is None


@given(st.floats(min_value=1.5e9, max_value=NOW - 1))
def test_the_future_is_refused_and_the_past_is_not(when: float) -> None:
    """Seen from its own moment a date passes; seen from before, it does not."""
    text = datetime.fromtimestamp(int(when), UTC).isoformat()
    assert Calendar("2014-06-03", NOW).complaint(text, 1, planned=False) is None
    assert Calendar("2014-06-03", when - 2).complaint(text, 1, planned=False) is not None
    assert Calendar("2014-06-03", when - 2).complaint(text, 1, planned=True) is None


@given(st.text())
def test_codes_with_blanks_exist_nowhere(code: str) -> None:
    """Trailing spaces in codes are the most common refusal (reference 3.6)."""
    assert not code_exists("http://loinc.org", f"{code} ")


@given(st.sampled_from(["identifier", "name", "gender", "birthDate", "address", "meta"]), JSON_VALUES)
def test_no_patient_brings_the_simulator_down(key: str, value: Any) -> None:
    """Registration answers whatever it is sent, and the index stays searchable."""
    whole = Whole(Config(clock=lambda: NOW))
    person = {**new_patient("3171012106910001"), key: value}
    assert whole.registration.create(person).status in (200, 400, 404)
    assert 200 == whole.people.search("Patient", [("name", "Tuti"), ("birthdate", "1991-06-21")]).status


@given(
    st.lists(st.tuples(st.sampled_from([*WORD_LIST, "_id", "_count", "_page_token", "subject"]), st.text(max_size=9)))
)
def test_no_search_brings_the_simulator_down(params: list[tuple[str, str]]) -> None:
    """Odd parameters are ignored or find nothing."""
    whole = Whole(Config(clock=lambda: NOW))
    whole.writer.create("Location", examples.location(), SANDBOX_CLIENT)
    assert whole.searcher.search("Location", params, SANDBOX_CLIENT).status == 200
    assert whole.people.search("Patient", params).status == 200
