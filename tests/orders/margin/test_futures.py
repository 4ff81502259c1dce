"""Margin of VIX futures: printed figures, the formula, and what is maintained of it."""

from __future__ import annotations

from datetime import date

import pytest

from steward.orders.margin import future_requirement, profile, requirement
from steward.orders.margin.futures import printed, table_hash
from steward.terms.contracts import vx, vxm
from steward.terms.errors import StewardError

from .holding import EXPIRY, Marks, lot

CBOE = profile("cboe")
SESSION = date(2018, 2, 2)


def initial(points: float, contract: object, quantity: int = 1) -> int:
    return future_requirement(
        contract,  # type: ignore[arg-type]
        quantity,
        round(2 * points * 10_000),
        SESSION,
        CBOE,
        "initial",
    )


@pytest.mark.parametrize(
    ("points", "one_vx", "one_vxm"),
    [
        # 0.45 * 20 * 1000 = 9,000.00; at 10.00 the floor of 6,000.00; a mini is a tenth.
        (20.0, 900_000, 90_000),
        (10.0, 600_000, 60_000),
        # 0.45 * 13.3333 * 1000 = 5,999.985: the floor. 13.3334: 6,000.03.
        (13.3333, 600_000, 60_000),
        (13.3334, 600_003, 60_001),
    ],
)
def test_initial_margin_without_a_printed_figure(points: float, one_vx: int, one_vxm: int) -> None:
    assert initial(points, vx(EXPIRY), 2) == 2 * one_vx
    assert initial(points, vxm(EXPIRY), -3) == 3 * one_vxm


def test_what_is_maintained_is_the_initial_margin_over_one_point_one() -> None:
    """9,000 / 1.1 = 8,181.8181...: each contract rounded up."""
    held, marks = lot(vx(EXPIRY), 2, "f"), Marks({vx(EXPIRY): 20.0})
    found = requirement([held], marks)
    assert found.total == 2 * 818_182
    assert found.by_class == {"VIX futures": 1_636_364}
    assert found.by_structure == {"f": 1_636_364}
    assert found.reasons == ("f: 16,363.64 dollars, maintenance margin of VX 2018-03-16",)
    assert requirement([held], marks, basis="initial").total == 2 * 900_000


def test_half_a_cent_of_a_price_is_rounded_up() -> None:
    # Twice the mid is 1 e4: 0.45 * 0.00005 * 100,000 cents = 2.25 cents, without a floor 3.
    from dataclasses import replace

    free = replace(CBOE, future_floor=0)
    assert future_requirement(vx(EXPIRY), 1, 1, SESSION, free, "initial") == 3


@pytest.mark.parametrize(
    ("settles", "first", "kept"),
    [
        # CFE Regulatory Circular RG13-019, effective 2013-06-27, speculative customers.
        (date(2013, 7, 17), 550_000, 500_000),
        (date(2013, 9, 18), 550_000, 500_000),
        (date(2013, 10, 16), 385_000, 350_000),
        (date(2013, 12, 18), 385_000, 350_000),
        (date(2014, 1, 22), 341_000, 310_000),
        (date(2014, 3, 18), 341_000, 310_000),
    ],
)
def test_the_circular_of_june_2013(settles: date, first: int, kept: int) -> None:
    day = date(2013, 6, 27)
    for basis, needed in (("initial", first), ("maintenance", kept)):
        found = future_requirement(vx(settles), -2, 400_000, day, CBOE, basis)  # type: ignore[arg-type]
        assert found == 2 * needed
    # The clearing requirement is maintained, and 110 % of it brought.
    assert 10 * first == 11 * kept


def test_a_printed_figure_holds_no_longer_than_its_table() -> None:
    """The day before it, and from the settlement of its first contract on, the formula."""
    contract = vx(date(2013, 9, 18))
    for day in (date(2013, 6, 26), date(2013, 7, 17), date(2014, 2, 3)):
        assert future_requirement(contract, 1, 400_000, day, CBOE, "initial") == 900_000
    inside = date(2013, 7, 16)
    assert future_requirement(contract, 1, 400_000, inside, CBOE, "initial") == 550_000
    # Of a contract that it does not name, and of another product, too.
    april = vx(date(2014, 4, 16))
    assert future_requirement(april, 1, 400_000, inside, CBOE, "initial") == 900_000
    assert future_requirement(vxm(date(2013, 9, 18)), 1, 400_000, inside, CBOE, "initial") == 90_000


def test_every_row_has_its_source_and_ends_before_its_first_contract_settles() -> None:
    rows = printed()
    assert all("RG13-019" in row.source for row in rows)
    for row in rows:
        assert row.since <= row.until < min(one.first for one in rows)
        assert row.first <= row.last
    assert len(table_hash()) == 64


def test_a_cash_account_holds_no_futures() -> None:
    with pytest.raises(StewardError, match=r"VX 2018-03-16: cash allows no futures"):
        requirement([lot(vx(EXPIRY), 1)], Marks({vx(EXPIRY): 20.0}), profile("cash"))
