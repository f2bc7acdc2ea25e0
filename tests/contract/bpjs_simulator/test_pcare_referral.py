"""P-Care: a visit that ends with a referral."""

from typing import Any

import pytest

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs
from tests.contract.bpjs_simulator.visiting import NUMBER, visited


async def test_a_referral_and_its_letter(bpjs: Bpjs) -> None:
    """The visit's number is the referral's."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    number = (await bpjs.pcare.post("kunjungan/V1", examples.referred(day))).response[0]["message"]
    letter = (await bpjs.pcare.get(f"kunjungan/rujukan/{number}")).response
    assert (number, "Klinik Utama Kenanga", "JANTUNG UMUM") == (
        letter["noRujukan"],
        letter["ppkRujuk"]["nmPPK"],
        letter["poli"]["nmPoli"],
    )
    assert ("29-05-2026", "26-08-2026") == (letter["tglEstRujuk"], letter["tglAkhirRujuk"])


async def test_a_visit_without_referral_has_no_letter(bpjs: Bpjs) -> None:
    """Nor has a number that is none."""
    await visited(bpjs)
    assert 204 == (await bpjs.pcare.get(f"kunjungan/rujukan/{NUMBER}")).code


@pytest.mark.parametrize(
    "changes",
    [
        {"tglEstRujuk": "28-05-2026"},
        {"tglEstRujuk": None},
        {"kdppk": "0114A002"},
        {"subSpesialis": None},
        {"khusus": {"kdKhusus": "HDL", "kdSubSpesialis": None, "catatan": "-"}},
        {"subSpesialis": {"kdSubSpesialis1": "999", "kdSarana": None}},
        {"subSpesialis": {"kdSubSpesialis1": "41", "kdSarana": "99"}},
        {"subSpesialis": None, "khusus": {"kdKhusus": "XXX", "kdSubSpesialis": None, "catatan": "-"}},
        {"subSpesialis": None, "khusus": {"kdKhusus": "THA", "kdSubSpesialis": None, "catatan": "-"}},
    ],
)
async def test_what_a_referral_must_not_say(bpjs: Bpjs, changes: dict[str, Any]) -> None:
    """Day, hospital, and exactly one of the two kinds."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    body = examples.referred(day, rujukLanjut=examples.referral(day, **changes))
    assert 412 == (await bpjs.pcare.post("kunjungan/V1", body)).code


async def test_a_special_referral(bpjs: Bpjs) -> None:
    """The body may then leave the poli out, and needs no TACC."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    special = {"kdKhusus": "HDL", "kdSubSpesialis": None, "catatan": "rutin"}
    letter = examples.referral(day, subSpesialis=None, khusus=special)
    body = examples.referred(day, rujukLanjut=letter, kdPoli=None, kdDiag1="J00", kdTacc=0)
    assert 201 == (await bpjs.pcare.post("kunjungan/V1", body)).code


@pytest.mark.parametrize(
    ("code", "reason", "accepted"),
    [
        (-1, None, False),
        (0, None, False),
        (1, ">= 7 Hari", True),
        (1, "lama", False),
        (2, ">= 55 Tahun", True),
        (3, "E11.9 - Non-insulin-dependent diabetes mellitus without complications", True),
        (3, "E11.9", False),
        (4, "< 3 Hari", True),
        (5, "< 3 Hari", False),
        ("1", ">= 7 Hari", False),
    ],
)
async def test_tacc(bpjs: Bpjs, code: Any, reason: Any, accepted: bool) -> None:
    """A diagnosis that needs no specialist is referred only with a reason from the list."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    body = examples.referred(day, kdDiag1="I10", kdTacc=code, alasanTacc=reason)
    assert (201 if accepted else 412) == (await bpjs.pcare.post("kunjungan/V1", body)).code


async def test_a_referral_of_the_wrong_type(bpjs: Bpjs) -> None:
    """The server breaks on it."""
    assert 500 == (await visited(bpjs, rujukLanjut="ya")).code
