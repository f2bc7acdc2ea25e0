"""What a worker knows about one message, read from ``integration.message_snapshot``."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Clinic(_Fact):
    """Who writes."""

    id: str
    name: str


class Message(_Fact):
    """To whom, and through what; ``address`` is an e-mail address or an E.164 number, None when there is none."""

    id: str
    staff_id: str
    channel: Literal["email", "whatsapp"]
    step: int
    created_at: AwareDatetime
    address: str | None = None


class Alert(_Fact):
    """The critical result it is about; once acknowledged nobody needs the message."""

    id: str
    acknowledged: bool


class Order(_Fact):
    """The order, by the number on its label."""

    accession_number: str


class MessageSnapshot(_Fact):
    """All facts of one message; it holds no patient data."""

    as_of: datetime
    clinic: Clinic
    message: Message
    alert: Alert
    order: Order
