"""Which handler a verb and a path lead to. Paths are compared without regard to case."""

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

Handler = TypeVar("Handler")


class Path(NamedTuple, Generic[Handler]):
    """One path of a service; `{name}` takes one segment."""

    method: str
    pattern: str
    handler: Handler


class Table(Generic[Handler]):
    """The paths of one service."""

    def __init__(self, paths: Iterable[Path[Handler]]) -> None:
        """Sort paths by verb and length."""
        self._paths: dict[tuple[str, int], list[tuple[list[str], Handler]]] = {}
        for path in paths:
            parts = path.pattern.split("/")
            self._paths.setdefault((path.method, len(parts)), []).append((parts, path.handler))

    def patterns(self) -> list[tuple[str, str]]:
        """Give every verb and pattern."""
        return [(method, "/".join(parts)) for (method, _), rows in self._paths.items() for parts, _ in rows]

    def find(self, method: str, segments: Sequence[str]) -> tuple[Handler, dict[str, str]] | None:
        """Give the handler and what stood in the named places."""
        for parts, handler in self._paths.get((method, len(segments)), ()):
            found = _fitting(parts, segments)
            if found is not None:
                return handler, found
        return None


def _fitting(parts: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    found = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{"):
            found[part[1:-1]] = segment
        elif part.lower() != segment.lower():
            return None
    return found
