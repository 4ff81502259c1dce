"""What became of the rows of one file, counted: the law that no row vanishes."""

from __future__ import annotations

from collections import Counter

import polars as pl

from steward.market import believe
from steward.market.tables import SET_ASIDE
from steward.terms.errors import LawBroken

SET_ASIDE_KEPT = 100_000
"""Rows a file whose text is kept where they are set aside; all of them are counted."""


class Tally:
    """Counts of one file; `check` is the law that no row vanishes."""

    def __init__(self) -> None:
        self.read = self.made = self.kept = self.elsewhere = 0
        self.unreadable: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()
        self.shown: list[pl.DataFrame] = []
        self._shown = 0

    def unreadable_rows(self, frame: pl.DataFrame) -> None:
        for reason, n in frame["reason"].value_counts().iter_rows():
            self.unreadable[_without_numbers(reason)] += n
        self._show(frame)

    def set_aside_rows(self, frame: pl.DataFrame) -> None:
        for reason, n in frame["reason"].value_counts().iter_rows():
            if reason == believe.NOT_OURS:
                self.elsewhere += n
            else:
                self.set_aside[reason] += n
        if "row" not in frame.columns:
            shown = frame.filter(pl.col("reason") != believe.NOT_OURS)
            texts = pl.concat_str(
                [
                    pl.col(n).cast(pl.String).fill_null("?")
                    for n in frame.columns
                    if n not in ("line", "reason")
                ],
                separator=" ",
            )
            frame = shown.select("line", "reason", row=texts)
        self._show(frame)

    def check(self, shown: str) -> None:
        said = self.kept + self.elsewhere + sum(self.set_aside.values())
        if said != self.made:
            raise LawBroken(
                "no row vanishes", f"{shown}: {self.made} rows, of which {said} are accounted for"
            )

    def _show(self, frame: pl.DataFrame) -> None:
        room = SET_ASIDE_KEPT - self._shown
        if frame.height and room > 0:
            self.shown.append(frame.head(room).select(list(SET_ASIDE)))
            self._shown += min(frame.height, room)


def _without_numbers(reason: str) -> str:
    """Reasons that name a count of fields are one reason."""
    return (
        "a row of another length than the header"
        if " fields, the header has " in reason
        else reason
    )


def nothing_kept(shown: str, tally: Tally) -> str:
    reasons = [f"{why}: {n}" for why, n in (tally.unreadable + tally.set_aside).most_common(4)]
    if tally.elsewhere:
        reasons.append(f"{believe.NOT_OURS}: {tally.elsewhere}")
    return (
        f"{shown}: no row of it can be used ({'; '.join(reasons) or 'there is none'}); "
        "nothing of it is in the store"
    )
