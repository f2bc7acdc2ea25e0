"""Events with fields, on stderr; a patient never appears in one.

Libraries that print URLs (httpx) or payloads (realtime) are kept quiet: both governments put the NIK
in the query string, and a level below ERROR would write it to disk.
"""

import logging
import sys
from typing import Any

import structlog

TALKATIVE = ("httpx", "httpcore", "realtime", "websockets", "hpack", "aiohttp", "apscheduler", "asyncio")


def configure(level: str = "INFO", *, as_json: bool = True) -> None:
    """Set up structlog once; ``level`` is a name of the logging module."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    wordless = logging.StreamHandler(sys.stderr)
    wordless.setFormatter(_Wordless("%(levelname)s %(name)s"))
    logging.basicConfig(level=logging.ERROR, handlers=[wordless])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_exception,
            structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Wordless(logging.Formatter):
    """For libraries: who complains and how badly, and of an exception its type and place; never a text."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the library's word
        """One line in place of the trace, whose last line quotes."""
        error = ei[1]
        return f"{type(error).__name__} {_where(error)}" if isinstance(error, BaseException) else ""


def _name_exception(_logger: object, _method: str, event: Any) -> Any:
    """Replace an exception by its type and the place it was raised: its text may quote a row."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["raised_at"] = _where(error)
    return event


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    code = trace.tb_frame.f_code
    return f"{code.co_name}:{trace.tb_lineno}"
