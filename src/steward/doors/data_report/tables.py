"""The rows of a data check, for the page and for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from steward.doors.alike import alike
from steward.doors.data_report.wording import (
    chain_name,
    contradiction,
    count,
    number,
    sentence,
    shown,
    span,
    vendor,
    vendors,
)
from steward.doors.report import words
from steward.doors.report.words import UNKNOWN
from steward.intake.quality_tables import (
    VERDICTS,
    ChainQuality,
    FileQuality,
    MonthQuality,
    SeriesQuality,
    StoreQuality,
)

SERIES_SHOWN = 40
"""A table with more series than this (macro, events) stands in one row."""

INFERRED_SHOWN = 60
"""Sentences, each of files that say alike things; warnings are never cut."""

TABLE_NAMES = {
    "index": "index",
    "vx": "VIX futures",
    "etp": "fund",
    "macro": "rates and macro",
    "bars": "trades, no quotes",
    "breadth": "breadth",
    "membership": "membership",
    "calendar": "calendar",
    "settlements": "settlement values",
}

GAPS_SHOWN = 12
WORST_SHOWN = 12
FILES_SHOWN = 30
"""More files than this are shown by layout; the page has them all besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    cells: tuple[str, ...]
    small: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCell:
    text: str
    full: str
    heat: int  # 0 none to 4 all of its sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRow:
    """`months` is empty for years without a quote, which stand in one row."""

    name: str
    months: tuple[MonthCell | None, ...]
    total: str


def chain_rows(found: StoreQuality) -> list[tuple[ChainQuality, Row]]:
    rows = []
    for chain in shown(found):
        difference = UNKNOWN
        if chain.vix_median is not None:
            difference = f"{number(chain.vix_median, 3)}"
        rows.append(
            (
                chain,
                Row(
                    name=chain_name(chain),
                    small=f"{span(chain.first, chain.last)}, {vendors(chain.vendors)}",
                    cells=(
                        *(f"{chain.verdicts[name]:,}" for name in VERDICTS),
                        f"{chain.quotes:,}",
                        words.percent(chain.zero_bids),
                        words.percent(chain.wide),
                        number(chain.parity_residual, 2),
                        difference,
                    ),
                ),
            )
        )
    return rows


CHAIN_HEAD = (*VERDICTS, "quotes", "no bid", "wide", "parity", "VIX off")


# --- coverage ------------------------------------------------------------------------------------


def month_years(chain: ChainQuality) -> list[YearRow]:
    """One row a year, years without any quote together."""
    by_year: dict[int, dict[int, MonthQuality]] = {}
    for month in chain.months:
        by_year.setdefault(int(month.month[:4]), {})[int(month.month[5:])] = month
    rows: list[YearRow] = []
    before: int | None = None
    for year, months in sorted(by_year.items()):
        if before is not None and year - before > 1:
            span = f"{before + 1}" if year - before == 2 else f"{before + 1}–{year - 1}"
            rows.append(YearRow(name=span, months=(), total="no quotes"))
        cells = tuple(_cell(months.get(number)) for number in range(1, 13))
        there = sum(month.sessions for month in months.values())
        rows.append(YearRow(name=str(year), months=cells, total=f"{there:,}"))
        before = year
    return rows


def _cell(month: MonthQuality | None) -> MonthCell | None:
    if month is None:
        return None
    share = month.sessions / month.of if month.of else 0.0
    whole = month.sessions == month.of
    told = ", ".join(f"{n} {name}" for name, n in month.verdicts.items() if n)
    return MonthCell(
        text=f"{month.sessions}" if whole else f"{month.sessions}/{month.of}",
        full=f"{month.sessions} of {month.of} sessions, {month.quotes:,} quotes; {told}",
        heat=4 if whole else 1 + int(3.0 * min(share, 0.999)),
    )


def gap_rows(chain: ChainQuality, most: int = GAPS_SHOWN) -> tuple[list[Row], int]:
    """The longest gaps, in time, and how many more there are."""
    longest = sorted(chain.gaps, key=lambda gap: -gap.sessions)[:most]
    rows = [
        Row(
            name=span(gap.first, gap.last),
            cells=(f"{gap.sessions:,}",),
        )
        for gap in sorted(longest, key=lambda gap: gap.first)
    ]
    return rows, len(chain.gaps) - len(rows)


def worst_rows(chain: ChainQuality, most: int = WORST_SHOWN) -> tuple[list[Row], int]:
    """Sessions that are not good, alike ones in a row together: doubtful ones first.

    The second number: how many sessions more there are.
    """
    runs: list[tuple[int, Row, int]] = []
    told = [(one.verdict, _kinds(one.reasons), one) for one in chain.by_session]
    for (verdict, _), group in groupby(told, key=lambda item: item[:2]):
        own = [one for *_, one in group]
        if verdict == "good":
            continue
        first, last = own[0], own[-1]
        name = span(first.session, last.session)
        small = "" if len(own) == 1 else count(len(own), "session")
        reason = sentence(first.reasons)
        if len(own) > 1 and any(one.reasons != first.reasons for one in own):
            reason = f"{reason[:-1]} (so on {words.short_day(first.session)})."
        rank = 0 if verdict == "doubtful" else 1
        runs.append((rank, Row(name=name, cells=(verdict, reason), small=small), len(own)))
    runs.sort(key=lambda item: item[0])  # stable: in time within a verdict
    shown = runs[:most]
    return [row for _, row, _ in shown], sum(n for *_, n in runs[most:])


def _kinds(reasons: Sequence[str]) -> tuple[str, ...]:
    """Reasons without their figures: what makes two sessions alike."""
    return tuple("".join(sign for sign in why if not sign.isdigit()) for why in reasons)


# --- labels ---------------------------------------------------------------------------------


def label_rows(found: StoreQuality) -> list[Row]:
    return [
        Row(
            name=f"{one.root}, {one.settlement}",
            small=chain_name(chain),
            cells=(
                one.source,
                f"{one.quotes:,}",
                f"{one.against_rule:,}",
            ),
        )
        for chain in shown(found)
        for one in chain.labels
    ]


# --- files ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A reason, its rows, and the width of its bar in percent of the widest."""

    reason: str
    rows: str
    width: float


def reason_rows(found: StoreQuality) -> list[Bar]:
    most = max((rows for _, rows in found.reasons), default=1)
    return [
        Bar(reason=why, rows=f"{rows:,}", width=round(100.0 * rows / most, 2))
        for why, rows in found.reasons
    ]


def file_rows(found: StoreQuality) -> list[Row]:
    """One row a file."""
    return [_file_row(file.name, [file]) for file in found.files]


def layout_rows(found: StoreQuality) -> list[Row]:
    """One row a layout."""
    return [
        _file_row(own[0].name if len(own) == 1 else count(len(own), "file"), own)
        for own in by_layout(found).values()
    ]


def by_layout(found: StoreQuality) -> dict[str, list[FileQuality]]:
    together: dict[str, list[FileQuality]] = {}
    for file in sorted(found.files, key=lambda file: file.layout):
        together.setdefault(file.layout, []).append(file)
    return together


def set_aside(file: FileQuality) -> Counter[str]:
    """Rows set aside and records without a row, by reason."""
    return Counter(file.set_aside) + Counter(file.unreadable)


def _file_row(name: str, files: Sequence[FileQuality]) -> Row:
    days = [day for file in files for day in (file.first, file.last) if day is not None]
    aside: Counter[str] = Counter()
    for file in files:
        aside.update(set_aside(file))
    why = sentence([f"{reason}: {n:,}" for reason, n in aside.most_common()])
    return Row(
        name=name,
        small=vendor(files[0].layout) + (f", {span(min(days), max(days))}" if days else ""),
        cells=(
            f"{sum(file.made for file in files):,}",
            f"{sum(file.kept for file in files):,}",
            f"{aside.total():,}",
            f"{sum(file.crossed for file in files):,}",
            f"{sum(file.elsewhere for file in files):,}",
            why or "nothing set aside",
        ),
    )


def warnings(found: StoreQuality) -> list[tuple[str, str]]:
    """What to know before trusting a file, all of it, and its files."""
    said = ((text, file.name) for file in found.files for text in file.warnings)
    return [(one.sentence, one.who) for one in alike(said)]


def inferred(found: StoreQuality) -> tuple[list[tuple[str, str]], int]:
    """Sentences on what was inferred, alike ones once, those of most files first, and how many
    more there are. What must not be overlooked is in `warnings`.
    """
    said = ((text, file.name) for file in found.files for text in file.inferred)
    most = sorted(alike(said), key=lambda one: -len(one.names))
    told = [(one.sentence, one.who) for one in most[:INFERRED_SHOWN]]
    return told, len(most) - len(told)


def unit_rows(found: StoreQuality) -> list[Row]:
    """What the vendors' greeks were measured to be, alike files together, without the ratios."""
    by_said: dict[tuple[str, ...], list[str]] = {}
    for file in found.files:
        if file.units:
            told = tuple(
                f"{name} {said.split(';')[0]}" for name, said in sorted(file.units.items())
            )
            by_said.setdefault((file.layout, *told), []).append(file.name)
    return [
        Row(
            name=names[0] if len(names) == 1 else count(len(names), "file"),
            small=vendor(told[0]),
            cells=("; ".join(told[1:]),),
        )
        for told, names in by_said.items()
    ]


def series_rows(found: StoreQuality) -> list[Row]:
    """One row a series, of tables with many one a table; what is asked for most comes first."""
    by_table: dict[str, list[SeriesQuality]] = {name: [] for name in TABLE_NAMES}
    for one in found.series:
        by_table.setdefault(one.table, []).append(one)
    rows: list[Row] = []
    for table, own in by_table.items():
        if len(own) > SERIES_SHOWN:
            rows.append(_series_row(f"{len(own):,} of them", table, own))
        else:
            rows += [_series_row(one.name, table, [one]) for one in own]
    return rows


def _series_row(name: str, table: str, own: Sequence[SeriesQuality]) -> Row:
    missing = [one.missing for one in own if one.missing is not None]
    layouts = sorted({layout for one in own for layout in one.layouts})
    return Row(
        name=name,
        small=f"{TABLE_NAMES.get(table, table)}: {vendors(layouts)}",
        cells=(
            words.short_day(min(one.first for one in own)),
            words.short_day(max(one.last for one in own)),
            f"{sum(one.rows for one in own):,}",
            f"{sum(missing):,}" if missing else UNKNOWN,
            f"{max(one.set_aside for one in own):,}",
        ),
    )


def contradiction_rows(found: StoreQuality) -> list[Row]:
    """One row a month and pair of files: quotes, sessions, whose quotes are taken, whose not."""
    return [
        Row(
            name=f"{one.symbol}, {one.month}",
            cells=(
                f"{one.quotes:,}",
                f"{one.sessions:,}",
                contradiction(one.taken),
                contradiction(one.other),
            ),
        )
        for one in found.contradictions
    ]


CONTRADICTION_HEAD = ("month", "quotes", "sessions", "taken", "not taken")
