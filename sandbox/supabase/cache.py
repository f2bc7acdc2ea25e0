"""A folder every server can read: binaries and cluster templates, made once and shared by copies."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.environment import cache_home
from sandbox.errors import SandboxError
from sandbox.supabase.account import Account

NAME = "clinic-integration"
KEPT_ENTRIES = 4


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache folder and the account that must be able to read it."""

    root: Path
    account: Account

    def entry(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """The folder `<kind>/<key>`, made by `make` if it is missing.

        A half-made folder is never seen: it gets its name when it is whole. When two copies of the
        project race, one of them waits for the other.
        """
        target = self.root / kind / key
        target.parent.mkdir(mode=0o755, exist_ok=True)
        with _locked(target.parent / ".lock"):
            if not target.exists():
                self._build(target, make)
                self._prune(target.parent)
        return target

    def _build(self, target: Path, make: Callable[[Path], None]) -> None:
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
        try:
            draft.chmod(0o755)
            make(draft)
            draft.rename(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def _prune(self, kind: Path) -> None:
        """Forget all but the newest few: an old template is of no use once its sources changed."""
        entries = sorted(kind.glob("[!.]*"), key=lambda entry: entry.stat().st_ctime, reverse=True)
        for entry in entries[KEPT_ENTRIES:]:
            shutil.rmtree(entry, ignore_errors=True)


def open_cache(account: Account) -> Cache:
    """The first candidate folder that can be written here and read by the account.

    Raises SandboxError when there is none.
    """
    for folder in _candidates(account):
        if _usable(folder, account):
            return Cache(folder, account)
    raise SandboxError("No cache folder can be written: set XDG_CACHE_HOME to a folder of yours.")


def hand_over(folder: Path, account: Account, mode: int = 0o700) -> None:
    """Make the folder the account's own."""
    folder.chmod(mode)
    if account.switched:
        os.chown(folder, account.uid, account.gid)


def digest(parts: Iterable[bytes]) -> str:
    """A short name for some content."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()[:16]


def _candidates(account: Account) -> Iterator[Path]:
    named = cache_home()
    if named:
        yield named / NAME
    if account.switched:
        yield Path("/var/cache") / NAME
    else:
        with contextlib.suppress(RuntimeError):
            yield Path.home() / ".cache" / NAME
    yield Path(tempfile.gettempdir()) / f"{NAME}-{os.geteuid()}"


def _usable(folder: Path, account: Account) -> bool:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError:
        return False
    # In a shared folder such as /tmp somebody else may have been here first.
    if facts.st_uid != os.geteuid() or not os.access(folder, os.W_OK | os.X_OK):
        return False
    return not account.switched or _open_to_all([folder, *folder.resolve().parents])


def _open_to_all(folders: Iterable[Path]) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in folders)


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
