"""BPJS's signature, and the lock on its answers (reference 1.2, 2.2)."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sandbox.bpjs.lzstring import compress, decompress


def signature(cons_id: str, secret: str, timestamp: str) -> str:
    """Give what `X-signature` must hold."""
    digest = hmac.digest(secret.encode(), f"{cons_id}&{timestamp}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def _cipher(cons_id: str, secret: str, timestamp: str) -> Cipher[modes.CBC]:
    key = hashlib.sha256(f"{cons_id}{secret}{timestamp}".encode()).digest()
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def seal(value: Any, cons_id: str, secret: str, timestamp: str) -> str:
    """Lock a JSON value with the timestamp of the request it answers."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    padder = padding.PKCS7(128).padder()
    padded = padder.update(compress(text).encode()) + padder.finalize()
    encryptor = _cipher(cons_id, secret, timestamp).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def unseal(sealed: str, cons_id: str, secret: str, timestamp: str) -> Any:
    """Open what `seal` locked, as a client does. Raises ValueError when it is not that."""
    decryptor = _cipher(cons_id, secret, timestamp).decryptor()
    padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return json.loads(decompress((unpadder.update(padded) + unpadder.finalize()).decode("ascii")))
