"""Whole condors within a budget, and hedges as whole contracts near their target, by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.orders.sizing import (
    COARSE_UNITS,
    InstrumentShare,
    affordable,
    allocate_units,
    condor_quantity,
)
from steward.terms.contracts import Contract, OptionContract, vx

CALL: Contract = OptionContract(
    root="VIX", expiry=date(2018, 6, 20), strike=20.0, right="C", settlement="AM"
)
PUT: Contract = OptionContract(
    root="SPXW", expiry=date(2018, 6, 15), strike=2500.0, right="P", settlement="PM"
)
FUTURE: Contract = vx(date(2018, 6, 20))


def share(
    name: str,
    part: float,
    units: float = 1.0,
    passes_to: str | None = None,
    contract: Contract | None = CALL,
) -> InstrumentShare:
    return InstrumentShare(
        name=name,
        share=part,
        units_per_contract=units,
        passes_to=passes_to,
        contract=contract,
    )


# --- condors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "loss", "free", "condors"),
    [
        (1_250_000, 233_500, 5_000_000, 5),  # 12,500.00 over 2,335.00 are 5.35
        (1_250_000, 233_500, 800_000, 3),  # only 8,000.00 are free
        (200_000, 233_500, 5_000_000, 1),  # a tranche is less than one: one
        (200_000, 233_500, 233_500, 1),
        (200_000, 233_500, 233_499, 0),  # and not even one fits
        (1_250_000, 233_500, -1, 0),  # more at risk than allowed already
    ],
)
def test_condors_of_one_entry(budget: int, loss: int, free: int, condors: int) -> None:
    assert condor_quantity(budget, loss, free) == condors


@pytest.mark.parametrize("loss", [0, -100])
def test_a_condor_that_cannot_lose_has_false_quotes(loss: int) -> None:
    said = f"^a condor that can lose {loss} cents: check its quotes$"
    with pytest.raises(ValueError, match=said):
        condor_quantity(1_000, loss, 1_000)


@given(st.integers(0, 10**9), st.integers(1, 10**7), st.integers(-(10**8), 10**9))
def test_condors_never_exceed_what_is_free(budget: int, loss: int, free: int) -> None:
    condors = condor_quantity(budget, loss, free)
    assert condors * loss <= max(free, 0)
    assert condors <= max(budget // loss, 1)
    # One more would break one of the two.
    assert (condors + 1) * loss > min(max(budget, loss), free)


def test_what_a_cap_pays_for() -> None:
    assert affordable(12, 11_110, 80_000) == 7  # 800.00 for calls at 111.10
    assert affordable(5, 11_110, 80_000) == 5
    assert affordable(5, 11_110, 11_109) == 0
    assert affordable(5, 11_110, -1) == 0
    assert affordable(5, 0, 0) == 5  # a future costs no premium
    assert affordable(5, 1, 3) == 3


# --- hedges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "calls"), [(5.2, 5), (12.9, 13), (2.5, 2), (2.500001, 3), (0.51, 1), (41.3, 41)]
)
def test_one_instrument_takes_the_rounded_total(total: float, calls: int) -> None:
    """5.2, 12.9 and 41.3 calls are 12.5, 30 and 100 % in the example of the methodology (D0)."""
    found = allocate_units(total, [share("calls", 1.0)])
    assert (found.units, found.contracts, found.bought) == (calls, ((0, calls),), float(calls))
    assert found.notes == ()


@pytest.mark.parametrize("total", [0.0, 0.2, 0.5])
def test_a_book_under_half_a_call_is_told_so(total: float) -> None:
    found = allocate_units(total, [share("calls", 1.0)])
    assert (found.units, found.contracts, found.bought) == (0, (), 0.0)
    assert found.notes == (f"{total:.2f} call units are under half of one call: none is bought",)


def test_calls_of_two_tenors_share_by_largest_remainder() -> None:
    # 60 and 40 % of 8: 4.8 and 3.2; five and three.
    found = allocate_units(8.0, [share("front", 0.6), share("long", 0.4)])
    assert found.contracts == ((0, 5), (1, 3))
    # Of 1 the larger part takes it; of equal remainders the first.
    assert allocate_units(1.0, [share("front", 0.4), share("long", 0.6)]).contracts == ((1, 1),)
    assert allocate_units(1.0, [share("front", 0.5), share("long", 0.5)]).contracts == ((0, 1),)


def long_dated(*, mini: bool = False, put_units: float = 4.2) -> list[InstrumentShare]:
    """50 % futures, 30 % long calls, 20 % puts; one VX is 33.3 calls of 30 deltas."""
    future = share("VX", 0.5, 1000.0 / 30.0, "VXM" if mini else "long calls", FUTURE)
    others = [share("long calls", 0.3), share("puts", 0.2, put_units, "long calls", PUT)]
    return [future, *others, *([share("VXM", 0.0, 10.0 / 3.0, "long calls", FUTURE)] * mini)]


def test_a_share_under_half_a_contract_is_passed_on_and_named() -> None:
    """12 units: 6.0 for futures of 33.3, 2.4 for puts of 4.2, 3.6 for calls.

    The futures' part is under 16.7 and goes to the calls; the puts' is over 2.1 and stays: one
    put, 4.2. What is left, 7.8, are 8 calls; in all 12.2.
    """
    found = allocate_units(12.0, long_dated())
    assert found.contracts == ((1, 8), (2, 1))
    assert found.bought == pytest.approx(12.2)
    assert found.notes == (
        "the 6.0 call units for VX are under half of one contract, which counts 33.3: passed on to "
        "long calls",
    )


def test_just_under_half_a_contract_is_passed_on_and_half_of_one_is_not() -> None:
    # 9 units: 1.8 for puts of 4.2 are 0.43 of one.
    found = allocate_units(9.0, long_dated())
    assert found.contracts == ((1, 9),)
    assert found.notes[1] == (
        "the 1.8 call units for puts are under half of one contract, which counts 4.2: passed on "
        "to long calls"
    )
    # 10 units: 2.0 for puts of 4.0 are half of one. It keeps its share, and rounds down to none.
    found = allocate_units(10.0, long_dated(put_units=4.0))
    assert found.contracts == ((1, 10),)
    assert not any("puts" in note for note in found.notes)


def test_a_small_future_takes_what_the_large_one_passes_on() -> None:
    # The largest first: 2.4 units are 0.57 of a put: one, 4.2. Of the 7.8 left five eighths are
    # for VXM: 4.88 units, 1.46 of 3.33: one. The calls take the last 4.47: four.
    found = allocate_units(12.0, long_dated(mini=True))
    assert dict(found.contracts) == {1: 4, 2: 1, 3: 1}
    assert found.bought == pytest.approx(10 / 3 + 4.2 + 4)
    assert found.notes == (
        "the 6.0 call units for VX are under half of one contract, which counts 33.3: passed on to "
        "VXM",
    )


def test_a_large_book_holds_all_three() -> None:
    # 100 units: 50 for futures, 1.5 of them, half down: one, 33.3. Of the 66.7 left the puts get
    # 0.2 / 0.5, 26.7: six of 4.2 (6.3), 25.2. The calls take 41.5: 41, for 0.47 is under a half.
    found = allocate_units(100.0, long_dated())
    assert found.contracts == ((0, 1), (1, 41), (2, 6))
    assert found.bought == pytest.approx(1000 / 30 + 41 + 25.2)
    assert found.notes == ()


def test_what_is_not_available_is_passed_on_or_not_bought() -> None:
    gone = [share("VX", 0.5, 33.3, "calls", None), share("calls", 0.5)]
    found = allocate_units(10.0, gone)
    assert found.contracts == ((1, 10),)
    assert found.notes == ("VX: nothing can be bought now: passed on to calls",)

    lost = [share("VX", 0.4, 33.3, None, None), share("calls", 0.6)]
    found = allocate_units(10.0, lost)
    assert found.contracts == ((1, 6),)
    assert found.notes == ("VX: nothing can be bought now: 4.0 call units are not bought",)

    found = allocate_units(10.0, [share("calls", 1.0, contract=None)])
    assert (found.units, found.contracts, found.bought) == (10, (), 0.0)


def test_the_last_in_line_keeps_less_than_half_a_contract() -> None:
    # Puts of 4.2 alone, 2 units: under half of one, and nobody to take them.
    found = allocate_units(2.0, [share("puts", 1.0, 4.2, None, PUT)])
    assert (found.contracts, found.bought) == ((), 0.0)
    assert found.notes == ("2.0 of 2 call units are not bought: no contract is that small",)


def test_an_instrument_without_a_share_is_not_bought() -> None:
    found = allocate_units(3.0, [share("front", 0.0), share("long", 1.0)])
    assert found.contracts == ((1, 3),)
    assert found.notes == ()


def test_a_mix_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a hedge of nan call units$"):
        allocate_units(math.nan, [share("calls", 1.0)])
    with pytest.raises(ValueError, match=r"a hedge of -1\.0 call units"):
        allocate_units(-1.0, [share("calls", 1.0)])
    said = r"^the shares of a hedge must add up to more than 0, sizes must be above 0$"
    with pytest.raises(ValueError, match=said):
        allocate_units(5.0, [share("calls", 0.0)])
    with pytest.raises(ValueError, match=said):
        allocate_units(5.0, [share("calls", 1.0, 0.0)])
    with pytest.raises(ValueError, match=r"^VX passes its share on to calls: not in the mix$"):
        allocate_units(5.0, [share("VX", 1.0, 33.3, "calls")])
    circle = [share("a", 0.5, 9.0, "b"), share("b", 0.5, 9.0, "a")]
    with pytest.raises(ValueError, match="not in the mix"):
        allocate_units(1.0, circle)


def test_two_call_units_are_coarse() -> None:
    """Such a contract rounds on its own; where that leaves a call unit or more, it is said."""
    found = allocate_units(1.0, [share("puts", 1.0, 2.0, None, PUT)])
    assert (found.contracts, found.bought) == ((), 0.0)
    assert found.notes == ("1.0 of 1 call units are not bought: no contract is that small",)
    # Of 3 one of 2.5 leaves exactly a half, and of 4 one of 4 nothing: that is near enough.
    assert allocate_units(3.0, [share("puts", 1.0, 2.5, None, PUT)]).notes == ()
    assert allocate_units(4.0, [share("puts", 1.0, 4.0, None, PUT)]).notes == ()
    # Under two it is fine: 6 less three of 1.8 leave 0.6, a third of one.
    found = allocate_units(6.0, [share("puts", 1.0, 1.8, None, PUT)])
    assert (found.contracts, found.notes) == (((0, 3),), ())


def test_what_the_coarse_overdo_the_fine_do_not_add_to() -> None:
    """0.9 of 3 units are 0.54 of one put of 5: one. Nothing is left for the calls."""
    found = allocate_units(3.0, [share("puts", 0.9, 5.0, None, PUT), share("calls", 0.1)])
    assert (found.contracts, found.bought) == (((0, 1),), 5.0)


def test_fine_contracts_of_other_sizes() -> None:
    # 3 units each: two of 1.5, three of 1.
    found = allocate_units(6.0, [share("a", 0.5, 1.5), share("b", 0.5)])
    assert found.contracts == ((0, 2), (1, 3))
    # 0.4 units are 0.8 of one of 0.5, 1.6 are one and 0.6 of 1: the larger remainder takes one of
    # the unit that is left, and the half unit after that is no more than half of the other.
    found = allocate_units(2.0, [share("a", 0.2, 0.5), share("b", 0.8)])
    assert (found.contracts, found.bought) == (((0, 1), (1, 1)), 1.5)


def test_an_instrument_without_a_share_passes_nothing_on_and_counts_for_nothing() -> None:
    found = allocate_units(3.0, [share("front", 0.0, 1.0, "long"), share("long", 1.0)])
    assert (found.contracts, found.notes) == (((1, 3),), ())
    # Calls without a share do not make what puts leave over a matter of calls.
    found = allocate_units(2.0, [share("calls", 0.0), share("puts", 1.0, 4.2, None, PUT)])
    assert found.notes == ("2.0 of 2 call units are not bought: no contract is that small",)
    # And what stands behind it is still passed on.
    mix = [
        share("front", 0.0, 1.0, "long"),
        share("VX", 0.5, 33.3, "long", FUTURE),
        share("long", 0.5),
    ]
    found = allocate_units(6.0, mix)
    assert found.contracts == ((2, 6),)
    assert found.notes == (
        "the 3.0 call units for VX are under half of one contract, which counts 33.3: passed on to "
        "long",
    )


def test_whoever_passes_on_comes_first_wherever_it_stands() -> None:
    """VX (33.3) passes to VXM (3.3), which passes to the calls; listed the other way round."""
    mix = [
        share("VXM", 0.0, 10.0 / 3.0, "calls", FUTURE),
        share("VX", 0.5, 1000.0 / 30.0, "VXM", FUTURE),
        share("calls", 0.5),
    ]
    # 10 units: 5 are passed on to VXM, 1.5 of one: one, half down. The calls take 6.67: seven.
    found = allocate_units(10.0, mix)
    assert found.contracts == ((0, 1), (2, 7))


def test_a_long_line_of_those_who_pass_on() -> None:
    """Six in a line, each too large for its part; all ends with the calls."""
    line = [share(f"i{n}", 0.1, 50.0, f"i{n + 1}", FUTURE) for n in range(6)]
    found = allocate_units(10.0, [*line, share("i6", 0.4)])
    assert found.contracts == ((6, 10),)
    assert len(found.notes) == 6


@st.composite
def mixes(draw: st.DrawFn) -> list[InstrumentShare]:
    """One to four instruments, the last of them calls that take what the others pass on."""
    count = draw(st.integers(0, 3))
    parts = [draw(st.integers(0, 100)) / 100.0 for _ in range(count)] + [
        draw(st.integers(1, 100)) / 100.0
    ]
    items = [
        share(
            f"i{i}",
            parts[i],
            draw(st.floats(0.4, 40.0)),
            draw(st.sampled_from([None, "calls", *(f"i{j}" for j in range(i + 1, count))])),
            draw(st.sampled_from([CALL, FUTURE, None])),
        )
        for i in range(count)
    ]
    return [*items, share("calls", parts[-1])]


@given(mixes(), st.floats(0.0, 500.0))
def test_what_is_bought_is_near_the_target_and_everything_else_is_said(
    mix: list[InstrumentShare], total: float
) -> None:
    found = allocate_units(total, mix)
    counts = dict(found.contracts)
    assert all(n > 0 for n in counts.values())
    assert all(mix[i].contract is not None for i in counts)
    assert found.bought == pytest.approx(
        sum(n * mix[i].units_per_contract for i, n in counts.items())
    )
    assert abs(found.units - total) <= 0.5 + 1e-6
    largest = max(item.units_per_contract for item in mix)
    if not any("not bought" in note for note in found.notes):
        fine = [x.units_per_contract for x in mix if x.units_per_contract < COARSE_UNITS]
        assert found.bought - found.units <= 0.5 * largest + 1e-6
        assert found.units - found.bought <= 0.5 * max(fine) + 1e-6
