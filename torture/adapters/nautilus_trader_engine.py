"""NautilusTrader on the torture kit: the event engine, with option contracts and spreads.

By hand, in an environment of its own (Python 3.12 or newer, from the folder of the repository):

    python -m pip install nautilus_trader==1.231.0 -e .
    python torture/adapters/nautilus_trader_engine.py

The low-level engine as its pages on options, fill models and accounts have it: a margin account in
dollars, `OptionContract` on an `IndexInstrument` (so it settles in cash), a package as an
`OptionSpread` whose quotes the engine makes from those of the legs, one strategy a structure so that
structures do not net. Its three documented places for a user's rules hold the conventions of the
kit: a `FillModel` the share of the spread and the grid, a `FeeModel` stated fees, a
`SimulationModule` the owner's money. SET and VRO are indices beside SPX, and an AM series expires at
09:30. Prices of legs have four decimals and strikes two, because a leg's price is rounded to the
decimals of the contract and a settlement to those of the strike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib.metadata import version
from typing import Any

import pandas as pd
from market import (
    SOURCES,
    Ticket,
    cents_of,
    closes,
    dollars,
    e4_of,
    expires_at,
    kit_price,
    levels,
    OPENING,
    mark,
    moment,
    points,
    quotes_on,
    settles_on,
    tickets,
)
from nautilus_trader.accounting.factory import AccountFactory
from nautilus_trader.backtest.config import BacktestEngineConfig, SimulationModuleConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import FeeModel, FillModel
from nautilus_trader.backtest.modules import SimulationModule
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import BookOrder, MarkPriceUpdate, QuoteTick, TradeTick
from nautilus_trader.model.enums import (
    AccountType,
    AggressorSide,
    AssetClass,
    BookType,
    OmsType,
    OptionKind,
    OrderSide,
    PriceType,
    TimeInForce,
)
from nautilus_trader.model.events import (
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderRejected,
)
from nautilus_trader.model.identifiers import (
    InstrumentId,
    Symbol,
    TradeId,
    Venue,
    new_generic_spread_id,
)
from nautilus_trader.model.instruments import IndexInstrument, OptionContract, OptionSpread
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.portfolio.config import PortfolioConfig
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from steward.runs.torture.engine import Ran
from steward.runs.torture.records import Event, Scenario, Terms

VENUE = Venue("CBOE")
UNLIMITED = 1_000_000
SECOND = timedelta(seconds=1)
ENDS = (OrderCanceled, OrderDenied, OrderExpired, OrderRejected)


def nanos(at: datetime) -> int:
    return int(pd.Timestamp(at).value)


def day_of(ns: int) -> date:
    return pd.Timestamp(ns, tz="UTC").tz_convert("America/New_York").date()


def id_of(name: str) -> InstrumentId:
    return InstrumentId(Symbol(name), VENUE)


def sold(ticket: Ticket) -> bool:
    """A package for a net credit is sent as the sale of the opposite spread, at a price above 0."""
    return ticket.worst is not None and ticket.worst < 0


class KitFills(FillModel):
    """The share of the spread that an order's tag names, inside the bid and ask of the engine."""

    def __init__(self, scenario: Scenario, cache: Any) -> None:
        super().__init__()
        self._contracts = scenario.contracts
        self._displayed = scenario.fills.size == "displayed"
        self._cache = cache

    def fill_limit_inside_spread(self) -> bool:
        return True

    def get_orderbook_for_fill_simulation(
        self, instrument: Any, order: Any, best_bid: Any, best_ask: Any
    ) -> OrderBook:
        fill, name = Fraction(order.tags[0]), order.tags[2]
        session = day_of(self._cache.quote_tick(instrument.id).ts_event)
        bid, ask = Fraction(best_bid.as_decimal()) * 10_000, Fraction(best_ask.as_decimal()) * 10_000
        quote = self._cache.quote_tick(instrument.id)
        book = OrderBook(instrument.id, BookType.L2_MBP)
        for side, size, number in (
            (OrderSide.BUY, quote.bid_size, 1),
            (OrderSide.SELL, quote.ask_size, 2),
        ):
            price = kit_price(
                self._contracts[name],
                session,
                bid,
                ask,
                fill,
                buys=side == OrderSide.SELL,
                net=instrument.is_spread(),
            )
            offered = size if self._displayed else Quantity.from_int(UNLIMITED)
            level = BookOrder(side, instrument.make_price(points(price)), offered, number)
            book.add(level, 0, 0)
        return book


class KitFees(FeeModel):
    """Stated cents a contract; of a spread the sum of its legs, as the engine's own model has it."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self._scenario = scenario

    def get_commission(self, order: Any, fill_qty: Any, fill_px: Any, instrument: Any) -> Money:
        legs = instrument.legs() if instrument.is_spread() else [(instrument.id, 1)]
        cents = 0
        for leg, ratio in legs:
            root = self._scenario.contracts[leg.symbol.value].root
            each = self._scenario.fees.cents.get((root, order.tags[1]), 0)
            cents += each * abs(ratio) * int(fill_qty)
        return Money(Decimal(cents) / 100, USD)


class OwnerMoney(SimulationModule):
    """Deposits and withdrawals, by the function of the exchange that the module of roll-over uses."""

    def __init__(self, scenario: Scenario, booked: list[Event]) -> None:
        super().__init__(SimulationModuleConfig())
        self._due = [
            (nanos(moment(x.session, closes(scenario, x.session)[0]) - 60 * 60 * SECOND), x)
            for x in scenario.actions
            if x.cents is not None
        ]
        self._booked = booked

    def process(self, ts_now: int) -> None:
        while self._due and self._due[0][0] <= ts_now:
            _, action = self._due.pop(0)
            cents = (action.cents or 0) * (1 if action.action == "deposit" else -1)
            self.exchange.adjust_account(Money(Decimal(cents) / 100, USD))
            self._booked.append(Event(session=action.session, event="flow", cents=cents))

    def log_diagnostics(self, logger: Any) -> None:
        pass

    def reset(self) -> None:
        pass


class Structure(Strategy):
    """Sends the tickets of one structure, and hears what the engine says of them."""

    def __init__(self, running: Running, name: str) -> None:
        super().__init__(StrategyConfig(strategy_id="KIT", order_id_tag=name, oms_type="NETTING", manage_gtd_expiry=True))
        self._running = running
        self._structure = name

    def on_start(self) -> None:
        for at, ticket in self._running.due:
            if ticket.structure != self._structure:
                continue
            instrument = self._running.traded(ticket)
            if instrument.is_spread():
                self.subscribe_quote_ticks(
                    instrument.id,
                    aggregate_spread_quotes=True,
                    params={"update_interval_seconds": None, "disable_vega_pricing": True},
                )
            self.clock.set_time_alert(
                f"send {ticket.name}", at, lambda _, one=ticket: self._send(one)
            )

    def _send(self, ticket: Ticket) -> None:
        instrument = self._running.traded(ticket)
        single = not instrument.is_spread()
        buys = ticket.legs[0].quantity > 0 if single else not sold(ticket)
        size = ticket.units * (abs(ticket.legs[0].quantity) if single else 1)
        common = {
            "instrument_id": instrument.id,
            "order_side": OrderSide.BUY if buys else OrderSide.SELL,
            "quantity": Quantity.from_int(size),
            "tags": [
                str(ticket.fill),
                "close" if ticket.closing else "open",
                ticket.legs[0].contract,
                ticket.name,
            ],
        }
        if ticket.worst is None:
            order = self.order_factory.market(**common)
        else:
            worst = ticket.worst if buys else -ticket.worst
            order = self.order_factory.limit(
                price=instrument.make_price(points(worst)),
                time_in_force=TimeInForce.GTD,
                expire_time=self.clock.utc_now() + SECOND,
                **common,
            )
        self._running.sent[order.client_order_id.value] = ticket
        self.submit_order(order)

    def on_event(self, event: Any) -> None:
        level = ""
        if isinstance(event, OrderFilled) and event.instrument_id in self._running.levels:
            level = str(self.cache.price(self._running.levels[event.instrument_id], PriceType.LAST))
        self._running.heard.append((event, level))


class Watch(Strategy):
    """Notes cash and equity at the end of each session, as account and portfolio say them."""

    def __init__(self, running: Running) -> None:
        super().__init__(StrategyConfig(strategy_id="WATCH", order_id_tag="0"))
        self._running = running

    def on_start(self) -> None:
        for session in self._running.scenario.sessions:
            at = moment(session, closes(self._running.scenario, session)[1]) + 60 * SECOND
            self.clock.set_time_alert(f"note {session}", at, lambda _, day=session: self._note(day))

    def _note(self, session: date) -> None:
        cash = self.portfolio.account(VENUE).balance_total(USD)
        equity = self.portfolio.equity(VENUE)[USD]
        for event, money in (("cash", cash), ("equity", equity)):
            self._running.booked.append(
                Event(session=session, event=event, cents=cents_of(money.as_decimal()))
            )


class Running:
    """One scenario on one engine."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.sent: dict[str, Ticket] = {}
        self.heard: list[tuple[Any, str]] = []
        self.booked: list[Event] = []
        self._spreads: dict[InstrumentId, OptionSpread] = {}
        self.due = [
            (moment(session, closes(scenario, session)[1]) + SECOND + number * SECOND / 1000, one)
            for session in scenario.sessions
            for number, one in enumerate(tickets(scenario, session))
        ]
        self.engine = BacktestEngine(
            BacktestEngineConfig(
                logging=LoggingConfig(bypass_logging=True),
                portfolio=PortfolioConfig(use_mark_prices=True),
                run_analysis=False,
            )
        )
        self.engine.add_venue(
            VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.CASH,
            allow_cash_borrowing=True,
            base_currency=USD,
            starting_balances=[Money(Decimal(dollars(scenario.start_cash)), USD)],
            fill_model=KitFills(scenario, self.engine.cache),
            fee_model=KitFees(scenario),
            modules=[OwnerMoney(scenario, self.booked)],
        )
        self.options = {name: self._option(x) for name, x in scenario.contracts.items()}
        self.levels = {
            id_of(x.id): id_of(settles_on(x)) for x in scenario.contracts.values()
        }
        for instrument in (*map(index, SOURCES), *self.options.values()):
            self.engine.add_instrument(instrument)
        for _, ticket in self.due:
            spread = self.traded(ticket)
            if spread.is_spread() and spread.id not in self._spreads:
                self._spreads[spread.id] = spread
                self.engine.add_instrument(spread)
        for structure in {ticket.structure: 0 for _, ticket in self.due}:
            self.engine.add_strategy(Structure(self, structure))
        self.engine.add_strategy(Watch(self))

    def _option(self, terms: Terms) -> OptionContract:
        return OptionContract(
            instrument_id=id_of(terms.id),
            raw_symbol=Symbol(terms.id),
            asset_class=AssetClass.INDEX,
            currency=USD,
            price_precision=4,
            price_increment=Price.from_str("0.0001"),
            multiplier=Quantity.from_int(terms.multiplier),
            lot_size=Quantity.from_int(1),
            underlying=settles_on(terms),
            option_kind=OptionKind.CALL if terms.right == "C" else OptionKind.PUT,
            strike_price=Price.from_str(points(terms.strike or 0)[:-2]),
            activation_ns=0,
            expiration_ns=nanos(expires_at(self.scenario, terms)),
            ts_event=0,
            ts_init=0,
        )

    def traded(self, ticket: Ticket) -> OptionContract | OptionSpread:
        """The option of a single leg, else a spread whose purchase is one unit of the package."""
        if len(ticket.legs) == 1:
            return self.options[ticket.legs[0].contract]
        sign = -1 if sold(ticket) else 1
        name = new_generic_spread_id([(id_of(x.contract), sign * x.quantity) for x in ticket.legs])
        if name in self._spreads:
            return self._spreads[name]
        terms = self.scenario.contracts[ticket.legs[0].contract]
        tick = "0.01" if terms.underlying == "VIX" else "0.05"
        return OptionSpread(
            instrument_id=name,
            raw_symbol=name.symbol,
            asset_class=AssetClass.INDEX,
            currency=USD,
            price_precision=2,
            price_increment=Price.from_str(tick),
            multiplier=Quantity.from_int(terms.multiplier),
            lot_size=Quantity.from_int(1),
            underlying=settles_on(terms),
            strategy_type="COMBO",
            activation_ns=0,
            expiration_ns=min(self.options[x.contract].expiration_ns for x in ticket.legs),
            ts_event=0,
            ts_init=0,
        )

    def data(self) -> list[Any]:
        found: list[Any] = []
        for row in self.scenario.quotes:
            if row.bid is None or row.ask is None:
                continue
            option, at = self.options[row.contract], nanos(moment(row.session, row.time))
            bid, ask = (option.make_price(points(x)) for x in (row.bid, row.ask))
            sizes = (Quantity.from_int(x or 0) for x in (row.bid_size, row.ask_size))
            found.append(QuoteTick(option.id, bid, ask, *sizes, at, at))
            middle = option.make_price(points(mark(row)))
            found.append(MarkPriceUpdate(option.id, middle, at, at))
        for number, (session, name, value) in enumerate(levels(self.scenario)):
            close = closes(self.scenario, session)[0] if name == "SPX" else OPENING
            at = nanos(moment(session, close) - SECOND)
            price, size = Price.from_str(points(value)), Quantity.from_int(1)
            trade = TradeId(str(number))
            none = AggressorSide.NO_AGGRESSOR
            found.append(TradeTick(id_of(name), price, size, none, trade, at, at))
        return found

    def run(self) -> Ran:
        last = self.scenario.sessions[-1]
        self.engine.add_data(self.data(), validate=False)
        try:
            self.engine.run(end=moment(last, closes(self.scenario, last)[1]) + 3600 * SECOND)
        finally:
            self.engine.dispose()
            AccountFactory.deregister_cash_borrowing(VENUE.value)
        return Ran(events=(*self.booked, *translated(self)))


def index(name: str) -> IndexInstrument:
    return IndexInstrument(
        instrument_id=id_of(name),
        raw_symbol=Symbol(name),
        currency=USD,
        price_precision=4,
        size_precision=0,
        price_increment=Price.from_str("0.0001"),
        size_increment=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


def translated(running: Running) -> Iterator[Event]:
    """What the engine said of its orders, in the words of the kit."""
    fills: dict[tuple[date, str], list[OrderFilled]] = {}
    for heard, level in running.heard:
        number = heard.client_order_id.value.split("-LEG-")[0] if is_order(heard) else ""
        session = day_of(heard.ts_event)
        if number not in running.sent:
            if isinstance(heard, OrderFilled):
                yield settled(running, heard, level)
        elif isinstance(heard, OrderFilled):
            fills.setdefault((session, number), []).append(heard)
        elif isinstance(heard, ENDS):
            yield ended(running, running.sent[number], heard)
    for (session, number), parts in fills.items():
        yield from filled(running, session, running.sent[number], parts)


def is_order(heard: Any) -> bool:
    return isinstance(heard, (OrderFilled, *ENDS))


def signed(fill: OrderFilled) -> int:
    return int(fill.last_qty) * (1 if fill.order_side == OrderSide.BUY else -1)


def cash_of(running: Running, fill: OrderFilled) -> int:
    multiplier = running.scenario.contracts[fill.instrument_id.symbol.value].multiplier
    return -signed(fill) * e4_of(fill.last_px) * multiplier // 100


def settled(running: Running, fill: OrderFilled, level: str) -> Event:
    name = fill.instrument_id.symbol.value
    return Event(
        session=day_of(fill.ts_event),
        event="settle",
        structure=fill.strategy_id.get_tag(),
        contract=name,
        quantity=-signed(fill),
        price=e4_of(level),
        cents=cash_of(running, fill),
        state="settled by value",
        source=SOURCES[settles_on(running.scenario.contracts[name])],
    )


def filled(
    running: Running, session: date, ticket: Ticket, parts: list[OrderFilled]
) -> Iterator[Event]:
    """A package is one event at its net; a leg's cash is in the fills of the legs alone."""
    orders = [x for x in parts if "-LEG-" not in x.client_order_id.value]
    legs = [x for x in parts if "-LEG-" in x.client_order_id.value] or orders
    buys = orders[0].order_side == OrderSide.BUY
    of = {"session": session, "order": ticket.action.order, "structure": ticket.structure}
    price = e4_of(orders[0].last_px)
    cents = sum(cash_of(running, x) for x in legs)
    if len(ticket.legs) > 1:
        units = sum(abs(signed(x)) for x in orders)
        net = price if buys else -price
        yield Event(event="fill", quantity=units, price=net, cents=cents, **of)
    else:
        quantity, contract = sum(map(signed, orders)), ticket.legs[0].contract
        yield Event(
            event="fill", contract=contract, quantity=quantity, price=price, cents=cents, **of
        )
    fee = sum(cents_of(x.commission.as_decimal()) for x in legs)
    if fee:
        yield Event(event="fee", cents=-fee, **of)


def ended(running: Running, ticket: Ticket, heard: Any) -> Event:
    reason = getattr(heard, "reason", "") or type(heard).__name__
    state = "refused"
    if "no market" in reason.lower():
        state = "no quote"
    if "has expired" in reason or ticket.action.retries:
        state = "lapsed"
    return Event(
        session=day_of(heard.ts_event),
        event="end",
        order=ticket.action.order,
        structure=ticket.structure,
        state=state,
        reason=reason,
    )


class NautilusTrader:
    """As `steward.runs.torture.engine.Engine` asks."""

    name = "nautilus_trader"
    version = version("nautilus_trader")
    supports = frozenset(
        (
            *("options", "vix options", "am settlement", "packages", "leg orders", "price limits"),
            *("rolls", "retry", "cancel", "deposits", "explicit fees", "duplicate messages"),
        )
    )
    reports = frozenset(("flow", "fill", "fee", "settle", "end", "cash", "equity"))

    def run(self, scenario: Scenario) -> Ran:
        return Running(scenario).run()


if __name__ == "__main__":
    from steward.runs.torture import kit, reader

    for one in kit.verdicts(reader.read_all(kit.scenarios_folder()), NautilusTrader()):
        print(one.scenario.name, one.state, one.why, *(x.words for x in one.differences[:1]))
