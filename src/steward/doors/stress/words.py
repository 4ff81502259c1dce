"""Words and amounts that the text and the page of a stress share."""

from __future__ import annotations

from collections.abc import Mapping

from steward.analytics.stress.grid import Grid
from steward.analytics.stress.replaying import Held
from steward.doors.report import words
from steward.doors.report.words import UNKNOWN
from steward.market.paths.marker import SENTENCE
from steward.runs.stress import Stressed

TITLE = "What this book would gain or lose"
MODELLED = (
    "Every value here is modelled: what the modelled market asks for the same contracts at the "
    "shocked closes of SPX and VIX, less what it asks before. No bid and ask enters. Nothing is "
    "traded on the way: no rule acts, and what expires settles."
)
SIMULATED = f"{SENTENCE} The book stands at such closes. {MODELLED}"
EPISODES_KEY = (
    "SPX moves by the percent of then, VIX by the points of then from where it stands, on the "
    "sessions that follow the book's. A star: beyond what the smile was fitted on."
)
GRID_KEY = (
    "Across: the price of the nearest VIX future with a week to go at the end, and the VIX at "
    "which the model prices it there. Down: SPX. Closes go there in equal steps. A star: a state "
    "beyond what the smile was fitted on, so an extrapolation."
)
FOR_LEARNING = (
    "For learning; no advice. A real crash has wide markets, halted trading and margin calls, none "
    "of which is in these numbers."
)


def made(found: Stressed) -> str:
    """What its values are."""
    return SIMULATED if found.simulated else MODELLED


def dollars(cents: int | None) -> str:
    """Whole dollars with a sign; a dash where there is none."""
    if cents is None:
        return UNKNOWN
    return words.money(cents) if cents <= 0 else f"+{words.money(cents)}"


def percent(value: float, digits: int = 0) -> str:
    """A fraction as percent with its sign."""
    if not round(100.0 * value, digits):
        return "0 %"
    return f"{100.0 * value:+.{digits}f} %".replace("-", "\u2212")


def purpose(name: str) -> str:
    return words.PURPOSE_NAMES.get(name, name)


def after(sessions: int) -> str:
    """Of a grid."""
    return "at once" if not sessions else f"after {sessions} sessions"


def hedge_of(change: Mapping[str, tuple[int, ...]], place: int) -> int:
    """All but the condors, cents, at one session."""
    return sum(values[place] for name, values in change.items() if name != "condor")


def condor_of(change: Mapping[str, tuple[int, ...]], place: int) -> int:
    return change["condor"][place] if "condor" in change else 0


def levels(grid: Grid) -> list[str]:
    """VIX by move of the future; a dash where none gives that price."""
    return [
        UNKNOWN if level is None else f"{level:.1f}{'*' if outside else ''}"
        for level, outside in zip(grid.vix, grid.outside, strict=True)
    ]


def lacking(found: Stressed) -> list[tuple[str, str]]:
    """Names of episodes that the data do not reach, and why; those alike together."""
    together: dict[str, list[str]] = {}
    for one in found.not_reached:
        together.setdefault(one.why, []).append(one.episode.name)
    return [(", ".join(names), why) for why, names in together.items()]


def lead(found: Stressed) -> str:
    """The worst of all, in a sentence; "" where no episode was reached."""
    if not found.episodes:
        return ""
    worst = min(found.episodes, key=lambda one: one.total[one.worst])
    cents = worst.total[worst.worst]
    if cents >= 0:
        return "In none of these episodes would it have stood at a loss."
    share = ""
    if found.book.equity and found.book.equity > 0:
        share = f", {abs(cents) / found.book.equity:.0%} of the account"
    hedge = hedge_of(worst.change, worst.worst)
    return (
        f"Worst: {worst.episode.name}, {words.money(-cents)} down after {worst.worst + 1} sessions"
        f"{share} ({found.quality}); the hedge by then: {dollars(hedge)}."
    )


def figures(one: Held) -> tuple[str, ...]:
    """A row of the table of episodes."""
    at = one.worst
    return (
        str(len(one.sessions)),
        percent(float(one.spx[one.lowest]), 1),
        f"{float(one.vix.max()):.1f}{'*' if one.outside else ''}",
        dollars(condor_of(one.change, at)),
        dollars(hedge_of(one.change, at)),
        dollars(one.total[at]),
        str(at + 1),
        dollars(one.total[-1]),
    )


HEAD = (
    "sessions",
    "SPX low",
    "VIX high",
    "condors",
    "hedge",
    "all, at worst",
    "on day",
    "all, at the end",
)
