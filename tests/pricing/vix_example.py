"""The worked examples that Cboe prints: quotes, steps and results, in three editions."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
COLUMNS = ("strike", "call_bid", "call_ask", "put_bid", "put_ask")
TERMS = ("near", "next")
EDITIONS = ("methodology", "2014")
"""Of one list of quotes."""

Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def rows(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def quotes(term: str, name: str = "vix_example_quotes.csv") -> Columns:
    """Columns as `strip_variance` takes them."""
    own = [row for row in rows(name) if row["term"] == term]
    found = [np.array([float(row[column]) for row in own]) for column in COLUMNS]
    return found[0], found[1], found[2], found[3], found[4]


def printed(term: str) -> list[dict[str, str]]:
    """Strike, price, width and contribution of each selected option."""
    return [row for row in rows("vix_example_contributions.csv") if row["term"] == term]


def result(edition: str, what: str, term: str) -> float:
    (row,) = [
        one
        for one in rows("vix_example_results.csv")
        if (one["edition"], one["what"]) == (edition, what)
    ]
    return float(row[term])


def pair(edition: str, what: str) -> tuple[float, float]:
    return result(edition, what, "near"), result(edition, what, "next")


def write(folder: Path) -> tuple[Path, Path]:
    """The two tables as files that `steward vix` takes."""
    paths = folder / "near.csv", folder / "next.csv"
    for term, path in zip(TERMS, paths, strict=True):
        own = [row for row in rows("vix_example_quotes.csv") if row["term"] == term]
        lines = [",".join(row[name] for name in COLUMNS) for row in own]
        path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return paths
