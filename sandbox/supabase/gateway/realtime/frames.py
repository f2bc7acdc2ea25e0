"""Frames of the Phoenix protocol in its two versions: objects (1.0.0) and arrays (2.0.0)."""

import json
from dataclasses import dataclass, field
from typing import Any

_CLIENT_BROADCAST = 3
_SERVER_BROADCAST = 4
_JSON = 1


class FrameError(ValueError):
    """Something that is no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, whichever way it was written."""

    topic: str
    event: str
    payload: dict[str, Any] = field(default_factory=dict)
    ref: str | None = None
    join_ref: str | None = None


def read(data: str | bytes) -> Frame:
    """A client's frame. Raises FrameError."""
    if isinstance(data, bytes):
        return _read_broadcast(data)
    try:
        content = json.loads(data)
        if isinstance(content, list):
            join_ref, ref, topic, event, payload = content
            return Frame(topic, event, payload or {}, ref, join_ref)
        names = ("ref", "join_ref")
        optional = {name: content.get(name) for name in names}
        return Frame(content["topic"], content["event"], content.get("payload") or {}, **optional)
    except (ValueError, KeyError, AttributeError):
        raise FrameError("not a frame") from None


def write(frame: Frame, version: int) -> str | bytes:
    """A frame for a client that speaks this version."""
    if version == 1:
        content = {"event": frame.event, "payload": frame.payload, "topic": frame.topic, "ref": frame.ref}
        return json.dumps(content)
    if frame.event == "broadcast":
        return _write_broadcast(frame)
    return json.dumps([frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload])


def _read_broadcast(data: bytes) -> Frame:
    """Version 2 sends broadcasts in binary: a head of lengths, the strings, then the payload."""
    if len(data) < 7 or data[0] != _CLIENT_BROADCAST or data[6] != _JSON:
        raise FrameError("not a broadcast in JSON")
    position, parts = 7, []
    for size in data[1:6]:
        parts.append(data[position : position + size].decode())
        position += size
    join_ref, ref, topic, event, _ = parts
    payload = {"type": "broadcast", "event": event, "payload": json.loads(data[position:] or b"{}")}
    return Frame(topic, "broadcast", payload, ref or None, join_ref or None)


def _write_broadcast(frame: Frame) -> bytes:
    topic, event = frame.topic.encode(), str(frame.payload.get("event", "")).encode()
    head = bytes([_SERVER_BROADCAST, len(topic), len(event), 0, _JSON])
    return head + topic + event + json.dumps(frame.payload.get("payload")).encode()
