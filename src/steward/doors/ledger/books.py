"""The books of a run folder: its journal with the state of the chain, and its equity table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from steward.doors import notebook
from steward.ledger import chain
from steward.runs import seal
from steward.terms.errors import LawBroken, StewardError

EVERY = "all"
"""What stands for every ledger of a run."""


NAMED = 4
"""Names beyond which a list of them is cut, where a part of one is enough: they are long."""


def unknown(option: str, value: str, known: Sequence[str], *, part: bool = False) -> StewardError:
    """The one way to say that a name is none: the option, the value, and the names there are.

    part  a part of a name would have been enough
    """
    if not known:
        return StewardError(f"{option} {value}: no row of the run has one")
    some = known[:NAMED] if part else known
    more = f", and {len(known) - len(some):,} more" if len(known) > len(some) else ""
    of = "is part of none of" if part else "is none of"
    return StewardError(f"{option} {value}: {of} {', '.join(some)}{more}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A run folder as a reader of its money needs it.

    main     the ledger of the run's rules
    priced   what its prices are, in a sentence; "" where every one was quoted or settled
    heads    the last hash of each ledger; empty where the chain is broken
    broken   why it is; None: it is whole
    """

    run_id: str
    main: str
    priced: str
    journal: pl.DataFrame
    equity: pl.DataFrame
    heads: Mapping[str, str]
    broken: LawBroken | None

    @property
    def ledgers(self) -> list[str]:
        """In the order of the journal."""
        return [str(name) for name in self.journal["ledger"].unique(maintain_order=True)]

    def named(self, asked: Sequence[str]) -> list[str]:
        """The ledgers that these words mean, in the order of the run; no word: the main one.

        Raises StewardError for one that the run does not have.
        """
        known = self.ledgers
        for name in asked:
            if name not in known and name != EVERY:
                raise unknown("--ledger", name, [*known, EVERY])
        wanted = set(asked or [self.main])
        every = EVERY in wanted - set(known)
        return [name for name in known if every or name in wanted]

    def of(self, names: Sequence[str]) -> pl.DataFrame:
        """The journal of these ledgers."""
        return self.journal.filter(pl.col("ledger").is_in(names))

    def around(self, first: date | None, last: date | None) -> list[date]:
        """The nearest sessions before and after a span that holds none; empty where it holds one.

        None  an end of the span that is open
        """
        days = self.equity["session"].unique().sort().to_list()
        before = [] if first is None else [day for day in days if day < first][-1:]
        after = [] if last is None else [day for day in days if day > last][:1]
        inside = any((first or date.min) <= day <= (last or date.max) for day in days)
        return [] if inside else [*before, *after]

    def whole(self) -> None:
        """Raises LawBroken, which names the row, where the chain is broken."""
        if self.broken is not None:
            raise self.broken


def opened(run: Path) -> Books:
    """Raises StewardError for a folder that is no run, or a table of it that cannot be read."""
    result = notebook.read_run(run, judged=True)
    heads: Mapping[str, str] = {}
    broken = None
    try:
        found = chain.check(result.journal)
        other = seal.broken(run, result.run_id, {seal.JOURNAL: result.journal})
        if other:  # each row builds on the one before: cut at its end, or made anew as a whole
            raise LawBroken(chain.CHAIN, f"the journal {other[seal.JOURNAL]}")
        heads = found
    except LawBroken as law:
        broken = law
    return Books(
        run_id=result.run_id,
        main=str(result.manifest["main"]),
        priced=result.priced,
        journal=result.journal,
        equity=result.equity,
        heads=heads,
        broken=broken,
    )
