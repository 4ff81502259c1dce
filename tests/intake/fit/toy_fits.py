"""# written: two small fits over the files of a folder, for tests of what runs and writes them."""

from __future__ import annotations

from collections.abc import Callable

from steward.intake.fit.section import ErrorTable, Section
from steward.intake.fit.sources import Sources

TABLE = ErrorTable(
    key="lengths",
    title="Lengths of lines",
    columns=("file", "longest"),
    rows=(("a.csv", "3"),),
    note="A note.",
    targets="4",
)


def fit_lengths(sources: Sources, progress: Callable[..., None] | None = None) -> Section:
    if progress is not None:
        progress("reading", 0, 1)
    text = sources.path("a.csv").read_text(encoding="utf-8")
    longest = max(len(line) for line in text.splitlines())
    return Section(name="lengths", text=f"longest = {longest}\n", tables=(TABLE,))


def fit_counts(sources: Sources, progress: Callable[..., None] | None = None) -> Section:
    if progress is not None:
        progress("counting")
    lines = [len(p.read_text(encoding="utf-8").splitlines()) for p in sources.paths("*.csv")]
    return Section(name="counts", text=f"lines = {sum(lines)}\n", tables=())
