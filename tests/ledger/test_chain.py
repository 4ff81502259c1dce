"""The chain by its definition, with `hashlib` and `json` alone, and every way to break it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger import chain
from steward.ledger.journal import Event, Journal
from steward.market.tables import JOURNAL
from steward.terms.errors import LawBroken

from .desk import FRIDAY, MONDAY, THURSDAY


def chained(rows: pl.DataFrame) -> list[str]:
    """By the definition in `ledger.chain` and docs: a line of JSON a row, without its own hash."""
    head = hashlib.sha256(f"journal of {rows['ledger'][0]}".encode()).hexdigest()
    found = []
    for row in rows.drop("hash").iter_rows(named=True):
        told = {name: str(x) if name == "session" else x for name, x in row.items()}
        line = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        head = hashlib.sha256(f"{head}\n{line}".encode()).hexdigest()
        found.append(head)
    return found


def journal(ledger: str = "test", reason: str = "capital") -> pl.DataFrame:
    made = Journal(ledger)
    made.add(THURSDAY, Event(event="flow", purpose="flow", cause="flow", cash=9, reason=reason))
    made.add(FRIDAY, Event(event="fee", purpose="fee", cause="condor", cash=-2, lot_id="1.1"))
    made.add(FRIDAY, Event(event="mark", purpose="condor", cause="condor", value=-3))
    made.add(MONDAY, Event(event="interest", purpose="interest", cause="cash", cash=1))
    return made.frame()


def test_anybody_can_make_the_chain_again() -> None:
    frame = journal(reason='a "word", a back\\slash, Zürich, naïve 日本, tab\t, line\n, bell\x07')
    assert frame["hash"].to_list() == chained(frame)
    assert chain.check(frame) == {"test": chained(frame)[-1]}


def test_the_first_link_by_hand() -> None:
    """`printf 'journal of test' | sha256sum`."""
    assert chain.first_link("test") == (
        "81dc9d124bb247137e247ab553e1c9bec490479ae5bf00f6d48f7f8c47d5ad54"
    )


@given(st.lists(st.tuples(st.text(), st.integers(-(2**63) + 1, 2**63 - 1)), max_size=8), st.text())
def test_the_chain_of_any_texts(rows: list[tuple[str, int]], ledger: str) -> None:
    made = Journal(ledger)
    for reason, price in rows:
        made.add(
            FRIDAY,
            Event(event="end", purpose="condor", cause="condor", reason=reason, price=price),
        )
    frame = made.frame()
    if rows:
        assert frame["hash"].to_list() == chained(frame)
        assert chain.check(frame) == {ledger: frame["hash"][-1]}
    else:
        assert chain.check(frame) == {}


def changed(frame: pl.DataFrame, row: int, name: str, value: object) -> pl.DataFrame:
    values = frame[name].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(name, values, dtype=JOURNAL[name]))


def without(frame: pl.DataFrame, row: int) -> pl.DataFrame:
    return frame.filter(pl.col("sequence") != row)


def in_order(frame: pl.DataFrame, *places: int) -> pl.DataFrame:
    return frame[list(places)]


def made_anew(frame: pl.DataFrame) -> pl.DataFrame:
    """Numbered anew by somebody who does not know of the hashes."""
    return frame.with_columns(pl.Series("sequence", range(frame.height), dtype=pl.Int64()))


FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "cash by a cent": (lambda f: changed(f, 1, "cash", -1), "2018-02-02: row 1"),
    "a session": (lambda f: changed(f, 3, "session", FRIDAY), "2018-02-02: row 3"),
    "a null where a word was": (lambda f: changed(f, 1, "lot_id", None), "2018-02-02: row 1"),
    "a word where a null was": (lambda f: changed(f, 2, "lot_id", ""), "2018-02-02: row 2"),
    "the number of a row": (lambda f: changed(f, 2, "sequence", 5), "2018-02-02: row 5"),
    "a hash": (lambda f: changed(f, 2, "hash", "0" * 64), "2018-02-02: row 2"),
    "the first row": (lambda f: changed(f, 0, "reason", "gift"), "2018-02-01: row 0"),
    "taken out": (lambda f: without(f, 1), "2018-02-02: row 2"),
    "taken out and numbered anew": (lambda f: made_anew(without(f, 1)), "2018-02-02: row 1"),
    "the first taken out": (lambda f: made_anew(without(f, 0)), "2018-02-02: row 0"),
    "put in twice": (lambda f: in_order(f, 0, 1, 1, 2, 3), "2018-02-02: row 1"),
    "put in and numbered anew": (
        lambda f: made_anew(in_order(f, 0, 1, 1, 2, 3)),
        "2018-02-02: row 2",
    ),
    "moved": (lambda f: in_order(f, 0, 2, 1, 3), "2018-02-02: row 2"),
    "moved and numbered anew": (lambda f: made_anew(in_order(f, 0, 2, 1, 3)), "2018-02-02: row 1"),
    "two values under one sum": (
        lambda f: changed(changed(f, 1, "cash", -3), 2, "value", -2),
        "2018-02-02: row 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_is_not_the_one_that_was_written_is_named(fault: str) -> None:
    change, said = FAULTS[fault]
    with pytest.raises(LawBroken) as caught:
        chain.check(change(journal()))
    assert caught.value.law == chain.CHAIN
    assert caught.value.event == (
        f"ledger test, session {said} is not the one that was written there"
    )


def test_the_law_has_its_name() -> None:
    with pytest.raises(LawBroken) as caught:
        chain.check(changed(journal(), 1, "cash", -1))
    assert str(caught.value).startswith(
        "law broken (chain: each row of a journal builds on the one before): ledger test, "
    )


def test_every_ledger_has_a_chain_of_its_own() -> None:
    one, other = journal("static"), journal("article")
    heads = chain.check(pl.concat([one, other]))
    assert heads == {"static": chained(one)[-1], "article": chained(other)[-1]}
    assert heads["static"] != heads["article"]  # the rows are equal, the names are not
    mixed = pl.concat([one, other])[[0, 4, 1, 5, 2, 6, 3, 7]]
    assert chain.check(mixed) == heads
    with pytest.raises(LawBroken, match="ledger article, session 2018-02-02: row 1"):
        chain.check(pl.concat([one, changed(other, 1, "cash", -1)]))


def test_ledgers_are_looked_at_in_the_order_of_their_first_rows() -> None:
    names = ["static", "article", "cash", "unhedged", "b", "a", "d", "c"]
    whole = pl.concat([journal(name) for name in names])
    assert list(chain.check(whole)) == names
    other = pl.when(pl.col("ledger") == "static").then(pl.col("cash")).otherwise(5)
    with pytest.raises(LawBroken, match="ledger article, "):
        chain.check(whole.with_columns(other.alias("cash")))


def test_a_renamed_ledger_is_found() -> None:
    renamed = journal("static").with_columns(pl.lit("article").alias("ledger"))
    with pytest.raises(LawBroken, match="ledger article, session 2018-02-01: row 0"):
        chain.check(renamed)


def test_what_is_cut_off_shows_in_the_last_hash_alone() -> None:
    """A journal that ends early is a journal too; its head is not the one that was noted."""
    whole = journal()
    assert chain.check(whole.head(3)) == {"test": whole["hash"][2]}
    assert chain.check(whole)["test"] != whole["hash"][2]


def test_hashes_go_on_from_any_row() -> None:
    frame = journal()
    later = chain.hashes(frame[2:], before=frame["hash"][1])
    assert later == frame["hash"].to_list()[2:]
    assert chain.hashes(frame[:0], before="anything") == []
