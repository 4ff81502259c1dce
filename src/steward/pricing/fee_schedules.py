"""The price lists behind `fees`: dated rows of exchange, clearing house and regulators; brokers.

The files say dollars, as they are printed. Here an amount is whole trillionths of a dollar (`E12`),
so that a fee of 20.60 on a million is exact for every value, and nothing is rounded before the leg.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from steward.pricing import coefficients
from steward.terms.contracts import E4

E12 = 10**12
"""Trillionths of a dollar in one dollar."""

CENT = E12 // 100
"""Trillionths of a dollar in one cent."""

Kind = Literal["option", "future", "share"]

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "SPX": "option",
        "SPXW": "option",
        "XSP": "option",
        "VIX": "option",
        "VIXW": "option",
        "VX": "future",
        "VXM": "future",
        "ETP": "share",
    }
)
"""Products that have a price list, by the root of the contract; `ETP` is any traded fund."""

REGULATION = ("orf", "taf", "sec", "nfa")
"""Names of the regulators' fees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A fee for one contract below a premium (ten-thousandths of a point); None: for the rest."""

    below: int | None
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange's fee. A leg of fewer than `free_below` contracts pays nothing."""

    simple: tuple[Tier, ...]
    complex: tuple[Tier, ...]
    free_below: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """The clearing house's fee: (up to the how many-th contract, fee of each), and the cap.

    One object is one row of the file: legs of two products with the same row share its cap.
    """

    steps: tuple[tuple[int | None, int], ...]
    cap: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulation:
    """One regulator's fee.

    per_contract  and share           per_e4  for each ten-thousandth of a dollar of value
    sales         on what is sold alone     cap     of one leg
    """

    per_contract: int
    per_e4: int
    sales: bool
    cap: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A broker's commission for shares. `most_per_e4`: of each ten-thousandth of a dollar."""

    fee: int
    minimum: int
    most_per_e4: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One broker's price list, for all days. None: no cap, or the clearing house's own fee.

    opening, closing  commission of an option by its premium      cap       of one option leg
    minimum           of an order of options                      exercise  of one leg
    exchange          by product, in the place of the exchange's own fee
    """

    name: str
    words: str
    opening: tuple[Tier, ...]
    closing: tuple[Tier, ...]
    cap: int | None
    minimum: int
    future: int
    share: Share
    exercise: int
    clearing: int | None
    exchange: Mapping[str, Exchange] = field(default_factory=lambda: MappingProxyType({}))


def tier_of(tiers: Sequence[Tier], price: int) -> int:
    """The fee of one contract at a premium, ten-thousandths of a point."""
    return next(tier.fee for tier in tiers if tier.below is None or price < tier.below)


def exchange_of(product: str, session: date) -> Exchange:
    """The exchange's fee for a product on that day."""
    return _at(_exchanges()[product], session)


def clearing_of(product: str, session: date) -> Clearing:
    """The clearing house's fee for a product on that day."""
    return _at(_clearings()[product], session)


def regulation_of(name: str, product: str, session: date) -> Regulation | None:
    """A regulator's fee for a product on that day; None where it takes none of this product."""
    rows = _regulations().get((name, product))
    return _at(rows, session) if rows else None


@coefficients.remembered()
def brokers() -> Mapping[str, Broker]:
    """All brokers by name, in the order of the file."""
    found = _read("brokers")["broker"]
    return MappingProxyType({row["name"]: _broker(row) for row in found})


# --- reading -------------------------------------------------------------------------------------

Row = TypeVar("Row")
Key = TypeVar("Key")

Dated = Sequence[tuple[date, Row]]
"""Rows with the day from which each holds, the newest first."""


def _at(rows: Dated[Row], session: date) -> Row:
    """The row of that day; before the oldest one, the oldest."""
    return next((row for day, row in rows if day <= session), rows[-1][1])


@coefficients.remembered()
def _exchanges() -> Mapping[str, Dated[Exchange]]:
    return _dated((row, _exchange(row), row["products"]) for row in _read("fees")["exchange"])


@coefficients.remembered()
def _clearings() -> Mapping[str, Dated[Clearing]]:
    return _dated((row, _clearing(row), row["products"]) for row in _read("fees")["clearing"])


@coefficients.remembered()
def _regulations() -> Mapping[tuple[str, str], Dated[Regulation]]:
    return _dated(
        (row, _regulation(row), [(row["name"], product) for product in row["products"]])
        for row in _read("fees")["regulation"]
    )


def _dated(
    rows: Iterable[tuple[dict[str, Any], Row, Iterable[Key]]],
) -> Mapping[Key, Dated[Row]]:
    found: dict[Key, list[tuple[date, Row]]] = {}
    for row, made, keys in rows:
        for key in keys:
            found.setdefault(key, []).append((row["from"], made))
    return {
        key: sorted(days, key=lambda pair: pair[0], reverse=True) for key, days in found.items()
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(coefficients.text(name), parse_float=Decimal)


def _exchange(row: dict[str, Any]) -> Exchange:
    simple = _tiers(row["tiers"])
    return Exchange(
        simple=simple,
        complex=_tiers(row["complex"]) if "complex" in row else simple,
        free_below=row.get("free_below", 0),
    )


def _clearing(row: dict[str, Any]) -> Clearing:
    steps = tuple((step.get("to"), _e12(step["fee"])) for step in row["tiers"])
    return Clearing(steps=steps, cap=_e12(row["cap"]) if "cap" in row else None)


def _regulation(row: dict[str, Any]) -> Regulation:
    return Regulation(
        per_contract=_e12(row.get("per_contract", 0)),
        per_e4=_whole(Decimal(row.get("per_million", 0)) * E12 / (10**6 * E4)),
        sales=row.get("sales", False),
        cap=_e12(row["cap"]) if "cap" in row else None,
    )


def _broker(row: dict[str, Any]) -> Broker:
    share = row["share"]
    passed = {
        product: _exchange(one) for one in row.get("exchange", ()) for product in one["products"]
    }
    return Broker(
        name=row["name"],
        words=row["words"],
        opening=_tiers(row["open"]),
        closing=_tiers(row["close"]),
        cap=_e12(row["cap"]) if "cap" in row else None,
        minimum=_e12(row.get("minimum", 0)),
        future=_e12(row["future"]),
        share=Share(
            fee=_e12(share["fee"]),
            minimum=_e12(share["minimum"]),
            most_per_e4=_whole(Decimal(share["most"]) * E12 / E4),
        ),
        exercise=_e12(row["exercise"]),
        clearing=_e12(row["clearing"]) if "clearing" in row else None,
        exchange=MappingProxyType(passed),
    )


def _tiers(rows: Sequence[dict[str, Any]]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            below=_whole(row["below"] * E4) if "below" in row else None,
            fee=_e12(row["fee"]),
        )
        for row in rows
    )


def _e12(dollars: Decimal | int) -> int:
    return _whole(Decimal(dollars) * E12)


def _whole(amount: Decimal) -> int:
    """Raises ValueError for a number of the file that is finer than what is counted here."""
    if amount != amount.to_integral_value():
        raise ValueError(f"{amount} is not whole")
    return int(amount)
