"""Rule files are refused as a whole, in one line that names the key and the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steward.rules import ruleset
from steward.rules.ruleset import RuleSet
from steward.terms.errors import StewardError

from .condor_market import article

BARE = """
name = "bare"
description = "condors alone"
source = "a test"
[entry]
short_deltas = [0.16]
widths_points = [25.0]
credit_share_min = 0.15
credit_share_max = 0.25
fill_share = 0.5
[exit]
fill_share = 0.5
stop_measured_share = 0.0
stop_fill_share = 1.0
[allocation]
steps_percent = [20.0]
"""


def refused(text: str) -> str:
    with pytest.raises(StewardError) as caught:
        ruleset.parse(text, source="mine.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def changed(**tables: Any) -> dict[str, Any]:
    """The article's rules as a mapping, with keys of (nested) tables changed."""

    def merge(into: dict[str, Any], what: dict[str, Any]) -> None:
        for key, value in what.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                merge(into[key], value)
            else:
                into[key] = value

    rules = article().model_dump(mode="json")
    merge(rules, tables)
    return rules


def test_a_file_without_a_hedge_is_whole() -> None:
    rules = ruleset.parse(BARE, source="mine.toml")
    assert rules.hedge is None
    assert rules.exit.days_to_expiry is None
    assert rules.groups() == ()


def test_not_toml() -> None:
    assert refused("[entry\n").startswith("mine.toml: not readable as TOML: ")


def test_an_unknown_key_is_named_with_its_place_and_value() -> None:
    text = BARE.replace("[exit]", "[exit]\nprofit_target = 0.5")
    assert refused(text) == (
        "mine.toml, key exit.profit_target: unknown key; correct its spelling or take it out, "
        "was 0.5"
    )


def test_a_missing_key_and_how_many_more() -> None:
    text = BARE.replace("short_deltas = [0.16]\n", "").replace("steps_percent = [20.0]\n", "")
    assert refused(text) == "mine.toml, key entry.short_deltas: this key is missing (and 1 more)"


def test_an_unknown_key_in_a_condition_is_told_without_the_machinery() -> None:
    bad = changed(hedge={"layer_3": {"quiet": {"all_of": [{"signal": "vix_close", "blow": 1.0}]}}})
    with pytest.raises(StewardError) as caught:
        ruleset.from_mapping(bad, source="mine.toml")
    assert str(caught.value) == (
        "mine.toml, key hedge.layer_3.quiet.all_of.0.blow: unknown key; correct its spelling or "
        "take it out, was 1.0"
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"entry": {"days_target": 61}}, "days_min <= days_target <= days_max"),
        ({"entry": {"widths_points": [25.0]}}, "either widths_percent_of_spot or widths_points"),
        ({"entry": {"short_deltas": [0.16, 0.5]}}, "short_deltas must lie between 0 and 0.5"),
        ({"entry": {"widths_percent_of_spot": [0.0]}}, "widths must be above 0"),
        ({"entry": {"credit_share_min": 0.25}}, "credit_share_min must be below"),
        ({"entry": {"tranches": 0}}, "entry.tranches: must be at least 1, was 0"),
        ({"entry": {"every": "fortnight"}}, "entry.every"),
        ({"entry": {"fill_share": float("nan")}}, "entry.fill_share"),
        ({"exit": {"profit_share_of_credit": 1.5}}, "exit.profit_share_of_credit"),
        ({"allocation": {"steps_percent": [30.0, 20.0]}}, "steps_percent must rise"),
        ({"hedge": {"delta": 0.5}}, "delta_min <= delta <= delta_max"),
        ({"hedge": {"base_mix": "bass"}}, "base_mix bass is not one of the mixes"),
        ({"hedge": {"band_points": 2.5}}, r"a step of layer 1 \(2.5 points\) must be above"),
        ({"hedge": {"layer_1": {"stable_percent": 9.0}}}, "must lie between least and most"),
        ({"hedge": {"layer_2": {"ramp_from": 75.0}}}, "ramp_from must be below ramp_to"),
        ({"hedge": {"layer_2": {"flag_percent": 31.0}}}, "flag_percent must lie between 0 and"),
        ({"hedge": {"layer_2": {"most_percent": 15.0, "flag_percent": 15.0}}}, "of layer 2"),
        ({"hedge": {"layer_3": {"target_percent": 101.0}}}, "must be at most 100, was 101"),
        ({"hedge": {"layer_3": {"target_percent": 31.0}}}, r"layer 3 \(1 points\) must be above"),
        ({"hedge": {"buckets": {"long_calls": {"floor_days": 90}}}}, "floor_days < days_min"),
        ({"hedge": {"buckets": {"vx_futures": {"months": [6, 3]}}}}, "months must be two"),
        ({"hedge": {"buckets": {"vx_futures": {"passes_to": "x"}}}}, "passes to x, which is not"),
        ({"hedge": {"buckets": {"long_calls": {"passes_to": "spx_puts"}}}}, "pass in a circle"),
        ({"hedge": {"stress": {"spx": 0.08}}}, "hedge.stress.spx"),
        ({"name": "My Rules"}, "key name"),
    ],
)
def test_an_impossible_number_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(StewardError, match=message) as caught:
        ruleset.from_mapping(changed(**table), source="mine.toml")
    assert str(caught.value).startswith("mine.toml, key ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("mix", "message"),
    [
        ({"name": "base", "shares": {"front_calls": 0.9}}, "must be 0 or more and add up to 1"),
        (
            {"name": "base", "shares": {"front_calls": 1.2, "long_calls": -0.2}},
            "must be 0 or more and add up to 1",
        ),
        ({"name": "base", "shares": {"etf": 1.0}}, "asks for bucket etf, which is not there"),
    ],
)
def test_an_impossible_mix_is_refused(mix: dict[str, Any], message: str) -> None:
    with pytest.raises(StewardError, match=message):
        ruleset.from_mapping(changed(hedge={"mixes": [mix]}), source="mine.toml")


def test_two_mixes_of_one_name_are_refused() -> None:
    mixes = 2 * [{"name": "base", "shares": {"front_calls": 1.0}}]
    with pytest.raises(StewardError, match="two mixes have one name"):
        ruleset.from_mapping(changed(hedge={"mixes": mixes}), source="mine.toml")


# --- names and paths ------------------------------------------------------------------------------


def test_a_name_is_a_packaged_file_and_a_path_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BARE, encoding="utf-8")
    assert ruleset.load(str(path)).name == "bare"
    assert ruleset.load("article") == ruleset.load("article.toml")


def test_what_does_not_exist_is_told_with_what_does(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match=r"aricle: no packaged rules of that name; .*article,"):
        ruleset.load("aricle")
    with pytest.raises(StewardError, match=r"mine.toml: no such rule file; packaged .*article,"):
        ruleset.load(str(tmp_path / "mine.toml"))


def test_a_file_that_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'name = "caf\xe9"\n')
    with pytest.raises(StewardError) as caught:
        ruleset.load(str(path))
    assert str(caught.value) == (
        "mine.toml: not readable as UTF-8 (byte 12): save it as UTF-8 text"
    )


@pytest.mark.parametrize("name", ["cash", "unhedged", "static"])
def test_a_file_may_not_take_the_name_of_a_reference(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BARE.replace('"bare"', f'"{name}"'), encoding="utf-8")
    with pytest.raises(StewardError, match=f"mine.toml, key name: {name} is the name of a ledger"):
        ruleset.load(str(path))


def test_a_copy_of_a_reference_keeps_its_name(tmp_path: Path) -> None:
    folder = Path(ruleset.__file__).parent / "files"
    path = tmp_path / "copy.toml"
    path.write_text((folder / "static.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert ruleset.load(str(path)) == ruleset.load("static")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"entry": {"short_deltas": 0.16}}, "must be a list, in square brackets, was 0.16"),
        ({"entry": {"short_deltas": []}}, "must have at least 1 entry, was []"),
        ({"entry": {"tranches": "four"}}, "must be a whole number, was 'four'"),
        ({"entry": {"tranches": 2.5}}, "must be a whole number, was 2.5"),
        ({"entry": {"fill_share": "half"}}, "must be a number, was 'half'"),
        ({"entry": {"fill_share": float("inf")}}, "must be a finite number, was inf"),
        ({"entry": {"every": "year"}}, "must be 'week', 'day' or 'month', was 'year'"),
        ({"entry": {"avoid_held_expiry": "perhaps"}}, "must be true or false, was 'perhaps'"),
        ({"exit": {"profit_share_of_credit": 0.0}}, "must be above 0, was 0.0"),
        ({"hedge": {"delta": 1.0}}, "must be below 1, was 1.0"),
        ({"hedge": {"mixes": 3}}, "must be a list, in square brackets, was 3"),
        ({"hedge": 3}, "must be a table, was 3"),
        ({"entry": 3}, "must be a table, was 3"),
        ({"hedge": {"buckets": 3}}, "must be a table, was 3"),
        ({"hedge": {"buckets": {"vx_futures": {"months": [1, 2, 3]}}}}, "at most 2 entries"),
        ({"description": 3}, "must be text, in quotes, was 3"),
        ({"name": "My Rules"}, "small letters, digits and underscores alone, was 'My Rules'"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(table: dict[str, Any], message: str) -> None:
    with pytest.raises(StewardError) as caught:
        ruleset.from_mapping(changed(**table), source="mine.toml")
    assert message in str(caught.value)
    assert "nput should" not in str(caught.value)


# --- like and without -----------------------------------------------------------------------------


def test_a_file_may_take_over_packaged_rules_and_change_some() -> None:
    mine = ruleset.parse(
        'like = "article"\nwithout = ["exit.days_to_expiry", "hedge.layer_3"]\n'
        'name = "mine"\ndescription = "d"\nsource = "s"\n[entry]\ntranches = 2\n',
        source="mine.toml",
    )
    base = article()
    assert mine.entry == base.entry.model_copy(update={"tranches": 2})
    assert mine.exit == base.exit.model_copy(update={"days_to_expiry": None})
    assert mine.hedge is not None
    assert base.hedge is not None
    assert mine.hedge == base.hedge.model_copy(update={"layer_3": None})
    assert mine.name == "mine"


def test_the_manifest_holds_resolved_rules_in_full() -> None:
    rules = ruleset.load("static")
    text = json.dumps(rules.model_dump(mode="json"), allow_nan=False)
    assert "like" not in json.loads(text)
    assert ruleset.from_mapping(json.loads(text), source="a manifest") == rules


LIKE = 'name = "mine"\ndescription = "d"\nsource = "s"\n'


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('like = "artcle"\n', "mine.toml, key like: must be the name of packaged rules"),
        (
            'without = ["exit"]\n',
            "mine.toml, key without: drops keys of other rules: name those with like",
        ),
        (
            'like = "article"\nwithout = ["exits"]\n',
            "mine.toml, key without: the rules article have no key exits",
        ),
        (
            'like = "article"\nwithout = ["name.first"]\n',
            "mine.toml, key without: the rules article have no key name.first",
        ),
        ('like = "article"\nwithout = "exit"\n', "mine.toml, key without: must be a list of keys"),
    ],
)
def test_like_and_without_are_refused_when_wrong(head: str, message: str) -> None:
    assert refused(head + LIKE).startswith(message)


def test_a_name_is_never_taken_over() -> None:
    assert "key name: this key is missing" in refused('like = "article"\n')


# --- bound to a history ---------------------------------------------------------------------------

NAMES = (
    "rsi_14",
    "ad_divergence",
    "macd_bearish_cross_age",
    "macd_histogram",
    "liquidity_thin",
    "cap_vol_z_252",
    "cap_vol_change_5_pct",
    "vix_over_sma_252",
    "vix_sma_20_over_60",
    "cpi_yoy_pct",
    "ppi_yoy_pct",
    "cpi_3m_annualised_minus_yoy_pp",
    "rate_differential_change_63d_pp",
    "rate_differential_slope_21d",
    "sessions_to_fomc",
    "reer_12m_log_change",
    "reer_z_60",
    "pe_percentile_30y",
    "gdp_trend",
)


def with_layer_2(**keys: Any) -> RuleSet:
    return ruleset.from_mapping(changed(hedge={"layer_2": keys}), source="mine.toml")


def test_with_every_source_nothing_is_struck() -> None:
    assert ruleset.bind(article(), NAMES, {}) == (article(), ())


def test_a_misspelt_signal_is_refused_wherever_it_stands() -> None:
    for keys in (
        {"on": {"any_of": [{"signal": "rsi_15", "above": 65.0}]}},
        {"ramp_signal": "rsi_15"},
        {"flag_signal": "rsi_15"},
    ):
        with pytest.raises(StewardError, match=r"rsi_15; did you mean rsi_14\?"):
            ruleset.bind(with_layer_2(**keys), NAMES, {})


def test_a_layer_left_without_conditions_is_refused_or_skipped() -> None:
    gone = {"ad_divergence": "no breadth"}
    only = [{"signal": "ad_divergence", "at_least": 1.0}]
    with pytest.raises(StewardError, match="rule layer_2 is left without any condition"):
        ruleset.bind(with_layer_2(on={"any_of": only}), NAMES, gone)
    rules = with_layer_2(on={"any_of": only, "when_absent": "skip"})
    bound, struck = ruleset.bind(rules, NAMES, gone)
    assert bound.hedge is not None
    assert bound.hedge.layer_2 is None
    assert ("layer_2", "layer 2 is skipped for the whole run") in {
        (s.rule, s.consequence) for s in struck
    }


def test_a_layer_3_without_its_volatility_is_skipped_when_it_says_so() -> None:
    gone = {"cap_vol_z_252": "none", "cap_vol_change_5_pct": "none"}
    with pytest.raises(StewardError, match="rule layer_3 is left without any condition"):
        ruleset.bind(article(), NAMES, gone)
    rules = changed(hedge={"layer_3": {"on": {"when_absent": "skip"}}})
    rules["hedge"]["layer_3"]["quiet"]["when_absent"] = "skip"
    bound, _ = ruleset.bind(ruleset.from_mapping(rules, source="m"), NAMES, gone)
    assert bound.hedge is not None
    assert bound.hedge.layer_3 is None


def test_a_ramp_without_its_signal_is_refused() -> None:
    rules = with_layer_2(ramp_signal="cpi_yoy_pct")
    with pytest.raises(StewardError, match="its ramp follows cpi_yoy_pct, for which this history"):
        ruleset.bind(rules, NAMES, {"cpi_yoy_pct": "no macro"})


def test_rules_without_a_hedge_ask_for_nothing() -> None:
    bare = ruleset.parse(BARE, source="mine.toml")
    assert ruleset.bind(bare, (), {}) == (bare, ())
