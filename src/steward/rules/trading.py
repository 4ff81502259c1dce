"""One session's trades of the hedge, in their order: gains taken, rolls, then what a check changes.

Gains and rolls are asked for at every close, checks on the first session of a week and on a session
at which a layer comes on. Without condors nothing is rolled or bought; gains are still taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

from steward.pricing import execution
from steward.pricing.payoff import cents
from steward.rules import checks, rolls
from steward.rules.instruments import Part
from steward.rules.layers import percent_of
from steward.rules.mixes import members
from steward.rules.rolls import Move
from steward.rules.rounding import NOISE
from steward.rules.words import count, whole_dollars
from steward.rules.working import UNITS, Working
from steward.terms import calendar
from steward.terms.trades import Lot, Purpose, Trace


def trade(work: Working, lots: Sequence[Lot]) -> Trace:
    """Decide everything; the intents are left in `work`.

    lots  of the ledger, condors among them
    """
    held = rolls.holdings(work.view, work.hedge, lots, work.memory, work.kept)
    work.selling = checks.selling_down(work, held)
    check = calendar.is_first_of_week(work.view.session) or bool(work.asked.came_on)
    gains = rolls.monetise(held, work.hedge, work.memory, work.kept)
    used = {move.held.lot.lot_id for move in gains}
    # What is being sold down is not rolled any more.
    idle = [h for h in held if h.lot.lot_id not in used and h.lot.purpose not in work.selling]
    due: tuple[rolls.Due, ...] = ()
    futures: tuple[Move, ...] = ()
    if work.exposure.max_loss > 0:
        episode = str(work.kept.get("layer_3_since", ""))
        due = rolls.due(idle, work.hedge, work.memory, episode)
        futures = rolls.future_rolls(work.view, work.hedge, idle, work.standard)
    if not (check or gains or due or futures):
        number = sum(one.lot.quantity for one in held)
        verb = "is" if number == 1 else "are"
        words = f"no check on this day; {count(number, 'contract')} {verb} held"
        return _trace(work, "no check", words)
    if work.standard() is None:
        return _trace(
            work, "no quotes", "no VIX option is quoted on this day: nothing can be traded"
        )
    if not work.weigh(held):
        return _trace(
            work,
            "not counted",
            "the delta of a contract that is held is not known: nothing is traded",
        )
    for move in (*gains, *futures):
        work.take(move)
    used.update(move.held.lot.lot_id for move in futures)
    used.update(_roll(work, due))
    _reinvest(work, gains)
    if check:
        checks.check(work, [h for h in held if h.lot.lot_id not in used])
    return _trace(work, _result(work), "; ".join(work.said) or "nothing to do")


def _roll(work: Working, due: Sequence[rolls.Due]) -> set[str]:
    """Whole lots forward, as far as the ratio allows; gives the lots that were due."""
    belong = members(work.hedge, work.mix.buying)
    waiting = 0
    for one in due:
        lacking = {
            name: share * work.target_units - work.bucket_units.get(name, 0.0)
            for name, share in work.mix.buying.shares.items()
        }
        bucket = rolls.destination(work.hedge, one.held, belong, lacking)
        move = rolls.option_roll(work.view, work.hedge, one, bucket, work.unit)
        if isinstance(move, str):
            work.said.append(move)
        elif checks.fits(work, move):
            work.take(move)
        else:
            waiting += 1
    if waiting:
        work.said.append(
            f"{count(waiting, 'lot')} due for a roll: not rolled now, since at its full delta the "
            "hedge would be above its target and band"
        )
    return {one.held.lot.lot_id for one in due}


def _reinvest(work: Working, gains: Sequence[Move]) -> None:
    """A share of what monetised gains bring goes into the next longer tenor (D5).

    Never above a ratio of 100 %, and not without condors; the rest stays in cash.
    """
    share = work.hedge.roll.monetise_reinvest_share
    session = work.view.session
    budgets: dict[tuple[Purpose, str], float] = {}
    for move in gains:
        contract, quote = move.held.lot.contract, move.held.quote
        price = execution.single_price(contract, quote, -1, work.sale_share(move.held), session)
        key = (move.held.lot.purpose, rolls.next_tenor(move.held.bucket, work.hedge))
        budgets[key] = budgets.get(key, 0.0) + share * cents(contract, move.quantity, price)
    for (purpose, bucket), budget in budgets.items():
        found = work.pick(bucket, True)
        if found is None:
            work.said.append(f"nothing to buy of {work.words(bucket)}: the gain stays in cash")
            continue
        price = execution.single_price(
            found.contract, found.quote, 1, work.hedge.fill_share, session
        )
        paid_for = int(budget // cents(found.contract, 1, price))
        room = max(work.base_units - work.held_units, 0.0)
        contracts = min(paid_for, math.floor(room / found.units + NOISE))
        if contracts < 1:
            why = (
                f"the {whole_dollars(int(budget))} of a gain pay for no contract"
                if paid_for < 1
                else "there is no room under a ratio of 100 %"
            )
            work.said.append(f"none of {work.words(bucket)} is bought: {why}; kept as cash")
            continue
        part = Part(instrument=found, share=1.0, passes_to="")
        reason = f"{100.0 * share:.0f} % of a gain taken goes into {work.words(bucket)}"
        work.buy(
            purpose, part, contracts * found.units, reason, rule="reinvest", contracts=contracts
        )


# --- words ---------------------------------------------------------------------------------------


def _result(work: Working) -> str:
    rolled = sum(len(intent.legs) > 1 for intent in work.intents)
    sold = sum(intent.action == "close" for intent in work.intents)
    done = ((len(work.intents) - rolled - sold, "bought"), (rolled, "rolled"), (sold, "sold"))
    return ", ".join(f"{number} {word}" for number, word in done if number) or "no trade"


def _trace(work: Working, result: str, sentence: str) -> Trace:
    loss = whole_dollars(work.exposure.max_loss)
    target = percent_of(work.asked.targets[-1])
    inputs = {"condor_max_loss": loss, "target": target}
    head = f"Hedge: its target is {target} of {loss}, the maximum loss of the condors"
    if work.exposure.max_loss <= 0:
        head = "Hedge without condors"
    if work.ratio is not None:
        inputs["hedge_ratio"] = percent_of(work.ratio)
        head += f"; before this close's trades {inputs['hedge_ratio']} was held"
    if UNITS in sentence:
        sentence += f". One call unit is one VIX call of delta {work.hedge.delta:.2f}"
    return Trace(
        rule="hedge",
        result=result,
        sentence=f"{head}: {sentence}.",
        inputs=MappingProxyType(inputs),
    )
