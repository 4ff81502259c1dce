"""The laws that are always on. One that breaks stops the run and names ledger, session and event.

They are checked against what the book and the journal say, never against the code that wrote them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from steward.ledger.folding import Folded
from steward.ledger.journal import Row
from steward.pricing.payoff import cents
from steward.terms.contracts import FutureContract, OptionContract
from steward.terms.errors import LawBroken
from steward.terms.trades import Book, Fill, Lot, Order, State

MONEY = "money: cash + marks = equity"
BOUNDED = "a condor never loses more than its maximum loss plus fees"
WHOLE = "a condor is held whole"
VANISH = "nothing vanishes: each intent ends in one state"
FOLD = "fold: the journal alone gives the book"
FUTURE = "no future: decided before it is filled"
MARGIN = "margin: nothing is opened while a call stands"


def _break(law: str, ledger: str, session: date, event: str) -> LawBroken:
    return LawBroken(law, f"ledger {ledger}, session {session}: {event}")


# --- money ---------------------------------------------------------------------------------------


def money_after(
    ledger: str, session: date, event: str, *, cash: int, worth: int, equity: int
) -> None:
    """After every event: the book's cash and the worth of its lots are the journal's equity.

    All in cents. Raises LawBroken.
    """
    if cash + worth != equity:
        raise _break(
            MONEY,
            ledger,
            session,
            f"after {event}: cash {cash} + holdings {worth} = {cash + worth} cents, "
            f"the journal says {equity}",
        )


class MoneyFromScratch:
    """Once a session: the rows summed anew by purpose against the lots valued anew.

    Keeps the sums of the rows that it has read, nothing of the account's own totals.
    """

    def __init__(self) -> None:
        self._read = 0
        self._cash = 0
        self._value = 0
        self._flows = 0
        self._purposes: dict[str, int] = {}

    @property
    def read(self) -> int:
        """Rows read so far."""
        return self._read

    @property
    def purposes(self) -> Mapping[str, int]:
        """Gain so far by purpose, cents; flows of the owner are none."""
        return self._purposes

    def check(
        self,
        ledger: str,
        session: date,
        rows: Sequence[Row],
        *,
        cash: int,
        lots: Iterable[Lot],
        mids_twice: Mapping[str, int],
    ) -> None:
        """`rows` are those added since the last check; `mids_twice` (e4) by lot id.

        Raises LawBroken when cash, holdings, equity or the sum over purposes differ by a cent.
        """
        for _, _, event in rows:
            self._cash += event.cash
            self._value += event.value
            gained = event.cash + event.value
            if event.event == "flow":
                self._flows += gained
            else:
                self._purposes[event.purpose] = self._purposes.get(event.purpose, 0) + gained
        self._read += len(rows)
        worth = sum(holding_value(lot, mids_twice[lot.lot_id]) for lot in lots)
        gained = sum(self._purposes.values())
        if rows and rows[-1][1] != cash + worth:
            said = f"the last row says {rows[-1][1]}, cash {cash} + lots {worth} cents"
            raise _break(MONEY, ledger, session, said)
        for what, book, journal in (
            ("cash", cash, self._cash),
            ("holdings", worth, self._value),
            ("equity less flows and the sum over purposes", cash + worth - self._flows, gained),
        ):
            if book != journal:
                said = f"{what}: the book says {book} cents, the journal {journal}"
                raise _break(MONEY, ledger, session, said)


def holding_value(lot: Lot, mid_twice: int) -> int:
    """What a lot is worth at twice its mid (e4), cents; half a cent is rounded down.

    A future is worth nothing after its variation was paid.
    """
    if isinstance(lot.contract, FutureContract):
        return 0
    return cents(lot.contract, lot.quantity, mid_twice) // 2


# --- the fold ------------------------------------------------------------------------------------


def folded(
    ledger: str,
    session: date,
    found: Folded,
    *,
    book: Book,
    worth: int,
    ended: Mapping[str, State],
) -> None:
    """What the rows alone give is what the account has: cash, lots, orders, ends. Raises LawBroken.

    worth  of the lots, cents
    """
    pairs: tuple[tuple[str, object, object], ...] = (
        ("cash", found.cash, book.cash),
        ("worth", found.worth, worth),
        ("lots", found.book.lots, book.lots),
        ("working orders", found.book.open_orders, book.open_orders),
        ("ends of intents", found.ended, dict(ended)),
    )
    for what, said, held in pairs:
        if said != held:
            event = f"{what}: the account has {held}, the journal gives {said}"
            raise _break(FOLD, ledger, session, event)


# --- condors -------------------------------------------------------------------------------------


def bounded(
    ledger: str, session: date, structure_id: str, *, result: int, most: int, fees: int
) -> None:
    """A closed condor: its result with fees is at least -(maximum loss + fees), cents."""
    if result < -(most + fees):
        raise _break(
            BOUNDED,
            ledger,
            session,
            f"condor {structure_id} lost {-result} cents, possible are {most} and fees of {fees}",
        )


def whole(ledger: str, session: date, lots: Iterable[Lot]) -> None:
    """Each condor among the lots has its four legs, on one series, with one quantity."""
    by_structure: dict[str, list[Lot]] = {}
    for lot in lots:
        if lot.purpose == "condor":
            by_structure.setdefault(lot.structure_id, []).append(lot)
    for structure_id, held in by_structure.items():
        options = [
            (lot.contract, lot.quantity) for lot in held if isinstance(lot.contract, OptionContract)
        ]
        options.sort(key=lambda pair: pair[0].strike)
        shape = [(contract.right, quantity) for contract, quantity in options]
        n = shape[0][1] if shape else 0
        if (
            len(held) != 4
            or n <= 0
            or shape != [("P", n), ("P", -n), ("C", -n), ("C", n)]
            or len({(c.root, c.expiry, c.settlement) for c, _ in options}) != 1
            or len({contract.strike for contract, _ in options}) != 4
        ):
            said = ", ".join(f"{lot.quantity:+d} {lot.contract.key}" for lot in held)
            raise _break(WHOLE, ledger, session, f"condor {structure_id} holds {said}")


def closes_only(ledger: str, session: date, orders: Iterable[Order], why: str) -> None:
    """None of the orders opens anything; `why` says what stands in the way.

    Raises LawBroken.
    """
    for order in orders:
        if order.action == "open":
            raise _break(MARGIN, ledger, session, f"order {order.order_id} opens although {why}")


# --- time and intents ----------------------------------------------------------------------------


def no_future(ledger: str, session: date, order: Order, ended: date) -> None:
    """An order ends in the present session, which comes after the one that decided it."""
    if not order.session < ended or ended != session:
        raise _break(
            FUTURE,
            ledger,
            session,
            f"order {order.order_id}, decided on {order.session}, is booked as of {ended}",
        )


def offered(ledger: str, session: date, forgotten: Sequence[str]) -> None:
    """Every order is offered to the venue in the session after it was sent."""
    if forgotten:
        said = f"orders that were never offered: {', '.join(forgotten)}"
        raise _break(VANISH, ledger, session, said)


def working(ledger: str, session: date, order: Order, orders: Iterable[Order]) -> None:
    """A venue may only speak of an order that works."""
    if order not in orders:
        said = f"a message on order {order.order_id}, which does not work"
        raise _break(VANISH, ledger, session, said)


def as_ordered(ledger: str, session: date, fill: Fill) -> None:
    """A fill is of its order, leg by leg in one number of units, at a net that its legs add up to,
    on living contracts."""
    order, units = fill.order, fill.units
    wanted = [(leg, units * leg.quantity) for leg in order.legs]
    if wanted != [(part.leg, part.quantity) for part in fill.legs]:
        raise _break(
            VANISH, ledger, session, f"the fill of order {order.order_id} has other legs than it"
        )
    if not 1 <= units <= order.quantity:
        said = f"the fill of order {order.order_id} is of {units} units, wanted {order.quantity}"
        raise _break(VANISH, ledger, session, said)
    if sum(part.leg.quantity * part.price for part in fill.legs) != fill.net:
        raise _break(
            MONEY,
            ledger,
            session,
            f"the legs of order {order.order_id} do not add up to its net of {fill.net}",
        )
    for part in fill.legs:
        if part.leg.contract.expiry <= session:
            raise _break(
                FUTURE,
                ledger,
                session,
                f"order {order.order_id} trades {part.leg.contract.key} after it has settled",
            )


class Intents:
    """Which intents are open, and that each ends once: the memory of law 4."""

    def __init__(self, ledger: str) -> None:
        self._ledger = ledger
        self._open: dict[str, None] = {}
        self._ended: dict[str, State] = {}

    @property
    def open(self) -> Collection[str]:
        return self._open.keys()

    @property
    def ended(self) -> Mapping[str, State]:
        return self._ended

    def restore(self, open_ids: Iterable[str], ended: Mapping[str, State]) -> None:
        """What was open, and how the others ended, before a restart."""
        self._open = dict.fromkeys(open_ids)
        self._ended = dict(ended)

    def begin(self, session: date, intent_id: str) -> None:
        """A new intent. Raises LawBroken when its id was there before."""
        if intent_id in self._open or intent_id in self._ended:
            raise _break(VANISH, self._ledger, session, f"intent {intent_id} was wanted twice")
        self._open[intent_id] = None

    def end(self, session: date, intent_id: str, state: State) -> None:
        """It ends in `state`. Raises LawBroken when it is unknown or has ended before."""
        if intent_id in self._ended:
            raise _break(
                VANISH,
                self._ledger,
                session,
                f"intent {intent_id} ends as {state!r} after it ended as "
                f"{self._ended[intent_id]!r}",
            )
        if intent_id not in self._open:
            said = f"intent {intent_id} ends as {state!r} and was never wanted"
            raise _break(VANISH, self._ledger, session, said)
        del self._open[intent_id]
        self._ended[intent_id] = state

    def check(self, session: date, orders: Iterable[Order]) -> None:
        """The open intents are exactly those with a working order, one order each."""
        working = [order.intent_id for order in orders]
        if len(working) != len(self._open) or set(working) != set(self._open):
            lost = sorted(set(self._open) ^ set(working)) or sorted(working)
            said = f"intents without exactly one working order or an end: {', '.join(lost)}"
            raise _break(VANISH, self._ledger, session, said)
