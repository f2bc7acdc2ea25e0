"""Whether a DICOM file is the patient's whom the order names: the written rules, one by one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.laboratory.files.identity import PARTS, Expected, absent, conflicts
from workers.laboratory.files.verdict import Identity

ORDER = Expected(
    patient_numbers=["RM-000123", "3201015204900001"], full_name="Ny. Dewi Kartika Sari, S.Kom",
    birth_date=date(1990, 4, 12), gender="female", accession_numbers=["R2611240003", "R2611240003A"],
)  # fmt: skip


def against(**found: str | None) -> tuple[str, ...]:
    """The parts in which it differs from the order."""
    return conflicts(Identity(**found), ORDER)


def named(name: str) -> Expected:
    """An order for somebody of that name."""
    return Expected(patient_numbers=[], full_name=name, birth_date=None, gender=None, accession_numbers=[])


@pytest.mark.parametrize("found", [
    {}, {"patient_number": ""}, {"patient_number": " - "}, {"birth_date": "00000000"}, {"birth_date": "1990"},
    {"birth_date": "19900431"}, {"sex": "O"}, {"sex": "?"}, {"accession_number": "  "}, {"patient_name": "^^"},
    {"patient_name": "Ny."},
])  # fmt: skip
def test_silence_contradicts_nothing(found: dict[str, str]) -> None:
    """And every part is recorded as absent."""
    assert () == against(**found)
    assert PARTS == absent(Identity(**found))


@pytest.mark.parametrize("number", ["RM-000123", "rm 000123", "RM000123", "3201015204900001", "32.01.01.520490-0001"])
def test_a_number_may_be_written_freely(number: str) -> None:
    """The record number or the NIK."""
    assert () == against(patient_number=number)


@pytest.mark.parametrize("number", ["RM-000124", "123", "3201015204900002", "X"])
def test_another_number_contradicts(number: str) -> None:
    """However near."""
    assert ("patient_number",) == against(patient_number=number)


def test_zeros_in_front_do_not_count() -> None:
    """Machines fill up."""
    order = Expected(patient_numbers=["123"], full_name="A", birth_date=None, gender=None, accession_numbers=[])
    assert () == conflicts(Identity(patient_number="00000123"), order)


@pytest.mark.parametrize(("part", "right", "wrong"), [
    ("birth_date", "19900412", "19900413"), ("birth_date", "1990.04.12", "1990-12-04"),
    ("sex", "f", "M"), ("accession_number", " r2611240003a", "R2611240003B"), ("accession_number", "R2611240003", "R1"),
])  # fmt: skip
def test_each_part_by_itself(part: str, right: str, wrong: str) -> None:
    """The same, or a contradiction."""
    assert () == against(**{part: right})
    assert (part,) == against(**{part: wrong})


@pytest.mark.parametrize("name", [
    "SARI^DEWI KARTIKA", "Dewi^Kartika^Sari", "sari dewi", "DEWI K SARI", "D.^Kartika Sari", "Dewi Sari^^^Ny",
    "DEWI KARTIKA SARI=", "Déwi Kartika Sari", "Sari, Dewi", "Hj. Dewi Kartika Sari", "DEWI", "Sari^D^K",
])  # fmt: skip
def test_the_same_name_in_other_words(name: str) -> None:
    """Case, order, signs, accents, titles, missing parts and initials."""
    assert () == against(patient_name=name)


@pytest.mark.parametrize("name", ["BUDI^SANTOSO", "Dewi^Lestari", "Sri Kartika Putri", "D", "D K S", "Dewa"])
def test_another_name_contradicts(name: str) -> None:
    """One word that is not in the other, or no whole word in common."""
    assert ("patient_name",) == against(patient_name=name)


@pytest.mark.parametrize(("mine", "theirs"), [
    ("Muhammad Rizki", "MOCH RIZKI"), ("M. Rizki", "Mohammad Rizki"), ("Moh. Rizki", "RIZKI^MUHAMAD"),
    ("H. Abdul Ma'ruf", "ABDUL MARUF"), ("St. Aminah", "AMINAH^SITI"), ("A.B. Susanto", "SUSANTO^ANDI BAYU"),
    ("Suharto", "SUHARTO^^^H"), ("Mohd Ali", "MUHAMMAD ALI"), ("M. Sari", "SARI^MARIA"),
])  # fmt: skip
def test_names_as_they_are_written_here(mine: str, theirs: str) -> None:
    """Muhammad in all its spellings, titles, apostrophes, single names."""
    assert () == conflicts(Identity(patient_name=theirs), named(mine))


@pytest.mark.parametrize(
    ("mine", "theirs"), [("Suharto", "SUHARTINI"), ("Muhammad Ali", "MUHAMMAD AMIN"), ("Sri", "S")]
)
def test_near_names_are_not_the_same(mine: str, theirs: str) -> None:
    """A beginning in common is none."""
    assert ("patient_name",) == conflicts(Identity(patient_name=theirs), named(mine))


def test_every_contradiction_is_told() -> None:
    """In the order of the parts."""
    found = {
        "patient_number": "9",
        "patient_name": "BUDI",
        "birth_date": "20000101",
        "sex": "M",
        "accession_number": "L1",
    }
    assert PARTS == against(**found)
    assert () == absent(Identity(**found))


words = st.text(st.characters(categories=["L", "N", "P", "Z", "M"]), max_size=40)


@given(st.builds(Identity, *[], **dict.fromkeys(PARTS, st.none() | words)), words)
def test_no_text_breaks_it(found: Identity, name: str) -> None:
    """Whatever a machine writes has an answer, and what is absent never contradicts."""
    assert not set(conflicts(found, named(name))) & set(absent(found))
    assert not set(conflicts(found, ORDER)) & set(absent(found))


@given(words)
def test_everybody_has_their_own_name(name: str) -> None:
    """A name never contradicts itself."""
    assert () == conflicts(Identity(patient_name=name), named(name)) or len(name.split()) == 0
