"""Good, usable or doubtful: what a trader may make of a session, and why, in words.

A limit is doubtful where quotes contradict themselves or the rest of the market, and usable where
they are true but make a poor or narrow market.
"""

from __future__ import annotations

from collections.abc import Mapping

from steward.intake.quality_measures import (
    RATE_DAYS,
    REPEATED_FEWEST,
    WIDE_FLOOR,
    WIDE_SHARE,
)
from steward.intake.quality_tables import Verdict

FEW_QUOTES = 20
"""A condor has four legs among at least five strikes a side; twenty quotes are a handful to choose
from, fewer are none."""

FEW_EXPIRIES = 2
"""With one expiry there is nothing to roll into, and no VIX to check it by."""

CONTRADICTED_BROKEN = 0.10
"""Share of quotes of which another file says something else; a single one is no longer good."""

PARITY_POOR, PARITY_BROKEN = 0.05, 0.20
"""Share of strikes beyond their spreads: in the real chains of 2011 to 2026, whole ones and thin
ones, at most 0.6 %; quotes of two moments, or of two series under one label, fail on most."""

STALE_POOR, STALE_BROKEN = 0.02, 0.10
"""Share of the quotes of the session before that cannot be of this one."""

VIX_OFF, VIX_BROKEN = 0.25, 1.00
"""Index points. Closes come within 0.05 of the published index, quotes of 15:45 within 0.10; a
quarter is another minute, a whole point another market."""

APART_POOR, APART_BROKEN = 0.01, 0.025
"""Forward of the nearest series less the index, of the index: the quarter of an hour between their
closes moved it by 0.8 % on 2018-02-05, the worst known; interest of a month is under 0.5 %."""

NEAREST_YEARS = 45 / 365.0
"""A farther series says nothing of the index: its forward carries interest and dividends."""

WIDE_POOR = 0.25
"""Share of wide quotes from which a session's fills are dear."""

ZERO_POOR = 0.40
"""Share of quotes without a bid from which the far strikes, that is the wings, cannot be sold."""


def _percent(value: float) -> str:
    return f"{100.0 * value:g} %"


DEFINITIONS: Mapping[str, str] = {
    "wide": f"a quote with a bid whose spread is over {_percent(WIDE_SHARE)} of its mid and over "
    f"{WIDE_FLOOR:.2f} points",
    "no bid": "a quote that nobody bids for: a market, but what is held there cannot be sold",
    "stale": f"a quote that cannot be of its day: a series of which {REPEATED_FEWEST} or more "
    "quotes with a bid all stand as the session before; or call and put of one strike within 5 % "
    "of the forward, unchanged although forward or index moved by more than their two spreads. "
    "Counted among quotes with a bid that were there the session before",
    "parity residual": "the size of C - P - D (F - K) at mid within 5 % of the forward, calls and "
    "puts both bid: the median in points, and the share beyond half of both spreads",
    "interest": f"D is of the rates given; without any, of what series from {RATE_DAYS} days on "
    "imply by parity that session or the last one that had such",
    "VIX": "by the exchange's formula, from the two expiries that its rule names for the day",
    "good": "none of the limits below is passed",
    "usable": f"true quotes, a poor market: wide over {_percent(WIDE_POOR)}, no bid over "
    f"{_percent(ZERO_POOR)}, stale over {_percent(STALE_POOR)}, parity broken on over "
    f"{_percent(PARITY_POOR)} of strikes, VIX off by over {VIX_OFF:.2f} points, forward off by "
    f"over {_percent(APART_POOR)}, files of the store that contradict each other, "
    f"fewer than {FEW_EXPIRIES} expiries, no call and put to check by parity, or strikes of the "
    "VIX expiries missing",
    "doubtful": f"quotes that contradict themselves: stale over {_percent(STALE_BROKEN)}, parity "
    f"broken on over {_percent(PARITY_BROKEN)} of strikes, VIX off by over {VIX_BROKEN:.2f} "
    f"points, forward off by over {_percent(APART_BROKEN)}; an AM or PM label against root "
    f"and day; files that contradict each other on over {_percent(CONTRADICTED_BROKEN)}; "
    f"or under {FEW_QUOTES} quotes of series that had not settled",
    "missing": "a session of the exchange between the first and the last, without a quote",
}


def verdict(
    *,
    quotes: int,
    expiries: int,
    rows: int,
    contradicted: int,
    labels_against_rule: int,
    zero_bids: float | None,
    wide: float | None,
    stale: float | None,
    repeated: int,
    parity_strikes: int,
    parity_beyond: float | None,
    apart: float | None,
    vix_difference: float | None,
    vix_flaw: str | None,
) -> tuple[Verdict, tuple[str, ...]]:
    """Of one session, and its reasons, the worst first.

    quotes, expiries  that have not settled    repeated  series as the session before
    contradicted      of all `rows`, those of which another file of the store says otherwise
    vix_flaw          why quotes of the right expiries make no VIX
    apart             forward of the nearest series less the index, of the index
    """
    doubtful: list[str] = []
    usable: list[str] = []

    def judge(value: float | None, poor: float, broken: float, said: str) -> None:
        if value is not None and abs(value) > poor:
            (doubtful if abs(value) > broken else usable).append(said)

    apart_said = (
        f"files of the store contradict each other on {contradicted:,} of its {rows:,} quotes"
    )
    if quotes < FEW_QUOTES:
        few = f"only {quotes} quote{'s' if quotes > 1 else ''}"
        if quotes < rows:
            few += f" of series that had not settled, of {rows:,}"
        said = few if quotes else "every quote is of a series that had settled by then"
        return "doubtful", (said, apart_said) if contradicted else (said,)
    judge(contradicted / rows, 0.0, CONTRADICTED_BROKEN, apart_said)
    if labels_against_rule:
        doubtful.append(
            f"{labels_against_rule:,} of its quotes are labelled AM or PM against root and day"
        )
    if stale is not None:
        series = f" ({repeated} whole series)" if repeated else ""
        judge(stale, STALE_POOR, STALE_BROKEN, f"{_share(stale)} of its quotes are stale{series}")
    if parity_beyond is not None:
        judge(
            parity_beyond,
            PARITY_POOR,
            PARITY_BROKEN,
            f"put-call parity fails on {_share(parity_beyond)} of {parity_strikes:,} strikes",
        )
    if vix_difference is not None:
        judge(
            vix_difference,
            VIX_OFF,
            VIX_BROKEN,
            f"its VIX is {abs(vix_difference):.2f} points "
            f"{'above' if vix_difference > 0 else 'below'} the published one",
        )
    if apart is not None:
        judge(
            apart,
            APART_POOR,
            APART_BROKEN,
            f"its forward is {_share(abs(apart))} {'above' if apart > 0 else 'below'} the "
            "underlying beside it",
        )
    if wide is not None and wide > WIDE_POOR:
        usable.append(f"{_share(wide)} of its quotes are wide")
    if zero_bids is not None and zero_bids > ZERO_POOR:
        usable.append(f"{_share(zero_bids)} of its quotes have no bid")
    if expiries < FEW_EXPIRIES:
        usable.append("one expiry")
    if vix_flaw is not None:
        usable.append(f"its VIX cannot be computed: {vix_flaw}")
    if parity_beyond is None:
        usable.append("no strike near the money with call and put: parity cannot be checked")
    found: Verdict = "doubtful" if doubtful else "usable" if usable else "good"
    return found, (*doubtful, *usable)


def _share(value: float) -> str:
    return f"{100.0 * value:.1f} %"
