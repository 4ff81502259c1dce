"""Reading the Parquet parts of a store: one that is damaged or gone is named, with the way out.

What Polars and the system raise of a part says neither which of thousands it is nor which file it
came from; `naming_damage` finds both, when something has failed and not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from steward.terms.errors import StewardError

DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What reading a damaged part raises; a Rust panic is no `Exception`."""

MAGIC, SMALLEST = b"PAR1", 12
"""How Parquet begins and ends, and bytes of the smallest file."""

SHOWN_OF_ERROR = 120

Names = Mapping[str, str]
"""The name of the file that was imported, by the path of each of its parts from the root."""


@contextmanager
def naming_damage(root: Path, names: Names) -> Iterator[None]:
    """Raises StewardError for the first of these parts that cannot be read, if one cannot."""
    try:
        yield
    except DAMAGE:
        for path, name in names.items():
            refuse_unreadable(root, path, name)
        raise


def read(root: Path, path: str, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The rows of a part, all columns or these. Raises StewardError where it cannot be read."""
    with naming_damage(root, {path: name}):
        return pl.read_parquet(
            root / path, columns=None if columns is None else list(columns), glob=False
        )


def scan(root: Path, paths: Sequence[str]) -> pl.LazyFrame:
    """Parts one after the other; whoever collects it does so inside of `naming_damage`."""
    return pl.scan_parquet([root / path for path in paths], glob=False)


def refuse_cut(root: Path, names: Names) -> None:
    """Raises StewardError for the first part that is gone or has lost its end: for lazy readers.

    A look at four bytes a part; damage in the middle is seen when it is read.
    """
    for path, name in names.items():
        if why := _cut(root / path):
            raise damaged(root, path, name, why)


def refuse_unreadable(root: Path, path: str, name: str) -> None:
    """Raises StewardError where a part cannot be read to its end."""
    try:
        pl.read_parquet(root / path, glob=False)
    except DAMAGE as error:
        said = " ".join(str(error).split())[:SHOWN_OF_ERROR]
        raise damaged(root, path, name, _cut(root / path) or said) from error


def damaged(root: Path, path: str, name: str, why: str) -> StewardError:
    """The sentence on a part."""
    return StewardError(
        f"{root / path}: this part of the store {why if why == GONE else f'is damaged ({why})'}; "
        f"it is of the file {name}: import that again from where it lies, with "
        f"`steward data import PATH --to {root} --again`"
    )


GONE = "is gone"


def is_readable(root: Path, parts: Iterable[tuple[str, int]]) -> bool:
    """Whether each part (path from the root, rows) is there and says that it has so many rows."""
    return all(_cut(root / path) == "" and _height(root / path) == rows for path, rows in parts)


def _height(path: Path) -> int | None:
    """Rows by the metadata at the end of the file; None: they cannot be read."""
    try:
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    except DAMAGE:
        return None


def _cut(path: Path) -> str:
    """What is wrong with the end of a part; empty: nothing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < SMALLEST:
                return "it is cut off"
            file.seek(-len(MAGIC), 2)
            return "" if file.read() == MAGIC else "it is cut off"
    except FileNotFoundError:
        return GONE
    except OSError as error:
        return error.strerror or str(error)
