"""The token endpoint and the gateway in front of everything (reference 1.2, 1.3)."""

from sandbox.satusehat.config import Client
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, MINE, Ministry, Opener

WRONG = Client(MINE.client_id, "not-the-secret", MINE.organization_id)


async def test_a_grant_is_made_of_strings(ministry: Ministry) -> None:
    """Every value but the product list is a string, the life in seconds included."""
    grant = (await ministry.token()).json()
    assert "3599" == grant["expires_in"]
    assert "BearerToken" == grant["token_type"]
    assert grant["issued_at"].isdigit()
    assert ["api-sandbox"] == grant.pop("api_product_list_json")
    assert all(isinstance(value, str) for value in grant.values())


async def test_a_wrong_secret_costs_a_minute(open_ministry: Opener) -> None:
    """After a failed call even the right secret must wait."""
    ministry = open_ministry()
    refused = await ministry.token(WRONG)
    assert (401, {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}) == (
        refused.status_code,
        refused.json(),
    )
    assert 429 == (await ministry.token()).status_code
    ministry.clock.now += 61
    assert 200 == (await ministry.token()).status_code


async def test_the_penalty_can_be_switched_off(open_ministry: Opener) -> None:
    """With a penalty of 0 s the next call is judged on its own."""
    ministry = open_ministry(token_penalty_s=0)
    await ministry.token(WRONG)
    assert 200 == (await ministry.token()).status_code


async def test_the_grant_type_belongs_in_the_query(open_ministry: Opener) -> None:
    """A form without the query is no token call."""
    reply = await open_ministry().http.post("/oauth2/v1/accesstoken", data={})
    assert 400 == reply.status_code


async def test_without_a_known_bearer_the_gateway_answers(open_ministry: Opener) -> None:
    """An unknown token gives the gateway's fault and its challenge."""
    ministry = open_ministry()
    reply = await ministry.http.get(f"{FHIR}/Patient/P1", headers={"authorization": "Bearer x"})
    assert 401 == reply.status_code
    assert "oauth.v2.InvalidAccessToken" == reply.json()["fault"]["detail"]["errorcode"]
    assert reply.headers["www-authenticate"].startswith('Bearer realm="null",error="invalid_token"')


async def test_a_token_ends_with_its_life(open_ministry: Opener) -> None:
    """A life that is over gives a 401, and a new token works."""
    ministry = open_ministry(token_ttl_s=3)
    await ministry.sign_in()
    ministry.clock.now += 3
    reply = await ministry.create(examples.location())
    assert 401 == reply.status_code
    assert "keymanagement.service.access_token_expired" == reply.json()["fault"]["detail"]["errorcode"]
    await ministry.sign_in()
    await ministry.created(examples.location())


async def test_a_path_outside_the_api_is_an_empty_404(ministry: Ministry) -> None:
    """The gateway says nothing about paths it does not know, DELETE and history among them."""
    room = await ministry.room()
    for method, path in (
        ("GET", "/fhir-r4/v2/Patient"),
        ("DELETE", f"{FHIR}/Location/{room}"),
        ("GET", f"{FHIR}/Location/{room}/_history"),
    ):
        reply = await ministry.http.request(method, path)
        assert (404, b"") == (reply.status_code, reply.content)
