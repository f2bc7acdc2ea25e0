"""What BPJS says about a member, in the clinic's words (reference bpjs 3). Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from workers.bpjs.services import Service

Facts = dict[str, Any]
Member = Mapping[str, Any]


def request_path(service: Service, nik: str, day: date) -> str:
    """Where to ask about a NIK; VClaim wants the day of service too."""
    return f"peserta/nik/{nik}" if service == "pcare" else f"Peserta/nik/{nik}/tglSEP/{day.isoformat()}"


def member_of(service: Service, value: Any) -> Member | None:
    """The member object in an answer; None when the answer holds none."""
    if service == "vclaim" and isinstance(value, Mapping):
        value = value.get("peserta")
    return value if isinstance(value, Mapping) and value.get("noKartu") else None


def answered_nik(member: Member) -> str | None:
    """The NIK the answer is about; VClaim may leave it out."""
    return _text(member.get("noKTP", member.get("nik")))


def not_found(nik: str, as_of: datetime) -> Facts:
    """BPJS knows nobody by this NIK."""
    return {"nik": nik, "status": "not_found", "as_of": as_of.isoformat()}


def facts(service: Service, member: Member, nik: str, born: date, as_of: datetime) -> Facts:
    """A row of ``bpjs_memberships``; ``as_of`` is the moment of the answer, with a zone."""
    said = _of_pcare(member) if service == "pcare" else _of_vclaim(member)
    theirs = _day(member.get("tglLahir"))
    return {
        "nik": nik, "as_of": as_of.isoformat(), "card_number": _text(member.get("noKartu")),
        "birth_date_agrees": None if theirs is None else theirs == born, **said,
    }  # fmt: skip


def _of_pcare(member: Member) -> Facts:
    home, dental, class_ = (_object(member, name) for name in ("kdProviderPst", "kdProviderGigi", "jnsKelas"))
    return {
        "status": "active" if member.get("aktif") in (True, "true", "True", 1, "1") else "inactive",
        "reason": _text(member.get("ketAktif")),
        "class_code": _text(class_.get("kode")), "class_name": _text(class_.get("nama")),
        "member_type": _text(_object(member, "jnsPeserta").get("nama")),
        "facility_code": _text(home.get("kdProvider")), "facility_name": _text(home.get("nmProvider")),
        "dental_facility_code": _text(dental.get("kdProvider")),
        "dental_facility_name": _text(dental.get("nmProvider")),
        "arrears": _number(member.get("tunggakan")),
        "prolanis": _text(member.get("pstProl")), "prb": _text(member.get("pstPrb")),
        "valid_from": _iso(member.get("tglMulaiAktif")), "valid_until": _iso(member.get("tglAkhirBerlaku")),
    }  # fmt: skip


def _of_vclaim(member: Member) -> Facts:
    state, class_, home = (_object(member, name) for name in ("statusPeserta", "hakKelas", "provUmum"))
    return {
        "status": "active" if _text(state.get("kode")) == "0" else "inactive",
        "reason": _text(state.get("keterangan")),
        "class_code": _text(class_.get("kode")), "class_name": _text(class_.get("keterangan")),
        "member_type": _text(_object(member, "jenisPeserta").get("keterangan")),
        "facility_code": _text(home.get("kdProvider")), "facility_name": _text(home.get("nmProvider")),
        "prolanis": _text(_object(member, "informasi").get("prolanisPRB")),
        "valid_from": _iso(member.get("tglTMT")), "valid_until": _iso(member.get("tglTAT")),
    }  # fmt: skip


def _object(member: Member, name: str) -> Mapping[str, Any]:
    value = member.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _number(value: object) -> int | None:
    text = _text(value)
    return int(text) if text is not None and text.removeprefix("-").isdecimal() else None


_FORMATS: Final = ("%d-%m-%Y", "%Y-%m-%d")


def _day(value: object) -> date | None:
    """P-Care writes dd-mm-yyyy, VClaim yyyy-mm-dd."""
    for form in _FORMATS:
        try:
            return datetime.strptime(_text(value) or "", form).date()  # noqa: DTZ007  # a date has no zone
        except ValueError:
            continue
    return None


def _iso(value: object) -> str | None:
    day = _day(value)
    return None if day is None else day.isoformat()
