"""P-Care: kelompok, the group activities of Prolanis (reference 4.4)."""

from typing import Final

from sandbox.bpjs.answer import CREATED, OK, Answer, refused
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.pcare.checks import Body
from sandbox.bpjs.pcare.registration import listing
from sandbox.bpjs.routing import Path

_CLUBS: Final = {"01": "Diabetes Melitus", "02": "Hipertensi"}
_ACTIVITIES: Final = ("01", "10", "11")


def clubs(ask: Ask) -> Answer:
    """Answer `kelompok/club/{01|02}`: one invented club per programme."""
    name = _CLUBS.get(ask.params["programme"])
    rows = [] if name is None else [{"clubId": int(ask.params["programme"]), "nama": f"Klub {name}"}]
    return listing(ask, [{**row, "kdProgram": ask.params["programme"]} for row in rows])


def add(ask: Ask) -> Answer:
    """Answer `POST kelompok/kegiatan`."""
    body = Body(ask.body)
    body.day("tglPelayanan")
    body.whole("clubId", "biaya")
    if ask.body.get("kdKegiatan") not in _ACTIVITIES:
        body.complain("kdKegiatan", "kdKegiatan tidak sesuai dengan referensi sistem.")
    for name in ("kdKelompok", "materi", "pembicara", "lokasi"):
        body.text(name)
    refusal = body.refusal()
    if refusal is not None:
        return refusal
    number = f"{ask.records.number('group'):011d}"
    key = f"{ask.facility.code}|{ask.body['clubId']}|{ask.body['tglPelayanan']}|{ask.body['kdKegiatan']}"
    ask.records.add("group", number, {**ask.body, "eduId": number}, ask.facility.code, key)
    return Answer(201, CREATED, {"field": "eduId", "message": number})


def of_day(ask: Ask) -> Answer:
    """Answer `kelompok/kegiatan/{dd-mm-yyyy}`."""
    rows = [one.body for one in ask.records.of("group") if one.facility == ask.facility.code]
    return listing(ask, [row for row in rows if row["tglPelayanan"] == ask.params["day"]])


def delete(ask: Ask) -> Answer:
    """Answer `DELETE kelompok/kegiatan/{eduId}`."""
    held = ask.records.get("group", ask.params["number"])
    if held is None:
        return refused(("eduId", "Data kegiatan tidak ditemukan."))
    ask.records.remove(held)
    return Answer(200, OK)


def join(ask: Ask) -> Answer:
    """Answer `POST kelompok/peserta`."""
    number, card = ask.body.get("eduId"), ask.body.get("noKartu")
    if ask.records.get("group", number) is None or ask.members.with_card(card) is None:
        return refused(("eduId", "Kegiatan atau peserta tidak ditemukan."))
    key = f"{number}|{card}"
    one_id = f"{key}|{ask.records.number('participant')}"
    ask.records.add("participant", one_id, {"eduId": number, "noKartu": card}, ask.facility.code, key)
    return Answer(201, CREATED, {"field": "noKartu", "message": card})


def participants(ask: Ask) -> Answer:
    """Answer `kelompok/peserta/{eduId}`."""
    rows = [one.body for one in ask.records.of("participant") if one.body["eduId"] == ask.params["number"]]
    return listing(ask, rows)


def leave(ask: Ask) -> Answer:
    """Answer `DELETE kelompok/peserta/{eduId}/{noKartu}`."""
    rows = ask.records.keyed("participant", f"{ask.params['number']}|{ask.params['card']}")
    if not rows:
        return refused(("noKartu", "Peserta kegiatan tidak ditemukan."))
    ask.records.remove(rows[0])
    return Answer(200, OK)


PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "kelompok/club/{programme}", clubs),
    Path("POST", "kelompok/kegiatan", add),
    Path("GET", "kelompok/kegiatan/{day}", of_day),
    Path("DELETE", "kelompok/kegiatan/{number}", delete),
    Path("POST", "kelompok/peserta", join),
    Path("GET", "kelompok/peserta/{number}", participants),
    Path("DELETE", "kelompok/peserta/{number}/{card}", leave),
]
