"""Every reason for which a row can be set aside stands on the page of market data.

Reasons are looked up in the code: what rows are dropped with, what the steps of a judgement say,
what a column `reason` is filled with.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from steward.market.vendors import chains, series

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
JUDGES = (
    "steward.market.believe",
    "steward.market.collisions",
    "steward.market.bars",
    "steward.market.series",
    "steward.market.vendors.csv_stream",
    "steward.market.vendors.last_quotes",
    "steward.intake.reading_in",
)
TAKES = {"drop": 2, "set_aside_of": 1, "_aside": 1, "set": 1}
"""Functions that take a reason, and as which argument."""

FILLED = ("reason", "steps", "TWICE")
"""Names that hold reasons."""


def modules() -> list[str]:
    found = list(JUDGES)
    for folder in (chains, series):
        found += [m.name for m in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}.")]
    return found


def reasons_of(module: ModuleType) -> set[str]:
    """Texts of several words; of one with figures in it the parts between them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        for part in said_in(node):
            found.update(texts(part, module))
    return found


def said_in(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are reasons."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in TAKES and len(node.args) > TAKES[name]:
            yield node.args[TAKES[name]]
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "reason")
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "reason")
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id in FILLED for target in targets):
            yield node.value


def texts(part: ast.AST, module: ModuleType) -> Iterator[str]:
    for one in ast.walk(part):
        value = one.value if isinstance(one, ast.Constant) else None
        if isinstance(one, ast.Name) and one.id.isupper():
            value = getattr(module, one.id, None)
        if isinstance(one, ast.Attribute) and one.attr.isupper():
            value = getattr(getattr(module, getattr(one.value, "id", ""), None), one.attr, None)
        if isinstance(value, str) and len(value.split()) > 1:
            yield " ".join(value.split())


@pytest.mark.parametrize("name", modules())
def test_every_reason_is_explained(name: str) -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    missing = {reason for reason in reasons_of(importlib.import_module(name)) if reason not in page}
    assert not missing


def test_reasons_are_found() -> None:
    """That the test above looks at something."""
    from steward.intake import reading_in
    from steward.market import bars, believe
    from steward.market.vendors.chains import tradier

    assert {
        "no expiry",
        believe.AGAINST,
        believe.SETTLED,
        ", where the calendar ends",
    } <= reasons_of(believe)
    assert "neither a trade nor open interest" in reasons_of(bars)
    assert believe.STRAY in reasons_of(reading_in)
    assert tradier.UNREADABLE in reasons_of(tradier)
