"""P-Care: the reference lists, and that a demo clinic finds its codes in them."""

import pytest

from sandbox.demo.cases import AILMENTS, UNMAPPED
from tests.contract.bpjs_simulator.conftest import Bpjs

LISTS = {
    "dokter/0/10": {"kdDokter", "nmDokter"},
    "kesadaran": {"kdSadar", "nmSadar"},
    "poli/fktp/0/20": {"kdPoli", "nmPoli", "poliSakit"},
    "statuspulang/rawatInap/true": {"kdStatusPulang", "nmStatusPulang"},
    "provider/0/5": {"kdProvider", "nmProvider"},
    "alergi/jenis/01": {"kdAlergi", "nmAlergi"},
    "prognosa": {"kdPrognosa", "nmPrognosa"},
    "tindakan/kdTkp/10/0/50": {"kdTindakan", "nmTindakan", "maxTarif", "withValue"},
    "obat/dpho/para/0/5": {"kdObat", "nmObat", "sedia"},
    "diagnosa/I1/0/5": {"kdDiag", "nmDiag", "nonSpesialis"},
    "spesialis": {"kdSpesialis", "nmSpesialis"},
    "spesialis/INT/subspesialis": {"kdSubSpesialis", "nmSubSpesialis", "kdPoliRujuk"},
    "spesialis/sarana": {"kdSarana", "nmSarana"},
    "spesialis/khusus": {"kdKhusus", "nmKhusus"},
}


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_has_its_fields(bpjs: Bpjs, path: str) -> None:
    """Count, and rows of one shape."""
    listed = (await bpjs.pcare.get(path)).response
    assert listed["count"] >= len(listed["list"]) > 0
    assert all(LISTS[path] == row.keys() for row in listed["list"])


@pytest.mark.parametrize(
    "path",
    [
        "spesialis/rujuk/subspesialis/41/sarana/4/tglEstRujuk/{day}",
        "spesialis/rujuk/khusus/HDL/noKartu/8000000000011/tglEstRujuk/{day}",
        "spesialis/rujuk/khusus/THA/subspesialis/3/noKartu/8000000000011/tglEstRujuk/{day}",
    ],
)
async def test_where_to_refer(bpjs: Bpjs, path: str) -> None:
    """Hospitals for a day to come, none for one gone by."""
    rows = (await bpjs.pcare.get(path.format(day=bpjs.clock.dmy(2)))).response["list"]
    assert "0114R001" in {row["kdppk"] for row in rows}
    assert 204 == (await bpjs.pcare.get(path.format(day=bpjs.clock.dmy(-1)))).code


async def test_a_list_comes_in_pages(bpjs: Bpjs) -> None:
    """Start and limit are a window; the count is of all."""
    listed = (await bpjs.pcare.get("diagnosa/a/1/2")).response
    whole = (await bpjs.pcare.get("diagnosa/a/0/1000")).response
    assert (whole["count"], whole["list"][1:3]) == (listed["count"], listed["list"])


@pytest.mark.parametrize("code", sorted({one.icd10 for one in (*AILMENTS, UNMAPPED)}))
async def test_the_demo_diagnoses_are_known(bpjs: Bpjs, code: str) -> None:
    """What the invented morning is full of."""
    listed = (await bpjs.pcare.get(f"diagnosa/{code}/0/10")).response
    assert code in {row["kdDiag"] for row in listed["list"]}


async def test_a_word_that_finds_nothing(bpjs: Bpjs) -> None:
    """As for everything that is empty."""
    assert 204 == (await bpjs.pcare.get("diagnosa/zzzz/0/10")).code
