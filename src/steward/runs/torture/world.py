"""A scenario's files as the market that Steward's rooms read: a history, and a source of quotes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from steward.ledger.splits import CENT, Split
from steward.market.history import Bars, FuturesTable, History
from steward.market.quotes import PRICED, Chain, Flag, Priced, Quote
from steward.runs.torture.records import QuoteRow, Scenario, Terms
from steward.runs.torture.records import Split as SplitRow
from steward.terms import calendar
from steward.terms.contracts import (
    E4,
    UNDERLYING_OF_ROOT,
    Contract,
    Expiry,
    FutureContract,
    OptionContract,
    ShareContract,
    Underlying,
)
from steward.terms.errors import StewardError
from steward.terms.trades import Quality


def contract_of(terms: Terms, scenario: str) -> Contract:
    """Steward's own record of it. Raises StewardError for a contract that Steward cannot hold."""
    if terms.kind != "share" and terms.root not in UNDERLYING_OF_ROOT:
        raise StewardError(
            f"{scenario}/contracts.csv, {terms.id}: Steward knows no root {terms.root}, only "
            f"{', '.join(UNDERLYING_OF_ROOT)}"
        )
    try:
        if terms.kind == "option" and terms.expiry is not None and terms.strike is not None:
            return OptionContract(
                root=terms.root,
                expiry=terms.expiry,
                strike=terms.strike / E4,
                right="C" if terms.right == "C" else "P",
                settlement="AM" if terms.settlement == "AM" else "PM",
                multiplier=terms.multiplier,
            )
        if terms.kind == "future" and terms.expiry is not None:
            return FutureContract(root=terms.root, expiry=terms.expiry, multiplier=terms.multiplier)
        share = ShareContract(symbol=terms.root)
        if terms.multiplier != share.multiplier:
            raise ValueError(f"a multiplier of {terms.multiplier}; a share has {share.multiplier}")
        return share
    except ValueError as error:
        raise StewardError(f"{scenario}/contracts.csv, {terms.id}: {error}") from None


def history_of(scenario: Scenario) -> History:
    """Index levels and settlement values; what the scenario does not give is NaN or absent."""
    days = scenario.sessions
    moments = [
        np.datetime64(calendar.decision_moment(day).astimezone(UTC).replace(tzinfo=None), "m")
        for day in days
    ]
    return History(
        label=f"torture scenario {scenario.name}",
        sessions=days,
        moments=np.array(moments, dtype="datetime64[m]"),
        spx=_bars(scenario, "SPX"),
        vix=_bars(scenario, "VIX"),
        series={},
        futures=_futures(scenario),
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
        spx_before=np.array([]),
        spx_before_days=(),
        set_values={x.session: x.value / E4 for x in scenario.levels if x.symbol == "SET"},
    )


def _bars(scenario: Scenario, index: str) -> Bars:
    known = {(x.session, x.symbol): x.value / E4 for x in scenario.levels}
    found = [
        np.array([known.get((day, f"{index} {what}"), math.nan) for day in scenario.sessions])
        for what in ("open", "high", "low", "close")
    ]
    return Bars(open=found[0], high=found[1], low=found[2], close=found[3])


def _futures(scenario: Scenario) -> FuturesTable:
    """Settlements of futures, and by day the value that everything on VIX settles on."""
    final = {x.session: x.value / E4 for x in scenario.levels if x.symbol == "VRO"}
    settles: list[tuple[date, date, float]] = []
    for level in scenario.levels:
        terms = scenario.contracts.get(level.contract)
        if terms is None or terms.expiry is None:
            continue
        if level.symbol == "final":
            final[terms.expiry] = level.value / E4
        if level.symbol == "settle":
            settles.append((level.session, terms.expiry, level.value / E4))
    settles.sort()
    return FuturesTable(
        session=np.array([x[0] for x in settles], dtype="datetime64[D]"),
        expiry=np.array([x[1] for x in settles], dtype="datetime64[D]"),
        settle=np.array([x[2] for x in settles], dtype=np.float64),
        final=final,
        source="the kit",
    )


def split_of(one: SplitRow, contracts: Mapping[str, Contract]) -> Split:
    """Steward's own record of it; a price that is not known pays nothing."""
    return Split(symbol=contracts[one.contract].key, new=one.new, old=one.old, price=one.price or 0)


class KitQuotes:
    """A `QuoteSource` of exactly the quotes of a scenario.

    A row with a bid or an ask unknown is no quote. A mark is the settlement of a future where the
    scenario gives one, else the quote; where the session has neither, that of the last session
    that has one, whatever its age.
    """

    def __init__(self, scenario: Scenario, contracts: Mapping[str, Contract]) -> None:
        self.label = f"torture scenario {scenario.name}"
        self._name = scenario.name
        self._quotes: dict[tuple[date, Contract], Quote] = {}
        self._settles: dict[tuple[date, Contract], Quote] = {}
        self._whole_cents(scenario, contracts)
        for row in scenario.quotes:
            if row.bid is not None and row.ask is not None:
                key = (row.session, contracts[row.contract])
                self._quotes[key] = replace(
                    _quote(row.bid, row.ask, "quoted"),
                    bid_size=row.bid_size,
                    ask_size=row.ask_size,
                    volume=row.volume,
                    minutes_old=minutes_old(row),
                    origin=f"quotes.csv, {row.contract} on {row.session}",
                )
        for level in scenario.levels:
            if level.symbol == "settle":
                key = (level.session, contracts[level.contract])
                self._settles[key] = _quote(level.value, level.value, "settlement")
        for one in sorted(scenario.splits, key=lambda x: x.session):
            self._carry(one.session, contracts[one.contract], split_of(one, contracts))

    def _carry(self, session: date, contract: Contract, split: Split) -> None:
        """The last mark of before a split in new shares, where its session has none of its own."""
        days = [day for day, one in (*self._quotes, *self._settles) if one == contract]
        if session not in days and any(day < session for day in days):
            last = self.mark(session, contract)
            self._settles[session, contract] = replace(
                last, bid=split.scaled(last.bid), ask=split.scaled(last.ask)
            )

    def _whole_cents(self, scenario: Scenario, contracts: Mapping[str, Contract]) -> None:
        """Raises StewardError for a price of a share at part of a cent."""
        prices = [("levels.csv", x.session, x.contract, x.value) for x in scenario.levels]
        for row in scenario.quotes:
            prices += [
                ("quotes.csv", row.session, row.contract, x or 0) for x in (row.bid, row.ask)
            ]
        for file, session, name, price in prices:
            if price % CENT and isinstance(contracts.get(name), ShareContract):
                raise StewardError(
                    f"{self._name}/{file}: {name} on {session} has a price at part of a cent; "
                    "Steward holds shares in whole cents: round it"
                )

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        found = {
            contract.series
            for day, contract in self._quotes
            if day == session
            and isinstance(contract, OptionContract)
            and contract.underlying == underlying
        }
        return tuple(sorted(found, key=lambda one: (one.day, one.root)))

    def futures(self, session: date) -> tuple[date, ...]:
        return tuple(
            sorted(
                contract.expiry
                for day, contract in self._quotes
                if day == session and isinstance(contract, FutureContract)
            )
        )

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """None: the kit's orders name their contracts, nobody looks for one."""
        return None

    def quote(self, session: date, contract: Contract) -> Quote | None:
        return self._quotes.get((session, contract))

    def mark(self, session: date, contract: Contract) -> Quote:
        """Raises StewardError for what has never been quoted."""
        days = [day for day, one in (*self._quotes, *self._settles) if one == contract]
        before = [day for day in days if day <= session]
        if not before:
            raise StewardError(
                f"{self._name}/quotes.csv: {contract.key} is held on {session} and was never "
                "quoted by then: add a quote"
            )
        key = (max(before), contract)
        return self._settles.get(key) or self._quotes[key]

    def flags(self, session: date, of: Collection[Priced] = PRICED) -> tuple[Flag, ...]:
        """None: no model makes a price here."""
        return ()


def minutes_old(row: QuoteRow) -> int:
    """Of a quote at the close of the options of its session, at least 0."""
    close = calendar.decision_moment(row.session)
    made = datetime.combine(row.session, row.time, close.tzinfo)
    return max(int((close - made).total_seconds() // 60), 0)


def _quote(bid: int, ask: int, quality: Quality) -> Quote:
    nan = math.nan
    return Quote(
        bid=bid,
        ask=ask,
        quality=quality,
        forward=nan,
        vol=nan,
        delta=nan,
        gamma=nan,
        vega=nan,
        theta=nan,
    )
