"""The VIX family beside SPX and VIX: what the state says, and remainders that fade.

A remainder follows a first-order autoregression whose shocks are the day's return and change of
VIX, what the latter exceeds a jump by (so that VVIX jumps with VIX), and noise that is correlated
between the members.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steward.market.paths.coefficients import JUMP, MEMBERS, Model
from steward.market.paths.state import LEAST_VIX, MOST_VIX

Floats = NDArray[np.float64]

NORMALS = len(MEMBERS) + 1
"""Standard normals a session: one a member, and one of the futures' premium."""

LIMITS = {
    "vix9d": (0.55, 1.80),
    "vix3m": (0.60, 1.60),
    "vix6m": (0.50, 1.80),
    "vvix": (50.0, 250.0),
    "skew": (1.0, 80.0),
}
"""Of the value over VIX, of VVIX in points, of SKEW less 100: what a path cannot leave."""


def line(numbers: tuple[float, ...], columns: tuple[Floats, ...]) -> Floats:
    """The first number plus the others times the columns, in a fixed order: the same to the last
    bit however many paths a column has."""
    total = numbers[0] + numbers[1] * columns[0]
    for number, column in zip(numbers[2:], columns[1:], strict=True):
        total = total + number * column
    return total


class Family:
    """Remainders of all members and of the futures' premium, session by session."""

    def __init__(self, model: Model, count: int) -> None:
        """At the state's own values: nothing remains."""
        self._members = model.members
        self._kept, self._noise = model.premium
        self._rest = {member.name: np.zeros(count) for member in model.members}
        self.premium = np.zeros(count)

    def step(self, z: Floats, u: Floats, normal: Floats) -> None:
        """Move on by a session.

        z, u    the return and the change of ln VIX in their own deviations, a number a path
        normal  `NORMALS` rows of standard normals
        """
        excess = np.maximum(u - JUMP, 0.0)
        for member in self._members:
            rest = member.kept * self._rest[member.name]
            rest = rest + member.of_return * z + member.of_vix * u + member.of_jump * excess
            for share, row in zip(member.noise, normal, strict=False):
                rest = rest + share * row
            self._rest[member.name] = rest
        self.premium = self._kept * self.premium + self._noise * normal[-1]

    def closes(self, vix: Floats, state: tuple[Floats, ...]) -> dict[str, Floats]:
        """Closes of the members at that state (ln VIX, and over each average), points."""
        found = {}
        for member in self._members:
            name = member.name
            value = np.exp(line(member.state, state) + self._rest[name])
            value = np.minimum(np.maximum(value, LIMITS[name][0]), LIMITS[name][1])
            if name == "skew":
                value = 100.0 + value
            elif name != "vvix":
                value = np.minimum(np.maximum(vix * value, LEAST_VIX), MOST_VIX)
            found[name] = value
        return found
