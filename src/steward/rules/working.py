"""The working of one hedge decision: what is held in call units, and the intents made so far.

A `Working` lives for one decision and is thrown away. Every sale, roll and purchase goes through
it, so that whatever is decided later in the session knows what was decided before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from steward.market.view import MarketView
from steward.pricing import execution, fees
from steward.pricing.payoff import cents
from steward.rules import changes
from steward.rules.caps import Room
from steward.rules.hedge_units import StandardCall, contract_cents, standard_call
from steward.rules.instruments import Instrument, Part, choose, future
from steward.rules.layers import Kept, Layers
from steward.rules.mixes import Mixes
from steward.rules.rolls import Held, Move
from steward.rules.schema import Hedge
from steward.rules.words import bucket_words
from steward.terms.contracts import E4, OptionContract
from steward.terms.trades import Intent, Leg, Memory, Purpose

UNITS = "call units"
"""How sentences call standard calls; the trace of the hedge says what one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The condors that the hedge stands against, cents: what they can lose, what they took in."""

    max_loss: int
    credit: int


@dataclass(slots=True, kw_only=True)
class Working:
    """One decision in the making.

    room         left under the caps on premium
    broker       whose fees a trade is weighed by
    stressed     sales of VIX calls, and rolls, take the fill share of stress
    said         sentences for the trace
    weights      units of one contract, by lot id
    layer_units, bucket_units  call units held by layer and bucket, as decided so far
    """

    view: MarketView
    hedge: Hedge
    exposure: Exposure
    room: Room
    asked: Layers
    mix: Mixes
    broker: str
    stressed: bool
    memory: Memory
    kept: Kept
    intents: list[Intent] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    layer_units: dict[Purpose, float] = field(default_factory=dict)
    bucket_units: dict[str, float] = field(default_factory=dict)
    selling: tuple[Purpose, ...] = ()  # layers that are being sold down
    ratio: float | None = None  # before anything is decided; None: not counted, or no condors
    _unit: StandardCall | None = None
    _picked: dict[tuple[str, bool], Instrument | None] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)

    # --- sizes, in call units ------------------------------------------------------------------

    def standard(self) -> StandardCall | None:
        """One unit at this session; None when no VIX option is quoted."""
        if self._unit is None:
            self._unit = standard_call(self.view, self.hedge)
        return self._unit

    @property
    def unit(self) -> StandardCall:
        """The same; raises ValueError when there is none: ask `standard` first."""
        found = self.standard()
        if found is None:
            raise ValueError(f"no VIX option is quoted on {self.view.session}")
        return found

    def weigh(self, held: Sequence[Held]) -> bool:
        """Count what is held; whether that could be done for every lot."""
        unit = self.unit
        for one in held:
            counted = contract_cents(self.view, one.lot.contract, one.quote, self.hedge, unit)
            self.weights[one.lot.lot_id] = counted / unit.cents
        self.layer_units = changes.by_layer(held, self.weights)
        self.bucket_units = changes.by_bucket(held, self.weights)
        known = math.isfinite(self.held_units)
        if known and self.exposure.max_loss > 0:
            self.ratio = self.held_units / self.base_units
        return known

    @property
    def base_units(self) -> float:
        """A hedge ratio of 100 %; 0 without condors."""
        return self.exposure.max_loss / self.unit.cents

    @property
    def target_units(self) -> float:
        """What the highest layer that is on asks for."""
        return self.asked.targets[-1] * self.base_units

    @property
    def held_units(self) -> float:
        return sum(self.layer_units.values())

    @property
    def staying_units(self) -> float:
        """Held in layers that are not being sold down."""
        return sum(u for purpose, u in self.layer_units.items() if purpose not in self.selling)

    @property
    def band_units(self) -> float:
        """The no-trade band (D3): the greater of its points and its share of one contract."""
        points = self.hedge.band_points / 100.0 * self.base_units
        return max(points, self.hedge.band_contracts)

    def worth(self, units: float, cost_cents: float) -> bool:
        """D4: whether a change of the ratio by so many units protects more than it costs."""
        return units * self.unit.cents * self.hedge.benefit_share > cost_cents

    # --- prices --------------------------------------------------------------------------------

    @property
    def stress_share(self) -> float:
        """The fill share of rolls, and of VIX calls that are sold."""
        return self.hedge.stress_fill_share if self.stressed else self.hedge.fill_share

    def sale_share(self, one: Held) -> float:
        """The fill share of a sale."""
        vix_call = self.hedge.buckets[one.bucket].kind == "vix_call"
        return self.stress_share if vix_call else self.hedge.fill_share

    def sale_cost(self, move: Move) -> float:
        """Of selling, cents: the way from the mid to the fill, and fees."""
        contract, quote = move.held.lot.contract, move.held.quote
        share = self.sale_share(move.held)
        price = execution.single_price(contract, quote, -1, share, self.view.session)
        away = cents(contract, 1, quote.mid_twice - 2 * price) / 2.0
        order = [fees.leg(contract, -move.quantity, price, "close")]
        fee = fees.order_cents(order, self.view.session, broker=self.broker)
        return move.quantity * away + fee

    def premium(self, parts: Sequence[Part], units: float) -> float:
        """What buying the options among the parts would cost now, cents."""
        total = 0.0
        for part in parts:
            found = part.instrument
            if isinstance(found.contract, OptionContract):
                share = self.hedge.fill_share
                price = execution.single_price(
                    found.contract, found.quote, 1, share, self.view.session
                )
                total += part.share * units / found.units * cents(found.contract, 1, price)
        return total

    def pick(self, bucket: str, large: bool) -> Instrument | None:
        """What a bucket would buy now; of futures the large one, or the mini."""
        key = (bucket, large)
        if key not in self._picked:
            if self.hedge.buckets[bucket].kind == "vx_future":
                found = future(self.view, self.hedge, bucket, self.unit, large=large)
            else:
                found = choose(self.view, self.hedge, bucket, self.unit)
            self._picked[key] = found
        return self._picked[key]

    def words(self, bucket: str) -> str:
        """A bucket as a sentence says it: `front calls (30-60 days)`."""
        return bucket_words(bucket, self.hedge.buckets[bucket])

    # --- what is decided -----------------------------------------------------------------------

    def take(self, move: Move) -> None:
        """A sale or a roll becomes an intent, and its units move with it."""
        self._add(move.held.lot.purpose, move.held.bucket, -self.units_of(move))
        if move.into is None:
            self._sale(move)
        else:
            self._add(move.held.lot.purpose, move.into.bucket, move.quantity * move.into.units)
            self._rolled(move, move.into)

    def units_of(self, move: Move) -> float:
        """Of the contracts that go."""
        return move.quantity * self.weights[move.held.lot.lot_id]

    def _add(self, purpose: Purpose, bucket: str, units: float) -> None:
        self.layer_units[purpose] = self.layer_units.get(purpose, 0.0) + units
        self.bucket_units[bucket] = self.bucket_units.get(bucket, 0.0) + units

    def _sale(self, move: Move) -> None:
        lot = move.held.lot
        words = f"{layer_words(lot.purpose)}: {move.reason}"
        self.intents.append(
            Intent(
                intent_id=f"{self.view.session} sell {lot.lot_id}",
                session=self.view.session,
                purpose=lot.purpose,
                action="close",
                structure_id=lot.structure_id,
                legs=(Leg(contract=lot.contract, quantity=-1, lot_id=lot.lot_id),),
                size=float(move.quantity),
                fill_share=self.sale_share(move.held),
                reason=words,
                detail=MappingProxyType({"days": float(move.held.days)}),
                instrument=move.held.bucket,
                rule=move.rule,
            )
        )
        self.said.append(f"sell {move.quantity} {lot.contract.key} ({words})")

    def _rolled(self, move: Move, into: Instrument) -> None:
        one = move.held
        lot = one.lot
        structure = self._structure(lot.purpose, into)
        episode = str(self.kept.get("layer_3_since", ""))
        before = self.memory.get(f"shifted|{lot.structure_id}")
        if episode and (move.shifted or before == episode):
            self.kept[f"shifted|{structure}"] = episode
        words = f"{layer_words(lot.purpose)}: {move.reason}{flagged(into)}"
        detail = {
            "days": float(into.days),
            "delta": into.quote.delta,
            "roll_cost_points": (into.quote.ask - one.quote.bid) / E4,
            "old_price_e4": float(lot.price),
            "condor_credit_cents": float(self.exposure.credit),
        }
        self.intents.append(
            Intent(
                intent_id=f"{structure} rolled",
                session=self.view.session,
                purpose=lot.purpose,
                action="open",
                structure_id=structure,
                legs=(
                    Leg(contract=lot.contract, quantity=-1, lot_id=lot.lot_id),
                    Leg(contract=into.contract, quantity=1),
                ),
                size=float(move.quantity),
                fill_share=self.stress_share,
                reason=words,
                detail=MappingProxyType(detail),
                instrument=into.bucket,
                rule=move.rule,
            )
        )
        self.said.append(
            f"roll {move.quantity} {lot.contract.key} into {into.contract.key} ({words})"
        )

    def buy(
        self,
        purpose: Purpose,
        part: Part,
        units: float,
        reason: str,
        *,
        rule: str,
        contracts: int = 0,
        aside: str = "",
    ) -> None:
        """An intent to buy one instrument's part of `units`; `contracts`: so many, no sharing.

        aside  the end of its reason, which the sentence for the trace leaves out
        """
        found = part.instrument
        structure = self._structure(purpose, found)
        detail = {
            "units_per_contract": found.units,
            "share": part.share,
            "group_units": units,
            "room_units": max(self.base_units - self.held_units, 0.0),
            "target": self.asked.targets[-1],
            "max_loss_cents": float(self.exposure.max_loss),
            "condor_credit_cents": float(self.exposure.credit),
            "days": float(found.days),
            "delta": found.quote.delta,
        }
        if contracts:
            detail["contracts"] = float(contracts)
            self._add(purpose, found.bucket, contracts * found.units)
        words = f"{layer_words(purpose)}: {reason}{flagged(found)}"
        self.intents.append(
            Intent(
                intent_id=f"{structure} bought",
                session=self.view.session,
                purpose=purpose,
                action="open",
                structure_id=structure,
                legs=(Leg(contract=found.contract, quantity=1),),
                size=part.share * units,
                fill_share=self.hedge.fill_share,
                reason=words + aside,
                detail=MappingProxyType(detail),
                instrument=found.bucket,
                passes_to=part.passes_to,
                rule=rule,
            )
        )
        self.said.append(f"buy {part.share * units:.1f} {UNITS} of {found.contract.key} ({words})")

    def _structure(self, purpose: Purpose, found: Instrument) -> str:
        """A name that no other structure of the run has: the day, then a number where needed.

        Its bucket and the mix of the state are remembered at once, for the lot that it becomes.
        """
        name = f"{self.view.session} {purpose} {found.bucket} {found.contract.key}"
        again = self._names.get(name, 0) + 1
        self._names[name] = again
        structure = name if again == 1 else f"{name} {again}"
        self.kept[f"bucket|{structure}"] = found.bucket
        self.kept[f"mix|{structure}"] = self.mix.state.name
        return structure


def layer_words(purpose: Purpose) -> str:
    """`Layer 1` of `layer_1`."""
    return purpose.replace("_", " ").capitalize()


def flagged(found: Instrument) -> str:
    return f"; {found.flag}" if found.flag else ""
