"""Everything that can happen to an account, one deed at a time, with a shadow that must agree.

A deed is a name and whole numbers, so that a list of deeds can be done again: the same list gives
the same journal, byte by byte. After a restart the account that went on and the one that was made
from its rows do the next session side by side.
"""

from __future__ import annotations

import bisect
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from steward.ledger.accounts import Account
from steward.ledger.fills import FillRules, Simulator, Taken
from steward.ledger.journal import Row
from steward.ledger.splits import Split
from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.terms import calendar
from steward.terms.contracts import (
    Contract,
    FutureContract,
    OptionContract,
    ShareContract,
    vx,
    vxm,
)
from steward.terms.trades import (
    HEDGE_PURPOSES,
    Fill,
    Leg,
    LegFill,
    Lot,
    Order,
    Purpose,
    Refusal,
)

from .desk import Value, intent, option, order, quote
from .shadow import Shadow

DAYS = calendar.sessions(date(2018, 2, 1), date(2018, 6, 29))
EXPIRIES = tuple(day for day in DAYS if day.weekday() == 4)
VIX_EXPIRIES = tuple(day for day in DAYS if day.weekday() == 2)
SHARES = (ShareContract(symbol="VXX"), ShareContract(symbol="UVXY"))
FILL_SHARES = (0.0, 0.1, 0.5, 1.0)
RATES = ("0", "0.0135", "0.05")
SPLITS = ((1, 5), (3, 1), (1, 4), (2, 1), (3, 2), (1, 1), (7, 3))
RULES = FillRules(size_share=1.0, volume_share=0.5, widest=1.5, oldest_minutes=60)
MOST_LOTS = 24
MOST_WAITING = 4

Deed = tuple[str, tuple[int, ...]]


@dataclass
class Floor:
    """Quotes of the present session, and the last that each contract had."""

    today: dict[Contract, Quote] = field(default_factory=dict)
    last: dict[Contract, Quote] = field(default_factory=dict)
    label: str = "made up"

    def set(self, contract: Contract, given: Quote) -> None:
        self.today[contract] = self.last[contract] = given

    def quote(self, session: date, contract: Contract) -> Quote | None:
        return self.today.get(contract)

    def mark(self, session: date, contract: Contract) -> Quote:
        return self.last[contract]

    def mid_twice(self, contract: Contract) -> int:
        given = self.last[contract]
        return given.bid + given.ask


@dataclass
class Listening:
    """The simulator, and a price for shares; it remembers what it said."""

    said: list[Fill | Refusal] = field(default_factory=list)

    def fill(self, wanted: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        share = isinstance(wanted.legs[0].contract, ShareContract)
        outcome = _shares(wanted, view) if share else Simulator(RULES).fill(wanted, view, taken)
        self.said.append(outcome)
        return outcome


def _shares(wanted: Order, view: MarketView) -> Fill | Refusal:
    (leg,) = wanted.legs
    given = view.quote(leg.contract)
    if given is None:
        return Refusal(order=wanted, session=view.session, state="no quote", reason="no quote")
    shown = given.ask_size if leg.quantity > 0 else given.bid_size
    units = wanted.quantity if shown is None else min(shown, wanted.quantity)
    if units < 1:
        return Refusal(order=wanted, session=view.session, state="refused", reason="no size")
    price = given.ask if leg.quantity > 0 else given.bid
    part = LegFill(leg=leg, quantity=units * leg.quantity, price=price, fee=units, quality="quoted")
    return Fill(
        order=wanted,
        session=view.session,
        legs=(part,),
        net=leg.quantity * price,
        limited="" if units == wanted.quantity else "no more was shown",
        fill_id=f"{wanted.order_id} at {view.session}",
    )


class Bench:
    """One account (two for a session after a restart), its orders, its market and its shadow."""

    def __init__(self, capital: int) -> None:
        self.accounts = [Account("test")]
        self.floor = Floor()
        self.shadow = Shadow()
        self.day = 0
        self.number = 0
        self.waiting: list[Order] = []
        self.fills: list[Fill] = []
        self.done: list[Deed] = []
        self.seen: Counter[str] = Counter()
        """What has happened, so that a test can say that enough of each did."""
        self.account.begin(DAYS[0])
        self.flow(capital)

    @property
    def account(self) -> Account:
        return self.accounts[0]

    @property
    def session(self) -> date:
        return DAYS[self.day]

    @property
    def over(self) -> bool:
        return self.day + 1 >= len(DAYS)

    def do(self, name: str, *given: int) -> None:
        """One deed, remembered; then shadow and account must agree."""
        self.done.append((name, given))
        self.seen[name] += 1
        getattr(self, name)(*given)
        self.agree()

    # --- the owner and the rules -----------------------------------------------------------------

    def flow(self, amount: int) -> None:
        for account in self.accounts:
            account.flow(amount)
        self.shadow.cash += amount

    def want(self, legs: Sequence[Leg], quantity: int, purpose: Purpose, **terms: Any) -> None:
        self.number += 1
        name = f"{self.number}/1"
        fields: dict[str, Any] = {"structure_id": f"s{self.number}", "action": "open", **terms}
        wanted = order(
            legs, session=self.session, order_id=name, quantity=quantity, purpose=purpose, **fields
        )
        for account in self.accounts:
            account.intend([intent(wanted)])
        self.waiting.append(wanted)

    def open_condor(self, place: int, low: int, high: int, quantity: int, terms: int) -> None:
        share, retry, pricing, worst = _terms(terms)
        root, style = (("SPXW", "PM"), ("SPX", "AM"))[terms % 2]
        day = _after(EXPIRIES, self.session, place)
        strikes = (2600.0 - 10 * low, 2600.0, 2800.0, 2800.0 + 10 * high)
        legs = [
            Leg(contract=option(strike, right, root=root, expiry=day, style=style), quantity=sign)
            for strike, right, sign in zip(strikes, "PPCC", (1, -1, -1, 1), strict=True)
        ]
        self.want(
            legs, quantity, "condor", fill_share=share, retry=retry, pricing=pricing, worst=worst
        )

    def buy_hedge(self, kind: int, place: int, quantity: int, terms: int) -> None:
        share, retry, _, worst = _terms(terms)
        day = _after(VIX_EXPIRIES, self.session, place)
        contract: Contract = (
            option(20.0, "C", root="VIX", expiry=day, style="AM"),
            option(2500.0, "P", expiry=_after(EXPIRIES, self.session, place)),
            vx(day),
            vxm(day),
        )[kind]
        limit = None if worst is None else abs(worst)
        self.want(
            [Leg(contract=contract, quantity=1)],
            quantity,
            HEDGE_PURPOSES[terms % 3],
            fill_share=share,
            retry=retry,
            worst=limit,
        )

    def trade_shares(self, which: int, quantity: int, sign: int) -> None:
        leg = Leg(contract=SHARES[which], quantity=sign)
        self.want([leg], quantity, "second_engine", retry=quantity % 3)

    def close(self, pick: int, part: int, terms: int, forced: int) -> None:
        """A structure whole or in part; by force (a margin call) all of it, at any price.

        Sometimes it is what is being closed already.
        """
        lots = self.account.lots
        chosen = lots[pick % len(lots)]
        together = [x for x in lots if x.structure_id == chosen.structure_id]
        if chosen.purpose != "condor":
            together = [chosen]
        legs = [
            Leg(contract=x.contract, quantity=-1 if x.quantity > 0 else 1, lot_id=x.lot_id)
            for x in together
        ]
        held = abs(chosen.quantity)
        share, retry, pricing, _ = _terms(terms)
        worst = None
        if chosen.purpose == "condor" and not forced:
            strikes = sorted(
                x.contract.strike for x in together if isinstance(x.contract, OptionContract)
            )
            worst = round(max(strikes[1] - strikes[0], strikes[3] - strikes[2]) * 10_000)
        self.seen["forced" if forced else "close in part" if part % held else "close"] += 1
        self.want(
            legs,
            held if forced else 1 + part % held,
            "margin_call" if forced else chosen.purpose,
            structure_id=chosen.structure_id,
            action="close",
            fill_share=share,
            retry=retry,
            pricing=pricing,
            worst=worst,
        )

    def roll(self, pick: int, part: int, place: int, terms: int) -> None:
        """One lot of a hedge on VIX out, one of another expiry in, as one order."""
        lots = self.rollable
        old = lots[pick % len(lots)]
        day = _after(VIX_EXPIRIES, old.contract.expiry, place)
        new: Contract = option(25.0, "C", root="VIX", expiry=day, style="AM")
        if isinstance(old.contract, FutureContract):
            new = vx(day) if old.contract.root == "VX" else vxm(day)
        share, retry, pricing, _ = _terms(terms)
        self.want(
            [
                Leg(contract=old.contract, quantity=-1, lot_id=old.lot_id),
                Leg(contract=new, quantity=1),
            ],
            1 + part % old.quantity,
            old.purpose,
            structure_id=old.structure_id,
            fill_share=share,
            retry=retry,
            pricing=pricing,
        )

    @property
    def rollable(self) -> list[Any]:
        return [
            x
            for x in self.account.lots
            if x.purpose in HEDGE_PURPOSES and x.contract.root in ("VIX", "VX", "VXM")
        ]

    def drop(self) -> None:
        gone = self.waiting.pop()
        for account in self.accounts:
            account.drop(intent(gone), "refused", "no room")
        self.shadow.end(gone.intent_id, "refused")

    def send(self) -> None:
        for account in self.accounts:
            account.send(self.waiting)
        for wanted in self.waiting:
            self.shadow.sent(wanted)
        self.waiting = []

    def cancel(self, pick: int) -> None:
        intents = [x.order.intent_id for x in self.shadow.queue]
        chosen = intents[pick % len(intents)]
        for account in self.accounts:
            account.cancel(chosen, "changed its mind")
        self.shadow.cancelled(chosen)

    def repeat(self, pick: int) -> None:
        """The venue says once more what it said before."""
        for account in self.accounts:
            account.receive(self.fills[pick % len(self.fills)])
            assert rows(account)[-1][2].event == "ignored"

    def prove(self) -> None:
        for account in self.accounts:
            account.prove()

    def restart(self) -> None:
        """Go on beside an account made from the rows; the next session compares them."""
        self.send()
        account = self.account
        marks = {x.contract: self.floor.mid_twice(x.contract) for x in account.lots}
        self.accounts = [
            Account.resume(account.frame(), marks, session=self.session),
            account,
        ]
        self.same()

    def same(self) -> None:
        """Two accounts are one: the same book, sums, ends and rows."""
        if len(self.accounts) == 2:
            one, other = self.accounts
            assert one.book == other.book
            assert one.equity == other.equity
            assert _moved(one) == _moved(other)
            assert one.intents.ended == other.intents.ended
            assert list(one.intents.open) == list(other.intents.open)
            assert rows(one) == rows(other)

    # --- a session -------------------------------------------------------------------------------

    def sleep(self, seed: int, gap: int, rate: int, happens: int) -> None:
        """The orders go out; one to three sessions pass, the last of them is seen."""
        self.send()
        before, shadow, chance = self.session, self.shadow, random.Random(seed)
        overnight = self.cash
        self.day = min(self.day + gap, len(DAYS) - 1)
        session = self.session
        shadow.begin()
        paid = shadow.interest(overnight, (session - before).days, RATES[rate])
        split = self.split(chance, before) if happens % 3 == 0 else None
        levels = {
            "SPX AM": chance.randint(2_200, 3_100) * 10_000 + chance.randint(0, 99) * 100,
            "SPX PM": chance.randint(2_200, 3_100) * 10_000 + chance.randint(0, 99) * 100,
            "VIX": chance.randint(90_000, 800_000),
        }

        def level(contract: Contract) -> int:
            if contract.underlying == "VIX":
                return levels["VIX"]
            assert isinstance(contract, OptionContract)
            return levels[f"SPX {contract.settlement}"]

        def value(contract: Contract) -> Value:
            found = level(contract)
            if isinstance(contract, OptionContract) and contract.root == "VIX":
                return Value(found, "vix_open", True, found - 6_300, found + 6_300)
            return Value(found)

        for style in ("AM", "PM"):
            shadow.settle(session, style, level, proxy=True, fee=settlement_fee)
        self.seen["settled"] += len(shadow.gone)
        self.quotes(chance)
        venues = []
        for account in self.accounts:
            account.begin(session)
            gained = account.accrue(float(RATES[rate]), debit_spread=0.01)
            assert gained == paid
            if split is not None:
                account.split(split)
            for style in ("AM", "PM"):
                account.settle(value, style, fee_of)  # type: ignore[arg-type]
            venue = Listening()
            view = MarketView(session, MOMENT, 0, None, self.floor)  # type: ignore[arg-type]
            outcomes = account.trade(venue, view)
            account.vary(view.mark)
            account.mark(view.mark)
            account.check()
            venues.append((outcomes, venue.said))
        outcomes, said = venues[0]
        assert all(each == venues[0] for each in venues)
        self.hear(outcomes, said)
        self.sizes_were_there()
        closed = [
            (x.structure_id, x.result, x.fees, x.max_loss, x.forced)
            for x in self.account.day.closed
        ]
        assert closed == shadow.closed
        if len(self.accounts) == 2:
            self.same()
            assert self.accounts[0].day == self.accounts[1].day
            self.accounts.pop()

    def hear(self, outcomes: Sequence[Fill | Refusal], said: Sequence[Fill | Refusal]) -> None:
        """Each working order was answered once, in its order; the rest never reached the venue."""
        assert len(outcomes) == len(self.shadow.queue)
        heard = iter(said)
        for outcome in outcomes:
            if self.shadow.too_late(self.shadow.queue[0]) is None:
                assert outcome == next(heard)
            queued = len(self.shadow.queue)
            self.shadow.answered(outcome)
            if isinstance(outcome, Fill):
                self.fills.append(outcome)
                part = outcome.units < outcome.order.quantity
                self.seen["part" if part else "fill"] += 1
                if part and outcome.order.retry:
                    self.seen["rest"] += 1
            else:
                assert outcome.reason
                self.seen[outcome.state] += 1
                if len(self.shadow.queue) == queued:
                    self.seen["again"] += 1
        assert next(heard, None) is None

    def split(self, chance: random.Random, before: date) -> Split:
        """Of a share, on a day on which it is quoted; the shadow first."""
        share = SHARES[chance.randint(0, 1)]
        new, old = SPLITS[chance.randint(0, len(SPLITS) - 1)]
        price = chance.randint(0, 9_000) * 100
        held = [x for x in self.shadow.lots.values() if x.contract == share]
        self.seen["split"] += len(held)
        queued = len(self.shadow.queue)
        self.shadow.split(share.symbol, new, old, price, before)
        self.seen["cancelled at a split"] += queued - len(self.shadow.queue)
        self.floor.last.pop(share, None)  # on the old scale; `quotes` gives a new one
        return Split(symbol=share.symbol, new=new, old=old, price=price)

    def quotes(self, chance: random.Random) -> None:
        """Of all that is held or wanted; some contracts have none, but each has had one."""
        floor = self.floor
        floor.today = {}
        seen: dict[Contract, None] = {x.contract: None for x in self.shadow.lots.values()}
        for waiting in self.shadow.queue:
            seen.update((leg.contract, None) for leg in waiting.order.legs)
        for contract in seen:
            if chance.random() < 0.08 and contract in floor.last:
                continue
            bid = chance.randint(0, 600) if chance.random() < 0.93 else 0
            ask = bid + chance.randint(-1 if bid > 1 else 1, 60)
            floor.set(
                contract,
                quote(
                    bid / 20,
                    ask / 20,
                    bid_size=_some(chance, 0.4, 12),
                    ask_size=_some(chance, 0.4, 12),
                    volume=_some(chance, 0.6, 60),
                    minutes_old=_some(chance, 0.8, 75),
                ),
            )

    def sizes_were_there(self) -> None:
        """Over all orders of the session: no more than was shown, or half of what has traded."""
        for (contract, bought), traded in self.shadow.traded.items():
            given = self.floor.today[contract]
            if not bought and given.bid == 0:
                continue
            shown = given.ask_size if bought else given.bid_size
            if isinstance(contract, ShareContract):
                continue  # not of the simulator
            assert shown is None or traded <= shown
            both = traded + self.shadow.traded.get((contract, not bought), 0)
            if not given.bid:
                both = traded  # what was given away at 0 needed no volume
            assert given.volume is None or 2 * both <= given.volume

    # --- what must hold --------------------------------------------------------------------------

    @property
    def cash(self) -> int:
        """The shadow's."""
        return self.shadow.cash + self.shadow.futures_cash(self.floor.mid_twice)

    def agree(self) -> None:
        """No cent is lost, no lot, no order, no end; every condor is whole."""
        account, shadow = self.account, self.shadow
        assert account.cash == self.cash
        assert account.equity == self.cash + shadow.worth(self.floor.mid_twice)
        assert shadow.holds(account.lots)
        assert shadow.condors_are_whole()
        assert dict(account.intents.ended) == shadow.ends
        assert [(x.intent_id, x.quantity, x.retry) for x in account.book.open_orders] == [
            (x.order.intent_id, x.units, x.tries) for x in shadow.queue
        ]
        assert len(shadow.ends) + len(shadow.queue) + len(self.waiting) == self.number

    def finish(self) -> str:
        """The rows add up and prove the book; gives the last hash."""
        self.prove()
        frame = self.account.frame()
        assert frame["equity"].to_list() == (frame["cash"] + frame["value"]).cum_sum().to_list()
        flows = frame.filter(frame["event"] == "flow")["cash"].sum()
        self.account.check()
        assert sum(self.account.gains.values()) == self.account.equity - flows
        ended = frame.filter(frame["state"].is_not_null() & frame["intent_id"].is_not_null())
        assert sorted(ended["intent_id"]) == sorted(self.shadow.ends)
        return str(frame["hash"][-1])


MOMENT = datetime(2018, 2, 1, 21, 15, tzinfo=UTC)
"""Of every view: nothing on this floor asks what time it is."""


def settlement_fee(contract: Contract, quantity: int) -> int:
    """Three cents an option; futures cost nothing."""
    return 3 * abs(quantity) if isinstance(contract, OptionContract) else 0


def fee_of(lot: Lot) -> int:
    """The same, as an account asks for it."""
    return settlement_fee(lot.contract, lot.quantity)


def again(capital: int, done: Sequence[Deed]) -> Bench:
    """A new bench after the same deeds."""
    bench = Bench(capital)
    for name, given in done:
        getattr(bench, name)(*given)
    return bench


def rows(account: Account) -> list[Row]:
    """Of its journal, without the table that `frame` makes of them: this is asked often."""
    return account._books.journal.since(0)


def _moved(account: Account) -> dict[str, int]:
    """Gains that are not 0: an order without a fill is counted at the next check only."""
    return {purpose: gained for purpose, gained in account.gains.items() if gained}


def _after(days: Sequence[date], session: date, place: int) -> date:
    """One of the next four after the session, the last one when there is none."""
    first = min(bisect.bisect_right(days, session), len(days) - 1)
    return days[min(first + place % 4, len(days) - 1)]


def _terms(number: int) -> tuple[float, int, Any, int | None]:
    """Fill share, tries, pricing and worst price out of one number."""
    worst = None if number % 5 < 3 else (number % 97 - 60) * 5_000
    return FILL_SHARES[number % 4], number % 3, ("package", "legs")[number // 7 % 2], worst


def _some(chance: random.Random, unknown: float, most: int) -> int | None:
    return None if chance.random() < unknown else chance.randint(0, most)
