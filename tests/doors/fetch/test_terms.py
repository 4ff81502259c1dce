"""The terms of a publisher are shown once and accepted once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from steward.doors.fetch.catalogue import Catalogue, catalogue
from steward.doors.fetch.terms import accepted, check_terms, config_folder
from steward.terms.errors import StewardError

TODAY = date(2031, 1, 6)
KNOWN = catalogue()
CBOE, FRED = KNOWN.groups["cboe"], KNOWN.groups["fred"]


@dataclass
class Somebody:
    """At the terminal."""

    answer: bool = True
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer


def check(
    folder: Path,
    somebody: Somebody,
    *,
    accept: tuple[str, ...] = (),
    here: bool = True,
    known: Catalogue = KNOWN,
) -> None:
    check_terms(
        [known.groups["cboe"]],
        known,
        folder,
        accept=accept,
        ask=somebody.ask if here else None,
        say=somebody.said.append,
        today=TODAY,
    )


def test_asked_once(tmp_path: Path) -> None:
    first, second = Somebody(), Somebody()
    check(tmp_path / "steward", first)
    check(tmp_path / "steward", second)
    assert first.said == [f"{CBOE.title}: {CBOE.statement} Its terms stand at {CBOE.terms}"]
    assert len(first.asked) == 1
    assert second.said == second.asked == []
    held = json.loads((tmp_path / "steward" / "terms.json").read_text("utf-8"))
    assert held == {"cboe": {"accepted": "2031-01-06", "terms": CBOE.terms}}


def test_no_is_remembered_by_nobody(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="were not accepted: nothing was fetched"):
        check(tmp_path, Somebody(answer=False))
    assert not list(tmp_path.iterdir())


def test_nobody_at_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match=r"not accepted yet: .* once with --accept-terms cboe"):
        check(tmp_path, Somebody(), here=False)


def test_all_that_lack_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match=r"once with --accept-terms cboe --accept-terms fred$"):
        check_terms(
            [CBOE, FRED],
            KNOWN,
            tmp_path,
            accept=(),
            ask=None,
            say=[].append,
            today=TODAY,
        )
    assert accepted(tmp_path) == {}


def test_accepted_on_the_command_line(tmp_path: Path) -> None:
    somebody = Somebody()
    check(tmp_path, somebody, accept=("cboe",), here=False)
    check(tmp_path, Somebody(), here=False)
    assert CBOE.terms in somebody.said[0]
    assert not somebody.asked


def test_one_publisher_is_not_another(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="--accept-terms cboe"):
        check(tmp_path, Somebody(), accept=("fred",), here=False)
    assert accepted(tmp_path) == {}


def test_those_that_are_accepted_and_the_others(tmp_path: Path) -> None:
    somebody = Somebody()
    agreed = check_terms(
        [CBOE, FRED, CBOE],
        KNOWN,
        tmp_path,
        accept=("cboe",),
        ask=None,
        say=somebody.said.append,
        today=TODAY,
    )
    assert agreed == {CBOE}
    assert somebody.said[-1] == (
        f"{FRED.title}: skipped, since its terms are not accepted; --accept-terms fred accepts them"
    )
    assert accepted(tmp_path) == {"cboe": CBOE.terms}


def test_an_unknown_publisher(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="--accept-terms nyse: no such publisher; there are"):
        check(tmp_path, Somebody(), accept=("nyse",))


def test_terms_that_moved_are_asked_about_again(tmp_path: Path) -> None:
    check(tmp_path, Somebody())
    moved = replace(CBOE, terms="https://www.cboe.test/new")
    somebody = Somebody()
    check(tmp_path, somebody, known=replace(KNOWN, groups={**KNOWN.groups, "cboe": moved}))
    assert len(somebody.asked) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cboe": 1}', '{"cboe": {}}'])
def test_a_damaged_file_is_no_acceptance(tmp_path: Path, text: str) -> None:
    (tmp_path / "terms.json").write_text(text, encoding="utf-8")
    somebody = Somebody()
    check(tmp_path, somebody)
    assert len(somebody.asked) == 1
    assert accepted(tmp_path) == {"cboe": CBOE.terms}


def test_where_the_answer_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_folder({}) == tmp_path / ".config" / "steward"
    assert config_folder({"XDG_CONFIG_HOME": "/etc/mine"}) == Path("/etc/mine/steward")
    assert config_folder({"XDG_CONFIG_HOME": "relative"}) == tmp_path / ".config" / "steward"
