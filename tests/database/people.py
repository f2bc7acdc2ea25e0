"""Everybody who may knock at the API, each with a real token."""

from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from postgrest.exceptions import APIError

from sandbox.supabase.client import client
from sandbox.supabase.stack import Stack
from supabase import AsyncClient
from tests.database.access import ROLES, Row
from tests.database.rows import Rows

PASSWORD = "a-password-of-tests"


async def answer(request: Any) -> tuple[str | None, Any]:
    """What the API says to a request: a refusal's code, or the rows."""
    try:
        return None, (await request.execute()).data
    except APIError as error:
        return error.code, None


class People:
    """Clients by persona, and a way to hire more people."""

    def __init__(self, stack: Stack, rows: Rows, exits: AsyncExitStack) -> None:
        self.clients: dict[str, AsyncClient] = {}
        self._stack = stack
        self._rows = rows
        self._exits = exits

    async def gather(self, here: str, there: str) -> None:
        """Bring in one client for every persona."""
        self.clients["anon"] = await self._visitor(self._stack.anon_key)
        self.clients["service_role"] = await self._visitor(self._stack.service_key)
        self.clients["stranger"], _ = await self.sign_up()
        self.clients["patient"] = await self._patient(here)
        for role in ROLES:
            self.clients[role], _ = await self.hire(here, role)
        self.clients["elsewhere"], _ = await self.hire(there, *ROLES)
        self.clients["deactivated"], staff = await self.hire(here, *ROLES)
        await self._rows.database.execute("update public.staff set active = false where id = $1", staff["id"])

    async def hire(self, clinic: str, *roles: str) -> tuple[AsyncClient, Row]:
        """Somebody new at a clinic with these roles, signed in; also their row of staff."""
        opened, user = await self.sign_up()
        clinic_id = self._rows.seeds[clinic]["public.clinics"]["id"]
        staff = {"clinic_id": clinic_id, "user_id": user, "full_name": "Orang Baru"}
        hired = await self._rows.insert("public.staff", staff)
        for role in roles:
            granted = {"clinic_id": clinic_id, "staff_id": hired["id"], "role": role}
            await self._rows.insert("public.staff_roles", granted)
        return opened, hired

    async def _patient(self, clinic: str) -> AsyncClient:
        """Somebody whose released results are those of the clinic's patient."""
        opened, user = await self.sign_up()
        seeds = self._rows.seeds[clinic]
        link = {
            "clinic_id": seeds["public.clinics"]["id"],
            "patient_id": seeds["public.patients"]["id"],
            "user_id": user,
        }
        await self._rows.insert("public.patient_accounts", link)
        return opened

    async def sign_up(self, **metadata: str) -> tuple[AsyncClient, str]:
        """Somebody who signed up by themselves, signed in; also the id of their account."""
        opened = await self._visitor(self._stack.anon_key)
        wish = {"email": f"{uuid4().hex}@matrix.test", "password": PASSWORD, "options": {"data": metadata}}
        user = (await opened.auth.sign_up(wish)).user
        assert user
        return opened, user.id

    async def _visitor(self, key: str) -> AsyncClient:
        return await self._exits.enter_async_context(client(self._stack.url, key))
