"""The records of a rule file: every key, its unit and what it may be.

Every number of the methodology that a user may want to move stands here as a key; the packaged
files under `files/` name them all. Percentages are of a hundred, days are calendar days, closes
and sessions are trading days.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from steward.rules.conditions import Group

Share = Field(ge=0.0, le=1.0)


class Frozen(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """Frozen; an unknown key is an error, and so is a number that is none."""


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
    retry_sessions: int = Field(default=0, ge=0, le=5)

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
    stop_measured_share: float = Share  # k of the price that a loss is measured at; 0 the middle
    stop_fill_share: float = Share  # k of the price that it trades at


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
    """An instrument of the hedge, with its tenor in calendar days; a future's in monthly series."""

    kind: Literal["vix_call", "vx_future", "spx_put"]
    days_min: int = Field(default=0, ge=0)
    days_target: int = Field(default=0, ge=0)
    days_max: int = Field(default=0, ge=0)
    floor_days: int = Field(default=0, ge=0, description="rolled at or below it")
    months: tuple[int, int] = (3, 6)
    out_of_the_money_percent: float = Field(default=5.0, ge=0.0, lt=100.0)
    passes_to: str = Field(default="", description="bucket that takes less than half a contract")

    @model_validator(mode="after")
    def _sane(self) -> Bucket:
        if self.kind == "vx_future":
            if not 1 <= self.months[0] <= self.months[1]:
                raise ValueError("months must be two whole numbers from 1 on, the lower one first")
        elif not self.floor_days < self.days_min <= self.days_target <= self.days_max:
            raise ValueError("floor_days < days_min <= days_target <= days_max must hold")
        return self


class Mix(Frozen):
    """Shares of the hedge ratio by bucket, and when this mix is in force."""

    name: str
    shares: Mapping[str, float]
    when: Group | None = None
    window: Group | None = None
    """Decides only what is bought or rolled inside it; never switches held positions."""

    @field_validator("shares")
    @classmethod
    def _in_order(cls, shares: Mapping[str, float]) -> Mapping[str, float]:
        """The largest first, so that the order of a file or of a manifest changes nothing."""
        return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))

    @model_validator(mode="after")
    def _whole(self) -> Mix:
        if abs(sum(self.shares.values()) - 1.0) > 1e-9 or min(self.shares.values()) < 0.0:
            raise ValueError(f"the shares of mix {self.name} must be 0 or more and add up to 1")
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
    least_percent: float = Field(ge=0.0, le=100.0)
    most_percent: float = Field(ge=0.0, le=100.0)
    stable: Group | None = None
    adds: tuple[Add, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> LayerOne:
        inside = (self.neutral_percent, self.stable_percent, self.unstable_percent)
        if any(not self.least_percent <= x <= self.most_percent for x in inside):
            raise ValueError("the targets of layer 1 must lie between least and most")
        return self

    @property
    def steps(self) -> tuple[float, ...]:
        """How far the target can move at once, percentage points, each above 0."""
        moves = [a.points for a in self.adds]
        if self.stable is not None:
            moves += [
                abs(self.neutral_percent - self.stable_percent),
                abs(self.neutral_percent - self.unstable_percent),
            ]
        return tuple(m for m in moves if m > 0.0)


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

    @model_validator(mode="after")
    def _rising(self) -> LayerTwo:
        if not self.ramp_from < self.ramp_to:
            raise ValueError("ramp_from must be below ramp_to")
        if not 0.0 <= self.flag_percent <= self.most_percent:
            raise ValueError("flag_percent must lie between 0 and most_percent")
        return self


class LayerThree(Frozen):
    """The protection: the full hedge after a spike of volatility."""

    target_percent: float = Field(gt=0.0, le=100.0)
    on: Group
    quiet: Group
    quiet_closes: int = Field(default=5, ge=1)
    time_shift_below_days: int | None = Field(default=45, ge=0)


class Roll(Frozen):
    """Time-Shift (D5): when a hedge option is rolled forward."""

    extrinsic_share: float | None = Field(default=None, ge=0.0, le=1.0)
    monetise_gain: float | None = Field(default=None, gt=0.0)
    monetise_sell_share: float = Field(default=0.5, ge=0.0, le=1.0)
    monetise_reinvest_share: float = Field(default=0.6, ge=0.0, le=1.0)
    days_beyond_floor: int = Field(default=14, ge=0)
    switch_after_closes: int | None = Field(default=3, ge=1)
    futures_roll_sessions: int = Field(default=5, ge=1)
    futures_last_sessions: int = Field(default=5, ge=0)


class Stress(Frozen):
    """The shock that stress cover and the conversion of puts are measured by."""

    spx: float = Field(default=-0.08, gt=-1.0, lt=0.0)
    sessions: int = Field(default=5, ge=0)
    iv_points: float = Field(default=16.0, ge=0.0)
    vx_beta: Literal["fitted"] = "fitted"
    vix_call_vol: float = Field(default=1.10, gt=0.0, description="at least, a fraction a year")


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
    standard_call_days: int = Field(default=60, ge=1, description="of the call that is one unit")
    base_mix: str
    stress: Stress = Stress()
    roll: Roll = Roll()
    buckets: Mapping[str, Bucket]
    mixes: tuple[Mix, ...] = Field(min_length=1)
    layer_1: LayerOne
    layer_2: LayerTwo | None = None
    layer_3: LayerThree | None = None

    @field_validator("buckets")
    @classmethod
    def _in_order(cls, buckets: Mapping[str, Bucket]) -> Mapping[str, Bucket]:
        """By name, so that the order of a file or of a manifest changes nothing."""
        return dict(sorted(buckets.items()))

    @model_validator(mode="after")
    def _consistent(self) -> Hedge:
        names = [m.name for m in self.mixes]
        if self.base_mix not in names:
            raise ValueError(f"base_mix {self.base_mix} is not one of the mixes {names}")
        for mix in self.mixes:
            unknown = sorted(set(mix.shares) - set(self.buckets))
            if unknown:
                raise ValueError(f"mix {mix.name} asks for bucket {unknown[0]}, which is not there")
        if len(set(names)) < len(names):
            raise ValueError(f"two mixes have one name: {names}")
        if not self.delta_min <= self.delta <= self.delta_max:
            raise ValueError("delta_min <= delta <= delta_max must hold")
        self._check_passing()
        self._check_layers()
        return self

    def _check_passing(self) -> None:
        for name in self.buckets:
            seen, at = [name], self.buckets[name].passes_to
            while at:
                if at not in self.buckets:
                    raise ValueError(f"bucket {seen[-1]} passes to {at}, which is not there")
                if at in seen:
                    raise ValueError(f"buckets pass in a circle: {' to '.join([*seen, at])}")
                seen.append(at)
                at = self.buckets[at].passes_to

    def _check_layers(self) -> None:
        """Targets rise from layer to layer, and no step is too small for the band to trade."""
        steps = [("layer 1", step) for step in self.layer_1.steps]
        below = self.layer_1.most_percent
        tops = [
            ("layer 2", self.layer_2.most_percent if self.layer_2 else None),
            ("layer 3", self.layer_3.target_percent if self.layer_3 else None),
        ]
        for layer, top in tops:
            if top is None:
                continue
            if top <= below:
                raise ValueError(
                    f"the target of {layer} ({top:g} percent) must be above that of the layer "
                    f"below ({below:g} percent)"
                )
            steps.append((layer, top - below))
            below = top
        for layer, step in steps:
            if step <= self.band_points:
                raise ValueError(
                    f"a step of {layer} ({step:g} points) must be above the band "
                    f"({self.band_points:g} points), or it can never trade"
                )

    def mix(self, name: str) -> Mix:
        return next(m for m in self.mixes if m.name == name)


class Tolerances(Frozen):
    """The user's own limits; a plan that breaks one is refused with the reason (exit 4)."""

    max_loss_percent_of_nav: float | None = Field(default=None, gt=0.0)
    max_drawdown_percent: float | None = Field(default=None, gt=0.0)
    max_allocation_percent: float | None = Field(default=None, gt=0.0)


class Fills(Frozen):
    """What the market lets through; a key left out sets no limit (Conventions, facts 6)."""

    pricing: Literal["package", "legs"] = "package"
    size_share: float | None = Field(default=None, gt=0.0, le=1.0)  # of the contracts displayed
    volume_share: float | None = Field(default=None, gt=0.0, le=1.0)  # of the session's volume
    widest: float | None = Field(default=None, gt=0.0)  # spread over mid of a quote that trades
    oldest_minutes: int | None = Field(default=None, ge=0)  # of a quote at the decision moment


class RuleSet(Frozen):
    """One rule file, whole."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str
    source: str
    listing: Literal["as_listed"] = "as_listed"
    entry: Entry
    exit: Exit
    allocation: Allocation
    fills: Fills = Fills()
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
            for group, part in ((mix.when, ""), (mix.window, ".window")):
                if group is not None:
                    found.append((f"mix.{mix.name}{part}", group))
        return tuple(found)
