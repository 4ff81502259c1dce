"""LumiBot on the torture kit: backtests of strategies that trade options by the minute.

By hand, in an environment of its own with Python 3.10 or newer, from the folder of the repository:

    python -m pip install lumibot==4.6.30 -e .

and then `torture/adapters/run.py`, which says how. The engine is GPL-3.0; nothing of it is in
Steward.

It is set up as its pages have it for data of one's own: `PandasDataBacktesting` with minute bars
that carry bid and ask, here for the last minutes before the close of shares, where it settles what
expires; what an option settles on is an `Asset` of type index, named as its `underlying_asset`.
Where there is a choice, it has the one that serves the engine best:

- SET and VRO are indices of their own, so an AM series settles on them (at that day's close);
- a share of the spread below the whole is a SMART_LIMIT order with the slippage that the kit's
  price means, its worst price as the share of the spread that it may go to; the whole spread is a
  package with a credit or debit limit, or market orders where any price will do;
- of a package for a credit a sold leg comes first, since the first leg gives the package its side,
  and a net price below 0 counts as a missing quote.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from importlib.metadata import version
from typing import Any

os.environ["IS_BACKTESTING"] = "true"  # read when it is imported

import pandas as pd
from lumibot.backtesting import PandasDataBacktesting
from lumibot.entities import Asset, Data, SmartLimitConfig, TradingFee
from lumibot.strategies import Strategy

import market as kit
from steward.runs.torture.engine import Ran
from steward.runs.torture.records import Action, Event, Scenario, Terms

BARS = 10  # minutes before the close
SENT = timedelta(minutes=5)  # before the close
FOR_EVER = 10**9  # seconds that a SMART_LIMIT order waits at its last price
ENDED = ("canceled", "cancelled", "expired", "error", "rejected")
SETTLED = ("expired", "cash_settled")


class Running:
    """One scenario on one engine."""

    def __init__(self, scenario: Scenario, *, official: bool) -> None:
        self.scenario = scenario
        self.settles_on = {
            name: kit.settles_on(terms, official=official)
            for name, terms in scenario.contracts.items()
        }
        self.indices = {name: Asset(name, asset_type="index") for name in kit.SOURCES}
        self.assets = {name: self._asset(x) for name, x in scenario.contracts.items()}
        self.sent: dict[str, kit.Ticket] = {}
        self.levels: dict[tuple[date, str], float | None] = {}
        self.taken_back: set[int] = set()
        self.booked: list[Event] = []
        self.broker: Any = None

    def _asset(self, terms: Terms) -> Asset:
        return Asset(
            terms.root,
            asset_type="option",
            expiration=terms.expiry,
            strike=(terms.strike or 0) / kit.E4,
            right="CALL" if terms.right == "C" else "PUT",
            multiplier=terms.multiplier,
            underlying_asset=self.indices[self.settles_on[terms.id]],
        )

    def close(self, session: date) -> datetime:
        return kit.moment(session, kit.closes(self.scenario, session)[0])

    def _bars(self, rows: list[tuple[date, dict[str, float]]]) -> pd.DataFrame:
        made = {
            pd.Timestamp(self.close(session)) - pd.Timedelta(minutes=minute): row
            for session, row in rows
            for minute in range(BARS, -1, -1)
        }
        frame = pd.DataFrame.from_dict(made, orient="index")
        frame.index = pd.DatetimeIndex(frame.index, name="datetime").tz_convert("America/New_York")
        return frame

    def data(self) -> dict[Asset, Data]:
        rows: dict[Asset, list[tuple[date, dict[str, float]]]] = {}
        for session in self.scenario.sessions:
            for row in kit.quotes_on(self.scenario, session):
                bid, ask = (row.bid or 0) / kit.E4, (row.ask or 0) / kit.E4
                made = bar(kit.mark(row) / kit.E4) | {"bid": bid, "ask": ask}
                rows.setdefault(self.assets[row.contract], []).append((session, made))
        for session, name, value in kit.levels(self.scenario):
            rows.setdefault(self.indices[name], []).append((session, bar(value / kit.E4)))
        rows[Asset("KIT", asset_type="index")] = [(x, bar(1.0)) for x in self.scenario.sessions]
        return {x: Data(x, self._bars(found), timestep="minute") for x, found in rows.items()}

    def fees(self) -> list[TradingFee]:
        """It has one fee a contract, whatever the root and whether it opens or closes."""
        cents = self.scenario.fees.cents
        if not cents:
            return []
        traded = {(x.root, action) for x in self.scenario.contracts.values() for action in ACTIONS}
        each = {cents.get(one, 0) for one in traded}
        if len(each) > 1:
            raise kit.Unable("fees that differ by root or between opening and closing")
        return [TradingFee(per_contract_fee=kit.dollars(each.pop()))]

    def nets(self) -> bool:
        """Whether two structures are to hold one contract: it has one position a contract."""
        refused = {(x.order, x.structure) for x in self.scenario.expected if x.event == "end"}
        held: dict[str, dict[str, int]] = {}
        for session in self.scenario.sessions:
            for ticket in kit.tickets(self.scenario, session):
                if (ticket.action.order, ticket.structure) in refused:
                    continue
                for leg in ticket.legs:
                    of = held.setdefault(leg.contract, {})
                    of[ticket.structure] = of.get(ticket.structure, 0) + leg.quantity * ticket.units
        return any(sum(map(bool, of.values())) > 1 for of in held.values())

    def run(self) -> Ran:
        first, last = self.scenario.sessions[0], self.scenario.sessions[-1]
        running, fees = self, self.fees()

        class Bound(Sends):
            kit_run = running

        Bound.run_backtest(
            PandasDataBacktesting,
            backtesting_start=datetime(first.year, first.month, first.day, 9, 30),  # noqa: DTZ001
            backtesting_end=datetime(last.year, last.month, last.day) + timedelta(1),  # noqa: DTZ001
            pandas_data=self.data(),
            budget=self.scenario.start_cash / kit.CENTS,
            buy_trading_fees=fees,
            sell_trading_fees=fees,
            minutes_before_closing=1,
            risk_free_rate=0.0,
            benchmark_asset=None,
            analyze_backtest=False,
            show_progress_bar=False,
            quiet_logs=True,
            save_logfile=False,
            save_stats_file=False,
        )
        return Ran(events=(*self.booked, *self._said()))

    # --- what the engine's log of trades says, in the words of the kit ---------------------------

    def _said(self) -> Iterator[Event]:
        names = {key(asset): name for name, asset in self.assets.items()}
        holds: dict[str, dict[str, int]] = {}
        fills: dict[tuple[date, int], tuple[kit.Ticket, list[kit.Part]]] = {}
        ended: dict[int, Event] = {}
        moved: dict[tuple[date, str], float] = {}
        for row in self.broker._trade_event_log_df.to_dict("records"):
            session, status, ticket = (
                row["time"].date(),
                row["status"],
                self.sent.get(row["identifier"]),
            )
            contract = names.get((row["symbol"], *(row[f"asset.{x}"] for x in KEYS)))
            if row["event_kind"] == "cash_event":
                kind = "interest" if row["cash_event_type"] == "interest" else "flow"
                session = min((x for x in self.scenario.sessions if x >= session), default=session)
                moved[session, kind] = moved.get((session, kind), 0.0) + row["cash_event_amount"]
            elif contract and status == "fill" and ticket:
                part = self._part(contract, row)
                held = holds.setdefault(contract, {})
                held[ticket.structure] = held.get(ticket.structure, 0) + part.quantity
                fills.setdefault((session, id(ticket)), (ticket, []))[1].append(part)
            elif contract and status in SETTLED and not ticket:
                yield self._settled(session, contract, row, holds.get(contract, {}))
            elif ticket and status in ENDED:
                reason = f"{status}, no reason given"
                ended[id(ticket)] = kit.end_event(session, ticket, self._state(ticket), reason)
        for (session, kind), amount in moved.items():
            yield Event(session=session, event=kind, cents=kit.cents_of(amount))
        for (session, _), (ticket, parts) in fills.items():
            net = sum(
                x.price * leg.quantity
                for leg in ticket.legs
                for x in parts
                if x.contract == leg.contract
            )
            yield from kit.fill_events(session, ticket, parts, units=ticket.units, net=net)
        yield from (x for one, x in ended.items() if one not in {number for _, number in fills})

    def _part(self, contract: str, row: dict[str, Any]) -> kit.Part:
        quantity = round(row["filled_quantity"]) * (1 if row["side"].startswith("buy") else -1)
        price, fee = kit.e4_of(row["price"]), kit.cents_of(row["trade_cost"] or 0)
        cents = -quantity * price * round(row["asset.multiplier"]) // 100
        return kit.Part(contract, quantity, price, cents, fee)

    def _settled(
        self, session: date, contract: str, row: dict[str, Any], held: dict[str, int]
    ) -> Event:
        part, index = self._part(contract, row | {"trade_cost": 0}), self.settles_on[contract]
        structure = next((name for name, quantity in held.items() if quantity), "")
        held.pop(structure, None)
        level = kit.e4_of(self.levels.get((session, index)) or 0)
        return kit.settle_event(session, structure, part, level, index)

    def _state(self, ticket: kit.Ticket) -> str:
        if id(ticket) in self.taken_back:
            return "cancelled"
        quoted = {x.contract for x in kit.quotes_on(self.scenario, ticket.action.session)}
        return "refused" if all(x.contract in quoted for x in ticket.legs) else "no quote"


ACTIONS = ("open", "close")
KEYS = ("right", "strike", "expiration")


def bar(price: float) -> dict[str, float]:
    return {"open": price, "high": price, "low": price, "close": price, "volume": 1.0}


def key(asset: Asset) -> tuple[Any, ...]:
    return (asset.symbol, asset.right, asset.strike, asset.expiration)


class Sends(Strategy):
    """Sends the tickets of a session, and notes cash and value after its close."""

    kit_run: Running

    @classmethod
    def verify_backtest_inputs(
        cls, backtesting_start: Any, backtesting_end: Any
    ) -> tuple[Any, Any]:
        """As they are: the engine would end every run today, and the kit has later days."""
        return tuple(map(cls._normalize_backtest_datetime, (backtesting_start, backtesting_end)))

    def initialize(self) -> None:
        self.sleeptime = "1M"
        self._done: set[date] = set()
        self.kit_run.broker = self.broker
        rates = any(x.symbol == "bill rate" for x in self.kit_run.scenario.levels)
        if rates:
            self.configure_cash_financing(day_count_basis=365)
            self.set_cash_financing_rates(credit_rate_annual=0.0, debit_rate_annual=0.0)

    def on_trading_iteration(self) -> None:
        now, scenario = self.get_datetime(), self.kit_run.scenario
        session = now.date()
        if session in self._done or session not in scenario.sessions:
            return
        if now < self.kit_run.close(session) - SENT:
            return
        self._done.add(session)
        for action in scenario.actions:
            if action.session == session and action.cents is not None:
                move = self.deposit_cash if action.action == "deposit" else self.withdraw_cash
                move(action.cents / kit.CENTS)
        for ticket in kit.tickets(scenario, session):
            try:
                self._send(ticket, session)
            except ValueError as error:  # so the engine refuses
                end = kit.end_event(session, ticket, "refused", str(error))
                self.kit_run.booked.append(end)

    def before_market_opens(self) -> None:
        for action in self.kit_run.scenario.actions:
            if action.action == "cancel" and action.session == self.get_datetime().date():
                self._take_back(action)

    def _take_back(self, action: Action) -> None:
        for order in self.get_orders():
            ticket = self.kit_run.sent.get(order.identifier)
            if ticket and ticket.action.order == action.order and order.is_active():
                self.kit_run.taken_back.add(id(ticket))
                self.cancel_order(order)

    def _send(self, ticket: kit.Ticket, session: date) -> None:
        assets, worst = self.kit_run.assets, ticket.worst
        first = -1 if worst is not None and worst < 0 else 1
        legs = sorted(ticket.legs, key=lambda leg: leg.quantity * first < 0)
        orders = [
            self.create_order(
                assets[leg.contract],
                abs(leg.quantity) * ticket.units,
                "buy" if leg.quantity > 0 else "sell",
            )
            for leg in legs
        ]
        how: dict[str, Any] = {"is_multileg": True, "order_type": "market"}
        if ticket.fill < 1:
            smart = self._smart(ticket, session)
            for order in orders:
                order.smart_limit, order.order_type = smart, "smart_limit"
            how["order_type"] = "smart_limit"
        elif worst is not None and len(orders) == 1:
            orders[0].limit_price = abs(worst) / kit.E4 / abs(legs[0].quantity)
            orders[0].order_type = "limit"
        elif worst is not None:
            kind = "credit" if worst < 0 else "debit" if worst > 0 else "even"
            how |= {"order_type": kind, "price": abs(worst) / kit.E4}
        made = self.submit_order(orders, **how) if len(orders) > 1 else self.submit_order(orders[0])
        for order in (*orders, *(made if isinstance(made, list) else [made])):
            self.kit_run.sent[order.identifier] = ticket

    def _smart(self, ticket: kit.Ticket, session: date) -> SmartLimitConfig:
        """The slippage from the middle that the kit's price means, and how far it may go."""
        scenario = self.kit_run.scenario
        quotes = {x.contract: x for x in kit.quotes_on(scenario, session)}
        if any(leg.contract not in quotes for leg in ticket.legs):
            return SmartLimitConfig(slippage=0.0, final_hold_seconds=FOR_EVER)
        price = middle = half = Fraction(0)
        for leg in ticket.legs:
            bid, ask = quotes[leg.contract].bid or 0, quotes[leg.contract].ask or 0
            share = kit.leg_price(bid, ask, ticket.fill, buys=leg.quantity > 0)
            price += leg.quantity * share
            middle += leg.quantity * Fraction(bid + ask, 2)
            half += abs(leg.quantity) * Fraction(ask - bid, 2)
        single = len(ticket.legs) == 1
        terms, size = scenario.contracts[ticket.legs[0].contract], 1
        buys = ticket.legs[0].quantity > 0
        if single:
            size = abs(ticket.legs[0].quantity)
            net = kit.on_grid(terms, session, abs(price) / size, buys=buys, net=False)
            price = Fraction(net * size * (1 if buys else -1))
        else:
            price = Fraction(kit.on_grid(terms, session, price, buys=True, net=True))
        if ticket.worst is None:
            limit = 1.0
        elif ticket.worst < middle:
            raise kit.Unable("a worst price that is better than the middle")
        else:
            limit = min(1.0, float((ticket.worst - middle) / half) + 1e-9) if half else 1.0
        return SmartLimitConfig(
            slippage=float((price - middle) / kit.E4 / size),
            final_price_pct=limit,
            final_hold_seconds=FOR_EVER,
        )

    def before_market_closes(self) -> None:
        """An order that has had its last try is taken back, as a user's day order is."""
        session, sessions = self.get_datetime().date(), self.kit_run.scenario.sessions
        for order in self.get_orders():
            ticket = self.kit_run.sent.get(order.identifier)
            if ticket and order.is_active():
                tries = 1 + ticket.action.retries
                if sum(ticket.action.session <= x <= session for x in sessions) >= tries:
                    self.cancel_order(order)
        for day, name, _ in kit.levels(self.kit_run.scenario):
            if day == session:
                level = self.get_last_price(self.kit_run.indices[name])
                self.kit_run.levels[session, name] = level

    def after_market_closes(self) -> None:
        session, scenario = self.get_datetime().date(), self.kit_run.scenario
        rate = next(
            (x.value for x in scenario.levels if (x.session, x.symbol) == (session, "bill rate")),
            None,
        )
        if rate is not None:
            self.set_cash_financing_rates(
                credit_rate_annual=rate / kit.E4 / 100,
                debit_rate_annual=rate / kit.E4 / 100 + float(scenario.debit_spread),
            )
        if session in scenario.sessions:
            for event, amount in (("cash", self.cash), ("equity", self.portfolio_value)):
                cents = kit.cents_of(amount)
                self.kit_run.booked.append(Event(session=session, event=event, cents=cents))


class LumiBot:
    """As `steward.runs.torture.engine.Engine` asks."""

    name = "lumibot"
    version = version("lumibot")
    official = True  # settles on SET and VRO
    supports = frozenset(
        (
            *("options", "vix options", "am settlement", "packages", "price limits", "rolls"),
            *("retry", "cancel", "one-sided quotes", "deposits", "interest", "explicit fees"),
        )
    )
    reports = frozenset(("flow", "fill", "fee", "settle", "interest", "end", "cash", "equity"))

    def run(self, scenario: Scenario) -> Ran:
        running = Running(scenario, official=self.official)
        if running.nets():
            raise kit.Unable("structures that do not net")
        kit.waits(scenario)
        for session in scenario.sessions:
            for leg in (leg for ticket in kit.tickets(scenario, session) for leg in ticket.legs):
                terms = scenario.contracts[leg.contract]
                if terms.expiry == session and terms.settlement == "PM":
                    raise kit.Unable("a trade after the close at which a series expires")
        return running.run()


class Plain(LumiBot):
    """With SPX and VIX as the underlyings of all series."""

    name = "lumibot, settling on SPX and VIX"
    official = False


ENGINES = (LumiBot, Plain)
