"""Every event as postings: by hand from a deposit to a settlement, and over any desk."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from steward.ledger.accounts import Account
from steward.ledger.laws import holding_value
from steward.ledger.postings import (
    ACCOUNTS,
    balanced,
    holdings_account,
    postings,
    trial_balance,
    with_sleeve,
)
from steward.ledger.splits import Split
from steward.market.tables import EQUITY, JOURNAL
from steward.terms.contracts import ShareContract, vx
from steward.terms.errors import LawBroken
from steward.terms.trades import Leg

from .by_hand import condor, filled, table, trade
from .desk import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Market,
    order,
    send,
    started,
    vix_call,
)
from .machine import Desk

CASH, OWNER = "Assets:Cash", "Equity:Owner"
CONDORS, LAYER_1 = "Assets:Holdings:Condor", "Assets:Holdings:Layer-1"


def entries(account: Account, session: date) -> list[tuple[str, dict[str, int]]]:
    """Of one session: each event with its postings; those without any too."""
    frame = account.frame()
    made = postings(frame)
    rows = frame.filter(pl.col("session") == session)
    return [
        (event, dict(made.filter(pl.col("sequence") == number).select("account", "cents").rows()))
        for number, event in rows.select("sequence", "event").rows()
    ]


def balance(account: Account, until: date | None = None) -> dict[str, int]:
    found = trial_balance(account.frame(), until)
    assert found["cents"].sum() == 0
    return dict(found.select("account", "cents").rows())


# --- by hand -------------------------------------------------------------------------------------


def test_a_condor_from_its_opening_to_its_settlement() -> None:
    account = condor()
    result, fees = "Income:Result:Condor", "Expenses:Fees:Condor"
    assert entries(account, THURSDAY) == [
        ("flow", {CASH: 25_000_000, OWNER: -25_000_000}),
        ("order", {}),
    ]
    assert entries(account, FRIDAY) == [
        ("interest", {CASH: 2_500, "Income:Interest": -2_500}),
        ("fill", {CASH: -166_000, CONDORS: 166_000}),
        ("fee", {CASH: -230, fees: 230}),
        ("fill", {CASH: 242_800, CONDORS: -242_800}),
        ("fee", {CASH: -231, fees: 231}),
        ("fill", {CASH: 84_000, CONDORS: -84_000}),
        ("fee", {CASH: -232, fees: 232}),
        ("fill", {CASH: -27_800, CONDORS: 27_800}),
        ("fee", {CASH: -233, fees: 233}),
        # Worth -1,330.00 as sold; at the mids 8.20, 12.30, 4.30, 1.325 it is -1,415.00.
        ("mark", {CONDORS: -8_500, result: 8_500}),
    ]
    assert entries(account, TUESDAY) == [
        # Each lot leaves at its last mark; what it does not pay is lost, or gained where it is due.
        ("settle", {CONDORS: -164_000, result: 164_000}),
        ("settle", {CASH: -290_000, CONDORS: 246_000, result: 44_000}),
        ("settle", {CONDORS: 86_000, result: -86_000}),
        ("settle", {CONDORS: -26_500, result: 26_500}),
    ]
    assert balance(account, FRIDAY) == {
        CASH: 25_134_574,
        CONDORS: -141_500,
        OWNER: -25_000_000,
        result: 8_500,
        "Income:Interest": -2_500,
        fees: 926,
    }
    assert balance(account) == {
        CASH: 24_844_574,
        CONDORS: 0,
        OWNER: -25_000_000,
        result: 157_000,
        "Income:Interest": -2_500,
        fees: 926,
    }


def test_a_loss_on_a_sale_is_a_result_of_its_layer() -> None:
    """Bought 3 calls at 1.20, marked at 1.10, one sold at 0.90, at the orders of a margin call."""
    account, market, call = started(), Market(), vix_call(18.0)
    bought = order(
        [Leg(contract=call, quantity=1)], session=THURSDAY, quantity=3, purpose="layer_1"
    )
    trade(account, bought, FRIDAY, (12_000, 330))
    market.set(FRIDAY, call, 1.00, 1.20)
    account.mark(market.view(FRIDAY).mark)
    (lot,) = account.lots
    sold = order(
        [Leg(contract=call, quantity=-1, lot_id=lot.lot_id)],
        session=FRIDAY,
        order_id="2",
        purpose="margin_call",
        action="close",
    )
    trade(account, sold, MONDAY, (9_000, 110))
    result, fees = "Income:Result:Layer-1", "Expenses:Fees:Layer-1"
    assert entries(account, FRIDAY) == [
        ("fill", {CASH: -36_000, LAYER_1: 36_000}),
        ("fee", {CASH: -330, fees: 330}),
        ("mark", {LAYER_1: -3_000, result: 3_000}),
        ("order", {}),
    ]
    assert entries(account, MONDAY) == [
        ("fill", {CASH: 9_000, LAYER_1: -11_000, result: 2_000}),
        ("fee", {CASH: -110, fees: 110}),
    ]
    (fee,) = with_sleeve(account.frame()).filter(session=MONDAY, event="fee").rows(named=True)
    assert (fee["purpose"], fee["cause"], fee["sleeve"]) == ("fee", "margin_call", "layer_1")


def test_a_future_is_paid_day_by_day_and_debt_costs_interest() -> None:
    """Bought one VX at 15.00, 16.25 at the close, sold at 15.75; the owner takes more than all."""
    account, market, future = started(capital=0), Market(), vx(WEDNESDAY)
    bought = order([Leg(contract=future, quantity=1)], session=THURSDAY, purpose="layer_2")
    trade(account, bought, FRIDAY, (150_000, 175))
    market.set(FRIDAY, future, 16.20, 16.30)
    account.vary(market.view(FRIDAY).mark)
    account.mark(market.view(FRIDAY).mark)
    account.flow(-36_500_000 - account.cash)
    (lot,) = account.lots
    sold = order(
        [Leg(contract=future, quantity=-1, lot_id=lot.lot_id)],
        session=FRIDAY,
        order_id="2",
        purpose="layer_2",
        action="close",
    )
    send(account, sold)
    account.begin(MONDAY)
    # A debt of 365,000.00 for 3 days at 4 + 1 % a year: 150.00.
    account.accrue(0.04, debit_spread=0.01)
    account.receive(filled(sold, MONDAY, ((157_500, 175),)))
    result, fees = "Income:Result:Layer-2", "Expenses:Fees:Layer-2"
    assert entries(account, FRIDAY) == [
        ("fill", {}),
        ("fee", {CASH: -175, fees: 175}),
        ("variation", {CASH: 125_000, result: -125_000}),
        ("flow", {CASH: -36_624_825, OWNER: 36_624_825}),
        ("order", {}),
    ]
    assert entries(account, MONDAY) == [
        ("interest", {CASH: -15_000, "Expenses:MarginInterest": 15_000}),
        ("fill", {}),
        ("variation", {CASH: -50_000, result: 50_000}),
        ("fee", {CASH: -175, fees: 175}),
    ]
    # One future of 1,000 dollars a point gained 0.75: 750.00.
    assert balance(account)[result] == -75_000


def test_a_split_pays_for_a_fraction() -> None:
    """13 shares bought at 10.00 become 2 at a mark of 50.00, and 3/5 of a share at 48.00."""
    account, share = started(), ShareContract(symbol="VXX")
    bought = order([Leg(contract=share, quantity=13)], session=THURSDAY, purpose="second_engine")
    trade(account, bought, FRIDAY, (100_000, 100))
    account.send(())
    account.begin(MONDAY)
    account.split(Split(symbol="VXX", new=1, old=5, price=480_000))
    held, result = "Assets:Holdings:Second-Engine", "Income:Result:Second-Engine"
    assert entries(account, FRIDAY) == [
        ("fill", {CASH: -13_000, held: 13_000}),
        ("fee", {CASH: -100, "Expenses:Fees:Second-Engine": 100}),
    ]
    assert entries(account, MONDAY) == [("split", {CASH: 2_880, held: -3_000, result: 120})]


def test_names_of_accounts() -> None:
    assert holdings_account("layer_2") == "Assets:Holdings:Layer-2"
    assert holdings_account("interest") is None
    assert len(set(ACCOUNTS)) == len(ACCOUNTS) == 19


def test_each_ledger_has_its_own_accounts() -> None:
    one, two = started("one", capital=100), started("two", capital=300)
    both = pl.concat([one.frame(), two.frame()])
    assert trial_balance(both).rows() == [
        ("one", CASH, 100),
        ("one", OWNER, -100),
        ("two", CASH, 300),
        ("two", OWNER, -300),
    ]


def test_nothing_is_balanced_too() -> None:
    journal, equity = pl.DataFrame(schema=dict(JOURNAL)), pl.DataFrame(schema=dict(EQUITY))
    balanced(journal, equity)
    assert trial_balance(journal).is_empty()


# --- the law -------------------------------------------------------------------------------------


@pytest.fixture
def sound() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The condor's journal, and the equity table beside it; between two sessions nothing moves."""
    days = {
        THURSDAY: (25_000_000, 0),
        FRIDAY: (25_134_574, -141_500),
        MONDAY: (25_134_574, -141_500),
        TUESDAY: (24_844_574, 0),
    }
    equity = table(
        [
            {"ledger": "test", "session": day, "cash": cash, "condor": held, "equity": cash + held}
            for day, (cash, held) in days.items()
        ]
    )
    return condor().frame(), equity


Sound = tuple[pl.DataFrame, pl.DataFrame]


def changed(frame: pl.DataFrame, where: dict[str, Any], column: str, value: Any) -> pl.DataFrame:
    hit = pl.all_horizontal(pl.col(name) == wanted for name, wanted in where.items())
    new = pl.lit(value, dtype=frame.schema[column])
    assert frame.filter(hit).height
    return frame.with_columns(pl.when(hit).then(new).otherwise(pl.col(column)).alias(column))


def test_a_sound_journal_balances(sound: Sound) -> None:
    balanced(*sound)


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (4, "cash", 0, "the fee of row 4 is off by 230 cents"),
        (4, "cash", -229, "the fee of row 4 is off by 1 cents"),
        (4, "cash", None, "the fee of row 4 is off by 230 cents"),
        (11, "value", -8_400, "the mark of row 11 is off by 100 cents"),
        (11, "equity", 24_993_073, "the mark of row 11 is off by 1 cents"),
        (0, "event", "order", "the order of row 0 moves money that no account is for"),
        (11, "purpose", "cash", "the mark of row 11 moves money that no account is for"),
        (2, "purpose", "dividend", "the interest of row 2 moves money that no account is for"),
    ],
)
def test_a_changed_row_does_not_balance(
    sound: Sound, row: int, column: str, value: Any, said: str
) -> None:
    journal, equity = sound
    with pytest.raises(LawBroken, match=said) as found:
        balanced(changed(journal, {"sequence": row}, column, value), equity)
    assert found.value.law == (
        "double entry: each event balances, and the accounts are the equity table"
    )
    assert found.value.event.startswith("ledger test, session 2018-02-0")


def test_a_row_that_was_taken_out_leaves_a_gap(sound: Sound) -> None:
    journal, equity = sound
    gone = journal.filter(pl.col("sequence") != 11)
    # The gap of 85.00 opens at the row after it.
    with pytest.raises(LawBroken, match="the settle of row 12 is off by 8500 cents"):
        balanced(gone, equity)


def test_a_whole_entry_that_was_taken_off_the_end_is_missed(sound: Sound) -> None:
    journal, equity = sound
    with pytest.raises(LawBroken, match=r"session 2018-02-06: Assets:Holdings:Condor is at 26500 "):
        balanced(journal.head(-1), equity)


def test_money_in_the_wrong_purpose_is_found_by_the_equity_table(sound: Sound) -> None:
    journal, equity = sound
    wrong = changed(journal, {"sequence": 11}, "purpose", "layer_1")
    with pytest.raises(LawBroken) as found:
        balanced(wrong, equity)
    assert found.value.event == (
        "ledger test, session 2018-02-02: Assets:Holdings:Condor is at -133000 cents by its "
        "postings, the equity table says -141500 of condor"
    )


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("cash", 1, "Assets:Cash is at 25134574 cents by its postings, the equity table says 1 of"),
        ("cash", None, "the equity table says None of cash"),
        ("layer_2", 1, "Assets:Holdings:Layer-2 is at 0 cents"),
        ("equity", 24_993_073, "Assets is at 24993074 cents"),
    ],
)
def test_an_equity_table_that_says_otherwise(
    sound: Sound, column: str, value: int | None, said: str
) -> None:
    journal, equity = sound
    # On a session on which nothing was booked, too.
    with pytest.raises(LawBroken, match=f"ledger test, session 2018-02-05: .*{said}"):
        balanced(journal, changed(equity, {"session": MONDAY}, column, value))


def test_a_session_that_the_equity_table_does_not_have(sound: Sound) -> None:
    journal, equity = sound
    with pytest.raises(
        LawBroken, match=r": ledger test, session 2018-02-02: is not in the equity table\W*$"
    ):
        balanced(journal, equity.filter(pl.col("session") != FRIDAY))


def test_a_purpose_without_a_column_counts_in_the_whole() -> None:
    account, share = started(capital=20_000), ShareContract(symbol="VXX")
    bought = order([Leg(contract=share, quantity=13)], session=THURSDAY, purpose="second_engine")
    trade(account, bought, FRIDAY, (100_000, 0))
    days = [
        {"ledger": "test", "session": THURSDAY, "cash": 20_000, "equity": 20_000},
        {"ledger": "test", "session": FRIDAY, "cash": 7_000, "equity": 20_000},
    ]
    balanced(account.frame(), table(days))
    days[1]["equity"] = 7_000
    with pytest.raises(LawBroken, match="Assets is at 20000 cents"):
        balanced(account.frame(), table(days))


# --- any desk ------------------------------------------------------------------------------------


class Bookkeeper(Desk):
    """The desk of the conservation test, with an equity table kept beside it."""

    @invariant()
    def keep_the_equity_table(self) -> None:
        account = self.bench.account
        marks = account._books.holdings.mids_twice
        row: dict[str, Any] = {
            "ledger": account.ledger,
            "session": account.session,
            "cash": account.cash,
            "equity": account.equity,
        }
        for lot in account.lots:
            worth = holding_value(lot, marks[lot.lot_id])
            row[lot.purpose] = row.get(lot.purpose, 0) + worth
        kept = self.__dict__.setdefault("kept", {})
        kept[account.session] = row

    def teardown(self) -> None:
        super().teardown()
        frame = self.bench.account.frame()
        balanced(frame, table(list(self.__dict__["kept"].values())))
        made = postings(frame)
        assert made.group_by("sequence").agg(pl.col("cents").sum())["cents"].unique().len() <= 1
        assert made["cents"].sum() == 0


TestBookkeeper = Bookkeeper.TestCase
TestBookkeeper.settings = settings(max_examples=25, stateful_step_count=30)
