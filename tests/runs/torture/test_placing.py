"""Orders of a scenario as Steward's: budgets that have no size, lots, units out of several lots."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from steward.runs.torture import kit, reader
from steward.runs.torture.compare import differences
from steward.runs.torture.placing import Placed, Placing
from steward.runs.torture.records import Action, ActionLeg, Level, QuoteRow, Scenario, Split
from steward.runs.torture.steward_engine import StewardEngine
from steward.runs.torture.world import KitQuotes, contract_of, minutes_old
from steward.terms.contracts import Contract
from steward.terms.errors import StewardError
from steward.terms.trades import Lot

SCENARIOS = kit.scenarios_folder()
DAY = date(2026, 9, 8)


def named(number: str) -> Scenario:
    (found,) = reader.read_all(SCENARIOS, [number])
    return found


def contracts(scenario: Scenario) -> dict[str, Contract]:
    return {name: contract_of(x, scenario.name) for name, x in scenario.contracts.items()}


CONDORS = named("061")
SHARES = named("084")
PUT, SHORT_PUT, SHORT_CALL, CALL = CONDORS.contracts


def action(*legs: tuple[str, str, int], **changed: object) -> Action:
    fields: dict[str, object] = {
        "session": CONDORS.sessions[0],
        "order": "O1",
        "action": "open",
        "legs": tuple(ActionLeg(structure=s, contract=c, quantity=q) for s, c, q in legs),
        "units": 1,
        "budget": None,
        "fill": Fraction(1),
        "limit": None,
        "worst": None,
        "retries": 0,
        "execution": "package",
        "cents": None,
    }
    return Action(**{**fields, **changed})  # type: ignore[arg-type]


def placed(
    scenario: Scenario, *actions: Action, lots: tuple[Lot, ...] = (), placing: Placing | None = None
) -> list[Placed]:
    made = placing or Placing(scenario, contracts(scenario))
    return made.all(actions, DAY, lots)


@pytest.mark.parametrize(
    ("legs", "limit", "said"),
    [
        ((("A", CALL, -1),), -20_000, "column budget: more calls sold than bought"),
        (
            (("A", PUT, 1), ("A", SHORT_PUT, -1)),
            -500_000,
            "column limit: at this price a unit can lose 0 cents",
        ),
    ],
)
def test_a_budget_without_a_size_is_said(
    legs: tuple[tuple[str, str, int], ...], limit: int, said: str
) -> None:
    wanted = action(*legs, units=None, budget=100_000, limit=limit)
    with pytest.raises(StewardError, match="061-budget-of-exactly-one-unit/") as caught:
        placed(CONDORS, wanted)
    assert said in str(caught.value)
    assert str(caught.value).endswith("so there is no number of units: write them")


def test_a_budget_of_two_series_and_of_a_close_is_said() -> None:
    """A calendar can lose more than its premium: the least of one series is not that of two."""
    other = replace(CONDORS.contracts[PUT], id="X", expiry=date(2026, 9, 25))
    two = replace(CONDORS, contracts={**CONDORS.contracts, "X": other})
    wanted = action(("A", PUT, -1), ("A", "X", 1), units=None, budget=1, limit=0)
    with pytest.raises(StewardError, match="its options are of several series"):
        placed(two, wanted)
    closing = action(("A", PUT, -1), action="close", units=None, budget=1)
    with pytest.raises(StewardError, match="what closes has no budget"):
        placed(CONDORS, closing)


def test_a_put_spread_and_a_share_by_what_they_can_lose() -> None:
    """Sold put spread, 50 points wide, credit 9: 4,100.00. A share at 9.50 loses 9.50."""
    spread = action(("A", PUT, 1), ("A", SHORT_PUT, -1), units=None, budget=820_000, limit=-90_000)
    (one,) = placed(CONDORS, spread)
    assert one.order is not None
    assert one.order.quantity == 2
    share = action(("B", "UVXY", 1), units=None, budget=9_499, limit=95_000)
    (one,) = placed(SHARES, share)
    assert one.order is not None
    assert one.order.quantity == 9


def lot(name: str, structure_id: str, contract: Contract, quantity: int) -> Lot:
    return Lot(
        lot_id=name,
        structure_id=structure_id,
        purpose="layer_1",
        contract=contract,
        quantity=quantity,
        price=100_000,
        opened=DAY,
        variation_price=100_000,
    )


def closed(quantity: int, units: int, *held: int) -> list[tuple[int, list[tuple[str, int]]]]:
    """What is sold of lots of UVXY of one structure: units, and their lots by order."""
    placing = Placing(SHARES, contracts(SHARES))
    share = contracts(SHARES)["UVXY"]
    bought = [
        placed(SHARES, action(("A", "UVXY", 1), order=f"B{n}"), placing=placing)[0]
        for n, _ in enumerate(held)
    ]
    assert len({x.intent.structure_id for x in bought}) == len(held)
    lots = tuple(
        lot(f"l{n}", x.intent.structure_id, share, q)
        for n, (x, q) in enumerate(zip(bought, held, strict=True))
    )
    wanted = action(("A", "UVXY", quantity), action="close", order="C", units=units)
    found = placed(SHARES, wanted, lots=lots, placing=placing)
    assert len({x.intent.intent_id for x in found}) == len(found)
    assert {placing.structure(x.intent.structure_id) for x in found} == {"A"}
    return [
        (x.order.quantity, [(leg.lot_id, leg.quantity) for leg in x.order.legs])
        for x in found
        if x.order is not None
    ]


def test_lots_are_sold_the_oldest_first() -> None:
    assert closed(-1, 4, 3, 5) == [(3, [("l0", -1)]), (1, [("l1", -1)])]


def test_a_unit_that_no_lot_has_comes_from_several() -> None:
    assert closed(-4, 2, 5, 3) == [(1, [("l0", -4)]), (1, [("l0", -1), ("l1", -3)])]


def test_what_is_not_held_goes_to_the_ledger_whole() -> None:
    """It says there that the order is for more than is held, and nothing trades."""
    assert closed(-1, 9, 3, 5) == [(9, [("l0", -1)])]
    assert closed(-1, 2) == [(2, [("A UVXY", -1)])]


def test_two_orders_of_a_session_take_different_lots() -> None:
    placing = Placing(SHARES, contracts(SHARES))
    share = contracts(SHARES)["UVXY"]
    for order in ("B1", "B2"):
        placed(SHARES, action(("A", "UVXY", 1), order=order), placing=placing)
    lots = (lot("l0", "A", share, 3), lot("l1", "A of B2", share, 3))
    wanted = [
        action(("A", "UVXY", -1), action="close", order=order, units=3) for order in ("C1", "C2")
    ]
    found = placed(SHARES, *wanted, lots=lots, placing=placing)
    assert [x.order.legs[0].lot_id for x in found if x.order is not None] == ["l0", "l1"]


def test_the_rest_of_a_structure_is_the_structure() -> None:
    placing = Placing(CONDORS, contracts(CONDORS))
    placed(CONDORS, action(("A", PUT, 1)), placing=placing)
    assert [placing.structure(x) for x in ("A", "A +", "A + +")] == ["A", "A", "A"]


# --- shares in the market of a scenario ----------------------------------------------------------


def test_a_price_of_a_share_at_part_of_a_cent_is_said() -> None:
    odd = QuoteRow(
        session=SHARES.sessions[0],
        time=SHARES.quotes[0].time,
        contract="UVXY",
        bid=99_850,
        ask=100_000,
        bid_size=None,
        ask_size=None,
        volume=None,
    )
    stopped = StewardEngine().run(replace(SHARES, quotes=(odd, *SHARES.quotes[1:]))).stopped
    assert "quotes.csv: UVXY on 2026-04-14 has a price at part of a cent" in stopped
    level = Level(
        session=SHARES.sessions[0], symbol="settle", contract="UVXY", value=99_999, source="x"
    )
    stopped = StewardEngine().run(replace(SHARES, levels=(level,))).stopped
    assert "levels.csv: UVXY on 2026-04-14 has a price at part of a cent" in stopped


def test_a_fraction_without_a_price_is_said_and_one_without_a_fraction_is_none() -> None:
    (split,) = SHARES.splits
    unknown = replace(SHARES, splits=(replace(split, price=None),))
    stopped = StewardEngine().run(unknown).stopped
    assert "splits.csv, UVXY on 2026-04-16: 22 shares leave a part of one over" in stopped
    even = Split(session=split.session, contract="UVXY", new=1, old=11, price=None)
    whole = replace(SHARES, splits=(even,))
    assert not StewardEngine().run(whole).stopped


def test_a_mark_of_before_a_split_is_in_new_shares() -> None:
    """9.48 and 9.50 of one share are 47.40 and 47.50 of five."""
    late = tuple(x for x in SHARES.quotes if x.session != SHARES.sessions[-1])
    known = contracts(SHARES)
    quotes = KitQuotes(replace(SHARES, quotes=late), known)
    mark = quotes.mark(SHARES.sessions[-1], known["UVXY"])
    assert (mark.bid, mark.ask) == (474_000, 475_000)
    before = quotes.mark(SHARES.sessions[1], known["UVXY"])
    assert (before.bid, before.ask) == (94_800, 95_000)


def test_a_quote_of_after_the_close_is_not_of_the_future() -> None:
    late = replace(SHARES.quotes[0], time=SHARES.quotes[0].time.replace(hour=17))
    assert minutes_old(late) == 0
    assert minutes_old(replace(late, time=late.time.replace(hour=15))) == 60


def test_a_budget_in_a_scenario_stops_the_run_with_its_words() -> None:
    wrong = tuple(replace(x, limit=-600_000) for x in CONDORS.actions)
    ran = StewardEngine().run(replace(CONDORS, actions=wrong))
    assert "at this price a unit can lose" in ran.stopped
    assert differences(CONDORS, ran)
