"""Prices of what the article's rules ask for, on every session of a path.

The numbers of the rules stand here once more (a test holds them against the rule file): this room
may not read rules, and what is priced has to be what they ask for. It is no second engine: no book,
no cash, no margin, no decision of a layer; those come from a run on the path's own folder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.simulated.quick import Asked, Quick
from steward.pricing.simulated.schedule import Schedule, Series
from steward.pricing.simulated.states import States

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

SHORT_DELTAS = (0.16, 0.15, 0.17, 0.14, 0.18, 0.13, 0.19, 0.12, 0.20, 0.11, 0.21, 0.10, 0.22)
WIDTHS_PERCENT = (2.0, 1.5, 1.0, 0.5)
CREDIT_SHARES = (0.15, 0.25)
PROFIT_SHARE, LOSS_MULTIPLE = 0.5, 2.0
FILL_SHARE, STOP_FILL_SHARE = 0.5, 1.0
CALL_DELTA = 0.30
PUT_PERCENT = 5.0
STRIKE_STEP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condors:
    """One condor a week where one is in the band; an element each, index points.

    row, exit      sessions of entry and exit      strikes  (condors, 4), rising
    credit         at the executable price         mid      the same at the mid
    width          the wider one                   kept     credit less the price of the exit
    settled        what it costs if held until it settles, at the level of its path
    marks          cost of closing at the mid, by (position, session) in the order of the schedule
    """

    row: Rows
    exit: Rows
    strikes: Floats
    credit: Floats
    mid: Floats
    width: Floats
    kept: Floats
    settled: Floats
    marks: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Options bought: an element a position; points.

    price   mid at purchase      spread  ask less bid there      paid  what it settles on
    marks   mids, by (position, session) in the order of the schedule
    """

    strike: Floats
    price: Floats
    spread: Floats
    paid: Floats
    marks: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Everything that was asked for on one path; `options` counts the options priced.

    new_front, new_long, new_puts   mids of what could be bought, a session each
    futures                         of `schedule.future_row`, points
    """

    condors: Condors
    front_calls: Held
    long_calls: Held
    held_calls: Held
    puts: Held
    new_front: Floats
    new_long: Floats
    new_puts: Floats
    futures: Floats
    options: int


def priced(quick: Quick, states: States, asked: Schedule) -> Prices:
    """All of the schedule on one path."""
    condors, options = _condors(quick, states, asked.condors)
    front = _calls(quick, states, asked.front_calls)
    long = _calls(quick, states, asked.long_calls)
    held = _calls(quick, states, asked.held_calls)
    puts = _puts(quick, states, asked.puts)
    new_front = _calls(quick, states, asked.new_front).price
    new_long = _calls(quick, states, asked.new_long).price
    new_puts = _puts(quick, states, asked.new_puts).price
    for series in (asked.front_calls, asked.long_calls, asked.held_calls, asked.puts):
        options += series.row.size
    options += asked.new_front.size + asked.new_long.size + asked.new_puts.size
    return Prices(
        condors=condors,
        front_calls=front,
        long_calls=long,
        held_calls=held,
        puts=puts,
        new_front=new_front,
        new_long=new_long,
        new_puts=new_puts,
        futures=quick.future(states, asked.future_row, asked.future_days),
        options=options,
    )


def asked_of(quick: Quick, states: States, series: Series, *, vix: bool) -> Asked:
    """Forwards and discounts of all rows of a series."""
    discount = np.exp(-quick.rate * series.years)
    if vix:
        forward = quick.future(states, series.row, series.days)
    else:
        forward = states.spx[series.row] * np.exp((quick.rate - quick.dividend) * series.years)
    return Asked(
        row=series.row,
        days=series.days,
        years=series.years,
        forward=forward,
        discount=discount,
        even=series.even,
    )


def part(at: Asked, rows: Rows) -> Asked:
    """Some of the rows."""
    return Asked(
        row=at.row[rows],
        days=at.days[rows],
        years=at.years[rows],
        forward=at.forward[rows],
        discount=at.discount[rows],
        even=at.even[rows],
    )


def _settlement(states: States, series: Series) -> Floats:
    """The level of the path on which each SPX position settles."""
    opened, closed = states.spx_open[series.settles], states.spx[series.settles]
    return np.where(series.am, opened, closed)


def _calls(quick: Quick, states: States, series: Series) -> Held:
    at = asked_of(quick, states, series, vix=True)
    entry = part(at, series.first)
    delta = np.full((series.size, 1), CALL_DELTA)
    strike = quick.vix_strike(states, entry, delta)[:, 0]
    call = np.array(True)
    marks = quick.vix_price(states, at, strike[series.position][:, None], call)[:, 0]
    price = marks[series.first]
    spread = quick.spread(states, entry.row, price[:, None], vix=True)[:, 0]
    paid = np.maximum(states.vix_open[series.settles] - strike, 0.0)
    return Held(strike=strike, price=price, spread=spread, paid=paid, marks=marks)


def _puts(quick: Quick, states: States, series: Series) -> Held:
    at = asked_of(quick, states, series, vix=False)
    entry = part(at, series.first)
    wanted = states.spx[entry.row] * (1.0 - PUT_PERCENT / 100.0)
    strike = np.round(wanted / STRIKE_STEP) * STRIKE_STEP
    call = np.array(False)
    marks = quick.spx_price(states, at, strike[series.position][:, None], call)[:, 0]
    price = marks[series.first]
    spread = quick.spread(states, entry.row, price[:, None])[:, 0]
    paid = np.maximum(strike - _settlement(states, series), 0.0)
    return Held(strike=strike, price=price, spread=spread, paid=paid, marks=marks)


# --- condors -------------------------------------------------------------------------------------

_SIDE = np.array([False, False, True, True])
_SIGN = np.array([-1.0, 1.0, 1.0, -1.0])
"""Legs by rising strike: calls or puts, and what is taken in for each."""


def _condors(quick: Quick, states: States, series: Series) -> tuple[Condors, int]:
    at = asked_of(quick, states, series, vix=False)
    entry = part(at, series.first)
    chosen, strikes, tried = _chosen(quick, states, entry)
    keep = np.flatnonzero(chosen >= 0)
    strikes = strikes[keep]
    number = np.full(series.size, -1, dtype=np.int64)
    number[keep] = np.arange(keep.size)
    rows = np.flatnonzero(number[series.position] >= 0)
    own = number[series.position[rows]]
    legs = quick.spx_price(states, part(at, rows), strikes[own], _SIDE)
    halves = 0.5 * np.sum(quick.spread(states, at.row[rows], legs), axis=1)
    marks = legs @ _SIGN
    start = np.flatnonzero(np.concatenate(([True], own[1:] != own[:-1]))) if own.size else own
    mid = marks[start]
    credit = mid - FILL_SHARE * halves[start]
    width = np.maximum(strikes[:, 1] - strikes[:, 0], strikes[:, 3] - strikes[:, 2])
    leave, kept = _exits(own, start, marks, halves, credit)
    level = _settlement(states, series)[keep]
    lost_put = np.maximum(strikes[:, 1] - level, 0.0) - np.maximum(strikes[:, 0] - level, 0.0)
    lost_call = np.maximum(level - strikes[:, 2], 0.0) - np.maximum(level - strikes[:, 3], 0.0)
    condors = Condors(
        row=entry.row[keep],
        exit=at.row[rows][leave],
        strikes=strikes,
        credit=credit,
        mid=mid,
        width=width,
        kept=kept,
        settled=lost_put + lost_call,
        marks=marks,
    )
    return condors, tried + legs.size


def _chosen(quick: Quick, states: States, entry: Asked) -> tuple[Rows, Floats, int]:
    """Of each entry the first combination in the band, -1 for none; its strikes; options priced.

    Short deltas in their order, for each the widths in turn, as the rules look for them.
    """
    count, deltas, widths = entry.row.size, len(SHORT_DELTAS), len(WIDTHS_PERCENT)
    wanted = np.broadcast_to(np.array(SHORT_DELTAS), (count, deltas))
    spot = states.spx[entry.row][:, None, None]
    steps = np.maximum(np.round(spot * np.array(WIDTHS_PERCENT) / 100.0 / STRIKE_STEP), 1.0)
    total = np.zeros((count, deltas, widths))
    lines = []
    for call in (False, True):
        short = quick.spx_strike(states, entry, wanted, np.array(call), STRIKE_STEP)
        wing = short[:, :, None] + (1.0 if call else -1.0) * steps * STRIKE_STEP
        both = np.concatenate([short, wing.reshape(count, -1)], axis=1)
        both = np.maximum(both, STRIKE_STEP)
        price = quick.spx_price(states, entry, both, np.array(call))
        half = 0.5 * quick.spread(states, entry.row, price)
        taken = price - FILL_SHARE * half
        given = price + FILL_SHARE * half
        total += taken[:, :deltas, None] - given[:, deltas:].reshape(count, deltas, widths)
        lines.append((short, both[:, deltas:].reshape(count, deltas, widths)))
    (put, put_wing), (call_short, call_wing) = lines
    width = np.maximum(put[:, :, None] - put_wing, call_wing - call_short[:, :, None])
    share = total / np.maximum(width, STRIKE_STEP)
    good = (share >= CREDIT_SHARES[0]) & (share <= CREDIT_SHARES[1])
    good &= (put < call_short)[:, :, None]
    flat = good.reshape(count, -1)
    first = np.where(flat.any(axis=1), flat.argmax(axis=1), -1)
    row, which = np.arange(count), np.maximum(first, 0) // widths
    across = np.maximum(first, 0) % widths
    strikes = np.stack(
        [
            put_wing[row, which, across],
            put[row, which],
            call_short[row, which],
            call_wing[row, which, across],
        ],
        axis=1,
    )
    return first, strikes, 2 * count * deltas * (1 + widths)


def _exits(
    own: Rows, start: Rows, marks: Floats, halves: Floats, credit: Floats
) -> tuple[Rows, Floats]:
    """Of each condor the place of its exit among the marks, and what is kept of the credit.

    Half of the credit earned, a loss of twice the credit, or the last session, whichever is first;
    on the session of the entry nothing is closed.
    """
    cost = marks + FILL_SHARE * halves
    stop = marks - credit[own] >= LOSS_MULTIPLE * credit[own]
    done = (cost <= (1.0 - PROFIT_SHARE) * credit[own]) | stop
    if own.size:
        done[start] = False
    end = np.concatenate((start[1:], [own.size])).astype(np.int64) - 1
    place = np.where(done, np.arange(own.size), own.size)
    first = np.minimum.reduceat(place, start) if start.size else start
    leave = np.minimum(first, end)
    price = np.where(stop[leave], marks[leave] + STOP_FILL_SHARE * halves[leave], cost[leave])
    return leave, credit - price
