"""The transaction Bundle: everything or nothing, one commit, ``urn:uuid`` references (3.16)."""

import re
from typing import Any

from sandbox.door.gate import Reply
from sandbox.door.ledger import Effect
from sandbox.satusehat.config import Client
from sandbox.satusehat.dialects import Issue, Json, StoreError, refusal, store_refusal
from sandbox.satusehat.store import Held, Stamp, dress, new_id
from sandbox.satusehat.validator import Findings, Path, validate
from sandbox.satusehat.writes import Writer, duplicate_issue, moved

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z").match
_START = "urn:uuid:"


class Entry:
    """One entry on its way through a transaction."""

    __slots__ = ("findings", "index", "new_id", "old", "resource", "type", "url")

    def __init__(self, index: int, resource: Json, url: str) -> None:
        """Hold an entry that is at least an object."""
        self.index = index
        self.resource = resource
        self.type = str(resource.get("resourceType"))
        self.url = url
        self.new_id = ""
        self.old: Held | None = None
        self.findings: Findings | None = None

    @property
    def place(self) -> Path:
        """Give the entry's place as the store writes it."""
        return (((None, "Bundle"), f"entry[{self.index}]"), "resource")

    @property
    def expression(self) -> str:
        """Give the entry's place as text."""
        return f"Bundle.entry[{self.index}].resource"


def _full_url(raw: Json, name: str, seen: set[str]) -> Issue | None:
    """Check an entry's fullUrl against rules 20017 to 20021."""
    url = raw.get("fullUrl")
    if not url or not isinstance(url, str):
        text = f"Invalid resource {name} due to missing fullUrl element (RuleNumber: 20021)"
    elif not url.startswith("urn:uuid"):
        text = f"Invalid element {name}.fullUrl due to invalid fullUrl format. "
        text += f"It must begin with 'urn:uuid'.{url} (RuleNumber: 20018)"
    elif not url.startswith(_START):
        text = f"Invalid element {name}.fullUrl due to invalid fullUrl format. "
        text += f"It must be in the format: 'urn:uuid:{{uuid_value}}'.{url} (RuleNumber: 20017)"
    elif _UUID(url[len(_START) :]) is None:
        text = f"Invalid element {name}.fullUrl due to invalid UUID format (RuleNumber: 20019)"
    elif url in seen:
        text = f"Invalid element {name}.fullUrl due to duplicate fullUrl: {url} (RuleNumber: 20020)"
    else:
        seen.add(url)
        return None
    return Issue("value", text)


class Transactions:
    """Carries out transaction Bundles through a Writer."""

    def __init__(self, writer: Writer) -> None:
        """Share the single-resource rules."""
        self._writer = writer

    def carry_out(self, bundle: Any, client: Client, *, twice: bool = False) -> Reply:
        """Answer ``POST /`` with a parsed Bundle: all entries are written, or none."""
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            text = "Invalid JSON Payload Format (RuleNumber: 20006)"
            return refusal([Issue("value", text)])
        rows = bundle.get("entry")
        if bundle.get("type") != "transaction" or not isinstance(rows, list) or not rows:
            text = f'unsupported bundle type "{bundle.get("type")}"'
            return store_refusal([StoreError("structure", "unparseable_resource", text, "Bundle")])
        entries, issues = self._read(rows)
        ids = self._assign(entries)
        issues += self._check(entries, ids, client, failed=bool(issues))
        if issues:
            return refusal(issues)
        known: set[str] = set()
        errors = [error for entry in entries for error in self._store_errors(entry, known)]
        if errors:
            return store_refusal(errors)
        return self._commit(entries, client, twice=twice)

    def _read(self, rows: list[Any]) -> tuple[list[Entry], list[Issue]]:
        entries: list[Entry] = []
        issues: list[Issue] = []
        seen: set[str] = set()
        for index, raw in enumerate(rows):
            resource = raw.get("resource") if isinstance(raw, dict) else None
            if not isinstance(resource, dict):
                text = "Failed to unmarshal request payload (RuleNumber: 20008)"
                issues.append(Issue("value", text, f"Bundle.entry[{index}].resource"))
                continue
            issue = _full_url(raw, str(resource.get("resourceType")), seen)
            if issue is not None:
                issues.append(issue._replace(expression=f"Bundle.entry[{index}].fullUrl"))
            request = raw.get("request")
            request = request if isinstance(request, dict) else {}
            entry = Entry(index, resource, str(raw.get("fullUrl")))
            issues += self._request(entry, request)
            entries.append(entry)
        return entries, issues

    def _request(self, entry: Entry, request: Json) -> list[Issue]:
        """Check what an entry asks for; a PUT finds its old version here."""
        if entry.type == "Bundle":
            return [Issue("value", "Forbidden nested bundle (RuleNumber: 20011)", entry.expression)]
        method, url = request.get("method"), str(request.get("url"))
        name, _, resource_id = url.partition("/")
        if method == "PUT" and name == entry.type:
            entry.old = self._writer.store.get(name, resource_id)
            if entry.old is not None:
                return []
            text = f"Resource not found {url} (RuleNumber: 20007)"
            return [Issue("value", text, entry.expression)]
        if method == "POST" and url == entry.type:
            return []
        text = "Failed to unmarshal request payload (RuleNumber: 20008)"
        return [Issue("value", text, f"Bundle.entry[{entry.index}].request")]

    def _assign(self, entries: list[Entry]) -> dict[str, str]:
        ids: dict[str, str] = {}
        for entry in entries:
            entry.new_id = new_id() if entry.old is None else entry.old.id
            ids[entry.url] = f"{entry.type}/{entry.new_id}"
        return ids

    def _check(self, entries: list[Entry], ids: dict[str, str], client: Client, *, failed: bool) -> list[Issue]:
        """Validate every entry; one failure marks all the others (rules 20012, 20013)."""
        issues: list[Issue] = []
        family = self._writer.family(client)
        keys: set[str] = set()
        calendar, unknown = self._writer.calendar(), self._writer.unknown_codes
        for entry in entries:
            found = entry.findings = Findings(calendar, unknown)
            validate(entry.resource, family, found, entry.place)
            self._resolve(found, ids)
            issues += [self._placed(issue, entry) for issue in found.issues]
            if not found.issues:
                issues += self._conflicts(entry, keys, family)
        failed = failed or bool(issues)
        if failed:
            broken = {_index(issue) for issue in issues}
            issues += [_mark(entry) for entry in entries if entry.index not in broken]
        return issues

    def _conflicts(self, entry: Entry, keys: set[str], family: frozenset[str]) -> list[Issue]:
        store = self._writer.store
        own = store.own_keys(entry.resource)
        mine = {f"{entry.type}|{key}" for key in own}
        but_id = None if entry.old is None else entry.old.id
        if mine & keys or store.duplicate(entry.type, own, but_id) is not None:
            return [duplicate_issue(entry.type)._replace(expression=entry.expression)]
        keys |= mine
        if entry.old is not None and (entry.old.organization not in family or moved(entry.old, entry.resource)):
            return [Issue("forbidden", "You don't have permission to edit resource", entry.expression)]
        return []

    def _resolve(self, found: Findings, ids: dict[str, str]) -> None:
        """Put real ids in place of ``urn:uuid`` references; the others are looked up later."""
        rest = []
        for holder, path in found.references:
            target = ids.get(str(holder["reference"]))
            if target is None:
                rest.append((holder, path))
            else:
                holder["reference"] = target
        found.references = rest

    def _placed(self, issue: Issue, entry: Entry) -> Issue:
        if issue.expression is None:
            return issue._replace(expression=entry.expression)
        below = issue.expression.removeprefix(entry.type)
        return issue._replace(expression=f"{entry.expression}{below}")

    def _store_errors(self, entry: Entry, known: set[str]) -> list[StoreError]:
        found = entry.findings
        if found is None:
            return []
        errors = found.store_errors or self._writer.references.broken(found.references, entry.resource, known)
        return [_below(entry, error) for error in errors]

    def _commit(self, entries: list[Entry], client: Client, *, twice: bool) -> Reply:
        store, config = self._writer.store, self._writer.config
        stamp = store.stamp(config.clock())
        rows, effects = [], []
        for entry in entries:
            organization = client.organization_id
            dress(entry.resource, organization, creator=config.creator_identifier)
            twin = dict(entry.resource) if twice and entry.old is None else None
            held = store.put(entry.new_id, entry.resource, organization, stamp, self._writer.found_from())
            effects.append(Effect(held.type, held.id, held.versions))
            rows.append(_row(held, stamp, config.public_url))
            if twin is not None:
                other = store.create(twin, organization, stamp, self._writer.found_from())
                effects.append(Effect(other.type, other.id, 1))
        body = b'{"entry":[%s],"resourceType":"Bundle","type":"transaction-response"}'
        return Reply(200, body % b",".join(rows), effects=tuple(effects))


def _below(entry: Entry, error: StoreError) -> StoreError:
    """Place a store's complaint: ``Bundle.entry[0].resource.serviceRequest``."""
    where = error.expression or ""
    if where.startswith("Bundle"):
        return error
    lowered = entry.type[:1].lower() + entry.type[1:]
    return error._replace(expression=f"{entry.expression}.{lowered}{where.removeprefix(entry.type)}")


def _index(issue: Issue) -> int:
    expression = issue.expression or ""
    digits = expression.partition("[")[2].partition("]")[0]
    return int(digits) if digits.isdigit() else -1


def _mark(entry: Entry) -> Issue:
    """Mark an entry that was not processed: 20013 if it leans on another entry, else 20012."""
    leaning = entry.findings is not None and "urn:uuid:" in entry.url and _leans(entry.resource)
    word, rule = ("Invalid", 20013) if leaning else ("Forbidden", 20012)
    text = f"{word} resource {entry.type} due to previous error (RuleNumber: {rule})"
    return Issue("value", text, entry.expression)


def _leans(resource: Json) -> bool:
    return any(name in resource for name in ("encounter", "context", "diagnosis", "request"))


def _row(held: Held, stamp: Stamp, public_url: str) -> bytes:
    """Write one answer entry; nothing in it needs escaping, so it is written directly."""
    status = "201 Created" if held.versions == 1 else "200 OK"
    return (
        f'{{"response":{{"etag":"W/\\"{stamp.version_id}\\"",'
        f'"lastModified":"{stamp.last_updated}",'
        f'"location":"{public_url}/fhir-r4/v1/{held.type}/{held.id}/_history/{stamp.version_id}",'
        f'"status":"{status}","resourceType":"{held.type}","resourceID":"{held.id}"}}}}'
    ).encode()
