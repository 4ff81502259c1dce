"""A made-up run for pages to show: a random walk, condors sold on it, and a hedge in layers.

A small engine of its own, so that pages are tested without the rooms that make real results. Its
numbers mean nothing; its tables keep the column contracts, and its journal adds up to the cent.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steward.doors import cli
from steward.market.tables import DECISIONS, EQUITY, JOURNAL, MARKS, conform
from steward.orders.margin import DEFAULT
from steward.orders.margin.profiles import resolved
from steward.pricing.black import greeks_of_one

LAYERS = ("layer_1", "layer_2", "layer_3")

NAMES_OF_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")  # as `.ci/run` has them
CHROMIUM = next(filter(None, map(shutil.which, NAMES_OF_CHROMIUM)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window; the test is skipped, and says so, where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass(frozen=True)
class MadeUpRun:
    manifest: Mapping[str, Any]
    journal: pl.DataFrame
    equity: pl.DataFrame
    decisions: pl.DataFrame
    marks: pl.DataFrame
    losses: None = None

    @property
    def run_id(self) -> str:
        return str(self.manifest["run_id"])


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _price(forward: float, strike: float, years: float, vol: float, right: str) -> float:
    sign = 1.0 if right == "C" else -1.0
    if years <= 0.0:
        return max(sign * (forward - strike), 0.0)
    spread = vol * math.sqrt(years)
    d1 = math.log(forward / strike) / spread + spread / 2.0
    return sign * (forward * _normal(sign * d1) - strike * _normal(sign * (d1 - spread)))


@dataclass
class _Lot:
    lot: str
    structure: str
    purpose: str
    root: str
    expiry: date
    strike: float
    right: str
    quantity: int
    value: int = 0

    @property
    def key(self) -> str:
        return f"{self.root} {self.expiry} {self.strike:g} {self.right}"

    def terms(self, day: date, spx: float, vix: float) -> tuple[float, float, float, float]:
        """Forward, years, its volatility, and that of its series at the forward."""
        years = (self.expiry - day).days / 365.0
        if self.root == "VIX":
            return vix + (18.0 - vix) * (1.0 - math.exp(-3.0 * years)), years, 0.9, 0.9
        skew = 0.9 * max(math.log(spx / self.strike), -0.03)
        return spx, years, vix / 100.0 * (1.0 + skew), vix / 100.0

    def worth(self, day: date, spx: float, vix: float) -> float:
        forward, years, vol, _ = self.terms(day, spx, vix)
        return _price(forward, self.strike, years, vol, self.right)

    def mid(self, day: date, spx: float, vix: float) -> int:
        """Ten-thousandths, which are cents of a contract too."""
        return round(self.worth(day, spx, vix) * 100) * 100

    def mark(self, day: date, spx: float, vix: float) -> dict[str, Any]:
        """Its row of the MARKS table."""
        forward, years, vol, level = self.terms(day, spx, vix)
        call, mid = self.right == "C", self.mid(day, spx, vix)
        found = greeks_of_one(forward, self.strike, years, vol, discount=1.0, call=call)
        tomorrow = self.terms(day + timedelta(days=1), spx, vix)[0]
        return {
            "session": day,
            "contract": self.key,
            **dict(zip(("bid", "ask"), _quoted(mid), strict=True)),
            "quality": "modelled",
            "forward": forward,
            "vol": vol,
            **{name: getattr(found, name) for name in ("delta", "gamma", "vega", "theta")},
            "vol_at_forward": level,
            "forward_rolled": tomorrow,
        }


def _quoted(mid: int) -> tuple[int, int]:
    """Bid and ask around a middle, ten-thousandths."""
    bid = max(mid - 800, 0)
    return bid, 2 * mid - bid


@dataclass
class _Engine:
    ledger: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)
    traces: list[dict[str, Any]] = field(default_factory=list)
    lots: list[_Lot] = field(default_factory=list)
    marks: dict[tuple[date, str], dict[str, Any]] = field(default_factory=dict)
    closes: tuple[float, float] = (0.0, 0.0)
    cash: int = 0
    serial: int = 0

    def book(self, day: date, event: str, purpose: str, **more: Any) -> None:
        row: dict[str, Any] = dict.fromkeys(JOURNAL)
        row |= {"cash": 0, "value": 0, "cause": purpose, "reason": ""} | more
        self.cash += row["cash"]
        row |= {
            "sequence": len(self.rows),
            "ledger": self.ledger,
            "session": day,
            "event": event,
            "purpose": purpose,
        }
        before = self.rows[-1]["equity"] if self.rows else 0
        row["equity"] = before + row["cash"] + row["value"]
        self.rows.append(row)

    def mark(self, day: date, lot: _Lot) -> None:
        if (day, lot.key) not in self.marks:
            self.marks[day, lot.key] = lot.mark(day, *self.closes)

    def trade(
        self, day: date, lot: _Lot, quantity: int, points: float, reason: str, rule: str
    ) -> None:
        price, mid = round(points * 100) * 100, lot.mid(day, *self.closes)
        bid, ask = _quoted(mid)
        cash = -quantity * price
        lot.quantity += quantity
        now = lot.quantity * mid
        self.mark(day, lot)
        self.serial += 1
        self.book(
            day,
            "fill",
            lot.purpose,
            state="filled",
            intent_id=f"{lot.structure}-{day}",
            order_id=f"o-{lot.structure}-{day}",
            structure_id=lot.structure,
            lot_id=lot.lot,
            contract=lot.key,
            quantity=quantity,
            price=price,
            bid=bid,
            ask=ask,
            cash=cash,
            value=now - lot.value,
            quality="modelled",
            rule=rule,
            reason=reason,
        )
        lot.value = now
        fee = -round(abs(quantity) * (105 if lot.root == "VIX" else 160))
        self.book(
            day,
            "fee",
            "fee",
            cause=lot.purpose,
            structure_id=lot.structure,
            lot_id=lot.lot,
            contract=lot.key,
            cash=fee,
            rule=rule,
        )
        self.lots = [one for one in self.lots if one.quantity]

    def settle(self, day: date, lot: _Lot, spx: float, vix: float) -> None:
        level = vix if lot.root == "VIX" else spx
        price = round(level * 100) * 100
        paid = round(
            lot.quantity * max(_price(price / 1e4, lot.strike, 0.0, 1.0, lot.right), 0) * 1e4
        )
        proxy = lot.root == "VIX"
        self.book(
            day,
            "settle",
            lot.purpose,
            state="settled by proxy" if proxy else "settled by value",
            structure_id=lot.structure,
            lot_id=lot.lot,
            contract=lot.key,
            quantity=-lot.quantity,
            price=price,
            cash=paid,
            value=-lot.value,
            quality=None if proxy else "settlement",
            source="vix_prior_close" if proxy else "spx_open",
            low=round(paid * 0.8) if proxy else None,
            high=round(paid * 1.2) + 5_000 if proxy else None,
            reason=f"settled at {price / 1e4:.2f}",
        )
        lot.quantity, lot.value = 0, 0
        self.lots = [one for one in self.lots if one.quantity]


def market(sessions: int, seed: int) -> tuple[list[date], list[float], list[float]]:
    """Weekdays from 2014-01-02, and made-up closes of an index and of its volatility."""
    draw = np.random.default_rng(seed)
    day, days = date(2014, 1, 2), []
    while len(days) < sessions:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    spx, vix = [1831.0], [14.0]
    shocks = draw.standard_t(4, sessions) * 0.52
    noise = draw.normal(0.0, 0.035, sessions)
    for i in range(1, sessions):
        move = 0.0003 + vix[-1] / 100.0 / 16.5 * float(shocks[i])
        move = max(min(move, 0.05), -0.065)
        spx.append(round(spx[-1] * math.exp(move), 2))
        level = math.log(vix[-1]) + 0.05 * (math.log(14.5) - math.log(vix[-1]))
        vix.append(round(min(max(math.exp(level - 4.2 * move + float(noise[i])), 9.2), 60.0), 2))
    return days, spx, vix


def build(sessions: int = 1250, seed: int = 11) -> MadeUpRun:
    """Four ledgers over made-up closes; the same arguments give the same tables."""
    days, spx, vix = market(sessions, seed)
    flows = {0: 25_000_000}
    if sessions > 700:
        flows |= {600: 2_000_000}
    engines = [_Engine(name) for name in ("cash", "unhedged", "static", "article")]
    for engine in engines:
        _run(engine, days, spx, vix, flows)
    journal = pl.DataFrame([r for e in engines for r in e.rows], schema=dict(JOURNAL))
    equity = pl.DataFrame([r for e in engines for r in e.days], schema=dict(EQUITY))
    decisions = pl.DataFrame([r for e in engines for r in e.traces], schema=dict(DECISIONS))
    marks = {key: row for engine in engines for key, row in engine.marks.items()}
    rows = [marks[key] for key in sorted(marks)]
    manifest: dict[str, Any] = {
        "version": "0.1.0",
        "run_id": f"{seed:04d}c0ffee{sessions:06d}",
        "rules": {name: {"name": name} for name in ("cash", "unhedged", "static", "article")},
        "window": {"start": days[0].isoformat(), "end": days[-1].isoformat()},
        "capital": 25_000_000,
        "flows": [{"session": days[i].isoformat(), "cents": c} for i, c in flows.items() if i],
        "data": {
            "label": "a made-up market for tests",
            "hash": "0" * 64,
            "files": {"walk.csv": "0" * 64},
            "notes": ["VIX has closes only: its options settle by a named proxy."],
            "quarantined": [{"source": "walk.csv", "reason": "high below close", "rows": 2}],
        },
        "quality": ["modelled"],
        "listing": "as_listed",
        "sizing_nav": "condor_ledger",
        "seed": None,
        "absent": [
            {
                "name": "ad_divergence",
                "why": "no breadth series </script><b>in this history",
                "consequence": "layer 2 runs on RSI alone",
            }
        ],
        "assumptions": ["Bills pay 2 % a year.", "Fills at mid plus half of half the spread."],
    }
    return MadeUpRun(
        manifest,
        conform(journal, JOURNAL, table="journal"),
        conform(equity, EQUITY, table="equity"),
        conform(decisions, DECISIONS, table="decisions"),
        conform(pl.DataFrame(rows, schema=dict(MARKS)), MARKS, table="marks"),
    )


def _run(
    engine: _Engine, days: list[date], spx: list[float], vix: list[float], flows: dict[int, int]
) -> None:
    name, on2, on3, mix = engine.ledger, False, False, "base"
    for i, day in enumerate(days):
        engine.closes = (spx[i], vix[i])
        if i in flows:
            engine.book(day, "flow", "flow", cash=flows[i], reason="the owner's money")
        if i:
            earned = round(engine.cash * 0.02 * (day - days[i - 1]).days / 365)
            engine.book(day, "interest", "interest", cash=earned)
        for lot in [one for one in engine.lots if one.expiry <= day]:
            engine.settle(day, lot, spx[i], vix[i])
        for purpose in ("condor", *LAYERS):
            moved = 0
            for lot in engine.lots:
                if lot.purpose == purpose:
                    worth = lot.quantity * lot.mid(day, spx[i], vix[i])
                    engine.mark(day, lot)
                    moved += worth - lot.value
                    lot.value = worth
            if moved:
                engine.book(day, "mark", purpose, value=moved, quality="modelled")
        if i > 21 and name != "cash":
            _close(engine, day, spx[i], vix[i])
            if i % 5 == 2:
                _condor(engine, day, spx[i], vix[i], i)
            if i % 20 == 3 and name != "unhedged":
                _hedge(engine, day, spx[i], vix[i], "layer_1", 5)
        change = vix[i] / vix[max(i - 5, 0)] - 1.0
        trend = spx[i] / spx[max(i - 14, 0)] - 1.0
        if name == "article" and i > 21:
            on2 = trend > 0.03 or (on2 and trend > 0.01)
            was3, on3 = on3, (change > 0.30) or (on3 and vix[i] > 18)
            mix = "short_calls" if vix[i] < 12 else "long_dated" if i % 60 < 6 else "base"
            if on3 and not was3:
                _hedge(engine, day, spx[i], vix[i], "layer_3", 12)
            if on2 and i % 10 == 3:
                _hedge(engine, day, spx[i], vix[i], "layer_2", 4)
            words = {
                "layer_1": ("on", "layer 1 on at 12.5 %: growth is not yet known (no GDP)"),
                "layer_2": (
                    "on" if on2 else "off",
                    f"layer 2 {'on' if on2 else 'off'}: RSI is {50 + 300 * trend:.1f}, above 65",
                ),
                "layer_3": (
                    "on" if on3 else "off",
                    f"layer 3 {'on' if on3 else 'off'}: VIX changed {change:+.0%} in five sessions",
                ),
                "mix": (mix, f"mix {mix}: VIX is {vix[i]:.1f} against its average of 14.5"),
            }
            for rule, (found, sentence) in words.items():
                _trace(engine, day, rule, found, sentence)
        _day(engine, day, i, spx[i], vix[i], flows.get(i, 0), (i > 21, on2, on3), mix)


def _trace(engine: _Engine, day: date, rule: str, found: str, sentence: str) -> None:
    engine.traces.append(
        {
            "ledger": engine.ledger,
            "session": day,
            "kind": "trace",
            "name": rule,
            "result": found,
            "sentence": sentence,
            "detail": json.dumps({"rule": rule}, sort_keys=True),
        }
    )


def _close(engine: _Engine, day: date, spx: float, vix: float) -> None:
    for structure in sorted({lot.structure for lot in engine.lots if lot.purpose == "condor"}):
        own = [lot for lot in engine.lots if lot.structure == structure]
        left = (own[0].expiry - day).days
        if left <= 21 and int(structure.rsplit("-", 1)[1]) % 3:
            for lot in own:
                engine.trade(
                    day,
                    lot,
                    -lot.quantity,
                    lot.worth(day, spx, vix) + 0.05,
                    f"{left} days are left",
                    "exit_days",
                )
    for lot in [one for one in engine.lots if one.purpose != "condor"]:
        left = (lot.expiry - day).days
        if left <= 21 and vix > 1.2 * lot.strike:
            points = lot.worth(day, spx, vix) - 0.04
            engine.trade(day, lot, -lot.quantity, points, "gain over 150 %", "monetise")


def _condor(engine: _Engine, day: date, spx: float, vix: float, i: int) -> None:
    expiry = day + timedelta(days=45)
    while expiry.weekday() > 4:
        expiry += timedelta(days=1)
    step = 5.0
    reach = max(0.03, vix / 100.0 * 0.36)
    strikes = [
        round(spx * (1 - reach - 0.02) / step) * step,
        round(spx * (1 - reach) / step) * step,
        round(spx * (1 + reach * 0.8) / step) * step,
        round(spx * (1 + reach * 0.8 + 0.02) / step) * step,
    ]
    structure = f"condor-{i}"
    signs = (1, -1, -1, 1)
    for n, (strike, sign) in enumerate(zip(strikes, signs, strict=True)):
        lot = _Lot(f"{structure}-{n}", structure, "condor", "SPX", expiry, strike, "PPCC"[n], 0)
        engine.lots.append(lot)
        points = max(lot.worth(day, spx, vix) - 0.03 * -sign, 0.05)
        why = "45 days, credit 21 % of the width"
        engine.trade(day, lot, 2 * sign, points, why, "condor_entry")


def _hedge(engine: _Engine, day: date, spx: float, vix: float, layer: str, n: int) -> None:
    expiry = day + timedelta(days=50)
    while expiry.weekday() != 2:
        expiry += timedelta(days=1)
    structure = f"{layer}-{day}"
    lot = _Lot(f"{structure}-0", structure, layer, "VIX", expiry, round(vix * 1.3), "C", 0)
    engine.lots.append(lot)
    points, why = lot.worth(day, spx, vix) + 0.03, f"{layer} bought back to its target"
    engine.trade(day, lot, n, points, why, "target")
    engine.book(
        day,
        "end",
        layer,
        state="refused" if n == 4 else "lapsed",
        intent_id=f"second-{structure}",
        reason=f"premium cap: {n}.5 % of the credit is over 20 %",
    )


def _day(
    engine: _Engine,
    day: date,
    i: int,
    spx: float,
    vix: float,
    flow: int,
    layers: tuple[bool, bool, bool],
    mix: str,
) -> None:
    values = {p: sum(x.value for x in engine.lots if x.purpose == p) for p in ("condor", *LAYERS)}
    hedged = engine.ledger in ("static", "article")
    risk = 8_000_000 if values["condor"] else 0
    engine.days.append(
        {
            "ledger": engine.ledger,
            "session": day,
            "spx": spx,
            "vix": vix,
            "warming": i < 252,
            "cash": engine.cash,
            **values,
            "equity": engine.cash + sum(values.values()),
            "flow": flow,
            "bill_rate": 0.02,
            "margin": risk,
            "margin_funds": engine.cash,
            "margin_called": False,
            "insolvent": False,
            "condor_max_loss": risk,
            "hedge_ratio": (0.125 + 0.1 * layers[1]) if risk and hedged else None,
            "hedge_target": (0.125 + 0.175 * layers[1] + 0.7 * layers[2]) if hedged else None,
            "stress_cover": 0.05 if risk and hedged else None,
            "layer_1_on": hedged and layers[0],
            "layer_2_on": layers[1],
            "layer_3_on": layers[2],
            "mix": mix,
            "modelled_marks": 0,
        }
    )


@pytest.fixture(scope="session")
def made_up_run() -> MadeUpRun:
    return build()


def with_calls(run: MadeUpRun) -> MadeUpRun:
    """The same run as if it had had calls: two of `article`, and `static` insolvent in the end."""
    days = run.equity.filter(ledger="article").sort("session")["session"].to_list()
    detail = {"required_cents": 9_000_000, "funds_cents": 8_000_000, "deficit_cents": 1_000_000}
    condor = "condor-300", "condor-302"

    def row(ledger: str, i: int, name: str, result: str, **more: Any) -> dict[str, Any]:
        text = json.dumps(more, sort_keys=True)
        kept = (ledger, days[i], "margin", name, result, "what it was", text)
        return dict(zip(DECISIONS, kept, strict=True))

    rows = [
        row("article", 300, "standing", "called", **detail),
        row("article", 301, "a/1", "no quote", structure=condor[0], cost_cents=0, fees_cents=0),
        row("article", 301, "standing", "stands", **detail),
        *(
            row("article", 302, f"{name}/2", "filled", structure=name, cost_cents=41_250,
                fees_cents=920)
            for name in condor
        ),
        row("article", 302, "standing", "met", **detail),
        row("article", 700, "standing", "called", **detail),
        row("static", 1200, "standing", "called", **detail),
        row("static", 1201, "standing", "insolvent", **detail),
    ]  # fmt: skip
    number = pl.int_range(pl.len()).over("ledger")
    ledger = pl.col("ledger")
    equity = run.equity.with_columns(
        margin_called=((ledger == "article") & number.is_in([300, 301, *range(700, 1250)]))
        | ((ledger == "static") & (number == 1200)),
        insolvent=(ledger == "static") & (number > 1200),
        margin=pl.when((ledger == "article") & number.is_in([300, 301]))
        .then(3 * pl.col("margin_funds"))
        .otherwise("margin"),
    )
    decisions = pl.concat([run.decisions, pl.DataFrame(rows, schema=dict(DECISIONS))])
    manifest = {
        **run.manifest,
        "main": "article",
        "data": {**run.manifest["data"], "quotes": "made up"},
        "margin": {**resolved(DEFAULT), "futures_table": "0" * 64},
    }
    return MadeUpRun(manifest, run.journal, equity.select(list(EQUITY)), decisions, run.marks)


@pytest.fixture(scope="session")
def called_run(made_up_run: MadeUpRun) -> MadeUpRun:
    """With margin calls, and a ledger that is insolvent in the end."""
    return with_calls(made_up_run)


@pytest.fixture(scope="session")
def short_run() -> MadeUpRun:
    """Too short for most figures."""
    return build(sessions=45)


Said = tuple[int, str, str]


@pytest.fixture
def steward(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Said]:
    """Run the command in an empty folder; gives exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["steward", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
