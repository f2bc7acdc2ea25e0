"""The lock and the compression, against values made with Node's crypto and the original lz-string 1.5.0."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.bpjs.envelope import seal, signature, unseal
from sandbox.bpjs.lzstring import LzError, compress, decompress

WHO = ("40404", "rahasia", "1780000000")
LONG = [{"kd": f"D{n}", "nm": f"Nama {n * 7}"} for n in range(40)]
KNOWN = [
    ({"a": 1}, "N4IghiBcCMC+Q", "GL2IGLEBVzv0XIAOxMEUqQ=="),
    ([], "NoXSA", "6f2Bygb0yJd9/O37DiMu7Q=="),
    (
        "Poli Gigi — gigi gigi gigi 😀 ñ",
        "EQBQ9gNglgBA4lA5rQKAQ2c9TYdoXg3AAPZgEfgg",
        "64BgEt1r1MJaULP19vb8JUYRI878h9yquCFccOQjzHvB8QOUyN6parrfpE057EtC",
    ),
]


def text(value: object) -> str:
    """The JSON that is locked."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_signature() -> None:
    """HMAC-SHA256 over consumer and timestamp, nothing else."""
    assert "IVgXzEyd1bSS8v/gFZahYx49JKxZDC1FR2yUSPG+qTI=" == signature(*WHO)


@pytest.mark.parametrize(("value", "packed", "sealed"), KNOWN)
def test_known_values(value: object, packed: str, sealed: str) -> None:
    """The same letters as the original gives, in both directions."""
    assert packed == compress(text(value))
    assert text(value) == decompress(packed)
    assert sealed == seal(value, *WHO)
    assert value == unseal(sealed, *WHO)


def test_a_long_list() -> None:
    """The dictionary grows past several widths."""
    packed, sealed = compress(text(LONG)), seal(LONG, *WHO)
    assert "6b9992cb290498f65f801daa5b443b2ea77b8a8e6147542a430282c61ea08c94" == _digest(packed)
    assert "53c3e86f2f913b967fc2b9d6462d2647f62cb43befd1d6cf30078b7ed1e2f74c" == _digest(sealed)
    assert LONG == unseal(sealed, *WHO)


@given(st.text(st.characters(), max_size=300))
def test_every_text_comes_back(anything: str) -> None:
    """Code units, halves of pairs included."""
    assert anything == decompress(compress(anything))


@pytest.mark.parametrize("broken", ["", "!", "N4", "4444444444"])
def test_what_is_no_lz_string_is_said_to_be_none(broken: str) -> None:
    """Never a wrong text, never another error."""
    with pytest.raises(LzError):
        decompress(broken)


def test_another_timestamp_does_not_open_it() -> None:
    """The request's timestamp is part of the key."""
    with pytest.raises(ValueError):  # noqa: PT011 - padding, letters or JSON: whichever breaks first
        unseal(seal(LONG, *WHO), WHO[0], WHO[1], "1780000001")


def _digest(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()
