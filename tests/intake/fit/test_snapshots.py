"""Every moment of the folder's chains: which, of what kind, in which cluster, and with what."""

from __future__ import annotations

import collections
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.fit.snapshots import (
    CLUSTERS,
    FILES,
    MAPPED,
    NOT_A_CLOSE,
    Snapshot,
    _together,
    snapshots,
)
from steward.intake.fit.sources import Sources
from steward.terms import calendar
from steward.terms.errors import StewardError


def moment(session: date, kind: str, hours: float = 0.0) -> Snapshot:
    return Snapshot(session=session, kind=kind, hours=hours, cluster=f"{session}", chains=())


def test_files_of_one_session_and_kind_are_one() -> None:
    day, other = date(2025, 1, 6), date(2025, 1, 7)
    found = _together(
        [
            moment(day, "close"),
            moment(day, "intraday", 2.0),
            moment(day, "close"),
            moment(other, "close"),
        ]
    )
    assert [(one.session, one.kind) for one in found] == [
        (day, "close"),
        (day, "intraday"),
        (other, "close"),
    ]


def test_a_folder_that_lacks_a_file_says_which(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match=r"spx_eod_2011-01-03_07_ivolatility.*missing"):
        snapshots(Sources(tmp_path))


def test_no_file_is_named_twice() -> None:
    names = [*FILES, *MAPPED]
    assert len(set(names)) == len(names)
    assert all(name.startswith("chains/") for name in names)


@pytest.fixture(scope="module")
def found(shared_data: Path) -> tuple[Snapshot, ...]:
    return snapshots(Sources(shared_data))


@pytest.mark.slow
def test_all_sessions_are_there(found: tuple[Snapshot, ...]) -> None:
    sessions = {one.session for one in found}
    assert len({one.session for one in found if one.chains}) == 64
    # Of these two all that was quoted settled by the close.
    assert {one.session for one in found if not one.chains} == {
        date(2018, 1, 31),
        date(2018, 2, 28),
    }
    assert list(found) == sorted(found, key=lambda one: (one.session, one.kind))
    assert len({(one.session, one.kind) for one in found}) == len(found)
    years = collections.Counter(session.year for session in sessions)
    assert years[2018] == 40
    assert {2011, 2013, 2018, 2019, 2020, 2022, 2023, 2024, 2025, 2026} <= set(years)
    assert not set(years) & {2012, 2014, 2015, 2016, 2017, 2021}
    assert all(calendar.is_session(session) for session in sessions)


@pytest.mark.slow
def test_kinds_by_the_minute_of_the_quotes(found: tuple[Snapshot, ...]) -> None:
    assert {one.kind for one in found} == {"close", "1545", "intraday", "overnight"}
    by_kind: dict[str, list[float]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one.hours)
    assert all(abs(hours) <= 0.3 for hours in by_kind["close"])
    assert all(0.4 <= hours <= 0.6 for hours in by_kind["1545"])
    overnight = {one.session for one in found if one.kind == "overnight"}
    assert overnight >= NOT_A_CLOSE
    assert {one.session for one in found if one.kind == "1545"} == {date(2019, 6, 26)}
    closes = {one.session for one in found if one.kind == "close"}
    assert {date(2011, 1, 3), date(2022, 6, 10), date(2023, 2, 7), date(2024, 1, 5)} <= closes
    assert {date(2018, 2, 5), date(2018, 2, 8)} <= closes


@pytest.mark.slow
def test_clusters(found: tuple[Snapshot, ...]) -> None:
    by_cluster: dict[str, set[date]] = {}
    for one in found:
        by_cluster.setdefault(one.cluster, set()).add(one.session)
    assert len(by_cluster) == 21
    for cluster, sessions in by_cluster.items():
        months = {(session.year, session.month) for session in sessions}
        if len(cluster) == len("2018-01"):
            assert months <= {*CLUSTERS, (2025, 9)}
            assert (max(sessions) - min(sessions)).days < 45
        else:
            assert sessions == {date.fromisoformat(cluster)}
    assert date(2025, 9, 3) in by_cluster["2025-08"]
    assert len(by_cluster["2018-01"]) + len(by_cluster["2018-02"]) == 40


@pytest.mark.slow
def test_chains_are_quotes_with_a_forward_and_vols(found: tuple[Snapshot, ...]) -> None:
    for one in found:
        keys = [(chain.expiry.day, chain.expiry.root) for chain in one.chains]
        assert keys == sorted(set(keys))
        for chain in one.chains:
            assert chain.quality == "quoted"
            assert chain.underlying == "SPX"
            assert chain.session == one.session
            assert chain.years > 0.0
            settles = calendar.years_to(one.session, chain.expiry)
            assert chain.years == pytest.approx(
                settles + one.hours / 24.0 / 365.0, abs=1.2e-4
            )  # summer time
            assert -0.02 < -math.log(chain.discount) < 0.07 * max(chain.years, 0.5)
            put, call = ~chain.call, chain.call
            for side in (put, call):
                assert (np.diff(chain.strike[side]) > 0.0).all()
    forwards = [chain.forward for one in found for chain in one.chains]
    assert np.isfinite(forwards).mean() > 0.95
    vols = np.concatenate([chain.vol for one in found for chain in one.chains])
    good = vols[np.isfinite(vols)]
    assert len(good) > 50_000
    assert good.min() >= 0.0


@pytest.mark.slow
def test_forwards_of_neighbours_agree(found: tuple[Snapshot, ...]) -> None:
    """Of one moment: expiries to 100 days lie within 3 % of each other."""
    for one in found:
        near = [c.forward for c in one.chains if c.years < 100 / 365 and math.isfinite(c.forward)]
        if near:
            assert max(near) / min(near) < 1.03
