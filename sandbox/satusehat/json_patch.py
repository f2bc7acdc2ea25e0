"""RFC 6902 on plain JSON values, as far as the ministry's examples use it (reference 3.17)."""

import copy
from typing import Any


class PatchError(Exception):
    """An operation cannot be carried out on this resource."""


def _step(container: Any, token: str, *, for_add: bool) -> Any:
    """Give the key or index that a pointer token means in a container."""
    if isinstance(container, list):
        if token == "-" and for_add:
            return len(container)
        if not token.isdigit() or int(token) > len(container) - (not for_add):
            raise PatchError(f"invalid array index: {token}")
        return int(token)
    if not isinstance(container, dict):
        raise PatchError(f"path does not exist: {token}")
    return token


def _find(document: Any, pointer: str) -> tuple[Any, str]:
    """Give the container that a pointer ends in, and the last token."""
    if not pointer.startswith("/"):
        raise PatchError(f"invalid path: {pointer}")
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))
    for token in parents:
        step = _step(document, token, for_add=False)
        if isinstance(document, dict) and step not in document:
            raise PatchError(f"path does not exist: {pointer}")
        document = document[step]
    return document, last


def _existing(container: Any, token: str, pointer: str) -> Any:
    step = _step(container, token, for_add=False)
    if isinstance(container, dict) and step not in container:
        raise PatchError(f"path does not exist: {pointer}")
    return step


def _carry_out(document: Any, operation: dict[str, Any]) -> None:
    pointer = str(operation.get("path"))
    container, last = _find(document, pointer)
    match operation.get("op"):
        case "add":
            step = _step(container, last, for_add=True)
            if isinstance(container, list):
                container.insert(step, operation.get("value"))
            else:
                container[step] = operation.get("value")
        case "replace":
            container[_existing(container, last, pointer)] = operation.get("value")
        case "remove":
            del container[_existing(container, last, pointer)]
        case "test":
            if container[_existing(container, last, pointer)] != operation.get("value"):
                raise PatchError(f"test failed: {pointer}")
        case other:
            raise PatchError(f"unsupported operation: {other}")


def patched(document: dict[str, Any], operations: list[Any]) -> dict[str, Any]:
    """Give a copy of a document with all operations carried out, or raise PatchError."""
    result = copy.deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError("an operation must be an object")
        _carry_out(result, operation)
    return result
