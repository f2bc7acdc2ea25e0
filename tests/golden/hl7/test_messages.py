"""Messages as analysers send them, and beside each what is read: a person who knows the analyser can check both."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.laboratory.analysers.reader import Message, read

FOLDER = Path(__file__).parent
MESSAGES = sorted(FOLDER.glob("*.hl7"))


def seen(message: Message) -> dict[str, Any]:
    """What is handed over, without keys that are null, and the remark."""
    handed = message.as_json()
    handed["observations"] = [{k: v for k, v in one.items() if v is not None} for one in handed["observations"]]
    return handed | {"remark": message.remark}


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_messages_are_read_as_expected(path: Path, update_golden: bool) -> None:
    """Golden file in, golden file out."""
    message = read(path.read_bytes())
    assert isinstance(message, Message)
    expected, found = path.with_suffix(".json"), seen(message)
    if update_golden:
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert json.loads(expected.read_text(encoding="utf-8")) == found
