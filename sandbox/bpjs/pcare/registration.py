"""P-Care: pendaftaran (reference 4.2)."""

from typing import Final

from sandbox.bpjs.answer import CREATED, OK, Answer, found, page, refused
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.members import Member
from sandbox.bpjs.pcare.checks import VITALS, Body
from sandbox.bpjs.pcare.membership import peserta
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json

KIND: Final = "registration"
TKP: Final = {"10": "RJTP", "20": "RITP", "50": "Promotif"}
DUPLICATE: Final = "Peserta sudah di-entri di poli yang sama pada hari yang sama."


def key_of(facility: str, card: object, poli: object, day: object) -> str:
    """Give what may be registered, and served, once."""
    return f"{facility}|{card}|{poli}|{day}"


def nothing(ask: Ask, name: str, text: str) -> Answer:
    """Say that a number names nothing: as for a member who is not found, or with the field."""
    return Answer(204, "NO_CONTENT") if ask.switches.not_found == "204" else refused((name, text))


def listing(ask: Ask, rows: list[Json], start: str = "0", limit: str = "1000") -> Answer:
    """Give a list; an empty one in the dialect of the switch."""
    if not rows and ask.switches.empty_list == "204":
        return Answer(204, "NO_CONTENT")
    return page(rows, start, limit)


def add(ask: Ask) -> Answer:
    """Answer `POST pendaftaran`."""
    if ask.catalogue.find("poli", "kdPoli", ask.body.get("kdPoli")) is None:
        return Answer(500, "kdPoli Tidak sesuai dengan referensi sistem")
    refusal = _checked(ask)
    if refusal is not None:
        return refusal
    body, code = ask.body, ask.facility.code
    key = key_of(code, body["noKartu"], body["kdPoli"], body["tglDaftar"])
    if ask.switches.duplicate_guard and ask.records.keyed(KIND, key):
        return Answer(ask.switches.duplicate_code, DUPLICATE)
    day = f"{code}|{body['tglDaftar']}"
    number = f"A{ask.records.number(f'{KIND}|{day}')}"
    ask.records.add(KIND, f"{day}|{number}", {**body, "noUrut": number, "kdTkp": _tkp(body)}, code, key)
    given = {"field": "noUrut", "message": number}
    return Answer(201, CREATED, given if ask.switches.registration_answer == "object" else [given])


def _tkp(body: Json) -> str:
    if isinstance(body.get("rawatInap"), bool):  # the older body
        return "20" if body["rawatInap"] else "10"
    return str(body.get("kdTkp"))


def _checked(ask: Ask) -> Answer | None:
    body = Body(ask.body)
    member = _member(ask, body)
    day = body.day("tglDaftar")
    if day is not None and day > ask.today:
        body.complain("tglDaftar", "Tanggal daftar tidak boleh melebihi hari ini.")
    if member is not None and ask.body.get("kdProviderPeserta") != member.provider:
        body.complain("kdProviderPeserta", "kdProviderPeserta tidak sesuai dengan data peserta.")
    body.text("keluhan", empty=True, null=True)
    sick = body.flag("kunjSakit")
    body.whole(*VITALS, "rujukBalik")
    body.whole("lingkarPerut", optional=True)
    body.listed("kdTkp", TKP.get(_tkp(ask.body)))
    if sick and ask.switches.vital_ranges:
        body.plausible()
    return body.refusal()


def _member(ask: Ask, body: Body) -> Member | None:
    member = ask.members.with_card(body.text("noKartu"))
    if member is None:
        body.complain("noKartu", "Peserta tidak ditemukan.")
    elif not member.active and ask.switches.refuse_inactive:
        body.complain("noKartu", f"Peserta tidak aktif: {member.reason}")
    return member


def served(ask: Ask, held: Held) -> bool:
    """Tell whether a visit was entered for a registration."""
    return bool(ask.records.keyed("visit", held.key))


def _shown(ask: Ask, held: Held) -> Json:
    body = held.body
    member = ask.members.with_card(body["noKartu"])
    return {
        "noUrut": body["noUrut"],
        "tglDaftar": body["tglDaftar"],
        "providerPelayanan": {"kdProvider": held.facility, "nmProvider": ask.catalogue.provider_name(held.facility)},
        "peserta": None if member is None else peserta(member, ask.catalogue),
        "poli": ask.catalogue.find("poli", "kdPoli", body["kdPoli"]),
        "keluhan": body.get("keluhan"),
        "kunjSakit": body["kunjSakit"],
        "status": "Sudah Dilayani" if served(ask, held) else "Belum Dilayani",
        **{name: body[name] for name in VITALS},
        "lingkarPerut": body.get("lingkarPerut", 0),
        "tkp": {"kdTkp": body["kdTkp"], "nmTkp": TKP[body["kdTkp"]]},
    }


def _one(ask: Ask) -> Held | None:
    day, number = ask.params["day"], ask.params["number"]
    return ask.records.get(KIND, f"{ask.facility.code}|{day}|{number.upper()}")


def read(ask: Ask) -> Answer:
    """Answer `pendaftaran/noUrut/{n}/tglDaftar/{d}`."""
    held = _one(ask)
    if held is None:
        return nothing(ask, "noUrut", "Data pendaftaran tidak ditemukan.")
    return found(_shown(ask, held))


def of_day(ask: Ask) -> Answer:
    """Answer `pendaftaran/tglDaftar/{d}/{start}/{limit}`."""
    rows = [
        _shown(ask, held)
        for held in ask.records.of(KIND)
        if held.facility == ask.facility.code and held.body["tglDaftar"] == ask.params["day"]
    ]
    return listing(ask, rows, ask.params["start"], ask.params["limit"])


def delete(ask: Ask) -> Answer:
    """Answer `DELETE pendaftaran/peserta/…`, with or without the poli at its end."""
    held = _one(ask)
    poli = ask.params.get("poli")
    if held is None or held.body["noKartu"] != ask.params["card"] or poli not in (None, held.body["kdPoli"]):
        return refused(("noUrut", "Data pendaftaran tidak ditemukan."))
    if served(ask, held):
        return Answer(412, "PRECONDITION_FAILED", {"field": "noUrut", "message": "Peserta sudah dilayani."})
    ask.records.remove(held)
    return Answer(200, OK)


_DELETE: Final = "pendaftaran/peserta/{card}/tglDaftar/{day}/noUrut/{number}"
PATHS: Final[list[Path[Handler]]] = [
    Path("POST", "pendaftaran", add),
    Path("GET", "pendaftaran/noUrut/{number}/tglDaftar/{day}", read),
    Path("GET", "pendaftaran/tglDaftar/{day}/{start}/{limit}", of_day),
    Path("DELETE", _DELETE, delete),
    Path("DELETE", _DELETE + "/kdPoli/{poli}", delete),
]
