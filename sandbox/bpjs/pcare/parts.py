"""P-Care: tindakan, obat and MCU, which hang on a visit (reference 4.4).

Nobody has seen a guard against sending one of these twice, so there is none: a second row is kept, and
the ledger names it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.bpjs.answer import CREATED, OK, Answer, refused
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.pcare.checks import Body, is_int
from sandbox.bpjs.pcare.registration import listing
from sandbox.bpjs.pcare.visits import own
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing that hangs on a visit."""

    kind: str
    number: str
    """The field that holds its number: 0 when it is added."""
    check: Callable[[Ask, Body], None]
    same: tuple[str, ...]
    """The fields that make two rows the same."""
    show: Callable[[Ask, Json], Json]

    def _key(self, body: Json) -> str:
        return "|".join(str(body.get(name)) for name in ("noKunjungan", *self.same))

    def _checked(self, ask: Ask) -> Answer | None:
        body = Body(ask.body)
        if own(ask, ask.body.get("noKunjungan")) is None:
            body.complain("noKunjungan", "Data kunjungan tidak ditemukan.")
        self.check(ask, body)
        return body.refusal()

    def add(self, ask: Ask) -> Answer:
        """Take a row in."""
        if ask.body.get(self.number) not in (0, None):
            return refused((self.number, f"{self.number} harus 0."))
        refusal = self._checked(ask)
        if refusal is not None:
            return refusal
        number = ask.records.number(self.kind)
        body = {**ask.body, self.number: number}
        ask.records.add(self.kind, str(number), body, ask.facility.code, self._key(body))
        return Answer(201, CREATED, {"field": self.number, "message": str(number)})

    def _one(self, ask: Ask, number: object, visit: object) -> Held | None:
        held = ask.records.get(self.kind, str(number))
        fits = held is not None and held.facility == ask.facility.code and held.body["noKunjungan"] == visit
        return held if fits else None

    def edit(self, ask: Ask) -> Answer:
        """Put another row in place."""
        held = self._one(ask, ask.body.get(self.number), ask.body.get("noKunjungan"))
        if held is None:
            return refused((self.number, "Data tidak ditemukan."))
        refusal = self._checked(ask)
        if refusal is None:
            ask.records.change(held, ask.body)
        return refusal or Answer(200, OK, {"field": self.number, "message": held.id})

    def of_visit(self, ask: Ask) -> Answer:
        """List a visit's rows."""
        rows = [one.body for one in ask.records.of(self.kind) if one.body["noKunjungan"] == ask.params["visit"]]
        return listing(ask, [self.show(ask, row) for row in rows])

    def delete(self, ask: Ask) -> Answer:
        """Take a row out."""
        held = self._one(ask, ask.params["number"], ask.params["visit"])
        if held is None:
            return refused((self.number, "Data tidak ditemukan."))
        ask.records.remove(held)
        return Answer(200, OK)


def _procedure(ask: Ask, body: Body) -> None:
    row = ask.catalogue.procedure(ask.body.get("kdTindakan"))
    body.listed("kdTindakan", row)
    body.whole("biaya", "hasil")
    body.text("keterangan", empty=True, null=True)
    fee = ask.body.get("biaya")
    if row is not None and is_int(fee) and 0 < row["maxTarif"] < int(fee or 0):
        body.complain("biaya", "biaya melebihi tarif maksimal.")


def _drug(ask: Ask, body: Body) -> None:
    compound = body.flag("racikan")
    if compound:
        body.text("kdRacikan")
    if body.flag("obatDPHO"):
        body.listed("kdObat", ask.catalogue.find("drugs", "kdObat", ask.body.get("kdObat")))
    else:
        body.text("nmObatNonDPHO")
    body.whole("signa1", "signa2", "jmlObat", "jmlPermintaan")


def _checkup(_ask: Ask, body: Body) -> None:
    body.day("tglPelayanan")
    body.whole("tekananDarahSistole", "tekananDarahDiastole")


def _named_procedure(ask: Ask, row: Json) -> Json:
    listed = ask.catalogue.procedure(row["kdTindakan"]) or {}
    return {**row, "nmTindakan": listed.get("nmTindakan")}


def _named_drug(ask: Ask, row: Json) -> Json:
    listed = ask.catalogue.find("drugs", "kdObat", row.get("kdObat")) or {}
    return {**row, "obat": {"kdObat": row.get("kdObat"), "nmObat": listed.get("nmObat", row.get("nmObatNonDPHO"))}}


PROCEDURE: Final = Part(
    "procedure", "kdTindakanSK", _procedure, ("kdTindakan", "biaya", "keterangan", "hasil"), _named_procedure
)
DRUG: Final = Part(
    "drug",
    "kdObatSK",
    _drug,
    ("racikan", "kdRacikan", "kdObat", "signa1", "signa2", "jmlObat", "nmObatNonDPHO"),
    _named_drug,
)
CHECKUP: Final = Part("checkup", "kdMCU", _checkup, ("tglPelayanan",), lambda _ask, row: row)

PATHS: Final[list[Path[Handler]]] = [
    Path("POST", "tindakan", PROCEDURE.add),
    Path("PUT", "tindakan", PROCEDURE.edit),
    Path("GET", "tindakan/kunjungan/{visit}", PROCEDURE.of_visit),
    Path("DELETE", "tindakan/{number}/kunjungan/{visit}", PROCEDURE.delete),
    Path("POST", "obat/kunjungan", DRUG.add),
    Path("GET", "obat/kunjungan/{visit}", DRUG.of_visit),
    Path("DELETE", "obat/{number}/kunjungan/{visit}", DRUG.delete),
    Path("POST", "MCU", CHECKUP.add),
    Path("PUT", "MCU", CHECKUP.edit),
    Path("GET", "MCU/kunjungan/{visit}", CHECKUP.of_visit),
    Path("DELETE", "MCU/{number}/kunjungan/{visit}", CHECKUP.delete),
    Path("DELETE", "MCU/{number}/{visit}", CHECKUP.delete),
]
