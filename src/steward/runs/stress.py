"""The book of a run at a session, or a standard one, through episodes and over the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from steward.analytics.stress import book, grid, replaying, states
from steward.analytics.stress.episodes import (
    EPISODES,
    Episode,
    EpisodePath,
    path_from,
    path_of,
)
from steward.analytics.stress.grid import Grid
from steward.analytics.stress.replaying import Held
from steward.intake.vxo import early_closes
from steward.market.history import History
from steward.market.quotes import Chain
from steward.pricing.modelled import ModelledMarket
from steward.rules import ruleset
from steward.runs import result as runs_result
from steward.terms import calendar
from steward.terms.contracts import E4, OptionContract
from steward.terms.errors import StewardError
from steward.terms.trades import Lot, Purpose

Progress = Callable[[str, int, int], None]

STANDARD_CONDORS = 10
SHORT_DELTA, WING_SHARE = 0.16, 0.02
CONDOR_DAYS = 45
SAME_CLOSE = 0.005
"""Index points by which the close of a run may differ from that of the data: rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StressBook:
    """What is put through the shocks.

    title    a sentence on it           equity  of its account, cents; None: it has none
    run_id   of the run; "" for the standard book
    missing  what the standard book should hold and cannot, in a sentence; "" else
    """

    title: str
    session: date
    lots: tuple[Lot, ...]
    equity: int | None
    run_id: str = ""
    ledger: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """An episode that the data at hand do not hold, and what would."""

    episode: Episode
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stressed:
    """Everything of one book; every value is modelled.

    spx, vix   closes of its session, points
    simulated  what made them, where no market ever showed them: then every value is simulated
    """

    book: StressBook
    data: str
    spx: float
    vix: float
    episodes: tuple[Held, ...]
    not_reached: tuple[NotReached, ...]
    grids: tuple[Grid, ...]
    simulated: str = ""

    @property
    def quality(self) -> str:
        """Of every value: modelled, or simulated where its closes are."""
        return "simulated" if self.simulated else "modelled"


def stressed(
    history: History,
    held: StressBook,
    *,
    folder: Path | None = None,
    names: Sequence[str] = (),
    progress: Progress | None = None,
) -> Stressed:
    """A book through episodes and over the grid.

    folder  the data folder of the history, where it is one: for the years before VIX
    names   of episodes; none: all of them, and the grid; else these alone
    Closes that are simulated hold no episode of history.
    Raises StewardError for a name that is none, and where the data reach no episode that is named.
    """
    wanted = _chosen(names)
    known = states.bare(history, held.session)
    found: list[Held] = []
    lacking: list[NotReached] = []
    for number, episode in enumerate(wanted):
        if progress is not None:
            progress(f"episode {episode.name}", number, len(wanted))
        path = _path(history, episode, folder)
        if path is None:
            lacking.append(NotReached(episode=episode, why=_way_out(history, episode)))
        else:
            found.append(replaying.hold(known, held.lots, path))

    if names and not found:
        raise StewardError("; ".join(f"--episode {one.episode.name}: {one.why}" for one in lacking))

    def filling(done: int, total: int) -> None:
        if progress is not None:
            progress("grid", done, total)

    made = () if names else grid.grids(known, held.lots, progress=filling)
    return Stressed(
        book=held,
        data=history.label,
        spx=float(known.spx.close[-1]),
        vix=float(known.vix.close[-1]),
        episodes=tuple(found),
        not_reached=tuple(lacking),
        grids=made,
        simulated=history.simulated,
    )


def _chosen(names: Sequence[str]) -> tuple[Episode, ...]:
    by_name = {episode.name: episode for episode in EPISODES}
    short = {name.split("..")[0]: episode for name, episode in by_name.items()}
    for name in names:
        if name not in by_name and name not in short:
            raise StewardError(f"--episode {name}: no such episode; there are {', '.join(by_name)}")
    found = (by_name.get(name) or short[name] for name in names)
    return tuple(dict.fromkeys(found)) if names else EPISODES


def _path(history: History, episode: Episode, folder: Path | None) -> EpisodePath | None:
    if history.simulated:
        return None
    found = path_of(history, episode)
    if found is not None or folder is None or episode.first >= calendar.FIRST_DAY:
        return found
    early = early_closes(folder)
    if early is None:
        return None
    days = np.array(early.days, dtype="datetime64[D]")
    first, last = np.datetime64(episode.first), np.datetime64(episode.last)
    rows = np.flatnonzero((days >= first) & (days <= last))
    if not rows.size or rows[0] == 0 or days[-1] < last:
        return None
    return path_from(
        episode, early.spx[rows[0] - 1], early.vxo[rows[0] - 1], early.spx[rows], early.vxo[rows]
    )


def _way_out(history: History, episode: Episode) -> str:
    if history.simulated:
        return "the closes of these data are simulated, no episode of history is in them"
    return (
        f"{episode.needs}; bring them with --data DIR (these are {history.sessions[0]} to "
        f"{history.sessions[-1]})"
    )


# --- books ---------------------------------------------------------------------------------------


def book_of_run(
    folder: Path, history: History, *, as_of: date | None = None, ledger: str | None = None
) -> StressBook:
    """The book of a run after a session, from its journal.

    as_of   the last session of the run not after that day; None: the last one on which it held
            something    ledger  None: that of the run's rules
    Raises StewardError for a folder that is no run, a day outside of it, a ledger that it does not
    have, a session without holdings, and closes that are not those of the run.
    """
    run = runs_result.read(folder)
    name = ledger or str(run.manifest["main"])
    own = run.equity.filter(pl.col("ledger") == name).sort("session")
    if own.is_empty():
        names = ", ".join(run.equity["ledger"].unique().sort().to_list())
        raise StewardError(f"{folder}: has no ledger {name}; it has {names}")
    session = _session_of(folder, own, as_of)
    lots = book.held(run.journal, name, session)
    if not lots:
        busy = own.filter(
            pl.sum_horizontal(pl.col("condor", "layer_1", "layer_2", "layer_3").abs()) > 0
        )["session"]
        last = f"the last session with holdings is {busy[-1]}" if busy.len() else "it never does"
        raise StewardError(f"{folder}: ledger {name} holds nothing on {session}; {last}")
    row = own.filter(pl.col("session") == session).row(0, named=True)
    _same_closes(folder, history, session, row["spx"], row["vix"])
    return StressBook(
        title=f"Ledger {name} of the run {run.run_id[:8]} after {session}",
        session=session,
        lots=lots,
        equity=int(row["equity"]),
        run_id=run.run_id,
        ledger=name,
    )


def _session_of(folder: Path, own: pl.DataFrame, as_of: date | None) -> date:
    sessions: list[date] = own["session"].to_list()
    if as_of is None:
        held = own.filter(pl.col("condor") != 0)["session"]
        return held[-1] if held.len() else sessions[-1]
    before = [day for day in sessions if day <= as_of]
    if not before or as_of > calendar.next_session(sessions[-1]):
        raise StewardError(
            f"{folder}: runs from {sessions[0]} to {sessions[-1]}; choose --as-of in that span"
        )
    return before[-1]


def _same_closes(folder: Path, history: History, session: date, spx: float, vix: float) -> None:
    try:
        row = history.index(session)
    except KeyError:
        here = None
    else:
        here = float(history.spx.close[row]), float(history.vix.close[row])
    if here is None or abs(here[0] - spx) > SAME_CLOSE or abs(here[1] - vix) > SAME_CLOSE:
        raise StewardError(
            f"{folder}: was made on other closes than these ({history.label}) on {session}: name "
            "its own data with --data"
        )


def standard_book(history: History, as_of: date | None = None) -> StressBook:
    """Ten condors and the hedge that the article's first layer asks for, at the model's prices.

    Condors of 45 days with shorts of 0.16 delta and wings 2 % of SPX farther out; VIX calls of 30
    delta in the shares of the base mix, as many as 12.5 % of the condors' greatest loss ask for.
    Raises StewardError for a day that is not in the data.
    """
    sessions = history.sessions
    if as_of is not None and (as_of < sessions[0] or as_of > calendar.next_session(sessions[-1])):
        raise StewardError(
            f"{as_of} lies outside of {history.label} ({sessions[0]} to {sessions[-1]}): choose a "
            "day in that span, or bring more data with --data DIR"
        )
    session = max(day for day in sessions if as_of is None or day <= as_of)
    known = states.bare(history, session)
    market = ModelledMarket(known)
    condor, worst = _condor(market, session, float(known.spx.close[-1]))
    calls = _calls(market, session, worst)
    return StressBook(
        title=f"A standard book on {session}: {STANDARD_CONDORS} condors"
        + (" and the article's first layer in VIX calls" if calls else ""),
        session=session,
        lots=(*condor, *calls),
        equity=None,
        missing="" if calls else "no VIX options were listed on that day, so it has no hedge",
    )


def _condor(market: ModelledMarket, session: date, spot: float) -> tuple[tuple[Lot, ...], float]:
    """The lots, and what they can lose at most, dollars."""
    listed = market.spx.expiries(session)
    expiry = min(
        listed, key=lambda e: (abs(calendar.days_to(session, e) - CONDOR_DAYS), e.root != "SPXW")
    )
    chain = market.spx.chain(session, expiry)
    if chain is None:
        raise StewardError(f"{session}: no series of SPX options is listed; choose a later day")
    legs: list[tuple[OptionContract, int, float]] = []
    widths, credit = [], 0.0
    for right, outwards in (("P", -1.0), ("C", 1.0)):
        side = chain.call == (right == "C")
        strikes, deltas = chain.strike[side], np.abs(chain.delta[side])
        mids = 0.5 * (chain.bid[side] + chain.ask[side])
        short = int(np.argmin(np.abs(deltas - SHORT_DELTA)))
        beyond = strikes * outwards > strikes[short] * outwards
        wanted = strikes[short] + outwards * WING_SHARE * spot
        wing = int(np.argmin(np.where(beyond, np.abs(strikes - wanted), np.inf)))
        widths.append(abs(float(strikes[wing] - strikes[short])))
        credit += float(mids[short] - mids[wing])
        legs += [
            (_option(chain, float(strikes[place]), right), sign, float(mids[place]))
            for place, sign in ((short, -1), (wing, 1))
        ]
    lots = tuple(
        _lot(f"condor-{n}", "condor", contract, sign * STANDARD_CONDORS, mid, session)
        for n, (contract, sign, mid) in enumerate(legs)
    )
    return lots, 100.0 * STANDARD_CONDORS * (max(widths) - credit)


def _calls(market: ModelledMarket, session: date, worst: float) -> tuple[Lot, ...]:
    hedge = ruleset.load("article").hedge
    listed = market.vix.expiries(session)
    if hedge is None or not listed:
        return ()
    ratio = hedge.layer_1.neutral_percent / 100.0
    mix = next(one for one in hedge.mixes if one.name == hedge.base_mix)
    found = []
    for name, share in sorted(mix.shares.items()):
        bucket = hedge.buckets[name]
        wanted = bucket.days_target or hedge.standard_call_days
        expiry = min(listed, key=lambda e: abs(calendar.days_to(session, e) - wanted))
        chain = market.vix.chain(session, expiry)
        if chain is None:
            continue
        side = np.flatnonzero(chain.call)
        place = side[int(np.argmin(np.abs(chain.delta[side] - hedge.delta)))]
        number = max(round(share * ratio * worst / (100.0 * chain.forward)), 1)
        mid = 0.5 * float(chain.bid[place] + chain.ask[place])
        contract = _option(chain, float(chain.strike[place]), "C")
        found.append(_lot(f"hedge-{name}", "layer_1", contract, number, mid, session))
    return tuple(found)


def _option(chain: Chain, strike: float, right: str) -> OptionContract:
    return OptionContract(
        root=chain.expiry.root,
        expiry=chain.expiry.day,
        strike=strike,
        right="C" if right == "C" else "P",
        settlement=chain.expiry.settlement,
    )


def _lot(
    name: str, purpose: Purpose, contract: OptionContract, quantity: int, mid: float, day: date
) -> Lot:
    price = round(mid * E4)
    return Lot(
        lot_id=name,
        structure_id=name.split("-")[0],
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=price,
        opened=day,
        variation_price=price,
    )
