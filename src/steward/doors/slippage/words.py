"""What `steward slippage` says, on the page and in the terminal."""

from __future__ import annotations

from markupsafe import escape

from steward.doors.report import words
from steward.doors.report.story import Prices, prices
from steward.pricing import fees
from steward.runs.replay import margin_of
from steward.studies.slippage import Outcome, Point, Slippage

TITLE = "The result at other costs of filling"
KEY = (
    "k is the share of the half spread that every fill pays: 0 is the middle of the quotes, 1 the "
    "touch. At each k the whole run is made again, so that other condors may be in the credit "
    "band. The fee schedule stays as it is."
)
MIDDLE = (
    "k = 0 is not free: the net price of a package is rounded against the trader to its grid, so "
    "that something is paid for crossing spreads there too."
)
RULED = (
    "As the rules say: the rules with their own shares of the half spread, which may differ for "
    "entries, exits and stops. They have no single k and stand apart."
)
HEAD = ("k", "against bills", "crossing spreads", "fees", "orders filled")
FOR_LEARNING = (
    "For learning, no advice and no offer. What rules did at one cost of filling, on modelled or "
    "on real quotes, does not say what they will do."
)


def ledger(name: str) -> str:
    return words.ledger(name)


def named(name: str) -> str:
    """A ledger's name within markup."""
    return str(escape(ledger(name)))


def share(point: Point) -> str:
    """`0.25`, or that it is the mix of the rule file."""
    return "as the rules say" if point.share is None else f"{point.share:g}"


def dollars(cents: int) -> str:
    """Whole dollars with a sign."""
    return words.money(cents, sign=True)


def row(point: Point, outcome: Outcome) -> tuple[str, ...]:
    return (
        share(point),
        dollars(outcome.over_bills),
        dollars(-outcome.slippage),
        dollars(-outcome.fees),
        f"{outcome.trades:,}",
    )


def edge(found: Slippage, name: str) -> str:
    """Where the edge over bills is gone, and what the trades of the rules as they are allow."""
    multiple = found.multiple_gone(name)
    said = f"{ledger(name)}: {_edge(found, name)}."
    if multiple is None:
        return said
    if multiple < 0.0:
        return f"{said} The trades of the rules as they are lose to bills without any slippage."
    return (
        f"{said} The trades of the rules as they are could have paid {multiple:.2f} times their "
        "slippage before they were worth no more than bills."
    )


def _edge(found: Slippage, name: str) -> str:
    gone = found.edge_gone(name)
    if gone is not None:
        return f"the edge over bills is gone at k = {gone:.2f}"
    first, last = found.points[0], found.points[-1]
    if first.outcomes[name].over_bills <= 0:
        return f"no edge over bills, even at k = {first.share:g}"
    return f"the edge over bills is still there at k = {last.share:g}"


def priced(found: Slippage) -> str:
    """What the quotes were."""
    data = found.manifest["data"]
    assert isinstance(data, dict)
    kinds = found.manifest["quality"]
    assert isinstance(kinds, list)
    return f"Prices: {', '.join(kinds)} ({data['quotes']})."


def indicative(found: Slippage) -> Prices | None:
    """What the report of the run would say of its prices; None: every one was quoted."""
    return prices(found.manifest, found.journal, found.equity)


def account(found: Slippage) -> str:
    """Whose account it is: capital, flows, whose fees, and what margin it asks for."""
    run = found.manifest
    capital, flows, broker = run["capital"], run["flows"], run["broker"]
    assert isinstance(capital, int)
    assert isinstance(flows, list)
    assert isinstance(broker, str)
    moved = ""
    if flows:
        net = sum(flow["cents"] for flow in flows)
        sessions = words.counted(len(flows), "session")
        moved = f", {dollars(net)} in all by deposits and withdrawals on {sessions}"
    return (
        f"Account: {words.money(capital)} at the start{moved}. Fees of {broker}: "
        f"{fees.words(broker)}. Margin: {margin(found)}."
    )


def margin(found: Slippage) -> str:
    """The profile as it is asked for, as `cboe:sum`."""
    return margin_of(found.manifest).label


def window(found: Slippage) -> str:
    span = found.manifest["window"]
    assert isinstance(span, dict)
    return f"Rules {found.rules}, {span['start']} to {span['end']}."
