"""Every real chain that is here: what fits, how well, and that nothing bad is called good.

The table is printed (`pytest -s`); figures are differences and shares, no quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from steward.doors.surface.work import _of_history, _surface
from steward.intake.model_check.reading import read_quotes
from steward.market.history import History
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.source import Hints
from steward.market.vendors.user_map import read_map
from steward.pricing.surface import FittedSurface
from steward.pricing.surface.report import residuals

pytestmark = pytest.mark.slow

MAPS = Path(__file__).resolve().parents[3] / "src" / "steward" / "intake" / "fit" / "maps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file, what it needs to be read, and what was measured less a little.

    good    share of expiries that fit well     near  share of judged quotes in their band or at
            most another half width outside, over all expiries
    inside  share in their band                 days  sessions to fit, spread over the file's
    """

    file: str
    good: float
    near: float = 0.99
    inside: float = 0.92
    root: str | None = None
    map: str | None = None
    days: int = 5


CLOSES = (
    Case(file="spx_eod_2011-01-03_07_ivolatility.csv.gz", good=0.88, inside=0.91),
    Case(file="spxw_eod_2018-01_2018-02.csv", good=0.99, inside=0.97, days=8),
    Case(file="spxw_1545_2019-06-26_cboe_datashop.csv.gz", good=0.95),
    Case(file="spx_eod_2020-12-01_optionmetrics.csv", good=0.99, root="SPX"),
    Case(file="cboe_quotedata/spx_quotedata_2022-01-07.csv", good=0.99),
    Case(file="cboe_quotedata/spx_quotedata_2022-06-10.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2023-02-03.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2023-02-07.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2024-01-05.csv.gz", good=0.95),
    Case(file="spxw_eod_2025-09-03.csv", good=0.95, map="wide_calls_and_puts.toml"),
)
OTHERS = (
    Case(file="spx_intraday_2011-01-24_cboe_quotetable.csv", good=0.9),
    Case(file="spx_eod_2013-04-19_rnd.csv", good=0.99, map="one_expiry_2013_04.toml"),
    Case(file="spx_eod_2013-06-24_rnd.csv", good=0.99, map="one_expiry_2013_06.toml"),
    Case(file="cboe_quotedata/spx_quotedata_2022-03-23.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2022-07-12.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2022-09-13_no_header.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2023-06-09.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2023-08-18.csv.gz", good=0.9),
    Case(file="cboe_quotedata/spx_quotedata_2025-01-06_jan.csv.gz", good=0.95),
    Case(file="cboe_quotedata/spx_quotedata_2025-01-06_feb.csv.gz", good=0.95),
    Case(
        file="spx_snapshot_2025-01-29_no_roots.csv.gz",
        good=0.95,
        inside=0.9,
        map="snapshot_without_roots.toml",
    ),
    Case(file="spx_snapshot_2025-08-22_yahoo.csv.gz", good=0.95, near=0.98),
)
NARROW = (
    "cboe_quotedata/spx_quotedata_2024-11-11.csv",
    "spx_snapshot_2026-07-23_schwab.csv.gz",
    "spx_snapshot_2026-07-24_schwab.csv.gz",
)
"""Quotes near the money alone: smiles whose wings nobody quotes."""


@cache
def history(folder: Path) -> History:
    return folder_history(folder)


def surfaces(shared: Path, case: Case) -> list[FittedSurface]:
    """Some sessions of a file, the first and the last among them."""
    extra = [] if case.map is None else [read_map(MAPS / case.map)]
    path = shared / "chains" / case.file
    reading = read_quotes([path], hints=Hints(root=case.root), extra=extra)
    found = [one for one in reading.snapshots if one.underlying == "SPX"]
    places = np.unique(np.linspace(0, len(found) - 1, min(case.days, len(found))).round())
    fitted = []
    for one in (found[int(place)] for place in places):
        curve = _of_history(history(shared), one.session)
        surface = _surface(one, curve, "cmt", {})
        if surface.slices:
            fitted.append(surface)
    return fitted


def check(case: Case, found: list[FittedSurface]) -> None:
    slices = [one for surface in found for one in surface.slices]
    good = [one for one in slices if one.verdict.good]
    for one in good:  # what is called good has no violation
        assert one.report.butterfly.free
        assert not one.report.calendar[0] < 0.0
    off, size, half = [], [], []
    for one in slices:
        judged = np.abs(one.bands.delta) >= 0.03
        middle, outside = residuals(one.bands, one.slice.smile, one.slice.years)
        off.append(np.abs(middle[judged]))
        size.append(np.abs(outside[judged]))
        half.append(one.bands.half[judged])
    middles, outsides, halves = (np.concatenate(part) for part in (off, size, half))
    inside, near = (outsides <= 0.0).mean(), (outsides <= halves).mean()
    svi = [one for one in slices if one.report.inside_svi == one.report.inside_svi]
    quotes = sum(one.report.quotes for one in svi)
    plain = sum(one.report.inside_svi * one.report.quotes for one in svi) / max(quotes, 1)
    print(
        f"{case.file}: {len(slices)} slices, {len(good)} good, {middles.size} quotes, inside "
        f"{inside:.3f} (raw SVI {plain:.3f}), within one more half width {near:.3f}, from the "
        f"middle {100 * np.median(middles):.3f} / {100 * np.quantile(middles, 0.9):.3f} vol points"
    )
    assert len(good) >= case.good * len(slices)
    assert near >= case.near
    assert inside >= case.inside


@pytest.mark.parametrize("case", [*CLOSES, *OTHERS], ids=lambda case: Path(case.file).name)
def test_a_chain_fits(shared_data: Path, case: Case) -> None:
    check(case, surfaces(shared_data, case))


@pytest.mark.parametrize("file", NARROW)
def test_narrow_chains_are_fitted_and_say_that_they_are_narrow(
    shared_data: Path, file: str
) -> None:
    found = surfaces(shared_data, Case(file=file, good=0.0))
    check(Case(file=file, good=0.0), found)
    poor = [one for surface in found for one in surface.slices if not one.verdict.good]
    assert poor
    assert all(any("do not reach" in why for why in one.verdict.reasons) for one in poor)


def test_the_mixed_file_and_the_evening_are_no_secret(shared_data: Path) -> None:
    """Forwards of one evening, by parity, do not scatter by more than the carry allows."""
    case = next(one for one in OTHERS if "2023-08-18" in one.file)
    (found,) = surfaces(shared_data, case)
    short = [one for one in found.slices if 365.0 * one.slice.years < 60.0]
    scale = [one.carry.line.scale for one in short if one.carry.line is not None]
    assert max(scale) < 3.0
    assert found.surface.session >= date(2023, 8, 18)


def test_vix_options_lean_upward(shared_data: Path) -> None:
    """2013-06-25: forward by parity 20.01 +- 0.03 beside a future of 19.95 (SOURCES-chains.md)."""
    import polars as pl

    from steward.pricing.surface import QuotedSeries, SeriesQuotes, fit_surface
    from steward.terms import calendar
    from steward.terms.contracts import Expiry

    rows = pl.read_csv(shared_data / "vix_chains" / "vix_eod_2013-06-25_rnd.csv")
    sides = [
        rows[name].cast(pl.Float64).to_numpy() for name in ("bid.c", "ask.c", "bid.p", "ask.p")
    ]
    quotes = SeriesQuotes(
        strike=rows["strike"].cast(pl.Float64).to_numpy(),
        call_bid=sides[0],
        call_ask=sides[1],
        put_bid=sides[2],
        put_ask=sides[3],
    )
    session = date(2013, 6, 25)
    expiry = Expiry(root="VIX", day=date(2013, 8, 21), settlement="AM")
    own = QuotedSeries(expiry=expiry, years=calendar.years_to(session, expiry), quotes=quotes)
    curve = _of_history(history(shared_data), session)
    (one,) = fit_surface(session, "VIX", [own], curve=curve).slices
    assert abs(one.carry.forward - 20.01) < 0.04
    assert one.verdict.good
    assert one.slice.skew > 0.0
    assert one.report.inside == 1.0
