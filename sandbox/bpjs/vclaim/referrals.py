"""VClaim: Rujukan, the referrals a hospital may work on (reference 5.1).

They come from visits that ended with a referral in this simulator's P-Care, or from the control door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.bpjs.answer import Answer, found, no
from sandbox.bpjs.config import FKRTL, FKTP
from sandbox.bpjs.insurer import Ask, Handler, Insurer
from sandbox.bpjs.pcare.checks import day_of as dmy_day
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim.membership import day_of, peserta
from sandbox.bpjs.vclaim.requests import at, rows
from sandbox.door.control import WishError
from sandbox.door.ledger import Json


@dataclass(frozen=True, slots=True)
class Referral:
    """One referral; the day is ISO, the poli VClaim's."""

    number: str
    card: str
    day: str
    poli: str
    diagnosis: str
    complaint: str
    origin: str
    target: str


def known(insurer: Insurer) -> list[Referral]:
    """Give all referrals, oldest first."""
    made = [_of_visit(insurer, one.id, one.facility, one.body) for one in insurer.records.of("visit")]
    return [one for one in made if one is not None] + [Referral(**one.body) for one in insurer.records.of("referral")]


def _of_visit(insurer: Insurer, number: str, facility: str, body: Json) -> Referral | None:
    letter = body.get("rujukLanjut")
    day = dmy_day(body["tglDaftar"])
    if letter is None or day is None:
        return None
    sub = insurer.catalogue.subspecialty((letter.get("subSpesialis") or {}).get("kdSubSpesialis1"))
    special = letter.get("khusus") or {}
    poli = str(special.get("kdKhusus") if sub is None else sub["kdPoliRujuk"])
    return Referral(
        number, body["noKartu"], day.isoformat(), poli, body["kdDiag1"], body["keluhan"], facility, letter["kdppk"]
    )


def put(insurer: Insurer, wanted: Any) -> Json:
    """Make a referral that comes from elsewhere; what is not said is filled in. Raises WishError."""
    if not isinstance(wanted, dict) or insurer.members.with_card(wanted.get("card")) is None:
        raise WishError("a referral names a member's card")
    origin, day = wanted.get("origin", "0114A002"), wanted.get("day", insurer.today().isoformat())
    if day_of(day) is None or insurer.catalogue.provider(origin) is None:
        raise WishError("a referral has an ISO day and a known origin")
    series = f"{origin}{day[5:7]}{day[2:4]}P"
    number = f"{series}{insurer.records.number(series):06d}"
    filled = {"number": number, "day": day, "poli": "INT", "diagnosis": "E11.9", "complaint": "-"}
    try:
        referral = Referral(**{**filled, "origin": origin, "target": "0114R001", **wanted})
    except TypeError as error:
        raise WishError("unknown words about a referral") from error
    body = {name: getattr(referral, name) for name in Referral.__slots__}
    insurer.records.add("referral", referral.number, body, origin, referral.number)
    insurer.records.effects()  # no request of the ledger has caused this
    return body


def find(ask: Ask, number: Any) -> Referral | None:
    """Find a referral to the caller by its number."""
    mine = (one for one in known(ask.insurer) if one.target == ask.facility.code)
    return next((one for one in mine if one.number == number), None)


def _shown(ask: Ask, one: Referral) -> Json:
    lists, member = ask.catalogue, ask.members.with_card(one.card)
    served = day_of(one.day) or ask.today
    return {
        "diagnosa": {"kode": one.diagnosis, "nama": (lists.diagnosis(one.diagnosis) or {}).get("nmDiag")},
        "keluhan": one.complaint,
        "noKunjungan": one.number,
        "pelayanan": {"kode": "2", "nama": "Rawat Jalan"},
        "peserta": member and peserta(member, lists, served, ask.today),
        "poliRujukan": poli(ask, one.poli),
        "provPerujuk": {"kode": one.origin, "nama": lists.provider_name(one.origin)},
        "tglKunjungan": one.day,
    }


def poli(ask: Ask, code: str) -> Json:
    """Name a hospital's poli."""
    row = ask.catalogue.find("specialties", "kdSpesialis", code) or {}
    return {"kode": code, "nama": row.get("nmSpesialis", code)}


def _mine(ask: Ask, kind: str, **wanted: str) -> list[Referral]:
    return [
        one
        for one in known(ask.insurer)
        if one.target == ask.facility.code
        and ask.catalogue.provider(one.origin, kind) is not None
        and all(getattr(one, name) == value for name, value in wanted.items())
    ]


def _by_number(kind: str) -> Handler:
    return lambda ask: _newest(ask, _mine(ask, kind, number=ask.params["number"]))


def _by_card(kind: str) -> Handler:
    return lambda ask: _newest(ask, _mine(ask, kind, card=ask.params["card"]))


def _newest(ask: Ask, mine: list[Referral]) -> Answer:
    return found({"rujukan": _shown(ask, mine[-1])}) if mine else no("Rujukan tidak ditemukan")


def _all_of_card(kind: str) -> Handler:
    def answer(ask: Ask) -> Answer:
        return rows("rujukan", [_shown(ask, one) for one in _mine(ask, kind, card=ask.params["card"])])

    return answer


def _seps(ask: Ask) -> list[Json]:
    wanted = ask.params["number"]
    return [one.body for one in ask.records.of("sep") if at(one.body, "rujukan.noRujukan") == wanted]


def count(ask: Ask) -> Answer:
    """Answer `Rujukan/JumlahSEP/{1|2}/{no}`."""
    return found({"jumlahSEP": str(len(_seps(ask)))})


def _last(show: Callable[[Ask, Json], Json]) -> Handler:
    def answer(ask: Ask) -> Answer:
        seps = _seps(ask)
        return found(show(ask, seps[-1])) if seps else no("SEP tidak ditemukan")

    return answer


def _sep_number(_ask: Ask, sep: Json) -> Json:
    return {"noSep": sep["noSep"], "tglSep": sep["tglSep"], "noRujukan": sep["rujukan"]["noRujukan"]}


PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "Rujukan/{number}", _by_number(FKTP)),
    Path("GET", "Rujukan/RS/{number}", _by_number(FKRTL)),
    Path("GET", "Rujukan/Peserta/{card}", _by_card(FKTP)),
    Path("GET", "Rujukan/RS/Peserta/{card}", _by_card(FKRTL)),
    Path("GET", "Rujukan/List/Peserta/{card}", _all_of_card(FKTP)),
    Path("GET", "Rujukan/RS/List/Peserta/{card}", _all_of_card(FKRTL)),
    Path("GET", "Rujukan/JumlahSEP/{kind}/{number}", count),
    Path("GET", "Rujukan/lastsep/norujukan/{number}", _last(_sep_number)),
]
