"""Invented visits: one sound one to start from, and a strategy that bends it in every direction."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from workers.outcome import Accepted
from workers.satusehat.mapping import Plan, content_hash
from workers.satusehat.snapshot import Known, VisitSnapshot, parse, parse_known

Json = dict[str, Any]

CANARY_NAME = "Zxqv Kenari"
CANARY_NIK = "3171234567890123"
_DENGUE = json.loads((Path(__file__).parents[2] / "golden" / "visits" / "dengue.json").read_text(encoding="utf-8"))


def sound() -> Json:
    """The JSON of a finished visit without flaws, fresh each time."""
    snapshot: Json = copy.deepcopy(_DENGUE["snapshot"])
    return snapshot


def sound_known() -> Known:
    """The numbers of everybody in the sound visit."""
    return parse_known(_DENGUE["known"])


def read(**parts: Any) -> VisitSnapshot:
    """The sound visit with some of its parts replaced; ``visit`` is merged."""
    told = sound()
    told["visit"] |= parts.pop("visit", {})
    return parse({**told, **parts})


def first(part: str, **columns: Any) -> VisitSnapshot:
    """The sound visit with columns of the first row of ``part`` replaced."""
    rows = sound()[part]
    return read(**{part: [rows[0] | columns, *rows[1:]]})


def item(**columns: Any) -> VisitSnapshot:
    """The sound visit with columns of its prescription item replaced."""
    sheet = sound()["prescriptions"][0]
    return read(prescriptions=[sheet | {"items": [sheet["items"][0] | columns]}])


def accepted(wanted: Plan, known: Known) -> Known:
    """What is known once SatuSehat took all of a plan but its retractions."""
    sent = (*wanted.create, *wanted.update)
    return {
        **known,
        **{r.key: Accepted(r.key, r.type, f"id-{n}", "v1", content_hash(r.body)) for n, r in enumerate(sent)},
    }


_START = datetime(2026, 11, 23, 1, tzinfo=UTC)
_ids = st.uuids(version=4).map(str)
_moments = st.one_of(
    st.integers(0, 14 * 3600).map(lambda s: (_START + timedelta(seconds=s)).isoformat()),
    st.datetimes(
        datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC])  # noqa: DTZ001
    ).map(lambda at: at.isoformat()),
)  # fmt: skip
_words = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
_amounts = st.one_of(st.none(), st.integers(-1, 400), st.floats(-1, 400, allow_nan=False))
_people = st.sampled_from(
    [None, "d1000000-0000-4000-8000-000000000001", "d1000000-0000-4000-8000-000000000002", "unknown"]
)


def _optional(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


_diagnosis = st.fixed_dictionaries(
    {
        "id": _ids,
        "icd10_code": _optional("A91", "E11.9", "A91 ", "a91", "", "S02.10"),
        "name": _words,
        "role": st.sampled_from(["primary", "secondary"]),
        "recorded_at": _moments,
        "practitioner_id": _people,
    }
)
_vital_signs = st.fixed_dictionaries(
    {
        "id": _ids,
        "taken_at": _moments,
        "practitioner_id": _people,
        "systolic_mmhg": _amounts,
        "diastolic_mmhg": _amounts,
        "temperature_celsius": _amounts,
        "weight_kg": _amounts,
        "consciousness": _optional("alert", "confusion", "voice", "pain", "unresponsive"),
    }
)
_procedure = st.fixed_dictionaries(
    {
        "id": _ids,
        "icd9cm_code": _optional("89.52", "94.4", "8952", " 94.4"),
        "name": _words,
        "category": st.sampled_from(["diagnostic", "therapeutic", "counselling", "education", "emergency"]),
        "performed_at": _moments,
        "practitioner_id": _people,
    }
)
_allergy = st.fixed_dictionaries(
    {
        "id": _ids,
        "category": _optional("medication", "food", "environment", "biologic"),
        "substance": _words,
        "code_system": _optional("kfa", "snomed"),
        "code": _optional("91000123", "128488006", "x"),
        "clinical_status": _optional("active", "inactive", "resolved"),
        "verification_status": _optional("unconfirmed", "confirmed", "refuted"),
        "recorded_at": _moments,
        "practitioner_id": _people,
        "note": _words,
    }
)
_dispense = st.fixed_dictionaries(
    {
        "id": _ids,
        "quantity": st.integers(-1, 30),
        "prepared_at": st.one_of(st.none(), _moments),
        "handed_over_at": st.one_of(st.none(), _moments),
        "practitioner_id": _people,
        "batch_number": _words,
        "expires_on": _optional("2027-05-01"),
    }
)
_drug = st.fixed_dictionaries(
    {
        "id": _ids,
        "name": _words,
        "kfa": _optional({"code": "93002313", "display": "Paracetamol"}, {"code": "x", "display": None}),
        "form_code": _optional("BS066", "tablet"),
        "form_name": _words,
    }
)
_item = st.fixed_dictionaries(
    {
        "id": _ids,
        "line": st.integers(1, 9),
        "drug": _drug,
        "quantity": _amounts,
        "unit": _optional("TAB", "mL", "strip"),
        "dose_quantity": _amounts,
        "dose_unit": _optional("TAB", "[IU]", "sendok"),
        "frequency": _optional(0, 3),
        "period": _amounts,
        "period_unit": _optional("d", "hari"),
        "route": _optional("O", "Topical"),
        "instruction": _words,
        "days_supply": _optional(4, 0),
        "dispenses": st.lists(_dispense, max_size=2),
    }
)
_prescription = st.fixed_dictionaries(
    {
        "id": _ids,
        "number": _words,
        "prescribed_at": _moments,
        "practitioner_id": _people,
        "items": st.lists(_item, max_size=2),
    }
)
_SOUND = sound()


def _either(usual: Any, wild: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly as it should be, so that whole visits without a flaw come up too."""
    return st.one_of(st.just(usual), st.just(usual), wild)


_visit = st.fixed_dictionaries(
    {
        "visit_class": st.sampled_from(["ambulatory", "emergency", "inpatient"]),
        "status": _either("finished", st.sampled_from(["arrived", "in_progress", "cancelled"])),
        "chief_complaint": _words,
        "chief_complaint_snomed": _optional("386661006", "38 "),
        "finished_at": _either(_SOUND["visit"]["finished_at"], st.one_of(st.none(), _moments)),
        "cancelled_at": st.one_of(st.none(), _moments),
        "practitioner_id": _either(_SOUND["visit"]["practitioner_id"], _people),
        "location_id": _either(_SOUND["visit"]["location_id"], _optional("unknown")),
        "disposition": _optional("home", "referred", "other", "deceased"),
        "disposition_note": _words,
    }
)
_parts = st.fixed_dictionaries(
    {
        "diagnoses": _either(_SOUND["diagnoses"], st.lists(_diagnosis, max_size=3)),
        "vital_signs": _either(_SOUND["vital_signs"], st.lists(_vital_signs, max_size=2)),
        "procedures": _either(_SOUND["procedures"], st.lists(_procedure, max_size=2)),
        "allergies": _either(_SOUND["allergies"], st.lists(_allergy, max_size=2)),
        "prescriptions": _either(_SOUND["prescriptions"], st.lists(_prescription, max_size=2)),
    }
)


@st.composite
def visits(draw: st.DrawFn) -> Json:
    """The JSON of a visit, flawed in any number of ways; its patient bears canary strings."""
    told = sound() | draw(_parts)
    told["visit"] |= draw(_visit)
    told["patient"] |= {"full_name": CANARY_NAME, "nik": CANARY_NIK}
    return told
