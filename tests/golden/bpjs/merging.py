"""Example snapshots say only what differs from the ordinary one."""

from typing import Any


def merged(base: Any, change: Any) -> Any:
    """The ordinary snapshot with what an example changes, at any depth."""
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    return base | {key: merged(base.get(key), value) for key, value in change.items()}
