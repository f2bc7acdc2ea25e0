"""The sender everybody writes first: one resource after another, waiting for each, one connection."""

import json
import time
from typing import Any

import httpx

from bench.stage import Stage
from workers.outcome import Accepted
from workers.satusehat.mapping import Resource, content_hash, plan, resolve
from workers.satusehat.snapshot import Known, parse, parse_known


async def rate(stage: Stage, visits: int) -> float:
    """Visits per second of the sequential sender, over so many visits of the same kind."""
    await stage.clear()
    await stage.visits(visits)
    wanted = [await _wanted(stage, row[0]) for row in await stage.database.fetch("select id from public.visits")]
    async with httpx.AsyncClient(base_url=f"{stage.running.satusehat_url}/fhir-r4/v1", timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {await _token(stage)}"
        started = time.perf_counter()
        for resources, known in wanted:
            await _send(http, resources, dict(known))
        return visits / (time.perf_counter() - started)


async def _wanted(stage: Stage, visit: object) -> tuple[tuple[Resource, ...], Known]:
    row = await stage.database.fetchval("select integration.preview('visit', $1, 'satusehat')::text", visit)
    told: dict[str, Any] = json.loads(row)
    known = parse_known(told["known"])
    return plan(parse(told["snapshot"]), known).create, known


async def _token(stage: Stage) -> str:
    settings = stage.settings()
    [credential] = settings.satusehat_credentials
    form = {"client_id": credential.client_id, "client_secret": credential.client_secret.get_secret_value()}
    url = f"{settings.satusehat_auth_url}/accesstoken?grant_type=client_credentials"
    async with httpx.AsyncClient() as http:
        return str((await http.post(url, data=form)).json()["access_token"])


async def _send(http: httpx.AsyncClient, resources: tuple[Resource, ...], known: dict[str, Accepted]) -> None:
    """POST in an order in which every reference is known: what others refer to first, the Encounter with none."""
    for resource in resources:
        body = resolve(_without_forward(resource.body), known)
        answer = (await http.post(f"/{resource.type}", json=body)).raise_for_status().json()
        known[resource.key] = Accepted(resource.key, resource.type, answer["id"], None, content_hash(resource.body))


def _without_forward(body: dict[str, Any]) -> dict[str, Any]:
    """The Encounter goes first, as in progress: its diagnoses do not exist yet."""
    if body["resourceType"] != "Encounter":
        return body
    early = {name: value for name, value in body.items() if name not in {"diagnosis", "hospitalization", "length"}}
    return {**early, "status": "in-progress", "statusHistory": body["statusHistory"][:2]}
