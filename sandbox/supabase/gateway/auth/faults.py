"""What Auth refuses, with the codes its clients know."""

from dataclasses import dataclass

API_VERSION = "2024-01-01"


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer with an HTTP status, a code and a sentence."""

    status: int
    code: str
    message: str


class RefusedError(Exception):
    """Ends a request with a fault."""

    def __init__(self, fault: Fault) -> None:
        """`fault` is what the client is told."""
        super().__init__(fault.code)
        self.fault = fault


BAD_CREDENTIALS = Fault(400, "invalid_credentials", "Invalid login credentials")
BANNED = Fault(400, "user_banned", "User is banned")
EMAIL_NOT_CONFIRMED = Fault(400, "email_not_confirmed", "Email not confirmed")
EMAIL_EXISTS = Fault(422, "email_exists", "A user with this email address has already been registered")
USER_EXISTS = Fault(422, "user_already_exists", "User already registered")
USER_NOT_FOUND = Fault(404, "user_not_found", "User not found")
SESSION_NOT_FOUND = Fault(403, "session_not_found", "Session from session_id claim in JWT does not exist")
TOKEN_UNKNOWN = Fault(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
TOKEN_USED = Fault(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
NOT_ADMIN = Fault(403, "not_admin", "User not allowed")
NO_PERSON = Fault(403, "bad_jwt", "invalid claim: missing sub claim")
BAD_TOKEN = Fault(403, "bad_jwt", "invalid JWT: unable to parse or verify signature")
WEAK_PASSWORD = Fault(422, "weak_password", "Password should be at least 6 characters.")
DATABASE_REFUSED = Fault(500, "unexpected_failure", "Database error saving user")
DATABASE_AWAY = Fault(503, "unexpected_failure", "The database does not answer")


def invalid(message: str) -> Fault:
    """The request itself is wrong."""
    return Fault(400, "validation_failed", message)
