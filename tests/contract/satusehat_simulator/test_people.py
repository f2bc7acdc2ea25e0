"""Finding people in the master index (reference 2.1 to 2.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.satusehat.identities import (
    PATIENTS,
    PRACTITIONERS,
    UNAMBIGUOUS_PATIENTS,
    UNAMBIGUOUS_PRACTITIONERS,
    Identity,
)
from sandbox.satusehat.people import masked, similar
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, Ministry, Opener

NIK = "https://fhir.kemkes.go.id/id/nik"


def new_patient(nik: str) -> examples.Json:
    """Give a person to be registered by NIK."""
    codes = {"province": "31", "city": "3171", "district": "317101", "village": "3171011001"}
    parts = [{"url": part, "valueCode": code} for part, code in codes.items()]
    url = "https://fhir.kemkes.go.id/r4/StructureDefinition/administrativeCode"
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "https://fhir.kemkes.go.id/id/nik", "value": nik}],
        "name": [{"text": "Tuti Alawiyah"}],
        "gender": "female",
        "birthDate": "1991-06-21",
        "address": [{"city": "Jakarta", "extension": [{"url": url, "extension": parts}]}],
        "multipleBirthInteger": 0,
    }


async def by_nik(ministry: Ministry, kind: str, nik: str, **more: str) -> examples.Json:
    """Search one person by NIK."""
    reply = await ministry.http.get(f"{FHIR}/{kind}", params={"identifier": f"{NIK}|{nik}", **more})
    assert 200 == reply.status_code
    return dict(reply.json())


@pytest.mark.parametrize("one", UNAMBIGUOUS_PATIENTS, ids=lambda one: one.ihs)
async def test_a_patient_is_found_by_nik_with_name_and_nik_hidden(ministry: Ministry, one: Identity) -> None:
    """One record, its IHS number readable, everything else masked."""
    found = await by_nik(ministry, "Patient", one.nik)
    person = found["entry"][0]["resource"]
    assert (1, one.ihs) == (found["total"], person["id"])
    assert one.name not in str(found)
    assert "#" * 16 == person["identifier"][1]["value"]
    assert "birthDate" not in person


@pytest.mark.parametrize("one", UNAMBIGUOUS_PRACTITIONERS, ids=lambda one: one.ihs)
async def test_a_practitioner_is_found_by_nik(ministry: Ministry, one: Identity) -> None:
    """One record, with the last three digits of the NIK left to see."""
    found = await by_nik(ministry, "Practitioner", one.nik)
    person = found["entry"][0]["resource"]
    assert (1, one.ihs) == (found["total"], person["id"])
    assert "#" * 13 + one.nik[-3:] == person["identifier"][1]["value"]


async def test_one_nik_may_have_several_records(ministry: Ministry) -> None:
    """As probed on staging: two patients, and 2, 26 and 27 practitioners."""
    assert 2 == (await by_nik(ministry, "Patient", "9271060312000001"))["total"]
    for nik, count in (
        ("5271002009700008", 2),
        ("6408130207800005", 26),
        ("7209061211900001", 27),
    ):
        assert count == (await by_nik(ministry, "Practitioner", nik))["total"]


async def test_birth_date_and_name_tell_records_apart(ministry: Ministry) -> None:
    """The search by name, date and NIK finds one of two and shows the date."""
    one = PATIENTS[0]
    found = await by_nik(ministry, "Patient", one.nik, name=one.name, birthdate=one.birth_date)
    assert 1 == found["total"]
    assert one.birth_date == found["entry"][0]["resource"]["birthDate"]


async def test_the_searchset_of_a_patient_has_links_and_that_of_a_practitioner_has_modes(
    ministry: Ministry,
) -> None:
    """Two shapes from one API (reference 2.3)."""
    patient = await by_nik(ministry, "Patient", PATIENTS[2].nik)
    assert ["entry", "link", "resourceType", "total", "type"] == list(patient)
    assert ["search", "first", "self"] == [link["relation"] for link in patient["link"]]
    assert "Patient/?identifier=https%3A%2F%2Ffhir" in patient["link"][0]["url"]
    assert ["fullUrl", "resource"] == list(patient["entry"][0])
    practitioner = await by_nik(ministry, "Practitioner", "3313096403900009")
    assert "link" not in practitioner
    assert {"mode": "match"} == practitioner["entry"][0]["search"]


async def test_nobody_found_is_success(ministry: Ministry) -> None:
    """HTTP 200 with total 0; entry empty for a patient, absent for a practitioner."""
    patient = await by_nik(ministry, "Patient", "3171010101010101")
    assert (0, []) == (patient["total"], patient["entry"])
    practitioner = await by_nik(ministry, "Practitioner", "3171010101010101")
    assert 0 == practitioner["total"]
    assert "entry" not in practitioner


async def test_a_name_that_does_not_fit_the_nik_finds_nobody(ministry: Ministry) -> None:
    """Name and NIK must both match."""
    assert 0 == (await by_nik(ministry, "Patient", PATIENTS[2].nik, name="Budi Hartono"))["total"]


async def test_name_birth_date_and_gender_find_a_patient(ministry: Ministry) -> None:
    """The search without a NIK shows gender and birth date."""
    one = PATIENTS[2]
    params = {"name": one.name, "birthdate": one.birth_date, "gender": one.gender}
    found = (await ministry.http.get(f"{FHIR}/Patient", params=params)).json()
    person = found["entry"][0]["resource"]
    assert (one.ihs, one.gender) == (person["id"], person["gender"])


async def test_a_read_by_ihs_number_shows_no_name(ministry: Ministry) -> None:
    """Only active, id, identifier, link and meta come back."""
    person = (await ministry.http.get(f"{FHIR}/Patient/{PATIENTS[2].ihs}")).json()
    expected = {"active", "id", "identifier", "link", "meta", "resourceType"}
    assert expected == person.keys()
    assert 404 == (await ministry.http.get(f"{FHIR}/Patient/P00000000000")).status_code


async def test_the_older_form_hides_nothing(open_ministry: Opener) -> None:
    """Unmasked names, NIK and the practitioner's birth date, as recorded before 2025."""
    ministry = open_ministry(mask_identities=False, practitioner_links=True)
    await ministry.sign_in()
    one = PRACTITIONERS[1]
    found = await by_nik(ministry, "Practitioner", one.nik)
    person = found["entry"][0]["resource"]
    assert (one.name, one.birth_date) == (person["name"][0]["text"], person["birthDate"])
    assert one.nik == person["identifier"][1]["value"]
    assert "link" in found


async def test_a_practitioner_cannot_be_written(ministry: Ministry) -> None:
    """The index of practitioners is read only for facilities (rule 20003)."""
    reply = await ministry.http.post(f"{FHIR}/Practitioner", json={"resourceType": "Practitioner"})
    assert "RuleNumber: 20003" in reply.text


async def test_a_patient_is_registered_and_then_exists(ministry: Ministry) -> None:
    """Creation answers 200 with the person; a second one is refused as known."""
    person = new_patient("3171012106910001")
    reply = await ministry.http.post(f"{FHIR}/Patient", json=person)
    assert 200 == reply.status_code
    assert reply.json()["id"].startswith("P")
    found = await by_nik(ministry, "Patient", "3171012106910001")
    assert reply.json()["id"] == found["entry"][0]["resource"]["id"]
    again = await ministry.http.post(f"{FHIR}/Patient", json=person)
    assert (400, "Patient Resource Exists") == (
        again.status_code,
        again.json()["issue"][0]["details"]["text"],
    )


async def test_registration_is_checked_against_the_civil_registry(open_ministry: Opener) -> None:
    """Unknown citizens and differing data are refused in the registry's own words."""
    ministry = open_ministry(
        unknown_citizens=frozenset({"3171010101010001"}),
        citizen_mismatches={"3171010101010002": ("alamat", "no_rt")},
    )
    await ministry.sign_in()
    unknown = await ministry.http.post(f"{FHIR}/Patient", json=new_patient("3171010101010001"))
    assert "Failed to get citizen" in unknown.text
    other = await ministry.http.post(f"{FHIR}/Patient", json=new_patient("3171010101010002"))
    texts = [issue["details"]["text"] for issue in other.json()["issue"]]
    assert ["alamat TIDAK SESUAI", "no_rt TIDAK SESUAI"] == texts


async def test_registration_wants_the_whole_address(ministry: Ministry) -> None:
    """Each missing part of the address is an issue of its own (rules 10621 to 10624)."""
    person = new_patient("3171012106910001")
    del person["address"]
    reply = await ministry.http.post(f"{FHIR}/Patient", json=person)
    for rule in (10621, 10622, 10623, 10624):
        assert f"Element not found: Patient.address (RuleNumber: {rule})" in reply.text


@pytest.mark.parametrize(
    ("mother", "born", "status", "text"),
    [
        ("9204014804000002", "2026-05-20", 200, '"id":"P'),
        ("3171010101010101", "2026-05-20", 404, "nik-ibu not found"),
        ("9104223107000004", "2026-05-20", 400, "Patient with nik-ibu is not female"),
        ("9204014804000002", "2025-01-01", 400, "can't be more than 60 days (RuleNumber: 10397)"),
    ],
)
async def test_a_newborn_is_registered_by_its_mothers_nik(
    ministry: Ministry, mother: str, born: str, status: int, text: str
) -> None:
    """The mother is known and female, and the child at most sixty days old."""
    child = {**new_patient(mother), "birthDate": born}
    child["identifier"][0]["system"] = "https://fhir.kemkes.go.id/id/nik-ibu"
    reply = await ministry.http.post(f"{FHIR}/Patient", json=child)
    assert status == reply.status_code
    assert text in reply.text


async def test_the_older_envelope_says_failure_with_200(open_ministry: Opener) -> None:
    """The switch gives the other gateway version's answers (reference 2.2)."""
    ministry = open_ministry(patient_envelope=True)
    await ministry.sign_in()
    person = new_patient("3171012106910001")
    first = (await ministry.http.post(f"{FHIR}/Patient", json=person)).json()
    again = await ministry.http.post(f"{FHIR}/Patient", json=person)
    assert first["success"]
    assert 200 == again.status_code
    expected = {
        "success": False,
        "message": "Patient Resource Exists",
        "data": {"resourceID": first["data"]["Patient ID:"]},
    }
    assert expected == again.json()


async def test_a_patients_patch_must_test_before_it_replaces(ministry: Ministry) -> None:
    """The answer is not FHIR, and names each missing test operation."""
    headers = {"content-type": "application/json-patch+json"}
    tests = [{"op": "test", "path": f"/{name}", "value": "x"} for name in ("name", "gender", "birthDate")]
    url = f"{FHIR}/Patient/{PATIENTS[2].ihs}"
    refused = (await ministry.http.patch(url, json=tests[:1], headers=headers)).json()
    names = [row["property"] for row in refused["data"]["validation"]]
    assert (True, ["test:gender", "test:birthDate"]) == (refused["error"], names)
    accepted = (await ministry.http.patch(url, json=tests, headers=headers)).json()
    assert "Patient data updated successfully" == accepted["message"]


def test_masks_keep_two_letters_of_each_word() -> None:
    """The forms of the recordings."""
    assert "Sa** An** Ri**" == masked("Salsabilla Anjani Rizki")
    assert "d** Yo** Ya** S**" == masked("dr. Yoga Yandika, Sp.A")


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=3, max_size=20))
def test_no_word_survives_its_mask(word: str) -> None:
    """A mask never contains the word it hides."""
    assert word not in masked(word)


@given(st.sampled_from([one.name for one in PATIENTS]))
def test_a_name_is_similar_to_itself_in_any_case(name: str) -> None:
    """Searching by one's own name finds oneself."""
    assert similar(name.upper(), name)
