"""The people of the ministry's sandbox, with the facts by which a facility may find them.

Every IHS number is published by the ministry for its sandbox unless the origin says otherwise; nobody
here exists. A demo clinic is to be made of these, so that the same clinic works against staging.
"""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """How much of an identity is known to be the ministry's own."""

    RECORDED = "recorded"  # NIK and IHS number stand together in a recording or probe (reference 2.1)
    LISTED = "listed"  # the IHS number is published; NIK and name as commonly listed, unconfirmed here
    FILLED = "filled"  # NIK and IHS number are published together; name, gender, birth date invented
    INVENTED = "invented"  # wholly ours, to make one NIK match several records


@dataclass(frozen=True, slots=True)
class Identity:
    """Someone of the master index. Gender is ``male`` or ``female``; the date is ISO."""

    nik: str
    ihs: str
    name: str
    gender: str
    birth_date: str
    origin: Origin


_REC, _LIST, _FILL, _INV = Origin.RECORDED, Origin.LISTED, Origin.FILLED, Origin.INVENTED

PATIENTS: tuple[Identity, ...] = (
    Identity("9271060312000001", "P02478375538", "Ardianto Putra", "male", "1992-01-09", _REC),
    Identity("9271060312000001", "P02029532700", "Bagas Wirawan", "male", "1998-12-03", _INV),
    Identity("9204014804000002", "P03647103112", "Claudia Sintia", "female", "1989-11-03", _LIST),
    Identity("9104224509000003", "P00805884304", "Elizabeth Dior", "female", "1993-09-05", _LIST),
    Identity("9104223107000004", "P00912894463", "Alan Bagus Prasetya", "male", "1977-09-03", _LIST),
    Identity("9104224606000005", "P01654557057", "Ghina Assyifa", "female", "2004-08-21", _LIST),
    Identity("9104025209000006", "P02280547535", "Salsabilla Anjani Rizki", "female", "2001-04-16", _REC),
    Identity("9201076001000007", "P01836748436", "Theodore Elisjah", "female", "1985-09-18", _LIST),
    Identity("9201394901000008", "P00883356749", "Sonia Herdianti", "female", "1985-06-08", _LIST),
    Identity("9201076407000009", "P01058967035", "Nancy Wang", "female", "1955-10-10", _LIST),
    Identity("9210060207000010", "P02428473601", "Syarif Muhammad", "male", "1988-11-02", _LIST),
    Identity("9271060312000002", "P02029532758", "Dewi Kartikasari", "female", "1990-03-12", _FILL),
    Identity("9271060312000003", "P02029532781", "Hendra Gunawan", "male", "1968-07-24", _FILL),
    Identity("0000000000000000", "P02029592967", "Ratna Puspita", "female", "1979-05-30", _FILL),
    Identity("1111111111111111", "P02029688251", "Joko Susanto", "male", "1983-02-17", _FILL),
    Identity("9999999999999999", "P02029536465", "Maria Ulfa", "female", "2010-10-01", _FILL),
)

_DOCTORS: tuple[Identity, ...] = (
    Identity("7209061211900001", "10009880728", "dr. Alexander", "male", "1994-01-01", _REC),
    Identity("3322071302900002", "10006926841", "dr. Yoga Yandika, Sp.A", "male", "1995-02-02", _REC),
    Identity("3171071609900003", "10001354453", "dr. Syarifuddin, Sp.Pd.", "male", "1988-03-03", _LIST),
    Identity("3207192310600004", "10010910332", "dr. Nicholas Evan, Sp.B.", "male", "1986-04-04", _LIST),
    Identity("6408130207800005", "10018180913", "dr. Dito Arifin, Sp.M.", "male", "1985-05-05", _LIST),
    Identity("3217040109800006", "10002074224", "dr. Olivia Kirana, Sp.OG", "female", "1984-06-06", _LIST),
    Identity(
        "3519111703800007",
        "10012572188",
        "dr. Alicia Chrissy, Sp.N.",
        "female",
        "1982-07-07",
        _LIST,
    ),
    Identity("5271002009700008", "10018452434", "dr. Nathalie Tan, Sp.PK.", "female", "1981-08-08", _LIST),
    Identity("3313096403900009", "10014058550", "Sheila Annisa S.Kep", "female", "1980-09-09", _LIST),
    Identity(
        "3578083008700010",
        "10001915884",
        "apt. Aditya Pradhana, S.Farm.",
        "male",
        "1980-10-10",
        _REC,
    ),
)


def _namesakes(nik: str, count: int, first_ihs: int) -> tuple[Identity, ...]:
    """Give further records under one NIK, as probed on staging (reference 2.1)."""
    return tuple(
        Identity(
            nik,
            str(first_ihs + n),
            f"Nakes Uji {n + 1:02d}",
            ("male", "female")[n % 2],
            f"19{70 + n % 30}-{1 + n % 12:02d}-{1 + n:02d}",
            _INV,
        )
        for n in range(count)
    )


PRACTITIONERS: tuple[Identity, ...] = (
    *_DOCTORS,
    *_namesakes("7209061211900001", 26, 10090000100),
    *_namesakes("6408130207800005", 25, 10090000200),
    *_namesakes("5271002009700008", 1, 10090000300),
)

UNAMBIGUOUS_PRACTITIONERS: tuple[Identity, ...] = tuple(
    one for one in _DOCTORS if sum(one.nik == other.nik for other in PRACTITIONERS) == 1
)
"""Practitioners whose NIK finds exactly one record: safe to staff a clinic with."""

UNAMBIGUOUS_PATIENTS: tuple[Identity, ...] = tuple(
    one for one in PATIENTS if sum(one.nik == other.nik for other in PATIENTS) == 1
)
"""Patients whose NIK finds exactly one record."""

OLD_SANDBOX_IDS: frozenset[str] = frozenset({"100000030006", "100000030009", *(f"N1000000{n}" for n in range(1, 10))})
"""Ids of the retired sandbox that official examples refer to: known, but not searchable."""
