"""Run the simulator alone: ``python -m sandbox.satusehat --port N``."""

from pathlib import Path

from sandbox.door.alone import read_settings, run
from sandbox.satusehat.app import create_app
from sandbox.satusehat.config import Config, config_of


def read_config(path: Path | None) -> Config:
    """Read a configuration from a JSON file; without one, the defaults.

    Raises OSError, ValueError or TypeError.
    """
    return config_of(read_settings(path))


if __name__ == "__main__":
    run("sandbox.satusehat", lambda settings: create_app(config_of(settings)))
