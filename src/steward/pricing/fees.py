"""What a trade costs beside its price: exchange, clearing house, regulators and broker.

One set of rules for the whole line: `rules` weighs a trade by it, `ledger` books it. All is counted
in whole trillionths of a dollar and rounded once, for a leg, to whole cents, half a cent up; the
fee of an order is the sum of its legs. What is capped, or has a minimum, for the order as a whole
is shared out over the legs by their contracts, by largest remainder: nothing is lost.

The schedules and their sources: `files/fees.toml`, `files/brokers.toml`; read by `fee_schedules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from steward.pricing import fee_schedules as schedules
from steward.pricing.fee_schedules import CENT, KINDS, REGULATION, Broker, Clearing, tier_of
from steward.terms.contracts import Contract, ShareContract
from steward.terms.errors import StewardError

Action = Literal["open", "close", "settle", "exercise"]
"""Cash settlement at expiry costs nothing. No index option is exercised before it, and so no rule
asks for `exercise`; it is what the broker takes for a leg that is exercised or assigned."""

DEFAULT_BROKER = "ibkr"

PARTS = ("exchange", "clearing", *REGULATION, "broker")
"""Names of the parts of a fee, as `LegFee.exact` has them."""

GROUPS: Mapping[str, str] = MappingProxyType(
    {part: "regulation" if part in REGULATION else part for part in PARTS}
)
"""Under which name a page shows each part."""

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedLeg:
    """One leg of an order as it traded.

    product     a root of `fee_schedules.KINDS`     quantity  contracts or shares, sold below 0
    price       ten-thousandths of a point, 0 or above      multiplier  dollars a point
    action      of this leg: a roll closes one and opens another
    Raises ValueError for a product without a price list, and for a price below 0.
    """

    product: str
    quantity: int
    price: int
    multiplier: int
    action: Action

    def __post_init__(self) -> None:
        if self.product not in KINDS:
            raise ValueError(f"{self.product}: has no price list of fees")
        if self.price < 0:
            raise ValueError(f"{self.product}: a price of {self.price} ten-thousandths is below 0")

    @property
    def contracts(self) -> int:
        """How many, bought or sold."""
        return abs(self.quantity)

    @property
    def value(self) -> int:
        """What was paid for them, ten-thousandths of a dollar, 0 or above."""
        return self.contracts * self.price * self.multiplier


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFee:
    """The fee of one leg: whole cents, and its parts before rounding.

    exact  by the names of `PARTS`, trillionths of a dollar; a part that takes nothing may be absent
    """

    cents: int
    exact: Mapping[str, int] = field(default_factory=lambda: NOTHING)

    @property
    def shown(self) -> dict[str, int]:
        """Whole cents by group: exchange, clearing, regulation, broker; they sum to `cents`."""
        sums = dict.fromkeys(GROUPS.values(), 0)
        for part, amount in self.exact.items():
            sums[GROUPS[part]] += amount
        return dict(zip(sums, shared_out(self.cents, list(sums.values())), strict=True))


def leg(contract: Contract, quantity: int, price: int, action: Action) -> TradedLeg:
    """The leg of a contract; quantity signed, price in ten-thousandths of a point."""
    return TradedLeg(
        product="ETP" if isinstance(contract, ShareContract) else contract.root,
        quantity=quantity,
        price=price,
        multiplier=contract.multiplier,
        action=action,
    )


def order_fees(
    legs: Sequence[TradedLeg], session: date, *, broker: str = DEFAULT_BROKER
) -> tuple[LegFee, ...]:
    """The fee of each leg of one order, in their order.

    legs    all of the order, those without a fill too (quantity 0): two options or more are a
            complex order, whatever became of each leg
    broker  one of `broker_names`; raises StewardError for another
    """
    prices = _broker(broker)
    exact: list[dict[str, int]] = [{} for _ in legs]
    for at, one in enumerate(legs):
        if one.action == "exercise" and one.quantity:
            exact[at]["broker"] = prices.exercise
    traded = [(at, one) for at, one in enumerate(legs) if one.action in ("open", "close")]
    together = sum(KINDS[one.product] == "option" for one in legs) > 1
    for at, one in traded:
        exact[at]["exchange"] = _exchange(one, session, prices, together=together)
        exact[at].update(_regulation(one, session))
        exact[at]["broker"] = _commission(one, prices)
    for at, amount in _cleared(traded, session, prices).items():
        exact[at]["clearing"] = amount
    for at, amount in _short_of_minimum(traded, exact, prices).items():
        exact[at]["broker"] += amount
    return tuple(
        LegFee(cents=_half_up(sum(parts.values())), exact=MappingProxyType(parts))
        for parts in exact
    )


def order_cents(legs: Sequence[TradedLeg], session: date, *, broker: str = DEFAULT_BROKER) -> int:
    """The fee of a whole order, cents: the sum of its legs."""
    return sum(one.cents for one in order_fees(legs, session, broker=broker))


def broker_names() -> tuple[str, ...]:
    """All that `broker` may be."""
    return tuple(schedules.brokers())


def known(broker: str) -> str:
    """The same name; raises StewardError, with all names, for one that has no price list."""
    return _broker(broker).name


def words(broker: str) -> str:
    """A broker's prices in a few words, for a page."""
    return _broker(broker).words


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """A whole amount in whole parts by weight, by largest remainder; on a tie the earlier one.

    Weights are 0 or above; when all are 0, the total must be 0 too.
    """
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    parts = [total * weight // whole for weight in weights]
    rests = [total * weight % whole for weight in weights]
    first = sorted(range(len(weights)), key=lambda at: (-rests[at], at))
    for at in first[: total - sum(parts)]:
        parts[at] += 1
    return parts


# --- the parts of a fee --------------------------------------------------------------------------


def _broker(name: str) -> Broker:
    found = schedules.brokers().get(name)
    if found is None:
        raise StewardError(f"the broker {name!r} has no price list: choose {_or(broker_names())}")
    return found


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _exchange(one: TradedLeg, session: date, prices: Broker, *, together: bool) -> int:
    """What the exchange takes, or what the broker passes on in its place."""
    listed = prices.exchange.get(one.product)
    if listed is None:
        listed = schedules.exchange_of(one.product, session)
    if one.contracts < listed.free_below:
        return 0
    return one.contracts * tier_of(listed.complex if together else listed.simple, one.price)


def _regulation(one: TradedLeg, session: date) -> dict[str, int]:
    found = {}
    for name in REGULATION:
        rule = schedules.regulation_of(name, one.product, session)
        if rule is None or (rule.sales and one.quantity > 0):
            continue
        amount = one.contracts * rule.per_contract + one.value * rule.per_e4
        found[name] = amount if rule.cap is None else min(amount, rule.cap)
    return found


def _commission(one: TradedLeg, prices: Broker) -> int:
    """What the broker takes for one leg, before the minimum of the order."""
    kind = KINDS[one.product]
    if kind == "future":
        return one.contracts * prices.future
    if kind == "share":
        share = prices.share
        least = share.minimum if one.quantity else 0
        return min(max(one.contracts * share.fee, least), one.value * share.most_per_e4)
    tiers = prices.opening if one.action == "open" else prices.closing
    amount = one.contracts * tier_of(tiers, one.price)
    return amount if prices.cap is None else min(amount, prices.cap)


def _cleared(
    traded: Sequence[tuple[int, TradedLeg]], session: date, prices: Broker
) -> dict[int, int]:
    """The clearing house's fee by place of the leg; a cap counts for the order as a whole."""
    found: dict[int, int] = {}
    same: dict[int, tuple[Clearing, list[tuple[int, TradedLeg]]]] = {}
    for at, one in traded:
        if prices.clearing is not None and KINDS[one.product] == "option":
            found[at] = one.contracts * prices.clearing
        else:
            row = schedules.clearing_of(one.product, session)
            same.setdefault(id(row), (row, []))[1].append((at, one))
    for row, members in same.values():
        contracts = [one.contracts for _, one in members]
        parts = shared_out(_of_steps(row, sum(contracts)), contracts)
        found.update({at: part for (at, _), part in zip(members, parts, strict=True)})
    return found


def _of_steps(row: Clearing, contracts: int) -> int:
    """Of all contracts together: each pays the fee of its step, all of them the cap at the most."""
    amount, before = 0, 0
    for to, fee in row.steps:
        upto = contracts if to is None else min(contracts, to)
        amount += max(upto - before, 0) * fee
        before = upto
    return amount if row.cap is None else min(amount, row.cap)


def _short_of_minimum(
    traded: Sequence[tuple[int, TradedLeg]], exact: Sequence[Mapping[str, int]], prices: Broker
) -> dict[int, int]:
    """What is lacking to the broker's minimum for an order of options, by place of the leg."""
    options = [
        (at, one.contracts) for at, one in traded if KINDS[one.product] == "option" and one.quantity
    ]
    lacking = prices.minimum - sum(exact[at]["broker"] for at, _ in options)
    if not options or lacking <= 0:
        return {}
    parts = shared_out(lacking, [contracts for _, contracts in options])
    return {at: part for (at, _), part in zip(options, parts, strict=True)}


def _half_up(amount: int) -> int:
    return (2 * amount + CENT) // (2 * CENT)
