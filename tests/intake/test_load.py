"""Opening a market: which history, which quotes, what a manifest must know of their files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.load import Market, open_market
from steward.market.vendors.arch_history import arch_history
from steward.pricing.quoted import QuotedMarket
from steward.terms.contracts import Expiry, OptionContract
from steward.terms.errors import StewardError

from .chain_csv import EXPIRY, write

DAYS = (date(2018, 2, 1), date(2018, 2, 2), date(2018, 2, 5))
SERIES = Expiry(root="SPXW", day=EXPIRY, settlement="PM")
PUT = OptionContract(root="SPXW", expiry=EXPIRY, strike=2600.0, right="P", settlement="PM")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("chains") / "made_up.csv", (*DAYS, EXPIRY))


@pytest.fixture(scope="module")
def quoted(file: Path) -> Market:
    return open_market(data=None, chains=[file])


def test_without_anything_the_market_is_the_embedded_history_and_its_model() -> None:
    market, history = open_market(data=None), arch_history()
    assert market.kind == "modelled"
    assert market.embedded
    assert market.quotes is market.model
    assert market.hashes == history.file_hashes
    assert market.notes == history.notes
    assert market.quarantined == history.quarantined
    assert market.history.sessions == history.sessions


def test_with_chains_the_quotes_are_real_and_the_manifest_knows_their_file(
    quoted: Market, file: Path
) -> None:
    assert quoted.kind == "quoted"
    assert quoted.embedded
    assert isinstance(quoted.quotes, QuotedMarket)
    assert quoted.quotes.sessions == DAYS
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert quoted.hashes == {**arch_history().file_hashes, "made_up.csv": sha256}
    assert all(str(file.parent) not in name for name in quoted.hashes)
    assert quoted.quotes.expiries(DAYS[0], "SPX") == (SERIES,)


def test_rows_set_aside_of_all_files_are_counted(quoted: Market) -> None:
    """The settlement day's quotes are the last of the counts: two rights of 44 strikes."""
    before = arch_history().quarantined
    assert quoted.quarantined[: len(before)] == before
    last = quoted.quarantined[-1]
    assert (last.source, last.reason, last.rows) == (
        "made_up.csv",
        "a series that had settled by then",
        88,
    )


def test_a_page_is_told_what_real_quotes_are_and_are_not(quoted: Market) -> None:
    more = quoted.notes[len(arch_history().notes) :]
    assert any("made_up.csv (3 sessions, 2018-02-01 to 2018-02-05)" in note for note in more)
    assert any("16:15" in note and "16:00" in note for note in more)
    assert any("inferred from the root" in note for note in more)


def test_a_market_cut_off_knows_nothing_later_and_gives_the_same_quotes(quoted: Market) -> None:
    cut = quoted.until(DAYS[1])
    assert cut.history.sessions[-1] == DAYS[1]
    assert isinstance(cut.quotes, QuotedMarket)
    assert cut.quotes.sessions == DAYS[:2]
    assert max(cut.chains[0].quotes["session"]) == DAYS[1]
    assert (cut.kind, cut.embedded, cut.hashes) == ("quoted", True, quoted.hashes)
    for day in DAYS[:2]:
        assert cut.quotes.quote(day, PUT) == quoted.quotes.quote(day, PUT)
        one, other = cut.quotes.chain(day, SERIES), quoted.quotes.chain(day, SERIES)
        assert one is not None
        assert other is not None
        assert one.forward == other.forward
        np.testing.assert_array_equal(one.vol, other.vol)


def test_a_market_may_be_cut_before_its_first_quotes_but_not_before_its_first_session(
    quoted: Market,
) -> None:
    early = quoted.until(date(2016, 1, 4))
    assert early.kind == "quoted"
    assert early.quotes.expiries(date(2016, 1, 4), "SPX") == ()
    with pytest.raises(StewardError, match="2013-12-31 lies before the first session"):
        quoted.until(date(2013, 12, 31))


def test_a_modelled_market_cut_off_is_a_modelled_market() -> None:
    market = open_market(data=None)
    cut = market.until(DAYS[0])
    assert cut.quotes is cut.model
    assert cut.history.sessions[-1] == DAYS[0]
    assert cut.notes == market.notes


def one_line(error: pytest.ExceptionInfo[StewardError], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_what_is_not_there_or_of_the_wrong_kind_is_one_line(tmp_path: Path, file: Path) -> None:
    with pytest.raises(StewardError) as error:
        open_market(data=tmp_path / "nowhere")
    one_line(error, "nowhere", "--data")
    with pytest.raises(StewardError) as error:
        open_market(data=file)
    one_line(error, "made_up.csv", "not a folder")
    with pytest.raises(StewardError) as error:
        open_market(data=tmp_path)
    one_line(error, "index/spx_daily.csv")
    with pytest.raises(StewardError) as error:
        open_market(data=None, chains=[tmp_path / "nothing.csv"])
    one_line(error, "nothing.csv", "--chains")
    with pytest.raises(StewardError) as error:
        open_market(data=None, chains=[tmp_path])
    one_line(error, str(tmp_path), "is a folder", "--data")


def test_two_files_of_one_name_must_be_the_same_file(tmp_path: Path, file: Path) -> None:
    twin = tmp_path / "made_up.csv"
    twin.write_bytes(file.read_bytes())
    twice = open_market(data=None, chains=[file, twin])
    assert sum(q.rows for q in twice.quarantined if q.reason == "the same quote a second time") == (
        3 * 88
    )
    write(twin, DAYS, forward=2710.0)
    with pytest.raises(StewardError) as error:
        open_market(data=None, chains=[file, twin])
    one_line(error, "made_up.csv", "another name")


def test_two_files_that_contradict_each_other_are_refused(tmp_path: Path, file: Path) -> None:
    other = write(tmp_path / "other.csv", DAYS[:1], forward=2710.0)
    with pytest.raises(StewardError) as error:
        open_market(data=None, chains=[file, other])
    one_line(error, "other.csv, line", "made_up.csv, line", "SPXW 2018-02-28")


def test_chains_beside_the_history_are_refused(tmp_path: Path) -> None:
    """The embedded history ends with 2018; on the series' settlement day nothing can be used."""
    only_settled = write(tmp_path / "settled.csv", [EXPIRY])
    with pytest.raises(StewardError) as error:
        open_market(data=None, chains=[only_settled])
    one_line(error, "settled.csv", "2018-02-28", "2018-12-31", "--data DIR")


def test_the_real_chain_file_opens_on_either_history(shared_data: Path) -> None:
    real = shared_data / "chains" / "spxw_eod_2018-01_2018-02.csv"
    embedded = open_market(data=None, chains=[real])
    assert isinstance(embedded.quotes, QuotedMarket)
    assert len(embedded.quotes.sessions) == 38
    folder = open_market(data=shared_data, chains=[real])
    assert not folder.embedded
    assert isinstance(folder.quotes, QuotedMarket)
    assert folder.quotes.sessions == embedded.quotes.sessions
    assert folder.hashes[real.name] == embedded.hashes[real.name]
    assert folder.quotes.futures(DAYS[2]) == folder.model.futures(DAYS[2])
    assert len(folder.quotes.futures(DAYS[2])) >= 7


def test_a_real_leg_without_a_quote_is_marked_from_its_own_series_and_flagged(
    shared_data: Path,
) -> None:
    """In the crash of 2018-02-05 fourteen puts were written 0 at 0: no quote, and no value of 0."""
    real = shared_data / "chains" / "spxw_eod_2018-01_2018-02.csv"
    market = open_market(data=None, chains=[real])
    chain = market.quotes.chain(DAYS[2], SERIES)
    assert chain is not None
    calls, puts = chain.strike[chain.call], chain.strike[~chain.call]
    lacking = sorted(set(calls.tolist()) - set(puts.tolist()))
    assert len(lacking) == 14
    for strike in lacking:
        put = replace(PUT, strike=strike)
        assert market.quotes.quote(DAYS[2], put) is None
        mark = market.quotes.mark(DAYS[2], put)
        assert mark.quality == "modelled"
        assert -1.0 < mark.delta < 0.0
        call = market.quotes.quote(DAYS[2], replace(PUT, strike=strike, right="C"))
        assert call is not None
        # C - P = D (F - K), on the forward that the series' other quotes imply
        parity = call.mid_twice / 2 - 10_000 * chain.discount * (chain.forward - strike)
        # Above the forward to a hundredth of a point; below it the call, ten points wide, may say
        # less than its exercise value, and the neighbours' volatility stands in.
        near = 100 if strike >= chain.forward else (call.ask - call.bid) / 2
        assert mark.mid_twice / 2 == pytest.approx(parity, abs=near)
