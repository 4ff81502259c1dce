"""Open a market: the history of a folder or the embedded one, and quotes modelled or real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import polars as pl

from steward.intake.chain_file import read_chains
from steward.intake.stored import STORE, TAKEN, StoredQuotes, stored_quotes
from steward.market.cache import Progress
from steward.market.history import History, Quarantined
from steward.market.quotes import ChainFile, QuoteSource
from steward.market.store import Store
from steward.market.store_folder import is_store
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.store_history import store_history
from steward.pricing.derived import Derived, open_derived
from steward.pricing.modelled import ModelledMarket
from steward.pricing.quoted import QuotedMarket
from steward.pricing.quoted_rows import rows_of_cache, rows_of_files
from steward.pricing.simulated.market import market_of
from steward.terms.errors import StewardError

Kind = Literal["modelled", "quoted"]

CLOCK_NOTE = (
    "Real quotes are of 16:15, the index of 16:00: forwards come from put-call parity of the "
    "quotes themselves, vols and deltas from their mids; a delta of the file is not used."
)
EARLY_NOTE = (
    "On {} of the sessions real quotes are of 15:45 or 15:46: older than the index beside them, "
    "and never younger than a decision that they fill."
)
CONTRADICTED_NOTE = (
    "On {} quotes the files of the store contradict each other; {}. `steward data check` names "
    "these files by month."
)
INFERRED_NOTE = "Chains: AM or PM settlement is not in the file; it is inferred from the root."


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Everything that a run reads.

    quotes       what may be traded and how it is marked    model  the modelled market behind it
    hashes       sha256 by file name, of the history and of the chains
    quarantined  rows that are not used, counted by file and reason
    notes        what a page must say of this data
    chains       the real chain files, where there are some
    stored       the real quotes of a store, where one was given
    embedded     the history is the embedded default, not a folder's
    """

    history: History
    quotes: QuoteSource
    model: ModelledMarket
    hashes: Mapping[str, str]
    quarantined: tuple[Quarantined, ...]
    notes: tuple[str, ...]
    kind: Kind
    chains: tuple[ChainFile, ...] = ()
    stored: StoredQuotes | None = None
    embedded: bool = False

    @property
    def sources(self) -> tuple[Mapping[str, str | int], ...]:
        """Of each file of real quotes what was read, kept and set aside (R12)."""
        given = [
            (c.name, c.sha256, c.read, c.quotes.height, sum(q.rows for q in c.quarantined))
            for c in self.chains
        ]
        held = self.stored.records if self.stored is not None else ()
        given += [(r.name, r.sha256, r.read, r.kept, sum(r.not_kept.values())) for r in held]
        names = ("name", "sha256", "read", "kept", "quarantined")
        return tuple(dict(zip(names, one, strict=True)) for one in given)

    def until(self, session: date) -> Market:
        """The same market cut off after `session`: nothing known later is in it (law 1).

        Raises StewardError before the first session.
        """
        first = self.history.sessions[0]
        if session < first:
            raise StewardError(f"{session} lies before the first session ({first}): cut later")
        known = tuple(
            replace(chain, quotes=chain.quotes.filter(pl.col("session") <= session))
            for chain in self.chains
        )
        return _join(self.history.until(session), known, self.stored, embedded=self.embedded)


def open_market(
    *,
    data: Path | None,
    chains: Sequence[Path] = (),
    progress: Progress | None = None,
    spare: Path | None = None,
) -> Market:
    """The market of a data folder or a store, or of the embedded default when `data` is None.

    chains  files of real quotes, or one store: with them SPX options are traded at these quotes
            and at nothing else, and the model only marks what they lack
    progress  told while a store's cache is made, once
    spare     a folder for the cache of a store that cannot be written to; None: there is none
    Raises StewardError, one line, for what is not there or of the wrong kind, for what its reader
    refuses, for two different files of one name, and for chains without a session of the history.
    """
    history = arch_history() if data is None else _history(data)
    if history.simulated and chains:
        raise StewardError(
            f"{data}: is simulated ({history.simulated}); real quotes do not belong to its closes: "
            "leave out --chains"
        )
    stored = None
    if any(is_store(path) for path in chains):
        if len(chains) > 1:
            raise StewardError("--chains takes files, or one store: import them into it")
        stored, chains = stored_quotes(Store(chains[0]), progress, spare), ()
    files = tuple(chain for path in chains for chain in read_chains(_file(path)))
    columns = stored.columns if stored else ()
    derived = [open_derived(one, history, progress, spare) for one in columns]
    market = _join(history, files, stored, embedded=data is None, derived=derived)
    if isinstance(market.quotes, QuotedMarket) and not market.quotes.sessions:
        raise StewardError(_nothing_in_common(history, files, stored))
    return market


def _history(data: Path) -> History:
    return store_history(Store(data)) if is_store(data) else folder_history(data)


def _join(
    history: History,
    chains: tuple[ChainFile, ...],
    stored: StoredQuotes | None,
    *,
    embedded: bool,
    derived: Sequence[Derived] = (),
) -> Market:
    """derived  of the store's columns; none after a cut, where each series is worked out anew"""
    model = market_of(history)
    hashes = _hashes(history, chains, stored)
    if not chains and stored is None:
        return Market(
            history=history,
            quotes=model,
            model=model,
            hashes=hashes,
            quarantined=history.quarantined,
            notes=history.notes,
            kind="modelled",
            embedded=embedded,
        )
    rows = [rows_of_files(history, chains)] if chains else []
    set_aside = [row for chain in chains for row in chain.quarantined]
    if stored is not None:
        known: Sequence[Derived | None] = derived or [None] * len(stored.columns)
        rows += [
            rows_of_cache(history, columns, STORE, implied)
            for columns, implied in zip(stored.columns, known, strict=True)
        ]
        set_aside += stored.quarantined
    quotes = QuotedMarket(history, rows, model)
    return Market(
        history=history,
        quotes=quotes,
        model=model,
        hashes=hashes,
        quarantined=(*history.quarantined, *set_aside, *quotes.left_out),
        notes=(*history.notes, *_notes(quotes, chains, stored)),
        kind="quoted",
        chains=chains,
        stored=stored,
        embedded=embedded,
    )


def _notes(
    quotes: QuotedMarket, chains: tuple[ChainFile, ...], stored: StoredQuotes | None
) -> tuple[str, ...]:
    """What a page must say of real quotes."""
    days, vix = quotes.sessions, quotes.vix_sessions
    span = f"{len(days)} sessions, {days[0]} to {days[-1]}" if days else "no session"
    names = list(dict.fromkeys(c.name for c in chains)) if stored is None else [STORE]
    on_vix = (
        f"VIX options: on {len(vix)} sessions ({vix[0]} to {vix[-1]}) only as quoted, on others "
        "modelled."
        if vix
        else "VIX options are modelled."
    )
    covered = (
        f"SPX options trade only as quoted in {', '.join(names)} "
        f"({span}): on these sessions only its series and strikes, on others none. What is held "
        f"without a quote is marked by the model, flagged. {on_vix}"
    )
    inferred = any((c.quotes["settlement_source"] == "inferred").any() for c in chains)
    inferred |= stored is not None and stored.inferred
    apart = 0 if stored is None else stored.contradicted
    early = sum(chain.early for chain in chains) + (0 if stored is None else stored.early)
    said = dict.fromkeys(f"{c.name}: {sentence}." for c in chains for sentence in c.inferred)
    return (
        covered,
        CLOCK_NOTE,
        *((EARLY_NOTE.format(early),) if early else ()),
        *((CONTRADICTED_NOTE.format(f"{apart:,}", TAKEN),) if apart else ()),
        *((INFERRED_NOTE,) if inferred else ()),
        *said,
    )


def _hashes(
    history: History, chains: tuple[ChainFile, ...], stored: StoredQuotes | None
) -> Mapping[str, str]:
    found = dict(history.file_hashes)
    if stored is not None:
        found[STORE] = stored.sha256
    for chain in chains:
        if found.setdefault(chain.name, chain.sha256) != chain.sha256:
            raise StewardError(
                f"two different files are named {chain.name}: give one of them another name, so "
                "that a manifest can tell them apart"
            )
    return MappingProxyType(found)


def _file(path: Path) -> Path:
    if not path.exists():
        raise StewardError(f"{path}: does not exist; give a file of quotes with --chains FILE")
    if path.is_dir():
        raise StewardError(
            f"{path}: is a folder and no store; --chains takes a file of option quotes or a store "
            "(a folder of daily series goes to --data)"
        )
    return path


def _nothing_in_common(
    history: History, chains: tuple[ChainFile, ...], stored: StoredQuotes | None
) -> str:
    days = {day for chain in chains for day in chain.quotes["session"]}
    days |= {day for columns in stored.columns for day in columns.sessions} if stored else set()
    names = [chain.name for chain in chains] if stored is None else [STORE]
    return (
        f"{', '.join(names)}: quotes of {min(days)} to {max(days)}, none of SPX "
        f"usable on a session of the history ({history.label}, {history.sessions[0]} to "
        f"{history.sessions[-1]}): bring daily series of the same days with --data DIR"
    )
