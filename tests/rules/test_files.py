"""The packaged rule files: the methodology's defaults, and bound to histories poor and rich."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from steward.market.history import FomcDecision, History
from steward.rules import ruleset, schema
from steward.rules.conditions import Group
from steward.rules.ruleset import Hedge, RuleSet
from steward.signals import compute
from steward.terms.errors import StewardError

from ..signals.conftest import CALENDAR, history, random_history
from .condor_market import article

NAMES = ("article", "article_hold", "article_no_band", "real_2018", "static", "unhedged")


def text_of(name: str) -> str:
    file = resources.files("steward.rules") / "files" / f"{name}.toml"
    return file.read_text(encoding="utf-8")


def hedge_of(rules: RuleSet) -> Hedge:
    assert rules.hedge is not None
    return rules.hedge


def test_the_packaged_names() -> None:
    assert ruleset.packaged() == NAMES
    assert [ruleset.load(name).name for name in NAMES] == list(NAMES)


def test_every_file_says_where_its_numbers_come_from() -> None:
    for name in NAMES:
        rules = ruleset.load(name)
        assert rules.source
        assert rules.description.endswith(".")
        text = text_of(name)
        assert text.startswith("# ")
        assert any(mark in text for mark in ("D0", "D1", "D4", "D9", "S1"))


# --- the defaults of the methodology, key by key --------------------------------------------------


def test_the_condor_of_the_article_is_d1() -> None:
    entry, leave, ramp = article().entry, article().exit, article().allocation
    assert (entry.every, entry.tranches) == ("week", 4)
    assert (entry.days_min, entry.days_target, entry.days_max) == (30, 45, 60)
    assert entry.short_deltas == (
        0.16, 0.15, 0.17, 0.14, 0.18, 0.13, 0.19, 0.12, 0.20, 0.11, 0.21, 0.10, 0.22,
    )  # fmt: skip
    assert entry.widths_percent_of_spot == (2.0, 1.5, 1.0, 0.5)
    assert (entry.credit_share_min, entry.credit_share_max) == (0.15, 0.25)
    assert (entry.fill_share, leave.fill_share, leave.stop_fill_share) == (0.5, 0.5, 1.0)
    assert leave.profit_share_of_credit == 0.5
    assert leave.days_to_expiry == 21
    assert leave.loss_multiple_of_credit == 2.0
    assert ramp.steps_percent == (20.0, 30.0, 40.0)
    assert (ramp.months_per_step, ramp.step_up_closed_condors) == (3, 8)
    assert (ramp.step_up_worst_month_percent, ramp.step_down_drawdown_percent) == (5.0, 10.0)


def test_the_hedge_of_the_article_is_d0_d2_d3_d5_and_d10() -> None:
    hedge = hedge_of(article())
    assert hedge.basis == "call_equiv_over_maxloss"
    assert (hedge.delta_min, hedge.delta, hedge.delta_max) == (0.20, 0.30, 0.45)
    assert (hedge.band_points, hedge.band_contracts, hedge.hold_closes) == (2.0, 0.5, 2)
    assert hedge.premium_cap_nav_per_year_percent == 3.0
    assert hedge.premium_cap_open_percent == 20.0
    assert (hedge.max_slippage_percent, hedge.benefit_share) == (25.0, 0.10)
    assert hedge.sell_over_checks == 3
    assert (hedge.stress.spx, hedge.stress.sessions, hedge.stress.iv_points) == (-0.08, 5, 16.0)
    one, two, three = hedge.layer_1, hedge.layer_2, hedge.layer_3
    assert (one.stable_percent, one.neutral_percent, one.unstable_percent) == (10.0, 12.5, 15.0)
    assert [(add.name, add.points) for add in one.adds] == [
        ("macd_bearish", 2.5), ("liquidity_thin", 2.5),
    ]  # fmt: skip
    assert two is not None
    assert (two.ramp_from, two.ramp_to, two.most_percent, two.flag_percent) == (65, 75, 30, 22.5)
    assert three is not None
    assert (three.target_percent, three.time_shift_below_days) == (100.0, 45)
    assert two.quiet_closes == three.quiet_closes == 5
    tenors = {n: (b.days_min, b.days_max, b.floor_days) for n, b in hedge.buckets.items()}
    assert tenors["front_calls"] == (30, 60, 21)
    assert tenors["short_calls"] == (28, 50, 10)
    assert tenors["long_calls"] == (90, 150, 60)
    assert hedge.buckets["vx_futures"].months == (3, 6)
    assert [hedge.buckets[n].days_target for n in ("short_calls", "front_calls", "long_calls")] == [
        35, 45, 120,
    ]  # fmt: skip
    assert dict(hedge.mix("base").shares) == {"front_calls": 0.6, "long_calls": 0.4}
    assert dict(hedge.mix("short_calls").shares) == {"short_calls": 1.0}
    assert dict(hedge.mix("long_dated").shares) == {
        "vx_futures": 0.5, "long_calls": 0.3, "spx_puts": 0.2,
    }  # fmt: skip
    roll = hedge.roll
    assert (roll.extrinsic_share, roll.monetise_gain, roll.days_beyond_floor) == (0.30, 1.5, 14)
    assert (roll.monetise_sell_share, roll.monetise_reinvest_share) == (0.5, 0.6)


def unnamed(model: type[BaseModel], table: Any, at: str) -> list[str]:
    """Keys with a number for a default that the table leaves to the code."""
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if inner is Group:
            continue  # how conditions are written, no number of the methodology
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += unnamed(inner, table.get(name, {}), f"{at}{name}.")
        elif name not in table and isinstance(field.default, (int, float)):
            found.append(at + name)
    return found


def test_the_article_names_every_number_itself() -> None:
    """One default, one place: what a rule file may move stands in the file, not in the code."""
    raw = tomllib.loads(text_of("article"))
    hedge = raw["hedge"]
    missing = unnamed(RuleSet, raw, "")
    missing += unnamed(Hedge, hedge, "hedge.")
    missing += unnamed(schema.LayerTwo, hedge["layer_2"], "hedge.layer_2.")
    missing += unnamed(schema.LayerThree, hedge["layer_3"], "hedge.layer_3.")
    assert missing == []


def changes(name: str) -> dict[str, Any]:
    """Keys by dotted path in which packaged rules differ from those of the article."""

    def flat(value: Any, at: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            return {at: value}
        return {k: v for key, inner in value.items() for k, v in flat(inner, f"{at}.{key}").items()}

    ours, base = (flat(ruleset.load(n).model_dump()) for n in (name, "article"))
    keys = (ours.keys() | base.keys()) - {".name", ".description", ".source"}
    return {k[1:]: ours.get(k) for k in sorted(keys) if ours.get(k) != base.get(k)}


def test_the_presets_change_only_what_they_are_for() -> None:
    exits_off = {
        "exit.days_to_expiry": None,
        "exit.loss_multiple_of_credit": None,
        "exit.profit_share_of_credit": None,
    }
    assert changes("article_no_band") == {
        "hedge.band_contracts": 0.0, "hedge.band_points": 0.0, "hedge.hold_closes": 0,
    }  # fmt: skip
    assert changes("article_hold") == exits_off
    assert changes("real_2018") == exits_off | {
        "entry.every": "day",
        "entry.tranches": 1,
        "entry.days_min": 20,
        "entry.days_target": 27,
        "entry.days_max": 30,
    }
    assert {key.split(".")[0] for key in changes("unhedged")} == {"hedge"}
    assert ruleset.load("unhedged").hedge is None


def test_static_is_a_constant_hedge_in_front_calls() -> None:
    hedge = hedge_of(ruleset.load("static"))
    one = hedge.layer_1
    targets = (one.stable_percent, one.neutral_percent, one.unstable_percent)
    assert targets == (12.5, 12.5, 12.5)
    assert (one.least_percent, one.most_percent, one.adds, one.stable) == (12.5, 12.5, (), None)
    assert (hedge.layer_2, hedge.layer_3) == (None, None)
    assert list(hedge.buckets) == ["front_calls"]
    assert hedge.buckets["front_calls"].floor_days == 21
    assert [(m.name, dict(m.shares)) for m in hedge.mixes] == [("base", {"front_calls": 1.0})]
    assert (hedge.roll.extrinsic_share, hedge.roll.monetise_gain) == (None, None)
    assert ruleset.load("static").groups() == ()
    assert ruleset.load("static").entry == article().entry


def test_packaged_rules_survive_a_manifest() -> None:
    for name in NAMES:
        rules = ruleset.load(name)
        text = json.dumps(rules.model_dump(mode="json"), allow_nan=False)
        assert ruleset.from_mapping(json.loads(text), source=name) == rules


# --- bound to a history ---------------------------------------------------------------------------


def closes_only() -> History:
    """As the embedded history: SPX and VIX closes and the FOMC calendar, and nothing else."""
    random = np.random.default_rng(1)
    walk = np.exp(np.cumsum(random.normal(0.0, 0.01, 300)))
    meeting = FomcDecision(day=CALENDAR[200], scheduled=True, known_from=CALENDAR[0])
    return history(2000.0 * walk, 16.0 / walk, fomc=(meeting,))


def test_with_closes_alone_the_article_still_runs_and_says_on_what() -> None:
    signals = compute.compute(closes_only())
    bound, struck = ruleset.bind(article(), signals.names, signals.absent)
    hedge = hedge_of(bound)
    assert hedge.layer_2 is not None
    assert hedge.layer_2.on.signals() == ("rsi_14",)
    assert hedge.layer_2.quiet.signals() == ("rsi_14",)
    assert hedge.layer_1.stable is None  # its neutral value for the whole run
    assert [add.name for add in hedge.layer_1.adds] == ["macd_bearish"]
    assert hedge.layer_3 == hedge_of(article()).layer_3
    short, long_dated = hedge.mix("short_calls"), hedge.mix("long_dated")
    assert short.when is not None
    assert short.when.signals() == ("vix_over_sma_252", "vix_sma_20_over_60")
    assert long_dated.when is None
    assert long_dated.window is not None
    said = {(s.rule, s.signal): s.consequence for s in struck}
    skipped = "is skipped for the whole run"
    assert said["layer_2", "ad_divergence"] == "layer 2 runs on RSI(14) alone"
    assert said["layer_1.stable", "gdp_trend"].endswith("keeps its neutral value for the whole run")
    assert said["layer_1.liquidity_thin", "liquidity_thin"].endswith(skipped)
    assert said["mix.long_dated", "rate_differential_slope_21d"].endswith(
        "skipped for the whole run"
    )
    assert {rule for rule, _ in said} == {
        "layer_1.stable", "layer_1.liquidity_thin", "layer_2", "layer_2.quiet",
        "mix.short_calls", "mix.long_dated",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_packaged_rule_set_binds_to_closes_alone(name: str) -> None:
    signals = compute.compute(closes_only())
    bound, _ = ruleset.bind(ruleset.load(name), signals.names, signals.absent)
    asked = {signal for _, group in bound.groups() for signal in group.signals()}
    assert not asked & set(signals.absent)


def test_with_every_series_only_the_users_own_file_is_missing() -> None:
    signals = compute.compute(random_history(seed=3, n=400))
    bound, struck = ruleset.bind(article(), signals.names, signals.absent)
    assert [(s.rule, s.signal) for s in struck] == [("layer_1.liquidity_thin", "liquidity_thin")]
    before, after = hedge_of(article()), hedge_of(bound)
    assert after.mixes == before.mixes
    assert after.layer_2 == before.layer_2
    assert after.layer_1.stable == before.layer_1.stable


def test_a_misspelt_signal_in_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        text_of("article").replace('"cap_vol_z_252", at_least', '"cap_vol_z_225", at_least'),
        encoding="utf-8",
    )
    signals = compute.compute(closes_only())
    with pytest.raises(StewardError) as caught:
        ruleset.bind(ruleset.load(str(path)), signals.names, signals.absent)
    assert str(caught.value) == (
        "rule layer_3: there is no signal named cap_vol_z_225; did you mean cap_vol_z_252?"
    )
