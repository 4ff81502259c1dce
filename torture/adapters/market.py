"""What the adapters share: a scenario in plain words of any engine, and its answer in the kit's.

Nothing of another engine is imported here, and nothing is put right: times of day, numbers as text,
the kit's own price of a fill, which index an option settles on, and events of an engine's fills.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from steward.runs.torture.records import (
    TRADES,
    Action,
    ActionLeg,
    Event,
    QuoteRow,
    Scenario,
    Terms,
)

NEW_YORK = ZoneInfo("America/New_York")
REGULAR, EARLY = (time(16), time(16, 15)), (time(13), time(13, 15))
OPENING = time(9, 30)
E4, CENTS = 10_000, 100

SOURCES = {"SPX": "SPX close", "SET": "SET", "VIX": "VIX close", "VRO": "VRO"}
"""What the kit calls the level of an index that an engine can settle on."""


class Unable(Exception):  # noqa: N818 (it is an answer, not an error)
    """The engine has no notion of what a scenario asks for: not supported, with these words."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One order of one structure: what an engine is sent.

    legs   signed quantities of one unit         closing  whether it takes down what is held
    fill   share of the half spread that it pays worst    net of a unit, e4; None: any
    """

    action: Action
    structure: str
    legs: tuple[ActionLeg, ...]
    units: int
    fill: Fraction
    worst: int | None
    closing: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A fill of one contract, as the engine says it: quantity signed, price e4, money in cents."""

    contract: str
    quantity: int
    price: int
    cents: int
    fee: int = 0


def points(e4: int) -> str:
    """With four decimals: `12.4000`."""
    return f"{Decimal(e4) / E4:.4f}"


def dollars(cents: int) -> str:
    return f"{Decimal(cents) / CENTS:.2f}"


def cents_of(amount: object) -> int:
    """Whole cents of an engine's amount in dollars, which may be a binary fraction."""
    return int((Decimal(str(amount)) * CENTS).quantize(Decimal(1)))


def e4_of(price: object) -> int:
    """Ten-thousandths of an engine's price, which may be a binary fraction."""
    return int((Decimal(str(price)) * E4).quantize(Decimal(1)))


def closes(scenario: Scenario, session: date) -> tuple[time, time]:
    """When shares close on a session, and when options that do not expire do."""
    early = scenario.calendar.early_close.get(session) == f"{EARLY[0]:%H:%M}" or any(
        row.session == session and row.time <= EARLY[1] for row in scenario.quotes
    )
    return EARLY if early else REGULAR


def moment(session: date, at: time) -> datetime:
    return datetime.combine(session, at, NEW_YORK)


def quotes_on(scenario: Scenario, session: date) -> Iterator[QuoteRow]:
    """Those with both a bid and an ask."""
    for row in scenario.quotes:
        if row.session == session and row.bid is not None and row.ask is not None:
            yield row


def settles_on(terms: Terms, *, official: bool = True) -> str:
    """The index whose level is the settlement value: SPX at its close, SET or VRO at the opening.

    official  else SPX and VIX themselves, as one writes it who does not know better
    """
    if not official:
        return terms.underlying
    if terms.underlying == "VIX":
        return "VRO"
    return "SET" if terms.settlement == "AM" else "SPX"


def expires_at(scenario: Scenario, terms: Terms) -> datetime:
    if terms.expiry is None:
        raise ValueError(f"{terms.id} does not expire")
    at = OPENING if terms.settlement == "AM" else closes(scenario, terms.expiry)[0]
    return moment(terms.expiry, at)


def levels(scenario: Scenario) -> Iterator[tuple[date, str, int]]:
    """Session, index and level (e4) of all that an option can settle on."""
    names = {source: index for index, source in SOURCES.items()}
    for level in scenario.levels:
        if level.symbol in names:
            yield level.session, names[level.symbol], level.value


def mark(row: QuoteRow) -> int:
    """In e4: the middle, or half the ask where nobody bids."""
    return ((row.bid or 0) + (row.ask or 0)) // 2


def leg_price(bid: int | Fraction, ask: int | Fraction, fill: Fraction, *, buys: bool) -> Fraction:
    """The kit's fill of one leg before the grid: with a bid of 0 at the ask, or at 0."""
    if bid == 0:
        return Fraction(ask if buys else 0)
    middle, half = Fraction(bid + ask) / 2, Fraction(ask - bid) / 2
    return middle + half * fill if buys else middle - half * fill


def on_grid(terms: Terms, session: date, price: Fraction, *, buys: bool, net: bool) -> int:
    """Rounded against the trader (e4): a package's net on one grid, a single leg on its tick."""
    on_vix = terms.underlying == "VIX"
    if net or terms.root == "VIXW":
        tick = 100 if on_vix else 500
    elif on_vix and session >= date(2022, 10, 3):
        tick = 100 if price < 3 * E4 else 500
    else:
        tick = 500 if price < 3 * E4 else 1000
    return int(-(-price // tick) * tick) if buys else int(price // tick * tick)


def tickets(scenario: Scenario, session: date) -> Iterator[Ticket]:
    """In the order of the file; of a roll the structure that is held is closed first."""
    held: set[str] = set()
    for action in scenario.actions:
        if action.action not in TRADES:
            continue
        structures = list(dict.fromkeys(leg.structure for leg in action.legs))
        if action.action == "roll":
            structures.sort(key=lambda one: one not in held)
        for structure in structures:
            closing = action.action == "close" or (action.action == "roll" and structure in held)
            if action.session == session and action.units is not None and action.fill is not None:
                legs = tuple(leg for leg in action.legs if leg.structure == structure)
                yield Ticket(
                    action, structure, legs, action.units, action.fill, action.worst, closing
                )
        held.update(structures)


def waits(scenario: Scenario) -> None:
    """Raises Unable for an order that is taken back before the quotes on which it is to trade."""
    cancelled = {(x.order, x.session) for x in scenario.actions if x.action == "cancel"}
    if any((x.order, x.session) in cancelled for x in scenario.actions if x.action in TRADES):
        raise Unable("an order that waits for the next quotes")


def fill_events(
    session: date, ticket: Ticket, parts: Iterable[Part], *, units: int, net: int
) -> Iterator[Event]:
    """One event for a package at its net, one a leg for single legs; and one for the fee."""
    order, structure = ticket.action.order, ticket.structure
    parts = list(parts)
    if len(ticket.legs) > 1 and ticket.action.execution == "package":
        yield Event(
            session=session,
            event="fill",
            order=order,
            structure=structure,
            quantity=units,
            price=net,
            cents=sum(x.cents for x in parts),
        )
    else:
        for part in parts:
            yield Event(
                session=session,
                event="fill",
                order=order,
                structure=structure,
                contract=part.contract,
                quantity=part.quantity,
                price=part.price,
                cents=part.cents,
            )
    fee = sum(x.fee for x in parts)
    if fee:
        yield Event(session=session, event="fee", order=order, structure=structure, cents=-fee)


def settle_event(session: date, structure: str, part: Part, level: int, index: str) -> Event:
    """part  what closes the position      level  of the index (e4) by which the engine settled."""
    return Event(
        session=session,
        event="settle",
        structure=structure,
        contract=part.contract,
        quantity=-part.quantity,
        price=level,
        cents=part.cents,
        state="settled by value",
        source=SOURCES[index],
    )


def end_event(
    session: date, ticket: Ticket, state: str, reason: str, left: int | None = None
) -> Event:
    """reason  the engine's own words        left  units that did not trade, where others did."""
    return Event(
        session=session,
        event="end",
        order=ticket.action.order,
        structure=ticket.structure,
        quantity=left,
        state=state,
        reason=reason,
    )
