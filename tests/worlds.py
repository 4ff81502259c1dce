"""Random worlds for the laws: an index that walks and jumps, and a VIX that follows."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import numpy as np

from steward.intake.load import Market
from steward.market.history import Bars, FomcDecision, History, Series
from steward.pricing.modelled import ModelledMarket
from steward.rules import ruleset
from steward.rules.ruleset import RuleSet
from steward.terms import calendar

FIRST = date(2016, 9, 1)


def history(seed: int, sessions: int) -> History:
    """`sessions` days from 2016-09-01: a walk with volatility clusters and a few crashes."""
    random = np.random.default_rng(seed)
    days = calendar.sessions(FIRST, FIRST + timedelta(days=2 * sessions + 20))[:sessions]
    vix, level = np.empty(sessions), 15.0 + 10.0 * random.random()
    moves = np.empty(sessions)
    for i in range(sessions):
        crash = random.random() < 0.02
        move = random.normal(0.0003, level / 100 / 16) - (0.04 * random.random() if crash else 0.0)
        level += 0.06 * (16.0 - level) - 160.0 * move + random.normal(0.0, 0.3)
        level = float(np.clip(level, 9.0, 85.0))
        moves[i], vix[i] = move, round(level, 2)
    close = np.round(2200.0 * np.exp(np.cumsum(moves)), 2)
    opening = np.round(close * np.exp(random.normal(0.0, 0.002, sessions)), 2)
    spx = Bars(
        open=opening,
        high=np.maximum(opening, close) * 1.003,
        low=np.minimum(opening, close) * 0.997,
        close=close,
    )
    unknown = np.full(sessions, np.nan)
    moments = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in days]
    before = calendar.sessions(FIRST - timedelta(days=120), FIRST - timedelta(days=1))
    return History(
        label=f"a random world, seed {seed}",
        sessions=days,
        moments=np.array(moments, dtype="datetime64[m]"),
        spx=spx,
        vix=Bars(open=unknown, high=unknown, low=unknown, close=vix),
        spx_before=np.round(2200.0 * np.exp(np.cumsum(random.normal(0, 0.006, len(before)))), 2),
        spx_before_days=before,
        series={"bill_constant": _bills()},
        futures=None,
        fomc=tuple(
            FomcDecision(day=day, scheduled=True, known_from=day - timedelta(days=365))
            for day in days[20::30]
        ),
        quarantined=(),
        notes=(),
        file_hashes={"walk": f"{seed:064d}"},
    )


def _bills() -> Series:
    period = np.array(["2016-01-01"], dtype="datetime64[D]")
    return Series(
        name="bill_constant",
        unit="percent",
        period=period,
        value=np.array([1.0]),
        known_at=period.astype("datetime64[m]"),
        max_age_days=4000,
        lagged=False,
        source="made up",
    )


def market(seed: int, sessions: int) -> Market:
    known = history(seed, sessions)
    model = ModelledMarket(known)
    return Market(
        history=known,
        quotes=model,
        model=model,
        hashes=known.file_hashes,
        quarantined=(),
        notes=(),
        kind="modelled",
    )


def rules(seed: int = 0) -> RuleSet:
    """The article's rules at a pace that makes much happen in few sessions.

    Odd seeds hold condors of one to two weeks to their settlement, so that many of them settle;
    even ones leave by the exits.
    """
    article = ruleset.load("article")
    entry = article.entry.model_copy(update={"every": "week", "tranches": 2})
    if seed % 2 == 0:
        return article.model_copy(update={"entry": entry})
    near = {"days_min": 5, "days_target": 9, "days_max": 16, "credit_share_min": 0.05}
    held = {"profit_share_of_credit": None, "days_to_expiry": None, "loss_multiple_of_credit": None}
    return article.model_copy(
        update={
            "entry": entry.model_copy(update=near),
            "exit": article.exit.model_copy(update=held),
        }
    )


class Worlds:
    market = staticmethod(market)
    rules = staticmethod(rules)
