"""What unit a vendor's volatility and greeks are in, measured on its own rows (R14).

On rows near the money volatility is compared with that of the row's mid, and the greeks with those
of Black-76 at the row's own volatility. The median ratio has to lie by one of the units that
vendors use; what lies elsewhere, or scatters, is not believed for the whole file, and that is said.
The quotes stay.

The probe knows no rates. The forward is from put-call parity, where a rate matters little near the
money; a discount left out costs as much as the interest to expiry, 4 % at the most for 200 days at
8 % a year. A theta of a spot model holds the carry too, below zero for a call and above for a put:
half of it is a quarter of the theta a month before expiry at 5 %, so the two of a strike are
averaged. `BAND` is wider than both and narrower than half of the way to 252 trading days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from steward.intake.near_money import near_the_money
from steward.pricing import black

BAND = (0.87, 1.15)
"""Median ratio over the unit."""

SCATTER = (0.8, 1.25)
"""Quartiles of the ratio over its median."""

FEWEST = 10
"""Rows near the money by which a unit is told."""

PROBED = ("iv", "delta", "gamma", "theta", "vega")

PER_UNIT = {1.0: "per 1.00", 0.01: "in percent, divided by 100"}
UNITS: Mapping[str, Mapping[float, str]] = {
    # What the vendor's number is to be multiplied by for the kernel's unit, in words.
    "iv": {1.0: "a fraction", 0.01: "in percent, divided by 100"},
    "delta": PER_UNIT,
    "gamma": PER_UNIT,
    "theta": {
        1.0: "per year, divided by 365",
        365.0: "per calendar day",
        100.0: "per year and hundredth, times 100, divided by 365",
        36_500.0: "per calendar day and hundredth, times 100",
    },
    "vega": {
        1.0: "per 1.00 of volatility, divided by 100",
        100.0: "per point of volatility",
        365.0: "per 1.00 of volatility and year, times 365, divided by 100",
        36_500.0: "per point of volatility and year, times 365",
    },
}
TO_STORE = {"theta": 1.0 / 365.0, "vega": 0.01}
"""From the kernel's unit to the store's: theta per calendar day, vega per point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Factors from the vendor's unit to the store's; a column without one is not believed.

    factors    iv to a fraction, delta and gamma per 1.00, theta per calendar day, vega per point
    puts       -1 where the vendor's deltas of puts lie above 0
    sentences  what was found, by column; none for a column that the file does not have
    """

    factors: Mapping[str, float] = field(default_factory=dict)
    puts: float = 1.0
    sentences: Mapping[str, str] = field(default_factory=dict)

    def said(self) -> Mapping[str, str]:
        return self.sentences

    def warnings(self) -> tuple[str, ...]:
        """Of the columns that are not believed; those of one reason in one sentence."""
        columns: dict[str, list[str]] = {}
        for column, said in self.sentences.items():
            if "not believed" in said:
                columns.setdefault(said, []).append(column)
        return tuple(f"{', '.join(names)}: {said}" for said, names in columns.items())


def measured(months: Sequence[pl.DataFrame]) -> Units:
    """The units of one file, from some months of its judged rows (columns of `tables.ROWS`)."""
    present = [c for c in PROBED if any(rows[c].null_count() < rows.height for rows in months)]
    if not present:
        return Units()
    near = near_the_money(months)
    factors: dict[str, float] = {}
    sentences: dict[str, str] = {}
    ratio = near["true_iv"] / near["iv"]
    factor, sentences["iv"] = _unit("iv", ratio)
    if factor is None:
        for column in present[1:]:
            sentences[column] = "not believed: no volatility to measure it by"
        return Units(sentences=sentences)
    factors["iv"] = factor
    puts = -1.0 if _puts_above_zero(near) else 1.0
    for column, ratio in _ratios(near, factor, puts).items():
        if column not in present:
            continue
        factor, sentences[column] = _unit(column, ratio)
        if factor is not None:
            factors[column] = factor * TO_STORE.get(column, 1.0)
    if puts < 0.0 and "delta" in factors:
        sentences["delta"] += "; above 0 for puts, turned"
    return Units(factors=factors, puts=puts, sentences=sentences)


def scaled(quotes: pl.DataFrame, units: Units) -> pl.DataFrame:
    """The quotes with volatility and greeks in the store's units; null where not believed.

    Without a volatility there are no greeks (R4). `rho` stays in the vendor's unit.
    """
    has_iv = pl.col("iv").is_not_null() & pl.lit("iv" in units.factors)
    turned = pl.when(pl.col("right") == "P").then(units.puts).otherwise(1.0)
    made = []
    for column in PROBED:
        if column in units.factors:
            sign = turned if column == "delta" else pl.lit(1.0)
            made.append((pl.col(column) * units.factors[column] * sign).alias(column))
        else:
            made.append(pl.lit(None, dtype=quotes.schema[column]).alias(column))
    rho = pl.when(has_iv).then(pl.col("rho")).alias("rho")
    return quotes.with_columns(*made, rho)


def _puts_above_zero(near: pl.DataFrame) -> bool:
    puts = near.filter(pl.col("right") == "P")["delta"].drop_nulls()
    return puts.len() > 0 and int((puts > 0.0).sum()) > 0.9 * puts.len()


def _ratios(near: pl.DataFrame, iv: float, puts: float) -> Mapping[str, pl.Series]:
    """By greek: ours, in the kernel's unit, over the vendor's; a row a quote, of theta a strike."""
    call = (near["right"] == "C").to_numpy()
    ours = black.greeks(
        near["forward"].to_numpy(),
        near["strike"].to_numpy(),
        near["years"].to_numpy(),
        near["iv"].to_numpy() * iv,
        discount=1.0,
        call=call,
    )
    near = near.with_columns(
        delta=pl.col("delta") * pl.Series(np.where(call, 1.0, puts)),
        our_delta=ours.delta,
        our_gamma=ours.gamma,
        our_theta=ours.theta,
        our_vega=ours.vega,
    )
    strikes = near.filter(pl.col("theta").is_not_null()).group_by("series", "strike")
    theta = strikes.agg(pl.col("theta", "our_theta").sum()).sort("series", "strike")
    return {
        column: _over(frame[f"our_{column}"], frame[column])
        for column, frame in (
            ("delta", near),
            ("gamma", near),
            ("theta", theta),
            ("vega", near),
        )
    }


def _over(ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """A vendor's 0 near the money is a ratio without end, not a row to be left out."""
    return (ours / theirs).filter(theirs.is_not_null())


def _unit(column: str, ratio: pl.Series) -> tuple[float | None, str]:
    """The factor to the kernel's unit (None: not believed), and the sentence that says so."""
    ratio = ratio.drop_nulls()
    if ratio.len() < FEWEST:
        return None, f"not measured: {ratio.len()} rows near the money; not believed"
    low, middle, high = (
        float(np.quantile(ratio.to_numpy(), share, method="nearest")) for share in (0.25, 0.5, 0.75)
    )
    for unit, words in UNITS[column].items():
        if BAND[0] <= middle / unit <= BAND[1]:
            if low < SCATTER[0] * middle or high > SCATTER[1] * middle:
                return None, (
                    f"not believed: ratio {middle:.3g} is {words}, but a half of the "
                    f"{ratio.len()} rows lies outside of {low:.3g} to {high:.3g}"
                )
            return unit, f"{words}; ratio {middle / unit:.2f} on {ratio.len()} rows"
    units = ", ".join(f"{unit:g}" for unit in UNITS[column])
    return None, f"not believed: ratio {middle:.3g} on {ratio.len()} rows, near none of {units}"
