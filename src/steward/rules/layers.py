"""The three layers as states: what each asks for at a close, and when it comes on or goes off (D3).

Each layer is a small state machine whose state lives in the memory that is handed in and out. A
flag that was known and goes missing keeps its last value and starts nothing; one that was never
known counts as its neutral value: the neutral target of layer 1, "not met" for all others. Counts
of closes stand still on a close on which the answer is not known.

Memory, beside the names that reports read (`layer_1_on` ... as 1 or 0, `layer_3_since`): the target
in force (`layer_1_target`, and `layer_2_target`, the ratchet), the flags as last known, and the
closes counted so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from steward.rules import spoken
from steward.rules.conditions import Group, ask, clause, read_as_text, words_of
from steward.rules.schema import Hedge, LayerOne, LayerThree, LayerTwo
from steward.rules.words import day
from steward.signals.rows import Reading, SignalRow
from steward.terms.trades import HEDGE_PURPOSES, Memory, Purpose, Trace

Kept = dict[str, float | str]
"""What is remembered for the next session, gathered while a decision is made."""

VIX_ALONE = ("vix_only_z_252", "vix_change_5_pct")
"""Printed beside the trigger of layer 3, whatever its measure of volatility is made of (D3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What the layers ask for at one session.

    targets   hedge ratio up to and with layer 1, 2, 3: fractions, never falling, 1 at the most
    on        of layer 1, 2, 3
    came_on, went_off  those that changed at this close
    """

    targets: tuple[float, float, float]
    on: tuple[bool, bool, bool]
    came_on: tuple[Purpose, ...]
    went_off: tuple[Purpose, ...]
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One layer at one close; `target` is a fraction, 0 when it is off."""

    on: bool
    target: float
    trace: Trace


def follow(hedge: Hedge, row: SignalRow, memory: Memory, kept: Kept) -> Layers:
    """The layers after this close; what must be remembered is written into `kept`."""
    one = _layer_one(hedge.layer_1, row, memory, kept, hold=hedge.hold_closes)
    two = _layer_two(hedge.layer_2, one.target, row, memory, kept, hold=hedge.hold_closes)
    three = _layer_three(hedge.layer_3, row, memory, kept)
    steps = (one, two, three)
    first = min(one.target, 1.0)
    second = min(max(first, two.target), 1.0)
    third = min(max(second, three.target), 1.0)
    came_on: list[Purpose] = []
    went_off: list[Purpose] = []
    for purpose, step in zip(HEDGE_PURPOSES, steps, strict=True):
        was = memory.get(f"{purpose}_on") == 1.0
        if step.on and not was:
            came_on.append(purpose)
        elif was and not step.on:
            went_off.append(purpose)
        kept[f"{purpose}_on"] = 1.0 if step.on else 0.0
    return Layers(
        targets=(first, second, third),
        on=(one.on, two.on, three.on),
        came_on=tuple(came_on),
        went_off=tuple(went_off),
        traces=tuple(step.trace for step in steps),
    )


def none(why: str, kept: Kept) -> Layers:
    """No layer at all, since there is nothing to hedge with; `why` ends each sentence."""
    for purpose in HEDGE_PURPOSES:
        kept[f"{purpose}_on"] = 0.0
    return Layers(
        targets=(0.0, 0.0, 0.0),
        on=(False, False, False),
        came_on=(),
        went_off=(),
        traces=tuple(
            Trace(rule=purpose, result="off", sentence=f"Layer {n} off: {why}.")
            for n, purpose in enumerate(HEDGE_PURPOSES, start=1)
        ),
    )


# --- layer 1 -------------------------------------------------------------------------------------


def _layer_one(rule: LayerOne, row: SignalRow, memory: Memory, kept: Kept, *, hold: int) -> _Step:
    """The base: its target follows a change once that has held for `hold` closes (D4)."""
    inputs: dict[str, str] = {}
    said: list[str] = []
    fresh = True
    percent = rule.neutral_percent
    if rule.stable is None:
        said.append("its neutral target")
    else:
        stable, known = _flag("layer_1_stable", rule.stable, row, memory, kept, inputs)
        fresh &= known
        if stable is None:
            said.append("whether growth is stable is not yet known, so its neutral target")
        else:
            percent = rule.stable_percent if stable else rule.unstable_percent
            said.append("growth is stable" if stable else "growth is not stable")
    for add in rule.adds:
        met, known = _flag(f"layer_1_{add.name}", add.when, row, memory, kept, inputs)
        fresh &= known
        if met:
            percent += add.points
            said.append(f"{spoken.plain(add.name)} adds {add.points:g} points")
    wanted = min(max(percent, rule.least_percent), rule.most_percent) / 100.0
    before = memory.get("layer_1_target")
    target = wanted
    if isinstance(before, float) and before != wanted:
        closes = _count(memory, "layer_1_closes") if memory.get("layer_1_next") == wanted else 0
        closes += 1 if fresh else 0
        if closes < hold:
            target = before
            kept["layer_1_next"], kept["layer_1_closes"] = wanted, float(closes)
            said.append(
                f"{percent_of(wanted)} when it has held {spoken.count(hold, 'close')}, "
                f"{closes} so far"
            )
    kept["layer_1_target"] = target
    on = target > 0.0
    result = f"on {percent_of(target)}" if on else "off"
    sentence = f"Layer 1 {f'on at {percent_of(target)}' if on else 'off'}"
    sentence += f": {'; '.join(said)}."
    return _Step(
        on=on,
        target=target,
        trace=Trace(rule="layer_1", result=result, sentence=sentence, inputs=inputs),
    )


def _flag(
    key: str, group: Group, row: SignalRow, memory: Memory, kept: Kept, inputs: dict[str, str]
) -> tuple[bool | None, bool]:
    """The flag as last known (None: never), and whether this close itself says it.

    A flag that was never known counts as said: its neutral value is what there is.
    """
    answer = ask(group, row)
    inputs.update(answer.inputs)
    if answer.truth is not None:
        kept[key] = 1.0 if answer.truth else 0.0
        return answer.truth, True
    before = memory.get(key)
    if before is None:
        return None, True
    kept[key] = before
    return before == 1.0, False


# --- layer 2 -------------------------------------------------------------------------------------


def _layer_two(
    rule: LayerTwo | None, base: float, row: SignalRow, memory: Memory, kept: Kept, *, hold: int
) -> _Step:
    """The expansion. Its trigger must hold `hold` closes, but a day with the flag counts as held.

    base  the target of layer 1, where the ramp starts
    """
    if rule is None:
        return _absent("layer_2")
    answer = ask(rule.on, row)
    inputs, readings = dict(answer.inputs), dict(answer.readings)
    was_on = memory.get("layer_2_on") == 1.0
    flagged = _is_set(rule.flag_signal, row)
    closes = _counted(memory, "layer_2_closes", answer.truth)
    on = was_on or (answer.truth is True and (closes >= hold or flagged))
    since = str(memory.get("layer_2_since", "")) if was_on else row.session.isoformat()
    quiet = 0
    if was_on:
        calm = ask(rule.quiet, row)
        inputs.update(calm.inputs)
        readings.update(calm.readings)
        quiet = _counted(memory, "layer_2_quiet", calm.truth)
        on = quiet < rule.quiet_closes
    seen = _seen(readings)
    if not on:
        kept["layer_2_closes"] = float(min(closes, hold)) if not was_on else 0.0
        tail = f"on with {words_of(rule.on)}"
        if was_on:
            tail = f"quiet for {spoken.count(quiet, 'close')} ({words_of(rule.quiet)})"
        elif 0 < closes < hold:
            tail = f"its trigger has held {closes} of {spoken.count(hold, 'close')}"
        sentence = f"Layer 2 off: {seen}; {tail}."
        return _Step(
            on=False,
            target=0.0,
            trace=Trace(rule="layer_2", result="off", sentence=sentence, inputs=inputs),
        )
    before = memory.get("layer_2_target") if was_on else None
    ratchet = max(float(before) if before is not None else 0.0, _asked(rule, base, row, flagged))
    kept["layer_2_target"] = ratchet
    kept["layer_2_quiet"] = float(quiet)
    kept["layer_2_since"] = since
    target = max(ratchet, base)
    sentence = f"Layer 2 on at {percent_of(target)} since {_on(since)}: {seen}"
    if quiet:
        sentence += _quiet(quiet, rule)
    return _Step(
        on=True,
        target=target,
        trace=Trace(
            rule="layer_2", result=f"on {percent_of(target)}", sentence=sentence + ".",
            inputs=inputs,
        ),
    )  # fmt: skip


def _asked(rule: LayerTwo, base: float, row: SignalRow, flagged: bool) -> float:
    """What the layer asks for at this close alone, a fraction; 0 when its signal is not known.

    All of it for the flag together with a ramp signal above its start, at least `flag_percent` for
    the flag alone, else the ramp from layer 1's target at its start to all of it at its end.
    """
    most = rule.most_percent / 100.0
    if rule.mode == "step":
        return most
    reading = row.readings[rule.ramp_signal]
    ramp = 0.0
    above = False
    if reading.state == "known":
        part = (reading.value - rule.ramp_from) / (rule.ramp_to - rule.ramp_from)
        ramp = base + min(max(part, 0.0), 1.0) * max(most - base, 0.0)
        above = part > 0.0
    if not flagged:
        return ramp
    return most if above else max(ramp, rule.flag_percent / 100.0)


# --- layer 3 -------------------------------------------------------------------------------------


def _layer_three(rule: LayerThree | None, row: SignalRow, memory: Memory, kept: Kept) -> _Step:
    """The protection: on at its trigger's first close, off after its quiet closes in a row."""
    if rule is None:
        return _absent("layer_3")
    answer = ask(rule.on, row)
    inputs, readings = dict(answer.inputs), dict(answer.readings)
    same = any(reading.source == "VIX" for reading in readings.values())
    for name in VIX_ALONE:
        if name in row.readings and name not in inputs:
            inputs[name] = read_as_text(row.readings[name], name)
            if not same:  # else the sentence would say the same figures twice
                readings[name] = row.readings[name]
    was_on = memory.get("layer_3_on") == 1.0
    on = answer.truth is True
    quiet = 0
    if was_on:
        calm = ask(rule.quiet, row)
        inputs.update(calm.inputs)
        readings.update(calm.readings)
        quiet = _counted(memory, "layer_3_quiet", calm.truth)
        on = quiet < rule.quiet_closes
    seen = _seen(readings)
    if not on:
        tail = f"on with {words_of(rule.on)}"
        if was_on:
            tail = f"quiet for {spoken.count(quiet, 'close')} ({words_of(rule.quiet)})"
        return _Step(
            on=False,
            target=0.0,
            trace=Trace(
                rule="layer_3", result="off", sentence=f"Layer 3 off: {seen}; {tail}.",
                inputs=inputs,
            ),
        )  # fmt: skip
    since = str(memory.get("layer_3_since", "")) if was_on else row.session.isoformat()
    kept["layer_3_since"] = since
    kept["layer_3_quiet"] = float(quiet)
    target = rule.target_percent / 100.0
    sentence = f"Layer 3 on at {percent_of(target)} since {_on(since)}: {seen}"
    if quiet:
        sentence += _quiet(quiet, rule)
    return _Step(
        on=True,
        target=target,
        trace=Trace(
            rule="layer_3", result=f"on {percent_of(target)}", sentence=sentence + ".",
            inputs=inputs,
        ),
    )  # fmt: skip


# --- counting and words --------------------------------------------------------------------------


def since(memory: Memory, layer: Purpose) -> date | None:
    """The session at which a layer came on; None when it is off."""
    value = memory.get(f"{layer}_since")
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def _absent(rule: Purpose) -> _Step:
    sentence = f"{rule.replace('_', ' ').capitalize()} off: these rules ask nothing for it."
    return _Step(on=False, target=0.0, trace=Trace(rule=rule, result="off", sentence=sentence))


def _count(memory: Memory, key: str) -> int:
    return int(float(memory.get(key, 0.0)))


def _counted(memory: Memory, key: str, truth: bool | None) -> int:
    """Closes in a row: one more on a yes, none on a no, as many as before when not known."""
    if truth is False:
        return 0
    return _count(memory, key) + (1 if truth else 0)


def _is_set(signal: str, row: SignalRow) -> bool:
    """Whether a yes-or-no signal is known to say yes."""
    reading = row.readings[signal]
    return reading.state == "known" and reading.value >= 0.5


def _quiet(closes: int, rule: LayerTwo | LayerThree) -> str:
    """How near a layer is to its end."""
    needed = spoken.count(rule.quiet_closes, "quiet close")
    return f"; {closes} of {needed} ({words_of(rule.quiet)})"


def _on(since: str) -> str:
    """`29 January 2018` of the session as it is remembered."""
    return day(date.fromisoformat(since)) if since else "before"


def percent_of(fraction: float) -> str:
    """`12.5 %` of 0.125."""
    return f"{100.0 * fraction:.1f} %"


def _seen(readings: Mapping[str, Reading]) -> str:
    return ", ".join(clause(name, reading) for name, reading in readings.items())
