"""A rule file: TOML made into frozen rules, refused as a whole when a key or a number is wrong.

Every number of the methodology that a user may want to move stands here as a key; the packaged
files under `files/` hold the defaults, and nothing in the code holds a second one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from steward.rules.conditions import Group, Struck, check_names, strike
from steward.terms.errors import StewardError

Share = Field(ge=0.0, le=1.0)


class Frozen(BaseModel, frozen=True, extra="forbid"):
    """Frozen, and an unknown key is an error."""


class Entry(Frozen):
    """Which condor, and how often (D1)."""

    every: Literal["week", "day", "month"] = "week"
    tranches: int = Field(default=4, ge=1)
    days_min: int = Field(default=30, ge=0)
    days_target: int = Field(default=45, ge=0)
    days_max: int = Field(default=60, ge=1)
    short_deltas: tuple[float, ...] = Field(min_length=1)
    widths_percent_of_spot: tuple[float, ...] = ()
    widths_points: tuple[float, ...] = ()
    credit_share_min: float = Share
    credit_share_max: float = Share
    fill_share: float = Share
    avoid_held_expiry: bool = True

    @model_validator(mode="after")
    def _sane(self) -> Entry:
        if not self.days_min <= self.days_target <= self.days_max:
            raise ValueError("days_min <= days_target <= days_max must hold")
        if bool(self.widths_percent_of_spot) == bool(self.widths_points):
            raise ValueError("give either widths_percent_of_spot or widths_points")
        if any(not 0.0 < d < 0.5 for d in self.short_deltas):
            raise ValueError("short_deltas must lie between 0 and 0.5")
        if any(w <= 0.0 for w in self.widths_percent_of_spot + self.widths_points):
            raise ValueError("widths must be above 0")
        if self.credit_share_min >= self.credit_share_max:
            raise ValueError("credit_share_min must be below credit_share_max")
        return self


class Exit(Frozen):
    """When a condor is closed before it settles; a key left out is an exit switched off."""

    profit_share_of_credit: float | None = Field(default=None, gt=0.0, le=1.0)
    days_to_expiry: int | None = Field(default=None, ge=0)
    loss_multiple_of_credit: float | None = Field(default=None, gt=0.0)
    fill_share: float = Share
    stop_fill_share: float = Share


class Allocation(Frozen):
    """How much of the account the condors may lose, and the ramp towards it (D1)."""

    basis: Literal["max_loss"] = "max_loss"
    steps_percent: tuple[float, ...] = Field(min_length=1)
    months_per_step: int = Field(default=3, ge=1)
    step_up_worst_month_percent: float = Field(default=5.0, ge=0.0)
    step_up_closed_condors: int = Field(default=8, ge=0)
    step_down_drawdown_percent: float = Field(default=10.0, gt=0.0)
    sizing_nav: Literal["condor_ledger"] = "condor_ledger"

    @model_validator(mode="after")
    def _rising(self) -> Allocation:
        steps = self.steps_percent
        if any(not 0.0 < s <= 100.0 for s in steps) or list(steps) != sorted(steps):
            raise ValueError("steps_percent must rise and lie between 0 and 100")
        return self


class Bucket(Frozen):
    """An instrument of the hedge, with its tenor in calendar days."""

    kind: Literal["vix_call", "vx_future", "spx_put"]
    days_min: int = Field(default=0, ge=0)
    days_target: int = Field(default=0, ge=0)
    days_max: int = Field(default=0, ge=0)
    floor_days: int = Field(default=0, ge=0, description="rolled at or below it")
    months: tuple[int, int] = (3, 6)
    out_of_the_money_percent: float = 5.0


class Mix(Frozen):
    """Shares of the hedge ratio by bucket, and when this mix is in force."""

    name: str
    shares: Mapping[str, float]
    when: Group | None = None
    window: Group | None = None
    """Decides only what is bought or rolled inside it; never switches held positions."""

    @model_validator(mode="after")
    def _whole(self) -> Mix:
        if abs(sum(self.shares.values()) - 1.0) > 1e-9:
            raise ValueError(f"the shares of mix {self.name} must add up to 1")
        return self


class Add(Frozen):
    """Something that raises the layer-1 target while it holds, inside the band of the layer."""

    name: str
    points: float = Field(gt=0.0, description="percentage points of hedge ratio")
    when: Group


class LayerOne(Frozen):
    """The base that is always on: between `least_percent` and `most_percent`."""

    neutral_percent: float
    stable_percent: float
    unstable_percent: float
    least_percent: float
    most_percent: float
    stable: Group | None = None
    adds: tuple[Add, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> LayerOne:
        inside = (self.neutral_percent, self.stable_percent, self.unstable_percent)
        if any(not self.least_percent <= x <= self.most_percent for x in inside):
            raise ValueError("the targets of layer 1 must lie between least and most")
        return self


class LayerTwo(Frozen):
    """The expansion: on by its trigger, a ramp or a step while on, off after quiet closes."""

    mode: Literal["ramp", "step"] = "ramp"
    most_percent: float = Field(gt=0.0, le=100.0)
    ramp_signal: str
    ramp_from: float
    ramp_to: float
    flag_signal: str
    flag_percent: float
    on: Group
    quiet: Group
    quiet_closes: int = Field(default=5, ge=1)


class LayerThree(Frozen):
    """The protection: the full hedge after a spike of volatility."""

    target_percent: float = Field(gt=0.0, le=100.0)
    on: Group
    quiet: Group
    quiet_closes: int = Field(default=5, ge=1)
    time_shift_below_days: int | None = 45


class Roll(Frozen):
    """Time-Shift (D5): when a hedge option is rolled forward."""

    extrinsic_share: float | None = Field(default=None, ge=0.0, le=1.0)
    monetise_gain: float | None = Field(default=None, gt=0.0)
    monetise_sell_share: float = 0.5
    monetise_reinvest_share: float = 0.6
    days_beyond_floor: int = Field(default=14, ge=0)
    switch_after_closes: int | None = 3
    futures_roll_sessions: int = 5
    futures_last_sessions: int = 5


class Stress(Frozen):
    """The shock that stress cover and the conversion of puts are measured by."""

    spx: float = -0.08
    sessions: int = 5
    iv_points: float = 16.0
    vx_beta: Literal["fitted"] = "fitted"


class Hedge(Frozen):
    """The adaptive layers (D0, D2-D5, D10)."""

    basis: Literal["call_equiv_over_maxloss"] = "call_equiv_over_maxloss"
    delta: float = Field(gt=0.0, lt=1.0)
    delta_min: float = Share
    delta_max: float = Share
    band_points: float = Field(ge=0.0, description="percentage points of hedge ratio")
    band_contracts: float = Field(ge=0.0)
    hold_closes: int = Field(ge=0)
    benefit_share: float = Share
    premium_cap_nav_per_year_percent: float = Field(gt=0.0)
    premium_cap_open_percent: float = Field(gt=0.0)
    max_slippage_percent: float = Field(ge=0.0)
    sell_over_checks: int = Field(default=3, ge=1)
    fill_share: float = Share
    stress_fill_share: float = Share
    base_mix: str
    stress: Stress = Stress()
    roll: Roll = Roll()
    buckets: Mapping[str, Bucket]
    mixes: tuple[Mix, ...] = Field(min_length=1)
    layer_1: LayerOne
    layer_2: LayerTwo | None = None
    layer_3: LayerThree | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Hedge:
        names = [m.name for m in self.mixes]
        if self.base_mix not in names:
            raise ValueError(f"base_mix {self.base_mix} is not one of the mixes {names}")
        for mix in self.mixes:
            unknown = sorted(set(mix.shares) - set(self.buckets))
            if unknown:
                raise ValueError(f"mix {mix.name} asks for bucket {unknown[0]}, which is not there")
        smallest = min((a.points for a in self.layer_1.adds), default=None)
        if smallest is not None and smallest <= self.band_points:
            raise ValueError(
                f"the smallest step of layer 1 ({smallest:g} points) must be above the band "
                f"({self.band_points:g} points), or it can never trade"
            )
        return self

    def mix(self, name: str) -> Mix:
        return next(m for m in self.mixes if m.name == name)


class Tolerances(Frozen):
    """The user's own limits; a plan that breaks one is refused with the reason (exit 4)."""

    max_loss_percent_of_nav: float | None = Field(default=None, gt=0.0)
    max_drawdown_percent: float | None = Field(default=None, gt=0.0)
    max_allocation_percent: float | None = Field(default=None, gt=0.0)


class RuleSet(Frozen):
    """One rule file, whole."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str
    source: str
    listing: Literal["as_listed"] = "as_listed"
    entry: Entry
    exit: Exit
    allocation: Allocation
    hedge: Hedge | None = None
    tolerances: Tolerances = Tolerances()

    def groups(self) -> tuple[tuple[str, Group], ...]:
        """Every group of conditions with the name of its rule."""
        found: list[tuple[str, Group]] = []
        if self.hedge is None:
            return ()
        one, two, three = self.hedge.layer_1, self.hedge.layer_2, self.hedge.layer_3
        if one.stable is not None:
            found.append(("layer_1.stable", one.stable))
        found.extend((f"layer_1.{a.name}", a.when) for a in one.adds)
        if two is not None:
            found.extend([("layer_2", two.on), ("layer_2.quiet", two.quiet)])
        if three is not None:
            found.extend([("layer_3", three.on), ("layer_3.quiet", three.quiet)])
        for mix in self.hedge.mixes:
            for group in (mix.when, mix.window):
                if group is not None:
                    found.append((f"mix.{mix.name}", group))
        return tuple(found)


def packaged() -> tuple[str, ...]:
    """Names of the rule files that come with the package."""
    files = resources.files("steward.rules") / "files"
    return tuple(sorted(f.name[:-5] for f in files.iterdir() if f.name.endswith(".toml")))


def load(name_or_path: str) -> RuleSet:
    """A packaged rule set by name, or a file: a path has a slash or ends in `.toml`.

    Raises StewardError, one line, when the name or the file does not exist, is not TOML, has an
    unknown key or an impossible number.
    """
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        bare = path.name == name_or_path and path.stem in packaged()
        if path.is_file():
            return parse(path.read_text(encoding="utf-8"), source=path.name)
        if not bare:
            raise StewardError(
                f"{name_or_path}: no such rule file; packaged rules are {', '.join(packaged())}"
            )
        name_or_path = path.stem
    if name_or_path not in packaged():
        raise StewardError(
            f"{name_or_path}: no packaged rules of that name; there are {', '.join(packaged())}, "
            "or give the path of a .toml file"
        )
    file = resources.files("steward.rules") / "files" / f"{name_or_path}.toml"
    return parse(file.read_text(encoding="utf-8"), source=f"{name_or_path}.toml")


def parse(text: str, *, source: str) -> RuleSet:
    """Rules from TOML text; `source` names the file in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StewardError(f"{source}: not readable as TOML: {error}") from None
    return from_mapping(raw, source=source)


def from_mapping(raw: Mapping[str, Any], *, source: str) -> RuleSet:
    """Rules from a mapping as in a manifest; raises StewardError naming key and value."""
    try:
        return RuleSet.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        shown = "" if isinstance(first["input"], Mapping) else f", was {first['input']!r}"
        message = {
            "extra_forbidden": "unknown key; correct its spelling or take it out",
            "missing": "this key is missing",
        }.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise StewardError(f"{source}, key {key}: {message}{shown}{more}") from None


def bind(
    rules: RuleSet, names: Collection[str], absent: Mapping[str, str]
) -> tuple[RuleSet, tuple[Struck, ...]]:
    """The rules as this history can run them: names checked, absent conditions struck.

    Raises StewardError for a misspelt signal, and for a rule left without any condition that does
    not say what then.
    """
    for rule, group in rules.groups():
        check_names(group, names, rule=rule)
    hedge = rules.hedge
    if hedge is None:
        return rules, ()
    struck: list[Struck] = []

    def cut(group: Group | None, rule: str) -> Group | None:
        if group is None:
            return None
        left, gone = strike(group, absent, rule=rule)
        struck.extend(gone)
        return left

    one, two, three = hedge.layer_1, hedge.layer_2, hedge.layer_3
    adds = []
    for add in one.adds:
        left = cut(add.when, f"layer_1.{add.name}")
        if left is not None:
            adds.append(add.model_copy(update={"when": left}))
    one = one.model_copy(update={"stable": cut(one.stable, "layer_1.stable"), "adds": tuple(adds)})
    if two is not None:
        on, quiet = cut(two.on, "layer_2"), cut(two.quiet, "layer_2.quiet")
        kept = on is not None and quiet is not None
        two = two.model_copy(update={"on": on, "quiet": quiet}) if kept else None
    if three is not None:
        on, quiet = cut(three.on, "layer_3"), cut(three.quiet, "layer_3.quiet")
        kept = on is not None and quiet is not None
        three = three.model_copy(update={"on": on, "quiet": quiet}) if kept else None
    mixes = tuple(
        m.model_copy(
            update={
                "when": cut(m.when, f"mix.{m.name}"),
                "window": cut(m.window, f"mix.{m.name}"),
            }
        )
        for m in hedge.mixes
    )
    bound = hedge.model_copy(
        update={"layer_1": one, "layer_2": two, "layer_3": three, "mixes": mixes}
    )
    return rules.model_copy(update={"hedge": bound}), tuple(struck)
