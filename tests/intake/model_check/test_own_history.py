"""A history made for one snapshot forgets nothing that its model would weigh."""

from __future__ import annotations

import pytest

from steward.intake.model_check.own_history import SESSIONS_KEPT, trimmed
from steward.market.paths.folder import path_history
from steward.market.paths.model import simulate
from steward.pricing.modelled import ModelledMarket
from steward.pricing.term import averages


def test_a_trimmed_history_has_the_averages_and_the_chain_of_the_whole_one() -> None:
    whole = path_history(simulate(seed=5, paths=1, years=9.0))
    session = whole.sessions[-20]
    short = trimmed(whole, session)
    assert short.sessions[-1] == session
    assert len(short.sessions) == SESSIONS_KEPT < len(whole.sessions)
    mine, all_of_it = averages(short.vix.close)[-1], averages(whole.until(session).vix.close)[-1]
    assert mine == pytest.approx(all_of_it, rel=1e-4)
    one, two = ModelledMarket(short), ModelledMarket(whole)
    expiry = one.expiries(session, "SPX")[5]
    first, second = one.chain(session, expiry), two.chain(session, expiry)
    assert first is not None
    assert second is not None
    assert first.forward == pytest.approx(second.forward, rel=1e-9)
    assert first.strike.tolist() == second.strike.tolist()
    assert first.vol == pytest.approx(second.vol, rel=1e-3, nan_ok=True)
