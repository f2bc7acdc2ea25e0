"""The one place that reads the environment: once, complaining about everything at once."""

import logging
import os
from pathlib import Path

import pydantic_settings
from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import ValidationError

from workers.errors import SettingsError
from workers.settings import Settings
from workers.settings_laboratory import PREFIX


def load(env_file: Path | None = None) -> Settings:
    """Read the environment (and ``.env``, or the given file); raises SettingsError."""
    if env_file is not None and not env_file.is_file():
        raise SettingsError(f"There is no settings file {env_file}; check --env-file.")
    file = env_file or Path(".env")
    wrong = [*_unreadable(file), *_misspelt(file)]
    try:
        settings = Settings(_env_file=file)
    except ValidationError as error:
        raise SettingsError(_sentence([*wrong, *_complaints(error)])) from None
    except pydantic_settings.SettingsError as error:  # a list that is not JSON; its cause quotes the value
        name = str(error).split('"')[1].upper()
        raise SettingsError(_sentence([*wrong, f"{PREFIX}{name} is not valid JSON"])) from None
    if wrong:
        raise SettingsError(_sentence(wrong))
    return settings


def _unreadable(file: Path) -> list[str]:
    """The lines of the file that are no settings; raises SettingsError when there is no reading it."""
    if not file.exists():
        return []
    logging.getLogger("dotenv").setLevel(logging.ERROR)  # it would say the same in its own words
    try:
        with file.open(encoding="utf-8") as stream:
            return [
                f"line {binding.original.line} of {file} is not NAME=value"
                for binding in parse_stream(stream) if binding.error
            ]  # fmt: skip
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {file} cannot be read ({type(error).__name__}); "
            "make it a UTF-8 text that this user may read."
        ) from None


def _misspelt(file: Path) -> list[str]:
    """Names of ours, in the file or the real environment, that mean nothing; strangers are welcome."""
    ours = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    named = {*dotenv_values(file), *os.environ}  # noqa: TID251  # this is the one place that may
    return [f"{n} is not a setting" for n in sorted(named) if n.startswith(PREFIX) and n not in ours]


def _complaints(error: ValidationError) -> list[str]:
    """One clause per finding, naming the variable and never its value."""
    found = []
    for item in error.errors(include_input=False, include_url=False):
        where = "_".join(str(part) for part in item["loc"])
        name = where.upper() if where.upper().startswith(PREFIX) else f"{PREFIX}{where.upper()}"
        message = item["msg"].removeprefix("Value error, ")
        found.append(f"{name}: {message}" if where else message)
        if item["type"] == "missing":
            found[-1] = f"{name} is missing"
    return found


def _sentence(complaints: list[str]) -> str:
    return "Settings: " + "; ".join(complaints) + ". See .env.example."
