"""What determines a run beside its data: rules, window, capital, flows, broker, assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from steward.intake.flows import MOST_CENTS, Flow
from steward.market.history import History
from steward.orders.margin import DEFAULT, MarginProfile
from steward.pricing import fees
from steward.rules import ruleset
from steward.rules.ruleset import RuleSet
from steward.terms.errors import StewardError

CASH, CONDORS = "cash", "unhedged"
"""The ledger of bills alone, and the one on which condors are decided and sized."""

STATIC = "static"

DEFAULT_CAPITAL = 25_000_000
"""Cents."""

DEBIT_SPREAD = 0.015
"""A year over bills: what a debt to the broker costs. Commonly stated, no source to cite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user chooses. `start` and `end` are days; None: those of the data.

    broker  whose fees are paid, by its name in `pricing.fees`
    """

    rules: RuleSet
    start: date | None = None
    end: date | None = None
    capital: int = DEFAULT_CAPITAL  # cents
    flows: tuple[Flow, ...] = ()
    broker: str = fees.DEFAULT_BROKER
    margin: MarginProfile = DEFAULT

    def __post_init__(self) -> None:
        if not 0 < self.capital <= MOST_CENTS:
            raise StewardError(
                f"a capital of {self.capital / 100:,.2f} dollars: it must be above 0 and at most "
                f"{MOST_CENTS // 100:,}"
            )
        fees.known(self.broker)


def ledger_rules(rules: RuleSet) -> dict[str, RuleSet | None]:
    """Rules of every ledger, in the order of pages; all with the condors of `rules`.

    None is the ledger of bills alone. A rule file named as one of the references is that one.
    """
    same = {
        "entry": rules.entry,
        "exit": rules.exit,
        "allocation": rules.allocation,
        "fills": rules.fills,
    }
    found: dict[str, RuleSet | None] = {CASH: None}
    for name in (CONDORS, STATIC):
        found[name] = ruleset.load(name).model_copy(update=same)
    if rules.name == CASH:
        raise StewardError(f"a rule file may not be named {CASH}: that is the ledger of bills")
    found[rules.name] = rules
    return found


def window(settings: Settings, history: History) -> tuple[date, ...]:
    """The sessions of the run. StewardError when the history has none in the window."""
    first, last = history.sessions[0], history.sessions[-1]
    if settings.start and settings.end and settings.start > settings.end:
        raise StewardError(
            f"--start {settings.start} lies after --end {settings.end}: exchange them"
        )
    start, end = settings.start or first, settings.end or last
    for name, day, outside in (("--start", start, start < first), ("--end", end, end > last)):
        if outside or not first <= day <= last:
            raise StewardError(
                f"{name} {day}: {history.label} has sessions from {first} to {last}; choose a day "
                "in that span, or bring more data with --data DIR"
            )
    days = tuple(day for day in history.sessions if start <= day <= end)
    if not days:
        raise StewardError(f"there is no session between {start} and {end}: choose a wider window")
    return days


def flows_by_session(settings: Settings, days: tuple[date, ...]) -> dict[date, int]:
    """Flows on the sessions that book them, cents: a day without a session is booked on the next.

    Raises StewardError for a flow before the first or after the last session.
    """
    found: dict[date, int] = {}
    for flow in settings.flows:
        if not days[0] <= flow.day <= days[-1]:
            raise StewardError(
                f"the flow of {flow.day} lies outside of the run ({days[0]} to {days[-1]}): "
                "take it out or widen the window"
            )
        day = next(d for d in days if d >= flow.day)
        found[day] = found.get(day, 0) + flow.cents
    return found
