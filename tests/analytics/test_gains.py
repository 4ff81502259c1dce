"""Tables of where the money went: each adds up to the same sum."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.analytics import gains as room
from steward.analytics.explained import MARKET, TERMS, explained
from steward.market.tables import GAINS, conform
from steward.terms.errors import StewardError

from .gains_by_hand import CALL_JOURNAL, CALL_MARKS, FRIDAY, MONDAY, TUESDAY, marks_of

NEW_YEAR = date(2019, 1, 2)


def gains_of(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Session, purpose, instrument, term, rule, cents of the ledger `article`."""
    whole = [("article", *row) for row in rows]
    return conform(pl.DataFrame(whole, schema=dict(GAINS), orient="row"), GAINS, table="gains")


SOME = gains_of(
    (FRIDAY, "condor", "SPX put", "theta", None, 500),
    (FRIDAY, "condor", "SPX call", "slippage", "condor_entry", -40),
    (FRIDAY, "layer_1", "VIX call", "slippage", "target", -90),
    (FRIDAY, "layer_1", "VIX call", "fees", "target", -11),
    (MONDAY, "condor", "SPX put", "fees", None, -7),  # of a settlement: nobody wanted it
    (MONDAY, "condor", "SPX put", "residual", None, 3),
    (NEW_YEAR, "cash", None, "interest", None, 20),
)


def names(by: room.By) -> list[str]:
    return room.table(SOME, by)[by].to_list()


def test_rows_stand_in_the_order_of_a_reader() -> None:
    assert names("purpose") == ["condor", "layer_1", "cash"]
    assert names("instrument") == ["SPX call", "SPX put", "VIX call", "cash"]
    assert names("year") == ["2018", "2019"]
    assert names("month") == ["2018-02", "2019-01"]
    # the dearest rule first, then what happened to what was held, then cash
    assert names("rule") == ["target", "condor_entry", "no rule", "held", "cash"]


def test_a_cell_is_the_sum_of_its_rows() -> None:
    by_purpose = {row["purpose"]: row for row in room.table(SOME, "purpose").iter_rows(named=True)}
    condor = by_purpose["condor"]
    assert (condor["theta"], condor["slippage"], condor["fees"]) == (500, -40, -7)
    assert condor["residual"] == 3
    assert condor["total"] == 456
    assert by_purpose["cash"]["interest"] == by_purpose["cash"]["total"] == 20
    assert condor["gamma"] == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from([FRIDAY, MONDAY, TUESDAY, NEW_YEAR]),
            st.sampled_from(["condor", "layer_2", "second_engine", "cash"]),
            st.sampled_from(["SPX put", "VX future", None]),
            st.sampled_from(TERMS),
            st.sampled_from(["target", "condor_entry", None]),
            st.integers(-(10**9), 10**9),
        ),
        max_size=30,
    )
)
def test_every_table_adds_up_to_the_same(rows: list[tuple[Any, ...]]) -> None:
    gains = gains_of(*rows)
    whole = sum(row[-1] for row in rows)
    by_term = {term: sum(row[-1] for row in rows if row[3] == term) for term in TERMS}
    for by in room.BY:
        found = room.table(gains, by)
        assert room.together(found) == {**by_term, "total": whole}
        assert found[by].n_unique() == found.height
    course = room.course(gains, [FRIDAY, MONDAY, TUESDAY, NEW_YEAR])
    assert course["total"][-1] == whole
    assert {term: course[term][-1] for term in TERMS} == by_term


def test_a_ledger_that_is_none_is_refused() -> None:
    assert room.of_ledger(SOME, "article", ["cash", "article"]).height == SOME.height
    assert room.of_ledger(SOME, "cash", ["cash", "article"]).is_empty()
    with pytest.raises(StewardError, match="no ledger is named 'artikel': there are cash, article"):
        room.of_ledger(SOME, "artikel", ["cash", "article"])


def test_an_empty_table_has_its_columns() -> None:
    found = room.table(SOME.clear(), "purpose")
    assert found.columns == ["purpose", *TERMS, "total"]
    assert found.is_empty()
    assert room.together(found) == dict.fromkeys((*TERMS, "total"), 0)


def test_what_trading_cost_by_rule(make_journal: Any) -> None:
    """Of the call of VIX: bought with two contracts by one rule, sold by another."""
    settled = {"session": TUESDAY, "event": "fee", "purpose": "fee", "cash": -5}
    journal = make_journal(
        [*CALL_JOURNAL, settled | {"lot_id": "a", "contract": CALL_MARKS[0]["contract"]}]
    )
    gains = explained(journal, marks_of(CALL_MARKS))
    assert room.costs(gains, journal).rows() == [
        ("target", 1, 2, -600, -212, -812),
        ("roll_floor", 1, 2, -600, 0, -600),
        ("no rule", 0, 0, 0, -5, -5),
    ]


def test_the_course_stands_on_every_day(make_journal: Any) -> None:
    gains = explained(make_journal(CALL_JOURNAL), marks_of(CALL_MARKS))
    days = [date(2018, 2, 1), FRIDAY, MONDAY, TUESDAY, date(2018, 2, 7)]
    course = room.course(gains, days)
    assert course["session"].to_list() == days
    assert course["total"].to_list() == [0, -812, 17_228, 12_628, 12_628]
    assert course["theta"].to_list() == [0, 0, -822, -1_156, -1_156]
    assert course["fees"].to_list() == [0, -212, -212, -212, -212]
    assert set(MARKET) < set(course.columns)
