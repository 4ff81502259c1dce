"""A folder of the kit to a `Scenario`: read line by line, then checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from steward.runs.torture import checks, form
from steward.runs.torture.cells import Row, e4_of, rows_of
from steward.runs.torture.records import (
    ACTIONS,
    EVENTS,
    EXECUTIONS,
    FILLS,
    KINDS,
    OF_CONTRACT,
    SYMBOLS,
    TRADES,
    Action,
    ActionLeg,
    Event,
    Kind,
    Level,
    QuoteRow,
    Scenario,
    Split,
    Terms,
)
from steward.terms.contracts import E4
from steward.terms.errors import StewardError

NAME = re.compile(r"\d{3}-[a-z0-9]+(-[a-z0-9]+)*")

CONTRACTS = (
    *("id", "kind", "root", "underlying", "expiry", "settlement", "strike", "right", "multiplier"),
)
QUOTES = ("session", "time", "contract", "bid", "ask", "bid_size", "ask_size", "volume")
LEVELS = ("session", "symbol", "contract", "value", "source")
ACTION_LEGS = (
    *("session", "order", "action", "structure", "contract", "quantity", "units", "budget"),
    *("fill", "limit", "worst", "retries", "execution", "cents"),
)
EXPECTED = (
    *("session", "event", "order", "structure", "contract", "quantity", "price", "cents"),
    *("state", "source", "low", "high"),
)
SPLITS = ("session", "contract", "new", "old", "price")


def names(folder: Path) -> tuple[str, ...]:
    """The scenarios of a folder in their order. Raises StewardError where there is none."""
    try:
        found = sorted(one.name for one in folder.iterdir() if NAME.fullmatch(one.name))
    except OSError as error:
        raise StewardError(
            f"{folder}: the folder cannot be read ({error.strerror}); name another with --scenarios"
        ) from None
    if not found:
        raise StewardError(
            f"{folder}: no scenario in it; its folders are called like 001-am-expiry"
        )
    return tuple(found)


def read(folder: Path) -> Scenario:
    """The scenario of one folder.

    Raises StewardError that names the file, the line, the column, the value and the way out.
    """
    name = folder.name
    if not NAME.fullmatch(name):
        raise StewardError(f"{folder}: a scenario is called like 001-am-expiry: rename it")
    made = form.read_form(folder / "scenario.toml", f"{name}/scenario.toml")
    toml = f"{name}/scenario.toml"
    reading = _Reading(folder, set(made.sessions))
    contracts = reading.contracts()
    found = Scenario(
        name=name,
        title=made.title,
        group=made.group,
        engines_get_wrong=made.engines_get_wrong,
        rules=form.rules_of(made),
        reasoning=made.reasoning.strip(),
        sessions=tuple(made.sessions),
        start_cash=made.start_cash,
        declared=tuple(made.needs),
        calendar=form.calendar_of(made),
        fees=form.fees_of(made, toml),
        margin=form.margin_of(made),
        fills=form.fill_rules_of(made, toml),
        debit_spread=form.percent(
            made.interest.debit_spread_percent, toml, "interest.debit_spread_percent"
        ),
        contracts=contracts,
        quotes=reading.quotes(contracts),
        levels=reading.levels(contracts),
        splits=reading.splits(contracts),
        actions=reading.actions(contracts),
        expected=reading.expected(contracts),
    )
    checks.whole(found)
    return found


class _Reading:
    """The CSV files of one folder."""

    def __init__(self, folder: Path, sessions: set[date]) -> None:
        self._folder = folder
        self._sessions = sessions
        self._orders: set[str] = set()

    def _rows(self, file: str, columns: tuple[str, ...]) -> Iterable[Row]:
        return rows_of(self._folder / file, columns, f"{self._folder.name}/{file}")

    def _session(self, row: Row) -> date:
        found = row.day("session")
        if found not in self._sessions:
            row.refuse("session", "is not among the sessions of scenario.toml: add it there")
        return found

    # --- contracts and the market ----------------------------------------------------------------

    def contracts(self) -> Mapping[str, Terms]:
        found: dict[str, Terms] = {}
        seen: dict[tuple[object, ...], str] = {}
        for row in self._rows("contracts.csv", CONTRACTS):
            one = _terms(row)
            if one.id in found:
                row.refuse("id", "stands twice: give each contract one line")
            if one.identity in seen:
                row.refuse("id", f"is the same contract as {seen[one.identity]}: take one out")
            found[one.id] = one
            seen[one.identity] = one.id
        return found

    def quotes(self, contracts: Mapping[str, Terms]) -> tuple[QuoteRow, ...]:
        found: dict[tuple[date, str], QuoteRow] = {}
        for row in self._rows("quotes.csv", QUOTES):
            one = QuoteRow(
                session=self._session(row),
                time=row.clock("time"),
                contract=row.one_of("contract", contracts),
                bid=_not_negative(row, "bid", row.points("bid")),
                ask=_not_negative(row, "ask", row.points("ask")),
                bid_size=_not_negative(row, "bid_size", row.whole("bid_size")),
                ask_size=_not_negative(row, "ask_size", row.whole("ask_size")),
                volume=_not_negative(row, "volume", row.whole("volume")),
            )
            if (one.session, one.contract) in found:
                row.refuse("contract", "has a quote on that session already: keep one of them")
            found[one.session, one.contract] = one
        return tuple(found.values())

    def levels(self, contracts: Mapping[str, Terms]) -> tuple[Level, ...]:
        found: dict[tuple[date, str, str], Level] = {}
        for row in self._rows("levels.csv", LEVELS):
            symbol = row.one_of("symbol", SYMBOLS)
            if symbol in OF_CONTRACT:
                row.one_of("contract", contracts)
            else:
                row.empty("contract", f"beside {symbol}")
            value = row.known_points("value")
            if value <= 0 and symbol != "bill rate":
                row.refuse("value", "is not above 0: correct it")
            one = Level(
                session=self._session(row),
                symbol=symbol,
                contract=row.text("contract"),
                value=value,
                source=row.needed("source"),
            )
            key = (one.session, one.symbol, one.contract)
            if key in found:
                row.refuse("symbol", "stands twice on that session: keep one of them")
            found[key] = one
        return tuple(found.values())

    def splits(self, contracts: Mapping[str, Terms]) -> tuple[Split, ...]:
        if not (self._folder / "splits.csv").exists():
            return ()
        shares = {one.id for one in contracts.values() if one.kind == "share"}
        return tuple(
            Split(
                session=self._session(row),
                contract=row.one_of("contract", shares),
                new=row.known_whole("new", least=1),
                old=row.known_whole("old", least=1),
                price=_not_negative(row, "price", row.points("price")),
            )
            for row in self._rows("splits.csv", SPLITS)
        )

    # --- what is done ----------------------------------------------------------------------------

    def actions(self, contracts: Mapping[str, Terms]) -> tuple[Action, ...]:
        """One order a group of neighbouring lines with one order id and one action."""
        found: list[Action] = []
        before: tuple[str, str] = ("", "")
        for row in self._rows("actions.csv", ACTION_LEGS):
            one = self._action(row, contracts)
            if (one.order, one.action) == before and one.action in TRADES:
                last = found[-1]
                if replace(one, legs=last.legs) != last:
                    row.refuse("order", "differs from its line before in more than its leg")
                if (leg := one.legs[0]) in last.legs:
                    row.refuse("contract", f"is a leg of {leg.structure} already: take one out")
                found[-1] = replace(last, legs=(*last.legs, leg))
                continue
            if one.action in ("cancel", "duplicate"):
                if one.order not in self._orders:
                    row.refuse("order", "is no order of a line above: correct it")
            elif one.order in self._orders:
                row.refuse("order", "stands above already: its lines must be neighbours")
            self._orders.add(one.order)
            found.append(one)
            before = (one.order, one.action)
        days = [one.session for one in found]
        if days != sorted(days):
            raise StewardError(
                f"{self._folder.name}/actions.csv: the sessions must rise: sort the lines"
            )
        return tuple(found)

    def _action(self, row: Row, contracts: Mapping[str, Terms]) -> Action:
        action = row.one_of("action", ACTIONS)
        legs: tuple[ActionLeg, ...] = ()
        fill: Fraction | None = None
        units = budget = cents = None
        if action in TRADES:
            legs = (
                ActionLeg(
                    structure=row.needed("structure"),
                    contract=row.one_of("contract", contracts),
                    quantity=row.known_whole("quantity"),
                ),
            )
            if not legs[0].quantity:
                row.refuse("quantity", "is nothing: bought is above 0, sold below 0")
            fill = _fill(row)
            row.one_of("execution", EXECUTIONS)
            row.empty("cents", "where something is traded")
            units, budget = row.whole("units"), row.whole("budget")
            if (units is None) == (budget is None):
                row.refuse("units", "and budget: give exactly one of the two")
            if units is not None and units < 1:
                row.refuse("units", "is below 1: direction is the sign of quantity")
            if budget is not None:
                row.needed("limit")
        else:
            for column in ("structure", "contract", "quantity", "units", "budget", "fill"):
                row.empty(column, f"where an order is to {action}")
            for column in ("limit", "worst", "retries", "execution"):
                row.empty(column, f"where an order is to {action}")
            if action in ("deposit", "withdraw"):
                cents = row.known_whole("cents", least=1)
            else:
                row.empty("cents", f"where an order is to {action}")
        return Action(
            session=self._session(row),
            order=row.needed("order"),
            action=action,
            legs=legs,
            units=units,
            budget=budget,
            fill=fill,
            limit=row.points("limit"),
            worst=row.points("worst"),
            retries=_not_negative(row, "retries", row.whole("retries")) or 0,
            execution=row.text("execution"),
            cents=cents,
        )

    def expected(self, contracts: Mapping[str, Terms]) -> tuple[Event, ...]:
        found: list[Event] = []
        for row in self._rows("expected.csv", EXPECTED):
            one = Event(
                session=self._session(row),
                event=row.one_of("event", EVENTS),
                order=row.text("order"),
                structure=row.text("structure"),
                contract=row.text("contract"),
                quantity=row.whole("quantity"),
                price=row.points("price"),
                cents=row.whole("cents"),
                state=row.text("state"),
                source=row.text("source"),
                low=row.whole("low"),
                high=row.whole("high"),
            )
            if one.order and one.order not in self._orders:
                row.refuse("order", "is no order of actions.csv: correct it")
            if one.contract and one.contract not in contracts:
                row.refuse("contract", "is none of contracts.csv: correct it")
            if found and one.session < found[-1].session:
                row.refuse("session", "comes after a later one: sort the lines")
            checks.event(row, one)
            found.append(one)
        return tuple(found)


def _terms(row: Row) -> Terms:
    kind: Kind = next(x for x in KINDS if x == row.one_of("kind", KINDS))
    strike = right = ""
    if kind == "option":
        strike, right = row.needed("strike"), row.one_of("right", ("C", "P"))
        row.one_of("settlement", ("AM", "PM"))
    else:
        for column in ("strike", "right"):
            row.empty(column, f"for a {kind}")
    if kind == "share":
        for column in ("expiry", "settlement"):
            row.empty(column, "for a share")
    else:
        row.needed("settlement")
    return Terms(
        id=row.needed("id"),
        kind=kind,
        root=row.needed("root"),
        underlying=row.needed("underlying"),
        expiry=None if kind == "share" else row.day("expiry"),
        settlement=row.text("settlement"),
        strike=row.known_points("strike") if strike else None,
        right=right,
        multiplier=row.known_whole("multiplier", least=1),
    )


def _fill(row: Row) -> Fraction:
    """k by its name or as a decimal number from 0 to 1."""
    found = row.needed("fill")
    if found in FILLS:
        return FILLS[found]
    k = e4_of(found)
    if k is None or not 0 <= k <= E4:
        row.refuse("fill", f"is none of {', '.join(FILLS)}, nor a number from 0 to 1")
    return Fraction(k, E4)


def _not_negative(row: Row, column: str, value: int | None) -> int | None:
    if value is not None and value < 0:
        row.refuse(column, "is below 0: correct it, or leave it empty where it is unknown")
    return value


def read_all(folder: Path, only: Sequence[str] = ()) -> tuple[Scenario, ...]:
    """All scenarios of a folder, or those whose name or number is in `only`.

    Raises StewardError for a name that none has.
    """
    known = names(folder)
    wanted = []
    for word in only:
        found = [name for name in known if word in (name, name.partition("-")[0])]
        if not found:
            raise StewardError(
                f"--only {word}: no scenario of that name in {folder}; there are {len(known)}, "
                f"from {known[0]} to {known[-1]}"
            )
        wanted += found
    return tuple(read(folder / name) for name in dict.fromkeys(wanted or known))
