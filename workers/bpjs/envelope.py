"""Reading what BPJS answers: envelope, encryption, compression (reference bpjs 2.1 to 2.4). Pure."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from workers.bpjs.lzstring import CompressionError, decompress

TEXT_LIMIT = 4 * 1024 * 1024
"""Code units one answer may grow to; the longest lists BPJS gives are a tenth of it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer with its wrapping taken off."""

    code: str
    """As text, since services disagree on string and number; empty when the answer has no envelope."""
    message: str
    response: Any
    """Object, list, text or None."""
    sealed: bool = False
    """``response`` is a text that our key does not open: a plain number, or not meant for us."""


def unwrap(body: bytes, key: bytes) -> Envelope | None:
    """Take the wrapping off, whatever the HTTP status was; None when there is none (HTML, nothing, noise).

    The meta object goes by two spellings. A response that is a non-empty text is opened with the key of
    its own request; a few services answer a plain text there, so what does not open stays as it came.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    meta = _meta(document)
    if meta is None:
        return None
    code, message = str(meta.get("code", "")), str(meta.get("message") or "")
    response = document.get("response")
    if not isinstance(response, str) or not response:
        return Envelope(code, message, response or (None if response == "" else response))
    try:
        return Envelope(code, message, unseal(response, key))
    except ValueError:
        return Envelope(code, message, response, sealed=True)


def _meta(document: Any) -> dict[str, Any] | None:
    if not isinstance(document, dict):
        return None
    meta = document.get("metaData", document.get("metadata"))
    return meta if isinstance(meta, dict) else None


def unseal(sealed: str, key: bytes) -> Any:
    """AES-256-CBC, then LZ-String, then JSON; raises ValueError when any of them does not fit."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if not raw or len(raw) % 16:
        raise ValueError("not whole blocks")
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    padded = decryptor.update(raw) + decryptor.finalize()
    try:
        packed = (unpadder.update(padded) + unpadder.finalize()).decode("ascii")
        return orjson.loads(decompress(packed, TEXT_LIMIT).encode("utf-8"))
    except CompressionError:
        raise
    except ValueError:  # wrong padding, no ASCII, no JSON: the same to us
        raise ValueError("our key does not open it") from None
