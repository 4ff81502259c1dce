"""The pages on maps of CSV files and on sources say what the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steward.doors.fetch.catalogue import catalogue
from steward.market.vendors.user_map import KNOWN_PARTS, read_map
from steward.market.vendors.user_map_schema import Columns, Constants, Side, UserMap

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "maps.md").read_text(encoding="utf-8")
EXAMPLES = sorted((DOCS / "maps").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_map_and_stands_on_the_page(path: Path) -> None:
    assert read_map(path).name == path.stem
    assert f"(maps/{path.name})" in PAGE
    assert f"```toml\n{path.read_text(encoding='utf-8')}```" in PAGE


def test_every_key_stands_on_the_page() -> None:
    keys = {*UserMap.model_fields, *Columns.model_fields, *Side.model_fields}
    keys |= {*Constants.model_fields, "format", "zone"}
    text = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", text))))
    assert keys <= named


def test_every_part_of_a_format_stands_on_the_page() -> None:
    parts = re.findall(r"[A-Za-z%]", KNOWN_PARTS.pattern.partition("[")[2])
    assert len(parts) > 10
    assert [part for part in parts if f"`%{part}`" not in PAGE] == []


def test_the_example_of_a_sources_file(tmp_path: Path) -> None:
    page = (DOCS / "data.md").read_text(encoding="utf-8")
    (text,) = (
        found for found in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[groups." in found
    )
    own = tmp_path / "my.toml"
    own.write_text(text, encoding="utf-8")
    known = catalogue(own)
    assert "fred" not in known.groups
    assert known.sources["cboe_index"].symbols == ("SPX", "VIX")
    assert "cboe_strategy" not in known.sources
