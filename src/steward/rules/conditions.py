"""Conditions on signals, in three-valued logic: yes, no, and not known.

A condition whose signal has no source for the whole run is struck before the first session; what
is left decides. Unknown alone never switches anything: true OR unknown is true, false AND unknown
is false, everything else unknown.
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from steward.rules import spoken
from steward.signals.rows import Reading, SignalRow
from steward.terms.errors import StewardError

Bound = Field(default=None, allow_inf_nan=False)


ALIKE = 5
"""So many letters alike at the beginning make two names near each other."""


class Condition(BaseModel, frozen=True, extra="forbid"):
    """One signal against bounds. `above` and `below` are strict, `at_least` and `at_most` not."""

    signal: str
    above: float | None = Bound
    below: float | None = Bound
    at_least: float | None = Bound
    at_most: float | None = Bound

    @model_validator(mode="after")
    def _bounded(self) -> Condition:
        if all(b is None for b in (self.above, self.below, self.at_least, self.at_most)):
            raise ValueError(f"the condition on {self.signal} has no bound")
        least = [b for b in (self.above, self.at_least) if b is not None]
        most = [b for b in (self.below, self.at_most) if b is not None]
        if least and most and max(least) > min(most):
            raise ValueError(f"no value of {self.signal} can be {self.bounds}")
        return self

    def holds(self, value: float) -> bool:
        """Whether `value` lies within all bounds; a NaN lies within none."""
        return (
            (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
        )

    @property
    def bounds(self) -> str:
        """For example `at least 1 and at most 5 sessions`."""
        parts = [
            f"{word} {bound:g}"
            for word, bound in (
                ("above", self.above),
                ("below", self.below),
                ("at least", self.at_least),
                ("at most", self.at_most),
            )
            if bound is not None
        ]
        words, _, last = " and ".join(parts).rpartition(" ")
        return f"{words} {spoken.with_unit(self.signal, last)}"

    @property
    def answered(self) -> str:
        """Of a yes-or-no signal: what it says where this holds; empty for any other."""
        entry = spoken.signal(self.signal)
        if not entry.yes or self.holds(1.0) == self.holds(0.0):
            return ""
        return entry.yes if self.holds(1.0) else entry.no

    @property
    def words(self) -> str:
        """For example `RSI(14) above 65`, `breadth diverges from price`."""
        return self.answered or f"{spoken.signal(self.signal).name} {self.bounds}"


def _kind(value: Any) -> str:
    """Which of the two a part is, so that an error speaks of that one alone."""
    if isinstance(value, Mapping):
        return "group" if {"all_of", "any_of"} & set(value) else "condition"
    return "group" if isinstance(value, Group) else "condition"


class Group(BaseModel, frozen=True, extra="forbid"):
    """Conditions that must all hold (`all_of`), or of which one must hold (`any_of`)."""

    all_of: tuple[Part, ...] = ()
    any_of: tuple[Part, ...] = ()
    minimum_known: int = Field(default=1, ge=1, description="fewer known parts: unknown")
    when_absent: Literal["refuse", "skip", "neutral"] = "refuse"

    @model_validator(mode="after")
    def _one_kind(self) -> Group:
        if bool(self.all_of) == bool(self.any_of):
            raise ValueError("a group needs either all_of or any_of, and not both")
        if self.minimum_known > 1 and (self.any_of or self.minimum_known > len(self.all_of)):
            raise ValueError("minimum_known is a count of the conditions in all_of")
        return self

    @property
    def parts(self) -> tuple[Condition | Group, ...]:
        return self.all_of or self.any_of

    def signals(self) -> tuple[str, ...]:
        """Names of all signals asked for, in order."""
        names: list[str] = []
        for part in self.parts:
            names.extend([part.signal] if isinstance(part, Condition) else part.signals())
        return tuple(names)


Part = Annotated[
    Annotated[Condition, Tag("condition")] | Annotated[Group, Tag("group")], Discriminator(_kind)
]
Group.model_rebuild()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a group says at one session.

    truth   None: not known
    inputs  by signal: what was read, as a reader would say it
    readings  by signal: the same as it was read
    """

    truth: bool | None
    inputs: Mapping[str, str]
    readings: Mapping[str, Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A condition that cannot be asked in this run, and what that does to its rule."""

    rule: str
    signal: str
    why: str
    consequence: str


def read_as_text(reading: Reading, signal: str = "", *, source: bool = True) -> str:
    """The value as a reader would say it: `66.1`, `66.1 (stale, 12 days old)`, `not yet known`.

    signal  whose unit it has      source  say which series it is of, in square brackets
    """
    if reading.state == "absent":
        return "absent"
    if reading.state == "warming":
        return "not yet known"
    text = spoken.value(signal, reading.value)
    if reading.state == "stale":
        text += f" (stale, {spoken.count(reading.age_days, 'day')} old)"
    return text + (f" [{reading.source}]" if source and reading.source else "")


def clause(name: str, reading: Reading) -> str:
    """What was read, in a sentence: `volatility score (VIX, z of 252 days) -1.46`."""
    return spoken.clause(name, reading, read_as_text(reading, name, source=False))


def _ask(part: Condition | Group, row: SignalRow, found: dict[str, Reading]) -> bool | None:
    if isinstance(part, Group):
        return _ask_group(part, row, found)
    reading = found[part.signal] = row.readings[part.signal]
    if reading.state != "known" or not math.isfinite(reading.value):
        return None
    return part.holds(reading.value)


def _ask_group(group: Group, row: SignalRow, found: dict[str, Reading]) -> bool | None:
    answers = [_ask(part, row, found) for part in group.parts]
    known = [a for a in answers if a is not None]
    if group.all_of:
        if False in known and len(known) >= group.minimum_known:
            return False
        return True if len(known) == len(answers) or _enough(group, known) else None
    if True in known:
        return True
    return False if len(known) == len(answers) else None


def _enough(group: Group, known: list[bool]) -> bool:
    """A group that says how many parts suffice may be true with the rest unknown."""
    return group.minimum_known > 1 and len(known) >= group.minimum_known and all(known)


def ask(group: Group, row: SignalRow) -> Answer:
    """What `group` says of one session; unknown inputs make it unknown, never no."""
    found: dict[str, Reading] = {}
    truth = _ask_group(group, row, found)
    return Answer(
        truth=truth,
        inputs={name: read_as_text(reading, name) for name, reading in found.items()},
        readings=found,
    )


def words_of(group: Group) -> str:
    """The conditions of a reason: `RSI(14) above 65 or breadth diverges from price`."""
    parts = [p.words if isinstance(p, Condition) else f"({words_of(p)})" for p in group.parts]
    return (" and " if group.all_of else " or ").join(parts)


def check_names(group: Group, known: Collection[str], *, rule: str) -> None:
    """Refuse a misspelt signal before the first session."""
    for name in group.signals():
        check_name(name, known, rule=rule)


def check_name(name: str, known: Collection[str], *, rule: str) -> None:
    """Refuse one misspelt signal, with the nearest name that exists."""
    if name not in known:
        near = _nearest(name, known)
        hint = f"; did you mean {near}?" if near else ""
        raise StewardError(f"rule {rule}: there is no signal named {name}{hint}")


def _nearest(name: str, known: Collection[str]) -> str:
    """The name most like it, one that begins alike before others; empty when none is like it.

    People remember how a name begins: `vix_zscore` means `vix_z_252` rather than `vix_close`.
    """

    def begins(other: str) -> int:
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False))
        return sum(1 for _ in same)

    like = difflib.get_close_matches(name, list(known), n=len(known) or 1)
    like += [other for other in known if other not in like and begins(other) >= ALIKE]
    order = {other: at for at, other in enumerate(like)}
    return min(like, key=lambda other: (-begins(other), order[other]), default="")


def strike(
    group: Group, absent: Mapping[str, str], *, rule: str
) -> tuple[Group | None, tuple[Struck, ...]]:
    """The group without the conditions whose series have no source for the whole run.

    Returns None when nothing is left and the group says what then (`skip` or `neutral`).
    Raises StewardError when nothing is left and it does not say.
    """
    left, struck = _strike_parts(group, absent, rule)
    if left is not None:
        rest = list(dict.fromkeys(spoken.signal(s).name for s in left.signals()))
        consequence = f"{spoken.rule_words(rule)} runs on {spoken.joined(rest)} alone"
        return left, tuple(
            Struck(rule=rule, signal=s, why=why, consequence=consequence) for s, why in struck
        )
    if group.when_absent == "refuse":
        names = ", ".join(dict.fromkeys(s for s, _ in struck))
        raise StewardError(
            f"rule {rule} is left without any condition, because this history has no source for "
            f'{names}: bring those series, or say when_absent = "skip" or "neutral" in the rule'
        )
    consequence = {
        "skip": f"{spoken.rule_words(rule)} is skipped for the whole run",
        "neutral": f"{spoken.rule_words(rule)} keeps its neutral value for the whole run",
    }[group.when_absent]
    return None, tuple(
        Struck(rule=rule, signal=s, why=why, consequence=consequence) for s, why in struck
    )


def _strike_parts(
    group: Group, absent: Mapping[str, str], rule: str
) -> tuple[Group | None, list[tuple[str, str]]]:
    kept: list[Condition | Group] = []
    struck: list[tuple[str, str]] = []
    for part in group.parts:
        if isinstance(part, Condition):
            if part.signal in absent:
                struck.append((part.signal, absent[part.signal]))
            else:
                kept.append(part)
            continue
        inner, more = _strike_parts(part, absent, rule)
        struck.extend(more)
        if inner is not None:
            kept.append(inner)
    if len(kept) < max(1, group.minimum_known):
        names = [n for p in kept for n in ([p.signal] if isinstance(p, Condition) else p.signals())]
        struck.extend((n, "too few of its companions have a source") for n in names)
        return None, struck
    if len(kept) == len(group.parts) and not struck:
        return group, struck
    field = "all_of" if group.all_of else "any_of"
    return group.model_copy(update={field: tuple(kept)}), struck
