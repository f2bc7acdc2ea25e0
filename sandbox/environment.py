"""The one place where the sandbox reads the environment it was started in."""

import os
from pathlib import Path


def cache_home() -> Path | None:
    """The folder named by XDG_CACHE_HOME, or None when it is not set to an absolute path."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))  # noqa: TID251 - read here, once
    return folder if folder.is_absolute() else None


def child_environment(**extra: str) -> dict[str, str]:
    """The few variables a child needs; nothing else of the user's environment reaches it."""
    path = os.environ.get("PATH", os.defpath)  # noqa: TID251 - programs are found as the user finds them
    return {"PATH": path, "LANG": "C.UTF-8", **extra}


def supabase_under_test() -> dict[str, str]:
    """The SUPABASE_* variables that point the contract tests at another project, if any are set."""
    return {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - see above
        if name.startswith("SUPABASE_") and value
    }
