"""A visit as P-Care's history shows it (reference 4.3)."""

from typing import Any

from sandbox.bpjs.insurer import Ask
from sandbox.bpjs.pcare.checks import VITALS
from sandbox.bpjs.pcare.registration import TKP
from sandbox.bpjs.records import Held
from sandbox.door.ledger import Json


def shown(ask: Ask, held: Held) -> Json:
    """Give one row of the history; what does not apply stands there with nulls in it."""
    body, lists = held.body, ask.catalogue
    referral = body.get("rujukLanjut") or {}
    sub = lists.subspecialty((referral.get("subSpesialis") or {}).get("kdSubSpesialis1")) or {}
    return {
        "noKunjungan": held.id,
        "tglKunjungan": body["tglDaftar"],
        "providerPelayanan": _provider(ask, held.facility),
        "peserta": _member(ask, body["noKartu"]),
        "poli": lists.find("poli", "kdPoli", body["kdPoli"]),
        "progProlanis": {"kdProgram": None, "nmProgram": None},
        "keluhan": body["keluhan"],
        **{f"diagnosa{n}": _diagnosis(ask, body.get(f"kdDiag{n}")) for n in (1, 2, 3)},
        "kesadaran": lists.find("consciousness", "kdSadar", body["kdSadar"]),
        **{name: body[name] for name in VITALS},
        "catatan": body.get("terapiObat", body.get("terapi")),
        "rujukBalik": 0,
        "providerAsalRujuk": _provider(ask, None),
        "providerRujukLanjut": _provider(ask, referral.get("kdppk")),
        "pemFisikLain": None,
        "dokter": lists.find("doctors", "kdDokter", body["kdDokter"]),
        "statusPulang": _discharge(ask, body),
        "tkp": {"kdTkp": body["kdTkp"], "nmTkp": TKP[body["kdTkp"]]},
        "poliRujukInternal": _poli(ask, body.get("kdPoliRujukInternal")),
        "poliRujukLanjut": {"kdPoli": sub.get("kdPoliRujuk"), "nmPoli": sub.get("nmSubSpesialis")},
        "tglPulang": body["tglPulang"],
    }


def _provider(ask: Ask, code: Any) -> Json:
    return {"kdProvider": code, "nmProvider": ask.catalogue.provider_name(code) if code else None}


def _poli(ask: Ask, code: Any) -> Json:
    row = ask.catalogue.find("poli", "kdPoli", code) or {}
    return {"kdPoli": row.get("kdPoli"), "nmPoli": row.get("nmPoli")}


def _member(ask: Ask, card: str) -> Json:
    one = ask.members.with_card(card)
    if one is None:
        return {"noKartu": card, "nama": None, "sex": None, "tglLahir": None}
    born = "-".join(reversed(one.birth_date.split("-")))
    return {"noKartu": card, "nama": one.name.upper(), "sex": one.sex, "tglLahir": born}


def _diagnosis(ask: Ask, code: Any) -> Json:
    return ask.catalogue.diagnosis(code) or {"kdDiag": None, "nmDiag": None, "nonSpesialis": False}


def _discharge(ask: Ask, body: Json) -> Json | None:
    ways = ask.catalogue.discharges(body["kdTkp"] == "20", ask.switches.discharge)
    return next((row for row in ways if row["kdStatusPulang"] == body["kdStatusPulang"]), None)
