"""NautilusTrader on the torture kit: the event engine, with option contracts and spreads.

By hand, in an environment of its own with Python 3.12 or newer, from the folder of the repository:

    python -m pip install nautilus_trader==1.231.0 -e .

and then `torture/adapters/run.py`, which says how. The engine is LGPL-3.0-or-later.

It is set up as its pages on options, accounts and fill models have it: `OptionContract` on an
`IndexInstrument`, so that it settles in cash; a package as an `OptionSpread`, quoted by the engine
from its legs; one strategy a structure, so that structures do not net. What the kit gives every
engine stands in the three places that are meant for a user's rules: in a `FillModel` the share of
the spread and the grid, in a `FeeModel` the stated fees, in a `SimulationModule` the owner's money.
Where its pages leave a choice, it has the one that serves it best:

- SET and VRO are indices beside SPX, and an AM series expires at 09:30;
- a leg has four decimals and a strike two, since the engine rounds a leg's price to the decimals of
  the contract and a settlement to those of the strike;
- a package for a credit is the sale of the opposite spread at a price above 0;
- the account is a cash account that may borrow. With the margin account, which its pages give to
  derivatives, cash is the same, but equity counts premiums twice.

The other classes of `ENGINES` show what the ways that are not taken give.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from nautilus_parts import (
    SECOND,
    UNLIMITED,
    VENUE,
    KitFees,
    KitFills,
    OwnerMoney,
    Structure,
    Watch,
    id_of,
    is_fill,
    nanos,
    number_of,
    sold,
)
from nautilus_trader.accounting.factory import AccountFactory
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.model import data, enums, identifiers, instruments
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.portfolio.config import PortfolioConfig

import market as kit
from steward.runs.torture.engine import Ran
from steward.runs.torture.records import Event, QuoteRow, Scenario, Terms


class Running:
    """One scenario on one engine."""

    def __init__(self, scenario: Scenario, way: NautilusTrader) -> None:
        self.scenario, self.way = scenario, way
        self.sent: dict[str, kit.Ticket] = {}
        self.taken_back: set[str] = set()
        self.heard: list[tuple[date, Any, Any]] = []  # with the level of an index, or what is left
        self.booked: list[Event] = []
        self.due = [
            (self._trades(session) + number * SECOND, ticket)
            for session in scenario.sessions
            for number, ticket in enumerate(kit.tickets(scenario, session))
        ]
        self.indices = {
            name: kit.settles_on(terms, official=way.official)
            for name, terms in scenario.contracts.items()
        }
        self.options = {name: self._option(x) for name, x in scenario.contracts.items()}
        self._spreads: dict[identifiers.InstrumentId, instruments.OptionSpread] = {}
        shows = scenario.fills.size == "displayed"
        self._deep = shows and all(len(ticket.legs) == 1 for _, ticket in self.due)
        self._set_up(way.account)

    def _trades(self, session: date) -> datetime:
        """Past the minute at which the engine makes the quotes of spreads from those of legs."""
        return kit.moment(session, kit.closes(self.scenario, session)[1]) + 65 * SECOND

    def last_try(self, ticket: kit.Ticket) -> datetime:
        """A session that the scenario does not have any more is far away."""
        sessions = self.scenario.sessions
        last = sessions.index(ticket.action.session) + ticket.action.retries
        if last < len(sessions):
            return self._trades(sessions[last]) + 60 * SECOND
        return self._trades(sessions[-1]) + 10**7 * SECOND

    def _set_up(self, account: enums.AccountType) -> None:
        self.engine = BacktestEngine(
            BacktestEngineConfig(
                logging=LoggingConfig(bypass_logging=True),
                portfolio=PortfolioConfig(use_mark_prices=True),
                run_analysis=False,
            )
        )
        self.engine.add_venue(
            VENUE,
            oms_type=enums.OmsType.NETTING,
            account_type=account,
            allow_cash_borrowing=account == enums.AccountType.CASH,
            base_currency=USD,
            starting_balances=[Money(Decimal(kit.dollars(self.scenario.start_cash)), USD)],
            fill_model=KitFills(self.scenario, self.engine.cache),
            fee_model=KitFees(self.scenario),
            book_type=enums.BookType.L2_MBP if self._deep else enums.BookType.L1_MBP,
            liquidity_consumption=self.scenario.fills.size == "displayed",
            modules=[OwnerMoney(self)],
        )
        for instrument in (*map(index, kit.SOURCES), *self.options.values()):
            self.engine.add_instrument(instrument)
        for _, ticket in self.due:
            traded = self.traded(ticket)
            if traded.is_spread() and traded.id not in self._spreads:
                self._spreads[traded.id] = traded
                self.engine.add_instrument(traded)
        for structure in dict.fromkeys(ticket.structure for _, ticket in self.due):
            self.engine.add_strategy(Structure(self, structure))
        self.engine.add_strategy(Watch(self))

    def _option(self, terms: Terms) -> instruments.OptionContract:
        return instruments.OptionContract(
            instrument_id=id_of(terms.id),
            raw_symbol=identifiers.Symbol(terms.id),
            asset_class=enums.AssetClass.INDEX,
            currency=USD,
            price_precision=4 if self.way.fine else 2,
            price_increment=Price.from_str("0.0001" if self.way.fine else tick_of(terms)),
            multiplier=Quantity.from_int(terms.multiplier),
            lot_size=Quantity.from_int(1),
            underlying=self.indices[terms.id],
            option_kind=enums.OptionKind.CALL if terms.right == "C" else enums.OptionKind.PUT,
            strike_price=Price.from_str(kit.points(terms.strike or 0)[:-2]),
            activation_ns=0,
            expiration_ns=nanos(kit.expires_at(self.scenario, terms)),
            ts_event=0,
            ts_init=0,
        )

    def traded(self, ticket: kit.Ticket) -> Any:
        """The option of a single leg, else the spread of the package."""
        if len(ticket.legs) == 1:
            return self.options[ticket.legs[0].contract]
        sign = -1 if sold(ticket) else 1
        legs = [(id_of(x.contract), sign * x.quantity) for x in ticket.legs]
        name = identifiers.new_generic_spread_id(legs)
        terms = self.scenario.contracts[ticket.legs[0].contract]
        return self._spreads.get(name) or instruments.OptionSpread(
            instrument_id=name,
            raw_symbol=name.symbol,
            asset_class=enums.AssetClass.INDEX,
            currency=USD,
            price_precision=2,
            price_increment=Price.from_str(tick_of(terms)),
            multiplier=Quantity.from_int(terms.multiplier),
            lot_size=Quantity.from_int(1),
            underlying=self.indices[terms.id],
            strategy_type="COMBO",
            activation_ns=0,
            expiration_ns=min(self.options[x.contract].expiration_ns for x in ticket.legs),
            ts_event=0,
            ts_init=0,
        )

    def _market(self) -> Iterator[Any]:
        for session in self.scenario.sessions:
            for row in kit.quotes_on(self.scenario, session):
                option, at = self.options[row.contract], nanos(kit.moment(session, row.time))
                bid, ask = (option.make_price(kit.points(x or 0)) for x in (row.bid, row.ask))
                sizes = [UNLIMITED if x is None else Quantity.from_int(x) for x in shown(row)]
                yield data.QuoteTick(option.id, bid, ask, *sizes, at, at)
                if self._deep:
                    yield depth(option.id, (bid, ask), sizes, at)
                middle = option.make_price(kit.points(kit.mark(row)))
                yield data.MarkPriceUpdate(option.id, middle, at, at)
        for number, (session, name, value) in enumerate(kit.levels(self.scenario)):
            opening = name in ("SET", "VRO")
            time = kit.OPENING if opening else kit.closes(self.scenario, session)[0]
            at = nanos(kit.moment(session, time) - SECOND)
            price, trade = Price.from_str(kit.points(value)), identifiers.TradeId(str(number))
            no_side = enums.AggressorSide.NO_AGGRESSOR
            yield data.TradeTick(id_of(name), price, Quantity.from_int(1), no_side, trade, at, at)

    def run(self) -> Ran:
        try:
            self.engine.add_data(list(self._market()), validate=False)
            self.engine.run(end=self._trades(self.scenario.sessions[-1]) + 3600 * SECOND)
        finally:
            self.engine.dispose()
            AccountFactory.deregister_cash_borrowing(VENUE.value)
        return Ran(events=(*self.booked, *self._said()))

    # --- what the engine said, in the words of the kit -------------------------------------------

    def _said(self) -> Iterator[Event]:
        fills: dict[tuple[date, str], list[Any]] = {}
        for session, heard, level in self.heard:
            number = number_of(heard)
            if is_fill(heard) and number in self.sent:
                fills.setdefault((session, number), []).append(heard)
            elif is_fill(heard):
                part, tag = self._part(heard), heard.strategy_id.get_tag()
                name = self.indices[part.contract]
                yield kit.settle_event(session, tag, part, kit.e4_of(level), name)
            elif number in self.sent:
                yield self._end(session, number, heard, level)
        for (session, number), said in fills.items():
            yield from self._fill(session, self.sent[number], said)

    def _part(self, fill: Any) -> kit.Part:
        contract, price = fill.instrument_id.symbol.value, kit.e4_of(fill.last_px)
        quantity = int(fill.last_qty) * (1 if fill.order_side == enums.OrderSide.BUY else -1)
        cents = -quantity * price * self.scenario.contracts[contract].multiplier // 100
        return kit.Part(
            contract, quantity, price, cents, kit.cents_of(fill.commission.as_decimal())
        )

    def _fill(self, session: date, ticket: kit.Ticket, said: list[Any]) -> Iterator[Event]:
        """Of a package the engine says the net, and its legs with their cash."""
        orders = [x for x in said if "-LEG-" not in x.client_order_id.value]
        if len(ticket.legs) == 1:
            yield from kit.fill_events(session, ticket, map(self._part, orders), units=0, net=0)
            return
        parts = [self._part(x) for x in said if x not in orders]
        if not orders:  # its legs alone were booked
            yield from kit.fill_events(session, ticket, parts, units=0, net=0)
            return
        net = kit.e4_of(orders[0].last_px) * (-1 if sold(ticket) else 1)
        units = sum(int(x.last_qty) for x in orders)
        yield from kit.fill_events(session, ticket, parts, units=units, net=net)

    def _end(self, session: date, number: str, heard: Any, left: int | None) -> Event:
        reason = getattr(heard, "reason", "") or type(heard).__name__
        state = "cancelled" if number in self.taken_back else "refused"
        if "no market" in reason.lower():
            state = "no quote"
        elif "expired," in reason:
            state = "lapsed"
        return kit.end_event(session, self.sent[number], state, reason, left)


def tick_of(terms: Terms) -> str:
    return "0.01" if terms.underlying == "VIX" else "0.05"


def shown(row: QuoteRow) -> tuple[int | None, int | None]:
    return (row.bid_size, row.ask_size)


def depth(name: Any, prices: tuple[Price, Price], sizes: list[Quantity], at: int) -> Any:
    """A whole book of one level: the form of data of which the engine takes sizes as they are."""
    found = [data.OrderBookDelta.clear(name, 0, at, at)]
    for number, side in enumerate((enums.OrderSide.BUY, enums.OrderSide.SELL)):
        if prices[number] > 0 and sizes[number] > 0:
            level = data.BookOrder(side, prices[number], sizes[number], number + 1)
            add = enums.BookAction.ADD
            found.append(data.OrderBookDelta(name, add, level, 0, 0, at, at))
    return data.OrderBookDeltas(name, found)


def index(name: str) -> instruments.IndexInstrument:
    return instruments.IndexInstrument(
        instrument_id=id_of(name),
        raw_symbol=identifiers.Symbol(name),
        currency=USD,
        price_precision=4,
        size_precision=0,
        price_increment=Price.from_str("0.0001"),
        size_increment=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


class NautilusTrader:
    """As `steward.runs.torture.engine.Engine` asks."""

    name = "nautilus_trader"
    version = version("nautilus_trader")
    account = enums.AccountType.CASH
    official = True  # settles on SET and VRO
    fine = True  # contracts of four decimals
    supports = frozenset(
        (
            *("options", "vix options", "am settlement", "packages", "leg orders", "price limits"),
            *("one-sided quotes", "rolls", "retry", "cancel", "deposits", "duplicate messages"),
            *("explicit fees", "size limits", "partial fills"),
        )
    )
    reports = frozenset(("flow", "fill", "fee", "settle", "end", "cash", "equity"))

    def run(self, scenario: Scenario) -> Ran:
        actions, fills = scenario.actions, scenario.fills
        if fills.volume_percent is not None:
            raise kit.Unable("a share of the volume")
        kit.waits(scenario)
        if any(x.retries and x.worst is None for x in actions):
            raise kit.Unable("an order at any price that is tried again")
        if fills.size == "displayed":
            if any(x.fill is not None and x.fill < 1 for x in actions):
                raise kit.Unable("sizes taken inside the spread")
            if any(None in shown(x) for x in scenario.quotes):
                raise kit.Unable("a size that is not known")
        if any(x.execution == "legs" and len(x.legs) > 1 for x in actions):
            raise kit.Unable("legs at their own prices that trade together")
        return Running(scenario, self).run()


class Margin(NautilusTrader):
    """With the account that the engine's pages give to derivatives."""

    name = "nautilus_trader, margin account"
    account = enums.AccountType.MARGIN


class Plain(NautilusTrader):
    """With SPX and VIX as the underlyings of all series."""

    name = "nautilus_trader, settling on SPX and VIX"
    official = False


class Ticks(NautilusTrader):
    """With contracts on the exchange's ticks."""

    name = "nautilus_trader, contracts on the exchange's ticks"
    fine = False


ENGINES = (NautilusTrader, Margin, Plain, Ticks)
