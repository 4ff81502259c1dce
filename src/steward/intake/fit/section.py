"""What one fit leaves behind: a file of coefficients, and the errors that go on the model card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTable:
    """A table of the model card: cells are text, ready to print; no quote, no price, no level.

    key      stays the same from fit to fit, so that pages and checks can refer to it
    targets  what was to be reached, in words; empty where nothing was
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    targets: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the modelled market.

    name  of the file in `pricing/files`, without its ending      text  the whole file, TOML
    """

    name: str
    text: str
    tables: tuple[ErrorTable, ...]
