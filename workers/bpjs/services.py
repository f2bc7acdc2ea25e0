"""The services of BPJS, each with an address and a user key of its own."""

from typing import Literal

Service = Literal["pcare", "vclaim", "antrean_fktp", "antrean_rs"]
