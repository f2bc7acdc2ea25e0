"""MLLP blocks, however the bytes arrive."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.laboratory.analysers.framing import END, START, Blocks, TooLong

LIMIT = 64
CONTENT = st.binary(max_size=LIMIT).filter(lambda raw: not {0x0B, 0x1C} & set(raw))
NOISE = st.binary(max_size=20).filter(lambda raw: 0x0B not in raw)


def fed(*pieces: bytes, limit: int = LIMIT) -> tuple[list[bytes], Blocks]:
    """What comes of pieces."""
    blocks = Blocks(limit)
    return [block for piece in pieces for block in blocks.feed(piece)], blocks


@given(st.lists(st.tuples(NOISE, CONTENT), max_size=6), st.lists(st.integers(0, 500), max_size=8))
def test_any_cutting_gives_the_same_blocks(sent: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    """Garbage before a block is dropped and counted; nothing else is."""
    stream = b"".join(noise + START + content + END for noise, content in sent)
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    found, blocks = fed(*(stream[a:b] for a, b in itertools.pairwise(edges)))
    assert [content for _, content in sent] == found
    assert sum(len(noise.translate(None, b"\r\n")) for noise, _ in sent) == blocks.dropped
    assert not blocks.half


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes_are_survived(pieces: list[bytes]) -> None:
    """Blocks, garbage or TooLong; and never more kept than the limit and a piece."""
    blocks = Blocks(LIMIT)
    with contextlib.suppress(TooLong):
        for piece in pieces:
            for block in blocks.feed(piece):
                assert len(block) <= LIMIT
            assert len(blocks._buffer) <= LIMIT + 1


def test_half_a_block_is_no_block() -> None:
    """Neither is one whose end has lost its second byte."""
    assert ([], True) == (fed(START + b"MSH")[0], fed(START + b"MSH")[1].half)
    assert [] == fed(START + b"MSH\x1c")[0]


def test_a_block_given_up_is_left_out() -> None:
    """Its sender began again."""
    found, blocks = fed(START + b"MSH|half" + START + b"MSH|who", b"le" + END)
    assert ([b"MSH|whole"], 1) == (found, blocks.broken_off)


@pytest.mark.parametrize("length", [LIMIT, LIMIT + 1])
def test_the_limit_is_exact(length: int) -> None:
    """One byte over is too long."""
    stream = START + b"x" * length + END
    if length > LIMIT:
        with pytest.raises(TooLong):
            fed(stream)
    else:
        assert [b"x" * LIMIT] == fed(stream)[0]
