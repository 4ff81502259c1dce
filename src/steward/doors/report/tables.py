"""What the page's tables say: rows of cells as text, ready to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from steward.doors.report import words
from steward.doors.report.figures import Figure

Summary = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`small` is the second line: a date, a caveat, or why there is no number."""

    text: str
    small: str = ""
    tone: str = ""  # loss, or none


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    help: str
    cells: tuple[Cell, ...]


def figure_rows(summary: Summary, figures: Sequence[Figure]) -> list[Row]:
    """One row a figure, one cell a ledger; a caveat shared by all is told once, in the help."""
    rows = []
    for figure in figures:
        notes = {
            ledger["notes"].get(figure.key, "")
            for ledger in summary.values()
            if ledger.get(figure.key) is not None
        } - {""}
        cells = tuple(_cell(ledger, figure, len(notes) > 1) for ledger in summary.values())
        told = "; ".join([text for text in (figure.help, *notes) if text])
        rows.append(
            Row(
                name=figure.name,
                help=told if len(notes) == 1 else figure.help,
                cells=cells,
            )
        )
    return rows


def _cell(ledger: Mapping[str, Any], figure: Figure, own_note: bool) -> Cell:
    value = ledger.get(figure.key)
    if value is None:
        return Cell(text=words.UNKNOWN, small=ledger["reasons"].get(figure.key, ""))
    written = figure.write(value)
    fell = any(digit in written for digit in "123456789")  # a fall of 0.0 % has no day
    small = words.short_day(ledger.get(figure.small)) if figure.small and fell else ""
    if own_note and figure.key in ledger["notes"]:
        small = ledger["notes"][figure.key]
    below = figure.losses and isinstance(value, (int, float)) and value < 0
    return Cell(text=written, small=small, tone="loss" if below else "")


def layer_rows(layers: pl.DataFrame, order: Sequence[str]) -> list[Row]:
    """Hedge layers of every ledger that has some, in the order of pages."""
    rows = []
    for name in order:
        for layer in layers.filter(pl.col("ledger") == name).iter_rows(named=True):
            money = [
                Cell(
                    text=words.money(layer[key], sign=sign), tone=_tone(layer[key]) if sign else ""
                )
                for key, sign in (
                    ("bought", False),
                    ("received", False),
                    ("open_value", False),
                    ("fees", False),
                    ("calm", True),
                    ("stress", True),
                    ("total", True),
                )
            ]
            carry = layer["carry_per_year"]
            rows.append(
                Row(
                    name=words.purpose(layer["layer"]),
                    help=words.ledger(name),
                    cells=(
                        Cell(text=words.number(layer["purchases"], 0)),
                        *money,
                        Cell(
                            text=words.percent(carry, 2),
                            small="" if carry is not None else "needs half a year",
                        ),
                    ),
                )
            )
    return rows


def _tone(value: float | None) -> str:
    return "loss" if value is not None and value < 0 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eve:
    """One crisis: what was on the evening before, and what each ledger did in it."""

    name: str
    window: str
    market: str
    layers: str
    rows: tuple[Row, ...]


def eve_rows(eves: pl.DataFrame, main: str) -> list[Eve]:
    """Crises in order of time; layers and ratios are those of the main ledger."""
    found = []
    for part in eves.partition_by("crisis", maintain_order=True):
        lead = next(
            (row for row in part.iter_rows(named=True) if row["ledger"] == main),
            part.row(0, named=True),
        )
        window = f"{words.short_day(lead['first'])} to {words.short_day(lead['last'])}"
        on = lead["layers_on"]
        layers = "no layer was on" if on == "none" else f"layer {on.replace(', ', ' and ')} on"
        if lead["hedge_ratio"] is not None:
            layers += f", hedge ratio {words.percent(lead['hedge_ratio'])}, "
            layers += (
                words.NO_COVER
                if lead["stress_cover"] is None
                else f"stress cover {words.percent(lead['stress_cover'])}"
            )
        else:
            layers += f", {words.NO_CONDORS}"
        rows = tuple(
            Row(
                name=words.ledger(row["ledger"]),
                help="",
                cells=(
                    Cell(
                        text=words.money(row["condor_gain"], sign=True),
                        tone=_tone(row["condor_gain"]),
                    ),
                    Cell(
                        text=words.money(row["hedge_gain"], sign=True),
                        tone=_tone(row["hedge_gain"]),
                    ),
                    Cell(
                        text=words.money(row["account_gain"], sign=True),
                        tone=_tone(row["account_gain"]),
                    ),
                    Cell(
                        text=words.percent(row["account_return"], 1, sign=True),
                        tone=_tone(row["account_return"]),
                    ),
                ),
            )
            for row in part.iter_rows(named=True)
        )
        found.append(
            Eve(
                name=lead["crisis"],
                window=window + (" (the run ends here)" if lead["cut"] else ""),
                market=f"SPX {words.percent(lead['spx_change'], 1, sign=True)}, "
                f"VIX {words.number(lead['vix_eve'], 1)} to {words.number(lead['vix_last'], 1)}",
                layers=layers,
                rows=rows,
            )
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    text: str
    heat: int  # -4 to 4, 0 neutral
    full: str  # for screen readers and hover


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    year: int
    months: tuple[Month | None, ...]
    total: Month


HEAT_STEPS = (0.0025, 0.01, 0.025, 0.05)


def monthly_years(monthly: pl.DataFrame, name: str) -> list[Year]:
    """A ledger's returns by month, newest year last; heat by fixed steps, alike in all ledgers."""
    years = []
    for part in monthly.filter(pl.col("ledger") == name).partition_by("year", maintain_order=True):
        year = int(part["year"][0])
        by_month = dict(part.select("month", "return").rows())
        months = tuple(
            _month(by_month[m], f"{words.MONTHS[m - 1]} {year}") if m in by_month else None
            for m in range(1, 13)
        )
        total = float((part["return"] + 1.0).product()) - 1.0
        years.append(Year(year=year, months=months, total=_month(total, str(year), scale=4.0)))
    return years


def _month(value: float, when: str, scale: float = 1.0) -> Month:
    heat = sum(1 for step in HEAT_STEPS if abs(value) >= step * scale)
    text = words.number(100.0 * value, 1)
    return Month(
        text=text, heat=heat if value > 0 else -heat, full=f"{when}: {words.percent(value, 2)}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A state in which intents ended, and its rows: one a reason, the commonest first."""

    state: str
    rows: tuple[Row, ...]


AS_IT_SHOULD = "as intended"
"""The reason of what has none: it traded, or settled."""


def ending_rows(endings: pl.DataFrame, order: Sequence[str]) -> list[Ending]:
    """How often each state ended an intent, and of those that did not trade the reasons."""
    counts = {
        (state, reason, ledger): count
        for state, reason, ledger, count in endings.select(
            "state", "reason", "ledger", "count"
        ).rows()
    }
    found = []
    for state in sorted({state for state, _, _ in counts}):
        reasons = {reason for name, reason, _ in counts if name == state}
        by_reason = {
            reason: [counts.get((state, reason, name), 0) for name in order] for reason in reasons
        }
        rows = tuple(
            Row(
                name=reason or AS_IT_SHOULD,
                help="",
                cells=tuple(Cell(text=f"{count:,}") for count in numbers),
            )
            for reason, numbers in sorted(by_reason.items(), key=lambda x: (-sum(x[1]), x[0]))
        )
        found.append(Ending(state=state, rows=rows))
    return found


def proxy_rows(proxies: pl.DataFrame, order: Sequence[str]) -> list[Row]:
    """Settlement values by where they came from, with the bounds where a proxy stood in."""
    rows = []
    for name in order:
        for row in proxies.filter(pl.col("ledger") == name).iter_rows(named=True):
            bounds = "official value"
            if row["proxy"]:
                bounds = "bounds not known"
                if row["low"] is not None and row["high"] is not None:
                    low, high = (
                        words.money(row["low"], sign=True),
                        words.money(row["high"], sign=True),
                    )
                    bounds = f"{low} to {high}"
            rows.append(
                Row(
                    name=f"{row['root']} by {words.source(row['source'])}",
                    help=words.ledger(name),
                    cells=(
                        Cell(text="proxy" if row["proxy"] else "value"),
                        Cell(text=f"{row['lots']:,}"),
                        Cell(text=words.money(row["booked"], sign=True)),
                        Cell(text=bounds),
                    ),
                )
            )
    return rows


def price_rows(counts: pl.DataFrame, order: Sequence[str]) -> list[Row]:
    """How many fills and settlements rest on which kind of price."""
    rows = []
    for event, name in (("fill", "Fills"), ("settle", "Settlements")):
        own = counts.filter(pl.col("event") == event)
        for quality in own["quality"].unique().sort().to_list():
            by_ledger = dict(
                own.filter(pl.col("quality") == quality).select("ledger", "rows").rows()
            )
            cells = tuple(Cell(text=f"{by_ledger.get(ledger, 0):,}") for ledger in order)
            rows.append(Row(name=name, help=quality, cells=cells))
    return rows


def call_rows(calls: pl.DataFrame, order: Sequence[str]) -> list[Row]:
    """Margin calls by ledger, in order of time; exact, since a call can lack cents."""
    rows = []
    for name in order:
        for call in calls.filter(pl.col("ledger") == name).iter_rows(named=True):
            closed = list(dict.fromkeys(call["closed"]))
            told = "; ".join(closed) if closed else "nothing"
            if call["not_filled"]:
                told += f"; {words.counted(call['not_filled'], 'order')} not filled"
            met = words.short_day(call["met"]) if call["met"] else "never"
            if call["insolvent"]:
                met = "insolvent"
            rows.append(
                Row(
                    name=words.short_day(call["found"]),
                    help=words.ledger(name),
                    cells=(
                        Cell(text=words.exact(call["required"])),
                        Cell(text=words.exact(call["funds"]), tone=_tone(call["funds"])),
                        Cell(text=words.exact(call["deficit"])),
                        Cell(text=met, small=words.counted(call["sessions"], "close")),
                        Cell(text=told, tone="words"),
                        Cell(text=words.exact(call["cost"])),
                        Cell(text=words.exact(call["fees"])),
                    ),
                )
            )
    return rows


def loss_rows(losses: pl.DataFrame) -> list[Row]:
    """Account losses in a fall of SPX within a week, at the planned size; see `render`."""
    rows = []
    for row in losses.sort("fall", descending=True).iter_rows(named=True):
        cells = []
        for key in ("unhedged_cents", "hedged_cents"):
            share = row[key] / row["nav_cents"] if row["nav_cents"] else None
            cells.append(
                Cell(
                    text=words.money(row[key], sign=True),
                    small=words.percent(share, 1, sign=True) + " of the account",
                    tone=_tone(row[key]),
                )
            )
        rows.append(
            Row(name=f"SPX falls by {words.percent(-row['fall'], 0)}", help="", cells=tuple(cells))
        )
    return rows
