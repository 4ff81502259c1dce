"""Figures of the parts of a ledger: condors, hedge layers, fees, and hedged against unhedged."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from steward.analytics import measures
from steward.analytics.account import Collected, Plain
from steward.analytics.attribution import stress_sessions
from steward.analytics.measures import Figure, shown, withheld
from steward.terms.trades import HEDGE_PURPOSES

HEDGES = list(HEDGE_PURPOSES)


def hedge(figures: Collected, gains: pl.DataFrame, equity: pl.DataFrame) -> None:
    """What the hedge cost in calm sessions, paid in stress, and against the condors' losses.

    gains   one ledger's gain by session and sleeve, cents
    equity  the same ledger's equity table, sorted by session
    """
    spx = equity["spx"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    vix = equity["vix"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    stress = stress_sessions(spx, vix)
    daily = _daily(gains, equity)
    hedging, core = daily["hedge"].to_numpy(), daily["condor"].to_numpy()
    figures.plain("stress_sessions", int(np.count_nonzero(stress)))
    figures.plain("condor_gain_cents", int(core.sum()))
    figures.plain("condor_gain_in_stress_cents", int(core[stress].sum()))
    figures.plain("hedge_gain_cents", int(hedging.sum()))
    figures.plain("hedge_gain_calm_cents", int(hedging[~stress].sum()))
    figures.plain("hedge_gain_stress_cents", int(hedging[stress].sum()))
    fell = np.concatenate(([False], spx[1:] < spx[:-1]))
    rose = np.concatenate(([False], spx[1:] > spx[:-1]))
    for what, days in (("falling", fell), ("rising", rose)):
        lost = days & (core < 0)
        figures.plain(f"condor_losses_on_{what}_days_cents", int(core[lost].sum()))
        figures.plain(f"hedge_gain_on_those_{what}_days_cents", int(hedging[lost].sum()))
    names = ("hedge_carry_per_year", "hedge_payoff_ratio", "hedge_payoff_over_bleed")
    if not np.any(hedging):
        for name in names:
            figures.put(name, withheld("this ledger holds no hedge"))
    else:
        for name, figure in zip(names, _ratios(hedging, core, stress, equity), strict=True):
            figures.put(name, figure)
    for column in ("hedge_ratio", "stress_cover"):
        values = equity[column].drop_nulls()
        middle = values.median() if not values.is_empty() else None
        if isinstance(middle, float) and np.any(hedging):
            # a mean would follow the days on which hardly any condor was open
            figures.put(f"median_{column}", shown(middle, "over sessions with condors open"))
        else:
            figures.put(f"median_{column}", withheld("this ledger holds no hedge"))


def _daily(gains: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    """Columns session, hedge, condor: cents, one row a session of the equity table."""
    sleeve, cents = pl.col("sleeve"), pl.col("cents")
    sums = gains.group_by("session").agg(
        hedge=cents.filter(sleeve.is_in(HEDGES)).sum(),
        condor=cents.filter(sleeve == "condor").sum(),
    )
    return (
        equity.select("session")
        .join(sums, on="session", how="left", maintain_order="left")
        .with_columns(pl.col("hedge", "condor").fill_null(0))
    )


def _ratios(
    hedging: measures.Ints, core: measures.Ints, stress: measures.Bools, equity: pl.DataFrame
) -> tuple[Figure, Figure, Figure]:
    days = (equity["session"][-1] - equity["session"][0]).days
    average = float(equity["equity"].cast(pl.Float64).to_numpy().mean())
    calm, paid = int(hedging[~stress].sum()), int(hedging[stress].sum())
    lost = int(core[stress].sum())
    carry = withheld(f"needs half a year, this sample has {days} days")
    if days >= 183 and average > 0.0:
        carry = shown(-calm * measures.DAYS_A_YEAR / days / average)
    none = withheld("no stress in this window")
    if not np.any(stress):
        return carry, none, none
    ratio = withheld("the condors lost nothing in stress")
    if lost < 0:
        ratio = shown(paid / -lost)
    bleed = withheld("the hedge cost nothing in calm")
    if calm < 0:
        bleed = shown(paid / -calm)
    return carry, ratio, bleed


def condors(figures: Collected, held: pl.DataFrame, split: pl.DataFrame) -> None:
    """Counts, wins, and condors that lost after fees, by the side that lost more.

    held   TRADES of one ledger        split  put and call results of its closed condors
    """
    own = held.filter(pl.col("purpose") == "condor")
    closed = own.filter(pl.col("closed").is_not_null())
    figures.plain("condors_opened", own.height)
    figures.plain("condors_closed", closed.height)
    if closed.height < 10:
        figures.put("condors_won_share", withheld(f"needs 10 closed, there are {closed.height}"))
    else:
        won = closed.filter(pl.col("result") > 0).height
        figures.put("condors_won_share", shown(won / closed.height))
    put, call = pl.col("put"), pl.col("call")
    losing = split.with_columns(result=put + call - pl.col("fees")).filter(pl.col("result") < 0)
    for side, mask in (("put", put <= call), ("call", put > call)):
        lost = losing.filter(mask)
        figures.plain(f"condors_lost_on_{side}_side", lost.height)
        figures.plain(f"condor_losses_{side}_side_cents", int(lost["result"].sum()))


def costs(figures: Collected, parts: pl.DataFrame) -> None:
    """Fees and interest; a fee is a loss and so below 0."""
    for name, purpose in (
        ("fees_cents", "fee"),
        ("interest_cents", "interest"),
        ("margin_interest_cents", "margin_interest"),
    ):
        figures.plain(name, int(parts.filter(pl.col("purpose") == purpose)["cents"].sum()))


def money_weighted(figures: Collected, held: pl.DataFrame, equity: pl.DataFrame) -> None:
    """XIRR of each sleeve; a transfer into or out of it counts at the session's close.

    Condors are given their maximum loss as capital and give it back with the result (the bills
    behind it stay with the account); a hedge is given what it cost and gives back what it brought.
    Fees count at the opening; what is still open counts at its value on the last session.
    """
    last = equity.row(-1, named=True)
    for sleeve in ("condor", *HEDGES):
        name = f"xirr_{sleeve}_per_year"
        own = held.filter(pl.col("purpose") == sleeve)
        if own.is_empty():
            figures.put(name, withheld("nothing of it was traded"))
            continue
        days: list[date] = []
        cents: list[int] = []
        kept = int(last[sleeve] or 0)
        for opened, closed, paid, back, fees, most in own.select(
            "opened", "closed", "open_cash", "close_cash", "fees", "max_loss"
        ).rows():
            capital = most + paid if most is not None else 0
            days.append(opened)
            cents.append(paid - fees - capital)
            if closed is None:
                kept += capital + back
            else:
                days.append(closed)
                cents.append(back + capital)
        order = sorted(range(len(days)), key=lambda i: days[i])
        figures.put(
            name,
            measures.money_weighted(
                [*(days[i] for i in order), last["session"]],
                [*(cents[i] for i in order), kept],
            ),
        )


def against(own: Plain, unhedged: Plain) -> None:
    """What a hedged ledger cut from the drawdown, and what it gave up for that; written into it.

    The figure of merit: percent of the unhedged drawdown cut per percentage point of growth a
    year given up.
    """
    depth, base = own["max_drawdown"], unhedged["max_drawdown"]
    reasons = own["reasons"]
    names = ("drawdown_reduction", "cagr_given_up_per_year", "drawdown_reduction_per_cagr_point")
    for name in names:
        own[name] = None
    if not base < 0.0:
        reasons.update(dict.fromkeys(names, "the unhedged condors had no drawdown"))
        return
    own[names[0]] = 1.0 - depth / base
    if own["cagr_per_year"] is None or unhedged["cagr_per_year"] is None:
        why = own["reasons"].get("cagr_per_year") or unhedged["reasons"].get("cagr_per_year", "")
        reasons.update(dict.fromkeys(names[1:], why))
        return
    own[names[1]] = unhedged["cagr_per_year"] - own["cagr_per_year"]
    if own[names[1]] < 0.0005:
        reasons[names[2]] = "no growth was given up (under 0.05 points a year)"
        return
    own[names[2]] = own[names[0]] / (100.0 * own[names[1]])
