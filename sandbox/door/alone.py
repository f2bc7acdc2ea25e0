"""Run one simulator alone on loopback, with its settings from a JSON file."""

import argparse
import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp


def read_settings(path: Path | None) -> dict[str, Any]:
    """Read settings from a JSON file; without one, there are none. Raises OSError or ValueError."""
    settings = {} if path is None else json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(settings, dict):
        raise ValueError("the settings are no object")  # noqa: TRY004 - the file is wrong, not the caller
    return settings


def server(app: ASGIApp, port: int) -> uvicorn.Server:
    """Give a server on loopback that is not running yet; port 0 takes a free one."""
    settings = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        date_header=False,  # a simulator tells its own clock
        lifespan="off",
        timeout_keep_alive=620,
    )
    return uvicorn.Server(settings)


def run(module: str, make: Callable[[dict[str, Any]], ASGIApp]) -> None:
    """Serve until interrupted; settings that cannot be used end the program with the reason."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, help="JSON file with the simulator's settings")
    arguments = parser.parse_args()
    try:
        app = make(read_settings(arguments.config))
    except (OSError, ValueError, TypeError) as error:
        parser.error(f"the configuration cannot be used: {error}")
    # What a simulator holds never forms cycles; looking for them again and again buys nothing.
    gc.set_threshold(100_000, 50, 100)
    server(app, arguments.port).run()
