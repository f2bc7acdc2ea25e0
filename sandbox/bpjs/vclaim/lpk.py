"""VClaim: LPK, by which a claim is entered (reference 5.3); that it starts the claim's fate is invented."""

from typing import Any, Final

from sandbox.bpjs.answer import OK, Answer, no
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim import claims
from sandbox.bpjs.vclaim.membership import day_of
from sandbox.bpjs.vclaim.requests import at, not_text, request, wrong_enum
from sandbox.bpjs.vclaim.sep import UNKNOWN, own
from sandbox.door.ledger import Json

KIND: Final = "lpk"
_FIVE: Final = ("1", "2", "3", "4", "5")
_ENUMS: Final = {
    "jaminan": ("1",),
    "perawatan.caraKeluar": _FIVE,
    "perawatan.kondisiPulang": _FIVE,
    "rencanaTL.tindakLanjut": ("1", "2", "3", "4"),
}


def insert(ask: Ask) -> Answer:
    """Answer `POST LPK/insert`; gives the SEP's number."""
    body = request(ask, "t_lpk")
    refusal = _checked(ask, body)
    if refusal is not None:
        return refusal
    if ask.switches.duplicate_guard and ask.records.get(KIND, body["noSep"]) is not None:
        return no("LPK untuk No.SEP tersebut sudah ada")
    ask.records.add(KIND, body["noSep"], body, ask.facility.code, body["noSep"])
    claims.begin(ask.insurer, body["noSep"], body["tglKeluar"])
    return Answer(200, OK, body["noSep"])


def _checked(ask: Ask, body: Json) -> Answer | None:
    held = own(ask, body.get("noSep"))
    if held is None:
        return UNKNOWN
    text = not_text(body)
    text = f"{text} harus berupa string" if text else _wrong(ask, body, held.body)
    return no(text) if text else None


def _wrong(ask: Ask, body: Json, sep: Json) -> str | None:
    came, left = day_of(body.get("tglMasuk")), day_of(body.get("tglKeluar"))
    if came is None or left is None or body["tglMasuk"] != sep["tglSep"] or not came <= left <= ask.today:
        return "tglMasuk atau tglKeluar tidak sesuai"
    if ask.catalogue.find("specialties", "kdSpesialis", at(body, "poli.poli")) is None:
        return "Poli tidak ditemukan"
    return wrong_enum(body, _ENUMS) or _wrong_codes(ask, body)


def _wrong_codes(ask: Ask, body: Json) -> str | None:
    diagnoses, procedures = _rows(body.get("diagnosa")), _rows(body.get("procedure"))
    if [row.get("level") for row in diagnoses].count("1") != 1:
        return "Harus ada satu diagnosa primer"
    if any(ask.catalogue.diagnosis(row.get("kode")) is None or row.get("level") not in ("1", "2") for row in diagnoses):
        return "Kode diagnosa tidak ditemukan"
    known = [row["kode"] for row in ask.catalogue.vclaim("procedures")]
    return None if all(row.get("kode") in known for row in procedures) else "Kode prosedur tidak ditemukan"


def _rows(value: Any) -> list[Json]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def update(ask: Ask) -> Answer:
    """Answer `PUT LPK/update`: a pending claim is looked at again."""
    body = request(ask, "t_lpk")
    refusal = _checked(ask, body)
    held = ask.records.get(KIND, body.get("noSep"))
    if refusal is not None or held is None:
        return refusal or no("LPK tidak ditemukan")
    ask.records.change(held, body)
    claims.again(ask.insurer, held.id)
    return Answer(200, OK, held.id)


def delete(ask: Ask) -> Answer:
    """Answer `DELETE LPK/delete`."""
    body = request(ask, "t_lpk")
    held = ask.records.get(KIND, body.get("noSep"))
    if held is None or held.facility != ask.facility.code:
        return no("LPK tidak ditemukan")
    claim = ask.records.get(claims.KIND, held.id)
    if claim is not None and claim.body["status"] == claims.PAID:
        return no("Klaim sudah disetujui")
    for one in (held, claim):
        if one is not None:
            ask.records.remove(one)
    return Answer(200, OK, held.id)


def listed(ask: Ask) -> Answer:
    """Answer `LPK/TglMasuk/{d}/JnsPelayanan/{1|2}`."""
    kept = [one.body for one in ask.records.of(KIND) if one.facility == ask.facility.code]
    wanted = [row for row in kept if row["tglMasuk"] == ask.params["day"] and _kind(ask, row) == ask.params["kind"]]
    return Answer(200, OK, {"lpk": {"list": wanted}}) if wanted else no("Data tidak ditemukan")


def _kind(ask: Ask, row: Json) -> str | None:
    held = own(ask, row["noSep"])
    return None if held is None else str(held.body["jnsPelayanan"])


PATHS: Final[list[Path[Handler]]] = [
    Path("POST", "LPK/insert", insert),
    Path("PUT", "LPK/update", update),
    Path("DELETE", "LPK/delete", delete),
    Path("GET", "LPK/TglMasuk/{day}/JnsPelayanan/{kind}", listed),
]
