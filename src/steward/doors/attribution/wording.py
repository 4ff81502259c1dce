"""What the terms and the rules are called, and what each term is, in a trader's words."""

from __future__ import annotations

from dataclasses import dataclass

from steward.doors.report import words
from steward.terms.trades import Purpose


@dataclass(frozen=True, slots=True)
class Term:
    key: str
    name: str
    help: str
    short: str = ""  # where there is little room; else the name

    @property
    def title(self) -> str:
        """Of a column."""
        return self.short or self.name


TERMS = (
    Term("theta", "Theta", "time that passed: what it takes from a premium, the seller gains"),
    Term("gamma", "Gamma", "moves in either direction, by which delta turned"),
    Term("delta", "Delta", "direction: how far the book leaned, times the move"),
    Term("vega", "Vega", "volatility at the money rose or fell"),
    Term("surface", "Surface", "a strike's own volatility moved otherwise: skew and wings"),
    Term("roll", "Roll", "forwards and futures slid along their curve, as it was"),
    Term(
        "settlement_gap",
        "Settlement gap",
        "from the last mark to the print that settled it",
        short="Gap",
    ),
    Term("slippage", "Slippage", "fills off the middle of their quotes"),
    Term("fees", "Fees", "commissions and exchange fees"),
    Term("interest", "Interest", "on cash, less that on a debt"),
    Term("residual", "Residual", "what these leave: large moves, ticks of the quotes"),
)
"""In the order of a reader: what is earned and lost by holding, by trading, by lending."""

ALL = "In all"

RULE_NAMES = {
    "condor_entry": "Condor opened",
    "exit_profit": "Condor closed: profit taken",
    "exit_days": "Condor closed: few days left",
    "exit_loss": "Condor closed: loss limit",
    "target": "Hedge bought to its target",
    "roll_floor": "Hedge rolled: few days left",
    "roll_extrinsic": "Hedge rolled: little time value left",
    "roll_futures": "Futures rolled",
    "time_shift": "Hedge rolled: Time-Shift",
    "monetise": "Hedge sold: gain taken",
    "reinvest": "Hedge bought: gain put on",
    "sell_down": "Hedge sold: layer off",
    "switch_mix": "Hedge changed: mix switched",
    "margin_call": "Margin call",
    "no rule": "Without a rule: settled",
    "held": "What was held",
    "cash": "Cash",
}


def rule(name: str) -> str:
    return RULE_NAMES.get(name, name.replace("_", " "))


def purpose(name: Purpose | str) -> str:
    """`Condors`: all of them, where the page speaks of one as a condor."""
    return "Condors" if name == "condor" else words.purpose(name)


def instrument(name: str) -> str:
    """`SPX puts`, `VX futures`, `Cash`."""
    return "Cash" if name == "cash" else f"{name}s"
