"""# written: two small fits over the files of a folder, for tests of what runs and writes them."""

from __future__ import annotations

from collections.abc import Callable

from steward.intake.fit.section import ErrorTable, Section
from steward.intake.fit.sources import Sources
from steward.market.paths import coefficients as path_coefficients
from steward.pricing import coefficients

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


def fit_on_lengths(sources: Sources, progress: Callable[..., None] | None = None) -> Section:
    """A later section: made of the one before it, and of a table that no fit makes."""
    found = coefficients.hash_of(coefficients.text("term") + coefficients.text("rates"))
    return Section(name="vx", text=f'made_of = "{found}"\n', tables=())


def fit_on_itself(sources: Sources, progress: Callable[..., None] | None = None) -> Section:
    return Section(name="vx", text=coefficients.text("vx"), tables=())


def fit_on_paths(sources: Sources, progress: Callable[..., None] | None = None) -> Section:
    return Section(name="vx", text=f"drift = {path_coefficients.model().drift}\n", tables=())
