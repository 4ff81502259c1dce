"""What one scenario says, as frozen records; nothing in here is of Steward's own engine.

Money in cents, prices in ten-thousandths of a point (e4). A quantity is bought above 0 and sold
below 0; a net price is what the trader pays; an amount of cash is what the account gains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from fractions import Fraction
from functools import cached_property
from typing import Literal

from steward.terms.contracts import E4

Kind = Literal["option", "future", "share"]
KINDS: tuple[Kind, ...] = ("option", "future", "share")

ACTIONS = ("open", "close", "roll", "cancel", "deposit", "withdraw", "duplicate")
TRADES = ("open", "close", "roll")
EXECUTIONS = ("package", "legs")
FILLS: Mapping[str, Fraction] = {
    "mid": Fraction(0),
    "half": Fraction(1, 2),
    "natural": Fraction(1),
}
"""Names of the share k of the half spread that a fill pays."""

GROUPS = (
    *("settlement", "calendar", "fills", "rolls", "vix", "futures", "interest", "fees"),
    *("margin", "sizing", "shares", "messages", "dividends"),
)

SYMBOLS = (
    *("SPX open", "SPX high", "SPX low", "SPX close"),
    *("VIX open", "VIX high", "VIX low", "VIX close"),
    *("SET", "VRO", "final", "settle", "bill rate"),
)
"""What `levels.csv` may give. `settle` and `final` are of a contract; `bill rate` is in percent."""

OF_CONTRACT = ("settle", "final")

EVENTS: Mapping[str, str] = {
    "flow": "money moved in (above 0) or out by the owner; the start cash is no event",
    "fill": "an order traded: one row a package, or one a leg where legs trade singly",
    "fee": "of an order or a settlement, all legs of a structure in one row; no row where it is 0",
    "settle": "what a structure held of a contract expired; also where it paid nothing",
    "variation": "daily payment of a future; no row where nothing was paid",
    "interest": "on cash; below 0 on a debt; no row where it is 0",
    "end": "an order ended without a trade, or with a part untraded: `state` says how",
    "split": "shares after a split: `quantity` is what is held then; cents are 0",
    "cash in lieu": "paid for the part of a share that a split leaves over; no row for 0",
    "margin call": "found at the close: cents are what is missing, below 0; no cash moves",
    "liquidation": "a forced close: as a fill, without an order",
    "equity": "cash and all holdings at the marks of the close",
    "cash": "at the end of the session",
    "margin": "the requirement at the close, above 0",
}
"""Every kind of event, with what its `cents` mean."""

LEVELS = ("equity", "cash", "margin")
"""Events that are a level, not a change: compared where a scenario states one."""

MOVES = ("flow", "fill", "fee", "settle", "variation", "interest", "cash in lieu", "liquidation")
"""Events whose cents change the cash."""

SILENT = ("fee", "variation", "interest", "cash in lieu")
"""Events that are left out where they are 0."""

END_STATES = ("refused", "no quote", "stale", "lapsed", "cancelled")
SETTLE_STATES = ("settled by value", "settled by proxy")

NEEDS: Mapping[str, str] = {
    "options": "cash-settled European options",
    "vix options": "options that settle on VRO",
    "futures": "futures with a daily variation in cash",
    "shares": "shares of an exchange-traded product",
    "splits": "splits of shares, with cash in lieu of parts",
    "am settlement": "settlement on an opening value, before the session's trades",
    "packages": "several legs as one order at a net price",
    "leg orders": "several legs, each priced on its own tick",
    "one-sided quotes": "a bid of 0: bought at the ask, sold at 0, marked at half the ask",
    "price limits": "an order that is refused where its price is worse than `worst`",
    "rolls": "a close and an open of one order id on one session",
    "retry": "an order that is tried again on later sessions",
    "cancel": "a working order that the owner takes back",
    "duplicate messages": "a message that arrives twice and must count once",
    "deposits": "money moved in or out by the owner",
    "interest": "interest on cash, simple, act/365",
    "sizing": "whole units from a budget of maximum loss",
    "settlement proxies": "a named stand-in for a missing settlement value, with bounds",
    "partial fills": "an order that trades in parts",
    "size limits": "no more than the displayed size or a share of the volume",
    "stale quotes": "a quote that is too old to trade on",
    "spread limits": "a market that is too wide to trade on",
    "explicit fees": "fees in cents a contract as `scenario.toml` states them",
    "settlement fees": "fees at expiry",
    "fee profiles": "dated schedules of fees by broker, tiers and caps",
    "margin requirement": "a requirement by a named profile",
    "margin profiles": "other profiles than cboe",
    "margin calls": "a call at the marks of the close, met or liquidated on the next session",
}
"""What a scenario can ask of an engine. Most are seen in its files (`Scenario.needs`); the others
stand in its `needs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One contract.

    expiry      settlement day; None for a share        settlement  AM or PM; "" for a share
    strike      e4; None but for options                right       C or P; "" but for options
    multiplier  dollars a point
    """

    id: str
    kind: Kind
    root: str
    underlying: str
    expiry: date | None
    settlement: str
    strike: int | None
    right: str
    multiplier: int

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it the contract it is, whatever it is called."""
        return (self.kind, self.root, self.expiry, self.strike, self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRow:
    """One contract on one session. None is unknown; a bid of 0 says that nobody bids."""

    session: date
    time: time
    contract: str
    bid: int | None
    ask: int | None
    bid_size: int | None
    ask_size: int | None
    volume: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A value of the market; e4 of a point, or of a percent for `bill rate`."""

    session: date
    symbol: str
    contract: str
    value: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """`new` shares for `old` ones, before the session's trades; `price` (e4) pays for parts."""

    session: date
    contract: str
    new: int
    old: int
    price: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLeg:
    """`quantity` is signed and in one unit of the order."""

    structure: str
    contract: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One order, or one move of the owner's money.

    session    on whose quotes it trades first; decided at the close of the session before
    units      of a trade, above 0; None where `budget` (cents of maximum loss) sizes it
    fill       k, the share of the half spread that is paid; None where nothing trades
    limit      net of a unit that the order shows, e4, and on which a budget is sized; None: none
    worst      net of a unit beyond which it does not trade, e4; None: any price
    retries    further sessions on which it is tried; 0: once
    cents      of a deposit or a withdrawal, above 0
    """

    session: date
    order: str
    action: str
    legs: tuple[ActionLeg, ...]
    units: int | None
    budget: int | None
    fill: Fraction | None
    limit: int | None
    worst: int | None
    retries: int
    execution: str
    cents: int | None

    @property
    def is_package(self) -> bool:
        """Whether several legs of one structure trade at one net price."""
        structures = [leg.structure for leg in self.legs]
        return self.execution == "package" and len(set(structures)) < len(structures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened; expected by a scenario, or reported by an engine.

    order, structure, contract  "" where the event has none
    quantity  contracts, signed; of a package: units        price  e4; of a package: net of a unit
    cents     see `EVENTS`; None: not stated
    state, source  may name several with `|` where a scenario expects one of them
    low, high  bounds of `cents` where a proxy settled
    reason    an engine's own words; never compared
    """

    session: date
    event: str
    order: str = ""
    structure: str = ""
    contract: str = ""
    quantity: int | None = None
    price: int | None = None
    cents: int | None = None
    state: str = ""
    source: str = ""
    low: int | None = None
    high: int | None = None
    reason: str = ""

    @property
    def key(self) -> tuple[date, str, str, str, str]:
        """What it is about: events with one key are held against each other."""
        return (self.session, self.event, self.order, self.structure, self.contract)

    @property
    def words(self) -> str:
        """`2026-03-20 settle A SPX-P5000`."""
        return " ".join(
            str(part)
            for part in (self.session, self.event, self.order, self.structure, self.contract)
            if part
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the market that the scenario turns on, and where it is written."""

    says: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFacts:
    """What an engine's calendar must say; empty where the scenario asks nothing.

    early_close     closing time of the shares, "13:00"
    monthly_expiry  settlement day of the monthly SPX series, by "2026-06"
    vix_expiry      the same of VIX options and futures
    """

    closed: tuple[date, ...] = ()
    early_close: Mapping[date, str] = field(default_factory=dict)
    monthly_expiry: Mapping[str, date] = field(default_factory=dict)
    vix_expiry: Mapping[str, date] = field(default_factory=dict)

    def questions(self) -> dict[str, str]:
        """Question and expected answer, both as text."""
        asked = {f"closed {day}": "yes" for day in self.closed}
        asked |= {f"early close {day}": at for day, at in self.early_close.items()}
        asked |= {f"monthly expiry {m}": str(day) for m, day in self.monthly_expiry.items()}
        return asked | {f"VIX expiry {m}": str(day) for m, day in self.vix_expiry.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """`none`, `explicit` (cents a contract by root and action), or the name of a profile."""

    profile: str = "none"
    cents: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def of(self, root: str, action: str) -> int:
        """Cents a contract where the scenario states them; what it does not state is free."""
        return self.cents.get((root, action), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How a requirement is made.

    profile         none, cboe, ibkr, tastytrade, portfolio, cash
    unequal_widths  wider or sum        future_cents  initial margin of one contract by root
    liquidation     in words: the order in which a call is met; "": no calls
    """

    profile: str = "none"
    unequal_widths: Literal["wider", "sum"] = "wider"
    future_cents: Mapping[str, int] = field(default_factory=dict)
    liquidation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRules:
    """Beside the k of each order.

    size            unlimited, or displayed: no more than the size on the side that is taken
    volume_percent  of the session's volume, at the most; None: no limit
    stale_minutes   a quote older than this at the close of the options cannot be traded on
    widest_percent  of the middle: a spread beyond this cannot be traded on; None: any
    """

    size: str = "unlimited"
    volume_percent: Fraction | None = None
    stale_minutes: int | None = None
    widest_percent: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One folder of the kit, read and checked."""

    name: str
    title: str
    group: str
    engines_get_wrong: str
    rules: tuple[Rule, ...]
    reasoning: str
    sessions: tuple[date, ...]
    start_cash: int
    declared: tuple[str, ...]
    calendar: CalendarFacts
    fees: Fees
    margin: Margin
    fills: FillRules
    debit_spread: Fraction  # a fraction a year, on top of the bill rate for a debt
    contracts: Mapping[str, Terms]
    quotes: tuple[QuoteRow, ...]
    levels: tuple[Level, ...]
    splits: tuple[Split, ...]
    actions: tuple[Action, ...]
    expected: tuple[Event, ...]

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """What an engine must be able to do, in the order of `NEEDS`: seen here, or declared."""
        found = {word for word, seen in self._seen().items() if seen} | set(self.declared)
        return tuple(word for word in NEEDS if word in found)

    def _seen(self) -> dict[str, bool]:
        terms = self.contracts.values()
        trades = [x for x in self.actions if x.action in TRADES]
        kinds = {x.kind for x in terms}
        events = {x.event for x in self.expected}
        return {
            "options": "option" in kinds,
            "vix options": any(x.kind == "option" and x.underlying == "VIX" for x in terms),
            "futures": "future" in kinds,
            "shares": "share" in kinds,
            "splits": bool(self.splits),
            "am settlement": any(x.settlement == "AM" and x.kind == "option" for x in terms),
            "packages": any(x.is_package for x in trades),
            "leg orders": any(x.execution == "legs" and len(x.legs) > 1 for x in trades),
            "one-sided quotes": any(x.bid == 0 for x in self.quotes),
            "price limits": any(x.event == "end" and x.state == "refused" for x in self.expected),
            "rolls": any(x.action == "roll" for x in trades),
            "retry": any(x.retries for x in trades),
            "cancel": any(x.action == "cancel" for x in self.actions),
            "duplicate messages": any(x.action == "duplicate" for x in self.actions),
            "deposits": any(x.cents is not None for x in self.actions),
            "interest": any(x.symbol == "bill rate" for x in self.levels),
            "sizing": any(x.budget is not None for x in trades),
            "settlement proxies": any("settled by proxy" in x.state for x in self.expected),
            "size limits": self.fills.size != "unlimited" or self.fills.volume_percent is not None,
            "stale quotes": self.fills.stale_minutes is not None,
            "spread limits": self.fills.widest_percent is not None,
            "explicit fees": self.fees.profile == "explicit",
            "settlement fees": any(action == "settle" for _, action in self.fees.cents),
            "fee profiles": self.fees.profile not in ("none", "explicit"),
            "margin requirement": "margin" in events,
            "margin profiles": self.margin.profile not in ("none", "cboe"),
            "margin calls": bool(events & {"margin call", "liquidation"}),
        }


def in_points(e4: int) -> str:
    """A price as a file of the kit writes it: `12.4`, `-0.05`."""
    whole, part = divmod(abs(e4), E4)
    digits = f"{part:04d}".rstrip("0")
    return f"{'-' if e4 < 0 else ''}{whole}{'.' if digits else ''}{digits}"
