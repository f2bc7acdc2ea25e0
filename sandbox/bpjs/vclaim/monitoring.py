"""VClaim: Monitoring, where a hospital sees what BPJS holds of it (reference 5.4)."""

from collections.abc import Callable
from typing import Final

from sandbox.bpjs.answer import Answer, no
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim import claims
from sandbox.bpjs.vclaim.membership import day_of
from sandbox.bpjs.vclaim.referrals import poli
from sandbox.bpjs.vclaim.requests import at, rows
from sandbox.door.ledger import Json

_STAYS: Final = {"1": "R.Inap", "2": "R.Jalan"}


def _mine(ask: Ask, fits: Callable[[Json], bool]) -> list[Held]:
    return [one for one in ask.records.of("sep") if one.facility == ask.facility.code and fits(one.body)]


def _visit(ask: Ask, held: Held) -> Json:
    body = held.body
    member = ask.members.with_card(body["noKartu"])
    return {
        "diagnosa": body["diagAwal"],
        "jnsPelayanan": _STAYS[body["jnsPelayanan"]],
        "kelasRawat": at(body, "klsRawat.klsRawatHak") if body["jnsPelayanan"] == "1" else "-",
        "nama": member and member.name.upper(),
        "noKartu": body["noKartu"],
        "noSep": held.id,
        "noRujukan": at(body, "rujukan.noRujukan"),
        "poli": poli(ask, at(body, "poli.tujuan"))["nama"],
        "tglPlgSep": body["tglPulang"] or None,
        "tglSep": body["tglSep"],
    }


def visits(ask: Ask) -> Answer:
    """Answer `Monitoring/Kunjungan/Tanggal/{d}/JnsPelayanan/{1|2}`."""
    wanted = (ask.params["day"], ask.params["kind"])
    mine = _mine(ask, lambda body: (body["tglSep"], body["jnsPelayanan"]) == wanted)
    return rows("sep", [_visit(ask, one) for one in mine])


def history(ask: Ask) -> Answer:
    """Answer `monitoring/HistoriPelayanan/…`: what a client reads after a lost answer; all facilities."""
    first, last = ask.params["first"], ask.params["last"]
    if day_of(first) is None or day_of(last) is None or last < first:
        return no("Rentang tanggal tidak sesuai")
    seps = [one for one in ask.records.of("sep") if one.body["noKartu"] == ask.params["card"]]
    return rows("histori", [_passed(ask, one) for one in seps if first <= one.body["tglSep"] <= last])


def _passed(ask: Ask, held: Held) -> Json:
    row = _visit(ask, held)
    row["namaPeserta"] = row.pop("nama")
    row["jnsPelayanan"] = held.body["jnsPelayanan"]
    return {**row, "ppkPelayanan": ask.catalogue.provider_name(held.facility)}


def fates(ask: Ask) -> Answer:
    """Answer `Monitoring/Klaim/Tanggal/{tglPulang}/JnsPelayanan/{1|2}/Status/{1|2|3}`."""
    wanted = (ask.params["day"], ask.params["status"])
    found = []
    for one in ask.records.of(claims.KIND):
        sep = ask.records.get("sep", one.id)
        if sep is None or one.facility != ask.facility.code or sep.body["jnsPelayanan"] != ask.params["kind"]:
            continue
        if (one.body["tglPulang"], str(one.body["status"])) == wanted:
            found.append(_fate(ask, one.body, sep))
    return rows("klaim", found)


def _fate(ask: Ask, claim: Json, sep: Held) -> Json:
    body, member = sep.body, ask.members.with_card(sep.body["noKartu"])
    paid = claim["status"] == claims.PAID
    fees = {"byPengajuan": str(claim["requested"]), "bySetujui": str(claim["approved"] if paid else 0)}
    return {
        "Inacbg": {"kode": "Q-5-44-0", "nama": "PENYAKIT KRONIS KECIL LAIN-LAIN"},
        "biaya": {**fees, "byTarifGruper": "0", "byTarifRS": "0", "byTopup": "0"},
        "kelasRawat": at(body, "klsRawat.klsRawatHak"),
        "noFPK": f"{sep.id[12:]}/FPK" if paid else "",
        "noSEP": sep.id,
        "peserta": {
            "nama": member and member.name.upper(),
            "noKartu": body["noKartu"],
            "noMR": body["noMR"],
        },
        "poli": poli(ask, at(body, "poli.tujuan"))["nama"],
        "status": _status(claim),
        "tglPulang": claim["tglPulang"],
        "tglSep": body["tglSep"],
    }


def _status(claim: Json) -> str:
    """Name the fate; a reason for being pending stands behind it, which is invented."""
    name = claims.NAMES[claim["status"]]
    return f"{name} - {claim['reason']}" if claim["reason"] else name


def accidents(_ask: Ask) -> Answer:
    """Answer `monitoring/JasaRaharja/…`: there are none."""
    return no("Data tidak ditemukan")


PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "Monitoring/Kunjungan/Tanggal/{day}/JnsPelayanan/{kind}", visits),
    Path("GET", "Monitoring/Klaim/Tanggal/{day}/JnsPelayanan/{kind}/Status/{status}", fates),
    Path("GET", "monitoring/HistoriPelayanan/NoKartu/{card}/tglMulai/{first}/tglAkhir/{last}", history),
    Path("GET", "monitoring/JasaRaharja/JnsPelayanan/{kind}/tglMulai/{first}/tglAkhir/{last}", accidents),
]
