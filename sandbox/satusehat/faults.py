"""Misbehaviour on demand: rules that match requests and say what shall go wrong.

The schema is in the README beside this file. All chance is seeded, one generator per rule.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.satusehat.dialects import Json

# Answered instead of the request being carried out: it leaves no effect.
REFUSING: Final = frozenset(
    {
        "drop_before_commit",
        "throttle",
        "unavailable",
        "outage",
        "error",
        "gateway_timeout",
        "forbidden",
        "outcome",
        "redirect",
        "no_product",
        "expire_tokens",
        "quota",
    }
)
# The request is carried out, and the answer is spoilt.
SPOILING: Final = frozenset(
    {
        "drop_after_commit",
        "truncated",
        "html",
        "created_without_id",
        "error_after_commit",
        "outcome_after_commit",
        "wrong_charset",
        "empty_search",
    }
)
# The request is carried out differently.
BENDING: Final = frozenset({"latency", "straggle", "late_answer", "duplicate", "search_lag", "expired_grant"})
KINDS: Final = REFUSING | SPOILING | BENDING
_MATCHERS = frozenset({"method", "type", "path", "probability", "next", "after"})
_PARAMETERS: Final[dict[str, frozenset[str]]] = {
    "latency": frozenset({"ms", "distribution", "jitter_ms", "sigma", "commit_at"}),
    "straggle": frozenset({"ms"}),
    "late_answer": frozenset({"ms"}),
    "search_lag": frozenset({"ms"}),
    "throttle": frozenset({"retry_after_s"}),
    "quota": frozenset({"per_second", "burst", "retry_after_s"}),
    "error_after_commit": frozenset({"status"}),
    "outage": frozenset({"drop"}),
}


DISTRIBUTIONS: Final = ("fixed", "uniform", "exponential", "lognormal")
_NUMBERS: Final = frozenset(
    {
        "ms",
        "jitter_ms",
        "sigma",
        "commit_at",
        "retry_after_s",
        "per_second",
        "burst",
        "status",
        "probability",
        "next",
        "after",
    }
)


class FaultError(ValueError):
    """A fault rule cannot be understood."""


@dataclass(slots=True)
class Rule:
    """One fault rule with its memory."""

    name: str
    kind: str
    effect: Json
    match: Json
    chance: random.Random
    path: re.Pattern[str] | None = None
    seen: int = 0
    fired: int = 0
    tokens: float = 0.0
    refilled_at: float | None = None

    def described(self) -> Json:
        """Give the rule as it was posted, with its counters."""
        return {
            "name": self.name,
            "match": self.match,
            "effect": self.effect,
            "seen": self.seen,
            "fired": self.fired,
        }

    def fires(self, method: str, kind: str, path: str, now: float) -> bool:
        """Tell whether a request is hit, and remember having seen it."""
        match = self.match
        if not self._fits(method, kind, path):
            return False
        self.seen += 1
        if self.seen <= match.get("after", 0):
            return False
        if "next" in match and self.fired >= match["next"]:
            return False
        if "probability" in match and self.chance.random() >= match["probability"]:
            return False
        if self.kind == "quota" and self._within_quota(now):
            return False
        self.fired += 1
        return True

    def _fits(self, method: str, kind: str, path: str) -> bool:
        match = self.match
        if "method" in match and match["method"] != method:
            return False
        if "type" in match and match["type"] != kind:
            return False
        return self.path is None or self.path.search(path) is not None

    def _within_quota(self, now: float) -> bool:
        """Take one token from a bucket that fills at ``per_second`` up to ``burst``."""
        rate = float(self.effect["per_second"])
        burst = float(self.effect.get("burst", rate))
        since = 0.0 if self.refilled_at is None else max(0.0, now - self.refilled_at)
        self.tokens = burst if self.refilled_at is None else min(burst, self.tokens + since * rate)
        self.refilled_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

    def commit_at(self) -> float:
        """Give the part of the wait that passes before the effect; of a latency, any if not told.

        A real server commits somewhere in the middle, and simulated requests that all commit at the end of
        one fixed wait would march in step, which no real load does.
        """
        if self.kind == "latency":
            return float(self.effect.get("commit_at", self.chance.random()))
        return 1.0 if self.kind == "straggle" else 0.0

    def delay_s(self) -> float:
        """Draw a waiting time in seconds from the effect's distribution."""
        ms, jitter = float(self.effect.get("ms", 0)), float(self.effect.get("jitter_ms", 0))
        draws: dict[str, Callable[[], float]] = {
            "fixed": lambda: ms,
            "uniform": lambda: ms + self.chance.uniform(-jitter, jitter),
            "exponential": lambda: self.chance.expovariate(1 / ms) if ms else 0.0,
            "lognormal": lambda: ms * self.chance.lognormvariate(0, float(self.effect.get("sigma", 0.5))),
        }
        return max(0.0, draws[self.effect.get("distribution", "fixed")]()) / 1000


@dataclass(slots=True)
class Plan:
    """What shall go wrong with one request."""

    commit_after_s: float = 0.0
    """Time from arrival to the moment when the request is carried out."""
    answer_after_s: float = 0.0
    """Time from arrival to the answer; the simulator's own work counts towards it."""
    search_lag_s: float = 0.0
    twice: bool = False
    expired_grant: bool = False
    refusing: Rule | None = None
    spoiling: Rule | None = None
    names: list[str] = field(default_factory=list)

    def add(self, rule: Rule) -> None:
        """Take one fired rule in; of several that refuse or spoil, the first stands."""
        self.names.append(rule.name)
        if rule.kind in REFUSING:
            self.refusing = self.refusing or rule
        elif rule.kind in SPOILING:
            self.spoiling = self.spoiling or rule
        else:
            self._bend(rule)

    def _bend(self, rule: Rule) -> None:
        match rule.kind:
            case "latency" | "straggle" | "late_answer":
                wait_s = rule.delay_s()
                self.answer_after_s += wait_s
                self.commit_after_s += wait_s * rule.commit_at()
            case "search_lag":
                self.search_lag_s = rule.delay_s()
            case "duplicate":
                self.twice = True
            case _:
                self.expired_grant = True


_NOTHING: Final = Plan()


class Faults:
    """The rules in force, in the order they were given."""

    def __init__(self, seed: int) -> None:
        """Start well-behaved."""
        self._seed = seed
        self.rules: list[Rule] = []

    def change(self, posted: Any) -> None:
        """Take a posted list (replaces all), or ``{"seed", "rules", "add", "remove"}``.

        Raises FaultError, and then nothing has changed.
        """
        if isinstance(posted, list):
            posted = {"rules": posted}
        if not isinstance(posted, dict) or posted.keys() - {"seed", "rules", "add", "remove"}:
            raise FaultError("post a list of rules, or an object with seed, rules, add or remove")
        if not all(isinstance(posted.get(key, []), list) for key in ("rules", "add", "remove")):
            raise FaultError("rules, add and remove are lists")
        seed = posted.get("seed", self._seed)
        kept = [] if "rules" in posted else list(self.rules)
        gone = set(posted.get("remove", ()))
        kept = [rule for rule in kept if rule.name not in gone]
        for raw in [*posted.get("rules", ()), *posted.get("add", ())]:
            kept.append(_read(raw, len(kept), seed))
        self._seed, self.rules = seed, kept

    def clear(self) -> None:
        """Behave well again."""
        self.rules = []

    def plan(self, method: str, kind: str, path: str, now: float) -> Plan:
        """Decide what goes wrong with a request. ``now`` is in seconds and only measures quotas."""
        if not self.rules:
            return _NOTHING
        plan = Plan()
        for rule in self.rules:
            if rule.fires(method, kind, path, now):
                plan.add(rule)
        return plan


def _read(raw: Any, index: int, seed: int) -> Rule:
    if not isinstance(raw, dict) or raw.keys() - {"name", "match", "effect"}:
        raise FaultError("a rule is an object with name, match and effect")
    effect = raw.get("effect")
    effect = {"kind": effect} if isinstance(effect, str) else effect
    if not isinstance(effect, dict) or effect.get("kind") not in KINDS:
        raise FaultError(f"effect.kind must be one of: {', '.join(sorted(KINDS))}")
    kind = effect["kind"]
    extra = effect.keys() - {"kind"} - _PARAMETERS.get(kind, frozenset())
    match = raw.get("match", {})
    if extra or not isinstance(match, dict) or match.keys() - _MATCHERS:
        raise FaultError(f"unknown words in rule {index}: {sorted(extra or match)}")
    if kind == "quota" and "per_second" not in effect:
        raise FaultError("quota needs per_second")
    _check_values(effect, match)
    name = str(raw.get("name", f"{kind}-{index}"))
    chance = random.Random(f"{seed}:{index}:{name}")  # noqa: S311  seeded, guards nothing
    try:
        path = re.compile(match["path"]) if "path" in match else None
    except re.error as error:
        raise FaultError(f"match.path is no regular expression: {error}") from error
    return Rule(name, kind, effect, match, chance, path)


def _check_values(effect: Json, match: Json) -> None:
    """Refuse words and numbers that would only be found wrong when a request comes."""
    if effect.get("distribution", "fixed") not in DISTRIBUTIONS:
        raise FaultError(f"distribution must be one of: {', '.join(DISTRIBUTIONS)}")
    for where in (effect, match):
        for key in _NUMBERS & where.keys():
            if not isinstance(where[key], (int, float)) or where[key] < 0:
                raise FaultError(f"{key} must be a number, zero or more")
