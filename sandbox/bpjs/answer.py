"""What a handler answers, and how each service says it (reference 2.1, 2.4)."""

import json
from dataclasses import dataclass
from typing import Any, Final

from sandbox.bpjs.config import Switches
from sandbox.bpjs.envelope import seal
from sandbox.door.gate import Reply

JSON_TYPE: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A code, a message and what is given; `sealed` is whether a success is encrypted."""

    code: int
    message: str
    response: Any = None
    sealed: bool = True
    mute: bool = False
    """Whether the body is empty altogether."""

    @property
    def good(self) -> bool:
        """Whether the call succeeded. VClaim says 201 for a business failure, which is not this."""
        return self.code in (1, 200) or (self.code == 201 and self.message == "CREATED")


@dataclass(frozen=True, slots=True)
class Lock:
    """What an answer is locked with."""

    cons_id: str
    secret: str
    timestamp: str

    def close(self, value: Any) -> str:
        """Lock a value."""
        return seal(value, self.cons_id, self.secret, self.timestamp)


OK: Final = "OK"
CREATED: Final = "CREATED"


def found(response: Any) -> Answer:
    """Give what was asked for."""
    return Answer(200, OK, response)


def refused(*complaints: tuple[str, str]) -> Answer:
    """Refuse a P-Care body: each complaint is a field and a sentence (reference 4.5)."""
    return Answer(412, "PRECONDITION_FAILED", [{"field": name, "message": text} for name, text in complaints])


def no(message: str) -> Answer:
    """Fail the VClaim way: HTTP 200 with code 201 (reference 2.1)."""
    return Answer(201, message)


def page(rows: list[Any], start: str = "0", limit: str = "1000") -> Answer:
    """Give a list the P-Care way: count, and a window of rows."""
    first = int(start) if start.isdigit() else 0
    many = int(limit) if limit.isdigit() else 0
    return found({"count": len(rows), "list": rows[first : first + many]})


def body_of(service: str, answer: Answer, lock: Lock | None, switches: Switches) -> dict[str, Any]:
    """Write the envelope of a service; without a lock nothing is encrypted."""
    response = answer.response
    locks = answer.good and answer.sealed and response is not None and not switches.plaintext
    if locks and lock is not None:
        response = lock.close(response)
    match service:
        case "pcare":
            return {"response": response, "metaData": {"message": answer.message, "code": answer.code}}
        case "vclaim":
            return {"metaData": {"code": str(answer.code), "message": answer.message}, "response": response}
        case _:
            meta = {"message": answer.message, "code": answer.code}
            key = switches.queue_meta if service == "antrean-fktp" else "metadata"
            return {key: meta} if response is None else {"response": response, key: meta}


def reply_of(service: str, answer: Answer, lock: Lock | None, switches: Switches) -> Reply:
    """Put an answer on the wire: P-Care's HTTP status is its code, everybody else's is 200."""
    status = answer.code if service == "pcare" else 200
    if status == 204:
        status = 200  # an answer with a body; the code stands in it alone
    if answer.mute:
        return Reply(200, b"", None)
    body = json.dumps(body_of(service, answer, lock, switches), ensure_ascii=False).encode()
    return Reply(status, body, JSON_TYPE)
