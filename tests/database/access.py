"""The access matrix of access.toml, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]

FILE = Path(__file__).with_name("access.toml")
OPERATIONS = ("select", "insert", "update", "delete")
ROLES = ("owner", "admin", "doctor", "nurse", "lab", "pharmacist", "cashier", "front_desk")
PERSONAS = ("anon", "stranger", "patient", *ROLES, "deactivated", "elsewhere", "service_role")


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view: who may do what, and rows to try it with."""

    name: str
    allowed: dict[str, frozenset[str]]
    sample: Row
    change: Row

    @property
    def schema(self) -> str:
        """Where the table lives."""
        return self.name.split(".")[0]

    @property
    def relation(self) -> str:
        """Its name there."""
        return self.name.split(".")[1]


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the API: who gets an answer, for whom it does anything, and how to call it."""

    signature: str
    execute: frozenset[str]
    effect: frozenset[str]
    arguments: Row

    @property
    def schema(self) -> str:
        """Where the function lives."""
        return self.signature.split(".")[0]

    @property
    def name(self) -> str:
        """Its name there."""
        return self.signature.split(".")[1].split("(")[0]


@cache
def tables() -> dict[str, Table]:
    """Every table of the file, by its full name, in the order of the file."""
    file = _file()
    return {name: _table(name, entry, file["groups"]) for name, entry in file["tables"].items()}


@cache
def functions() -> dict[str, Function]:
    """Every function of the file, by its signature."""
    file = _file()
    return {name: _function(name, entry, file["groups"]) for name, entry in file["functions"].items()}


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text())


def _table(name: str, entry: Row, groups: dict[str, list[str]]) -> Table:
    allowed = {operation: _people(entry[operation], groups) for operation in OPERATIONS}
    return Table(name, allowed, entry["sample"], entry["change"])


def _function(signature: str, entry: Row, groups: dict[str, list[str]]) -> Function:
    execute = _people(entry["execute"], groups)
    effect = _people(entry.get("effect", entry["execute"]), groups)
    assert effect <= execute, signature
    return Function(signature, execute, effect, entry.get("arguments", {}))


def _people(names: list[str], groups: dict[str, list[str]]) -> frozenset[str]:
    people = frozenset(person for name in names for person in groups.get(name, [name]))
    assert people <= set(PERSONAS), people - set(PERSONAS)
    return people
