"""The contract that a bucket of the mix stands for at one session, and how shares pass on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.pricing import execution, fees
from steward.pricing.payoff import cents
from steward.rules.hedge_units import (
    StandardCall,
    contract_cents,
    nearest_call,
    nearest_put,
    usable,
)
from steward.rules.rounding import HALF, NOISE
from steward.rules.schema import Bucket, Hedge
from steward.rules.words import bucket_words
from steward.terms.contracts import Contract, Expiry, FutureContract, vx, vxm
from steward.terms.listing import VXM_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A contract that can be bought for a bucket.

    units    of one contract: standard calls      flag  in words, when it lies outside its tenor
    """

    bucket: str
    contract: Contract
    quote: Quote
    units: float
    days: int
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one instrument takes of a purchase.

    share      of the units bought
    passes_to  another bucket of the same purchase, when one takes over what it cannot; else empty
    """

    instrument: Instrument
    share: float
    passes_to: str


def choose(
    view: MarketView,
    hedge: Hedge,
    name: str,
    unit: StandardCall,
    *,
    least_days: int = 0,
    later_than: date | None = None,
) -> Instrument | None:
    """The option of bucket `name` to buy now; None when there is none that could be bought.

    least_days, later_than  a roll goes at least so far out, and beyond the expiry that it leaves
    The listed expiry nearest the bucket's centre inside its tenor, else the nearest of all,
    flagged; of a VIX call the strike nearest the rules' delta within the guards, of a put the one
    nearest so many percent under the index. For futures see `future`.
    """
    bucket = hedge.buckets[name]
    put = bucket.kind == "spx_put"
    allowed = [
        expiry
        for expiry in view.expiries("SPX" if put else "VIX")
        if (expiry.day - view.session).days >= max(least_days, 1)
        and (later_than is None or expiry.day > later_than)
    ]
    for expiry in sorted(allowed, key=_nearness(view.session, bucket)):
        chain = view.chain(expiry)
        if chain is None:
            continue
        if put:
            level = view.spx * (1.0 - bucket.out_of_the_money_percent / 100.0)
            contract = nearest_put(chain, level)
        else:
            contract = nearest_call(chain, hedge.delta, hedge.delta_min, hedge.delta_max)
        found = None if contract is None else _instrument(view, hedge, name, contract, unit)
        if found is not None:
            return found
    return None


def _nearness(session: date, bucket: Bucket) -> Callable[[Expiry], tuple[bool, bool, int, date]]:
    """Sorts expiries: inside the tenor first, PM before AM there, then the nearest the centre."""

    def key(expiry: Expiry) -> tuple[bool, bool, int, date]:
        days = (expiry.day - session).days
        outside = not bucket.days_min <= days <= bucket.days_max
        # SPXW settles on the close; an AM series carries the gap of a night (VIX has AM alone).
        morning = expiry.settlement == "AM" and not outside
        return outside, morning, abs(days - bucket.days_target), expiry.day

    return key


def future(
    view: MarketView, hedge: Hedge, name: str, unit: StandardCall, *, large: bool
) -> Instrument | None:
    """The VX (`large`) or VXM of the bucket's months: the nearest of them that is quoted.

    The nearest, because it moves most with VIX and its market is the deepest of these months.
    """
    if not large and view.session < VXM_FROM:
        return None
    first, last = hedge.buckets[name].months
    for expiry in view.futures()[first - 1 : last]:
        found = _instrument(view, hedge, name, (vx if large else vxm)(expiry), unit)
        if found is not None:
            return found
    return None


def next_future(
    view: MarketView, hedge: Hedge, name: str, held: FutureContract, unit: StandardCall
) -> Instrument | None:
    """The same future of the next listed month; None when there is none that could be bought."""
    for expiry in view.futures():
        if expiry > held.expiry:
            contract = FutureContract(root=held.root, expiry=expiry, multiplier=held.multiplier)
            return _instrument(view, hedge, name, contract, unit)
    return None


def _instrument(
    view: MarketView, hedge: Hedge, name: str, contract: Contract, unit: StandardCall
) -> Instrument | None:
    quote = view.quote(contract)
    if quote is None or not usable(quote):
        return None
    units = contract_cents(view, contract, quote, hedge, unit) / unit.cents
    if not (math.isfinite(units) and units > 0.0):
        return None
    days = (contract.expiry - view.session).days
    bucket = hedge.buckets[name]
    flag = ""
    if bucket.kind != "vx_future" and not bucket.days_min <= days <= bucket.days_max:
        flag = f"{days} days to expiry, outside of {bucket.days_min} to {bucket.days_max}"
    return Instrument(
        bucket=name, contract=contract, quote=quote, units=units, days=days, flag=flag
    )


def resolve(
    shares: Mapping[str, float],
    units: float,
    hedge: Hedge,
    pick: Callable[[str, bool], Instrument | None],
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Contracts for the shares of a purchase of `units` standard calls, and what was passed on.

    pick  by bucket, the instrument: for a future the large one (True) or the mini (False)
    A share under half a contract, or without one, goes from VX to VXM, then to the bucket that the
    rule file names; a bucket that passes to nobody keeps its share however small. The sentences
    say what was passed on. Shares of the parts add up to less than 1 where nothing could be had.
    """
    left = dict(shares)
    taken: dict[str, tuple[Instrument, float]] = {}
    notes: list[str] = []
    for name in _givers_first(left, hedge):
        share, bucket = left.pop(name, 0.0), hedge.buckets[name]
        if share <= 0.0:
            continue
        sizes = (True, False) if bucket.kind == "vx_future" else (True,)
        there = [item for large in sizes if (item := pick(name, large)) is not None]
        enough = [item for item in there if share * units >= HALF * item.units]
        if enough or (there and not bucket.passes_to):
            taken[name] = (enough[0] if enough else there[-1], share)
            continue
        called = bucket_words(name, bucket)
        why = f"nothing of {called} can be bought now"
        if there:
            why = (
                f"the {share * units:.1f} call units for {called} are under half of one "
                f"{there[-1].contract.key}, which counts {there[-1].units:.1f}"
            )
        if bucket.passes_to:
            left[bucket.passes_to] = left.get(bucket.passes_to, 0.0) + share
            taker = bucket_words(bucket.passes_to, hedge.buckets[bucket.passes_to])
            notes.append(f"{why}: passed on to {taker}")
        else:
            notes.append(f"{why}: {share * units:.1f} call units are not bought")
    parts = tuple(
        Part(instrument=found, share=share, passes_to=_taker(name, hedge, taken))
        for name, (found, share) in taken.items()
    )
    return parts, tuple(notes)


def _givers_first(shares: Mapping[str, float], hedge: Hedge) -> list[str]:
    """All buckets that may get a share, whoever passes on before whoever takes it."""
    names: list[str] = []
    for name in shares:
        chain = [name]
        while hedge.buckets[chain[-1]].passes_to:
            chain.append(hedge.buckets[chain[-1]].passes_to)
        names.extend(chain)
    # The last place of each name: after everybody that passes to it.
    return sorted(dict.fromkeys(names), key=lambda n: (_depth(n, hedge), names.index(n)))


def _depth(name: str, hedge: Hedge) -> int:
    """Minus the number of steps that a share can still be passed on."""
    steps = 0
    while hedge.buckets[name].passes_to:
        name, steps = hedge.buckets[name].passes_to, steps + 1
    return -steps


def _taker(name: str, hedge: Hedge, taken: Mapping[str, object]) -> str:
    at = hedge.buckets[name].passes_to
    while at and at not in taken:
        at = hedge.buckets[at].passes_to
    return at


def cost_cents(
    part: Instrument, contracts: float, fill_share: float, session: date, broker: str
) -> float:
    """What it costs to buy so many contracts now: the way from the mid to the fill, and fees.

    Contracts may be a fraction, of which the fee is that of the whole order that it would become:
    the next whole number, one at the least, in proportion.
    """
    price = execution.single_price(part.contract, part.quote, 1, fill_share, session)
    away = cents(part.contract, 1, 2 * price - part.quote.mid_twice) / 2.0
    whole = max(math.ceil(contracts - NOISE), 1)
    order = [fees.leg(part.contract, whole, price, "open")]
    fee = fees.order_cents(order, session, broker=broker)
    return contracts * (away + fee / whole)
