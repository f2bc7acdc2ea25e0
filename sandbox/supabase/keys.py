"""The keys of one embedded project, new for each run."""

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import jwt

Claims = dict[str, Any]

_TEN_YEARS_S = 10 * 365 * 24 * 3600
_ROLES = ("anon", "service_role")


class InvalidTokenError(Exception):
    """A token that is not ours, is broken, or is out of date."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The signing secret and the two keys, each in the older form (JWT) and the newer one (sb_…)."""

    jwt_secret: str = field(repr=False)
    anon: str
    service: str = field(repr=False)
    publishable: str
    secret: str = field(repr=False)

    @classmethod
    def generate(cls) -> "Keys":
        """Keys nobody else has."""
        jwt_secret = secrets.token_urlsafe(48)
        anon, service = (_long_lived(jwt_secret, role) for role in _ROLES)
        publishable, secret = (f"sb_{kind}_{secrets.token_urlsafe(24)}" for kind in ("publishable", "secret"))
        return cls(jwt_secret, anon, service, publishable, secret)

    def as_token(self, key: str) -> str:
        """The JWT a key of the newer form stands for; anything else is returned as it is."""
        return {self.publishable: self.anon, self.secret: self.service}.get(key, key)

    def verify(self, key: str) -> Claims:
        """The claims of a key or of a person's access token. Raises InvalidTokenError."""
        try:
            claims: Claims = jwt.decode(
                self.as_token(key), self.jwt_secret, algorithms=["HS256"], options={"verify_aud": False}
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(str(error)) from None
        return claims

    def sign(self, claims: Claims) -> str:
        """A token with these claims."""
        return jwt.encode(claims, self.jwt_secret, algorithm="HS256")

    def as_dict(self) -> dict[str, str]:
        """All keys, to be handed to the gateway's process."""
        return asdict(self)


def _long_lived(jwt_secret: str, role: str) -> str:
    now = int(time.time())
    claims = {"iss": "supabase", "ref": "sandbox", "role": role, "iat": now, "exp": now + _TEN_YEARS_S}
    return jwt.encode(claims, jwt_secret, algorithm="HS256")
