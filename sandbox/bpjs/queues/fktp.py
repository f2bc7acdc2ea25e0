"""Antrean FKTP, from the clinic to BPJS (reference 6.1). What Mobile JKN asks of a clinic is not played here."""

from typing import Any, Final

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.queues.checks import accepted, listed, refused, wrong_day, wrong_field, wrong_time
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json

KIND: Final = "queue"
_FIELDS: Final = {
    "nomorkartu": "text",
    "nik": "text",
    "nohp": "text",
    "kodepoli": "text",
    "namapoli": "text",
    "norm": "text",
    "tanggalperiksa": "text",
    "kodedokter": "int",
    "namadokter": "text",
    "jampraktek": "text",
    "nomorantrean": "text",
    "angkaantrean": "int",
    "keterangan": "text",
}
HOURS: Final = "08:00-14:00"


def _ok(ask: Ask) -> Answer:
    return accepted(ask.switches.queue_code)


def polis(ask: Ask) -> Answer:
    """Answer `ref/poli/tanggal/{d}`."""
    return _given(
        ask,
        [
            {
                "namapoli": row["nmPoli"],
                "kodepoli": row["kdPoli"],
                "nmsubspesialis": row["nmPoli"],
                "kdsubspesialis": row["kdPoli"],
            }
            for row in ask.catalogue["poli"]
        ],
    )


def doctors(ask: Ask) -> Answer:
    """Answer `ref/dokter/kodepoli/{kd}/tanggal/{d}`."""
    if ask.catalogue.find("poli", "kdPoli", ask.params["poli"]) is None:
        return refused("Poli tidak ditemukan")
    rows = [
        {
            "namadokter": row["nmDokter"],
            "kodedokter": int(row["kdDokter"]),
            "jampraktek": HOURS,
            "kapasitas": 30,
        }
        for row in ask.catalogue["doctors"]
    ]
    return _given(ask, rows)


def _given(ask: Ask, rows: list[Json]) -> Answer:
    wrong = wrong_day(ask, ask.params["day"], past=False)
    if wrong is not None:
        return refused(wrong)
    return listed(ask, rows, ask.switches.queue_code)


def _key(ask: Ask, body: Json) -> str:
    """Card, poli and day; somebody without a card is known by NIK or record number."""
    who = body.get("nomorkartu") or body.get("nik") or body.get("norm")
    return f"{ask.facility.code}|{who}|{body.get('kodepoli')}|{body.get('tanggalperiksa')}"


def add(ask: Ask) -> Answer:
    """Answer `POST antrean/add`."""
    body = ask.body
    wrong = wrong_field(body, _FIELDS) or wrong_day(ask, body["tanggalperiksa"], past=False) or _unknown(ask)
    if wrong is not None:
        return refused(wrong)
    key = _key(ask, body)
    if ask.switches.duplicate_guard and _waiting(ask, key) is not None:
        return refused("Antrean sudah terdaftar pada tanggal dan poli yang sama")
    number = f"{ask.facility.code}|{ask.records.number(KIND)}"
    ask.records.add(KIND, number, {**body, "status": None, "batal": None}, ask.facility.code, key)
    return _ok(ask)


def _unknown(ask: Ask) -> str | None:
    body = ask.body
    if ask.catalogue.find("poli", "kdPoli", body["kodepoli"]) is None:
        return "Poli tidak ditemukan"
    if ask.catalogue.find("doctors", "kdDokter", str(body["kodedokter"])) is None:
        return "Dokter tidak ditemukan"
    if body["nomorkartu"] and ask.members.with_card(body["nomorkartu"]) is None:
        return "Nomor kartu tidak ditemukan"
    return None if body["nomorkartu"] or body["nik"] else "NIK wajib diisi untuk pasien non JKN"


def _waiting(ask: Ask, key: str) -> Held | None:
    """Give the entry of a key that was not cancelled."""
    return next(iter(ask.records.keyed(KIND, key)), None)


def _entry(ask: Ask) -> Held | None:
    """Find the entry a body names; without a card there is no telling, so the newest of poli and day."""
    body = ask.body
    if body.get("nomorkartu"):
        return _waiting(ask, _key(ask, body))
    wanted = (ask.facility.code, "", body.get("kodepoli"), body.get("tanggalperiksa"), None)
    rows = [one for one in ask.records.of(KIND) if _named(one) == wanted]
    return rows[-1] if rows else None


def _named(one: Held) -> tuple[Any, ...]:
    body = one.body
    return one.facility, body["nomorkartu"], body["kodepoli"], body["tanggalperiksa"], body["batal"]


def call(ask: Ask) -> Answer:
    """Answer `POST antrean/panggil`: 1 came, 2 did not."""
    body = ask.body
    if body.get("status") not in (1, 2) or isinstance(body["status"], bool):
        return refused("status harus 1 atau 2")
    wrong = wrong_time(body.get("waktu"))
    held = _entry(ask)
    if wrong is not None or held is None:
        return refused(wrong or "Antrean tidak ditemukan")
    ask.records.change(held, {**held.body, "status": body["status"], "waktu": body["waktu"]})
    return _ok(ask)


def cancel(ask: Ask) -> Answer:
    """Answer `POST antrean/batal`."""
    reason = ask.body.get("alasan")
    held = _entry(ask)
    if not isinstance(reason, str) or not reason or held is None:
        return refused("Antrean tidak ditemukan" if held is None else "alasan wajib diisi")
    if held.body["status"] == 1:
        return refused("Pasien sudah dilayani, antrean tidak dapat dibatalkan")
    ask.records.change(held, {**held.body, "batal": reason})
    ask.records.retire(held)
    return _ok(ask)


PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "ref/poli/tanggal/{day}", polis),
    Path("GET", "ref/dokter/kodepoli/{poli}/tanggal/{day}", doctors),
    Path("POST", "antrean/add", add),
    Path("POST", "antrean/panggil", call),
    Path("POST", "antrean/batal", cancel),
]
