"""Every dialect of BPJS's answers, read for what it means."""

import json
from typing import Any

import pytest

from workers.bpjs.reply import Duplicate, Good, Nothing, Refused, Reply, Trouble, read
from workers.outcome import Failure

TWICE = "Peserta sudah di-entri di poli yang sama pada hari yang sama."
UNREGISTERED = "Unauthorized! You are not registered for this service!"


def said(service: Any, code: Any, message: str = "", *, http: int = 200, response: Any = None, writes: bool) -> Reply:
    """What an answer of a service is read as."""
    meta = "metadata" if service.startswith("antrean") else "metaData"
    body = json.dumps({"response": response, meta: {"code": code, "message": message}}).encode()
    return read(service, http, body, bytes(32), writes=writes)


@pytest.mark.parametrize(("service", "code"), [
    ("pcare", 200), ("pcare", 201), ("pcare", "200"), ("vclaim", "200"), ("vclaim", 200),
    ("antrean_fktp", 200), ("antrean_fktp", 1), ("antrean_rs", "1"), ("antrean_rs", 200),
])  # fmt: skip
def test_success_goes_by_many_numbers(service: str, code: Any) -> None:
    """Text or number, 200 or 1."""
    assert Good([]) == said(service, code, "Ok", response=[], writes=False)


@pytest.mark.parametrize(("code", "message"), [(401, TWICE), (428, TWICE), (401, TWICE.rstrip(".")), (412, TWICE)])
def test_already_entered_is_known_by_its_words(code: int, message: str) -> None:
    """401 means that here and a wrong password there: only the sentence tells."""
    assert Duplicate() == said("pcare", code, message, http=code, writes=True)


def test_a_401_without_the_sentence_is_a_wrong_password() -> None:
    """And stops the lane."""
    assert Trouble(Failure.CREDENTIALS) == said("pcare", 401, "Unauthorized", http=401, writes=True)
    assert Trouble(Failure.CREDENTIALS) == read("pcare", 401, b"", bytes(32), writes=True)


@pytest.mark.parametrize(("code", "http"), [(204, 200), (404, 404), (412, 412)])
def test_nobody_is_said_in_many_ways(code: int, http: int) -> None:
    """Nobody has published P-Care's."""
    assert Nothing(proven=True) == said("pcare", code, "NO CONTENT", http=http, writes=False)


def test_an_empty_body_only_hints() -> None:
    """It may be a gateway's: for a membership it means nobody, for a list it proves nothing."""
    assert Nothing(proven=False) == read("pcare", 200, b"", bytes(32), writes=False)
    assert Trouble(Failure.UNREADABLE) == read("pcare", 200, b"", bytes(32), writes=True)


def test_no_data_of_vclaim_is_a_refusal_when_we_write() -> None:
    """Its 201 means both."""
    assert Nothing(proven=True) == said("vclaim", "201", "Data tidak ada", writes=False)
    assert Refused((("", "Peserta sudah pulang"),)) == said("vclaim", "201", "Peserta sudah pulang", writes=True)


@pytest.mark.parametrize(("message", "failure"), [
    (UNREGISTERED, Failure.NOT_REGISTERED),
    ("No Mapping Rule matched", Failure.NOT_REGISTERED),
    ("Unauthorized! Consumer ID is expired!", Failure.EXPIRED),
    ("Signature Service Tidak Sesuai", Failure.CREDENTIALS),
    ("IP anda tidak terdaftar", Failure.ADDRESS_REFUSED),
])  # fmt: skip
@pytest.mark.parametrize("writes", [True, False])
def test_the_gates_words_are_never_bpjs_answer(message: str, failure: Failure, *, writes: bool) -> None:
    """404 "not registered" on a question is no proof that nobody is there."""
    assert Trouble(failure) == said("pcare", 404, message, http=404, writes=writes)


def test_every_complaint_of_a_412_is_kept_once() -> None:
    """The list as it came, without repetitions."""
    one, other = {"field": "noKartu", "message": "Belum."}, {"field": "", "message": "Lain"}
    rows = [one, one, other]
    assert Refused((("noKartu", "Belum."), ("", "Lain"))) == said(
        "pcare", 412, "PRECONDITION_FAILED", http=412, response=rows, writes=True)  # fmt: skip


def test_a_500_is_doubt_unless_it_names_the_content() -> None:
    """An internal error may have come after the work; a wrong code of a list has not."""
    assert Trouble(Failure.SERVER_ERROR) == said("pcare", 500, "Internal error", http=500, writes=True)
    refused = said("pcare", 500, "kdPoli Tidak sesuai dengan referensi sistem", http=500, writes=True)
    assert Refused((("", "kdPoli Tidak sesuai dengan referensi sistem"),)) == refused


@pytest.mark.parametrize(("status", "body", "failure"), [
    (429, b"", Failure.THROTTLED),
    (502, b"<html>Bad Gateway</html>", Failure.SERVER_ERROR),
    (200, b"<html>login</html>", Failure.UNREADABLE),
    (403, b"Forbidden", Failure.ADDRESS_REFUSED),
    (200, b'{"fault": {"faultstring": "x"}}', Failure.UNREADABLE),
])  # fmt: skip
@pytest.mark.parametrize("writes", [True, False])
def test_noise_of_gateways(status: int, body: bytes, failure: Failure, *, writes: bool) -> None:
    """Nothing of it is BPJS's word."""
    assert Trouble(failure) == read("pcare", status, body, bytes(32), writes=writes)


def test_client_made_timeouts_prove_nothing() -> None:
    """408 stands in some answers; whoever made it up, the work may have been done."""
    assert Trouble(Failure.SERVER_ERROR) == said("pcare", 408, "timeout", http=408, writes=True)
