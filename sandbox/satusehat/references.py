"""Whether a reference leads anywhere (reference 4.7). The body for a dangling one is inferred."""

import re
from typing import Any

from sandbox.satusehat.config import Config
from sandbox.satusehat.dialects import Json, StoreError
from sandbox.satusehat.people import People
from sandbox.satusehat.rulebook import RULES
from sandbox.satusehat.store import Store
from sandbox.satusehat.validator import Path, written

_FORM = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})\Z").match


class References:
    """Resolves references against the store and the master index."""

    def __init__(self, config: Config, store: Store, people: People) -> None:
        """Look into a store and an index of people."""
        self.check = config.check_references
        self._store = store
        self._people = people

    def broken(self, found: list[tuple[Json, Path]], resource: Json, known: set[str]) -> list[StoreError]:
        """Give the store's complaints about a resource's references, with their places.

        ``known`` remembers what was found good, for the other resources of one Bundle.
        """
        contained = resource.get("contained")
        inside = {f"#{part.get('id')}" for part in contained or () if isinstance(part, dict)}
        errors = []
        for holder, path in found:
            reference = str(holder["reference"])
            if reference in known:
                continue
            complaint = self._complaint(reference, inside)
            if complaint is None and not reference.startswith("#"):
                known.add(reference)
            elif complaint is not None:
                errors.append(StoreError("structure", complaint[0], complaint[1], written(path)))
        return errors

    def _complaint(self, reference: str, inside: set[str]) -> tuple[str, str] | None:
        if reference.startswith("#"):
            if reference in inside:
                return None
            return "unparseable_resource", f"contained resource not found: {reference}"
        if reference.startswith("urn:uuid:"):
            missing = ("reference_not_found", f"reference not found: {reference}")
            return missing if self.check else None
        form = _FORM(reference)
        if form is None:
            return "unparseable_resource", f'invalid reference "{reference}"'
        if self.check and not self._exists(*form.groups()):
            return "reference_not_found", f"reference not found: {reference}"
        return None

    def _exists(self, resource_type: Any, resource_id: Any) -> bool:
        if resource_type in {"Patient", "Practitioner"}:
            return self._people.knows(resource_type, resource_id)
        if resource_type == "Organization" or resource_type not in RULES:
            return True
        return self._store.get(resource_type, resource_id) is not None
