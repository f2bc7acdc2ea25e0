"""What Storage refuses. Most refusals travel as HTTP 400 with the true status inside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """The three fields its clients read, and Storage's own code."""

    status: str
    error: str
    message: str
    code: str


class RefusedError(Exception):
    """Ends a request with a fault."""

    def __init__(self, fault: Fault) -> None:
        """`fault` is what the client is told."""
        super().__init__(fault.code)
        self.fault = fault


BUCKET_MISSING = Fault("404", "Bucket not found", "Bucket not found", "NoSuchBucket")
BUCKET_NOT_EMPTY = Fault("409", "InvalidRequest", "The bucket you tried to delete is not empty", "InvalidRequest")
OBJECT_MISSING = Fault("404", "not_found", "Object not found", "NoSuchKey")
EXISTS = Fault("409", "Duplicate", "The resource already exists", "KeyAlreadyExists")
FORBIDDEN = Fault("403", "Unauthorized", "new row violates row-level security policy", "AccessDenied")
TOO_LARGE = Fault("413", "Payload too large", "The object exceeded the maximum allowed size", "EntityTooLarge")
WRONG_KIND = Fault("415", "invalid_mime_type", "mime type is not supported", "InvalidMimeType")
BAD_SIGNATURE = Fault("400", "InvalidJWT", "The signed address is wrong or out of date", "InvalidJWT")
DATABASE_AWAY = Fault("503", "unavailable", "The database does not answer", "DatabaseAway")
BAD_REQUEST = Fault("400", "invalid_request", "The request cannot be understood", "InvalidRequest")
