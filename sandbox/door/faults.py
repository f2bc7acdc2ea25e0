"""Misbehaviour on demand: rules that match requests and say what shall go wrong.

A simulator brings its own vocabulary of effects. All chance is seeded, one generator per rule.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The effects a simulator knows, by name, and the words a rule may use.

    Every simulator knows `latency`, `straggle` and `late_answer` (delays) and `quota` (a token bucket).
    """

    refusing: frozenset[str]
    """Answered instead of the request being carried out: it leaves no effect."""
    spoiling: frozenset[str]
    """The request is carried out, and the answer is spoilt."""
    bending: frozenset[str]
    """The request is carried out differently, or later."""
    parameters: Mapping[str, frozenset[str]]
    """What else an effect may say, per kind."""
    facts: frozenset[str] = frozenset({"method", "type"})
    """What of a request a rule can match by equality."""

    @property
    def kinds(self) -> frozenset[str]:
        """Every effect."""
        return self.refusing | self.spoiling | self.bending


DELAYS: Final[dict[str, frozenset[str]]] = {
    "latency": frozenset({"ms", "distribution", "jitter_ms", "sigma", "commit_at"}),
    "straggle": frozenset({"ms"}),
    "late_answer": frozenset({"ms"}),
}
QUOTA: Final = frozenset({"per_second", "burst", "retry_after_s"})
_CONDITIONS: Final = frozenset({"path", "probability", "next", "after"})


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
        "seconds",
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

    def fires(self, facts: Mapping[str, str], now: float) -> bool:
        """Tell whether a request is hit, and remember having seen it."""
        match = self.match
        if not self._fits(facts):
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

    def _fits(self, facts: Mapping[str, str]) -> bool:
        if any(self.match[word] != value for word, value in facts.items() if word != "path" and word in self.match):
            return False
        return self.path is None or self.path.search(facts["path"]) is not None

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
    refusing: Rule | None = None
    spoiling: Rule | None = None
    bends: dict[str, Rule] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def add(self, rule: Rule, vocabulary: Vocabulary) -> None:
        """Take one fired rule in; of several that refuse or spoil, the first stands."""
        self.names.append(rule.name)
        if rule.kind in vocabulary.refusing:
            self.refusing = self.refusing or rule
        elif rule.kind in vocabulary.spoiling:
            self.spoiling = self.spoiling or rule
        elif rule.kind in DELAYS:
            wait_s = rule.delay_s()
            self.answer_after_s += wait_s
            self.commit_after_s += wait_s * rule.commit_at()
        else:
            self.bends[rule.kind] = rule


_NOTHING: Final = Plan()


class Faults:
    """The rules in force, in the order they were given."""

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        """Start well-behaved."""
        self._vocabulary = vocabulary
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
            kept.append(_read(raw, len(kept), seed, self._vocabulary))
        self._seed, self.rules = seed, kept

    def clear(self) -> None:
        """Behave well again."""
        self.rules = []

    def decide(self, facts: Mapping[str, str], now: float) -> Plan:
        """Decide what goes wrong with a request; its facts hold at least `path`. ``now`` only measures quotas."""
        if not self.rules:
            return _NOTHING
        plan = Plan()
        for rule in self.rules:
            if rule.fires(facts, now):
                plan.add(rule, self._vocabulary)
        return plan


def _read(raw: Any, index: int, seed: int, vocabulary: Vocabulary) -> Rule:
    if not isinstance(raw, dict) or raw.keys() - {"name", "match", "effect"}:
        raise FaultError("a rule is an object with name, match and effect")
    effect = raw.get("effect")
    effect = {"kind": effect} if isinstance(effect, str) else effect
    if not isinstance(effect, dict) or effect.get("kind") not in vocabulary.kinds:
        raise FaultError(f"effect.kind must be one of: {', '.join(sorted(vocabulary.kinds))}")
    kind, match = effect["kind"], raw.get("match", {})
    extra = effect.keys() - {"kind"} - vocabulary.parameters.get(kind, frozenset())
    if extra or not isinstance(match, dict) or match.keys() - _CONDITIONS - vocabulary.facts:
        raise FaultError(f"unknown words in rule {index}: {sorted(extra or match)}")
    if kind == "quota" and "per_second" not in effect:
        raise FaultError("quota needs per_second")
    _check_values(effect, match)
    name = str(raw.get("name", f"{kind}-{index}"))
    chance = random.Random(f"{seed}:{index}:{name}")  # noqa: S311  seeded, guards nothing
    return Rule(name, kind, effect, match, chance, _pattern(match))


def _pattern(match: Json) -> re.Pattern[str] | None:
    try:
        return re.compile(match["path"]) if "path" in match else None
    except re.error as error:
        raise FaultError(f"match.path is no regular expression: {error}") from error


def _check_values(effect: Json, match: Json) -> None:
    """Refuse words and numbers that would only be found wrong when a request comes."""
    if effect.get("distribution", "fixed") not in DISTRIBUTIONS:
        raise FaultError(f"distribution must be one of: {', '.join(DISTRIBUTIONS)}")
    for where in (effect, match):
        for key in _NUMBERS & where.keys():
            if not isinstance(where[key], (int, float)) or where[key] < 0:
                raise FaultError(f"{key} must be a number, zero or more")
