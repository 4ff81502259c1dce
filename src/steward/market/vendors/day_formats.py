"""What a vendor writes for days and clocks: the format that a file is in, the snapshot of a clock.

Some vendors' exports have days in one of several formats, the same in the whole file. Which one is
read off the first record, once; a later row in another format is set aside, never guessed.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import polars as pl

from steward.market.vendors.layout import Batch, CsvLayout
from steward.market.vendors.source import Source
from steward.terms import calendar
from steward.terms.errors import StewardError

SHAPES: Mapping[str, str] = {
    "%Y%m%d": r"^\d{8}$",
    "%Y-%m-%d": r"^\d{4}-\d{2}-\d{2}$",
    "%m/%d/%Y": r"^\d{1,2}/\d{1,2}/\d{4}$",
    "%m/%d/%Y %H:%M": r"^\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}$",
}
"""Formats that no text can be read by two of."""

CLOSE, HALF_DAY_CLOSE, AFTER_CLOSE = 16 * 60, 13 * 60, 15
"""Minutes after midnight, New York; options trade a quarter of an hour longer than shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedCsvLayout(CsvLayout):
    """A `CsvLayout` whose files have their days in one of several formats each.

    days  by the name of a cell of kind "day": the formats (of `SHAPES`) that it may have
    """

    days: Mapping[str, Sequence[str]]

    def read(self, source: Source) -> Iterator[Batch]:
        names = self.names(source.head)
        cells, optional = dict(self.cells), dict(self.optional)
        for name, formats in self.days.items():
            if name in names:
                group = cells if name in cells else optional
                group[name] = replace(group[name], format=self._format(source, name, formats))
        plain = {one.name: getattr(self, one.name) for one in fields(CsvLayout)}
        fixed = CsvLayout(**{**plain, "cells": cells, "optional": optional})
        yield from fixed.read(source)

    def _format(self, source: Source, name: str, formats: Sequence[str]) -> str:
        """The format of the first record; the first one where there is no record."""
        record = next((line for line in source.head.lines[1:] if line.strip()), None)
        if record is None:
            return formats[0]
        try:
            parts = next(csv.reader([record], delimiter=self.separator, skipinitialspace=True))
        except csv.Error as error:  # a line break of its own kind within the record
            raise StewardError(
                f"{source.shown}, line 2: no record of CSV ({error}); save the file again as CSV"
            ) from error
        place = self.names(source.head).index(name)
        text = parts[place].strip() if place < len(parts) else ""
        for one in formats:
            if re.match(SHAPES[one], text):
                return one
        raise StewardError(
            f"{source.shown}, line 2, column {name}: {text!r} is no day in a format that "
            f"{self.title} has ({', '.join(formats)})"
        )


@functools.cache
def half_days() -> tuple[date, ...]:
    """Sessions on which shares close at 13:00 New York."""
    days = calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY)
    return tuple(day for day in days if calendar.is_half_day(day))


def snapshot_of(session: pl.Expr, minutes: pl.Expr) -> pl.Expr:
    """The snapshot's name of a clock in New York: eod from the close of shares to that of options.

    minutes  whole ones after midnight
    On half days that is 13:00 to 13:15; 16:00 to 16:15 is then the vendor's label for the close.
    """
    half = session.is_in(list(half_days()))
    closes = minutes.is_between(CLOSE, CLOSE + AFTER_CLOSE)
    early = half & minutes.is_between(HALF_DAY_CLOSE, HALF_DAY_CLOSE + AFTER_CLOSE)
    hours = (minutes // 60).cast(pl.String).str.zfill(2)
    clock = hours + (minutes % 60).cast(pl.String).str.zfill(2)
    return pl.when(closes | early.fill_null(False)).then(pl.lit("eod")).otherwise(clock)
