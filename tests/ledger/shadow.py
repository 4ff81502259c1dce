"""A second reckoning beside an account: what it must have, from what was said to it alone.

It keeps no marks and no journal, and shares no code with the ledger: amounts are fractions, payoffs
and splits are written anew from their definitions, an option's point is 100 dollars, a future is
worth what it was bought, sold and last settled at.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from steward.terms.contracts import Contract, FutureContract, OptionContract, ShareContract
from steward.terms.trades import Fill, Lot, Order, Refusal

Level = Callable[[Contract], int]
"""Index level on which a contract settles, ten-thousandths of a point."""

Fee = Callable[[Contract, int], int]
"""Cents that the settlement of so many contracts costs."""


@dataclass
class Position:
    contract: Contract
    quantity: int
    structure_id: str
    condor: bool


@dataclass
class Tally:
    """A condor so far, cents; `most` is what it can lose."""

    cash: int = 0
    fees: int = 0
    most: int = 0
    forced: bool = False


@dataclass
class Working:
    """An order as it stands: the tries and units that are left, and whether some has traded."""

    order: Order
    units: int
    tries: int
    traded: bool = False


@dataclass
class Shadow:
    """`cash` leaves futures out; they are `futures`: contracts held, and what was paid (e4)."""

    cash: int = 0
    futures: dict[Contract, tuple[int, int]] = field(default_factory=dict)
    lots: dict[str, Position] = field(default_factory=dict)
    queue: list[Working] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    condors: dict[str, Tally] = field(default_factory=dict)
    closed: list[tuple[str, int, int, int, bool]] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)
    traded: Counter[tuple[Contract, bool]] = field(default_factory=Counter)

    # --- money -----------------------------------------------------------------------------------

    def dollars(self, contract: Contract, quantity: int, price: int) -> int:
        """Cents of so many contracts at a price in ten-thousandths of a point."""
        point = {"VX": 1000, "VXM": 100}.get(contract.root, 100)
        if isinstance(contract, ShareContract):
            point = 1
        amount = Fraction(quantity * price * point * 100, 10_000)
        assert amount.denominator == 1
        return int(amount)

    def futures_cash(self, mid_twice: Callable[[Contract], int]) -> int:
        gained = 0
        for contract, (held, paid) in self.futures.items():
            last = mid_twice(contract) // 2 if held else 0
            gained += self.dollars(contract, 1, held * last - paid)
        return gained

    def worth(self, mid_twice: Callable[[Contract], int]) -> int:
        """Of the lots, each to the lower cent."""
        return sum(
            math.floor(Fraction(self.dollars(x.contract, x.quantity, mid_twice(x.contract)), 2))
            for x in self.lots.values()
            if not isinstance(x.contract, FutureContract)
        )

    def interest(self, overnight: int, days: int, rate: str) -> int:
        """A day is one 365th of a year; a debt pays one percent more; half a cent to even."""
        yearly = Fraction(rate) + (Fraction(1, 100) if overnight < 0 else 0)
        amount = round(overnight * yearly * days / 365)
        self.cash += amount
        return amount

    def begin(self) -> None:
        self.gone, self.traded, self.closed = {}, Counter(), []

    # --- what time does --------------------------------------------------------------------------

    def settle(self, session: date, style: str, level: Level, proxy: bool, fee: Fee) -> None:
        """Expired lots; a call pays what the level is above its strike, a put what it is below."""
        ended = []
        for lot_id, x in list(self.lots.items()):
            contract = x.contract
            if isinstance(contract, ShareContract):
                continue
            settles = contract.settlement if isinstance(contract, OptionContract) else "AM"
            if contract.expiry > session or (contract.expiry == session and settles != style):
                continue
            if isinstance(contract, FutureContract):
                held, paid = self.futures[contract]
                price = level(contract)
                self.futures[contract] = (held - x.quantity, paid - x.quantity * price)
            else:
                strike = round(contract.strike * 10_000)
                over = level(contract) - strike
                pays = max(over if contract.right == "C" else -over, 0)
                self.gain(x, self.dollars(contract, x.quantity, pays))
            self.cash -= fee(contract, x.quantity)
            if x.condor:
                self.condors[x.structure_id].fees += fee(contract, x.quantity)
            by_proxy = proxy and isinstance(contract, OptionContract) and contract.root == "VIX"
            self.gone[lot_id] = "settled by proxy" if by_proxy else "settled by value"
            del self.lots[lot_id]
            ended.append(x.structure_id)
        self.review(ended)

    def split(self, symbol: str, new: int, old: int, price: int, before: date) -> None:
        """Whole shares stay; the fraction is paid, at the holder's loss of under a cent.

        There is one fraction of what was bought and one of what was sold; the lots share the whole
        shares. An order on the symbol that is older than the session `before` is cancelled.
        """
        for intent_id in [
            x.order.intent_id
            for x in self.queue
            if x.order.session != before and symbol in [leg.contract.key for leg in x.order.legs]
        ]:
            self.cancelled(intent_id)
        of_it = {name: x for name, x in self.lots.items() if x.contract.key == symbol}
        for sign in (1, -1):
            side = {name: x for name, x in of_it.items() if x.quantity * sign > 0}
            exact = [Fraction(abs(x.quantity) * new, old) for x in side.values()]
            whole = _shared(exact)
            self.cash += math.floor(sign * (sum(exact) - sum(whole)) * Fraction(price, 100))
            for (name, x), shares in zip(side.items(), whole, strict=True):
                x.quantity = sign * shares
                if not shares:
                    del self.lots[name]

    def gain(self, x: Position, cash: int) -> None:
        self.cash += cash
        if x.condor:
            self.condors[x.structure_id].cash += cash

    def review(self, structures: list[str]) -> None:
        held = {x.structure_id for x in self.lots.values()}
        for name in dict.fromkeys(structures):
            if name in self.condors and name not in held:
                done = self.condors.pop(name)
                if not done.forced:
                    assert done.cash >= -done.most, f"condor {name} lost more than it can"
                self.closed.append((name, done.cash, done.fees, done.most, done.forced))

    # --- orders ----------------------------------------------------------------------------------

    def sent(self, order: Order) -> None:
        self.queue.append(Working(order, order.quantity, order.retry))

    def end(self, intent_id: str, state: str) -> None:
        assert intent_id not in self.ends, f"{intent_id} ends twice"
        self.ends[intent_id] = state

    def cancelled(self, intent_id: str) -> None:
        for x in [x for x in self.queue if x.order.intent_id == intent_id]:
            self.queue.remove(x)
            self.end(intent_id, "partly filled" if x.traded else "cancelled")

    def too_late(self, x: Working) -> str | None:
        """How an order ends without being offered: what it closes is gone or no longer enough."""
        wanted: Counter[str] = Counter()
        for leg in x.order.legs:
            if leg.lot_id:
                wanted[leg.lot_id] += x.units * leg.quantity
        for lot_id, contracts in wanted.items():
            held = self.lots.get(lot_id)
            if held is None:
                return self.gone.get(lot_id, "lapsed")
            if contracts * held.quantity >= 0 or abs(contracts) > abs(held.quantity):
                return "lapsed"
        return None

    def answered(self, outcome: Fill | Refusal) -> None:
        """What became of the order at the head of those that are offered."""
        x = self.queue.pop(0)
        assert outcome.order.intent_id == x.order.intent_id
        assert (outcome.order.quantity, outcome.order.retry) == (x.units, x.tries)
        late = self.too_late(x)
        if late is not None:
            assert isinstance(outcome, Refusal)
            assert outcome.state == late
        if isinstance(outcome, Fill):
            self.book(outcome)
            x.traded = True
            x.units -= outcome.units
            if not x.units:
                self.end(x.order.intent_id, "filled")
            elif x.tries:
                self.again(x)
            else:
                self.end(x.order.intent_id, "partly filled")
        elif self.tried_again(x, outcome):
            self.again(x)
        else:
            self.end(x.order.intent_id, "partly filled" if x.traded else outcome.state)

    def tried_again(self, x: Working, outcome: Refusal) -> bool:
        """While tries are left, and as long as no leg of it has settled."""
        alive = all(leg.contract.expiry > outcome.session for leg in x.order.legs)
        return x.tries > 0 and alive and outcome.state in ("no quote", "stale", "refused")

    def again(self, x: Working) -> None:
        x.tries -= 1
        self.queue.append(x)

    def book(self, fill: Fill) -> None:
        order, touched = fill.order, []
        opened = []
        for n, part in enumerate(fill.legs, start=1):
            contract, quantity = part.leg.contract, part.quantity
            self.traded[contract, quantity > 0] += abs(quantity)
            if part.leg.lot_id:
                x = self.lots[part.leg.lot_id]
                x.quantity += quantity
                if not x.quantity:
                    del self.lots[part.leg.lot_id]
                    self.gone[part.leg.lot_id] = "lapsed"
                if x.condor and order.worst is None:
                    self.condors[x.structure_id].forced = True
            else:
                x = Position(contract, quantity, order.structure_id, order.purpose == "condor")
                self.lots[f"{order.order_id}.{n}"] = x
                if x.condor:
                    self.condors.setdefault(x.structure_id, Tally())
                    opened.append(x)
            if isinstance(contract, FutureContract):
                held, paid = self.futures.get(contract, (0, 0))
                self.futures[contract] = (held + quantity, paid + quantity * part.price)
            else:
                self.gain(x, -self.dollars(contract, quantity, part.price))
            self.cash -= part.fee
            if x.condor:
                self.condors[x.structure_id].fees += part.fee
            touched.append(x.structure_id)
        if opened:
            self.condors[opened[0].structure_id].most = (
                self.widest(opened) - self.condors[opened[0].structure_id].cash
            )
        self.review(touched)

    def widest(self, legs: list[Position]) -> int:
        """The wider spread of a condor in cents: 100 dollars a point and condor."""
        strikes = sorted(x.contract.strike for x in legs if isinstance(x.contract, OptionContract))
        points = max(strikes[1] - strikes[0], strikes[3] - strikes[2])
        return round(points * 100 * 100) * abs(legs[0].quantity)

    # --- what an account must show ---------------------------------------------------------------

    def holds(self, lots: tuple[Lot, ...]) -> bool:
        return [(x.lot_id, x.contract, x.quantity, x.structure_id) for x in lots] == [
            (lot_id, x.contract, x.quantity, x.structure_id) for lot_id, x in self.lots.items()
        ]

    def condors_are_whole(self) -> bool:
        by_name: dict[str, list[Position]] = {}
        for x in self.lots.values():
            if x.condor:
                by_name.setdefault(x.structure_id, []).append(x)
        for held in by_name.values():
            held.sort(key=lambda x: x.contract.strike)  # type: ignore[union-attr]
            n = held[0].quantity
            if n < 1 or [x.quantity for x in held] != [n, -n, -n, n]:
                return False
        return True


def _shared(exact: list[Fraction]) -> list[int]:
    """As many whole ones as there are in the sum, each part its own or one more, which the largest
    rests get.
    """
    own = [math.floor(part) for part in exact]
    rests = [part - whole for part, whole in zip(exact, own, strict=True)]
    for _ in range(math.floor(sum(exact)) - sum(own)):
        first = rests.index(max(rests))
        own[first] += 1
        rests[first] = Fraction(-1)
    return own
