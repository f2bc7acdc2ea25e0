"""What the database says of a value, against a model that knows only what the words mean."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from fractions import Fraction

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.supabase.postgres import Postgres
from tests.database.desk import connected

BOUNDS = ("critical_low", "low", "high", "critical_high")
TINY = Fraction(1, 10**9)
EXAMPLES = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = st.decimals(min_value=0, max_value=20, places=1, allow_nan=False)


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, float]:
    """Bounds in order, some of them missing."""
    values = sorted(draw(st.lists(numbers, min_size=4, max_size=4)))
    return {name: float(v) for name, v in zip(BOUNDS, values, strict=True) if draw(st.booleans())}


@pytest.fixture(scope="module")
async def judge(books: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """Whoever may ask the private functions."""
    async with connected(books) as connection:
        yield connection


def judged(value: Fraction, range_: dict[str, float]) -> str:
    """The flag of a value that is known exactly."""
    bound = {name: Fraction(Decimal(str(range_[name]))) for name in range_}
    if "critical_low" in bound and value < bound["critical_low"]:
        return "LL"
    if "critical_high" in bound and value > bound["critical_high"]:
        return "HH"
    if "low" in bound and value < bound["low"]:
        return "L"
    return "H" if "high" in bound and value > bound["high"] else "N"


def possible(value: Decimal, comparator: str | None, range_: dict[str, float]) -> set[str]:
    """The flags of every value that a measure may stand for."""
    exact = Fraction(value)
    if comparator is None:
        return {judged(exact, range_)}
    edges = [Fraction(Decimal(str(bound))) for bound in range_.values()]
    probes = [exact, *(edge + shift for edge in edges for shift in (-TINY, 0, TINY)), exact - TINY, exact + TINY]
    probes += [exact - 1000, exact + 1000]
    holds = {"<": lambda x: x < exact, "<=": lambda x: x <= exact, ">": lambda x: x > exact, ">=": lambda x: x >= exact}
    return {judged(probe, range_) for probe in probes if holds[comparator](probe)}


async def flag(
    judge: asyncpg.Connection, value: Decimal, comparator: str | None, range_: dict[str, float]
) -> str | None:
    """What the database says."""
    return await judge.fetchval("select private.flag_of($1, $2, $3)", value, comparator, json.dumps(range_))


@EXAMPLES
@given(value=numbers, range_=ranges())
async def test_a_measured_value_has_the_flag_of_its_range(
    judge: asyncpg.Connection, value: Decimal, range_: dict[str, float]
) -> None:
    """Exactly; and none where there is no range."""
    expected = judged(Fraction(value), range_) if range_ else None

    assert expected == await flag(judge, value, None, range_)


@EXAMPLES
@given(value=numbers, comparator=st.sampled_from(["<", "<=", ">", ">="]), range_=ranges())
async def test_a_bound_is_flagged_only_where_it_is_certain(
    judge: asyncpg.Connection, value: Decimal, comparator: str, range_: dict[str, float]
) -> None:
    """ "<5" says nothing that is not true of every value under 5."""
    said = await flag(judge, value, comparator, range_)

    assert said is None or {said} == possible(value, comparator, range_)


@pytest.mark.parametrize(
    ("comparator", "value", "expected"), [(">", "500", "HH"), ("<", "40", "LL"), ("<", "100", None)]
)
async def test_a_bound_beyond_a_critical_limit_is_critical(
    judge: asyncpg.Connection, comparator: str, value: str, expected: str | None
) -> None:
    """A meter that shows ">500" is as urgent as one that shows a number."""
    glucose = {"low": 70, "high": 200, "critical_low": 45, "critical_high": 450}

    assert expected == await flag(judge, Decimal(value), comparator, glucose)


people = st.fixed_dictionaries(
    {"sex": st.sampled_from(["male", "female"]), "age": st.integers(0, 40_000), "pregnant": st.booleans()}
)
rows = st.lists(
    st.fixed_dictionaries(
        {"low": st.integers(0, 9)},
        optional={
            "sex": st.sampled_from(["male", "female"]), "from_days": st.integers(0, 20_000),
            "to_days": st.integers(0, 40_000), "pregnant": st.booleans(),
        },
    ),
    max_size=6,
)  # fmt: skip


@EXAMPLES
@given(person=people, listed=rows)
async def test_the_range_is_one_that_fits_and_says_most(
    judge: asyncpg.Connection, person: dict, listed: list[dict]
) -> None:
    """Pregnancy before sex, sex before nothing, the narrower age before the wider."""
    told = await judge.fetchval(
        "select private.range_for($1, $2, $3, $4)::text",
        json.dumps(listed),
        person["sex"],
        person["age"],
        person["pregnant"],
    )
    fitting = [row for row in listed if _fits(row, person)]
    if not fitting:
        assert told is None
        return
    assert min(map(_says_little, fitting)) == _says_little(json.loads(told))
    assert json.loads(told) in fitting


def _fits(row: dict, person: dict) -> bool:
    return (
        row.get("sex", person["sex"]) == person["sex"]
        and row.get("pregnant", person["pregnant"]) == person["pregnant"]
        and row.get("from_days", 0) <= person["age"] <= row.get("to_days", 2**31 - 1)
    )


def _says_little(row: dict) -> tuple[bool, bool, int]:
    return "pregnant" not in row, "sex" not in row, row.get("to_days", 2**31 - 1) - row.get("from_days", 0)
