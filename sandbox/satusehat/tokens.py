"""OAuth2 as the gateway does it: strings everywhere, a minute's wait after a failure (1.2)."""

import random
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qs

from sandbox.door.gate import Reply
from sandbox.satusehat.config import Client, Config
from sandbox.satusehat.dialects import (
    JSON,
    Issue,
    dump,
    expired_token,
    invalid_token,
    nothing_here,
    over_quota,
    refusal,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One issued bearer."""

    client: Client
    ends_at: float
    """Unix seconds."""


class Tokens:
    """Issues, remembers and ends bearer tokens."""

    def __init__(self, config: Config) -> None:
        """Know the clients; nothing is issued yet."""
        self._config = config
        self.ttl_s = config.token_ttl_s
        self.penalty_s = config.token_penalty_s
        self._clients = {client.client_id: client for client in config.clients}
        self._issued: dict[str, Token] = {}
        self._punished_until: dict[str, float] = {}
        self._random = random.Random(config.seed)  # noqa: S311  its tokens open nothing real

    def forget(self) -> None:
        """End every token at once and forgive every penalty."""
        self._issued.clear()
        self._punished_until.clear()

    def end_all(self) -> None:
        """Let every token issued so far be expired, as the clock would."""
        for bearer, token in self._issued.items():
            self._issued[bearer] = Token(token.client, 0.0)

    def issue(self, method: str, query: str, body: bytes, *, already_ended: bool = False) -> Reply:
        """Answer the token call: grant type in the query, credentials in the form body."""
        if method != "POST":
            return nothing_here()
        if parse_qs(query).get("grant_type") != ["client_credentials"]:
            return Reply(400, dump({"ErrorCode": "invalid_request", "Error": "Required param : grant_type"}))
        form = parse_qs(body.decode("utf-8", "replace"))
        client_id = form.get("client_id", [""])[0]
        now = self._config.clock()
        if now < self._punished_until.get(client_id, 0.0):
            return over_quota()
        client = self._clients.get(client_id)
        if not client_id:
            return self._failed("", refusal([Issue("value", "Please provide Client ID (RuleNumber: 20009)")], 401))
        if client is None or form.get("client_secret") != [client.client_secret]:
            body = dump({"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"})
            return self._failed(client_id, Reply(401, body))
        return self._granted(client, now, already_ended=already_ended)

    def _failed(self, client_id: str, reply: Reply) -> Reply:
        if self.penalty_s > 0:
            self._punished_until[client_id] = self._config.clock() + self.penalty_s
        return reply

    def _granted(self, client: Client, now: float, *, already_ended: bool) -> Reply:
        bearer = f"{self._random.getrandbits(168):042x}"
        self._issued[bearer] = Token(client, 0.0 if already_ended else now + self.ttl_s)
        grant = {
            "refresh_token_expires_in": "0",
            "api_product_list": "[api-sandbox]",
            "api_product_list_json": ["api-sandbox"],
            "organization_name": "ihs-prod-1",
            "developer.email": "user@example.invalid",
            "token_type": "BearerToken",
            "issued_at": str(int(now * 1000)),
            "client_id": client.client_id,
            "access_token": bearer,
            "application_name": str(uuid.UUID(int=self._random.getrandbits(128))),
            "scope": "",
            "expires_in": str(self.ttl_s),
            "refresh_count": "0",
            "status": "approved",
        }
        return Reply(200, dump(grant), JSON)

    def caller(self, authorization: str) -> Client | Reply:
        """Tell who a bearer speaks for, or give the gateway's refusal."""
        scheme, _, bearer = authorization.partition(" ")
        token = self._issued.get(bearer.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            return invalid_token()
        if self._config.clock() >= token.ends_at:
            return expired_token()
        return token.client
