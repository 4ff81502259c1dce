"""What many tests share: where the real data lie, and that Hypothesis is repeatable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from .worlds import Worlds

settings.register_profile(
    "steward",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
# What tests fail on is all that mutation asks (tools/mutants.py): few examples, none made shorter.
settings.register_profile(
    "few",
    settings.get_profile("steward"),
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("STEWARD_HYPOTHESIS", "steward"))


def shared_root() -> Path:
    """The folder with the shared material: `STEWARD_SHARED`, else beside the project."""
    given = os.environ.get("STEWARD_SHARED")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real market data, for tests only. Absent: the test skips and says why."""
    data = shared_root() / "data"
    if not data.is_dir():
        pytest.skip("the shared market data are not here (set STEWARD_SHARED)")
    return data


@pytest.fixture(scope="session")
def worlds() -> type[Worlds]:
    """Random worlds with modelled quotes, by seed."""
    return Worlds
