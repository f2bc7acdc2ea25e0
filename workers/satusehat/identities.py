"""Finds the SatuSehat numbers of patients and practitioners by NIK, and is sure whose they are.

One NIK may have several records (SatuSehat reference §2.1, §2.3), names come masked
(``Sa** An**``) and the NIK comes hidden: a hit is taken only when it is the only one, or the only one
that birth date and name single out, and nothing readable on it contradicts what was asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from workers.outcome import Accepted, Problem, Role
from workers.satusehat.exchange import Way
from workers.satusehat.facts import Patient, Practitioner, Snapshot
from workers.satusehat.holdings import search

NIK = "https://fhir.kemkes.go.id/id/nik"
MASKS = "*#"

Found = Accepted | Problem


class Directory:
    """One look-up at a time for one person: thirty visits of a morning ask once for their doctor."""

    def __init__(self) -> None:
        self._asking: dict[str, asyncio.Lock] = {}
        self._found: dict[str, Accepted] = {}

    async def find(self, name: str, ask: Callable[[], Awaitable[Found]]) -> Found:
        """What was found before under the name, or what asking finds now."""
        if name in self._found:
            return self._found[name]
        async with self._asking.setdefault(name, asyncio.Lock()):
            if name not in self._found:
                found = await ask()
                if isinstance(found, Problem):
                    return found
                self._found[name] = found
            return self._found[name]


async def find_missing(snapshot: Snapshot, way: Way, directory: Directory) -> tuple[Problem, ...]:
    """Look up everybody the snapshot names who has a NIK and no number yet; answers who could not be told."""
    problems = []
    people: tuple[Patient | Practitioner, ...] = (snapshot.patient, *snapshot.practitioners)
    for person in people:
        key, type_ = _key(person)
        if key in way.journal.known or not person.nik:
            continue
        name = f"{snapshot.clinic.organization_id}/{key}/{person.nik}"
        match await directory.find(name, lambda p=person, k=key, t=type_: _ask(p, k, t, way)):  # type: ignore[misc]
            case Accepted() as found:
                way.journal.accept(found)
            case problem:
                problems.append(problem)
    return tuple(problems)


def _key(person: Patient | Practitioner) -> tuple[str, str]:
    return (
        (f"patient/{person.id}", "Patient")
        if isinstance(person, Patient)
        else (f"practitioner/{person.id}", "Practitioner")
    )


async def _ask(person: Patient | Practitioner, key: str, type_: str, way: Way) -> Found:
    hits = await _hits(type_, {"identifier": f"{NIK}|{person.nik}"}, way)
    if len(hits) > 1:
        hits = await _told_apart(person, type_, hits, way)
    if not hits:
        return _problem(person, key, "tidak ditemukan")
    if len(hits) > 1:
        return _problem(person, key, "ganda")
    if not agrees(person, hits[0]):
        return _problem(person, key, "berbeda")
    return Accepted(key, type_, hits[0]["id"], None, "")


async def _hits(type_: str, params: dict[str, str], way: Way) -> list[dict[str, Any]]:
    """The distinct records a search gives."""
    return list({held.id: held.body for held in await search(type_, params, way)}.values())


async def _told_apart(
    person: Patient | Practitioner, type_: str, hits: list[dict[str, Any]], way: Way
) -> list[dict[str, Any]]:
    """The hits that a search by name (and birth date) with the NIK confirms."""
    params = {"identifier": f"{NIK}|{person.nik}", "name": person.full_name or ""}
    if isinstance(person, Patient) and person.birth_date:
        params["birthdate"] = person.birth_date.isoformat()
    confirmed = {hit["id"] for hit in await _hits(type_, params, way)}
    return [hit for hit in hits if hit["id"] in confirmed and agrees(person, hit)]


def agrees(person: Patient | Practitioner, hit: dict[str, Any]) -> bool:
    """Whether nothing readable on the record contradicts the person: NIK, birth date, sex."""
    given = hit.get("identifier")
    listed = [i for i in given if isinstance(i, dict)] if isinstance(given, list) else []
    niks = [i.get("value") for i in listed if i.get("system") == NIK]
    if any(not _fits(str(nik or ""), person.nik or "") for nik in niks):
        return False
    if not isinstance(person, Patient):
        return True
    return _equal(hit.get("birthDate"), person.birth_date) and _equal(hit.get("gender"), person.gender)


def _equal(theirs: object, ours: object) -> bool:
    return theirs is None or ours is None or any(m in str(theirs) for m in MASKS) or str(theirs) == str(ours)


def _fits(masked: str, nik: str) -> bool:
    """A masked NIK fits when every readable digit is ours (newer answers show the last three)."""
    return len(masked) == len(nik) and all(a == b or a in MASKS for a, b in zip(masked, nik, strict=True))


PATIENT_REASONS = {
    "tidak ditemukan": "NIK pasien tidak dikenal SATUSEHAT. Cocokkan NIK dengan KTP, lalu perbaiki data pasien.",
    "ganda": "Satu NIK ini dimiliki beberapa data di SATUSEHAT. Cocokkan nama dan tanggal lahir pasien dengan KTP.",
    "berbeda": "Data pasien di SATUSEHAT berbeda dengan data klinik. Cocokkan NIK, tanggal lahir, dan jenis kelamin "
    "dengan KTP.",
}
PRACTITIONER_REASONS = {
    "tidak ditemukan": "NIK tenaga kesehatan ini tidak dikenal SATUSEHAT. Periksa NIK pada data tenaga kesehatan.",
    "ganda": "Beberapa tenaga kesehatan di SATUSEHAT memakai NIK ini. Tulis nama lengkap sesuai STR tanpa singkatan.",
    "berbeda": "Data tenaga kesehatan di SATUSEHAT berbeda dengan data klinik. Periksa NIK dan namanya.",
}


def _problem(person: Patient | Practitioner, key: str, what: str) -> Problem:
    if isinstance(person, Patient):
        return Problem(PATIENT_REASONS[what], Role.FRONT_DESK, "patients.nik", "10118", key)
    return Problem(PRACTITIONER_REASONS[what], Role.ADMIN, "practitioners.nik", "10119", key)
