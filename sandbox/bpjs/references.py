"""The reference lists. Codes named in the fact sheet are BPJS's; names, tariffs and the rest are invented."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.bpjs.config import FKRTL, FKTP, Facility
from sandbox.door.ledger import Json

Rows = list[Json]
_FILE: Final = Path(__file__).with_name("references.json")


@cache
def _lists() -> Json:
    lists: Json = json.loads(_FILE.read_text(encoding="utf-8"))
    return lists


class Catalogue:
    """The lists, and look-ups in them by code."""

    def __init__(self, facilities: Iterable[Facility]) -> None:
        """Know these facilities beside the invented ones of the file."""
        own = [{"kdProvider": one.code, "nmProvider": one.name, "kind": one.capability} for one in facilities]
        codes = {row["kdProvider"] for row in own}
        self.providers: Rows = own + [row for row in self["providers"] if row["kdProvider"] not in codes]

    def __getitem__(self, name: str) -> Any:
        """Give a list of the file."""
        return _lists()[name]

    def vclaim(self, name: str) -> Any:
        """Give a list that only VClaim has."""
        return _lists()["vclaim"][name]

    def find(self, name: str, key: str, code: Any) -> Json | None:
        """Find a row of a list by its code."""
        return next((row for row in self[name] if row[key] == code), None)

    def provider(self, code: Any, kind: str | None = None) -> Json | None:
        """Find a facility by code; of one kind, `fktp` or `fkrtl`, if told."""
        return next((row for row in self.providers if row["kdProvider"] == code and kind in (None, row["kind"])), None)

    def provider_name(self, code: Any) -> str | None:
        """Give a facility's name."""
        row = self.provider(code)
        return None if row is None else str(row["nmProvider"])

    def hospitals(self) -> Rows:
        """Give the facilities one can be referred to."""
        return [row for row in self.providers if row["kind"] == FKRTL]

    def clinics(self) -> Rows:
        """Give the primary facilities."""
        return [row for row in self.providers if row["kind"] == FKTP]

    def diagnosis(self, code: Any) -> Json | None:
        """Find a diagnosis by ICD-10 code."""
        return self.find("diagnoses", "kdDiag", code)

    def procedure(self, code: Any) -> Json | None:
        """Find a procedure by code, under whichever kind of stay it is listed."""
        rows = (row for listed in self["procedures_by_tkp"].values() for row in listed)
        return next((row for row in rows if row["kdTindakan"] == code), None)

    def subspecialty(self, code: Any) -> Json | None:
        """Find a subspecialty by code."""
        rows = (row for listed in self["subspecialties"].values() for row in listed)
        return next((row for row in rows if row["kdSubSpesialis"] == code), None)

    def discharges(self, inpatient: bool, outpatient_code: str) -> Rows:
        """Give the ways to leave; which of 3 and 4 means going home is disputed (reference 4.1)."""
        referral = "4" if outpatient_code == "3" else "3"
        names = {
            "0": "Sembuh",
            "1": "Meninggal",
            "2": "Pulang Paksa",
            outpatient_code: "Berobat Jalan",
            referral: "Rujuk Lanjut",
            "5": "Rujuk Internal",
            "9": "Lain-lain",
        }
        left_out = {outpatient_code, "5"} if inpatient else {"0", "2"}
        return [{"kdStatusPulang": code, "nmStatusPulang": names[code]} for code in sorted(names.keys() - left_out)]
