"""What a simulated BPJS is made of: its facilities, its members, its clock, and the switches.

A switch stands where public descriptions disagree or are silent; the README says which.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, get_args, get_origin

from sandbox.bpjs.members import Member, member_of

FKTP: Final = "fktp"
FKRTL: Final = "fkrtl"
SERVICES_OF: Final = {FKTP: ("pcare", "antrean-fktp"), FKRTL: ("vclaim", "antrean-rs")}
"""A primary facility has no key for VClaim, a hospital-level one none for P-Care (reference, top)."""


@dataclass(frozen=True, slots=True)
class Facility:
    """One facility with its consumer account. `code` is the kdProvider: eight characters."""

    code: str
    name: str
    capability: str
    cons_id: str
    cons_secret: str
    user_keys: dict[str, str]
    """The user_key of every service the facility may call, by `pcare`, `antrean-fktp`, `vclaim`, `antrean-rs`."""
    pcare_user: str = ""
    pcare_password: str = ""
    application_code: str = "095"
    expired: bool = False
    """Whether the consumer account has run out."""

    def __post_init__(self) -> None:
        """Refuse what no facility can be."""
        if len(self.code) != 8 or self.capability not in SERVICES_OF:
            raise ValueError("a facility has a code of eight characters and the capability fktp or fkrtl")
        if self.user_keys.keys() - {name for names in SERVICES_OF.values() for name in names}:
            raise ValueError("a facility has user_keys for an unknown service")


def _keys(capability: str) -> dict[str, str]:
    return {service: f"sandbox-{service}-key" for service in SERVICES_OF[capability]}


CLINIC: Final = Facility(
    "0114A001",
    "Klinik Melati",
    FKTP,
    "11401",
    "sandbox-fktp-secret",
    _keys(FKTP),
    "melati",
    "sandbox-only",
)
HOSPITAL: Final = Facility(
    "0114R001", "Klinik Utama Kenanga", FKRTL, "11402", "sandbox-fkrtl-secret", _keys(FKRTL), "kenanga", "sandbox-only"
)


@dataclass(slots=True)
class Switches:
    """What may be changed while running. The README tells what each one stands for."""

    clock_tolerance_s: float = 300
    signature_code: int = 401
    not_found: Literal["204", "404", "412", "empty"] = "204"
    empty_list: Literal["204", "list"] = "204"
    refuse_inactive: bool = True
    duplicate_code: Literal[401, 428] = 401
    duplicate_guard: bool = True
    registration_answer: Literal["object", "array"] = "object"
    visit_answer: Literal["array", "object"] = "array"
    visit_delete: Literal["cascade", "refuse"] = "cascade"
    visit_path: Literal["V1", "bare", "both"] = "V1"
    discharge: Literal["3", "4"] = "3"
    """The code of an outpatient discharge: 3 with 4 as referral, or 4 with 3 as referral."""
    temperature: Literal["any", "string", "number"] = "any"
    vital_ranges: bool = False
    strict_content_type: bool = True
    plaintext: bool = False
    queue_meta: Literal["metadata", "metaData"] = "metadata"
    queue_code: Literal[200, 1] = 200
    queue_list: Literal["array", "list"] = "array"
    task_gaps: bool = True
    hospital_reference_code: Literal[1, 200] = 1
    sep_backdate_days: int = 0
    referral_days: int = 90
    check_referrals: bool = True
    capacity: int = 0
    """Requests carried out at a time before the gateway answers 503; 0 is no limit."""

    def changed(self, wanted: dict[str, Any]) -> None:
        """Take new values. Raises ValueError, and then nothing has changed."""
        known = {one.name: one.type for one in fields(self)}
        for name, value in wanted.items():
            _check(name, known.get(name), value)
        for name, value in wanted.items():
            setattr(self, name, value)


SETTINGS: Final = frozenset(one.name for one in fields(Switches))


def _check(name: str, kind: Any, value: Any) -> None:
    if get_origin(kind) is Literal:
        fits = any(value == one and type(value) is type(one) for one in get_args(kind))
    elif kind is bool or isinstance(value, bool):
        fits = kind is bool and isinstance(value, bool)
    else:
        fits = kind in (int, float) and isinstance(value, (int, kind)) and value >= 0
    if not fits:
        raise ValueError(f"{name} cannot be {value!r}")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a simulator needs at birth."""

    facilities: tuple[Facility, ...] = (CLINIC, HOSPITAL)
    members: tuple[Member, ...] = ()
    """Members beside the seeded ones."""
    seeded: bool = True
    """Whether the invented members and the sandbox identities of the ministry are members from the start."""
    switches: dict[str, Any] = field(default_factory=dict)
    seed: int = 1
    clock: Callable[[], float] = field(default=time.time)
    """Unix time in seconds; a test may hand in a clock of its own."""


def config_of(settings: dict[str, Any]) -> Config:
    """Make a configuration of JSON values: `facilities` and `members` as objects, every switch by its name.

    Raises ValueError or TypeError with the offending name.
    """
    born = {one.name for one in fields(Config)} - {"clock", "switches"}
    unknown = settings.keys() - born - SETTINGS
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    made = {key: value for key, value in settings.items() if key in born}
    made["switches"] = {key: value for key, value in settings.items() if key in SETTINGS}
    Switches().changed(made["switches"])
    if "facilities" in made:
        made["facilities"] = tuple(Facility(**one) for one in made["facilities"])
    made["members"] = tuple(member_of(one) for one in made.get("members", ()))
    return Config(**made)
