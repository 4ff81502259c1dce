"""Which strikes are taken from a chain."""

from __future__ import annotations

from datetime import date

from steward.studies.indices import strikes

from . import by_hand

SESSION, EXPIRY = date(2012, 1, 20), by_hand.spx(date(2012, 2, 17))


def taken(row: int | None, rows: tuple[by_hand.Row, ...]) -> float | None:
    chain = by_hand.chain(SESSION, EXPIRY, rows)
    return None if row is None else float(chain.strike[row])


PUTS: tuple[by_hand.Row, ...] = (
    (900.0, "P", 0.0, 0.1, -0.04),
    (910.0, "P", 0.2, 0.4, -0.06),
    (950.0, "P", 3.0, 3.4, -0.18),
    (960.0, "P", 4.0, 4.4, -0.22),
    (1000.0, "C", 9.0, 9.4, 0.5),
)


def test_nearest_delta_and_the_lower_strike_on_a_tie() -> None:
    chain = by_hand.chain(SESSION, EXPIRY, PUTS)
    row = strikes.by_delta(chain, call=False, target=0.21, sold=True)
    assert taken(row, PUTS) == 960.0
    alike: tuple[by_hand.Row, ...] = (
        (950.0, "P", 3.0, 3.4, -0.125),
        (960.0, "P", 4.0, 4.4, -0.375),
    )
    tied = by_hand.chain(SESSION, EXPIRY, alike)
    assert taken(strikes.by_delta(tied, call=False, target=0.25, sold=True), alike) == 950.0


def test_what_is_sold_needs_a_bid_and_what_is_bought_does_not() -> None:
    chain = by_hand.chain(SESSION, EXPIRY, PUTS)
    assert taken(strikes.by_delta(chain, call=False, target=0.04, sold=True), PUTS) == 910.0
    assert taken(strikes.by_delta(chain, call=False, target=0.04, sold=False), PUTS) == 900.0


def test_borders_are_strict() -> None:
    chain = by_hand.chain(SESSION, EXPIRY, PUTS)
    found = strikes.by_delta(chain, call=False, target=0.18, sold=False, below=950.0)
    assert taken(found, PUTS) == 910.0
    assert strikes.by_delta(chain, call=False, target=0.2, sold=False, above=960.0) is None


def test_levels_are_met_from_their_own_side() -> None:
    chain = by_hand.chain(SESSION, EXPIRY, PUTS)
    below = strikes.at_or_below(chain, call=False, level=950.0, sold=True)
    assert taken(below, PUTS) == 950.0
    above = strikes.at_or_above(chain, call=False, level=950.5, sold=True)
    assert taken(above, PUTS) == 960.0
    assert strikes.at_or_above(chain, call=True, level=1001.0, sold=True) is None
    assert strikes.at_or_below(chain, call=False, level=905.0, sold=True) is None


def test_the_first_strike_beyond_a_level_is_never_at_it() -> None:
    chain = by_hand.chain(SESSION, EXPIRY, PUTS)
    assert taken(strikes.first_below(chain, call=False, level=950.0, sold=True), PUTS) == 910.0
    assert taken(strikes.first_above(chain, call=False, level=950.0, sold=True), PUTS) == 960.0
    assert taken(strikes.first_below(chain, call=False, level=950.1, sold=True), PUTS) == 950.0
    assert taken(strikes.first_below(chain, call=False, level=910.0, sold=False), PUTS) == 900.0
    assert strikes.first_below(chain, call=False, level=910.0, sold=True) is None
    assert strikes.first_above(chain, call=True, level=1000.0, sold=True) is None


def test_a_straddle_is_above_the_level_and_needs_bids_on_both_sides() -> None:
    rows: tuple[by_hand.Row, ...] = (
        (995.0, "P", 18.0, 18.4, -0.47),
        (995.0, "C", 22.0, 22.4, 0.53),
        (1000.0, "P", 20.0, 20.4, -0.50),
        (1000.0, "C", 0.0, 20.4, 0.50),
        (1005.0, "P", 22.0, 22.4, -0.53),
        (1005.0, "C", 18.0, 18.4, 0.47),
        (1010.0, "P", 25.0, 25.4, -0.56),
        (1010.0, "C", 16.0, 16.4, 0.44),
    )
    chain = by_hand.chain(SESSION, EXPIRY, rows)
    for level, strike in ((994.9, 995.0), (995.0, 1005.0), (999.0, 1005.0), (1005.0, 1010.0)):
        found = strikes.straddle_above(chain, level=level)
        assert found is not None
        assert [taken(row, rows) for row in found] == [strike, strike]
        put, call = found
        assert (bool(chain.call[put]), bool(chain.call[call])) == (False, True)
    assert strikes.straddle_above(chain, level=1010.0) is None
    no_pair = by_hand.chain(SESSION, EXPIRY, PUTS)
    assert strikes.straddle_above(no_pair, level=900.0) is None
