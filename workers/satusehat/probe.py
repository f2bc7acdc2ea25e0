"""What ``workers doctor`` asks SatuSehat: does each credential work, and is the clock right?"""

from collections.abc import AsyncIterator

import httpx

from workers.satusehat.auth import TokenUnavailable
from workers.satusehat.client import SatusehatClient, SatusehatClients

NOBODY = "https://fhir.kemkes.go.id/id/nik|0000000000000000"
"""The ministry's published sandbox identity; on production it finds nobody, which is an answer too."""


async def checks(clients: SatusehatClients, url: str) -> AsyncIterator[tuple[str, bool, str]]:
    """One finding per credential: name, whether it is right, what it says or what to do."""
    if not clients.organizations:
        yield ("satusehat", False, "WORKERS_SATUSEHAT_CREDENTIALS is empty; add one client per organization")
    for organization in clients.organizations:
        client = clients.of(organization)
        assert client is not None  # noqa: S101  # it was just listed
        right, detail = await _answer(client, url)
        yield (f"satusehat {organization}", right, detail)


async def _answer(client: SatusehatClient, url: str) -> tuple[bool, str]:
    try:
        answer = await client.send("GET", "Patient", params={"identifier": NOBODY})
    except TokenUnavailable as error:
        if error.refused:
            return (
                False,
                "the client id or secret is refused; check them (a wrong call costs a minute's wait)",
            )
        return False, f"gives no token now; try again in {error.wait_s:.0f} s"
    except httpx.HTTPError as error:
        return False, f"{url} does not answer ({type(error).__name__}); check the URL and the network"
    if answer.status == 200:
        return True, "the credential works, patients can be searched"
    if answer.status in {401, 403}:
        return (
            False,
            f"answers {answer.status}: the client has no right to this product, or its address is not allowed",
        )
    return False, f"answers {answer.status}; try again later"
