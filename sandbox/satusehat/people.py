"""The master index: people found by NIK, name and birth date (reference 2.1 to 2.3)."""

import difflib
import re
import uuid
from datetime import UTC, datetime
from typing import Final

from sandbox.door.gate import Reply
from sandbox.satusehat.config import Config
from sandbox.satusehat.dialects import FHIR_JSON, Json, dump_sorted, not_found
from sandbox.satusehat.identities import OLD_SANDBOX_IDS, PATIENTS, PRACTITIONERS, Identity
from sandbox.satusehat.searchset import Params, entry, searchset, value_of

ID: Final = "https://fhir.kemkes.go.id/id/"
_MASKED_NIK = "################"
_LETTERS = re.compile(r"[^\W\d_]+")


def masked(name: str) -> str:
    """Hide a name as the ministry does: ``Sa** An** Ri**``; short words keep one letter."""
    words = []
    for word in name.split():
        run = _LETTERS.match(word)
        start = run.group() if run else word[:1]
        words.append((start[:2] if len(start) > 2 else start[:1]) + "**")
    return " ".join(words)


def _plain(name: str) -> str:
    return " ".join(_LETTERS.findall(name.casefold()))


def similar(wanted: str, name: str) -> bool:
    """Tell whether a name fits: three letters at least, then similarity (reference 2.1)."""
    left, right = _plain(wanted), _plain(name)
    if len(left) < 3:
        return False
    return left in right or difflib.SequenceMatcher(None, left, right).ratio() >= 0.85


class People:
    """Patients and practitioners, with those that were registered during the run."""

    def __init__(self, config: Config) -> None:
        """Know the ministry's own sandbox identities."""
        self.config = config
        self.reset()

    def reset(self) -> None:
        """Forget everyone who was registered during the run."""
        self._rows = {"Patient": list(PATIENTS), "Practitioner": list(PRACTITIONERS)}
        self._newborns: dict[str, str] = {}
        self._ids = {kind: {one.ihs for one in rows} | OLD_SANDBOX_IDS for kind, rows in self._rows.items()}

    def knows(self, kind: str, ihs: str) -> bool:
        """Tell whether a person may be referred to."""
        return ihs in self._ids[kind]

    def with_nik(self, kind: str, nik: str) -> list[Identity]:
        """Give the records under one NIK: none, one or several."""
        return [one for one in self._rows[kind] if one.nik == nik]

    def newborns(self, mother_nik: str) -> list[Identity]:
        """Give the newborns registered under their mother's NIK, who have none of their own."""
        return [one for one in self._rows["Patient"] if self._newborns.get(one.ihs) == mother_nik]

    def register(self, one: Identity, mother_nik: str | None = None) -> None:
        """Take a new patient into the index."""
        self._rows["Patient"].append(one)
        self._ids["Patient"].add(one.ihs)
        if mother_nik is not None:
            self._newborns[one.ihs] = mother_nik

    def search(self, kind: str, params: Params) -> Reply:
        """Answer ``GET /Patient?…`` or ``GET /Practitioner?…``; nothing found is HTTP 200."""
        identifier = value_of(params, "identifier")
        rows = self._by_identifier(kind, identifier) if identifier else list(self._rows[kind])
        name, born, gender = (value_of(params, key) for key in ("name", "birthdate", "gender"))
        if identifier is None and name is None:
            rows = []
        if name is not None:
            rows = [one for one in rows if similar(name, one.name)]
        rows = [one for one in rows if born in (None, one.birth_date) and gender in (None, one.gender)]
        full = name is not None and born is not None
        url = f"{self.config.public_url}/fhir-r4/v1/{kind}"
        links = kind == "Patient" or self.config.practitioner_links
        entries = [
            entry(
                self.config.public_url,
                kind,
                one.ihs,
                self.resource(kind, one, full=full),
                not links,
            )
            for one in rows[: self.config.page_size]
        ]
        return searchset(url, params, entries, None, links=links, empty=kind == "Patient")

    def _by_identifier(self, kind: str, identifier: str) -> list[Identity]:
        system, bar, value = identifier.rpartition("|")
        if not bar or not value:
            return []
        match system.removeprefix(ID):
            case "nik":
                return self.with_nik(kind, value)
            case "nik-ibu" if kind == "Patient":
                return self.newborns(value)
            case "ihs-number" | "nakes-his-number":
                return [one for one in self._rows[kind] if one.ihs == value]
            case _:
                return []

    def read(self, kind: str, ihs: str) -> Reply:
        """Answer ``GET /Patient/{ihs}``: no name, no date (reference 2.1)."""
        for one in self._rows[kind]:
            if one.ihs == ihs:
                return Reply(200, self.resource(kind, one, full=False, named=False), FHIR_JSON)
        return not_found(kind, ihs)

    def resource(self, kind: str, one: Identity, *, full: bool, named: bool = True) -> bytes:
        """Write a person as the index shows them; ``full`` adds gender and birth date."""
        patient = kind == "Patient"
        when = datetime(2024, 11, 14, 7, 15, 2, 824423, UTC)
        person: Json = {
            "id": one.ihs,
            "identifier": self._identifiers(patient, one),
            "meta": {"lastUpdated": when.isoformat(), "versionId": "MTczMTU2ODUwMjgyNDQyMzAwMA"},
            "resourceType": kind,
        }
        hide = self.config.mask_identities
        if patient:
            person["active"] = True
            related = uuid.uuid5(uuid.NAMESPACE_URL, one.ihs)
            person["link"] = [{"other": {"reference": f"RelatedPerson/{related}"}, "type": "refer"}]
        if named or not patient:
            person["name"] = [{"text": masked(one.name) if hide else one.name, "use": "official"}]
        born_here = one.ihs in self._newborns
        if full or born_here or (not hide and not patient):
            person["birthDate"] = one.birth_date
            if not born_here:
                person["gender"] = one.gender
        if born_here:
            person["multipleBirthInteger"] = 0
        if full and patient:
            person["address"] = [{"city": "Jakarta", "country": "ID", "line": ["Gd. Dr. S***"], "use": "home"}]
        return dump_sorted(person)

    def _identifiers(self, patient: bool, one: Identity) -> list[Json]:
        hide = self.config.mask_identities
        if patient:
            mother = self._newborns.get(one.ihs)
            nik = _MASKED_NIK if hide else one.nik
            second = ("nik", nik) if mother is None else ("nik-ibu", mother)
            return [
                {"system": f"{ID}ihs-number", "use": "official", "value": one.ihs},
                {"system": f"{ID}{second[0]}", "use": "official", "value": second[1]},
            ]
        nik = "#" * 13 + one.nik[-3:] if hide else one.nik
        return [
            {"system": f"{ID}nakes-his-number", "value": one.ihs},
            {"system": f"{ID}nik", "use": "official", "value": nik},
        ]
