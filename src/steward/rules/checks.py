"""A check of the hedge: sold down after a layer went off, switched to its mix, bought to target.

In that order, so that each knows what the one before has decided. See `changes` for the sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steward.rules import changes, rolls
from steward.rules.instruments import Part, cost_cents, resolve
from steward.rules.layers import percent_of
from steward.rules.mixes import deficits, members
from steward.rules.rolls import Held, Move
from steward.rules.rounding import HALF, NOISE
from steward.rules.schema import Mix
from steward.rules.spoken import count, plain
from steward.rules.working import UNITS, Working, layer_words
from steward.terms.trades import HEDGE_PURPOSES, Purpose


def check(work: Working, free: Sequence[Held]) -> None:
    """Everything that a check may change; `free` are the lots that no roll has taken."""
    if work.selling:
        sell_down(work, [one for one in free if one.lot.purpose in work.selling])
    gone = {intent.legs[0].lot_id for intent in work.intents}
    rest = [one for one in free if one.lot.lot_id not in gone]
    again = switch(work, rest) if work.mix.settled else {}
    purchase(work, again)


# --- after a layer went off ----------------------------------------------------------------------


def selling_down(work: Working, held: Sequence[Held]) -> tuple[Purpose, ...]:
    """Layers that are off, hold something and have checks left for selling it."""
    left = float(work.memory.get("sell_checks", 0.0))
    if work.asked.went_off:
        left = float(work.hedge.sell_over_checks)
    if left < 1.0:
        return ()
    holding = {one.lot.purpose for one in held}
    off = tuple(
        purpose
        for purpose, on in zip(HEDGE_PURPOSES, work.asked.on, strict=True)
        if not on and purpose in holding
    )
    if off:
        work.kept["sell_checks"] = left
    return off


def sell_down(work: Working, held: Sequence[Held]) -> None:
    """This check's part of the way down to the target. Without condors there is no band.

    The last part is asked for until the ratio is within the band, in case a sale found no quote.
    """
    left = int(float(work.kept.pop("sell_checks")))
    excess = work.held_units - work.target_units
    covered = work.exposure.max_loss > 0
    if excess <= (work.band_units if covered else NOISE):
        work.said.append(
            "the hedge is within the band of its target: layers that are off sell nothing more"
        )
        return
    work.kept["sell_checks"] = float(max(left - 1, 1))
    moves = changes.sell_down(held, work.weights, work.selling, excess, left)
    going = sum(work.units_of(move) for move in moves)
    if covered and not work.worth(going, sum(work.sale_cost(move) for move in moves)):
        work.said.append("selling down would cost more than it is worth")
        return
    for move in moves:
        work.take(move)


# --- to another mix ------------------------------------------------------------------------------


def switch(work: Working, held: Sequence[Held]) -> dict[Purpose, float]:
    """Held positions follow a state that has changed and held; gives the units to buy again.

    Only lots bought under another state move, and of these only those whose bucket the mix does not
    know: what a window bought stays. A lot that already is what a bucket of the mix would buy
    changes its name alone. Nothing moves while there are no condors.
    """
    again: dict[Purpose, float] = {}
    if work.exposure.max_loss <= 0:
        return again
    now = work.mix.state.name
    belong = members(work.hedge, work.mix.state)
    leaving: list[Held] = []
    for one in held:
        key = one.lot.structure_id
        home = one.bucket if one.bucket in belong else ""
        if work.memory.get(f"mix|{key}", now) == now:
            continue
        home = home or next((n for n in belong if changes.in_tenor(work.hedge, one, n)), "")
        if home:
            work.kept[f"bucket|{key}"], work.kept[f"mix|{key}"] = home, now
        else:
            leaving.append(one)
    for bucket, lots in changes.large_buckets(leaving, work.weights, work.band_units).items():
        _move_over(work, bucket, lots, again)
    return again


def _move_over(
    work: Working, bucket: str, moving: Sequence[Held], again: dict[Purpose, float]
) -> None:
    """Calls roll into calls where the mix would buy calls alone; else they are sold and rebought.

    A roll is one order on one underlying; an order that sells calls and buys a future is not.
    """
    units = sum(one.lot.quantity * work.weights[one.lot.lot_id] for one in moving)
    rest = dict(work.bucket_units)
    rest[bucket] = rest.get(bucket, 0.0) - units
    shares = deficits(work.mix.state, rest, work.held_units)
    parts, _ = resolve(shares, units, work.hedge, work.pick)
    closes = count(work.hedge.roll.switch_after_closes or 0, "close")
    reason = f"the mix has been {plain(work.mix.state.name)} for {closes}"
    sales = [
        Move(held=one, quantity=one.lot.quantity, into=None, reason=reason, rule="switch_mix")
        for one in moving
    ]
    cost = _cost(work, parts, units) + sum(work.sale_cost(sale) for sale in sales)
    if not parts or not work.worth(units, cost):
        work.said.append(f"leaving {work.words(bucket)} would cost more than it is worth")
        return
    kinds = {work.hedge.buckets[part.instrument.bucket].kind for part in parts}
    if kinds == {"vix_call"} == {work.hedge.buckets[bucket].kind}:
        _roll_over(work, moving, parts, units, reason)
        return
    cap, name = work.room.tighter()
    if work.premium(parts, units) > max(cap, 0):
        work.said.append(
            f"{work.words(bucket)} stay: {name} has no room to buy anew what would be sold"
        )
        return
    for sale in sales:
        purpose = sale.held.lot.purpose
        again[purpose] = again.get(purpose, 0.0) + work.units_of(sale)
        work.take(sale)


def _roll_over(
    work: Working, moving: Sequence[Held], parts: Sequence[Part], units: float, reason: str
) -> None:
    """Each lot whole into the bucket that lacks most of its part."""
    lacking = {part.instrument.bucket: part.share * units for part in parts}
    waiting = 0
    for one in moving:
        best = max(lacking, key=lambda name: lacking[name])
        due = rolls.Due(held=one, reason=reason, forward=False, rule="switch_mix")
        move = rolls.option_roll(work.view, work.hedge, due, best, work.unit)
        if isinstance(move, str):
            work.said.append(move)
        elif fits(work, move):
            lacking[best] -= move.quantity * (move.into.units if move.into else 0.0)
            work.take(move)
        else:
            waiting += 1
    if waiting:
        work.said.append(
            f"{count(waiting, 'lot')} not switched to the new mix now: the hedge would be above "
            "its target and band"
        )


def fits(work: Working, move: Move) -> bool:
    """Whether a roll leaves the ratio where it may be: not lifted past target and band, or 100 %.

    Without this the hedge could only ever grow: what tops it up while a lot decays would stay
    when that lot is rolled back to its full delta. A lot that waits rolls later, or expires. What
    is being sold down does not count: it must not keep what stays from rolling.
    """
    if move.into is None:
        return True
    lifted = move.quantity * move.into.units - work.units_of(move)
    slack = max(work.band_units, HALF * move.into.units)  # a lot is whole contracts
    return lifted <= 0.0 or work.staying_units + lifted <= min(
        work.target_units + slack, work.base_units
    )


# --- up to the target ----------------------------------------------------------------------------


def purchase(work: Working, again: Mapping[Purpose, float]) -> None:
    """Up to the target, when beyond the band and worth its cost; and what a switch has sold.

    again  units by layer that the switch sold in order to buy them anew
    """
    if work.exposure.max_loss <= 0:
        work.said.append("nothing is bought, since no condor is open or ordered")
        return
    targets = [target * work.base_units for target in work.asked.targets]
    held = {p: work.layer_units.get(p, 0.0) + again.get(p, 0.0) for p in HEDGE_PURPOSES}
    wanted = changes.needs(targets, held)
    lacking = sum(wanted.values())
    if lacking <= work.band_units:
        _explain(work, lacking)
        wanted = {}
    elif not work.worth(lacking, _cost(work, _parts(work, lacking, work.mix.buying)[0], lacking)):
        work.said.append(
            f"{lacking:.1f} call units are lacking, and would cost more than they are worth"
        )
        wanted = {}
    room = work.base_units - work.held_units
    bought = changes.whole_units(again, room)
    anew = f"bought again, since the mix is now {plain(work.mix.state.name)}"
    _buy(work, bought, work.mix.state, dict.fromkeys(bought, anew))
    room -= sum(bought.values())
    units = changes.whole_units(wanted, room)
    if units:
        stands = _stands(work, sum(held.values()))
        work.said.append(stands)
        aside = f"; {stands}; one call unit is one VIX call of delta {work.hedge.delta:.2f}"
        _buy(work, units, work.mix.buying, lacking_words(targets, held, wanted), aside=aside)


def lacking_words(
    targets: Sequence[float],
    held: Mapping[Purpose, float],
    wanted: Mapping[Purpose, float],
) -> dict[Purpose, str]:
    """Why each layer buys: what it lacks of its own part of the hedge."""
    found: dict[Purpose, str] = {}
    before = 0.0
    for purpose, target in zip(HEDGE_PURPOSES, targets, strict=True):
        own = target - before
        lacking = max(own - held.get(purpose, 0.0), 0.0)
        before = target
        found[purpose] = f"lacks {lacking:.1f} of its {own:.1f} {UNITS}"
        beyond = lacking - wanted.get(purpose, 0.0)
        if beyond > NOISE:
            found[purpose] += f", {beyond:.1f} of which other layers hold beyond theirs"
    return found


def _stands(work: Working, held: float) -> str:
    """Where the whole hedge is before it is bought, and where it should be."""
    now, target = percent_of(held / work.base_units), percent_of(work.asked.targets[-1])
    words = f"the hedge stands at {now} of the condors' maximum loss"
    if work.ratio is not None and percent_of(work.ratio) != now:
        words += f" after this close's sales and rolls ({percent_of(work.ratio)} before)"
    return f"{words}, its target is {target}"


def _buy(
    work: Working,
    units: Mapping[Purpose, int],
    mix: Mix,
    reasons: Mapping[Purpose, str],
    *,
    aside: str = "",
) -> None:
    """`aside`: what the reason of each order says beside, and the trace only once."""
    for purpose, whole in units.items():
        parts, notes = _parts(work, whole, mix)
        work.said.extend(f"{layer_words(purpose)}: {note}" for note in notes)
        for part in parts:
            work.buy(purpose, part, float(whole), reasons[purpose], rule="target", aside=aside)


def _explain(work: Working, lacking: float) -> None:
    """Why nothing is bought although something is lacking."""
    target = work.target_units
    if lacking > 0.0 and work.held_units == 0.0 and target <= HALF:
        least = HALF * work.unit.cents / work.asked.targets[-1] / 100.0
        work.said.append(
            f"the target comes to {target:.2f} calls, under half of one: no hedge at this size; "
            f"there is one once the condors can lose ${least:,.0f}"
        )
    elif lacking > 0.0:
        work.said.append(
            f"{lacking:.1f} call units short of the target, inside the band of "
            f"{work.band_units:.1f} within which nothing is bought"
        )


def _parts(work: Working, units: float, mix: Mix) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The instruments of a purchase of so many call units, toward a mix."""
    shares = deficits(mix, work.bucket_units, work.held_units + units)
    return resolve(shares, units, work.hedge, work.pick)


def _cost(work: Working, parts: Sequence[Part], units: float) -> float:
    """Of buying the parts, cents."""
    return sum(
        cost_cents(
            part.instrument,
            part.share * units / part.instrument.units,
            work.hedge.fill_share,
            work.view.session,
            work.broker,
        )
        for part in parts
    )
