"""Run the simulator alone: ``python -m sandbox.satusehat --port N``."""

import argparse
import gc
import json
from pathlib import Path

import uvicorn

from sandbox.satusehat.app import create_app
from sandbox.satusehat.config import Config, config_of


def read_config(path: Path | None) -> Config:
    """Read a configuration from a JSON file; without one, the defaults.

    Raises OSError, ValueError or TypeError.
    """
    return Config() if path is None else config_of(json.loads(path.read_text(encoding="utf-8")))


def server(config: Config, port: int) -> uvicorn.Server:
    """Give a server on loopback that is not running yet; port 0 takes a free one."""
    settings = uvicorn.Config(
        create_app(config),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=620,
    )
    return uvicorn.Server(settings)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.satusehat", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, help="JSON file with the fields of Config")
    arguments = parser.parse_args()
    try:
        config = read_config(arguments.config)
    except (OSError, ValueError, TypeError) as error:
        parser.error(f"the configuration cannot be used: {error}")
    # Resources are bytes that never form cycles; looking through them again and again buys nothing.
    gc.set_threshold(100_000, 50, 100)
    server(config, arguments.port).run()


if __name__ == "__main__":
    main()
