"""Registering and correcting patients in the master index (reference 2.2)."""

import random
from datetime import UTC, date, datetime
from typing import Any

from sandbox.door.gate import Reply
from sandbox.door.ledger import Effect
from sandbox.satusehat.config import Config
from sandbox.satusehat.dialects import (
    FHIR_JSON,
    Issue,
    Json,
    StoreError,
    dump,
    dump_sorted,
    not_found,
    refusal,
    store_refusal,
)
from sandbox.satusehat.identities import Identity, Origin
from sandbox.satusehat.people import ID, People
from sandbox.satusehat.validator import identifier_list
from sandbox.satusehat.writes import no_json

_PARTS = (("village", 10621), ("district", 10622), ("city", 10623), ("province", 10624))
_CODES = "Patient.address[x].extension[x].extension[x]"
_DUKCAPIL = {
    "alamat": "Patient.address",
    "jenis_kelamin": "Patient.gender",
    "no_rt": f"{_CODES}(url:rt).valueCode",
    "no_rw": f"{_CODES}(url:rw).valueCode",
}
_TESTED = ("name", "gender", "birthDate")


def _element(path: str, rule: int) -> Issue:
    return Issue("value", f"Element not found: {path} (RuleNumber: {rule})", path)


def _first(value: Any) -> Json:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


def _address_parts(patient: Json) -> set[str]:
    address = _first(patient.get("address"))
    codes = _first(address.get("extension")).get("extension")
    rows = codes if isinstance(codes, list) else []
    return {str(row.get("url")) for row in rows if isinstance(row, dict) and row.get("valueCode")}


def _issues(patient: Json) -> list[Issue]:
    issues = []
    if not identifier_list(patient):
        issues.append(_element("Patient.identifier", 10166))
    if not _first(patient.get("name")).get("text"):
        issues.append(_element("Patient.name[0].text", 10168))
    for key, rule in (("birthDate", 10397), ("gender", 10413)):
        if not patient.get(key):
            issues.append(Issue("value", f"Text is empty: '' (RuleNumber: {rule})", f"Patient.{key}"))
    parts = _address_parts(patient)
    issues += [_element("Patient.address", rule) for part, rule in _PARTS if part not in parts]
    return issues


class Registration:
    """Writes to the master index. A well-formed NIK is a citizen unless configured otherwise."""

    def __init__(self, config: Config, people: People) -> None:
        """Register into an index."""
        self._config = config
        self._people = people
        self._random = random.Random(config.seed)  # noqa: S311  seeded, guards nothing

    def create(self, patient: Any) -> Reply:
        """Answer ``POST /Patient``: HTTP 200 with the patient, not 201."""
        if not isinstance(patient, dict) or patient.get("resourceType") != "Patient":
            return no_json()
        systems = {str(row.get("system")): str(row.get("value")) for row in identifier_list(patient)}
        mother, nik = systems.get(f"{ID}nik-ibu"), systems.get(f"{ID}nik")
        issues = _issues(patient)
        if mother is not None:
            issues += self._age(patient)
        if issues:
            return self._failed(issues)
        refused = self._newborn_refused(patient, mother) if mother is not None else self._refused(nik)
        if refused is not None:
            return refused
        ihs = f"P{self._random.randrange(10**10, 3 * 10**10)}"
        one = Identity(
            nik=nik or "",
            ihs=ihs,
            name=str(_first(patient["name"])["text"]),
            gender=str(patient["gender"]),
            birth_date=str(patient["birthDate"]),
            origin=Origin.INVENTED,
        )
        self._people.register(one, mother)
        effects = (Effect("Patient", ihs, 1),)
        if self._config.patient_envelope:
            data = {"Patient ID:": ihs}
            message = "New Patient has been created successfully"
            return Reply(200, dump({"success": True, "message": message, "data": data}), effects=effects)
        return Reply(200, self._echo(patient, ihs), FHIR_JSON, effects=effects)

    def _echo(self, patient: Json, ihs: str) -> bytes:
        """Give a new patient back as sent, unmasked, with what the index adds (recorded in 2024)."""
        now = datetime.fromtimestamp(self._config.clock(), UTC).isoformat(timespec="microseconds")
        number = {"system": f"{ID}ihs-number", "use": "official", "value": ihs}
        citizenship = "https://fhir.kemkes.go.id/r4/StructureDefinition/citizenshipStatus"
        sent = patient.get("meta")
        meta = sent if isinstance(sent, dict) else {}
        added = {
            "id": ihs,
            "identifier": [*identifier_list(patient), number],
            "meta": {**meta, "lastUpdated": now, "versionId": "MTczMzcyMDMzNTQxNDg0ODAwMA"},
            "extension": [{"url": citizenship, "valueCode": "WNI"}],
        }
        return dump_sorted({**patient, **added})

    def _failed(self, issues: list[Issue], status: int = 400, ihs: str | None = None) -> Reply:
        if not self._config.patient_envelope:
            return refusal(issues, status)
        answer: Json = {"success": False, "message": issues[0].text}
        if ihs is not None:
            answer["data"] = {"resourceID": ihs}
        return Reply(200, dump(answer))

    def _refused(self, nik: str | None) -> Reply | None:
        known = self._people.with_nik("Patient", nik or "")
        if known:
            return self._failed([Issue("exception", "Patient Resource Exists")], ihs=known[0].ihs)
        citizen = nik is not None and nik.isdigit() and len(nik) == 16
        if not citizen or nik in self._config.unknown_citizens:
            words = "Citizen Not Exists" if self._config.patient_envelope else "Failed to get citizen"
            return self._failed([Issue("exception", words)])
        differing = self._config.citizen_mismatches.get(nik or "", ())
        if differing:
            rows = [Issue("exception", f"{word} TIDAK SESUAI", _DUKCAPIL[word]) for word in differing]
            return self._failed(rows)
        return None

    def _newborn_refused(self, patient: Json, mother: str) -> Reply | None:
        mothers = self._people.with_nik("Patient", mother)
        if not mothers:
            text = "Failed to create new patient, nik-ibu not found"
            return self._failed([Issue("exception", text)], 404)
        if all(one.gender != "female" for one in mothers):
            return self._failed([Issue("exception", "Patient with nik-ibu is not female")])
        for child in self._people.newborns(mother):
            if child.birth_date == patient["birthDate"]:
                return self._failed([Issue("duplicate", "Found duplicate: Patient")], ihs=child.ihs)
        return None

    def _age(self, patient: Json) -> list[Issue]:
        """A newborn is at most sixty days old (rule 10397)."""
        today = datetime.fromtimestamp(self._config.clock(), UTC)
        try:
            born = date.fromisoformat(str(patient.get("birthDate")))
        except ValueError:
            return []
        if abs((today.date() - born).days) <= 60:
            return []
        text = f"Day difference from Birth Date with {today:%A, %d-%b-%y %H:%M:%S} +0000 "
        text += "can't be more than 60 days (RuleNumber: 10397)."
        return [Issue("format", text, "Patient.birthDate")]

    def patch(self, ihs: str, operations: Any, content_type: str) -> Reply:
        """Answer ``PATCH /Patient/{ihs}``, which speaks no FHIR; the index itself stays as it is."""
        if content_type.partition(";")[0].strip() != "application/json-patch+json":
            return store_refusal([StoreError("structure", "invalid_headers")])
        if not isinstance(operations, list):
            return no_json()
        if not self._people.knows("Patient", ihs):
            return not_found("Patient", ihs)
        tested = {str(row.get("path")) for row in operations if isinstance(row, dict) and row.get("op") == "test"}
        missing = [name for name in _TESTED if f"/{name}" not in tested]
        if missing:
            rows = [
                {
                    "property": f"test:{name}",
                    "message": f"Test operation for '{name}' can not be empty",
                    "valid": False,
                    "mandatory": True,
                }
                for name in missing
            ]
            answer = {"code": 400, "error": True, "message": "Failed to update patient data"}
            return Reply(400, dump({**answer, "data": {"validation": rows}}))
        answer = {"code": 200, "error": False, "message": "Patient data updated successfully"}
        return Reply(200, dump({**answer, "data": {"patient_id": ihs}}), effects=(Effect("Patient", ihs, 2),))
