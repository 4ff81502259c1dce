"""Time-Shift (D5): hedge options rolled forward, gains taken, futures carried to the next month.

A roll is one order: a lot is sold whole and the same number of contracts bought further out. Asked
of every lot at every close, so that a roll whose order was refused is asked again at the next one.
Each lot has at most one move a session.

Memory, by the structure of a lot (a hedge structure is one lot), dropped when the lot is gone:
`bucket` it belongs to, `mix` of the state that it was bought in or has followed since, `extrinsic`
value at purchase in points, `shifted` the episode of layer 3 in which it was last shifted,
`monetised` how many contracts must be left once it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.rules.hedge_units import StandardCall
from steward.rules.instruments import Instrument, choose, next_future
from steward.rules.layers import Kept
from steward.rules.rounding import half_down
from steward.rules.schema import Hedge
from steward.rules.words import bucket_words, count
from steward.terms import calendar
from steward.terms.contracts import E4, FutureContract, OptionContract
from steward.terms.trades import HEDGE_PURPOSES, Lot, Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hedge lot at the session's mark.

    bucket     it belongs to                 days  calendar days to settlement
    extrinsic  time value at purchase, points
    intrinsic  of one contract on its own forward now, points, undiscounted; a future has none
    """

    lot: Lot
    quote: Quote
    bucket: str
    days: int
    extrinsic: float
    intrinsic: float

    @property
    def mid(self) -> float:
        """Index points."""
        return self.quote.mid_twice / (2 * E4)

    @property
    def gain(self) -> float:
        """Over what was paid, as a share of it; 0 when nothing was paid."""
        paid = self.lot.price / E4
        return self.mid / paid - 1.0 if paid > 0.0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Part of a lot, or all of it, sold; and where it goes.

    into     the contract bought instead, one for one; None: a sale
    rule     of D2, D3 or D5 that asks for it
    shifted  whether it is the Time-Shift of layer 3
    """

    held: Held
    quantity: int
    into: Instrument | None
    reason: str
    rule: str
    shifted: bool = False


def holdings(
    view: MarketView, hedge: Hedge, lots: Sequence[Lot], memory: Memory, kept: Kept
) -> tuple[Held, ...]:
    """The hedge lots, nearest expiry first; what is known of each is kept for the next session."""
    found: list[Held] = []
    session, mark, buckets = view.session, view.mark, hedge.buckets
    for lot in lots:
        if lot.purpose not in HEDGE_PURPOSES:
            continue
        key, quote = lot.structure_id, mark(lot.contract)
        intrinsic = _intrinsic(lot, quote)
        name = memory.get(f"bucket|{key}")
        if not isinstance(name, str) or name not in buckets:
            name = _guess(lot, hedge)
        extrinsic = memory.get(f"extrinsic|{key}")
        if extrinsic is None:
            # First seen at the close of the session that filled it: its forward is that of the
            # purchase, as near as closing marks can say.
            extrinsic = max(lot.price / E4 - intrinsic, 0.0)
        kept[f"bucket|{key}"], kept[f"extrinsic|{key}"] = name, extrinsic
        for what in (f"mix|{key}", f"shifted|{key}", f"monetised|{key}"):
            if what in memory:
                kept[what] = memory[what]
        found.append(
            Held(
                lot=lot,
                quote=quote,
                bucket=name,
                days=(lot.contract.expiry - session).days,
                extrinsic=float(extrinsic),
                intrinsic=intrinsic,
            )
        )
    return tuple(sorted(found, key=lambda h: (h.days, h.lot.lot_id)))


def _intrinsic(lot: Lot, quote: Quote) -> float:
    contract = lot.contract
    if not isinstance(contract, OptionContract):
        return 0.0
    over = quote.forward - contract.strike
    return max(over if contract.right == "C" else -over, 0.0)


def _guess(lot: Lot, hedge: Hedge) -> str:
    """A lot that nothing is remembered of: the bucket of its kind nearest its tenor at purchase."""
    contract = lot.contract
    kind = "vx_future"
    if isinstance(contract, OptionContract):
        kind = "vix_call" if contract.underlying == "VIX" else "spx_put"
    days = (contract.expiry - lot.opened).days
    names = [name for name, bucket in hedge.buckets.items() if bucket.kind == kind]
    return min(
        names or list(hedge.buckets),
        key=lambda name: abs(hedge.buckets[name].days_target - days),
    )


# --- which lots are due --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A lot that `rule` of D5 asks to be rolled; `forward`: to a later expiry than its own."""

    held: Held
    reason: str
    forward: bool
    rule: str
    shifted: bool = False


def due(held: Sequence[Held], hedge: Hedge, memory: Memory, episode: str) -> tuple[Due, ...]:
    """Options to roll whole.

    episode  the session at which layer 3 came on; empty while it is off
    """
    roll, layer_3 = hedge.roll, hedge.layer_3
    shift_below = layer_3.time_shift_below_days if layer_3 is not None and episode else None
    found: list[Due] = []
    for one in held:
        if not isinstance(one.lot.contract, OptionContract) or one.days <= 1:
            continue  # on its last day an option settles before an order could trade
        floor = hedge.buckets[one.bucket].floor_days
        if one.days <= floor:
            words = f"{count(one.days, 'day')} left, rolled on at {floor} or fewer"
            found.append(Due(held=one, forward=True, reason=words, rule="roll_floor"))
        elif (
            shift_below is not None
            and one.days < shift_below
            and one.lot.purpose != "layer_3"
            and one.lot.contract.right == "C"
            and one.intrinsic == 0.0
            and memory.get(f"shifted|{one.lot.structure_id}") != episode
        ):
            words = (
                f"layer 3 is on: out of the money with {count(one.days, 'day')} left, under "
                f"{shift_below}, so that it moves to a later expiry"
            )
            found.append(Due(held=one, forward=True, shifted=True, reason=words, rule="time_shift"))
        elif (
            roll.extrinsic_share is not None
            and one.extrinsic > 0.0
            and one.mid - one.intrinsic <= roll.extrinsic_share * one.extrinsic
        ):
            left = max(one.mid - one.intrinsic, 0.0)
            words = (
                f"{left:.2f} of its time value of {one.extrinsic:.2f} at purchase is left, rolled "
                f"at {100.0 * roll.extrinsic_share:g} % or less"
            )
            found.append(Due(held=one, forward=False, reason=words, rule="roll_extrinsic"))
    return tuple(found)


# --- what is done about it -----------------------------------------------------------------------


def option_roll(
    view: MarketView, hedge: Hedge, asked: Due, bucket: str, unit: StandardCall
) -> Move | str:
    """The roll of a whole lot into `bucket`, or in words why there is none now."""
    one = asked.held
    target = hedge.buckets[bucket]
    into = choose(
        view,
        hedge,
        bucket,
        unit,
        least_days=target.floor_days + hedge.roll.days_beyond_floor,
        later_than=one.lot.contract.expiry if asked.forward else None,
    )
    if into is None or into.contract == one.lot.contract:
        return f"nothing of {bucket_words(bucket, target)} to roll {one.lot.contract.key} into"
    return Move(
        held=one,
        quantity=one.lot.quantity,
        into=into,
        reason=asked.reason,
        rule=asked.rule,
        shifted=asked.shifted,
    )


def future_rolls(
    view: MarketView, hedge: Hedge, held: Sequence[Held], unit: Callable[[], StandardCall | None]
) -> tuple[Move, ...]:
    """Futures to the next listed month, in equal parts over the sessions before the last ones.

    An order fills at the next session, so the first part is decided one session ahead. Parts are
    whole contracts, the later ones the larger; what was refused goes with the parts that are left.
    """
    span, last = hedge.roll.futures_roll_sessions, hedge.roll.futures_last_sessions
    moves: list[Move] = []
    for one in held:
        contract = one.lot.contract
        if not isinstance(contract, FutureContract):
            continue
        at_fill = calendar.sessions_between(view.session, contract.expiry) - 1
        if at_fill > last + span:
            continue
        parts = max(at_fill - last, 1)
        quantity = one.lot.quantity // parts
        standard = unit() if quantity else None
        if standard is None:
            continue
        into = next_future(view, hedge, one.bucket, contract, standard)
        if into is not None:
            words = (
                f"{count(at_fill, 'session')} to settlement when this fills: "
                f"{'all' if parts == 1 else f'one part in {parts}'} goes on to the next month"
            )
            moves.append(
                Move(held=one, quantity=quantity, into=into, reason=words, rule="roll_futures")
            )
    return tuple(moves)


def monetise(held: Sequence[Held], hedge: Hedge, memory: Memory, kept: Kept) -> tuple[Move, ...]:
    """Sales of a share of the contracts that gained enough, by layer and bucket; nearest first.

    Once a lot: `kept` remembers how many contracts must be left, so that a sale without a quote is
    asked again. Half of a single contract cannot be sold: it stays, and may roll.
    """
    roll = hedge.roll
    if roll.monetise_gain is None:
        return ()
    groups: dict[tuple[str, str], list[Held]] = {}
    for one in held:
        if isinstance(one.lot.contract, FutureContract) or one.gain < roll.monetise_gain:
            continue
        left = memory.get(f"monetised|{one.lot.structure_id}")
        if left is None or one.lot.quantity > float(left):
            groups.setdefault((one.lot.purpose, one.bucket), []).append(one)
    moves: list[Move] = []
    for group in groups.values():
        wanted = half_down(roll.monetise_sell_share * sum(one.lot.quantity for one in group))
        if not wanted:
            continue
        for one in group:
            quantity = min(wanted, one.lot.quantity)
            wanted -= quantity
            kept[f"monetised|{one.lot.structure_id}"] = float(one.lot.quantity - quantity)
            if quantity:
                words = (
                    f"gained {100.0 * one.gain:,.0f} % of its cost, so that "
                    f"{100.0 * roll.monetise_sell_share:.0f} % of what gained so is sold"
                )
                moves.append(
                    Move(held=one, quantity=quantity, into=None, reason=words, rule="monetise")
                )
    return tuple(moves)


def next_tenor(bucket: str, hedge: Hedge) -> str:
    """The bucket of VIX calls with the next longer tenor; the longest stays itself."""
    calls = sorted(
        (b.days_target, name) for name, b in hedge.buckets.items() if b.kind == "vix_call"
    )
    own = hedge.buckets[bucket].days_target
    longer = [name for days, name in calls if days > own]
    return longer[0] if longer else (calls[-1][1] if calls else bucket)


def destination(
    hedge: Hedge, one: Held, members: Sequence[str], lacking: Mapping[str, float]
) -> str:
    """The bucket that a rolled option goes to: its own, or one of its kind in the mix now bought.

    members  buckets of that mix      lacking  what each of them lacks, in any unit
    A roll is one order on one underlying, so that a call stays a call and a put stays a put.
    """
    if one.bucket in members:
        return one.bucket
    kind = hedge.buckets[one.bucket].kind
    same = [name for name in members if hedge.buckets[name].kind == kind]
    return max(same, key=lambda name: lacking.get(name, 0.0)) if same else one.bucket
