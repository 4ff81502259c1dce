"""What can be traded: cash-settled European options and VIX futures, and the condor of four.

Prices that touch money are whole ten-thousandths of an index point (`E4`), because a final
settlement such as 16.6389 needs them and a float would not add up to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Right = Literal["C", "P"]
Settlement = Literal["AM", "PM"]
Underlying = Literal["SPX", "VIX"]

E4 = 10_000
"""Ten-thousandths in one index point."""

UNDERLYING_OF_ROOT: dict[str, Underlying] = {
    "SPX": "SPX",
    "SPXW": "SPX",
    "VIX": "VIX",
    "VIXW": "VIX",
    "VX": "VIX",
    "VXM": "VIX",
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Expiry:
    """One listed series of expiries: the key is (root, day), never the day alone.

    day         the last day on which the option has economic meaning: its settlement day
    settlement  "AM" settles on the opening print (SET, VRO), "PM" on the official close
    """

    root: str
    day: date
    settlement: Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionContract:
    """The terms of one listed, cash-settled European option."""

    root: str  # "SPX" settles on SET, "SPXW" on the close (AM before 2010-12), "VIX" on VRO
    expiry: date
    strike: float  # index points
    right: Right
    settlement: Settlement
    multiplier: int = 100  # dollars an index point

    def __post_init__(self) -> None:
        if self.root not in UNDERLYING_OF_ROOT:
            raise ValueError(f"{self.root}: not a root that Steward knows")
        if not self.strike > 0.0:  # written so that NaN fails too
            raise ValueError(
                f"{self.root} {self.expiry}: strike must be above 0, was {self.strike}"
            )

    @property
    def underlying(self) -> Underlying:
        return UNDERLYING_OF_ROOT[self.root]

    @property
    def series(self) -> Expiry:
        return Expiry(root=self.root, day=self.expiry, settlement=self.settlement)

    @property
    def key(self) -> str:
        """For example `SPXW 2018-02-28 2715 P`; ` AM` follows where its root says PM today."""
        other = "" if self.settlement == settlement_of_root(self.root) else f" {self.settlement}"
        return f"{self.root} {self.expiry} {self.strike:g} {self.right}{other}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureContract:
    """A VIX future: VX (1000 dollars a point) or VXM (100)."""

    root: str
    expiry: date
    multiplier: int

    @property
    def underlying(self) -> Underlying:
        return UNDERLYING_OF_ROOT[self.root]

    @property
    def key(self) -> str:
        """For example `VX 2018-02-14`."""
        return f"{self.root} {self.expiry}"


NEVER = date.max
"""Expiry of what has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareContract:
    """A share of an exchange-traded product on VIX futures: VXX, UVXY. One dollar a point."""

    symbol: str

    def __post_init__(self) -> None:
        if not self.symbol.isalpha() or not self.symbol.isupper():
            raise ValueError(f"{self.symbol!r}: not the symbol of a share")

    @property
    def root(self) -> str:
        return self.symbol

    @property
    def multiplier(self) -> int:
        return 1

    @property
    def expiry(self) -> date:
        return NEVER

    @property
    def underlying(self) -> Underlying:
        """All of them follow VIX futures."""
        return "VIX"

    @property
    def key(self) -> str:
        """For example `VXX`."""
        return self.symbol


Contract = OptionContract | FutureContract | ShareContract


def settlement_of_root(root: str) -> Settlement:
    """How a series of this root settles where nothing else is said."""
    return "PM" if root == "SPXW" else "AM"


def from_key(key: str) -> Contract:
    """The contract that a journal names. ValueError when the text is no key."""
    parts = key.split(" ")
    try:
        if len(parts) == 1:
            return ShareContract(symbol=parts[0])
        expiry = date.fromisoformat(parts[1])
        if len(parts) == 2:
            return {"VX": vx, "VXM": vxm}[parts[0]](expiry)
        root, _, strike, right, *said = parts
        if right not in ("C", "P") or (said and said not in (["AM"], ["PM"])):
            raise ValueError(key)
        return OptionContract(
            root=root,
            expiry=expiry,
            strike=float(strike),
            right="C" if right == "C" else "P",
            settlement=("AM" if said == ["AM"] else "PM") if said else settlement_of_root(root),
        )
    except (KeyError, IndexError, ValueError):
        raise ValueError(f"{key!r}: not the key of a contract") from None


def vx(expiry: date) -> FutureContract:
    return FutureContract(root="VX", expiry=expiry, multiplier=1000)


def vxm(expiry: date) -> FutureContract:
    return FutureContract(root="VXM", expiry=expiry, multiplier=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condor:
    """An iron condor: a put spread and a call spread sold on one expiry, one of each leg."""

    long_put: OptionContract
    short_put: OptionContract
    short_call: OptionContract
    long_call: OptionContract

    def __post_init__(self) -> None:
        series = {leg.series for leg in self.contracts}
        strikes = [leg.strike for leg in self.contracts]
        if len(series) != 1 or "".join(leg.right for leg in self.contracts) != "PPCC":
            raise ValueError(f"a condor needs two puts and two calls of one series, not {strikes}")
        if not strikes[0] < strikes[1] < strikes[2] < strikes[3]:
            raise ValueError(f"the strikes of a condor must rise, were {strikes}")

    @property
    def contracts(self) -> tuple[OptionContract, OptionContract, OptionContract, OptionContract]:
        return (self.long_put, self.short_put, self.short_call, self.long_call)

    @property
    def expiry(self) -> date:
        return self.short_put.expiry

    @property
    def put_width(self) -> float:
        """Index points."""
        return self.short_put.strike - self.long_put.strike

    @property
    def call_width(self) -> float:
        """Index points."""
        return self.long_call.strike - self.short_call.strike

    @property
    def width(self) -> float:
        """The wider of the two, index points: what one condor can cost to close, at the most."""
        return max(self.put_width, self.call_width)
