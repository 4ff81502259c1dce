"""The books of a whole run broken on purpose, in many ways: each is caught, as the law it breaks.

A fault is put into one ledger of a backtest, once. The run must stop there and then, or when the
rows are held against the book at its end, and must name the law, the ledger and the session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import polars as pl
import pytest

from steward.ledger import books, chain, laws
from steward.ledger.accounts import Account
from steward.ledger.fills import FillRules, Simulator, Taken
from steward.ledger.settlement import SettlementValue
from steward.ledger.working import WorkingOrders
from steward.market.history import History
from steward.market.settlements import settlement_value
from steward.market.tables import JOURNAL
from steward.market.view import MarketView
from steward.runs.backtest import backtest
from steward.runs.settings import CONDORS, Settings
from steward.terms.contracts import Contract, OptionContract
from steward.terms.errors import LawBroken
from steward.terms.trades import Fill, Lot, Order, Refusal

SESSIONS = 57
"""Orders work at the end of the last one, in both worlds."""


@dataclass
class Put:
    """Where the fault went in: into one ledger, in one session, or not yet; `last` of the run."""

    last: date
    ledger: str | None = None
    session: date | None = None

    def into(self, account: Account) -> None:
        self.ledger, self.session = account.ledger, account.session

    @property
    def done(self) -> bool:
        return self.ledger is not None


Patch = pytest.MonkeyPatch
Act = Callable[[Account], bool]


def after(patch: Patch, put: Put, name: str, act: Act) -> None:
    """Once, when the account has done `name`, `act` on it, if it finds something to act on."""
    whole = getattr(Account, name)

    def and_then(self: Account, *given: Any, **named: Any) -> Any:
        found = whole(self, *given, **named)
        if not put.done and act(self):
            put.into(self)
        return found

    patch.setattr(Account, name, and_then)


def instead(patch: Patch, put: Put, name: str, act: Callable[..., bool]) -> None:
    """Once, `act` in the place of what the account does under `name`, if it can."""
    whole = getattr(Account, name)

    def or_not(self: Account, *given: Any, **named: Any) -> Any:
        if not put.done and act(whole, self, *given, **named):
            put.into(self)
            return ()
        return whole(self, *given, **named)

    patch.setattr(Account, name, or_not)


def hedge(account: Account) -> Lot | None:
    return next((x for x in account.lots if x.purpose != "condor"), None)


# --- money, lots and marks -----------------------------------------------------------------------


def a_cent_is_taken(patch: Patch, put: Put) -> None:
    def take(account: Account) -> bool:
        if account.lots:
            account._books.cash -= 1
        return account.lots != ()

    after(patch, put, "vary", take)


def a_cent_is_given_after_the_marks(patch: Patch, put: Put) -> None:
    def give(account: Account) -> bool:
        if account.lots:
            account._books.cash += 1
        return account.lots != ()

    after(patch, put, "mark", give)


def a_fee_is_booked_and_not_paid(patch: Patch, put: Put) -> None:
    whole = books.Books._pay

    def unpaid(self: books.Books, fee: int, lot: Lot, **fields: Any) -> None:
        if fee and not put.done:
            put.ledger, put.session = self.ledger, self.session
            self.cash += fee
        whole(self, fee, lot, **fields)

    patch.setattr(books.Books, "_pay", unpaid)


def a_hedge_is_dropped(patch: Patch, put: Put) -> None:
    def drop(account: Account) -> bool:
        lot = hedge(account)
        if lot is not None:
            account._books.holdings.drop(lot)
        return lot is not None

    after(patch, put, "mark", drop)


def a_hedge_is_doubled(patch: Patch, put: Put) -> None:
    def double(account: Account) -> bool:
        lot = hedge(account)
        if lot is not None:
            account._books.holdings.add(replace(lot, lot_id="copy"))
        return lot is not None

    after(patch, put, "vary", double)


def a_mark_that_nobody_wrote(patch: Patch, put: Put) -> None:
    def mark(account: Account) -> bool:
        marks = account._books.holdings._mids_twice
        for lot_id in list(marks)[:1]:
            marks[lot_id] += 200
        return bool(marks)

    after(patch, put, "mark", mark)


def a_purchase_at_another_price_than_booked(patch: Patch, put: Put) -> None:
    """The lot remembers a kinder price than the row of its fill: only the fold can know."""

    def remember(account: Account) -> bool:
        lot = hedge(account)
        if lot is not None:
            account._books.holdings._lots[lot.lot_id] = replace(lot, price=lot.price - 500)
        return lot is not None

    after(patch, put, "mark", remember)


# --- intents and orders --------------------------------------------------------------------------


def an_intent_vanishes(patch: Patch, put: Put) -> None:
    def send(whole: Any, account: Account, orders: Sequence[Order]) -> bool:
        if len(orders) == 0:
            return False
        put.into(account)
        whole(account, list(orders)[1:])
        return True

    instead(patch, put, "send", send)


def an_intent_has_two_orders(patch: Patch, put: Put) -> None:
    def send(whole: Any, account: Account, orders: Sequence[Order]) -> bool:
        if len(orders) == 0:
            return False
        put.into(account)
        whole(account, [*orders, replace(orders[0], order_id="twin")])
        return True

    instead(patch, put, "send", send)


def orders_are_forgotten(patch: Patch, put: Put) -> None:
    def trade(whole: Any, account: Account, venue: Any, view: Any) -> bool:
        return account.book.open_orders != ()

    instead(patch, put, "trade", trade)


def an_intent_ends_twice(patch: Patch, put: Put) -> None:
    def end(account: Account) -> bool:
        for order in account.book.open_orders[:1]:
            put.into(account)
            account.cancel(order.intent_id, "once")
            account._finish(replace(order), "lapsed", "and once more")
        return False

    whole = WorkingOrders.take_off
    patch.setattr(
        WorkingOrders, "take_off", lambda self, o: whole(self, o) if o in self.orders else None
    )
    after(patch, put, "begin", end)


def a_working_order_has_other_terms(patch: Patch, put: Put) -> None:
    """What works is not what was sent, on the last day: nothing but the fold looks at it."""

    def change(account: Account) -> bool:
        working = account._working._orders
        if account.session != put.last or not working:
            return False
        name, order = next(iter(working.items()))
        working[name] = replace(order, worst=None, retry=9)
        return True

    after(patch, put, "send", change)


def a_row_is_rewritten_in_memory(patch: Patch, put: Put) -> None:
    """A cent from value to cash in a row of before: its sum stays as it was."""

    def rewrite(account: Account) -> bool:
        rows = account._books.journal._rows
        for place, (session, equity, event) in enumerate(rows):
            if event.event == "fill":
                other = replace(event, cash=event.cash + 1, value=event.value - 1)
                rows[place] = (session, equity, other)
                return True
        return False

    after(patch, put, "check", rewrite)


# --- what the venue says -------------------------------------------------------------------------


@dataclass
class Faulty:
    """A venue that simulates and gets one fill wrong, of the first order that it can."""

    put: Put
    change: Callable[[Fill], Fill | None]
    right: Simulator

    def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        found = self.right.fill(order, view, taken)
        if isinstance(found, Fill) and not self.put.done:
            other = self.change(found)
            if other is not None:
                self.put.ledger, self.put.session = CONDORS, view.session
                return other
        return found


def venue(change: Callable[[Fill], Fill | None]) -> Callable[[Patch, Put], None]:
    """The run gets this venue in the place of the simulator."""

    def fault(patch: Patch, put: Put) -> None:
        def faulty(rules: FillRules, *, broker: str) -> Faulty:
            return Faulty(put, change, Simulator(rules, broker=broker))

        patch.setattr("steward.runs.backtest.Simulator", faulty)

    return fault


def dated_back(fill: Fill) -> Fill:
    return replace(fill, session=fill.order.session)


def one_unit_more(fill: Fill) -> Fill:
    units = fill.order.quantity + 1
    legs = [replace(part, quantity=units * part.leg.quantity) for part in fill.legs]
    return replace(fill, legs=tuple(legs))


def a_leg_is_missing(fill: Fill) -> Fill:
    return replace(fill, legs=fill.legs[:-1])


def one_leg_less_than_the_others(fill: Fill) -> Fill | None:
    first = fill.legs[0]
    return replace(fill, legs=(replace(first, quantity=first.quantity + 1), *fill.legs[1:]))


def legs_beside_the_net(fill: Fill) -> Fill:
    first = fill.legs[0]
    return replace(fill, legs=(replace(first, price=first.price + 100), *fill.legs[1:]))


def another_order(fill: Fill) -> Fill:
    return replace(fill, order=replace(fill.order, order_id="unheard of"))


def beyond_the_width(fill: Fill) -> Fill | None:
    """A condor is closed at a hundred points more than its wings are apart, though not forced."""
    if fill.order.purpose != "condor" or fill.order.action != "close":
        return None
    more = 1_000_000
    legs = [
        replace(part, price=part.price + more if part.leg.quantity > 0 else part.price)
        for part in fill.legs
    ]
    bought = sum(part.leg.quantity for part in fill.legs if part.leg.quantity > 0)
    return replace(fill, legs=tuple(legs), net=fill.net + bought * more)


# --- what is ordered, and what the world says ----------------------------------------------------


def a_wing_goes_alone(patch: Patch, put: Put) -> None:
    """The close of a condor is sent as the sale of one wing."""

    def send(whole: Any, account: Account, orders: Sequence[Order]) -> bool:
        for place, order in enumerate(orders):
            if order.purpose == "condor" and order.action == "close":
                wing = next(leg for leg in order.legs if leg.quantity < 0)
                alone = replace(order, legs=(wing,), worst=None)
                whole(account, [*orders[:place], alone, *orders[place + 1 :]])
                return True
        return False

    instead(patch, put, "send", send)


def one_name_for_two_condors(patch: Patch, put: Put) -> None:
    def send(whole: Any, account: Account, orders: Sequence[Order]) -> bool:
        for place, order in enumerate(orders):
            held = [x.structure_id for x in account.lots if x.purpose == "condor"]
            if held and order.purpose == "condor" and order.action == "open":
                same = replace(order, structure_id=held[0])
                whole(account, [*orders[:place], same, *orders[place + 1 :]])
                return True
        return False

    instead(patch, put, "send", send)


def more_is_sold_than_held(patch: Patch, put: Put) -> None:
    """An order for twice the lot, and nobody asks before it goes to the venue."""
    patch.setattr(WorkingOrders, "too_late", lambda *given: None)

    def send(whole: Any, account: Account, orders: Sequence[Order]) -> bool:
        for place, order in enumerate(orders):
            if all(leg.lot_id for leg in order.legs):
                double = replace(order, quantity=2 * order.quantity)
                whole(account, [*orders[:place], double, *orders[place + 1 :]])
                return True
        return False

    instead(patch, put, "send", send)


@dataclass(frozen=True)
class Moved:
    """A settlement value that somebody has moved."""

    of: SettlementValue
    value_e4: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)


def legs_of_one_condor_settle_on_two_levels(patch: Patch, put: Put) -> None:
    """The puts that were sold settle two hundred points lower than the puts that were bought."""

    def value(history: History, contract: Contract, session: date) -> Any:
        found = settlement_value(history, contract, session)
        if isinstance(contract, OptionContract) and contract in SOLD:
            put.ledger, put.session = CONDORS, session
            return Moved(found, round((contract.strike - 200) * 10_000))
        return found

    SOLD.clear()
    after(patch, Put(put.last), "check", _note_what_is_sold)
    patch.setattr("steward.runs.session.settlement_value", value)


SOLD: set[Contract] = set()


def _note_what_is_sold(account: Account) -> bool:
    for lot in account.lots:
        if isinstance(lot.contract, OptionContract) and lot.contract.right == "P":
            (SOLD.add if lot.quantity < 0 else SOLD.discard)(lot.contract)
    return False


LEAVES, HOLDS = 0, 1
"""Seeds: condors leave by the exits, or are held to their settlement."""


@dataclass(frozen=True)
class Fault:
    """How it is put in, which law catches it, in which words, in which session."""

    put: Callable[[Patch, Put], None]
    law: str
    said: str
    seed: int = LEAVES
    when: Literal["at once", "at its fill", "at the end"] = "at once"


FAULTS: dict[str, Fault] = {
    "a cent is taken from cash": Fault(a_cent_is_taken, laws.MONEY, "after mark: cash "),
    "a cent is given after the marks": Fault(
        a_cent_is_given_after_the_marks, laws.MONEY, "the last row says "
    ),
    "a fee is booked and not paid": Fault(
        a_fee_is_booked_and_not_paid, laws.MONEY, "after fee of SPXW "
    ),
    "a lot is dropped": Fault(a_hedge_is_dropped, laws.MONEY, "the last row says "),
    "a lot is doubled": Fault(a_hedge_is_doubled, laws.MONEY, "after mark: cash "),
    "a mark that nobody wrote": Fault(a_mark_that_nobody_wrote, laws.MONEY, "the last row says "),
    "legs that do not add to the net": Fault(
        venue(legs_beside_the_net), laws.MONEY, "do not add up to its net of "
    ),
    "an intent vanishes": Fault(
        an_intent_vanishes, laws.VANISH, "intents without exactly one working order or an end: "
    ),
    "an intent has two orders": Fault(
        an_intent_has_two_orders,
        laws.VANISH,
        "intents without exactly one working order or an end: ",
    ),
    "an order is forgotten": Fault(
        orders_are_forgotten, laws.VANISH, "orders that were never offered: "
    ),
    "an intent ends twice": Fault(
        an_intent_ends_twice, laws.VANISH, "after it ended as 'cancelled'"
    ),
    "a fill of more than was ordered": Fault(venue(one_unit_more), laws.VANISH, " units, wanted "),
    "a fill without one of its legs": Fault(
        venue(a_leg_is_missing), laws.VANISH, "has other legs than it"
    ),
    "a fill of uneven legs": Fault(
        venue(one_leg_less_than_the_others), laws.VANISH, "has other legs than it"
    ),
    "a fill of an order that does not work": Fault(
        venue(another_order), laws.VANISH, "a message on order unheard of, which does not work"
    ),
    "a fill dated back": Fault(venue(dated_back), laws.FUTURE, "is booked as of "),
    "a wing goes alone": Fault(a_wing_goes_alone, laws.WHOLE, " holds -", when="at its fill"),
    "two condors under one name": Fault(
        one_name_for_two_condors, laws.WHOLE, " holds +", when="at its fill"
    ),
    "a condor bought back beyond its width": Fault(
        venue(beyond_the_width), laws.BOUNDED, " cents, possible are "
    ),
    "a condor settled on two levels": Fault(
        legs_of_one_condor_settle_on_two_levels, laws.BOUNDED, " cents, possible are ", seed=HOLDS
    ),
    "more is sold than is held": Fault(
        more_is_sold_than_held, laws.HELD, "which holds ", when="at its fill"
    ),
    "a lot remembers another price": Fault(
        a_purchase_at_another_price_than_booked,
        laws.FOLD,
        "lots: the account has ",
        seed=HOLDS,
        when="at the end",
    ),
    "a working order with other terms": Fault(
        a_working_order_has_other_terms,
        laws.FOLD,
        "working orders: the account has ",
        when="at the end",
    ),
    "a row rewritten in memory": Fault(
        a_row_is_rewritten_in_memory, laws.FOLD, "cash: the account has ", when="at the end"
    ),
}

NAMED = re.compile(r"ledger (\S+), session (\d{4}-\d\d-\d\d): ")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_its_law(
    name: str, worlds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = FAULTS[name]
    market = worlds.market(fault.seed, SESSIONS)
    sessions = market.history.sessions
    put = Put(last=sessions[-1])
    fault.put(monkeypatch, put)
    with pytest.raises(LawBroken) as caught:
        backtest(market, Settings(rules=worlds.rules(fault.seed)))
    assert put.done
    assert caught.value.law == fault.law
    named = NAMED.match(caught.value.event)
    assert named is not None
    assert fault.said in caught.value.event
    assert named[1] == put.ledger
    place = sessions.index(put.session)
    caught_on = {
        "at once": sessions[place],
        "at its fill": sessions[min(place + 1, len(sessions) - 1)],
        "at the end": put.last,
    }
    assert date.fromisoformat(named[2]) == caught_on[fault.when]


# --- the rows after the run ----------------------------------------------------------------------


def changed(rows: pl.DataFrame, place: int, **values: object) -> pl.DataFrame:
    """The rows with other values in one of them."""
    kept = rows.to_dicts()
    kept[place] |= values
    return pl.DataFrame(kept, schema=JOURNAL)


ROWS: dict[str, Callable[[pl.DataFrame, int], tuple[pl.DataFrame, int]]] = {
    "a cent in a row": lambda f, n: (changed(f, n, cash=f["cash"][n] + 1), n),
    "a reason in a row": lambda f, n: (changed(f, n, reason="another"), n),
    "a session in a row": lambda f, n: (changed(f, n, session=f["session"][0]), n),
    "a row is taken out": lambda f, n: (pl.concat([f[:n], f[n + 1 :]]), n),
    "a row is put in": lambda f, n: (pl.concat([f[: n + 1], f[n:]]), n + 1),
    "two rows change places": lambda f, n: (pl.concat([f[:n], f[n + 1], f[n], f[n + 2 :]]), n),
    "a row of another ledger": lambda f, n: (changed(f, n, hash=f["hash"][n + 1]), n),
}


@pytest.fixture(scope="module")
def journal(worlds: Any) -> pl.DataFrame:
    """Of a run in which nothing is wrong."""
    market = worlds.market(LEAVES, SESSIONS)
    found = backtest(market, Settings(rules=worlds.rules(LEAVES))).journal
    assert sorted(chain.check(found)) == sorted(found["ledger"].unique())
    return found


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("ledger", [CONDORS, "article"])
def test_a_row_that_was_touched_after_the_run_is_named(
    name: str, ledger: str, journal: pl.DataFrame
) -> None:
    rows = journal.filter(pl.col("ledger") == ledger)
    others = journal.filter(pl.col("ledger") != ledger)
    touched, place = ROWS[name](rows, rows.height // 2)
    with pytest.raises(LawBroken) as caught:
        chain.check(pl.concat([others, touched]))
    assert caught.value.law == chain.CHAIN
    session, number = touched["session"][place], touched["sequence"][place]
    assert caught.value.event == (
        f"ledger {ledger}, session {session}: row {number} is not the one that was written there"
    )


def test_without_a_fault_the_same_runs_pass(worlds: Any) -> None:
    """What is patched above is patched for its test alone, and these worlds break no law."""
    for seed in (LEAVES, HOLDS):
        market = worlds.market(seed, SESSIONS)
        found = backtest(market, Settings(rules=worlds.rules(seed)))
        assert found.journal.height > 300
