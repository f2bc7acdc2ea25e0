"""What a worker is told of a file: names of ours alone, and nothing of it in an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workers.laboratory.files.kinds import Kind
from workers.laboratory.files.snapshot import ResultFile

CLINIC, FILE, ORDER = (f"f719a67c-9b8d-4096-80e7-4bb856e08c9{n}" for n in range(3))


def snapshot(**changes: Any) -> dict[str, Any]:
    """The snapshot of an upload with some of the file's facts changed."""
    patient = {
        "medical_record_number": "1",
        "nik": None,
        "full_name": "A",
        "birth_date": "1990-04-12",
        "gender": "female",
    }
    file = {
        "id": FILE, "source": "uploaded", "intake_bucket": "result-intake", "intake_path": f"{CLINIC}/{FILE}",
        "file_name": "a.pdf", "declared_type": None, "state": "quarantined", "identity_confirmed": False,
    }  # fmt: skip
    order = {"id": ORDER, "accession_numbers": ["L1"], "patient": patient, "category": "laboratory"}
    return {"kind": "result_file", "clinic": {"id": CLINIC}, "file": {**file, **changes}, "order": order}


@given(st.text(max_size=200))
def test_no_name_of_a_sender_reaches_a_path(name: str) -> None:
    """Traversal, line ends, Unicode: the object is named by ids (FILE-8)."""
    read = ResultFile.model_validate(snapshot(file_name=name))
    assert f"{CLINIC}/{ORDER}/{FILE}.pdf" == read.stored_path(Kind.PDF)
    assert all(path.startswith(f"{CLINIC}/{ORDER}/{FILE}") for path in read.result_paths)


@pytest.mark.parametrize("path", [
    "../x", f"{CLINIC}/../{FILE}", f"{CLINIC}/{FILE}/../../x", f"/{CLINIC}/{FILE}", f"{CLINIC}/{FILE}\r\n",
    f"{CLINIC}/%2e%2e",
    f"{CLINIC}/{FILE}.pdf?x=1", f"{CLINIC}\\{FILE}", "", "CANARY",
])  # fmt: skip
def test_a_path_that_is_not_ours_is_refused_unsaid(path: str) -> None:
    """And its text is in no error."""
    for name in ("intake_path", "stored_path", "preview_path"):
        with pytest.raises(ValidationError) as refused:
            ResultFile.model_validate(snapshot(**{name: path}))
        assert "CANARY" not in str(refused.value)


def test_the_numbers_of_a_patient_are_both_accepted() -> None:
    """Record number and NIK, when there is one."""
    order = ResultFile.model_validate(snapshot()).order
    assert order is not None
    assert frozenset({"1"}) == order.expected().patient_numbers
