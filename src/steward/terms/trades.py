"""What is wanted, sent, filled and held: the records that cross the doorways.

Sign convention, one for the whole package: a quantity is bought above 0 and sold below 0; a net
price is what the trader pays, so a credit is negative; an amount of cash is what the account
gains, so a premium paid is negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from steward.terms.contracts import Contract

Purpose = Literal[
    "condor",
    "layer_1",
    "layer_2",
    "layer_3",
    "second_engine",
    "margin_call",
    "cash",
    "flow",
    "fee",
    "interest",
    "margin_interest",
]
HEDGE_PURPOSES: tuple[Purpose, ...] = ("layer_1", "layer_2", "layer_3")

Action = Literal["open", "close"]
State = Literal[
    "filled",
    "partly filled",
    "no quote",
    "stale",
    "refused",
    "lapsed",
    "cancelled",
    "settled by value",
    "settled by proxy",
]
"""How an intent ends; each ends in exactly one of these (law 4)."""

Pricing = Literal["package", "legs"]
"""Two legs or more: one complex order with one net, or each leg at its own tick."""

Quality = Literal["quoted", "settlement", "modelled", "simulated", "modelled, hypothetical listing"]
"""Where a price comes from. `settlement`: an exchange's settlement price, not a two-sided quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One contract of a package; `quantity` is signed, and per one unit of the package."""

    contract: Contract
    quantity: int
    lot_id: str = ""  # when it closes a lot: which


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What the rules want, before it is whole contracts within limits.

    size      condors: share of NAV at risk is in `orders.sizing`, so this is the budget in cents of
              maximum loss; hedge: call-equivalents (30-delta calls of 100 x F); closing: contracts
    detail    what orders and reports need beside it (credit, width, delta, target), plain floats
    rule      which rule wants it, in a word or two that are the same on every day
    instrument  hedge: the bucket of the mix that it buys, as the rule file names it
    passes_to   hedge: the bucket of the same layer that takes a share under half a contract
    """

    intent_id: str
    session: date
    purpose: Purpose
    action: Action
    structure_id: str
    legs: tuple[Leg, ...]
    size: float
    fill_share: float  # k: 0 is the mid, 1 the touch
    reason: str
    detail: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    instrument: str = ""
    passes_to: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Whole contracts to send: filled on the next session's quotes, or ended with a reason.

    quantity  units of the package, above 0; a leg trades `quantity * leg.quantity` contracts
    limit     net price of one unit, ten-thousandths of a point, paid above 0: what the plan prints
    worst     the price beyond which it lapses as `refused: price`; None: any price (forced, sales)
    retry     sessions after the first in which what did not trade is offered again
    """

    order_id: str
    intent_id: str
    session: date  # decided at its close; filled on the next session's quotes
    purpose: Purpose
    action: Action
    structure_id: str
    legs: tuple[Leg, ...]
    quantity: int
    limit: int
    worst: int | None
    fill_share: float
    reason: str
    rule: str = ""
    retry: int = 0
    pricing: Pricing = "package"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFill:
    """What one leg of an order got.

    bid, ask  of the quote that it traded on, ten-thousandths of a point; None: a broker's fill
    origin    which quote that was: a file and line, a store, or the model
    displayed, volume  contracts on the side taken, and traded that session; None: unknown
    """

    leg: Leg
    quantity: int  # contracts, signed
    price: int  # ten-thousandths of a point
    fee: int  # cents, all contracts of this leg
    quality: Quality
    bid: int | None = None
    ask: int | None = None
    origin: str = ""
    displayed: int | None = None
    volume: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What traded of an order: all of it, or a part of its units.

    units    of the package, 1 to `order.quantity`
    limited  why it is not all of it, in words; empty when it is
    fill_id  a message with the id of another one is that one again
    """

    order: Order
    session: date
    legs: tuple[LegFill, ...]
    net: int  # of one unit, ten-thousandths, paid above 0
    limited: str = ""
    fill_id: str = ""

    @property
    def units(self) -> int:
        """Of the package, from the first leg; that all legs agree is a law."""
        return self.legs[0].quantity // self.legs[0].leg.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An order that did not trade, and why."""

    order: Order
    session: date
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Contracts held. Lots never net: two condors may share a strike, and no wing may vanish."""

    lot_id: str
    structure_id: str  # the legs of one condor share it
    purpose: Purpose
    contract: Contract
    quantity: int  # contracts still open, signed
    price: int  # at the opening, ten-thousandths of a point
    opened: date
    variation_price: int  # futures: price of the last variation payment; options: equals `price`


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    cash: int  # cents
    lots: tuple[Lot, ...] = ()
    open_orders: tuple[Order, ...] = ()


Memory = Mapping[str, float | str]
"""What the rules remember from one session to the next; frozen, and kept by `runs`."""

NOTHING: Memory = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One rule's record of one session: a test can replay it, a person can read it.

    inputs  by signal name: the value as text with its age or its state, as a reader would say it
    """

    rule: str
    result: str
    sentence: str
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    intents: tuple[Intent, ...]
    traces: tuple[Trace, ...]
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFacts:
    """What the rules may know of a ledger; one a session, never a signal (it differs by run).

    Money in cents. Shares are fractions of NAV. `None` means not known yet, never 0.
    """

    session: date
    nav: int
    cash: int
    peak_nav: int
    drawdown: float  # 0 or below, flows taken out
    worst_month: float | None  # worst calendar-month return of the last three full months
    condor_max_loss: int  # of the condors now open, entry credit taken off
    condor_credit: int  # entry credit of the condors now open
    closed_condors: int  # since the last change of the allocation step
    sessions_since_start: int
    hedge_premium_open: int  # entry premium of the hedge now open
    hedge_premium_year: int  # paid minus received, trailing 252 sessions
    hedge_gain_realised: int  # realised gains of hedges sold, since layer 3 came on
    margin_requirement: int
