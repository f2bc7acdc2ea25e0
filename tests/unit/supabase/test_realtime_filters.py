"""Filters of a subscription, term by term."""

import pytest

from sandbox.supabase.gateway.realtime.filters import FilterError, parse

ROW = {"state": "ready", "amount": 12, "paid": True, "note": None, "name": "Ani, S.Kep"}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("state=eq.ready", True),
        ("state=neq.ready", False),
        ("amount=gt.9", True),
        ("amount=lte.11.5", False),
        ("paid=eq.true", True),
        ("paid=is.false", False),
        ("note=is.null", True),
        ("note=eq.null", False),
        ("note=isdistinct.x", True),
        ("state=in.(ready,uncertain)", True),
        ("state=not.in.(ready,uncertain)", False),
        ("name=like.Ani%", True),
        ("name=ilike.ani_", False),
        ("state=match.^re", True),
        ("state=eq.ready,amount=eq.12", True),
        ("state=eq.ready,amount=eq.13", False),
        ("missing=eq.1", False),
    ],
)
def test_a_filter_passes_the_rows_it_names(text: str, passes: bool) -> None:
    """All conditions must hold; a column that is not there fails."""
    assert passes == all(term.matches(ROW) for term in parse(text))


@pytest.mark.parametrize("text", ["state", "state=is ready", "state=near.ready"])
def test_a_filter_that_makes_no_sense_is_refused(text: str) -> None:
    """The client learns of it when it joins."""
    with pytest.raises(FilterError):
        parse(text)
