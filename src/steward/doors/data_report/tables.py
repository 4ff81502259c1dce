"""The words and the rows of a data check, for the page and for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby

from steward.doors.report import words
from steward.doors.report.words import NO_BREAK, UNKNOWN
from steward.intake.quality_tables import (
    VERDICTS,
    ChainQuality,
    FileQuality,
    MonthQuality,
    StoreQuality,
)
from steward.market.vendors import registry

SNAPSHOT_NAMES = {
    "eod": "at the close",
    "1545": "at 15:45",
    "gth": "overnight",
}

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

CHAINS_SHOWN = 8
"""A file of minutes is a chain a minute: the ones with most quotes are shown, closes first."""

GAPS_SHOWN = 12
WORST_SHOWN = 12
FILES_SHOWN = 24
"""More files than this are shown by layout."""

VENDORS_NAMED = 4


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


def shown(found: StoreQuality) -> tuple[ChainQuality, ...]:
    """The chains that a page has room for, in the store's order: named ones, then the largest."""
    order = {(one.symbol, one.snapshot): place for place, one in enumerate(found.chains)}
    first = sorted(found.chains, key=lambda c: (c.snapshot not in SNAPSHOT_NAMES, -c.quotes))
    return tuple(sorted(first[:CHAINS_SHOWN], key=lambda c: order[c.symbol, c.snapshot]))


def not_shown(found: StoreQuality) -> str:
    """What is said of the other chains; empty where there is none."""
    kept = {(one.symbol, one.snapshot) for one in shown(found)}
    others = [one for one in found.chains if (one.symbol, one.snapshot) not in kept]
    if not others:
        return ""
    clocks = sorted(one.snapshot for one in others)
    ends = " to ".join(
        snapshot_name(clock).removeprefix("at ") for clock in (clocks[0], clocks[-1])
    )
    quotes = sum(one.quotes for one in others)
    return (
        f"{count(len(others), 'other clock')} ({ends}) with {count(quotes, 'quote')} "
        f"{'is' if len(others) == 1 else 'are'} in the JSON only."
    )


def chain_name(chain: ChainQuality) -> str:
    """`SPX at the close`."""
    return f"{chain.symbol} {snapshot_name(chain.snapshot)}"


def snapshot_name(snapshot: str) -> str:
    if snapshot in SNAPSHOT_NAMES:
        return SNAPSHOT_NAMES[snapshot]
    return f"at {snapshot[:2]}:{snapshot[2:]}" if snapshot.isdigit() else snapshot


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 session`, `1,004 sessions`."""
    return f"{number:,}{NO_BREAK}{one if number == 1 else many or one + 's'}"


def span(first: date | None, last: date | None) -> str:
    """`3 Jan 2011 to 7 Jan 2011`, or the one day."""
    if first == last:
        return words.short_day(first)
    return f"{words.short_day(first)} to {words.short_day(last)}"


def vendor(layout: str) -> str:
    """What a layout is called."""
    return _titles().get(layout, layout)


def vendors(layouts: Sequence[str]) -> str:
    """What layouts are called, the rest of many counted."""
    names = [vendor(name) for name in layouts]
    if len(names) > VENDORS_NAMED + 1:
        rest = len(names) - VENDORS_NAMED
        names = [*names[:VENDORS_NAMED], f"{rest} layouts more"]
    return words.listed(names)


@cache
def _titles() -> dict[str, str]:
    return {one.name: one.title for one in registry.layouts()}


def sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def title(found: StoreQuality) -> str:
    if not found.chains:
        return "A store without option quotes"
    chain = found.chains[0]
    return f"{chain_name(chain)}: {count(chain.sessions, 'session')}, {_most(chain)}"


def _most(chain: ChainQuality) -> str:
    """The verdict in three words at the most."""
    told = [
        f"{chain.verdicts[name]:,}{NO_BREAK}{name}" for name in VERDICTS if chain.verdicts[name]
    ]
    return words.listed(told)


def lead(found: StoreQuality) -> str:
    """What a trader should know first."""
    said = [
        f"The store holds {count(found.kept, 'row')} of {count(len(found.files), 'file')}"
        + (
            f"; {count(found.set_aside, 'row')} set aside, each with its reason"
            if found.set_aside
            else ""
        )
        + "."
    ]
    for chain in found.chains[:1]:
        if chain.vix_median is not None:
            said.append(
                f"The VIX computed from its quotes lies within "
                f"{number(abs(chain.vix_worst or 0.0), 2)} points of the published index on all "
                f"{count(chain.vix_compared, 'session')} that can be compared; the median is "
                f"{number(chain.vix_median, 3)}."
                if chain.vix_compared > 1
                else f"The VIX computed from its quotes lies {number(chain.vix_median, 3)} points "
                "from the published index."
            )
        if chain.parity_residual is not None:
            said.append(
                f"Calls and puts agree to {number(chain.parity_residual, 2)} index points (median)."
            )
    if found.contradictions:
        total = sum(one.quotes for one in found.contradictions)
        said.append(f"Files contradict each other on {count(total, 'quote')}.")
    return " ".join(said)


def window(found: StoreQuality) -> str:
    if not found.chains:
        return f"Layouts: {', '.join(found.layouts) or 'none'}."
    first = min(chain.first for chain in found.chains)
    last = max(chain.last for chain in found.chains)
    layouts = sorted({name for chain in found.chains for name in chain.vendors})
    days = words.day(first) + ("" if first == last else f" to {words.day(last)}")
    return f"{days}. Quotes by {vendors(layouts)}."


def number(value: float | None, digits: int) -> str:
    return words.number(value, digits)


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
            reason = f"{reason[:-1]} (the first of them)."
        rank = 0 if verdict == "doubtful" else 1
        runs.append((rank, Row(name=name, cells=(verdict, reason), small=small), len(own)))
    runs.sort(key=lambda item: item[0])  # stable: in time within a verdict
    shown = runs[:most]
    return [row for _, row, _ in shown], sum(n for *_, n in runs[most:])


def _kinds(reasons: Sequence[str]) -> tuple[str, ...]:
    """Reasons without their figures: what makes two sessions alike."""
    return tuple("".join(sign for sign in why if not sign.isdigit()) for why in reasons)


# --- labels, VIX ---------------------------------------------------------------------------------


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


def vix_words(chain: ChainQuality) -> list[str]:
    """What the comparison came to, and why it could not be made on the other sessions."""
    if chain.symbol != "SPX":
        return ["VIX is computed from SPX options; this chain is of another underlying."]
    said = []
    if chain.vix_compared:
        said.append(
            f"On {count(chain.vix_compared, 'session')} the two lie "
            f"{number(chain.vix_median, 3)} points apart (median); the most is "
            f"{number(chain.vix_worst, 3)} on {words.short_day(chain.vix_worst_on)}."
        )
    if chain.snapshot == "1545" and chain.vix_compared:
        said.append("These quotes are half an hour older than the published close.")
    said += [
        f"Not comparable on {count(n, 'session')}: {why}." for why, n in chain.vix_unknown.items()
    ]
    said.append(f"Interest rates: {chain.rate_source}.")
    return said


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
    """One row a file; of many files one a layout."""
    if len(found.files) <= FILES_SHOWN:
        return [_file_row(file.name, [file]) for file in found.files]
    by_layout: dict[str, list[FileQuality]] = {}
    for file in found.files:
        by_layout.setdefault(file.layout, []).append(file)
    return [
        _file_row(own[0].name if len(own) == 1 else count(len(own), "file"), own)
        for _, own in sorted(by_layout.items())
    ]


def _file_row(name: str, files: Sequence[FileQuality]) -> Row:
    days = [day for file in files for day in (file.first, file.last) if day is not None]
    aside: Counter[str] = Counter()
    for file in files:
        aside.update(file.set_aside)
        aside.update(file.unreadable)
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


def inferred(found: StoreQuality) -> list[tuple[str, str]]:
    """Sentences on what was inferred, each once, with the number of its files."""
    counts: dict[str, list[str]] = {}
    for file in found.files:
        for text in file.inferred:
            counts.setdefault(text, []).append(file.name)
    return [
        (text, names[0] if len(names) == 1 else count(len(names), "file"))
        for text, names in counts.items()
    ]


def unit_rows(found: StoreQuality) -> list[Row]:
    """What the vendors' greeks were measured to be, alike files together; ratios are in the JSON."""
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
    return [
        Row(
            name=one.name,
            small=f"{TABLE_NAMES.get(one.table, one.table)}, {vendors(one.layouts)}",
            cells=(
                words.short_day(one.first),
                words.short_day(one.last),
                f"{one.rows:,}",
                UNKNOWN if one.missing is None else f"{one.missing:,}",
                f"{one.set_aside:,}",
            ),
        )
        for one in found.series
    ]


def contradiction_rows(found: StoreQuality) -> list[Row]:
    return [
        Row(name=f"{one.symbol}, {one.month}", cells=(f"{one.quotes:,}",))
        for one in found.contradictions
    ]
