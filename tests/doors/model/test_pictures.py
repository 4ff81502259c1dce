"""Pictures of a check: well-formed, the same twice, and of differences alone where published."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

import numpy as np
import polars as pl
import pytest

from steward.doors.model import pictures

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def rows() -> pl.DataFrame:
    random = np.random.default_rng(3)
    n = 4000
    return pl.DataFrame(
        {
            "root": ["SPXW"] * n,
            "expiry": [date(2018, 3, 16)] * n,
            "days": random.integers(1, 190, n).astype(np.int32),
            "right": np.where(random.random(n) < 0.5, "puts", "calls"),
            "strike": np.round(random.uniform(2000.0, 3000.0, n)),
            "delta": random.uniform(0.0, 0.5, n),
            "vol": random.normal(0.4, 0.1, n),
            "vix": random.uniform(10.0, 40.0, n),
            "quoted": random.uniform(10.0, 30.0, n),
            "mid": random.uniform(1.0, 30.0, n),
        }
    )


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_a_picture_of_differences_is_well_formed_and_repeatable(rows: pl.DataFrame) -> None:
    one = pictures.differences(rows)
    assert one == pictures.differences(rows)
    assert one == pictures.differences(rows.reverse())
    said = texts(one)
    assert {"VIX below 20", "VIX 20 to 30", "VIX above 30"} <= set(said)
    values = [float(text) for text in said if text.startswith(("+", "-"))]
    assert len(values) > 100
    assert all(abs(value - 0.4) < 0.2 for value in values)


def test_it_knows_nothing_of_quotes(rows: pl.DataFrame) -> None:
    """Other strikes, mids and vols of the quotes, the same differences: the same picture."""
    other = rows.with_columns(
        strike=pl.col("strike") + 777.0, mid=pl.col("mid") * 3.0, quoted=pl.col("quoted") * 2.0
    )
    assert pictures.differences(other) == pictures.differences(rows)


def test_few_quotes_stay_blank(rows: pl.DataFrame) -> None:
    few = rows.filter(pl.col("vix") > 30.0).head(pictures.FEWEST - 1)
    assert not [text for text in texts(pictures.differences(few)) if text.startswith(("+", "-"))]
