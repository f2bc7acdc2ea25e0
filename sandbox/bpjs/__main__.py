"""Run the simulator alone: ``python -m sandbox.bpjs --port N``."""

from sandbox.bpjs.app import create_app
from sandbox.bpjs.config import config_of
from sandbox.door.alone import run

if __name__ == "__main__":
    run("sandbox.bpjs", lambda settings: create_app(config_of(settings)))
