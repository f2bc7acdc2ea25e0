"""What goes wrong between an analyser and a listener, on purpose."""

import asyncio
from collections.abc import Sequence

from sandbox.analyser.machine import Analyser
from sandbox.analyser.message import Sample
from sandbox.analyser.wire import END, START, Answer, Wire

NOISE = b"\x00\xff\x02ENQ garbage\r\n"


async def send_twice(analyser: Analyser, samples: Sequence[Sample]) -> tuple[Answer, Answer]:
    """The same message again, although it was taken: the analyser had not heard so."""
    control_id = analyser.next_control_id()
    return await analyser.report(samples, control_id=control_id), await analyser.report(samples, control_id=control_id)


async def send_half(analyser: Analyser, samples: Sequence[Sample], share: float = 0.5) -> None:
    """Begin a message and pull the plug."""
    block = analyser.message(samples)
    wire = await analyser.wire()
    await wire.send_bytes(START + block[: int(len(block) * share)])
    await analyser.close()


async def send_and_go(analyser: Analyser, samples: Sequence[Sample], control_id: str) -> None:
    """Send a whole message and do not wait for the answer."""
    wire = await analyser.wire()
    await wire.send(analyser.message(samples, control_id))
    await analyser.close()


async def send_slowly(analyser: Analyser, samples: Sequence[Sample], pause_s: float, pieces: int = 8) -> Answer:
    """A message in small pieces, over a serial line of old."""
    framed = START + analyser.message(samples) + END
    size = max(1, len(framed) // pieces)
    wire = await analyser.wire()
    for start in range(0, len(framed), size):
        await wire.send_bytes(framed[start : start + size])
        await asyncio.sleep(pause_s)
    return await wire.answer(10)


async def send_after_noise(analyser: Analyser, samples: Sequence[Sample], noise: bytes = NOISE) -> Answer:
    """What a line picked up, then a message."""
    wire = await analyser.wire()
    await wire.send_bytes(noise + START + analyser.message(samples) + END)
    return await wire.answer(10)


async def send_broken(analyser: Analyser, samples: Sequence[Sample], segment: int = 2) -> Answer:
    """A message one of whose segments has lost its beginning; sent once."""
    lines = analyser.message(samples).split(b"\r")
    lines[segment] = lines[segment][2:]
    return await analyser.offer(b"\r".join(lines))


async def crowd(host: str, port: int, count: int) -> list[Wire]:
    """So many connections at once, none of which says anything."""
    return list(await asyncio.gather(*(Wire.connect(host, port) for _ in range(count))))
