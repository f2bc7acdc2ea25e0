"""What the house promises about itself, checked against the files."""

import re
from pathlib import Path

import pytest

from workers.settings import Settings
from workers.settings_laboratory import PREFIX

ROOT = Path(__file__).parents[2]
OURS = ("workers", "edge_bridge", "sandbox", "tests", "bench")
MODULES = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
LONGEST_MODULE = 300


def test_env_example_names_every_setting() -> None:
    """A newcomer who copies .env.example can start the program."""
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} == named


def test_states_page_equals_the_enum() -> None:
    """docs/states.md names the states of the enum, in its order."""
    sql = (ROOT / "sql" / "70_deliveries.sql").read_text()
    enum = re.search(r"create type integration\.delivery_state as enum \((.*?)\);", sql, re.DOTALL)
    assert enum is not None
    page = (ROOT / "docs" / "states.md").read_text()
    assert re.findall(r"'(\w+)'", enum.group(1)) == re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)


def test_claims_page_equals_the_enum() -> None:
    """The same for claims."""
    sql = (ROOT / "sql" / "96_bpjs_claims.sql").read_text()
    enum = re.search(r"create type public\.claim_state as enum \((.*?)\);", sql, re.DOTALL)
    assert enum is not None
    page = (ROOT / "docs" / "claims.md").read_text()
    assert re.findall(r"'(\w+)'", enum.group(1)) == re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)


def test_states_page_names_every_move() -> None:
    """The moves on the page are the moves the database allows."""
    sql = (ROOT / "sql" / "71_states.sql").read_text()
    block = sql[sql.index("not (old.state::text, new.state::text) in (") :]
    block = block[block.index(") in (") : block.index(") then")]
    allowed = set(re.findall(r"\('(\w+)', '(\w+)'\)", block))
    page = (ROOT / "docs" / "states.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", page, re.MULTILINE)
    assert {(state, to) for state, cell in rows for to in re.findall(r"`(\w+)`", cell)} == allowed


def test_laboratory_page_names_every_state_and_move_of_an_order() -> None:
    """docs/laboratory.md says what the database allows, no more and no less."""
    sql = (ROOT / "sql" / "82_diagnostic_orders.sql").read_text()
    enum = re.search(r"create type public\.diagnostic_order_state as enum \((.*?)\);", sql, re.DOTALL)
    assert enum is not None
    page = (ROOT / "docs" / "laboratory.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|([^|]*)\|$", page, re.MULTILINE)
    assert re.findall(r"'(\w+)'", enum.group(1)) == [state for state, _ in rows]
    block = sql[sql.index("(old.state::text, new.state::text) in (") :]
    allowed = set(re.findall(r"\('(\w+)', '(\w+)'\)", block[: block.index(") then")]))
    assert allowed == {(state, to) for state, cell in rows for to in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_are_rooms(path: Path) -> None:
    """A module has a name that says what it is for, and fits into one reading."""
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "constants", "misc"}
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


def test_locks_name_no_registry() -> None:
    """Locks pin by hash and leave the registry to the machine."""
    python, node = ROOT / "requirements.lock", ROOT / "package-lock.json"
    assert "://" not in python.read_text()
    assert '"resolved"' not in node.read_text()
    assert "--hash=sha256:" in python.read_text()
    assert '"integrity"' in node.read_text()


def test_sql_lives_in_sql_files() -> None:
    """The workers speak through functions of the database; no statement is written in Python."""
    statement = re.compile(r'"\s*(select|insert into|update|delete from)\s', re.IGNORECASE)
    for path in (ROOT / "workers").rglob("*.py"):
        assert not statement.search(path.read_text()), path
