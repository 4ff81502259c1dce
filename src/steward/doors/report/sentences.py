"""Every session's sentence, small: its wording once, its numbers session by session.

The reasons of a rule differ from day to day in their numbers alone. A wording is kept as the parts
between its numbers; a number that never changes within a wording is part of it, and one that
always equals another is written once. So no sentence is dropped, and none is shown with the
numbers of another day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Packed = dict[str, Any]

NUMBER = re.compile(r"(?<![\w.])(?:\d{4}-\d\d-\d\d|[-+−]?\d+(?:[.,]\d+)*)")
"""A number or a day, not the figures inside a name such as `vix_sma_20`."""


def pack(sentences: Sequence[str | None]) -> Packed:
    """Of one rule, one entry a session (None: none was said).

    wordings  each a list of parts and, between them, which number of the session stands there
    of        the wording of each session, -1 for none
    numbers   those of all sessions as one text: sessions apart by `|`, numbers by a space
    """
    order: dict[tuple[str, ...], int] = {}
    of = []
    rows: list[tuple[str, ...]] = []
    for sentence in sentences:
        if sentence is None:
            of.append(-1)
            rows.append(())
            continue
        of.append(order.setdefault(tuple(NUMBER.split(sentence)), len(order)))
        rows.append(tuple(NUMBER.findall(sentence)))
    members: list[list[int]] = [[] for _ in order]
    for row, wording in enumerate(of):
        if wording >= 0:
            members[wording].append(row)
    numbers = [""] * len(of)
    wordings = []
    for parts, own in zip(order, members, strict=True):
        folded, kept = _folded(parts, list(zip(*(rows[row] for row in own), strict=True)))
        wordings.append(folded)
        for place, row in enumerate(own):
            numbers[row] = " ".join(column[place] for column in kept)
    return {"wordings": wordings, "of": of, "numbers": "|".join(numbers)}


def _folded(
    parts: tuple[str, ...], columns: Sequence[tuple[str, ...]]
) -> tuple[Mapping[str, Any], list[tuple[str, ...]]]:
    """The wording with its constant numbers written in, and the columns that vary."""
    texts = [parts[0]]
    slots: list[int] = []
    kept: dict[tuple[str, ...], int] = {}
    for column, part in zip(columns, parts[1:], strict=True):
        if len(set(column)) == 1:
            texts[-1] += column[0] + part
            continue
        slots.append(kept.setdefault(column, len(kept)))
        texts.append(part)
    return {"parts": texts, "slots": slots}, list(kept)


def unpack(packed: Mapping[str, Any], row: int) -> str | None:
    """The sentence of one session, as the page's script makes it."""
    if packed["of"][row] < 0:
        return None
    wording = packed["wordings"][packed["of"][row]]
    numbers = packed["numbers"].split("|")[row].split(" ")
    said = str(wording["parts"][0])
    for slot, part in zip(wording["slots"], wording["parts"][1:], strict=True):
        said += numbers[slot] + part
    return said
