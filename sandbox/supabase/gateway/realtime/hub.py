"""All joined channels, and what is told to which of them."""

from collections.abc import Iterator
from typing import Any

from sandbox.supabase.gateway.realtime.channel import PREFIX, Channel
from sandbox.supabase.gateway.realtime.frames import Frame
from sandbox.supabase.gateway.realtime.tables import RowChange, Table
from sandbox.supabase.gateway.realtime.visibility import Visibility

SERVICE_RESTART = 1012


class Hub:
    """Knows who listens."""

    def __init__(self, visibility: Visibility) -> None:
        """`visibility` decides what each listener may see."""
        self._visibility = visibility
        self._channels: set[Channel] = set()

    def add(self, channel: Channel) -> None:
        """From now on the channel is told what it asked for."""
        self._channels.add(channel)

    def remove(self, channel: Channel) -> None:
        """The channel left."""
        self._channels.discard(channel)

    def listeners(self) -> list[Channel]:
        """The channels that wish for changes of tables."""
        return [channel for channel in self._channels if channel.bindings]

    def concerned(self, table: Table, kind: str) -> bool:
        """Whether anybody might want such a change."""
        return any(binding.concerns(table, kind) for c in self._channels for binding in c.bindings)

    async def tell(self, change: RowChange) -> None:
        """Tell a change to everybody who wants it and may see it."""
        for channel in self.listeners():
            numbers = [binding.number for binding in channel.bindings if binding.wants(change)]
            told = await self._visibility.told(change, channel.claims) if numbers else None
            if told:
                errors, record, old = told
                payload = _payload(change, record, old)
                await channel.send("postgres_changes", {"ids": numbers, "data": {**payload, "errors": errors}})

    async def broadcast(self, name: str, payload: dict[str, Any], sender: Channel | None = None) -> None:
        """Pass a message on to everybody on the topic; to its sender only if it asked for that."""
        for channel in list(self._on(name)):
            if channel is not sender or channel.broadcast_option("self"):
                await channel.line.send(Frame(channel.topic, "broadcast", payload))

    async def close_listeners(self) -> None:
        """Close the sockets that may have missed a change, so that their owners look for themselves."""
        for channel in self.listeners():
            await channel.line.socket.close(code=SERVICE_RESTART, message=b"the database was restarted")

    def _on(self, name: str) -> Iterator[Channel]:
        return (channel for channel in self._channels if channel.topic == PREFIX + name)


def _payload(change: RowChange, record: dict[str, Any] | None, old: dict[str, Any] | None) -> dict[str, Any]:
    relation = change.table.relation
    rows = {"record": record, "old_record": old}
    return {
        "schema": relation.schema,
        "table": relation.table,
        "type": change.kind,
        "commit_timestamp": change.committed_at,
        "columns": change.table.columns,
        **{name: row for name, row in rows.items() if row is not None},
    }
