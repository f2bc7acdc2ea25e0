"""How a request to BPJS proves who sends it (reference bpjs 1.2). Pure: the time is an argument."""

import base64
import hashlib
import hmac


def signature(consumer_id: str, consumer_secret: str, timestamp: str) -> str:
    """``X-signature``: it covers the consumer and the moment, nothing of address or body."""
    digest = hmac.digest(consumer_secret.encode(), f"{consumer_id}&{timestamp}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def authorization(user: str, password: str, application: str) -> str:
    """``X-authorization``, which P-Care and Antrean FKTP ask for."""
    return "Basic " + base64.b64encode(f"{user}:{password}:{application}".encode()).decode()


def key(consumer_id: str, consumer_secret: str, timestamp: str) -> bytes:
    """The 32 bytes that open the answer to a request of that timestamp (reference 2.2)."""
    return hashlib.sha256(f"{consumer_id}{consumer_secret}{timestamp}".encode()).digest()
