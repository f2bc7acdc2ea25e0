"""The doors of Realtime: the websocket, and broadcast over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.supabase.gateway import caller
from sandbox.supabase.gateway.realtime import frames
from sandbox.supabase.gateway.realtime.changes import Changes
from sandbox.supabase.gateway.realtime.channel import Binding, Channel, Line
from sandbox.supabase.gateway.realtime.filters import FilterError
from sandbox.supabase.gateway.realtime.frames import Frame, FrameError
from sandbox.supabase.gateway.realtime.hub import Hub
from sandbox.supabase.gateway.realtime.visibility import Visibility
from sandbox.supabase.keys import Claims, InvalidTokenError, Keys

LONGEST_FRAME_BYTES = 1 << 20
GOING_AWAY = 1001


class Realtime:
    """Lets sockets in and gives each a conversation of its own."""

    def __init__(self, hub: Hub, changes: Changes, visibility: Visibility, keys: Keys) -> None:
        """Handed the parts it connects."""
        self.hub, self.changes, self.visibility, self.keys = hub, changes, visibility, keys
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """Every door, with the path its clients know."""
        return [
            web.get("/realtime/v1/websocket", self._websocket),
            web.post("/realtime/v1/api/broadcast", self._broadcast),
            web.post("/realtime/v1/api/broadcast/{topic}/events/{event}", self._broadcast_one),
        ]

    async def close(self) -> None:
        """Say goodbye to everybody."""
        for socket in list(self._sockets):
            await socket.close(code=GOING_AWAY, message=b"the sandbox stops")
        await self.changes.close()

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        claims = caller.claims(request, self.keys)
        socket = web.WebSocketResponse(max_msg_size=LONGEST_FRAME_BYTES)
        await socket.prepare(request)
        self._sockets.add(socket)
        version = 2 if request.query.get("vsn", "1").startswith("2") else 1
        conversation = Conversation(self, Line(socket, version), claims)
        try:
            await conversation.listen()
        finally:
            self._sockets.discard(socket)
            conversation.leave_all()
        return socket

    async def _broadcast(self, request: web.Request) -> web.Response:
        caller.claims(request, self.keys)
        for message in (await request.json())["messages"]:
            await self._pass_on(message["topic"], message["event"], message.get("payload") or {})
        return web.Response(status=202)

    async def _broadcast_one(self, request: web.Request) -> web.Response:
        caller.claims(request, self.keys)
        topic, event = request.match_info["topic"], request.match_info["event"]
        await self._pass_on(topic, event, await request.json())
        return web.Response(status=202)

    async def _pass_on(self, topic: str, event: str, payload: Any) -> None:
        await self.hub.broadcast(topic, {"type": "broadcast", "event": event, "payload": payload})


class Conversation:
    """What one socket says, and what it is answered."""

    def __init__(self, realtime: Realtime, line: Line, claims: Claims) -> None:
        """`claims` are those of the key the socket was opened with."""
        self._realtime, self._line, self._claims = realtime, line, claims
        self._channels: dict[str, Channel] = {}
        self._events: dict[str, Callable[[Channel, Frame], Awaitable[None]]] = {
            "phx_leave": self._leave,
            "access_token": self._access_token,
            "broadcast": self._broadcast,
            "presence": self._presence,
        }

    async def listen(self) -> None:
        """Answer frames until the socket closes."""
        async for message in self._line.socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                try:
                    await self._answer(frames.read(message.data))
                except FrameError:
                    continue  # as the real server: noise is not answered

    def leave_all(self) -> None:
        """The socket is gone."""
        for channel in self._channels.values():
            self._forget(channel)

    async def _answer(self, frame: Frame) -> None:
        if frame.event == "heartbeat":
            await self._line.send(Frame(frame.topic, "phx_reply", {"status": "ok", "response": {}}, frame.ref))
        elif frame.event == "phx_join":
            await self._join(frame)
        elif frame.topic in self._channels and frame.event in self._events:
            await self._events[frame.event](self._channels[frame.topic], frame)

    async def _join(self, frame: Frame) -> None:
        config = frame.payload.get("config") or {}
        channel = Channel(self._line, frame.topic, frame.join_ref or frame.ref, self._claims, config)
        try:
            channel.claims = self._person(frame) or self._claims
            channel.bindings = [Binding.of(wish) for wish in config.get("postgres_changes") or []]
        except (InvalidTokenError, FilterError) as error:
            await channel.reply(frame.ref, {"reason": f"{type(error).__name__}: {error}"}, status="error")
            return
        if await self._refused(channel):
            reason = "Unauthorized: You do not have permissions to read from this Channel topic: "
            await channel.reply(frame.ref, {"reason": reason + channel.name}, status="error")
            return
        await self._admit(channel, frame.ref)

    async def _admit(self, channel: Channel, ref: str | None) -> None:
        if channel.topic in self._channels:
            self._forget(self._channels[channel.topic])
        self._channels[channel.topic] = channel
        await channel.reply(ref, {"postgres_changes": [binding.echo() for binding in channel.bindings]})
        self._realtime.hub.add(channel)
        if channel.bindings:
            await self._realtime.changes.join(channel)

    async def _refused(self, channel: Channel) -> bool:
        if not channel.private:
            return False
        return not await self._realtime.visibility.may_use(channel.name, "broadcast", channel.claims)

    async def _leave(self, channel: Channel, frame: Frame) -> None:
        del self._channels[channel.topic]
        self._forget(channel)
        await channel.reply(frame.ref, {})
        await channel.send("phx_close", {}, frame.ref)

    async def _access_token(self, channel: Channel, frame: Frame) -> None:
        try:
            channel.claims = self._person(frame) or channel.claims
        except InvalidTokenError as error:
            message = {"message": f"Token refused: {error}", "status": "error", "extension": "system"}
            await channel.send("system", {"channel": channel.name, **message})

    async def _broadcast(self, channel: Channel, frame: Frame) -> None:
        await self._realtime.hub.broadcast(channel.name, frame.payload, channel)
        if channel.broadcast_option("ack"):
            await channel.reply(frame.ref, {})

    async def _presence(self, channel: Channel, frame: Frame) -> None:
        """Presence is not kept here; the client only learns that it was heard."""
        await channel.reply(frame.ref, {})

    def _forget(self, channel: Channel) -> None:
        self._realtime.hub.remove(channel)
        self._realtime.changes.leave(channel)

    def _person(self, frame: Frame) -> Claims | None:
        """The claims of the token in a frame, if there is one. Raises InvalidTokenError."""
        token = frame.payload.get("access_token")
        return self._realtime.keys.verify(token) if token else None
