"""Answers of SatuSehat, written for our tests in the recorded shapes."""

import json
from typing import Any

from workers.satusehat.reply import Reply, read

JSON = "application/json"
FHIR = "application/fhir+json;charset=utf-8"


def answer(status: int, body: Any, content_type: str = JSON, retry_after: str | None = None) -> Reply:
    return read(status, content_type, retry_after, json.dumps(body).encode())


def validator(*issues: tuple[str, str, str]) -> dict[str, Any]:
    rows = [
        {"severity": "error", "code": code, "details": {"text": text}, "expression": [where] if where else []}
        for code, text, where in issues
    ]
    return {"resourceType": "OperationOutcome", "text": {"status": "generated"}, "issue": rows}


def store(token: str, diagnostics: str, code: str = "structure", where: str | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"code": code, "details": {"text": token}, "diagnostics": diagnostics, "severity": "error"}
    return {"issue": [row | ({"expression": [where]} if where else {})], "resourceType": "OperationOutcome"}


def fault(text: str, code: str) -> dict[str, Any]:
    return {"fault": {"faultstring": text, "detail": {"errorcode": code}}}


def committed(kind: str, id_: str, **changes: Any) -> dict[str, Any]:
    where = f"https://fhir.example/v1/{kind}/{id_}/_history/MTcx"
    response = {"etag": 'W/"MTcx"', "location": where, "status": "201 Created", "resourceType": kind, "resourceID": id_}
    return {"response": {**response, **changes}}


def transaction(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"entry": list(entries), "resourceType": "Bundle", "type": "transaction-response"}


def searchset(*entries: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"entry": list(entries), "link": [], "resourceType": "Bundle", "total": 0, "type": "searchset", **members}


VISIT = {"resourceType": "Encounter", "id": "e1", "meta": {"versionId": "MTcy"}, "status": "arrived"}
SUPPRESSED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "information", "code": "suppressed", "details": {"text": "withheld"}}],
}
NO_PRODUCT = fault(
    "Invalid API call as no apiproduct match found", "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"
)
