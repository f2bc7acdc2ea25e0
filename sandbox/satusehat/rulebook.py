"""The ministry's rules per resource type, read once into a tree that a walk follows.

The numbers are those of reference 3.2 and of the published rule list; ``rulebook.json`` is our table.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_TABLE: Final = json.loads(Path(__file__).with_name("rulebook.json").read_text(encoding="utf-8"))
SYSTEMS: Final[dict[str, str]] = _TABLE["systems"]

_ICD10 = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?\Z").match
_ICD9 = re.compile(r"\d{2}(\.\d{1,2})?\Z").match
_KFA = re.compile(r"(\d{8}|VG\d{1,3})\Z").match
_TOKEN = re.compile(r"\S+\Z").match
_KEMKES = re.compile(r"[A-Za-z0-9][\w.\-]*\Z").match
# Spellings that are no UCUM codes although people write them (rule 10012); UCUM is case sensitive.
_NOT_UCUM = frozenset(
    {
        *("mmHg", "bpm", "breaths/min", "beats/min", "celsius", "Celcius", "°C", "kgs", "persen"),
        *("gr/dL", "gr/dl", "gr%", "mg%", "IU/L", "IU/mL", "mIU/mL", "mIU/L", "uIU/mL", "ribu/uL", "juta/uL", "sel/uL"),
        *("cells/uL", "mm/jam", "detik", "menit", "x10*3/uL", "/LPB", "/LPK", "/hpf", "/lpf", "mcg/dL", "mEq/L", "cc"),
    }
)
# Outside of [brackets] and {annotations}, UCUM has letters, digits and a few signs; ten to a power is 10* or 10^.
_UCUM_SHAPE = re.compile(r"(?:10\^|[A-Za-z0-9.*/()%'\"+-]|\[[A-Za-z0-9_.%'*/^]+\]|\{[!-z|~]*\})+\Z").match


def _ucum(code: str) -> object:
    return _UCUM_SHAPE(code) and code not in _NOT_UCUM


_FORMATS: dict[str, Callable[[str], object]] = {
    SYSTEMS["icd10"]: _ICD10,
    SYSTEMS["icd9"]: _ICD9,
    SYSTEMS["kfa"]: _KFA,
    SYSTEMS["ucum"]: _ucum,
    SYSTEMS["kemkes"]: _KEMKES,
    SYSTEMS["clinical-term"]: _KEMKES,
    SYSTEMS["ae-title"]: lambda _: True,  # accepted examples carry a display and no code
}
LOOKED_UP: Final = frozenset(SYSTEMS[name] for name in ("icd10", "icd9", "kfa", "kemkes", "clinical-term"))
_CLOSED = {SYSTEMS[name]: frozenset(codes.split()) for name, codes in _TABLE["closed"].items()}


def code_exists(system: str, code: str) -> bool:
    """Tell whether the look-up finds a code; LOINC and SNOMED need only a form (reference 4.6)."""
    closed = _CLOSED.get(system)
    if closed is not None:
        return code in closed
    return bool(_FORMATS.get(system, _TOKEN)(code))


@dataclass(slots=True)
class Node:
    """What is demanded of one element; ``children`` are the elements below it."""

    children: dict[str, "Node"] = field(default_factory=dict)
    shape: type | None = None
    """``list`` or ``dict``; None where only the store's own parser would know."""
    coded: tuple[int, frozenset[str]] | None = None
    date_rule: int | None = None
    planned: bool = False
    """Whether the date may lie in the future."""
    number_rule: int | None = None
    target_rule: int | None = None
    target_types: frozenset[str] = frozenset()
    """Of which types what is referred to may be; any type when empty."""
    demanding: bool = False
    """Whether an object here is looked at itself, for its codes or its reference."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Which identifier systems a type may carry, and which one makes it unique (reference 3.3)."""

    rule: int
    names: frozenset[str]
    unique_prefix: str
    """Start of the system whose values are unique in the type. Medication has none: an accepted
    official Bundle carries one medication identifier twice."""
    single: bool


@dataclass(frozen=True, slots=True)
class TypeRules:
    """Everything demanded of one resource type."""

    name: str
    tree: Node
    mandatory: tuple[tuple[tuple[str, ...], str, int, bool], ...]
    """Path, the path as written, rule number, and whether it is a reference."""
    required: tuple[str, ...]
    """Elements that only the store insists on, in its own dialect."""
    identifiers: Identifiers
    status: tuple[int, str, frozenset[str]] | None


def _place(tree: Node, path: str) -> Node:
    for part in path.split("."):
        tree = tree.children.setdefault(part, Node())
    return tree


def _grow(raw: dict[str, Any]) -> Node:
    tree = Node()
    for shape, key in ((list, "lists"), (dict, "objects")):
        for name in raw[key].split():
            _place(tree, name).shape = shape
    _demand(tree, raw)
    if "section" in tree.children:  # a Composition's sections nest without limit
        tree.children["section"].children["section"] = tree.children["section"]
    return tree


def _demand(tree: Node, raw: dict[str, Any]) -> None:
    for path, (rule, names) in raw["coded"].items():
        node = _place(tree, path)
        node.coded = (rule, frozenset(SYSTEMS[name] for name in names.split()))
        node.demanding = True
    for key, planned in (("dates", False), ("planned", True)):
        for path, rule in raw.get(key, {}).items():
            node = _place(tree, path)
            node.date_rule, node.planned = rule, planned
    for path, rule in raw.get("numbers", {}).items():
        _place(tree, path).number_rule = rule
    for path, target in raw["targets"].items():
        node = _place(tree, path)
        rule, names = target if isinstance(target, list) else (target, "")
        node.target_rule, node.target_types, node.demanding = rule, frozenset(names.split()), True


def _identifiers(raw: dict[str, Any]) -> Identifiers:
    return Identifiers(
        rule=raw["rule"],
        names=frozenset(f"{raw['names']} {raw.get('others', '')}".split()),
        unique_prefix=f"http://sys-ids.kemkes.go.id/{raw['own'] or 'nothing'}/",
        single=raw.get("single", False),
    )


def _read(name: str, raw: dict[str, Any]) -> TypeRules:
    references = frozenset(raw["references"].split())
    status = raw.get("status")
    return TypeRules(
        name=name,
        tree=_grow(raw),
        mandatory=tuple(
            (tuple(path.split(".")), f"{name}.{path}", rule, path in references)
            for path, rule in raw["mandatory"].items()
        ),
        required=tuple(raw.get("required", "").split()),
        identifiers=_identifiers(raw["identifiers"]),
        status=None if status is None else (*status, frozenset(_TABLE["statuses"][name].split())),
    )


RULES: Final[dict[str, TypeRules]] = {name: _read(name, raw) for name, raw in _TABLE["types"].items()}
