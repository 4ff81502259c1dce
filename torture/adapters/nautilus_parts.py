"""NautilusTrader's places for a user's rules, filled with the kit's; see `nautilus_adapter`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd
from nautilus_trader.backtest.config import SimulationModuleConfig
from nautilus_trader.backtest.models import FeeModel, FillModel
from nautilus_trader.backtest.modules import SimulationModule
from nautilus_trader.model import book, data, enums, events, identifiers
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.objects import Money, Quantity
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

import market as kit
from steward.runs.torture.records import Action, Event, Scenario

if TYPE_CHECKING:
    from nautilus_adapter import Running

VENUE = identifiers.Venue("CBOE")
UNLIMITED = Quantity.from_int(1_000_000)
SECOND = timedelta(seconds=1)
ENDS = (events.OrderCanceled, events.OrderDenied, events.OrderExpired, events.OrderRejected)


def nanos(at: datetime) -> int:
    return int(pd.Timestamp(at).value)


def day_of(ns: int) -> date:
    return pd.Timestamp(ns, tz="UTC").tz_convert("America/New_York").date()


def id_of(name: str) -> identifiers.InstrumentId:
    return identifiers.InstrumentId(identifiers.Symbol(name), VENUE)


def legs_of(instrument: Any) -> list[tuple[identifiers.InstrumentId, int]]:
    return instrument.legs() if instrument.is_spread() else [(instrument.id, 1)]


def sold(ticket: kit.Ticket) -> bool:
    return ticket.worst is not None and ticket.worst < 0


class KitFills(FillModel):
    """The share of the spread that an order's first tag names, on the quotes the engine has."""

    def __init__(self, scenario: Scenario, cache: Any) -> None:
        super().__init__()
        self._scenario = scenario
        self._cache = cache

    def fill_limit_inside_spread(self) -> bool:
        return True

    def get_orderbook_for_fill_simulation(
        self, instrument: Any, order: Any, best_bid: Any, best_ask: Any
    ) -> book.OrderBook | None:
        share = Fraction(order.tags[0])
        displayed = self._scenario.fills.size == "displayed"
        if displayed and share == 1:
            return None  # the engine's own book, with the sizes that it shows
        made = book.OrderBook(instrument.id, enums.BookType.L2_MBP)
        quote = self._cache.quote_tick(instrument.id)
        for number, (buys, size) in enumerate(((False, quote.bid_size), (True, quote.ask_size))):
            price = instrument.make_price(kit.points(self._price(instrument, share, buys=buys)))
            side = OrderSide.SELL if buys else OrderSide.BUY  # who buys, buys from a seller
            level = data.BookOrder(side, price, size if displayed else UNLIMITED, number + 1)
            made.add(level, 0, 0)
        return made

    def _price(self, instrument: Any, share: Fraction, *, buys: bool) -> int:
        net = Fraction(0)
        for leg, ratio in legs_of(instrument):
            quote = self._cache.quote_tick(leg)
            bid, ask = kit.e4_of(quote.bid_price), kit.e4_of(quote.ask_price)
            net += ratio * kit.leg_price(bid, ask, share, buys=buys == (ratio > 0))
        terms, session = self._scenario.contracts[leg.symbol.value], day_of(quote.ts_event)
        return kit.on_grid(terms, session, net, buys=buys, net=instrument.is_spread())


class KitFees(FeeModel):
    """Stated cents a contract; of a spread the sum of its legs, as the engine's own model does."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self._scenario = scenario

    def get_commission(self, order: Any, fill_qty: Any, fill_px: Any, instrument: Any) -> Money:
        cents = 0
        for leg, ratio in legs_of(instrument):
            root = self._scenario.contracts[leg.symbol.value].root
            each = self._scenario.fees.cents.get((root, order.tags[1]), 0)
            cents += each * abs(ratio) * int(fill_qty)
        return Money(Decimal(kit.dollars(cents)), USD)


class OwnerMoney(SimulationModule):
    """Deposits and withdrawals, with the engine's own function for adjusting an account."""

    def __init__(self, running: Running) -> None:
        super().__init__(SimulationModuleConfig())
        self._running = running
        self._due = [
            (nanos(kit.moment(action.session, kit.OPENING)), action)
            for action in running.scenario.actions
            if action.cents is not None
        ]

    def process(self, ts_now: int) -> None:
        while self._due and self._due[0][0] <= ts_now:
            _, action = self._due.pop(0)
            cents = (action.cents or 0) * (1 if action.action == "deposit" else -1)
            self.exchange.adjust_account(Money(Decimal(kit.dollars(cents)), USD))
            self._running.booked.append(Event(session=action.session, event="flow", cents=cents))

    def log_diagnostics(self, logger: Any) -> None:
        """Nothing to say."""

    def reset(self) -> None:
        """Nothing to forget."""


class Structure(Strategy):
    """Sends the tickets of one structure, and hears what the engine says of them."""

    def __init__(self, running: Running, name: str) -> None:
        super().__init__(
            StrategyConfig(
                strategy_id="KIT", order_id_tag=name, oms_type="NETTING", manage_gtd_expiry=True
            )
        )
        self._running = running
        self._name = name

    def on_start(self) -> None:
        for at, ticket in self._running.due:
            if ticket.structure == self._name:
                instrument = self._running.traded(ticket)
                if instrument.is_spread():
                    self.subscribe_quote_ticks(
                        instrument.id,
                        aggregate_spread_quotes=True,
                        params={"update_interval_seconds": 60, "disable_vega_pricing": True},
                    )
                self._at(at, f"send {ticket.action.order}", lambda one=ticket: self._send(one))
        for action in self._running.scenario.actions:
            close, late = kit.closes(self._running.scenario, action.session)
            if action.action == "cancel":
                at = kit.moment(action.session, close) + SECOND
                self._at(at, f"cancel {action.order}", lambda one=action: self._cancel(one))
            if action.action == "duplicate":
                at = kit.moment(action.session, late) + 180 * SECOND
                self._at(at, f"again {action.order}", lambda one=action: self._again(one))

    def _at(self, at: datetime, name: str, what: Any) -> None:
        self.clock.set_time_alert(f"{name} {at}", at, lambda _: what())

    def _send(self, ticket: kit.Ticket) -> None:
        instrument = self._running.traded(ticket)
        single = not instrument.is_spread()
        buys = ticket.legs[0].quantity > 0 if single else not sold(ticket)
        size = ticket.units * (abs(ticket.legs[0].quantity) if single else 1)
        order = {
            "instrument_id": instrument.id,
            "order_side": OrderSide.BUY if buys else OrderSide.SELL,
            "quantity": Quantity.from_int(size),
            "tags": [str(ticket.fill), "close" if ticket.closing else "open"],
        }
        if ticket.worst is None:
            at_once = enums.TimeInForce.IOC
            sent = self.order_factory.market(time_in_force=at_once, **order)
        else:
            worst = ticket.worst if buys else -ticket.worst
            sent = self.order_factory.limit(
                price=instrument.make_price(kit.points(worst // (abs(size) // ticket.units))),
                time_in_force=enums.TimeInForce.GTD,
                expire_time=self._running.last_try(ticket),
                **order,
            )
        self._running.sent[sent.client_order_id.value] = ticket
        self.submit_order(sent)

    def _cancel(self, action: Action) -> None:
        for order in self.cache.orders_open(strategy_id=self.id):
            ticket = self._running.sent[order.client_order_id.value]
            if ticket.action.order == action.order:
                self._running.taken_back.add(order.client_order_id.value)
                self.cancel_order(order)

    def _again(self, action: Action) -> None:
        for _, heard, _ in list(self._running.heard):
            ticket = self._running.sent.get(number_of(heard))
            mine = heard.strategy_id == self.id
            if mine and ticket and ticket.action.order == action.order and is_fill(heard):
                self.msgbus.send(endpoint="ExecEngine.process", msg=heard)

    def on_event(self, event: Any) -> None:
        if isinstance(event, (events.OrderFilled, *ENDS)):
            index = self._running.indices.get(event.instrument_id.symbol.value)
            price = index and self.cache.price(id_of(index), enums.PriceType.LAST)
            order = self.cache.order(event.client_order_id)
            left = int(order.leaves_qty) if order and order.filled_qty > 0 else None
            today = day_of(self.clock.timestamp_ns())
            self._running.heard.append((today, event, price if is_fill(event) else left))


class Watch(Strategy):
    """Notes cash and equity at the end of each session, as account and portfolio say them."""

    def __init__(self, running: Running) -> None:
        super().__init__(StrategyConfig(strategy_id="WATCH", order_id_tag="0"))
        self._running = running

    def on_start(self) -> None:
        for session in self._running.scenario.sessions:
            at = kit.moment(session, kit.closes(self._running.scenario, session)[1]) + 300 * SECOND
            self.clock.set_time_alert(f"note {session}", at, lambda _, day=session: self._note(day))

    def _note(self, session: date) -> None:
        cash = self.portfolio.account(VENUE).balance_total(USD)
        equity = self.portfolio.equity(VENUE)[USD]
        for event, money in (("cash", cash), ("equity", equity)):
            cents = kit.cents_of(money.as_decimal())
            self._running.booked.append(Event(session=session, event=event, cents=cents))


def number_of(heard: Any) -> str:
    return heard.client_order_id.value.split("-LEG-")[0]


def is_fill(heard: Any) -> bool:
    return isinstance(heard, events.OrderFilled)
