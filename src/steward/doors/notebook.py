"""Runs from Python: make one, read one, plan, replay; in a notebook it shows itself."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from steward.analytics import audit, explained, paths, summary, trades
from steward.analytics import gains as gains_tables
from steward.analytics import margin as margin_figures
from steward.doors import report
from steward.doors.report import flags, story, words
from steward.doors.report.figures import HEADLINE
from steward.doors.report.tables import figure_rows
from steward.intake.flows import MOST_CENTS, Flow, read_flows
from steward.intake.load import Market, open_market
from steward.orders import margin as margins
from steward.orders.margin import MarginProfile
from steward.pricing.fees import DEFAULT_BROKER
from steward.rules import ruleset
from steward.rules.ruleset import RuleSet
from steward.runs import backtest as runs_backtest
from steward.runs import plan as runs_plan
from steward.runs import replay as runs_replay
from steward.runs import result as runs_result
from steward.runs.backtest import Progress
from steward.runs.plan import Plan
from steward.runs.replay import Replay
from steward.runs.result import Result
from steward.runs.settings import DEFAULT_CAPITAL, Settings
from steward.terms.calendar import NEW_YORK
from steward.terms.errors import StewardError

DEFAULT_RULES = "article"
COLOURS = {"cash": "#8a929c", "unhedged": "#d06a2a", "static": "#2a9d78", "article": "#2f7fd0"}
OTHER = "#9a62b5"
"""Chosen to be read on white and on black, for a notebook does not say which it is."""

WIDTH, HEIGHT = 860, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 46, 30
POINTS = 700
"""Points drawn of a line: no more can be seen."""


@dataclass(frozen=True)
class Picture:
    """A chart as inline SVG; a notebook shows it by itself."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg

    def save(self, path: Path | str) -> None:
        """Write the SVG to a file."""
        Path(path).write_text(self.svg, encoding="utf-8", newline="\n")


class BacktestResult:
    """A run with its tables as Polars frames.

    The objects are those of `runs`; nothing is computed before it is asked for.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    @property
    def run_id(self) -> str:
        """The hash of the manifest."""
        return self._result.run_id

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What determines the run."""
        return self._result.manifest

    @property
    def equity(self) -> pl.DataFrame:
        """One row a ledger and session; money in cents."""
        return self._result.equity

    @property
    def journal(self) -> pl.DataFrame:
        """One row an event of a ledger; money in cents."""
        return self._result.journal

    @property
    def decisions(self) -> pl.DataFrame:
        """What the rules saw, wanted and remembered."""
        return self._result.decisions

    @property
    def marks(self) -> pl.DataFrame:
        """What every contract held or traded was valued at, with Greeks; prices in e4."""
        return self._result.marks

    @property
    def main(self) -> str:
        """The ledger of the run's rules."""
        return str(self.manifest.get("main") or report.main_ledger(paths.ledgers(self.equity)))

    @cached_property
    def gains(self) -> pl.DataFrame:
        """Where each cent of every session came from: by ledger, purpose, instrument and term."""
        return explained.of_run(self._result)

    def attribution(self, by: str = "purpose", *, ledger: str | None = None) -> pl.DataFrame:
        """What a ledger's gain is made of, in cents: a row each, a column a term and their total.

        by      purpose, instrument, year, month or rule
        ledger  else that of the run's rules
        Raises StewardError for a name that is none.
        """
        return gains_tables.table(self._gains_of(ledger), gains_tables.part(by))

    def costs(self, *, ledger: str | None = None) -> pl.DataFrame:
        """What the trades of a ledger cost by the rule that wanted them, in cents."""
        own = pl.col("ledger") == (ledger or self.main)
        return gains_tables.costs(self._gains_of(ledger), self.journal.filter(own))

    def _gains_of(self, ledger: str | None) -> pl.DataFrame:
        known = paths.ledgers(self.equity)
        return gains_tables.of_ledger(self.gains, ledger or self.main, known)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row a structure: a condor, a hedge purchase; money in cents."""
        return trades.trades(self._result.journal)

    @cached_property
    def margin_calls(self) -> pl.DataFrame:
        """One row a margin call, as `analytics.margin.CALLS`; money in cents."""
        return margin_figures.calls(self._result.decisions)

    @cached_property
    def summary(self) -> dict[str, dict[str, Any]]:
        """All figures by ledger; None where the sample is too short, with the reason."""
        return summary.summary(self._result)

    @property
    def modelled(self) -> bool:
        """Whether any figure rests on a price that no exchange showed."""
        qualities = [str(quality) for quality in self.manifest.get("quality", [])]
        return audit.modelled(self.journal, self.equity, qualities)

    @property
    def priced(self) -> str:
        """What its prices are, in a sentence; "" where every one was quoted or settled."""
        found = story.prices(self.manifest, self.journal, self.equity)
        return "" if found is None else found.title

    @property
    def model_flags(self) -> Mapping[str, Any] | None:
        """On how many sessions what is to be said of the modelled prices held; None: not counted.

        Runs of older versions have no count. As `intake.model_flags.ModelFlags`, in plain values.
        """
        return flags.of_run(self.manifest)

    @property
    def _label(self) -> str:
        """What a picture says of its prices; "" where every one was quoted or settled."""
        if not self.modelled:
            return ""
        return "simulated market" if "simulated" in self.manifest["quality"] else "modelled quotes"

    def entry_refusals(self) -> list[tuple[str, int]]:
        """The commonest reasons why no condor was opened, with the sessions they held on."""
        return audit.entry_refusals(self.decisions)

    def monthly(self) -> pl.DataFrame:
        """Time-weighted return by ledger, year and month."""
        return paths.monthly(self._result)

    def plot(self) -> Picture:
        """Wealth of every ledger over time."""
        return Picture(_wealth(paths.paths(self._result), prices=self._label))

    def report(self, path: Path | str) -> Path:
        """Write the page of the run to `path` and give that path back."""
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._page(self._result, target)
        except OSError as error:
            raise StewardError(f"{target}: cannot be written ({error.strerror})") from None
        return target

    def save(self, out: Path | str = "runs") -> Path:
        """Write the run folder, its page included, below `out`; gives the folder."""
        return runs_result.write(self._result, Path(out), page=self._page)

    def _page(self, result: Result, path: Path) -> None:
        report.write(result, path, losses=result.losses, figures=self.summary, gains=self.gains)

    def __repr__(self) -> str:
        days = self.equity["session"].unique().sort()
        names = ", ".join(paths.ledgers(self.equity))
        span = f"{days[0]} to {days[-1]}" if len(days) else "no session"
        return f"<Steward run {self.manifest.get('run_id', '')}: {names}, {span}>"

    def _repr_html_(self) -> str:
        rows = figure_rows(self.summary, HEADLINE)
        names = list(self.summary)
        label = f"<p><strong>{_text(self.priced)}</strong></p>"
        head = "".join(f"<th>{_text(words.ledger(name))}</th>" for name in names)
        body = "".join(
            f"<tr><th style='text-align:left' title='{_text(row.help)}'>{_text(row.name)}</th>"
            + "".join(
                f"<td title='{_text(cell.small)}'>{_text(cell.text)}</td>" for cell in row.cells
            )
            + "</tr>"
            for row in rows
        )
        return (
            f"<div>{label if self.modelled else ''}"
            "<table style='font-variant-numeric:tabular-nums'>"
            f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


AnyPath = str | PathLike[str]
Day = date | str


def backtest(
    *,
    rules: str | RuleSet | None = None,
    start: Day | None = None,
    end: Day | None = None,
    capital: float | Decimal | None = None,
    flows: AnyPath | Sequence[tuple[Day, float | Decimal]] | None = None,
    data: AnyPath | None = None,
    chains: AnyPath | Sequence[AnyPath] = (),
    broker: str | None = None,
    margin: str | MarginProfile | None = None,
    capital_cents: int | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Run cash, unhedged, static and the rules' own ledger on the same condors.

    rules     a packaged name, a path, or rules already loaded; `article` if left out
    capital   dollars (250,000 if left out); `capital_cents` says the same in cents
    flows     deposits and withdrawals: a CSV file (date,amount in dollars), or pairs of a day and
              dollars
    data      a folder of daily series; left out: the embedded history, 2014 to 2018
    chains    files of real option quotes
    broker    whose fees are paid: ibkr, ibkr_fixed, tastytrade or none; ibkr if left out
    margin    what the account asks for: cboe (left out), ibkr, tastytrade, portfolio or cash
    Raises StewardError for what you can put right, LawBroken when a law of the book broke.
    """
    settings = asked_for(
        rules,
        start=start,
        end=end,
        capital=capital,
        capital_cents=capital_cents,
        flows=flows,
        broker=broker,
        margin=margin,
    )
    market = _market(data, chains, progress)
    return BacktestResult(runs_backtest.backtest(market, settings, progress=progress))


def asked_for(
    rules: str | RuleSet | None,
    *,
    start: Day | None = None,
    end: Day | None = None,
    capital: float | Decimal | None = None,
    capital_cents: int | None = None,
    flows: AnyPath | Sequence[tuple[Day, float | Decimal]] | None = None,
    broker: str | None = None,
    margin: str | MarginProfile | None = None,
) -> Settings:
    """What a run is asked for, as in `backtest`; what is left out has its default here."""
    return Settings(
        rules=load_rules(rules or DEFAULT_RULES),
        start=_day(start),
        end=_day(end),
        capital=_cents(capital, capital_cents),
        flows=_flows(flows),
        broker=broker or DEFAULT_BROKER,
        margin=_margin(margin),
    )


def plan(
    as_of: Day | None = None,
    *,
    rules: str | RuleSet | None = None,
    data: AnyPath | None = None,
    chains: AnyPath | Sequence[AnyPath] = (),
    run: AnyPath | None = None,
    flat: bool = False,
    capital: float | Decimal | None = None,
    broker: str | None = None,
    margin: str | MarginProfile | None = None,
    stale_ok: bool = False,
    capital_cents: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """What the rules would do at the close of `as_of` (today), and why; sends nothing.

    rules, broker, margin  as for `backtest` (`article`, `ibkr` and `cboe` if left out)
    The book is that of a run from the start of the data, of `run` (a run folder), or cash (`flat`).
    """
    asked = _day(as_of) or today()
    own = (rules, capital, capital_cents, broker, margin)
    if run is not None and any(given is not None for given in own):
        raise StewardError(
            "--run brings its own rules, capital, broker and margin: leave out --rules, --capital, "
            "--broker and --margin"
        )
    market = _market(data, chains, progress)
    settings = asked_for(
        rules, capital=capital, capital_cents=capital_cents, broker=broker, margin=margin
    )
    return runs_plan.plan(
        market,
        settings,
        asked,
        run=_path(run),
        flat=flat,
        stale_ok=stale_ok,
        progress=progress,
    )


def replay(
    run: AnyPath,
    *,
    data: AnyPath | None = None,
    chains: AnyPath | Sequence[AnyPath] = (),
    progress: Progress | None = None,
) -> Replay:
    """Make the run of a folder again and compare every byte."""
    folder = Path(run)
    manifest = runs_result.read_manifest(folder)
    market = _market(data, chains, progress)
    runs_replay.fits_data(manifest, market, folder)
    return runs_replay.replay(folder, market, page=_page, progress=progress)


def read_run(folder: AnyPath, *, judged: bool = False) -> BacktestResult:
    """A run folder that was written before; StewardError where a table is not as it was sealed.

    judged  the caller judges the journal itself
    """
    return BacktestResult(runs_result.read(Path(folder), judged=judged))


def load_rules(rules: str | RuleSet) -> RuleSet:
    """Rules by packaged name or path; rules already loaded are handed back."""
    return rules if isinstance(rules, RuleSet) else ruleset.load(rules)


def _page(result: Result, path: Path) -> None:
    report.write(result, path, losses=result.losses)


def _path(path: AnyPath | None) -> Path | None:
    return None if path is None else Path(path)


def _day(day: Day | None) -> date | None:
    if not isinstance(day, str):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise StewardError(f"{day!r} is not a day: write it as 2018-02-05") from None


def today() -> date:
    """The day in New York."""
    return datetime.now(NEW_YORK).date()


def _market(
    data: AnyPath | None, chains: AnyPath | Sequence[AnyPath], progress: Progress | None = None
) -> Market:
    files = (chains,) if isinstance(chains, str | PathLike) else chains

    def building(_: str, done: int, total: int) -> None:
        if progress is not None:
            progress(done, total)

    return open_market(
        data=_path(data),
        chains=[Path(chain) for chain in files],
        progress=building,
        spare=cache_folder(os.environ),
    )


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """The user's folder for what Steward can make again: XDG_CACHE_HOME, else ~/.cache.

    None for a user without a home.
    """
    given = environment.get("XDG_CACHE_HOME", "")
    # Source: the XDG base directory specification: a path that is not absolute is ignored.
    if given and Path(given).is_absolute():
        return Path(given) / "steward"
    try:
        return Path.home() / ".cache" / "steward"
    except RuntimeError:
        return None


def _cents(capital: float | Decimal | None, cents: int | None) -> int:
    if cents is not None:
        return cents
    return DEFAULT_CAPITAL if capital is None else cents_of(capital, "a capital")


def cents_of(amount: float | Decimal | str, what: str) -> int:
    """Whole cents of an amount in dollars; StewardError that says what it was of."""
    try:
        exact = Decimal(str(amount)) * 100
    except InvalidOperation:
        raise StewardError(f"{what} of {amount!r} is not an amount in dollars") from None
    if not abs(exact) <= MOST_CENTS or exact != exact.to_integral_value():
        raise StewardError(f"{what} of {amount!r} is not an amount in whole cents")
    return int(exact)


def _margin(margin: str | MarginProfile | None) -> MarginProfile:
    """A profile by name; one that is a profile already is handed back; None: the usual one."""
    if margin is None:
        return margins.DEFAULT
    return margins.profile(margin) if isinstance(margin, str) else margin


def _flows(
    flows: AnyPath | Sequence[tuple[Day, float | Decimal]] | None,
) -> tuple[Flow, ...]:
    if flows is None:
        return ()
    if isinstance(flows, str | PathLike):
        return read_flows(Path(flows))
    try:
        pairs = [(_day(day), amount) for day, amount in flows]
    except (TypeError, ValueError):
        raise StewardError(
            "flows are pairs of a day and dollars, as [('2018-03-01', 5000)]"
        ) from None
    return tuple(
        Flow(day=day, cents=cents_of(amount, "a flow")) for day, amount in pairs if day is not None
    )


def _text(value: str) -> str:
    return html.escape(value, quote=True)


def _steps(low: float, high: float) -> list[float]:
    """Round numbers between two bounds, four to eight of them."""
    raw = max(high - low, 1.0) / 5.0
    size = 10.0 ** np.floor(np.log10(raw))
    step = float(next(size * k for k in (1.0, 2.0, 5.0, 10.0) if raw <= size * k))
    return [float(x) for x in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]


def _wealth(by_name: Mapping[str, paths.Path], *, prices: str) -> str:
    """An SVG line chart of wealth in dollars; the same paths give the same text."""
    first = next(iter(by_name.values()))
    days: list[date] = list(first.days)
    low = min(float(path.equity.min()) for path in by_name.values()) / 100.0
    high = max(float(path.equity.max()) for path in by_name.values()) / 100.0
    room = max(high - low, 1.0) * 0.04
    low, high = low - room, high + room
    span = max((days[-1] - days[0]).days, 1)

    def across(day: date) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - days[0]).days / span

    def down(dollars: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - dollars) / (high - low)

    text = "font-family='system-ui,sans-serif' font-size='12' fill='currentColor'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' "
        f"aria-label='Wealth of each ledger, dollars' style='max-width:{WIDTH}px;width:100%'>"
    ]
    for value in _steps(low, high):
        y = f"{down(value):.1f}"
        parts.append(
            f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y}' y2='{y}' stroke='currentColor' "
            f"stroke-opacity='0.15'/><text x='{LEFT - 8}' y='{y}' dy='4' text-anchor='end' "
            f"{text}>{words.money(round(value * 100))}</text>"
        )
    years = range(days[0].year + 1, days[-1].year + 1)
    every = max(1, len(years) // 10)
    for year in list(years)[::every]:
        parts.append(
            f"<text x='{across(date(year, 1, 1)):.1f}' y='{HEIGHT - 8}' text-anchor='middle' "
            f"{text}>{year}</text>"
        )
    rows = np.unique(np.linspace(0, len(days) - 1, min(POINTS, len(days))).round().astype(int))
    at = LEFT
    for name, path in by_name.items():
        colour = COLOURS.get(name, OTHER)
        points = " ".join(
            f"{across(days[i]):.1f},{down(float(path.equity[i]) / 100.0):.1f}" for i in rows
        )
        label = words.ledger(name)
        parts.append(
            f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='1.7'/>"
            f"<rect x='{at}' y='14' width='12' height='4' fill='{colour}'/>"
            f"<text x='{at + 18}' y='20' {text}>{_text(label)}</text>"
        )
        at += 40 + 7 * len(label)
    if prices:
        parts.append(
            f"<text x='{WIDTH - RIGHT}' y='38' text-anchor='end' {text} font-style='italic'>"
            f"{_text(prices)}</text>"
        )
    return "".join([*parts, "</svg>"])
