"""The visits of one invented morning: what people came with, what was found, and what went wrong on paper.

The patients are the ministry's published sandbox identities; what ails them is invented.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle, islice


class Flaw(StrEnum):
    """How a visit is entered wrongly, as it happens in real clinics."""

    NO_NIK = "NIK kosong"
    NO_DIAGNOSIS = "selesai tanpa diagnosis"
    UNMAPPED_DRUG = "obat belum dipetakan"
    UNKNOWN_DOCTOR = "dokter tanpa nomor IHS"
    UNKNOWN_CODE = "kode ICD-10 tidak dikenal"
    CANCELLED = "dibatalkan sebelum diperiksa"


@dataclass(frozen=True, slots=True)
class Ailment:
    """What somebody comes with: complaint with its SNOMED code, diagnosis, drug, procedure, allergy."""

    complaint: str
    snomed: str
    icd10: str
    name: str
    drug: str | None = None
    temperature: float = 36.7
    second: tuple[str, str] | None = None
    procedure: tuple[str, str, str] | None = None
    allergy: tuple[str, str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One visit of the morning."""

    number: int
    patient: int
    ailment: Ailment
    flaw: Flaw | None = None
    corrected_to: tuple[str, str] | None = None
    bpjs: bool = False
    """BPJS pays: it takes one visit per member, poli and day, so each patient's first."""


AILMENTS = (
    Ailment("demam menggigil dua hari", "274640006", "A91", "Dengue haemorrhagic fever", "PCT500", 38.9),
    Ailment("batuk dan pilek", "49727002", "J06.9", "Acute upper respiratory infection", "PCT500", 37.4),
    Ailment("kontrol darah tinggi", "38341003", "I10", "Essential hypertension", "AML5"),
    Ailment("nyeri ulu hati", "79922009", "K29.7", "Gastritis, unspecified", "OMZ20"),
    Ailment("kontrol gula darah", "44054006", "E11.9", "Type 2 diabetes mellitus", "MTF500",
            second=("I10", "Essential hypertension")),
    Ailment("sakit kepala berdenyut", "25064002", "G43.9", "Migraine, unspecified", "PCT500"),
    Ailment("gatal pada lengan", "418363000", "L23.9", "Allergic contact dermatitis", "CTZ10",
            allergy=("food", "Udang", "snomed", "44027008")),
    Ailment("nyeri dada ringan", "29857009", "R07.4", "Chest pain, unspecified",
            procedure=("89.52", "Electrocardiogram", "diagnostic")),
    Ailment("sesak karena asma", "267036007", "J45.9", "Asthma, unspecified",
            procedure=("93.94", "Respiratory medication by nebulizer", "therapeutic")),
    Ailment("nyeri pinggang", "279039007", "M54.5", "Low back pain", "PCT500"),
    Ailment("diare sejak kemarin", "62315008", "A09", "Gastroenteritis and colitis", "ORALIT"),
    Ailment("gigi berlubang", "80967001", "K02.9", "Dental caries, unspecified",
            procedure=("23.2", "Restoration of tooth by filling", "therapeutic")),
)  # fmt: skip

UNMAPPED = Ailment("alergi debu", "21719001", "J30.4", "Allergic rhinitis, unspecified", "LRT10")
UNKNOWN = Ailment("pemeriksaan lain", "185349003", "Z99.99", "Kode yang tidak ada di daftar kementerian")


def morning(patients: int, visits: int = 42) -> tuple[Case, ...]:
    """The cases in order of arrival, spread over so many patients; the flaws always at the same places."""
    cases = [
        Case(number, number % patients, ailment, bpjs=number < patients)
        for number, ailment in enumerate(islice(cycle(AILMENTS), visits))
    ]
    changes: dict[int, Case] = {
        4: _flawed(cases[4], Flaw.NO_NIK),
        9: _flawed(cases[9], Flaw.NO_DIAGNOSIS),
        14: replace(cases[14], ailment=UNMAPPED, flaw=Flaw.UNMAPPED_DRUG),
        19: _flawed(cases[19], Flaw.UNKNOWN_DOCTOR),
        23: replace(cases[23], ailment=UNKNOWN, flaw=Flaw.UNKNOWN_CODE),
        27: _flawed(cases[27], Flaw.CANCELLED),
        2: replace(cases[2], corrected_to=("I11.9", "Hypertensive heart disease")),
    }
    return tuple(changes.get(case.number, case) for case in cases)


def _flawed(case: Case, flaw: Flaw) -> Case:
    return replace(case, flaw=flaw)


DRUGS = {
    "PCT500": ("Paracetamol 500 mg tablet", "93001019", "Paracetamol 500 mg Tablet"),
    "AML5": ("Amlodipin 5 mg tablet", "93000711", "Amlodipine 5 mg Tablet"),
    "OMZ20": ("Omeprazol 20 mg kapsul", "93002240", "Omeprazole 20 mg Kapsul"),
    "MTF500": ("Metformin 500 mg tablet", "93002013", "Metformin 500 mg Tablet"),
    "CTZ10": ("Cetirizin 10 mg tablet", "93001523", "Cetirizine 10 mg Tablet"),
    "ORALIT": ("Oralit sachet", "93000444", "Oralit Serbuk"),
    "LRT10": ("Loratadin 10 mg tablet", "93001777", "Loratadine 10 mg Tablet"),
}
"""Local code → the clinic's name, and the KFA product it is."""

DPHO = {
    "PCT500": "140100001", "AML5": "140100002", "OMZ20": "140100003", "MTF500": "140100004",
    "CTZ10": "140100005", "ORALIT": "140100006", "LRT10": "-",
}  # fmt: skip
"""Local code → BPJS's code for the drug; - for one that its list does not have."""
UNMAPPED_AT_BPJS = "OMZ20"
