"""A place in the queue in, Antrean's bodies out; ``queues.json`` names what differs from an ordinary place."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.bpjs.merging import merged
from workers.bpjs.antrean import bodies, tasks
from workers.bpjs.antrean.checks import problems
from workers.bpjs.antrean.snapshot import Queue

HERE = Path(__file__).parent / "antrean"
QUEUES: dict[str, Any] = json.loads((HERE / "queues.json").read_text(encoding="utf-8"))


def _sent(queue: Queue) -> dict[str, Any]:
    if queue.clinic.capability == "fktp":
        place = queue.card, queue.poli.code or ""
        return {
            "POST antrean/add": bodies.add_at_clinic(queue),
            "POST antrean/panggil": bodies.call_at_clinic(queue, *place),
            "POST antrean/batal": bodies.cancel_at_clinic(queue, *place),
        }
    return {
        "POST antrean/add": bodies.add_at_hospital(queue),
        "POST antrean/updatewaktu": [
            bodies.task(queue, one.number, one.moment) for one in tasks.remaining(tasks.happened(queue), {})
        ],
        "POST antrean/batal": bodies.cancel_at_hospital(queue),
    }


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_a_place_becomes_the_expected_bodies(name: str, *, update_golden: bool) -> None:
    """A place without flaws becomes exactly these bodies."""
    queue, path = Queue.model_validate(merged(QUEUES["clinic"], QUEUES[name])), HERE / f"{name}.json"
    assert () == problems(queue)
    text = json.dumps(_sent(queue), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
