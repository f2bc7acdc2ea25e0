"""A clerk who types by hand into P-Care's web page, past the web service but under the same rules."""

from typing import Any

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.config import FKTP, Facility
from sandbox.bpjs.insurer import Insurer
from sandbox.door.control import WishError
from sandbox.door.ledger import Json

_STEPS = (("registration", ["pendaftaran"]), ("visit", ["kunjungan", "V1"]))


def type_in(insurer: Insurer, wanted: Json) -> Json:
    """Enter what is wanted, filled up with ordinary values; give code, message and response of each step.

    Raises WishError for an unknown facility or member.
    """
    facility = _facility(insurer, wanted.get("facility"))
    if not all(isinstance(wanted[step], dict) for step, _ in _STEPS if step in wanted):
        raise WishError("a registration and a visit are objects")
    answers: Json = {}
    before, insurer.records.origin = insurer.records.origin, "clerk"
    path, insurer.switches.visit_path = insurer.switches.visit_path, "both"
    try:
        for step, segments in _STEPS:
            if step in wanted:
                body = _filled(insurer, step, wanted)
                answers[step] = _told(insurer.serve("pcare", "POST", segments, body, facility))
    finally:
        insurer.records.origin, insurer.switches.visit_path = before, path
        insurer.records.effects()  # no request of the ledger has caused these
    return answers


def _facility(insurer: Insurer, code: Any) -> Facility:
    clinics = [one for one in insurer.config.facilities if one.capability == FKTP]
    found = next((one for one in clinics if code in (None, one.code)), None)
    if found is None:
        raise WishError("no such primary facility")
    return found


def _told(answer: Answer) -> Json:
    return {"code": answer.code, "message": answer.message, "response": answer.response}


def _filled(insurer: Insurer, step: str, wanted: Json) -> Json:
    """Fill up with a sick outpatient's ordinary values; the visit takes card, day and poli from the registration."""
    typed = wanted[step]
    said = {**wanted.get("registration", {}), **typed}
    member = insurer.members.with_card(said.get("noKartu"))
    if member is None:
        raise WishError("noKartu names no member")
    today = insurer.today().strftime("%d-%m-%Y")
    about = {"noKartu": member.card, "tglDaftar": said.get("tglDaftar", today), "kdPoli": said.get("kdPoli", "001")}
    if step == "registration":
        return {**_REGISTRATION, **about, "kdProviderPeserta": member.provider, **typed}
    return {**_VISIT, **about, "tglPulang": about["tglDaftar"], "kdStatusPulang": insurer.switches.discharge, **typed}


_VITALS = {
    "sistole": 118,
    "diastole": 78,
    "beratBadan": 58,
    "tinggiBadan": 162,
    "respRate": 18,
    "lingkarPerut": 74,
    "heartRate": 76,
}
_REGISTRATION = {**_VITALS, "keluhan": "diketik petugas", "kunjSakit": True, "rujukBalik": 0, "kdTkp": "10"}
_VISIT = {
    **_VITALS,
    "noKunjungan": None,
    "keluhan": "diketik petugas",
    "anamnesa": "diketik petugas",
    "kdSadar": "01",
    "suhu": "36.6",
    "kdDokter": "140001",
    "kdDiag1": "J06.9",
    "kdDiag2": None,
    "kdDiag3": None,
    "kdPoliRujukInternal": None,
    "rujukLanjut": None,
    "kdTacc": -1,
    "alasanTacc": None,
    "alergiMakan": "00",
    "alergiUdara": "00",
    "alergiObat": "00",
    "kdPrognosa": "02",
    "terapiObat": "-",
    "terapiNonObat": "-",
    "bmhp": "-",
}
