"""`steward torture` as a user meets it: a line a scenario, and the arithmetic of a failure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from steward.runs.torture import kit
from steward.runs.torture.steward_engine import StewardEngine

Said = tuple[int, str, str]
SCENARIOS = kit.scenarios_folder()


def test_a_line_a_scenario_and_the_counts(steward: Callable[..., Said]) -> None:
    code, out, err = steward("torture", "--only", "001", "--only", "021-future-variation")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert ["001-am-expiry-no-quote", "settlement", "pass"] in lines
    assert ["021-future-variation", "futures", "pass"] in lines
    assert "2 scenarios on steward" in out
    assert "2 pass, 0 FAIL, 0 not supported." in out


def test_a_failure_shows_its_first_difference_and_the_arithmetic(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    folder = tmp_path / "mine" / "021-future-variation"
    shutil.copytree(SCENARIOS / folder.name, folder)
    levels = folder / "levels.csv"
    levels.write_text(levels.read_text(encoding="utf-8").replace("19.75", "19.70"), "utf-8")
    code, out, err = steward("torture", "--scenarios", str(folder.parent))
    assert (code, err) == (1, "")
    told = " ".join(out.split())
    assert "0 pass, 1 FAIL, 0 not supported." in told
    assert (
        "2026-07-20 variation A VX-260722: expected cents 310000, price 19.75, "
        "got cents 300000, price 19.7." in told
    )
    assert "07-20, settlement 19.75: 1.55, that is 3,100.00. Cash 53,400.00." in told
    code, out, _ = steward("torture", "--scenarios", str(folder.parent), "--json")
    said = json.loads(out)
    assert code == 1
    assert said["counts"] == {"pass": 0, "FAIL": 1, "not supported": 0}
    (one,) = said["scenarios"]
    assert one["differences"][0] == {
        "event": "2026-07-20 variation A VX-260722",
        "expected": "cents 310000, price 19.75",
        "got": "cents 300000, price 19.7",
    }


def test_what_is_not_supported_is_no_failure(
    steward: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StewardEngine, "supports", frozenset({"options"}))
    code, out, _ = steward("torture", "--only", "006", "--only", "021")
    told = " ".join(out.split())
    assert code == 0
    assert "006-put-side-in-the-money settlement not supported: packages" in told
    assert "021-future-variation futures not supported: futures" in told
    assert "0 pass, 0 FAIL, 2 not supported." in told


def test_a_bad_word_is_one_line(steward: Callable[..., Said], tmp_path: Path) -> None:
    code, out, err = steward("torture", "--engine", "other")
    assert (code, out) == (2, "")
    assert err.startswith("steward torture: --engine other: none of steward")
    code, _, err = steward("torture", "--scenarios", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
