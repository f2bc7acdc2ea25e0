"""One pass over one resource: what the validator and the store would say about it.

The walk follows the tree of ``rulebook`` and collects references on the way, so a Bundle is read once.
Paths are linked tuples and become text only when something is wrong.
"""

from typing import Any

from sandbox.satusehat.dates import Calendar
from sandbox.satusehat.dialects import Issue, Json, StoreError
from sandbox.satusehat.lifecycle import LIFECYCLES
from sandbox.satusehat.rulebook import LOOKED_UP, RULES, Node, TypeRules, code_exists

Path = tuple[Any, ...] | None
_SYS_IDS = "http://sys-ids.kemkes.go.id/"
_EMPTY: dict[str, Node] = {}


def written(path: Path) -> str:
    """Write a linked path as FHIRPath: ``Encounter.participant[0].type[0]``."""
    if path is None:
        return ""
    parent, step = path
    if isinstance(step, int):
        return f"{written(parent)}[{step}]"
    return f"{written(parent)}.{step}" if parent is not None else str(step)


class Findings:
    """What one resource's reading brought to light."""

    __slots__ = ("_calendar", "_unknown", "issues", "references", "store_errors")

    def __init__(self, calendar: Calendar, unknown_codes: frozenset[str]) -> None:
        """Take the calendar of the moment and the codes that the look-up shall not find."""
        self._calendar = calendar
        self._unknown = unknown_codes
        self.issues: list[Issue] = []
        self.store_errors: list[StoreError] = []
        self.references: list[tuple[Json, Path]] = []

    def add(self, text: str, rule: int, expression: str, code: str = "value") -> None:
        """Note a refusal of the validator."""
        self.issues.append(Issue(code, f"{text} (RuleNumber: {rule})", expression))

    def walk(self, node: Node | None, value: Json, path: Path) -> None:
        """Visit an object and everything below it. JSON gives exact types; this is the hot path."""
        if "reference" in value:
            self.references.append((value, path))
        children = _EMPTY if node is None else node.children
        if node is not None and node.demanding:
            self._demands(node, value, path)
        for key, item in value.items():
            child = children.get(key)
            kind = type(item)
            if child is not None and child.shape is not None and kind is not child.shape:
                self._misshapen(child, (path, key))
            elif kind is dict:
                self.walk(child, item, (path, key))
            elif kind is list:
                self._items(child, item, (path, key))
            elif child is not None:
                self._scalar(child, item, (path, key))

    def _items(self, node: Node | None, value: list[Any], path: Path) -> None:
        for index, item in enumerate(value):
            if type(item) is dict:
                self.walk(node, item, (path, index))
            elif node is not None:
                self._scalar(node, item, (path, index))

    def _demands(self, node: Node, value: Json, path: Path) -> None:
        if node.coded is not None:
            self._coded(node.coded, value, path)
        if node.target_rule is not None:
            self._target(node, node.target_rule, value, path)

    def _scalar(self, node: Node, value: Any, path: Path) -> None:
        if node.date_rule is not None:
            complaint = self._calendar.complaint(value, node.date_rule, planned=node.planned)
            if complaint is not None:
                self.issues.append(Issue(*complaint, written(path)))
        if node.number_rule is not None and isinstance(value, str):
            self.add(f"Integer formated as a string: '{value}'", node.number_rule, written(path))

    def _misshapen(self, node: Node, path: Path) -> None:
        """Note an array for an object, or the other way (reference 0.8): the store's to refuse."""
        if node.shape is list:
            self._unparseable("expected an array", path)
        else:
            what = "a CodeableConcept object" if node.coded is not None else "an object"
            self._unparseable(f"expected {what}", path)

    def _unparseable(self, diagnostics: str, path: Path) -> None:
        self.store_errors.append(StoreError("structure", "unparseable_resource", diagnostics, written(path)))

    def _target(self, node: Node, rule: int, value: Json, path: Path) -> None:
        reference = value.get("reference")
        if not isinstance(reference, str) or not reference or reference.endswith("/"):
            self.add(f"Reference is mandatory : {written(path)}", rule, written(path))
            return
        kind, slash, _ = reference.partition("/")
        if node.target_types and slash and kind not in node.target_types:
            self.add(f"Invalid reference type : {reference}", rule, written(path))

    def _coded(self, demand: tuple[int, frozenset[str]], value: Json, path: Path) -> None:
        """Check the code systems of a CodeableConcept, a Coding or a Quantity (reference 4.6)."""
        rule, systems = demand
        codings = value.get("coding")
        if isinstance(codings, list):
            for index, coding in enumerate(codings):
                if isinstance(coding, dict):
                    self._coding(rule, systems, coding, ((path, "coding"), index))
        elif "coding" in value:
            self._unparseable("expected an array", (path, "coding"))
        elif "text" not in value:
            self._coding(rule, systems, value, path)

    def _coding(self, rule: int, systems: frozenset[str], coding: Json, path: Path) -> None:
        system, code = str(coding.get("system", "")), str(coding.get("code", ""))
        if system in systems and code_exists(system, code) and code not in self._unknown:
            return
        if "system" not in coding and "value" in coding:
            self.add(f"Element not found: {written(path)}.system", rule, f"{written(path)}.system")
        elif system not in systems:
            self.add(f"Invalid coding system: {system}", rule, f"{written(path)}.system")
        elif "code" not in coding:
            self.add(f"Element not found: {written(path)}.code", rule, f"{written(path)}.code")
        elif not code_exists(system, code) or system in LOOKED_UP:
            self.add(f"Code not found: '{code}' in system: {system}", rule, written(path))


def _present(resource: Json, path: tuple[str, ...]) -> Any:
    value: Any = resource
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _mandatory(rules: TypeRules, resource: Json, found: Findings) -> None:
    for path, where, rule, is_reference in rules.mandatory:
        value = resource.get(path[0]) if len(path) == 1 else _present(resource, path)
        if is_reference:
            reference = value.get("reference") if isinstance(value, dict) else value
            if not reference or (isinstance(reference, str) and reference.endswith("/")):
                found.add(f"Reference is mandatory : {where}", rule, where)
        elif value == "":
            found.add("Text is empty: ''", rule, where)
        elif value is None or value in ([], {}):
            found.add(f"Element not found: {where}", rule, where)


def _status(rules: TypeRules, resource: Json, found: Findings) -> None:
    status = resource.get("status")
    if rules.status is not None and status:
        rule, system, codes = rules.status
        if not isinstance(status, str) or status not in codes:
            found.add(f"Code not found: '{status}' in system: {system}", rule, f"{rules.name}.status")


def identifier_list(resource: Json) -> list[Json]:
    """Give a resource's identifiers whether it holds them as an array or as one object."""
    raw = resource.get("identifier")
    rows = raw if isinstance(raw, list) else [raw]
    return [row for row in rows if isinstance(row, dict) and row]


def _identifiers(rules: TypeRules, resource: Json, family: frozenset[str], found: Findings) -> None:
    """Check identifier systems and the organization inside them (rule 10117 and its sisters)."""
    demand = rules.identifiers
    for index, row in enumerate(identifier_list(resource)):
        system = row.get("system")
        step = "" if demand.single else f"[{index}]"
        where = f"{rules.name}.identifier{step}"
        if not row.get("value"):
            found.add("Text is empty: ''", demand.rule or 20008, f"{where}.value")
        if not isinstance(system, str) or not system.startswith(_SYS_IDS):
            if demand.rule and demand.names and not str(system).startswith(("http", "urn")):
                found.add(f"Invalid identifier system: {system}", demand.rule, f"{where}.system")
            continue
        name, _, rest = system[len(_SYS_IDS) :].partition("/")
        if demand.names and name not in demand.names and name != "creator":
            found.add(f"Invalid identifier system: {system}", demand.rule, f"{where}.system")
        elif rest and rest.partition("/")[0] not in family:
            text = f"Wrong organization ID provided by system URL: {system}"
            found.add(text, demand.rule or 10117, f"{where}.system")


def validate(resource: Json, family: frozenset[str], found: Findings, path: Path = None) -> None:
    """Read one resource of a caller whose organizations are ``family``, into ``found``.

    ``path`` places the resource, as ``Bundle.entry[3].resource``, for the store's expressions only.
    """
    name = resource.get("resourceType")
    rules = RULES.get(name) if isinstance(name, str) else None
    if rules is None:
        text = f"invalid or unsupported resource type: {name}"
        found.store_errors.append(StoreError("structure", "unparseable_resource", text))
        return
    _mandatory(rules, resource, found)
    _status(rules, resource, found)
    found.walk(rules.tree, resource, (None, name))
    _identifiers(rules, resource, family, found)
    extra = LIFECYCLES.get(rules.name)
    if extra is not None:
        extra(resource, family, found)
    _store_required(rules, resource, found, path)


def _store_required(rules: TypeRules, resource: Json, found: Findings, path: Path) -> None:
    lowered = rules.name[0].lower() + rules.name[1:]
    where = f"{written(path)}.{lowered}" if path is not None else lowered
    for name in rules.required:
        if resource.get(name) in (None, "", [], {}):
            text = f'missing required field "{name}"'
            found.store_errors.append(StoreError("structure", "unparseable_resource", text, where))
