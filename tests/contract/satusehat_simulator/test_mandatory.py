"""The mandatory elements, each with its rule number (reference 3.2)."""

import pytest

from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import Ministry
from tests.contract.satusehat_simulator.refusals import (
    DELETE,
    Build,
    changed,
    done,
    drug,
    encounter,
    episode,
    order,
    refused,
)

MANDATORY: list[tuple[Build, str, int]] = [
    (encounter, "identifier", 10117),
    (encounter, "status", 10121),
    (encounter, "statusHistory", 10122),
    (encounter, "class", 10001),
    (encounter, "subject", 10118),
    (encounter, "period.start", 10123),
    (encounter, "serviceProvider", 10124),
    (encounter, "participant", 10336),
    (encounter, "location.0.location", 10120),
    (done, "diagnosis", 10457),
    (done, "period.end", 10121),
    (done, "statusHistory.1.period.end", 10175),
    (done, "statusHistory.1.period.start", 10174),
    (done, "diagnosis.0.condition", 10463),
    (examples.condition, "subject", 10125),
    (examples.condition, "encounter", 10126),
    (examples.condition, "code", 10003),
    (examples.observation, "status", 10008),
    (examples.observation, "code", 10010),
    (examples.observation, "subject", 10129),
    (examples.observation, "encounter", 10130),
    (examples.observation, "effectiveDateTime", 10295),
    (examples.observation, "performer", 10383),
    (examples.observation, "valueQuantity.system", 10012),
    (examples.observation, "valueQuantity.code", 10012),
    (examples.procedure, "status", 10019),
    (examples.procedure, "code", 10015),
    (examples.procedure, "subject", 10127),
    (examples.procedure, "encounter", 10128),
    (examples.allergy, "category", 10075),
    (examples.allergy, "code", 10078),
    (examples.allergy, "patient", 10147),
    (examples.allergy, "encounter", 10374),
    (examples.allergy, "recorder", 10375),
    (examples.prescription, "identifier", 10388),
    (examples.prescription, "identifier.1", 10388),
    (examples.prescription, "status", 10032),
    (examples.prescription, "intent", 10033),
    (examples.prescription, "medicationReference", 10135),
    (examples.prescription, "encounter", 10454),
    (examples.prescription, "requester", 10455),
    (examples.prescription, "authoredOn", 10337),
    (order, "identifier", 10389),
    (order, "status", 10049),
    (order, "medicationReference", 10138),
    (order, "subject", 10139),
    (order, "context", 10390),
    (order, "authorizingPrescription", 10393),
    (drug, "identifier", 10380),
    (drug, "extension", 10031),
    (drug, "code", 10024),
    (examples.composition, "status", 10020),
    (examples.composition, "type", 10021),
    (examples.composition, "subject", 10131),
    (examples.composition, "date", 10132),
    (examples.composition, "title", 10134),
    (examples.composition, "encounter", 10664),
    (examples.immunization, "vaccineCode", 10103),
    (examples.immunization, "reasonCode", 10105),
    (examples.immunization, "primarySource", 10292),
    (examples.immunization, "lotNumber", 10306),
    (examples.immunization, "expirationDate", 10307),
    (examples.immunization, "protocolApplied", 10450),
    (examples.immunization, "performer.0.actor.reference", 10294),
    (episode, "status", 10109),
    (episode, "patient", 10157),
    (episode, "type", 10110),
    (episode, "period.start", 10406),
]


@pytest.mark.parametrize(("build", "path", "rule"), MANDATORY)
async def test_a_missing_element_is_refused_with_its_rule(
    ministry: Ministry, build: Build, path: str, rule: int
) -> None:
    """Every mandatory element of the table, with the number in the text (reference 3.2)."""
    issues = await refused(ministry, changed(build("Encounter/none"), path, DELETE))
    assert any(f"(RuleNumber: {rule})" in issue["details"]["text"] for issue in issues), issues
