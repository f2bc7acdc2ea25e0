"""What BPJS's monitoring says: read leniently, never through a float, and compared both ways."""

from typing import Any

import pytest

from workers.bpjs.vclaim.fates import OurSep, differences, fate, rupiah

SEP = "0114R0011126V000007"
OURS = OurSep(5, SEP, "2026-11-23", "2", "8000000000011")
THEIRS = {"noSep": SEP, "tglSep": "2026-11-23", "noKartu": "8000000000011"}


@pytest.mark.parametrize(("text", "amount"), [
    ("0", 0), ("325000", 325_000), ("325.000", 325_000), ("1.325.000", 1_325_000), ("1,325,000", 1_325_000),
    ("325000.00", 325_000), ("325000,0", 325_000), (325_000, 325_000), (" 12 ", 12),
    ("9007199254740993", 9_007_199_254_740_993),
    ("", None), (None, None), ("-5", None), ("12.5", None), ("1.32.000", None), ("Rp 5", None),
])  # fmt: skip
def test_rupiah(text: object, amount: int | None) -> None:
    """Whole rupiah, to the last one; what is no such amount is none at all."""
    assert amount == rupiah(text)


@pytest.mark.parametrize(("asked", "words", "state", "reason"), [
    ("1", "Proses Verifikasi", "in_verification", None),
    ("2", "Pending Verifikasi - resume kurang", "pending", "resume kurang"),
    ("2", "Pending Verifikasi: resume kurang", "pending", "resume kurang"),
    ("2", "", "pending", "BPJS tidak menyebutkan alasan"),
    ("2", "berkas belum lengkap", "pending", "berkas belum lengkap"),
    ("3", "Klaim", "approved", None),
    ("3", "Klaim - Tidak Layak", "rejected", "Tidak Layak"),
])  # fmt: skip
def test_a_row_says_where_the_claim_is(asked: str, words: str, state: str, reason: str | None) -> None:
    """The status asked for decides; the words give the reason, or a refusal."""
    told = fate(asked, {"noSEP": SEP, "status": words})
    assert told is not None
    assert (SEP, state, reason) == (told["sep_number"], told["state"], told["reason"])


def test_amounts_and_names_come_along() -> None:
    """Texts that are empty are nothing."""
    told = fate("3", {
        "noSEP": SEP, "status": "Klaim", "noFPK": "7/FPK", "Inacbg": {"kode": "Q-5-44-0", "nama": ""},
        "biaya": {"byPengajuan": "350000", "bySetujui": "325000"},
    })  # fmt: skip
    assert told is not None
    assert (350_000, 325_000, "Q-5-44-0", None, "7/FPK") == tuple(
        told[name] for name in ("requested_rupiah", "approved_rupiah", "group_code", "group_name", "fpk_number")
    )


def test_a_row_without_a_sep_is_left_out() -> None:
    """It cannot be anybody's."""
    assert fate("1", {"status": "Proses Verifikasi"}) is None


@pytest.mark.parametrize(("theirs", "found"), [
    ([THEIRS], []),
    ([{"noSep": SEP}], []),
    ([], [("missing_there", 5)]),
    ([THEIRS | {"noKartu": "8000000000022"}], [("different", 5)]),
    ([THEIRS | {"tglSep": "2026-11-22"}], [("different", 5)]),
    ([THEIRS, {"noSep": "0114R0011126V000008"}], [("unknown_here", None)]),
])  # fmt: skip
def test_both_sides_are_compared(theirs: list[dict[str, Any]], found: list[tuple[str, int | None]]) -> None:
    """What only one side has, or has otherwise; what BPJS leaves out agrees."""
    told = differences([OURS], theirs, {})
    assert found == [(one["difference"], one["delivery_id"]) for one in told]


def test_the_kind_of_service_counts_too() -> None:
    """Listed among inpatients, held as an outpatient."""
    assert ["different"] == [one["difference"] for one in differences([OURS], [THEIRS], {SEP: "1"})]
