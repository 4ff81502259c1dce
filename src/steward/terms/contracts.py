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
        """For example `SPXW 2018-02-28 2715 P`."""
        return f"{self.root} {self.expiry} {self.strike:g} {self.right}"


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


Contract = OptionContract | FutureContract


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
