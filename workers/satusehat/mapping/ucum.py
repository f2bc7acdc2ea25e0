"""Whether a unit is written as UCUM writes it (https://ucum.org/ucum, case sensitive form; rule 10012).

The grammar is UCUM's own; of its atoms, those a clinic's laboratory measures in. ``gr/dL``, ``IU/L`` and
``x10*3/uL`` are none: UCUM writes ``g/dL``, ``[IU]/L`` and ``10*3/uL``.
"""

import re
from functools import cache
from typing import Final

_PREFIXES: Final = ("da", *"YZEPTGMkhdcmunpfazy")
_METRIC: Final = frozenset(
    {
        *("m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F", "Ohm", "S"),
        *("Cel", "lm", "lx", "Bq", "Gy", "Sv", "L", "l", "t", "bar", "u", "eV", "kat", "U", "eq", "osm", "cal"),
        *("[iU]", "[IU]", "B", "B[SPL]", "m[H2O]", "m[Hg]", "Ci", "R", "P", "St", "dyn", "erg", "[Lp_u]"),
    }
)
_PLAIN: Final = frozenset(
    {
        *("10*", "10^", "%", "[ppth]", "[ppm]", "[ppb]", "[ppt_m]", "[pptr]", "[pi]", "deg", "'", "''"),
        *("min", "h", "d", "a", "wk", "mo", "[pH]", "[HPF]", "[LPF]", "[CFU]", "[PFU]", "[drp]", "[arb'U]"),
        *(
            "[in_i]",
            "[ft_i]",
            "[lb_av]",
            "[oz_av]",
            "[degF]",
            "[GPL'U]",
            "[MPL'U]",
            "[APL'U]",
            "[beth'U]",
            "[anti'Xa'U]",
        ),
        *("[todd'U]", "[dye'U]", "[Amb'a'1'U]", "[ka'U]", "[knk'U]", "[mclg'U]", "[tb'U]"),
        *("[CCID_50]", "[TCID_50]", "[EID_50]", "[FFU]", "[D'ag'U]", "[AU]", "[BAU]", "[Ehrlich'U]", "[USP'U]"),
        *("[diop]", "[S]", "[hnsf'U]"),
    }
)
_PART: Final = re.compile(r"[().]|/|\{[!-z|~]*\}|(?:10[*^]|\[[!-Z^_a-z]*\]|[A-Za-z%'])+(?:[+-]?[0-9]+)?|[0-9]+")
_EXPONENT: Final = re.compile(r"[+-]?[0-9]+\Z")
_TERM: Final = r"/?(?:ua*|a+)(?:[./](?:ua*|a+))*"
"""A term in kinds: ``u`` a unit with its exponent or a whole number, ``a`` an annotation."""


@cache
def is_ucum(unit: str) -> bool:
    """Whether every part of a unit is a UCUM unit, and the parts stand together as UCUM lets them."""
    parts = _PART.findall(unit)
    if "".join(parts) != unit:
        return False
    kinds = "".join(_kind(part) for part in parts)
    while (simpler := re.sub(rf"\({_TERM}\)", "u", kinds)) != kinds:
        kinds = simpler
    return re.fullmatch(_TERM, kinds) is not None


def _kind(part: str) -> str:
    if part in "().,/":
        return part
    if part.startswith("{"):
        return "a"
    found = _EXPONENT.search(part)
    bare = part[: found.start()] if found else part
    return "u" if part.isdigit() or _atom(part) or _atom(bare) else "?"


def _atom(name: str) -> bool:
    if name in _METRIC or name in _PLAIN:
        return True
    return any(name.startswith(prefix) and name.removeprefix(prefix) in _METRIC for prefix in _PREFIXES)
