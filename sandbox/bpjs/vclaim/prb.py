"""VClaim: PRB, sending a stable chronic patient back to the clinic (reference 5.5)."""

from typing import Final

from sandbox.bpjs.answer import OK, Answer, found, no
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim import sep
from sandbox.bpjs.vclaim.requests import missing, not_text, request, rows
from sandbox.door.ledger import Json

KIND: Final = "prb"


def insert(ask: Ask) -> Answer:
    """Answer `POST PRB/insert`; `user` is digits only."""
    body = request(ask, "t_prb")
    held = sep.own(ask, body.get("noSep"))
    if held is None:
        return sep.UNKNOWN
    text = _wrong(ask, body, held.body)
    if text is not None:
        return no(text)
    if ask.switches.duplicate_guard and ask.records.keyed(KIND, held.id):
        return no("PRB untuk No.SEP tersebut sudah ada")
    letter = f"{ask.records.number('srb'):07d}"
    ask.records.add(KIND, letter, {**body, "noSRB": letter, "tglSRB": f"{ask.today}"}, ask.facility.code, held.id)
    return found({"noSRB": letter, "tglSRB": f"{ask.today}", "keterangan": body["keterangan"]})


def _wrong(ask: Ask, body: Json, was: Json) -> str | None:
    text = not_text(body)
    if text is not None:
        return f"{text} harus berupa string"
    if body.get("noKartu") != was["noKartu"]:
        return "noKartu tidak sesuai dengan SEP"
    if body.get("programPRB") not in [row["kode"] for row in ask.catalogue.vclaim("prb_diagnoses")]:
        return "programPRB tidak ditemukan"
    if not str(body.get("user")).isdigit():
        return "user harus berupa angka"
    return missing(body, "alamat", "keterangan", "saran", "kodeDPJP")


def delete(ask: Ask) -> Answer:
    """Answer `DELETE PRB/Delete`."""
    body = request(ask, "t_prb")
    held = ask.records.get(KIND, body.get("noSrb"))
    if held is None or held.facility != ask.facility.code or held.key != body.get("noSep"):
        return no("PRB tidak ditemukan")
    ask.records.remove(held)
    return Answer(200, OK, held.id)


def read(ask: Ask) -> Answer:
    """Answer `prb/{srb}/nosep/{sep}`."""
    held = ask.records.get(KIND, ask.params["number"])
    if held is None or held.key != ask.params["sep"]:
        return no("PRB tidak ditemukan")
    return found({"prb": held.body})


def between(ask: Ask) -> Answer:
    """Answer `prb/tglMulai/{}/tglAkhir/{}`."""
    first, last = ask.params["first"], ask.params["last"]
    kept = [one.body for one in ask.records.of(KIND) if one.facility == ask.facility.code]
    return rows("prb", [row for row in kept if first <= row["tglSRB"] <= last])


PATHS: Final[list[Path[Handler]]] = [
    Path("POST", "PRB/insert", insert),
    Path("DELETE", "PRB/Delete", delete),
    Path("GET", "prb/tglMulai/{first}/tglAkhir/{last}", between),
    Path("GET", "prb/{number}/nosep/{sep}", read),
]
