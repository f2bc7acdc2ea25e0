"""Fetches BPJS's lists for a facility, so that people choose from them and codes are never made up here.

The lists disagree between facilities and years (3 and 4 of ``statuspulang`` even change places, reference
bpjs 4.1), which is why none of them is written down in this program.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from workers.bpjs.asking import Row, rows_at
from workers.bpjs.exchange import Way
from workers.bpjs.services import Service

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class ReferenceList:
    """One list: where it is, and which of its fields are code and name."""

    kind: str
    path: str
    code: str
    name: str
    service: Service = "pcare"


PCARE_LISTS: Final = (
    ReferenceList("poli", f"poli/fktp/0/{PAGE}", "kdPoli", "nmPoli"),
    ReferenceList("doctor", f"dokter/0/{PAGE}", "kdDokter", "nmDokter"),
    ReferenceList("consciousness", "kesadaran", "kdSadar", "nmSadar"),
    ReferenceList("disposition", "statuspulang/rawatInap/false", "kdStatusPulang", "nmStatusPulang"),
    ReferenceList("prognosis", "prognosa", "kdPrognosa", "nmPrognosa"),
    ReferenceList("food_allergy", "alergi/jenis/01", "kdAlergi", "nmAlergi"),
    ReferenceList("air_allergy", "alergi/jenis/02", "kdAlergi", "nmAlergi"),
    ReferenceList("drug_allergy", "alergi/jenis/03", "kdAlergi", "nmAlergi"),
    ReferenceList("procedure", f"tindakan/kdTkp/10/0/{PAGE}", "kdTindakan", "nmTindakan"),
    ReferenceList("specialist", "spesialis", "kdSpesialis", "nmSpesialis"),
    ReferenceList("service", "spesialis/sarana", "kdSarana", "nmSarana"),
    ReferenceList("special", "spesialis/khusus", "kdKhusus", "nmKhusus"),
)

HOSPITAL_LISTS: Final = (
    ReferenceList("poli", "ref/poli", "kdsubspesialis", "nmsubspesialis", "antrean_rs"),
    ReferenceList("doctor", "ref/dokter", "kodedokter", "namadokter", "antrean_rs"),
    ReferenceList("disposition", "referensi/pascapulang", "kode", "nama", "vclaim"),
    ReferenceList("way_out", "referensi/carakeluar", "kode", "nama", "vclaim"),
    ReferenceList("room_class", "referensi/kelasrawat", "kode", "nama", "vclaim"),
    ReferenceList("specialism", "referensi/spesialistik", "kode", "nama", "vclaim"),
    ReferenceList("ward", "referensi/ruangrawat", "kode", "nama", "vclaim"),
)
"""A referral-level clinic's lists: of the queue for poli and doctors, of VClaim for what an LPK asks."""

Entry = Mapping[str, Any]


def looked_up(kind: str, keyword: str) -> ReferenceList:
    """The part of a long list that a word finds: ``drug`` (DPHO) or ``diagnosis`` (with its nonSpesialis flag)."""
    word = quote(keyword, safe="")
    if kind == "drug":
        return ReferenceList(kind, f"obat/dpho/{word}/0/{PAGE}", "kdObat", "nmObat")
    return ReferenceList(kind, f"diagnosa/{word}/0/{PAGE}", "kdDiag", "nmDiag")


async def fetch(list_: ReferenceList, way: Way) -> list[Entry]:
    """The entries as ``store_references`` takes them; raises Ended when BPJS cannot be asked."""
    rows = await rows_at(way, f"GET {list_.kind} list", list_.path)
    return [_entry(list_, row) for row in rows if row.get(list_.code) is not None]


def _entry(list_: ReferenceList, row: Row) -> Entry:
    name = str(row.get(list_.name) or row[list_.code])
    details = {key: value for key, value in row.items() if key not in (list_.code, list_.name)}
    return {"code": str(row[list_.code]), "name": name, "details": details}
