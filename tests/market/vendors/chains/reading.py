"""Read a sample of one layout as the importer does, up to the rows that nobody judged yet."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from steward.intake.importing import opened
from steward.intake.opening import Found, find
from steward.market.vendors.columns import nothing_set_aside
from steward.market.vendors.layout import Layout
from steward.market.vendors.registry import recognise
from steward.market.vendors.source import Hints, Source


@dataclass(frozen=True)
class Sample:
    """What a layout's `read` gave: all batches joined."""

    layout: Layout
    source: Source
    rows: pl.DataFrame
    set_aside: pl.DataFrame
    read: int


def sample_file(path: Path, hints: Hints | None = None) -> Sample:
    """A real file (or the only member of an archive), by the layout that it is recognised as."""
    (found,) = find([path])
    return _sample(found, hints)


def sample_text(text: str | bytes, name: str = "sample.csv", hints: Hints | None = None) -> Sample:
    """A file with this content and name, never on the disk."""
    data = text.encode() if isinstance(text, str) else text
    found = Found(
        name=name,
        shown=name,
        path=Path(name),
        open=lambda: cast(BinaryIO, io.BytesIO(data)),
        size=len(data),
    )
    return _sample(found, hints)


def _sample(found: Found, hints: Hints | None) -> Sample:
    source = opened(found, hints or Hints())
    layout = recognise(source.head, source.shown)
    batches = list(layout.read(source))
    return Sample(
        layout=layout,
        source=source,
        rows=pl.concat([batch.rows for batch in batches]),
        set_aside=pl.concat([nothing_set_aside(), *(batch.set_aside for batch in batches)]),
        read=sum(batch.read for batch in batches),
    )
