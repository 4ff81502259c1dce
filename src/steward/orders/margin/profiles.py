"""What each kind of account asks for: the margin profiles, as data.

Sources, by the keys of the domain facts and by page where one was at hand:

    cboe        the exchange's minimum for a margin account: Cboe Margin Manual (2021-11-30), FINRA
                Rule 4210; a condor the greater of its sides (p. 56), naked index options 15 % and
                10 % (p. 30, 34), VIX options 20 % and 10 % of spot VIX (Cboe's VIX specifications)
    ibkr        Interactive Brokers, "Iron Condor": one side with equal wings only, else two spreads
    tastytrade  tastytrade, "Short Iron Condor": the wider side
    portfolio   Cboe Rule 10.4, OCC's TIMS: the largest loss over a grid of moves of the index
    cash        Cboe Margin Manual, cash account: spreads of European cash-settled index options,
                nothing naked; futures need a futures account
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from steward.terms.errors import StewardError

Unequal = Literal["wider", "sum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginProfile:
    """One kind of account.

    method           by strategy (fixed amounts a structure), or the largest loss on a stress grid
    held_against     what counts towards the requirement. By strategy it is cash: options have no
                     loan value, so neither the mark of a hedge nor that of a condor is in it, while
                     the credits taken in are. On a grid it is the value of the account at its
                     marks, for the grid asks for what may be lost from there.
    unequal_widths   a condor with two widths: the wider side, or both spreads
    naked, futures   whether they are allowed
    spx_percent, vix_percent  of the spot index, for a naked option, less its distance out of the
                     money
    least_percent    of the spot index (a put: of its strike), the least for a naked option
    box_percent      of the cost to close: the least for a short box, beside its strike distance
    future_floor     cents, initial margin of one VX without a printed figure: the least
    future_share     of the contract's value: the same, when it is more
    future_initial_percent  initial margin over maintenance margin, percent
    spx_low .. vix_high     ends of the grids, moves of each forward in percent
    points           of a grid, equally far apart, ends included
    least_a_contract cents, the least of a grid for each option, bought or sold
    vol_points       points of volatility that SPX options gain for each percent that SPX falls
    buffer_percent   of what counts: left free when a margin call was met
    """

    name: str
    method: Literal["strategy", "portfolio"] = "strategy"
    held_against: Literal["cash", "equity"] = "cash"
    unequal_widths: Unequal = "wider"
    naked: bool = True
    futures: bool = True
    spx_percent: int = 15
    vix_percent: int = 20
    least_percent: int = 10
    box_percent: int = 102
    future_floor: int = 600_000
    future_share: float = 0.45
    future_initial_percent: int = 110
    spx_low: float = -8.0
    spx_high: float = 6.0
    vix_low: float = -50.0
    vix_high: float = 50.0
    points: int = 10
    least_a_contract: int = 3_750
    vol_points: float = 0.0
    buffer_percent: int = 10

    def funds(self, *, cash: int, equity: int) -> int:
        """What counts towards the requirement, cents."""
        return cash if self.held_against == "cash" else equity

    @property
    def label(self) -> str:
        """As it is asked for: `cboe`, `cboe:sum`."""
        usual = PROFILES[self.name].unequal_widths
        return self.name if self.unequal_widths == usual else f"{self.name}:{self.unequal_widths}"


PROFILES: Mapping[str, MarginProfile] = MappingProxyType(
    {
        one.name: one
        for one in (
            MarginProfile(name="cboe"),
            MarginProfile(name="ibkr", unequal_widths="sum"),
            MarginProfile(name="tastytrade"),
            MarginProfile(name="portfolio", method="portfolio", held_against="equity"),
            MarginProfile(name="cash", naked=False, futures=False),
        )
    }
)

DEFAULT = PROFILES["cboe"]
"""Where nothing is said."""

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "cboe": "the exchange's minimum of a margin account (Reg T)",
        "ibkr": "Interactive Brokers, a margin account (Reg T)",
        "tastytrade": "tastytrade, a margin account (Reg T)",
        "portfolio": "portfolio margin on a grid of moves",
        "cash": "a cash account",
    }
)


def profile(text: str) -> MarginProfile:
    """The profile of a name, as `cboe`, or `cboe:sum` for other wings; StewardError for none.

    `:wider` and `:sum` say what a condor with two widths needs: its wider side, or both spreads.
    """
    name, _, unequal = text.partition(":")
    found = PROFILES.get(name)
    if found is None:
        raise StewardError(f"--margin {text}: no such profile; there are {', '.join(PROFILES)}")
    if not unequal and ":" not in text:
        return found
    if found.method == "portfolio":
        raise StewardError(
            f"--margin {text}: portfolio margin looks at all options together and knows no rule "
            f"for two wings; write --margin {name}"
        )
    if unequal not in ("wider", "sum"):
        raise StewardError(
            f"--margin {text}: {unequal!r} is none of wider, sum. Of a condor with unequal wings "
            f"{name}:wider counts the wider side, {name}:sum both spreads; {name} alone takes the "
            "one that is usual there"
        )
    return replace(found, unequal_widths="wider" if unequal == "wider" else "sum")


def resolved(given: MarginProfile) -> dict[str, Any]:
    """Every key of it, in plain values, for a manifest."""
    return asdict(given)


def from_mapping(kept: Mapping[str, Any], *, source: str) -> MarginProfile:
    """The profile that a manifest keeps. Raises StewardError for keys that are not those of one."""
    names = {one.name for one in fields(MarginProfile)}
    if set(kept) != names or kept.get("name") not in PROFILES:
        odd = ", ".join(sorted(set(kept) ^ names)) or f"name {kept.get('name')}"
        raise StewardError(
            f"{source}: its margin profile is not one of this version ({odd}): make the run again"
        )
    return MarginProfile(**kept)


def sentence(given: MarginProfile) -> str:
    """What a page says of it, in one or two sentences."""
    title = f"Margin: {given.label}, {TITLES[given.name]}."
    if given.method == "portfolio":
        return (
            f"{title} The largest loss of the SPX options over moves of {given.spx_low:g} to "
            f"+{given.spx_high:g} %, of each series of VIX options over {given.vix_low:g} to "
            f"+{given.vix_high:g} % of its future, at least "
            f"{given.least_a_contract / 100:.2f} dollars a contract; no offset between SPX and VIX."
        )
    wings = "its wider side" if given.unequal_widths == "wider" else "both spreads"
    uneven = "" if given.unequal_widths == "wider" else " when its wings are unequal, else one side"
    naked = "" if given.naked else " Nothing naked and no futures."
    return (
        f"{title} A condor needs {wings}{uneven}, held against cash with the credits in it; VIX "
        f"calls release nothing and count for nothing.{naked}"
    )
