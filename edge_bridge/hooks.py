"""Supabase Database Webhooks as bells.

They are unsigned, may be lost, repeat, and carry a whole row (security reference §0.2): so a shared
secret is asked for, the body is read up to a cap and thrown away, and the only effect is a ring.
"""

import hmac

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.requests import ClientDisconnect

from workers.wakeup import Bell

SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105  # a header's name, not its value


def hooks(bell: Bell, secret: str | None, body_limit_bytes: int) -> APIRouter:
    """The router of ``/hooks``; without a secret every hook is refused."""
    router = APIRouter(prefix="/hooks")

    @router.post("/supabase", status_code=202)
    async def supabase(request: Request) -> Response:
        """Ring the bell: something may have changed."""
        _authenticate(request, secret)
        await _discard_body(request, body_limit_bytes)
        bell.ring()
        return Response(status_code=202)

    return router


def _authenticate(request: Request, secret: str | None) -> None:
    given = request.headers.getlist(SECRET_HEADER)
    # Compared as bytes and in constant time; header values are latin-1 on the wire.
    right = (
        secret is not None
        and len(given) == 1
        and hmac.compare_digest(given[0].encode("latin-1", "replace"), secret.encode())
    )
    if not right:
        raise HTTPException(401, f"Send the shared secret in {SECRET_HEADER}.")


async def _discard_body(request: Request, limit: int) -> None:
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise HTTPException(413, f"A hook's body is at most {limit} bytes.")
    except ClientDisconnect:
        return  # a half-sent hint is still a hint
