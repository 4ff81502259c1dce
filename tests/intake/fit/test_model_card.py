"""Tables of the model card: what stands between the markers, and nothing that is a quote."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from steward.intake.fit import model_card
from steward.intake.fit.section import ErrorTable, Section
from steward.terms.errors import StewardError

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "model-card.md"

STATS: dict[str, Any] = {
    "n": 3,
    "median": -0.5,
    "median_abs": 0.5,
    "p90_abs": 1.25,
    "clusters": 2,
    "cluster_median_abs": 0.4,
    "cluster_p90_abs": 1.5,
}


def document() -> dict[str, Any]:
    """# written: a check with one cell of each kind."""
    cell = {
        "delta": "0.05-0.50",
        "days": "7-90",
        "vix": "all",
        "right": "all",
        "quotes": 1234,
        "vol": STATS,
        "price": STATS,
        "spread": {"n": 3, "p10": 0.5, "median": 1.02, "p90": 2.0},
    }
    calls = cell | {
        "delta": "0.20-0.45",
        "days": "20-60",
        "right": "calls",
        "all_modelled": STATS,
    }
    index = {"model_less_state": STATS, "chain_less_published": None}
    return {
        "quotes": {"compared": 1234},
        "sessions": [{"session": "2018-01-02", "state": "published", "compared": 3}],
        "pooled": {
            "spx": {
                "cells": [cell],
                "condor_percent": STATS,
                "forward_basis_points": None,
                "index": {"vix": index},
                "arbitrage": {
                    "slices": 5,
                    "butterfly": 0,
                    "pairs": 4,
                    "calendar": 0,
                    "worst_points": 0.0,
                },
            },
            "vix": {"cells": [calls], "futures_points": {"all": STATS, "0-20": None}},
        },
    }


def test_a_section_is_its_tables_with_targets_and_notes() -> None:
    table = ErrorTable(
        key="k",
        title="Errors",
        columns=("a", "b"),
        rows=(("x|y", "1"),),
        note="So it is.",
        targets="0.5",
    )
    text = model_card.fits([Section(name="smile", text="", tables=(table,))])
    assert text.splitlines()[0] == "### The SPX smile"
    assert "| a | b |\n| --- | --- |\n| x\\|y | 1 |" in text
    assert "Target: 0.5" in text
    assert text.endswith("So it is.")


def test_a_check_is_two_tables_of_spx_and_two_of_vix() -> None:
    text = model_card.check(document())
    assert "| 7-90 | all | 1,234 | -0.50 | 0.50 | 1.25 | 0.40 / 1.50 |" in text
    assert "| VIX of modelled quotes less the state | 3 | -0.50 | 0.50 | 1.25 |" in text
    assert "| neighbours, and those that break calendar order | 4 |  |  | 0 |" in text
    assert "| 20-60 | calls 0.20-0.45 | 1,234 |" in text
    assert "in sample" in text
    widths = {
        line.count("|")
        for block in text.split("\n\n")
        if block.startswith("|")
        for line in block.splitlines()
    }
    assert len(widths) <= 5


def test_text_goes_between_the_markers_and_nowhere_else() -> None:
    page = "a\n<!-- x:start -->\nold\n<!-- x:end -->\nb\n"
    made = model_card.replaced(page, "x", "new")
    assert made == "a\n<!-- x:start -->\n\nnew\n\n<!-- x:end -->\nb\n"
    assert model_card.replaced(made, "x", "new") == made
    for bad in ("none", "<!-- x:end --><!-- x:start -->", page + page):
        with pytest.raises(StewardError, match="x:start"):
            model_card.replaced(bad, "x", "new")


def test_the_page_has_its_markers() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("fits", "check"):
        assert model_card.replaced(page, name, "text") != page


def test_the_page_documents_every_key_of_the_document() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for key in (
        *("state", "files", "not_read", "quotes", "sessions", "pooled.spx", "pooled.vix"),
        *("cells", "vol_points", "price_percent", "condor", "arbitrage", "outside", "all_modelled"),
        *("median_abs", "p90_abs", "cluster_median_abs", "futures_points", "left_out"),
    ):
        assert re.search(rf"`{re.escape(key)}`|`[\w.]*{re.escape(key)}`", page), key
