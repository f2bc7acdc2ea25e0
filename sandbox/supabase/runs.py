"""One folder per running stack; what a killed one left behind is swept by the next."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.supabase.cache import Cache, hand_over

_OWNER = "owner.lock"


@contextlib.contextmanager
def run_folder(cache: Cache) -> Iterator[Path]:
    """A folder for one run, which the servers' account owns; removed at the end."""
    runs = cache.root / "runs"
    runs.mkdir(mode=0o755, exist_ok=True)
    with contextlib.ExitStack() as held:
        with (runs / ".lock").open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _sweep(runs)
            folder = Path(tempfile.mkdtemp(dir=runs))
            held.callback(shutil.rmtree, folder, ignore_errors=True)
            owner = held.enter_context((folder / _OWNER).open("w"))
            fcntl.flock(owner, fcntl.LOCK_EX)
        hand_over(folder, cache.account)
        yield folder


def _sweep(runs: Path) -> None:
    """Remove the folders whose owner has died: nobody holds their lock."""
    for folder in runs.glob("[!.]*"):
        if _abandoned(folder / _OWNER):
            shutil.rmtree(folder, ignore_errors=True)


def _abandoned(owner: Path) -> bool:
    try:
        with owner.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True
