from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.analytics import attribution as room
from steward.analytics import audit, crises
from steward.terms.errors import LawBroken

Make = Callable[[list[dict[str, Any]]], pl.DataFrame]
Days = Callable[[date, int], list[date]]
DAY = date(2018, 2, 2)

events = st.lists(
    st.tuples(
        st.sampled_from(["flow", "interest", "mark", "fill", "fee", "settle"]),
        st.sampled_from(["condor", "layer_1", "layer_3"]),
        st.integers(-10_000_000, 10_000_000),
        st.integers(-10_000_000, 10_000_000),
    ),
    min_size=1,
    max_size=30,
)


@given(events)
def test_every_cent_is_attributed(
    make_journal: Make, make_equity: Make, drawn: list[tuple[str, str, int, int]]
) -> None:
    rows = []
    for event, cause, cash, value in drawn:
        purpose = event if event in ("flow", "interest", "fee") else cause
        more = {} if event == "interest" else {"cause": cause}
        rows.append(
            {
                "session": DAY,
                "event": event,
                "purpose": purpose,
                "cash": cash,
                "value": value if event in ("mark", "fill", "settle") else 0,
                **more,
            }
        )
    journal = make_journal(rows)
    final = journal["equity"][-1]
    flows = sum(row["cash"] for row in rows if row["event"] == "flow")
    assert room.attribution(journal)["cents"].sum() == final - flows
    assert room.by_session(journal)["cents"].sum() == final - flows
    room.check(journal, make_equity([{"session": DAY, "equity": final}]))
    with pytest.raises(LawBroken, match="ledger article"):
        room.check(journal, make_equity([{"session": DAY, "equity": final + 1}]))


def test_a_fee_stands_with_what_caused_it(make_journal: Make) -> None:
    journal = make_journal(
        [
            {"session": DAY, "event": "flow", "purpose": "flow", "cash": 1_000},
            {"session": DAY, "event": "fee", "purpose": "fee", "cause": "layer_1", "cash": -7},
            {"session": DAY, "event": "interest", "purpose": "interest", "cash": 3},
        ]
    )
    assert room.attribution(journal).rows() == [
        ("article", "fee", "layer_1", -7),
        ("article", "interest", "interest", 3),
    ]
    assert room.openings(journal) == {"article": 0}


def test_a_forced_sale_stays_with_the_layer_that_was_sold(
    make_journal: Make, make_equity: Make, weekdays: Days
) -> None:
    """The sale and its fee are caused by a margin call; the gain is still that of layer 1."""
    days = weekdays(date(2017, 6, 1), 3)
    lot = {"structure_id": "h", "lot_id": "h-0", "contract": "VIX x 1 C"}
    forced = {"session": days[1], "purpose": "layer_1", "cause": "margin_call"} | lot
    journal = make_journal(
        [
            {"session": days[0], "event": "fill", "purpose": "layer_1", "quantity": 1} | lot,
            forced | {"event": "fill", "quantity": -1, "cash": 500, "value": -300},
            forced | {"event": "fee", "purpose": "fee", "cash": -7},
        ]
    )
    assert room.by_session(journal).rows() == [
        ("article", days[0], "layer_1", 0),
        ("article", days[1], "layer_1", 193),
    ]
    assert ("article", "fee", "margin_call", -7) in room.attribution(journal).rows()
    equity = make_equity([{"session": day, "equity": 193} for day in days])
    assert room.hedge_layers(journal, equity)["total"].to_list() == [193]


def test_stress_covers_the_whole_window_of_the_fall() -> None:
    spx = np.array([100.0] * 6 + [98.0, 96.0, 95.0, 94.0, 94.0] + [94.0] * 8)
    vix = np.full(spx.size, 15.0)
    found = room.stress_sessions(spx, vix)
    # -5 % or more over five sessions is first true at row 8 (95 against 100) and last at row 10
    assert np.flatnonzero(found).tolist() == list(range(4, 11))


def test_stress_by_volatility_and_none_where_it_is_unknown() -> None:
    spx = np.full(12, 100.0)
    vix = np.array([10.0] * 6 + [13.0] + [10.0] * 5)
    assert np.flatnonzero(room.stress_sessions(spx, vix)).tolist() == [2, 3, 4, 5, 6]
    vix[6] = np.nan
    assert not room.stress_sessions(spx, vix).any()
    assert not room.stress_sessions(spx[:5], vix[:5]).any()


def test_layers_are_split_by_calm_and_stress(
    make_journal: Make, make_equity: Make, weekdays: Days
) -> None:
    days = weekdays(date(2017, 6, 1), 200)
    spx = [100.0] * 150 + [93.0] * 50
    call = {"purpose": "layer_1", "structure_id": "h", "lot_id": "h-0", "contract": "VIX x 1 C"}
    bought = {"session": days[10], "event": "fill", "quantity": 5, "cash": -1_000, "value": 1_000}
    calm = {"session": days[20], "event": "mark", "purpose": "layer_1", "value": -600}
    jump = {"session": days[150], "event": "mark", "purpose": "layer_1", "value": 2_000}
    sold = {"session": days[151], "event": "fill", "quantity": -5, "cash": 2_400, "value": -2_400}
    fee = {"session": days[10], "event": "fee", "purpose": "fee", "cause": "layer_1", "cash": -10}
    journal = make_journal(
        [
            {"session": days[0], "event": "flow", "purpose": "flow", "cash": 100_000},
            bought | call | {"order_id": "o1"},
            fee,
            calm,
            jump,
            sold | call | {"order_id": "o2"},
        ]
    )
    equity = make_equity(
        [{"session": d, "spx": s, "equity": 100_000} for d, s in zip(days, spx, strict=True)]
    )
    row = room.hedge_layers(journal, equity).row(0, named=True)
    assert (row["bought"], row["received"], row["fees"]) == (1_000, 2_400, 10)
    assert (row["calm"], row["stress"], row["total"]) == (-610, 2_000, 1_390)
    assert row["purchases"] == 1
    span = (days[-1] - days[0]).days
    assert row["carry_per_year"] == pytest.approx(0.0061 * 365 / span)


def test_the_eve_of_a_crisis(make_journal: Make, make_equity: Make, weekdays: Days) -> None:
    days = weekdays(date(2018, 1, 2), 30)
    rows = []
    for day in days:
        inside = date(2018, 2, 2) <= day <= date(2018, 2, 8)
        rows.append(
            {
                "session": day,
                "spx": 2_600.0 if inside else 2_800.0,
                "vix": 30.0 if inside else 13.0,
                "equity": 1_000_000,
                "layer_1_on": True,
                "layer_2_on": day == date(2018, 2, 1),
                "hedge_ratio": 0.22,
            }
        )
    journal = make_journal(
        [
            {"session": days[0], "event": "flow", "purpose": "flow", "cash": 1_000_000},
            {"session": date(2018, 2, 1), "event": "mark", "purpose": "condor", "value": 77},
            {"session": date(2018, 2, 5), "event": "mark", "purpose": "condor", "value": -50_000},
            {"session": date(2018, 2, 5), "event": "mark", "purpose": "layer_2", "value": 9_000},
            {"session": date(2018, 2, 9), "event": "mark", "purpose": "layer_2", "value": -1},
        ]
    )
    found = crises.eves(journal, make_equity(rows))
    row = found.row(0, named=True)
    assert found.height == 1
    assert row["crisis"] == "February 2018"
    assert row["eve"] == date(2018, 2, 1)
    assert row["layers_on"] == "1, 2"
    assert row["spx_change"] == pytest.approx(2_600 / 2_800 - 1)
    assert (row["condor_gain"], row["hedge_gain"], row["account_gain"]) == (-50_000, 9_000, -41_000)
    assert row["account_return"] == pytest.approx(-0.041)
    assert row["hedge_ratio"] == 0.22
    assert not row["cut"]


def test_a_window_names_the_crises_that_it_lacks() -> None:
    names = [c.name for c in crises.missing_crises(date(2014, 1, 2), date(2018, 12, 31))]
    assert "Autumn 2008" in names
    assert "March 2020" in names
    assert "Bear market of 2022" in names
    assert "February 2018" not in names
    assert crises.missing_crises(date(1990, 1, 2), date(2026, 6, 1)) == ()


def test_a_table_that_ends_inside_a_crisis_says_so(make_journal: Make, make_equity: Make) -> None:
    rows = [
        {"session": day, "equity": 100, "hedge_ratio": None}
        for day in (date(2018, 2, 1), date(2018, 2, 2), date(2018, 2, 5))
    ]
    journal = make_journal(
        [{"session": date(2018, 2, 1), "event": "flow", "purpose": "flow", "cash": 100}]
    )
    row = crises.eves(journal, make_equity(rows)).row(0, named=True)
    assert row["cut"]
    assert row["last"] == date(2018, 2, 5)
    assert row["hedge_ratio"] is None
    assert row["layers_on"] == "none"


def test_endings_count_intents_once_and_alike_reasons_together(make_journal: Make) -> None:
    filled = [
        {"session": DAY, "event": "fill", "state": "filled", "intent_id": "a", "lot_id": str(i)}
        for i in range(4)
    ]
    refused = [
        {
            "session": DAY,
            "event": "end",
            "state": "refused",
            "intent_id": f"r{i}",
            "reason": f"premium cap: {i}.5 % over 20 % on 2018-02-0{i + 1}",
        }
        for i in range(3)
    ]
    found = audit.endings(make_journal([*filled, *refused]))
    assert found.rows() == [
        ("article", "filled", "", 1),
        ("article", "refused", "premium cap: … % over … % on …", 3),
    ]


def test_one_and_several_are_one_reason_and_the_state_is_not_said_twice(
    make_journal: Make,
) -> None:
    reasons = (
        "the cap leaves $12 for 1 contract at $131.25: none bought",
        "the cap leaves $1 for 21 contracts at $131: none bought",
        "refused: price: a credit of 0.10 a unit is worse than the worst allowed, a debit of 1.20",
        "price: a debit of 2.10 a unit is worse than the worst allowed, a credit of 0.05",
        "1.00 call units were its part, 1 day left",
    )
    rows = [
        {"session": DAY, "event": "end", "state": "refused", "intent_id": f"r{i}", "reason": reason}
        for i, reason in enumerate(reasons)
    ]
    assert audit.endings(make_journal(rows)).rows() == [
        ("article", "refused", "price: … a unit is worse than the worst allowed, …", 2),
        ("article", "refused", "the cap leaves $… for … contracts at $…: none bought", 2),
        ("article", "refused", "… call units were its part, … days left", 1),
    ]


def test_an_order_whose_holding_settled_first_counts_apart(make_journal: Make) -> None:
    """So that the settled holdings are as many as the lots in the table of settlements."""
    state = {"session": DAY, "state": "settled by proxy", "contract": "VIX 2018-03-21 20 C"}
    lots = [state | {"event": "settle", "lot_id": name, "intent_id": None} for name in "ab"]
    pending = state | {"event": "end", "intent_id": "roll", "reason": "its contracts settled"}
    journal = make_journal([*lots, pending])
    assert audit.endings(journal).rows() == [
        ("article", "settled by proxy", "", 2),
        ("article", "settled by proxy", audit.SETTLED_FIRST, 1),
    ]
    assert audit.proxies(journal)["lots"].to_list() == [2]


def test_what_was_filled_at_which_kind_of_price(make_journal: Make) -> None:
    """A mark or a settlement is no fill."""
    rows = [
        {
            "session": DAY,
            "event": event,
            "purpose": purpose,
            "quality": quality,
            "contract": contract,
        }
        for event, purpose, quality, contract in (
            ("fill", "condor", "quoted", "SPXW 2018-03-21 2700 P"),
            ("mark", "condor", "modelled", "SPXW 2018-03-21 2700 P"),
            ("fill", "layer_1", "modelled", "VIX 2018-03-21 20 C"),
            ("fill", "layer_3", "quoted", "VIX 2018-03-21 20 C"),
            ("fill", "layer_3", "settlement", "VX 2018-03-21"),
        )
    ]
    found = audit.filled_at(make_journal(rows))
    assert found == {
        "condor": {"quoted"},
        "options": {"modelled", "quoted"},
        "futures": {"settlement"},
    }


def test_proxies_carry_their_bounds(make_journal: Make) -> None:
    row = {"session": DAY, "event": "settle", "contract": "VIX 2018-03-21 20 C", "source": "x"}
    by_proxy = row | {"state": "settled by proxy", "cash": 100, "low": 80, "high": 150}
    by_value = row | {"state": "settled by value", "cash": 30, "source": "VRO"}
    found = audit.proxies(make_journal([by_proxy, by_proxy, by_value]))
    assert found.rows() == [
        ("article", "VIX", "VRO", False, 1, 30, None, None),
        ("article", "VIX", "x", True, 2, 200, 160, 300),
    ]


@pytest.mark.parametrize(
    ("qualities", "fill", "marks", "expected"),
    [
        (["quoted"], "quoted", 0, False),
        (["quoted", "modelled"], "quoted", 0, True),
        (["quoted"], "modelled, hypothetical listing", 0, True),
        (["quoted"], "quoted", 1, True),
        (["simulated"], "quoted", 0, True),
    ],
)
def test_anything_modelled_is_noticed(
    make_journal: Make,
    make_equity: Make,
    qualities: list[str],
    fill: str,
    marks: int,
    expected: bool,
) -> None:
    journal = make_journal([{"session": DAY, "event": "fill", "quality": fill}])
    equity = make_equity([{"session": DAY, "equity": 0, "modelled_marks": marks}])
    assert audit.modelled(journal, equity, qualities) is expected
