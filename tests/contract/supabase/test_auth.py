"""Auth: accounts, sessions, and the rights of those who administer them."""

from uuid import uuid4

import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from supabase import AsyncClient
from tests.contract.supabase.conftest import PASSWORD, Person


async def test_a_session_says_who_one_is(ani: Person) -> None:
    """The token bears the claims that policies read."""
    session = await ani.client.auth.get_session()
    assert session

    claims = await ani.client.auth.get_claims(session.access_token)

    assert claims
    assert (ani.id, "authenticated") == (claims["claims"]["sub"], claims["claims"]["role"])


async def test_a_wrong_password_is_refused(ani: Person, anon: AsyncClient) -> None:
    """Nobody learns whether the address exists."""
    with pytest.raises(AuthApiError) as refused:
        await anon.auth.sign_in_with_password({"email": ani.email, "password": "wrong"})

    assert "invalid_credentials" == refused.value.code


async def test_a_refresh_token_gives_new_tokens(ani: Person) -> None:
    """The session goes on with another refresh token."""
    before = await ani.client.auth.get_session()

    after = (await ani.client.auth.refresh_session()).session

    assert before
    assert after
    assert before.refresh_token != after.refresh_token


async def test_an_invented_refresh_token_is_refused(anon: AsyncClient) -> None:
    """Only what Auth handed out is taken back."""
    with pytest.raises(AuthApiError) as refused:
        await anon.auth.refresh_session("invented")

    assert "refresh_token_not_found" == refused.value.code


async def test_signing_out_ends_the_session(ani: Person) -> None:
    """A token whose session is closed no longer says who one is."""
    session = await ani.client.auth.get_session()
    assert session

    await ani.client.auth.sign_out()

    with pytest.raises(AuthApiError) as refused:
        await ani.client.auth.get_user(session.access_token)
    assert "session_not_found" == refused.value.code


async def test_people_change_their_own_data_but_not_their_rights(ani: Person) -> None:
    """user_metadata are theirs; app_metadata are not."""
    user = (await ani.client.auth.update_user({"data": {"name": "Ani"}})).user

    assert "Ani" == user.user_metadata["name"]
    assert "name" not in user.app_metadata


async def test_a_stranger_cannot_administer(anon: AsyncClient) -> None:
    """The admin doors want the service key."""
    with pytest.raises(AuthApiError) as refused:
        await anon.auth.admin.list_users()

    assert "not_admin" == refused.value.code


async def test_an_admin_finds_changes_and_deletes(service: AsyncClient) -> None:
    """The whole life of an account."""
    admin = service.auth.admin
    email = f"{uuid4().hex}@contract.test"
    made = (await admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})).user

    changed = (await admin.update_user_by_id(made.id, {"app_metadata": {"clinic": "x"}})).user
    found = (await admin.get_user_by_id(made.id)).user
    listed = await admin.list_users()
    await admin.delete_user(made.id)

    assert "x" == changed.app_metadata["clinic"]
    assert email == found.email
    assert made.id in {user.id for user in listed}
    with pytest.raises(AuthApiError) as missing:
        await admin.get_user_by_id(made.id)
    assert "user_not_found" == missing.value.code


async def test_an_address_is_taken_once(ani: Person, service: AsyncClient) -> None:
    """A second account for one address is refused."""
    with pytest.raises(AuthApiError) as refused:
        await service.auth.admin.create_user({"email": ani.email, "password": PASSWORD})

    assert "email_exists" == refused.value.code


async def test_a_short_password_is_refused(service: AsyncClient) -> None:
    """The client gets an error of its own for it."""
    with pytest.raises((AuthWeakPasswordError, AuthApiError)) as refused:
        await service.auth.admin.create_user({"email": f"{uuid4().hex}@contract.test", "password": "abc"})

    assert "weak_password" == refused.value.code


async def test_a_new_person_signs_up(anon: AsyncClient, service: AsyncClient) -> None:
    """Without confirmation of the address, signing up signs in."""
    reply = await anon.auth.sign_up({"email": f"{uuid4().hex}@contract.test", "password": PASSWORD})

    assert reply.user
    assert reply.session
    await service.auth.admin.delete_user(reply.user.id)
