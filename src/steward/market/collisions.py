"""Roots of files that have none: from the day where it is plain, else from two rows side by side.

On a third Friday the AM series (root SPX) and the PM series (SPXW) share expiry, strike and right.
A file without roots has both rows there, or one of them; which is which is inferred where that is
sure (`third_fridays`), and refused where it is not. On other days one root alone is possible.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import polars as pl

from steward.market.aside import AGAIN, drop, set_aside_of
from steward.market.third_fridays import KEY, SERIES, labelled
from steward.terms import calendar, listing

AMBIGUOUS = "no root, and the day has AM and PM series (where it has one: say it with --root)"
NO_SERIES = "no root, and no series is known to expire on that day"

BY_DAY = "roots are not in the file: from the expiry day, where that day has one root"
BY_SETTLEMENT = "roots are not in the file: from the AM or PM that the file gives"
BY_HINT = "roots are not in the file: {root}, as the user says"
BY_PRICE = (
    "third Fridays without roots: of two rows the dearer is SPXW (PM), where all near options of "
    "the series agree; the others are set aside"
)
BY_RANK = (
    f"third Fridays without roots: a single series beyond the next {listing.PM_THIRD_FRIDAYS} is "
    "SPX (AM), since SPXW was not listed so far ahead"
)
BEFORE_PM = "third Fridays without roots before 2017-05-01: SPX (AM)"

VIX_WEEKLIES_FROM = date(2015, 10, 8)
"""First day of VIXW. Source: Cboe, launch notice."""

NOT_FACTS = ("line", "root", "root_given", "expiry_given")


def with_roots(
    rows: pl.DataFrame, out: list[pl.DataFrame], inferred: list[str], *, hint: str | None = None
) -> pl.DataFrame:
    """`root` non-null, and `root_given`: whether the file said it.

    rows           whole sessions, `expiry` the last day with economic meaning
    out, inferred  what is set aside, and what was inferred, is appended to these
    hint           root that the user names, for rows of its underlying without one
    """
    rows = rows.with_columns(root_given=pl.col("root").is_not_null())
    if rows["root_given"].all():
        return rows
    given = rows.filter("root_given")
    rows = rows.filter(~pl.col("root_given"))
    if hint is not None:
        ours = pl.col("symbol").str.head(3) == hint[:3]
        rows = rows.with_columns(root=pl.when(ours).then(pl.lit(hint)))
        inferred.append(BY_HINT.format(root=hint))
    rows = _by_day(rows, inferred)
    rows = drop(rows, pl.col("root").is_null() | (pl.col("root") != ""), NO_SERIES, out)
    named, open_ = rows.filter(pl.col("root").is_not_null()), rows.filter(pl.col("root").is_null())
    parts = [given, named]
    if open_.height:
        parts += _third_fridays(open_, _of_two_moments(named), out, inferred)
    return pl.concat(parts)


def _by_day(rows: pl.DataFrame, inferred: list[str]) -> pl.DataFrame:
    """`root` where session, day and settlement leave one; "" where none; null where two."""
    series = rows.filter(pl.col("root").is_null()).select(
        "symbol", "session", "expiry", "settlement"
    )
    series = series.unique()
    found = [_root(*one) for one in series.iter_rows()]
    for sentence in sorted({said for _, said in found if said}):
        inferred.append(sentence)
    named = series.with_columns(plain=pl.Series([root for root, _ in found], dtype=pl.String))
    keys = ["symbol", "session", "expiry", "settlement"]
    rows = rows.join(named, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(root=pl.coalesce("root", "plain")).drop("plain")


def _root(
    symbol: str, session: date, day: date, settles: str | None
) -> tuple[str | None, str | None]:
    """Root and the sentence that says why; "" where no series can be, None where two can."""
    if symbol == "VIX":
        root = vix_root(day)
        if root is None or (root == "VIXW" and session < VIX_WEEKLIES_FROM):
            return "", None
        return root, BY_DAY
    if day != calendar.monthly_expiry(day.year, day.month):
        return ("SPXW", BY_DAY) if weekly_could_be(day) else ("", None)
    if settles is not None:
        return ("SPX" if settles == "AM" else "SPXW"), BY_SETTLEMENT
    return None, None


@lru_cache(maxsize=4096)
def vix_root(day: date) -> str | None:
    """VIX on its monthly settlement days, VIXW on other Wednesdays (the session before a closed
    one), None on any other day."""
    if (day.year, day.month) == (calendar.LAST_DAY.year, calendar.LAST_DAY.month):
        return None  # the rule asks for a Friday beyond the calendar
    if day == calendar.vix_expiry(day.year, day.month):
        return "VIX"
    wednesday = day + timedelta(days=(2 - day.weekday()) % 7)
    return "VIXW" if calendar.on_or_before(wednesday) == day else None


@lru_cache(maxsize=4096)
def weekly_could_be(day: date) -> bool:
    """Whether an SPXW series of a weekday, a month-end or a quarter-end expired on this session."""
    if day < calendar.LAST_DAY and calendar.next_session(day).month != day.month:
        if day >= listing.MONTH_ENDS_FROM:
            return True
        if day.month % 3 == 0 and day >= listing.QUARTER_ENDS_FROM:
            return True
    for kind in listing.WEEKLIES:
        for shift in range(-3, 4):  # a closed Monday moves to the day after, others before
            nominal = day + timedelta(days=shift)
            if nominal.weekday() == kind.weekday and nominal >= kind.first:
                later = kind.weekday == 0
                end = calendar.on_or_after(nominal) if later else calendar.on_or_before(nominal)
                if end == day:
                    return True
    return False


def _of_two_moments(rows: pl.DataFrame) -> pl.DataFrame:
    """Session and snapshot where contracts of one root have two quotes: two rows are no two series.

    One contract in a hundred is enough; below that it is a defect of its own row.
    """
    contracts = rows.group_by(KEY).agg(quotes=pl.struct("bid", "ask").n_unique())
    taken = contracts.group_by("session", "snapshot").agg(twice=(pl.col("quotes") > 1).mean())
    return taken.filter(pl.col("twice") > 0.01).select("session", "snapshot")


def _third_fridays(
    rows: pl.DataFrame, mixed: pl.DataFrame, out: list[pl.DataFrame], inferred: list[str]
) -> list[pl.DataFrame]:
    """Rows of days on which SPX and SPXW could both expire, as far as they can be told apart.

    mixed  session and snapshot in which two rows say nothing
    """
    facts = [c for c in rows.columns if c not in NOT_FACTS]
    rows = drop(rows.sort("line"), pl.struct(facts).is_first_distinct(), AGAIN, out)
    twice = rows.filter(pl.len().over(KEY) > 1).select(SERIES).unique()
    both = rows.join(twice, on=SERIES, how="semi")
    alone = rows.join(twice, on=SERIES, how="anti")
    parts = [labelled(both.join(mixed, on=["session", "snapshot"], how="anti"))]
    if parts[0].height:
        inferred.append(BY_PRICE)
    rest = both.join(parts[0], on=KEY, how="anti")
    single = alone.select("session", "expiry").unique()
    found = [_of_one(session, day) for session, day in single.iter_rows()]
    inferred += sorted({said for said in found if said})
    known = single.filter(pl.Series([said is not None for said in found], dtype=pl.Boolean))
    on = ["session", "expiry"]
    parts.append(alone.join(known, on=on, how="semi").with_columns(root=pl.lit("SPX")))
    for refused in (rest, alone.join(known, on=on, how="anti")):
        if refused.height:
            out.append(set_aside_of(refused, AMBIGUOUS))
    return [part.select(rows.columns) for part in parts]


def _of_one(session: date, day: date) -> str | None:
    """Why a third Friday that has single rows is SPX; None where it may be SPXW.

    SPXPM (2011-10 to 2017-05) was listed on another exchange as an underlying of its own, so that a
    single row under SPX is not of it.
    """
    if session < listing.PM_THIRD_FRIDAY_FROM:
        return BEFORE_PM
    months = calendar.months_from(session, 2 + listing.PM_THIRD_FRIDAYS)
    if months[-1][0] > calendar.LAST_DAY.year:
        return None
    ahead = [friday for m in months if (friday := calendar.monthly_expiry(*m)) > session]
    return BY_RANK if day > ahead[listing.PM_THIRD_FRIDAYS - 1] else None
