"""A run whose books do not close writes nothing: it stops with the law and the session."""

from __future__ import annotations

from typing import Any

import pytest

from steward.ledger.postings import BALANCED
from steward.runs.backtest import backtest
from steward.runs.recording import Recorder
from steward.runs.settings import Settings
from steward.terms.errors import LawBroken


@pytest.mark.parametrize("column", ["cash", "condor", "layer_2", "equity"])
def test_an_equity_table_off_by_a_cent_stops_the_run(
    worlds: Any, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    market = worlds.market(3, 12)
    day = market.history.sessions[7]
    record = Recorder.equity

    def off(self: Recorder, desk: Any, view: Any, *rest: Any) -> None:
        record(self, desk, view, *rest)
        if desk.name == "static" and view.session == day:
            self._equity[column][-1] += 1

    monkeypatch.setattr(Recorder, "equity", off)
    with pytest.raises(LawBroken, match=f"ledger static, session {day}: .* of {column}$") as found:
        backtest(market, Settings(rules=worlds.rules(3)))
    assert found.value.law == BALANCED
