"""What must hold of a scenario as a whole, whoever runs it: above all that its cash adds up.

None of this computes an expected amount. It holds the amounts against each other and against the
words that are to explain them.
"""

from __future__ import annotations

import re

from steward.runs.torture.cells import Row
from steward.runs.torture.records import (
    END_STATES,
    MOVES,
    SETTLE_STATES,
    SILENT,
    Event,
    Scenario,
)
from steward.terms.errors import StewardError

AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?")


def event(row: Row, one: Event) -> None:
    """One line of `expected.csv`; raises StewardError."""
    if one.event == "end":
        row.needed("order")
        row.needed("structure")
        row.empty("cents", "where an order ends without a trade")
        _states(row, one, END_STATES)
        return
    row.needed("cents")
    if one.event == "split":
        row.needed("quantity")
    if one.event == "fill":
        row.needed("order")
    if one.event in ("fill", "fee", "liquidation"):
        row.needed("structure")
    if one.event in ("settle", "variation", "split", "cash in lieu"):
        row.needed("structure")
        row.needed("contract")
    if one.event == "settle":
        _states(row, one, SETTLE_STATES)
        row.needed("source")
    if one.event in SILENT and one.cents == 0:
        row.refuse("cents", f"is nothing: a {one.event} of 0 is left out")
    if (one.low is None) != (one.high is None):
        row.refuse("low", "and high: give both bounds or neither")
    if one.low is None or one.high is None or one.cents is None:
        return
    if not one.low <= one.cents <= one.high:
        row.refuse("cents", f"is not between its bounds {one.low} and {one.high}")


def _states(row: Row, one: Event, known: tuple[str, ...]) -> None:
    row.needed("state")
    for state in one.state.split("|"):
        if state not in known:
            row.refuse("state", f"is none of {', '.join(known)}, or several of them with |")


def whole(scenario: Scenario) -> None:
    """Raises StewardError where the files do not fit each other."""
    _closes(scenario)
    _fees(scenario)
    _cash(scenario)
    _explained(scenario)


def _closes(scenario: Scenario) -> None:
    """What settles at the close needs the close."""
    known = {one.session for one in scenario.levels if one.symbol == "SPX close"}
    for terms in scenario.contracts.values():
        if (
            terms.kind == "option"
            and terms.settlement == "PM"
            and terms.expiry in scenario.sessions
            and terms.expiry not in known
        ):
            raise StewardError(
                f"{scenario.name}/levels.csv: {terms.id} settles at the SPX close of "
                f"{terms.expiry}, which has no line: add it"
            )


def _fees(scenario: Scenario) -> None:
    """A fee without an order is one of a settlement."""
    settled = {(x.session, x.structure) for x in scenario.expected if x.event == "settle"}
    for one in scenario.expected:
        if one.event == "fee" and not one.order and (one.session, one.structure) not in settled:
            raise StewardError(
                f"{scenario.name}/expected.csv, {one.words}: the fee is of no order, and nothing "
                f"of {one.structure} settles on that day: name the order"
            )


def _cash(scenario: Scenario) -> None:
    """Start cash and all moves are the cash that the file states; it ends with cash and equity."""
    file = f"{scenario.name}/expected.csv"
    last = [(x.session, x.event) for x in scenario.expected[-2:]]
    end = scenario.sessions[-1]
    if sorted(last) != [(end, "cash"), (end, "equity")]:
        raise StewardError(f"{file}: the last two lines must be cash and equity on {end}")
    cash = scenario.start_cash
    stated: list[Event] = []
    for session in scenario.sessions:
        today = [x for x in scenario.expected if x.session == session]
        cash += sum(x.cents or 0 for x in today if x.event in MOVES)
        stated += [x for x in today if x.event == "cash"]
        for one in (x for x in today if x.event == "cash"):
            if one.cents != cash:
                raise StewardError(
                    f"{file}, {one.words}: {one.cents} cents, but start cash and the events up to "
                    f"then add up to {cash}: one of them is wrong"
                )


def _explained(scenario: Scenario) -> None:
    """Each amount but 0 is in the reasoning, in dollars."""
    told = {found.replace(",", "") for found in AMOUNT.findall(scenario.reasoning)}
    told |= {f"{found}.00" for found in told if "." not in found}
    for one in scenario.expected:
        for column, cents in (("cents", one.cents), ("low", one.low), ("high", one.high)):
            if cents and f"{abs(cents) // 100}.{abs(cents) % 100:02d}" not in told:
                raise StewardError(
                    f"{scenario.name}/expected.csv, {one.words}, column {column}: {cents} cents "
                    f"are nowhere in the reasoning: say there how {abs(cents) / 100:,.2f} dollars "
                    "come about"
                )
