"""What a smile does when the underlying moves: sticky rules, and shocks.

When the log of the forward moves by x, the smile as a function of log-moneyness is read R x farther
along: w'(k) = w(k + R x). R is the skew-stickiness ratio of L. Bergomi ("Smile dynamics IV", Risk,
December 2009): to first order the vol at the money moves by R times its skew times x.

    R = 0  sticky moneyness: each delta keeps its vol
    R = 1  sticky strike: each strike keeps its vol
    R = 2  what a local volatility does near expiry (E. Derman, "Regimes of volatility", Risk, April
           1999; Bergomi 2009)

R. Daglish, J. Hull and W. Suo ("Volatility surfaces: theory, rules of thumb, and empirical
evidence", Quantitative Finance 7 (2007)) compare the first two; neither is free of arbitrage when
held for ever, which `Surface.violations` shows of a scenario. Reading farther along, and not adding
R skew x, keeps a large fall inside of vols that the market quotes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from steward.terms.contracts import Underlying
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Stickiness:
    """How far a smile moves with the forward: `ratio` is R of the module."""

    name: str
    ratio: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.ratio):
            raise StewardError(f"stickiness {self.name}: the ratio must be a number")


STICKY_MONEYNESS = Stickiness(name="sticky moneyness", ratio=0.0)
STICKY_STRIKE = Stickiness(name="sticky strike", ratio=1.0)
LOCAL_VOLATILITY = Stickiness(name="local volatility", ratio=2.0)


DEFAULTS: dict[Underlying, Stickiness] = {
    "SPX": Stickiness(name="regime", ratio=1.5),
    "VIX": STICKY_STRIKE,
}
"""SPX: between what was measured on ordinary days (0.8 to 1.4) and in the fall of 2018-02 (2.2),
docs/decisions/0025. VIX: a convention, not measured."""


def default_stickiness(underlying: Underlying) -> Stickiness:
    """What scenarios and smile deltas take when nothing is said."""
    return DEFAULTS[underlying]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A move of the market at once.

    move   of the forwards, a share: -0.07 is a fall of 7 %
    vol    of all vols on top of what the stickiness does, a share: 0.5 is half as high again;
           at 30 days where `fade` is not 0
    fade   beyond 30 days the change of vols is weaker by (30 days / time)^fade; 0.5 is usual for
           jumps of the level, 0 moves all expiries alike and cannot break their order
    days   that pass, calendar
    stickiness  None: the default of the underlying
    """

    move: float = 0.0
    vol: float = 0.0
    fade: float = 0.0
    days: float = 0.0
    stickiness: Stickiness | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.move) and self.move > -1.0):
            raise StewardError(f"a move of {self.move:g}: a share above -1 is needed (-0.07)")
        if not (math.isfinite(self.vol) and self.vol > -1.0):
            raise StewardError(f"a change of vols by {self.vol:g}: a share above -1 is needed")
        if not (self.days >= 0.0 and math.isfinite(self.days)):
            raise StewardError(f"{self.days:g} days cannot pass: 0 or more are needed")
        if not (self.fade >= 0.0 and math.isfinite(self.fade)):
            raise StewardError(f"a fade of {self.fade:g}: 0 or more is needed")

    def vol_factor(self, years: float) -> float:
        """Of the vols of an expiry that far away."""
        month = 30.0 / 365.0
        weaker = (month / years) ** self.fade if years > month else 1.0
        return 1.0 + self.vol * weaker
