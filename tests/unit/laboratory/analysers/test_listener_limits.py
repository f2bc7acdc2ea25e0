"""What senders may cost: connections, bytes and time."""

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from sandbox.analyser.machine import Analyser
from sandbox.analyser.mischief import crowd
from sandbox.analyser.wire import END, START, Wire
from tests.unit.laboratory.analysers.laboratory import IMPATIENT, SAMPLES, Database, laboratory
from workers.laboratory.analysers.listener import Limits, _keep_alive
from workers.laboratory.sources import admits, networks

HOST = "127.0.0.1"


async def test_hundreds_of_connections_are_bounded() -> None:
    """So many are served; the others are hung up, and may come again."""
    database = Database()
    async with laboratory(database, Limits(connections=16)) as (listener, analyser):
        wires = await crowd(HOST, listener.port, 300)
        ended = [asyncio.create_task(wire.ended(20)) for wire in wires]
        while sum(task.done() for task in ended) < 300 - 16:  # noqa: ASYNC110  # the network decides
            await asyncio.sleep(0.005)
        assert 16 == listener.connections
        for wire in wires:
            wire.cut()
        assert all(await asyncio.gather(*ended))
        assert (await analyser.report(SAMPLES)).accepted
        for wire in wires:
            await wire.close()


async def test_a_hundred_analysers_at_once() -> None:
    """Each is told of its own message."""
    database = Database()
    async with laboratory(database, Limits(connections=100)) as (listener, _):
        machines = [Analyser(HOST, listener.port, f"A{n}", "LAB", patience=IMPATIENT) for n in range(100)]
        answers = await asyncio.gather(*(machine.report(SAMPLES) for machine in machines))
        assert all(answer.accepted for answer in answers)
        assert 100 == len({answer.control_id for answer in answers})
        for machine in machines:
            await machine.close()
    assert {f"A{n}" for n in range(100)} == {message["sending_application"] for message in database.messages}


@pytest.mark.parametrize("ends", [True, False])
async def test_a_message_that_is_too_long_is_answered_and_ends_the_connection(ends: bool) -> None:
    """Nobody waits for its end."""
    database = Database()
    async with laboratory(database, Limits(message_bytes=1000)) as (listener, analyser):
        long = analyser.message(SAMPLES, "77") + b"NTE|1||" + b"x" * 1000
        wire = await Wire.connect(HOST, listener.port)
        await wire.send_bytes(START + long + (END if ends else b""))
        answer = await wire.answer(5)
        assert ("AE", "77", "207") == (answer.code, answer.control_id, answer.error)
        assert await wire.ended(5)
        await wire.close()
    assert [] == database.given


async def test_a_long_message_within_the_limit_is_read_aside() -> None:
    """Others are served meanwhile."""
    database = Database()
    async with laboratory(database) as (_, analyser):
        note = b"NTE|1||" + b"catatan " * 60_000
        assert (await analyser.offer(analyser.message(SAMPLES) + note)).accepted


async def test_silence_ends_a_connection() -> None:
    """Between messages after one time, within a message after another."""
    database = Database()
    async with laboratory(database, Limits(idle_s=0.05)) as (listener, _):
        wire = await Wire.connect(HOST, listener.port)
        assert await wire.ended(5)
        await wire.close()
    async with laboratory(database, Limits(stall_s=0.05)) as (listener, analyser):
        wire = await Wire.connect(HOST, listener.port)
        await wire.send_bytes(START + b"MSH|^~")
        assert await wire.ended(5)
        await wire.close()
        assert (await analyser.report(SAMPLES)).accepted


async def test_only_named_sources_may_connect() -> None:
    """Everybody else is hung up before a word."""
    database = Database()
    async with laboratory(database, laboratory_sources=("10.1.0.0/16",)) as (listener, _):
        with capture_logs() as logs:
            wire = await Wire.connect(HOST, listener.port)
            assert await wire.ended(5)
            await wire.close()
        assert "analyser.source_refused" in [one["event"] for one in logs]
    async with laboratory(database, laboratory_sources=("10.1.0.0/16", "127.0.0.1")) as (_, analyser):
        assert (await analyser.report(SAMPLES)).accepted


@pytest.mark.parametrize(
    ("address", "expected"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("10.2.0.1", False), ("fe80::1%eth0", True), ("", False)],
)
def test_sources_are_addresses_or_blocks(address: str, expected: bool) -> None:
    """Of either family."""
    assert expected is admits(address, networks(("10.1.0.0/16", "fe80::/10")))


async def test_a_flood_of_nothing_holds_up_nobody() -> None:
    """Refusals wait for nothing by themselves; between two of them everybody else has a turn."""
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    async with laboratory(Database()) as (listener, _):
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        writer.write(b"\x0b\x1c\r" * 300)
        turn()
        for _ in range(300):
            await reader.readuntil(b"\x1c\r")
        writer.close()
    assert 300 <= turns


async def _sent_for_ever(connection: socket.socket) -> None:
    while True:
        await asyncio.get_running_loop().sock_sendall(connection, b"\x0b\x1c\r" * 10_000)


async def test_whoever_never_fetches_answers_is_hung_up_on() -> None:
    """Otherwise each of them would keep a socket, and as many answers as fit, for as long as it likes."""
    async with laboratory(Database(), Limits(stall_s=0.05)) as (listener, _):
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_connect(deaf, (HOST, listener.port))
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_sent_for_ever(deaf), 30)


def test_the_kernel_looks_whether_an_analyser_is_still_there() -> None:
    """One that lost its power says no goodbye; its place would be taken until it is silent for too long."""
    with socket.socket() as connection:
        _keep_alive(connection)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert 0 < connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 300
