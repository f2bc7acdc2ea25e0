"""The services of BPJS, each with an address and a user key of its own, and the targets they serve."""

from collections.abc import Mapping
from typing import Final, Literal

Service = Literal["pcare", "vclaim", "antrean_fktp", "antrean_rs"]

TARGETS: Final = ("pcare", "vclaim", "antrean")
_SERVICES: Final[Mapping[tuple[str, str], Service]] = {
    ("pcare", "fktp"): "pcare",
    ("vclaim", "fkrtl"): "vclaim",
    ("antrean", "fktp"): "antrean_fktp",
    ("antrean", "fkrtl"): "antrean_rs",
}


def service_of(target: str, capability: str) -> Service:
    """Which service a facility of that capability reaches a target by; raises KeyError when there is none."""
    return _SERVICES[target, capability]


def services_of(target: str) -> tuple[Service, ...]:
    """The services that stand behind a target."""
    return tuple(service for (of, _), service in _SERVICES.items() if of == target)
