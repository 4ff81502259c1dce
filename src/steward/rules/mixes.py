"""Which mix of instruments holds, for what is bought now and for what is held (D2).

A mix is in force when it alone of all conditional mixes has its conditions met; both or neither
give the base mix. A window (the sessions before a scheduled meeting) counts for what is bought or
rolled inside it and for nothing else.

Memory: `mix`, the mix of the state (windows apart), `mix_closes`, for how many closes it has been
that one, and the conditions as last known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steward.rules.conditions import ask, words_of
from steward.rules.layers import Kept
from steward.rules.schema import Hedge, Mix
from steward.rules.spoken import joined, plain
from steward.rules.words import bucket_words
from steward.signals.rows import SignalRow
from steward.terms.trades import Memory, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixes:
    """The mixes of one session.

    state     of the market, windows apart: what held positions follow
    settled   whether the state has held long enough for held positions to switch to it
    buying    what is bought or rolled at this session follows it
    """

    state: Mix
    settled: bool
    buying: Mix
    trace: Trace


def follow(hedge: Hedge, row: SignalRow, memory: Memory, kept: Kept) -> Mixes:
    """The mixes at this close; what must be remembered is written into `kept`."""
    inputs: dict[str, str] = {}
    met: list[str] = []
    unsaid: list[str] = []  # nothing is known of their conditions yet
    inside: list[str] = []
    fresh = True
    for mix in hedge.mixes:
        if mix.when is not None:
            answer = ask(mix.when, row)
            inputs.update(answer.inputs)
            key = f"mix_{mix.name}"
            truth = answer.truth
            if truth is None and key in memory:
                truth, fresh = memory[key] == 1.0, False
            if truth is None:
                unsaid.append(mix.name)
            else:
                kept[key] = 1.0 if truth else 0.0
            if truth:
                met.append(mix.name)
        if mix.window is not None:
            answer = ask(mix.window, row)
            inputs.update(answer.inputs)
            if answer.truth:
                inside.append(mix.name)
    state = hedge.mix(met[0] if len(met) == 1 else hedge.base_mix)
    now = list(dict.fromkeys([*met, *inside]))
    buying = hedge.mix(now[0] if len(now) == 1 else hedge.base_mix)
    enough = hedge.roll.switch_after_closes
    closes = int(float(memory.get("mix_closes", 0.0))) if memory.get("mix") == state.name else 0
    closes = min(closes + (1 if fresh else 0), enough or 1)
    kept["mix"], kept["mix_closes"] = state.name, float(closes)
    return Mixes(
        state=state,
        settled=enough is not None and closes >= enough,
        buying=buying,
        trace=Trace(
            rule="mix",
            result=state.name,
            sentence=_sentence(hedge, state, buying, met, unsaid),
            inputs=inputs,
        ),
    )


def none(why: str) -> Trace:
    """The trace of a session with nothing to hedge with."""
    return Trace(rule="mix", result="none", sentence=f"No mix: {why}.")


def _sentence(hedge: Hedge, state: Mix, buying: Mix, met: list[str], unsaid: list[str]) -> str:
    asked = [mix for mix in hedge.mixes if mix.when is not None]
    if len(met) > 1:
        said = f"the conditions of {joined([plain(name) for name in met])} are met at once"
    elif met:
        said = f"{words_of(state.when)} is met" if state.when is not None else "it is met"
    elif asked:
        parts = []
        known = [plain(mix.name) for mix in asked if mix.name not in unsaid]
        if known:
            parts.append(f"the conditions of {joined(known)} are not met")
        if unsaid:
            names = joined([plain(name) for name in unsaid])
            parts.append(f"whether those of {names} are met is not known yet")
        said = "; ".join(parts)
    else:
        said = "these rules know no other, or this history cannot tell when"
    sentence = f"Mix {plain(state.name)} ({parts_of(hedge, state)}): {said}"
    if buying.name != state.name:
        sentence += (
            f"; inside a window, so that what is bought or rolled now follows {plain(buying.name)} "
            f"({parts_of(hedge, buying)}), and what is held stays"
        )
    return sentence + "."


def parts_of(hedge: Hedge, mix: Mix) -> str:
    """`60 % front calls (30-60 days), 40 % long calls (90-150 days)`."""
    return ", ".join(
        f"{100.0 * share:.0f} % {bucket_words(name, hedge.buckets[name])}"
        for name, share in mix.shares.items()
    )


def members(hedge: Hedge, mix: Mix) -> tuple[str, ...]:
    """The buckets of a mix, and those that they pass to: what is in one of them is no stranger."""
    found: list[str] = []
    for name, share in mix.shares.items():
        at = name if share > 0.0 else ""
        while at and at not in found:
            found.append(at)
            at = hedge.buckets[at].passes_to
    return tuple(found)


def deficits(mix: Mix, held: Mapping[str, float], total: float) -> dict[str, float]:
    """Shares by bucket of a purchase that moves the book toward its mix; they add up to 1.

    held   units by bucket; a bucket that is not in the mix counts for none of it
    total  units of the whole book after the purchase
    In proportion to what each bucket of the mix lacks of its part of the total; the mix itself
    when none lacks anything.
    """
    lacking = {
        name: max(share * total - held.get(name, 0.0), 0.0)
        for name, share in mix.shares.items()
        if share > 0.0
    }
    whole = sum(lacking.values())
    if not whole > 0.0:
        return {name: share for name, share in mix.shares.items() if share > 0.0}
    return {name: part / whole for name, part in lacking.items() if part > 0.0}
