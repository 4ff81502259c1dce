"""Books and marks made by hand, shared by the tests of margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from steward.market.quotes import Quote
from steward.terms.contracts import Contract, OptionContract
from steward.terms.trades import Leg, Lot, Purpose

SESSION = date(2018, 2, 2)
EXPIRY = date(2018, 3, 16)


def option(
    strike: float,
    right: str,
    *,
    root: str = "SPXW",
    expiry: date = EXPIRY,
    settlement: str | None = None,
) -> OptionContract:
    return OptionContract(
        root=root,
        expiry=expiry,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement=settlement or ("PM" if root == "SPXW" else "AM"),  # type: ignore[arg-type]
    )


def vix(strike: float, right: str, expiry: date = date(2018, 3, 21)) -> OptionContract:
    return option(strike, right, root="VIX", expiry=expiry)


def lot(
    contract: Contract,
    quantity: int,
    structure: str = "A",
    purpose: Purpose = "condor",
    price: float = 1.0,
) -> Lot:
    e4 = round(price * 10_000)
    return Lot(
        lot_id=f"{structure}: {contract.key}",
        structure_id=structure,
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=e4,
        opened=date(2018, 1, 22),
        variation_price=e4,
    )


def lots(held: Sequence[tuple[int, Contract]], structure: str = "A") -> list[Lot]:
    return [lot(contract, quantity, structure) for quantity, contract in held]


def condor(strikes: Sequence[float], quantity: int = 1, structure: str = "A") -> list[Lot]:
    a, b, c, d = strikes
    return [
        lot(option(a, "P"), quantity, structure),
        lot(option(b, "P"), -quantity, structure),
        lot(option(c, "C"), -quantity, structure),
        lot(option(d, "C"), quantity, structure),
    ]


def legs(held: Sequence[Lot]) -> tuple[Leg, ...]:
    """What would open one unit of these lots."""
    unit = min(abs(one.quantity) for one in held)
    return tuple(Leg(contract=x.contract, quantity=x.quantity // unit) for x in held)


def quote(
    points: float, *, forward: float = 2700.0, vol: float = float("nan"), half: float = 0.0
) -> Quote:
    e4, away = round(points * 10_000), round(half * 10_000)
    return Quote(
        bid=e4 - away,
        ask=e4 + away,
        quality="quoted",
        forward=forward,
        vol=vol,
        delta=0.0,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


@dataclass
class Marks:
    """Prices in points by contract; of a contract without one nobody may ask."""

    prices: Mapping[Contract, float | Quote] = field(default_factory=dict)
    spx: float = 2700.0
    vix: float = 15.0
    session: date = SESSION

    def mark(self, contract: Contract) -> Quote:
        found = self.prices.get(contract)
        assert found is not None, f"nobody has to know the price of {contract.key}"
        return found if isinstance(found, Quote) else quote(found)


NO_MARKS = Marks()
