"""Made-up checks of a store: no file is read for a page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from steward.intake.importing import import_paths
from steward.intake.quality_files import gaps
from steward.intake.quality_summary import Gathered, summed
from steward.intake.quality_tables import (
    FORMAT,
    Contradiction,
    FileQuality,
    SeriesQuality,
    SessionQuality,
    Side,
    StoreQuality,
    Verdict,
)
from steward.intake.quality_verdict import DEFINITIONS
from steward.terms import calendar

HEADER = (
    "symbol,exchange,company_name,date,stock_price_close,option_symbol,option_expiration,strike,"
    "call/put,style,ask,bid,mean_price,settlement,iv,volume,open_interest,stock_price_for_iv,"
    "forward_price,isinterpolated,delta,vega,gamma,theta,rho"
)


def session(day: date, n: int) -> SessionQuality:
    """Figures that wander, a verdict by number: most good, some not, each with its words."""
    wave = math.sin(n / 25.0)
    verdict: Verdict = "doubtful" if n % 97 == 5 else "usable" if n % 41 == 7 else "good"
    reasons = {
        "good": (),
        "usable": ("27.0 % of its quotes are wide",),
        "doubtful": ("40.0 % of its quotes are stale </script><b>(2 whole series)",),
    }[verdict]
    own = 18.0 + 5.0 * wave
    known = n % 10 != 3
    return SessionQuality(
        session=day,
        verdict=verdict,
        reasons=reasons,
        quotes=4000 + n,
        settled=0,
        series=24,
        expiries=20 + n % 3,
        farthest=day + timedelta(days=900),
        contradicted=0,
        labels_against_rule=0,
        zero_bids=0.1 + 0.05 * wave,
        wide=0.05 if verdict == "good" else 0.27,
        stale=None if n == 0 else 0.4 if verdict == "doubtful" else 0.0,
        parity_residual=0.1 + 0.02 * wave,
        parity_beyond=0.001,
        forward_less_underlying=2.0 * wave,
        vix_own=own,
        vix_published=own - 0.01 if known else None,
        vix_difference=0.01 if known else None,
        vix_why=None if known else "the store has no VIX of that session",
    )


def check(days: Sequence[date]) -> StoreQuality:
    """A store with one file of SPX closes of these days, another chain, and the rest of a page."""
    closes = Gathered(symbol="SPX", snapshot="eod", vendors={"ivolatility", "optopsy"}, by_rates=1)
    closes.sessions = [session(day, n) for n, day in enumerate(days)]
    closes.labels = Counter({("SPX", "AM", "given"): 100, ("SPXW", "PM", "inferred"): 300})
    calls = Gathered(symbol="VIX", snapshot="eod", vendors={"bloomberg_vix"})
    bare = replace(
        session(days[-1], 1), parity_residual=None, parity_beyond=None, vix_own=None,
        vix_published=None, vix_difference=None, forward_less_underlying=None,
        vix_why="VIX is computed from SPX options",
    )  # fmt: skip
    calls.sessions = [bare]
    calls.labels = Counter({("VIX", "AM", "given"): 26})
    file = FileQuality(
        name="chain <b>.csv",
        layout="ivolatility",
        table="quotes",
        source="0" * 16,
        read=1000,
        made=1000,
        kept=950,
        elsewhere=10,
        crossed=4,
        first=days[0],
        last=days[-1],
        set_aside={"crossed: the ask below the bid": 4, "an ask of 0: no quote": 30},
        unreadable={"a row of another length than the header": 6},
        units={"vega": "per point of volatility; ratio 1.00 on 400 rows"},
        inferred=("root SPXW: from the file's name",),
        ignored=(),
    )
    index = SeriesQuality(
        table="index",
        name="vix",
        rows=len(days),
        first=days[0],
        last=days[-1],
        daily=True,
        missing=2,
        gaps=gaps([days[0], days[-1]]),
        set_aside=1,
        layouts=("index_bars",),
    )
    return StoreQuality(
        format=FORMAT,
        content_hash="0" * 64,
        layouts=("ivolatility",),
        read=1000,
        made=1000,
        kept=950,
        elsewhere=10,
        crossed=4,
        set_aside=34,
        unreadable=6,
        reasons=(
            ("an ask of 0: no quote", 30),
            ("a row of another length than the header", 6),
            ("crossed: the ask below the bid", 4),
        ),
        chains=(summed(closes, "the store"), summed(calls, None)),
        contradictions=(
            Contradiction(
                symbol="SPX",
                month="2011-01",
                quotes=3,
                sessions=2,
                taken=Side(name="chain <b>.csv", layout="ivolatility", source="0" * 16),
                other=Side(name="other.csv", layout="optopsy", source="1" * 16),
            ),
        ),
        contradicted=3,
        files=(file,),
        series=(index, replace(index, table="macro", name="DTB3", daily=False, missing=None)),
        vix_source="the store",
        definitions=dict(DEFINITIONS),
    )


@pytest.fixture(scope="session")
def long_check() -> StoreQuality:
    """4,000 sessions and more, a month missing, and a hole of years."""
    days = [
        day
        for day in calendar.sessions(date(2006, 1, 3), date(2025, 12, 31))
        if not date(2009, 1, 1) <= day <= date(2011, 12, 31) and (day.year, day.month) != (2015, 3)
    ]
    assert len(days) > 4000
    return check(days)


@pytest.fixture(scope="session")
def short_check() -> StoreQuality:
    """One session."""
    return check([date(2024, 1, 5)])


@pytest.fixture
def store_folder(tmp_path: Path) -> Path:
    """Two sessions of one written series, imported."""
    lines = [HEADER]
    for day, level in ((date(2022, 6, 6), 4000.0), (date(2022, 6, 7), 4040.0)):
        for right, sign in (("C", 1.0), ("P", -1.0)):
            for strike in range(3825, 4176, 25):
                mid = max(sign * (level - strike), 0.0) + 60.0 - 0.1 * abs(strike - level)
                lines.append(
                    f"SPX,CBOE,S&P 500 Index (SPX),{day:%m/%d/%Y},{level},"
                    f"SPXW  220624{right}{strike:05d}000,06/24/2022,{strike},{right},E,"
                    f"{mid + 0.5},{mid - 0.5},{mid},0.0,-1,5,11,{level},{level},,,,,,"
                )
    file = tmp_path / "chain.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    root = tmp_path / "store"
    assert import_paths([file], root).refused == ()
    return root
