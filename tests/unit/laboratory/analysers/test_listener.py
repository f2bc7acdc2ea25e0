"""Analysers at the listener: what is acknowledged, when, and what happens when either of them fails."""

import asyncio

import pytest
from structlog.testing import capture_logs

from sandbox.analyser import mischief
from sandbox.analyser.dialect import Dialect
from sandbox.analyser.machine import Analyser
from sandbox.analyser.wire import NO_ANSWER
from tests.unit.laboratory.analysers.laboratory import CLINIC, IMPATIENT, SAMPLES, Database, laboratory
from workers.errors import DatabaseAway, DatabaseError
from workers.laboratory.analysers.listener import Listener


async def emptied(listener: Listener) -> None:
    """Wait until nobody is connected."""
    while listener.connections:  # noqa: ASYNC110  # the listener says it to nobody
        await asyncio.sleep(0.005)


async def test_a_result_arrives() -> None:
    """With the clinic it is for, and AA comes back."""
    database = Database()
    async with laboratory(database) as (_, analyser):
        answer = await analyser.send("L2611240012A", [("WBC", "5.40", "10*9/L"), ("CRP", "<0.5", "mg/L")])
    assert ("AA", "Taken.", "") == (answer.code, answer.text, answer.error)
    assert CLINIC == database.given[0]["p_clinic"]
    message = database.messages[0]
    assert answer.control_id == message["control_id"]
    seen = [(o["code"], o["numeric"], o["comparator"], o["accession_number"]) for o in message["observations"]]
    assert [("WBC", "5.40", None, "L2611240012A"), ("CRP", "0.5", "<", "L2611240012A")] == seen


async def test_nothing_is_acknowledged_before_the_commit() -> None:
    """The answer waits for the database."""
    database = Database()
    database.open.clear()
    async with laboratory(database) as (_, analyser):
        sending = asyncio.create_task(analyser.report(SAMPLES))
        await database.entered.wait()
        wire = await analyser.wire()
        assert b"" == bytes(wire._reader._buffer)
        assert not sending.done()
        database.open.set()
        assert (await sending).accepted


async def test_a_database_that_is_away_makes_the_analyser_send_again() -> None:
    """AE with 207 twice, then AA; the same message each time."""
    database = Database(DatabaseAway("receive_results", "57P01"), DatabaseAway("receive_results", "503"))
    async with laboratory(database) as (_, analyser):
        assert (await analyser.report(SAMPLES)).accepted
        assert [("AE", "207"), ("AE", "207"), ("AA", "")] == [(a.code, a.error) for a in analyser.answers]
    assert 1 == len({(m["control_id"], m["sha256"]) for m in database.messages})


async def test_a_refused_call_is_an_error_too() -> None:
    """And its text, which may quote a row, stays inside."""
    database = Database(DatabaseError("receive_results", "22P02", "RM-1"))
    async with laboratory(database) as (_, analyser):
        with capture_logs() as logs:
            assert (await analyser.report(SAMPLES)).accepted
    assert "AE" == analyser.answers[0].code
    assert "RM-1" not in repr(logs) + repr(analyser.answers)


async def test_an_analyser_that_is_not_registered_is_rejected() -> None:
    """AR: sending again is of no use."""
    database = Database()
    database.verdict = "AR"
    async with laboratory(database) as (_, analyser):
        answer = await analyser.report(SAMPLES)
    assert [("AR", "204")] == [(a.code, a.error) for a in analyser.answers]
    assert 1 == len(database.given)
    assert not answer.accepted


async def test_an_acknowledgement_that_is_lost_makes_it_come_again() -> None:
    """Committed, then the line is cut: the message comes again as it was, for the database to know it."""
    database = Database()
    database.open.clear()
    async with laboratory(database) as (listener, analyser):
        control_id = analyser.next_control_id()
        await mischief.send_and_go(analyser, SAMPLES, control_id)
        await database.entered.wait()
        database.open.set()
        await emptied(listener)
        assert 1 == database.committed
        assert (await analyser.report(SAMPLES, control_id=control_id)).accepted
    first, again = database.messages
    assert (first["control_id"], first["sha256"]) == (again["control_id"], again["sha256"])


async def test_half_a_message_is_nothing() -> None:
    """Neither filed nor answered; the next connection is as good as new."""
    database = Database()
    async with laboratory(database) as (listener, analyser):
        with capture_logs() as logs:
            await mischief.send_half(analyser, SAMPLES)
            await emptied(listener)
        assert [] == database.given
        assert ["analyser.half_message_dropped"] == [one["event"] for one in logs]
        assert (await analyser.report(SAMPLES)).accepted


async def test_noise_slowness_and_a_message_given_up() -> None:
    """What lines of old do to a message does not harm it."""
    database = Database()
    async with laboratory(database) as (_, analyser):
        with capture_logs() as logs:
            assert (await mischief.send_after_noise(analyser, SAMPLES)).accepted
            assert (await mischief.send_slowly(analyser, SAMPLES, 0.001)).accepted
            wire = await analyser.wire()
            await wire.send_bytes(b"\x0bMSH|^~\\&|given up\rOBX|1|NM|WBC||5")
            await wire.send(analyser.message(SAMPLES))
            assert (await wire.answer(5)).accepted
    assert 3 == database.committed
    dropped = [(one["bytes"] > 0, one["broken_off"]) for one in logs if one["event"] == "analyser.bytes_dropped"]
    assert [(True, 0), (False, 1)] == dropped


@pytest.mark.parametrize("segment", [1, 2, 3, 4])
async def test_a_broken_segment_files_nothing(segment: int) -> None:
    """AE, and the connection stays good."""
    database = Database()
    async with laboratory(database) as (_, analyser):
        answer = await mischief.send_broken(analyser, SAMPLES, segment)
        assert ("AE", f"Segment {segment + 1} cannot be read.") == (answer.code, answer.text)
        assert [] == database.given
        assert (await analyser.report(SAMPLES)).accepted


async def test_a_wrong_character_set_is_taken_and_said() -> None:
    """In the answer, where a technician looks."""
    database = Database()
    async with laboratory(database) as (listener, _):
        wrong = Dialect(charset="UNICODE UTF-8", codec="iso8859-1")
        async with Analyser("127.0.0.1", listener.port, "A", "B", dialect=wrong, patience=IMPATIENT) as analyser:
            answer = await analyser.send("L2611240012A", [("CREA", "70", "µmol/L")])
    assert answer.accepted
    assert "character set" in answer.text
    assert "µmol/L" == database.messages[0]["observations"][0]["unit"]


async def test_messages_on_one_connection_are_answered_in_order() -> None:
    """One at a time, however many were sent at once."""
    database = Database()
    async with laboratory(database) as (_, analyser):
        wire, numbers = await analyser.wire(), [analyser.next_control_id() for _ in range(20)]
        framed = [b"\x0b" + analyser.message(SAMPLES, number) + b"\x1c\r" for number in numbers]
        await wire.send_bytes(b"".join(framed))
        assert numbers == [(await wire.answer(5)).control_id for _ in numbers]
    assert (20, 1) == (database.committed, database.most_at_once)


async def test_other_messages_are_rejected_on_the_same_connection() -> None:
    """By their header alone."""
    database = Database()
    async with laboratory(database) as (_, analyser):
        query = analyser.message(SAMPLES).replace(b"ORU^R01^ORU_R01", b"QRY^Q02")
        assert ("AR", "200") == ((answer := await analyser.offer(query)).code, answer.error)
        assert "AE" == (await analyser.offer(b"hello")).code
        assert [] == database.given


async def test_no_log_names_a_patient() -> None:
    """Nor a tube, nor a value."""
    database = Database(DatabaseAway("receive_results", "57P01"))
    async with laboratory(database) as (listener, analyser):
        with capture_logs() as logs:
            await analyser.report(SAMPLES)
            await mischief.send_broken(analyser, SAMPLES)
            await mischief.send_half(analyser, SAMPLES, 0.9)
            await emptied(listener)
    assert logs
    assert not any(word in repr(logs) for word in ("L2611240012A", "RM-1", "5.40", "WBC"))


async def test_a_stop_finishes_the_message_in_hand() -> None:
    """Filed, answered, hung up; who is silent or in the middle of a message is hung up at once."""
    database = Database()
    database.open.clear()
    async with laboratory(database) as (listener, analyser):
        silent, halfway = await mischief.crowd("127.0.0.1", listener.port, 2)
        await halfway.send_bytes(b"\x0bMSH|^~\\&|half")
        sending = asyncio.create_task(analyser.offer(analyser.message(SAMPLES)))
        await database.entered.wait()
        stopping = asyncio.create_task(listener.stop())
        assert await silent.ended(5)
        assert await halfway.ended(5)
        assert not stopping.done()
        database.open.set()
        assert (await sending).accepted
        await stopping
        assert 0 == listener.connections
        assert NO_ANSWER == await analyser.offer(b"MSH")
    assert 1 == database.committed
    for wire in (silent, halfway):
        await wire.close()
