"""Signing and opening: our own reading of the rules against the simulator's, which was written on its own."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.bpjs import envelope as theirs
from sandbox.bpjs.lzstring import compress
from workers.bpjs import signature
from workers.bpjs.envelope import unseal, unwrap
from workers.bpjs.lzstring import CompressionError, decompress

CONSUMER, SECRET, STAMP = "11401", "sandbox-fktp-secret", "1767225600"
KEY = signature.key(CONSUMER, SECRET, STAMP)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


def body(code: Any, response: Any, meta: str = "metaData") -> bytes:
    """An answer on the wire."""
    return json.dumps({"response": response, meta: {"code": code, "message": "OK"}}).encode()


def test_the_published_check_value() -> None:
    """BPJS publishes one HMAC of key bbb over aaa; the message is consumer & timestamp."""
    assert "20BKS3PWnD3XU4JbSSZvVlGi2WWnDa8Sv9uHJ+wsELA=" == _hmac("aaa", "bbb")
    assert signature.signature("11401", "s3", "17") == _hmac("11401&17", "s3")


def _hmac(message: str, key: str) -> str:
    import base64  # noqa: PLC0415
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), st.integers(0, 2**40))
def test_both_sign_alike(consumer: str, secret: str, stamp: int) -> None:
    """The simulator's signature is ours."""
    assert signature.signature(consumer, secret, str(stamp)) == theirs.signature(consumer, secret, str(stamp))


@given(JSON)
def test_what_the_other_side_sealed_opens(value: Any) -> None:
    """Any JSON comes back as it was, letters beyond ASCII and beyond the first plane too."""
    assert value == unseal(theirs.seal(value, CONSUMER, SECRET, STAMP), KEY)


@pytest.mark.parametrize("text", ["", "a", "aaaaaaaaaaaaaa", "é – 日本", "😀😀 \U0001f9ec", "{}" * 5000])
def test_texts_come_back(text: str) -> None:
    """Short, long, repeating, astral."""
    assert text == decompress(compress(text), 100_000)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$ ", max_size=60))
def test_noise_is_refused_or_read_but_never_breaks(noise: str) -> None:
    """Whatever the letters, an answer or CompressionError."""
    with contextlib.suppress(CompressionError):
        decompress(noise, 10_000)


def test_a_bomb_is_defused() -> None:
    """A short stream that grows without end stops at the limit."""
    bomb = compress("a" * 2_000_000)
    assert len(bomb) < 10_000
    with pytest.raises(CompressionError, match="larger"):
        decompress(bomb, 1_000_000)


@pytest.mark.parametrize("meta", ["metaData", "metadata"])
@pytest.mark.parametrize("code", [200, "200", 1, "1"])
def test_both_spellings_both_types(meta: str, code: Any) -> None:
    """The envelope is read whatever the service calls it."""
    read = unwrap(body(code, None, meta), KEY)
    assert read is not None
    assert (str(code), None, False) == (read.code, read.response, read.sealed)


def test_another_timestamps_answer_stays_shut() -> None:
    """The key belongs to one request: a second later it opens nothing, and that is seen."""
    sealed = theirs.seal({"a": 1}, CONSUMER, SECRET, str(int(STAMP) + 1))
    read = unwrap(body(200, sealed), KEY)
    assert read is not None
    assert (True, sealed) == (read.sealed, read.response)


@pytest.mark.parametrize("plain", ["0114R0010126V000001", "bukan base64!", "QUJD"])
def test_a_plain_number_is_kept_as_it_came(plain: str) -> None:
    """A few services answer a number in plain text."""
    read = unwrap(body("200", plain), KEY)
    assert read is not None
    assert (True, plain) == (read.sealed, read.response)


@pytest.mark.parametrize("noise", [b"", b"<html>502</html>", b"[]", b'"text"', b"{}", b'{"metaData": 1}', b"\xff\xfe"])
def test_what_has_no_envelope_is_none(noise: bytes) -> None:
    """Gateways speak other languages."""
    assert unwrap(noise, KEY) is None
