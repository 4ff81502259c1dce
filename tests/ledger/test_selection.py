"""Rows that a reader asks for, on the condor of `by_hand` and a layer that was refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from steward.ledger.selection import Wanted, asked, chosen, instead, moved, unknown
from steward.terms.trades import Leg

from .by_hand import condor, trade
from .desk import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, intent, order, vix_call


@pytest.fixture(scope="module")
def journal() -> pl.DataFrame:
    """Rows 0 to 15 are the condor's; then a wish of layer 1 is dropped and a call is sold at once.

    16 end, 17 order of layer 1, 18 its fill, 19 its fee, in the name of a margin call.
    """
    account = condor()
    call = vix_call(18.0, expiry=date(2018, 3, 21))
    dropped = order([], session=TUESDAY, order_id="7", purpose="layer_1", structure_id="Hedge")
    account.intend([intent(dropped, rule="target")])
    account.drop(intent(dropped, rule="target"), "lapsed", "too small")
    sent = order(
        [Leg(contract=call, quantity=1)],
        session=TUESDAY,
        order_id="8",
        purpose="layer_1",
        structure_id="Hedge B",
        rule="target",
    )
    trade(account, sent, WEDNESDAY, (12_000, 110))
    return account.frame()


def numbers(journal: pl.DataFrame, **fields: Any) -> list[int]:
    return chosen(journal, Wanted(**fields))["sequence"].to_list()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, list(range(20))),
        ({"first": FRIDAY, "last": FRIDAY}, list(range(2, 12))),
        ({"first": WEDNESDAY}, [18, 19]),
        ({"last": THURSDAY}, [0, 1]),
        ({"events": ("flow", "interest")}, [0, 2]),
        ({"purposes": ("layer_1",)}, [16, 17, 18, 19]),
        ({"purposes": ("fee",)}, [4, 6, 8, 10, 19]),
        ({"purposes": ("layer_1",), "events": ("fee",)}, [19]),
        ({"purposes": ("flow", "interest")}, [0, 2]),
        ({"states": ("settled by value", "lapsed")}, [12, 13, 14, 15, 16]),
        ({"rules": ("target",)}, [16, 17, 18, 19]),
        ({"structure": "hedge"}, [16, 17, 18, 19]),
        ({"structure": "HEDGE B"}, [17, 18, 19]),
        ({"contract": "2630 p"}, [5, 6, 13]),
        ({"contract": "."}, []),
        ({"order": "8"}, [17, 18, 19]),
        ({"order": "i7"}, [16]),
        ({"lot": "1.4"}, [9, 10, 15]),
        ({"events": ("settle",), "purposes": ("layer_1",)}, []),
    ],
)
def test_rows_that_fit(journal: pl.DataFrame, fields: dict[str, Any], expected: list[int]) -> None:
    assert numbers(journal, **fields) == expected


def test_what_rows_moved(journal: pl.DataFrame) -> None:
    # The condor's fills brought 1,330.00 and it cost 2,900.00 to settle; its holdings are gone.
    rows = chosen(journal, Wanted(purposes=("condor",), events=("fill", "mark", "settle")))
    assert moved(rows) == (133_000 - 290_000, 0)
    assert moved(chosen(journal, Wanted(events=("mark",)))) == (0, -8_500)
    assert moved(journal.clear()) == (0, 0)


def test_what_is_asked_for() -> None:
    assert asked(Wanted()) == []
    assert asked(Wanted(last=FRIDAY, lot="1", events=("fee",))) == ["sessions", "events", "lot"]


def test_what_else_could_be_asked(journal: pl.DataFrame) -> None:
    """Each choice is replaced for the sake of all the others."""
    assert instead(journal, Wanted(events=("settle",), purposes=("layer_1",))) == {
        "events": ["end", "fee", "fill", "order"],
        "purposes": ["condor"],
    }
    assert instead(journal, Wanted(purposes=("cash",), events=("fee",))) == {
        "events": ["end", "fee", "fill", "flow", "interest", "mark", "order", "settle"],
        "purposes": ["condor", "fee", "layer_1"],
    }
    assert instead(journal, Wanted(order="12", lot="1.4"))["order"] == ["1", "i1"]
    assert instead(journal, Wanted(first=date(2019, 1, 1))) == {
        "sessions": ["2018-02-01", "2018-02-02", "2018-02-06", "2018-02-07"]
    }
    # None of the two alone would do: all values are named.
    both = instead(journal, Wanted(states=("stale",), rules=("none",)))
    assert both == {"states": ["filled", "lapsed", "settled by value"], "rules": ["target"]}
    assert instead(journal.filter(pl.col("rule").is_null()), Wanted(rules=("none",))) == {
        "rules": []
    }


def test_names_that_no_row_has(journal: pl.DataFrame) -> None:
    """Rules by the whole name, others by a part of it; days and closed lists are not looked at."""
    fits = Wanted(rules=("target",), structure="hedge b", contract="2018-03", order="I8", lot="1.4")
    assert unknown(journal, fits) == []
    assert unknown(journal, Wanted(first=date(2030, 1, 1), states=("stale",))) == []
    assert unknown(journal, Wanted(rules=("target", "targ", "no"))) == [
        ("rules", "targ", ["target"]),
        ("rules", "no", ["target"]),
    ]
    # What is of a closed list stands between, and hides nothing behind it.
    none_of_these = Wanted(
        states=("stale",), rules=("no",), structure="zz", contract="zz", order="zz", lot="zz"
    )
    assert [name for name, _, _ in unknown(journal, none_of_these)] == [
        "rules",
        "structure",
        "contract",
        "order",
        "lot",
    ]
    ((name, value, known),) = unknown(journal, Wanted(contract="2631"))
    assert (name, value, known[0], len(known)) == ("contract", "2631", "SPXW 2018-02-06 2600 P", 5)
    none = journal.filter(pl.col("rule").is_null())
    assert unknown(none, Wanted(rules=("target",))) == [("rules", "target", [])]
