"""The changes that `make mutants` makes: each is one change, and what must stay does."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "mutation.py"


@pytest.fixture(scope="module")
def mutation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("steward_tools_mutation", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


SOURCE = '''
"""A docstring."""
from typing import Literal
__all__ = ["f"]
Kind = Literal["a", "b"]
@decorated(frozen=True)
def f(x: "int", y=1) -> "int":
    """Another."""
    if x < y and not x:
        total -= x * 2
        raise ValueError(f"no {x}")
    return g(x, key="b")
'''

CHANGES = [
    ("1", "2"),
    ("if x < y and (not x):", "if not (x < y and (not x)):"),
    ("x < y and (not x)", "x < y or not x"),
    ("x < y", "x <= y"),
    ("not x", "x"),
    ("total -= x * 2", "total += x * 2"),
    ("total -= x * 2", "total = x * 2"),
    ("x * 2", "x // 2"),
    ("2", "3"),
    ("raise ValueError(f'no {x}')", "pass"),
    ("f'no {x}'", "f'XXno {x}XX'"),
    ("return g(x, key='b')", "return None"),
    ("g(... key='b' ...)", "left out"),
    ("'b'", "'XXbXX'"),
]


def test_the_changes_of_a_small_module(mutation: ModuleType) -> None:
    found = mutation.mutants(SOURCE)
    assert [(x.before, x.after) for x in found] == CHANGES
    assert [x.number for x in found] == list(range(len(CHANGES)))
    assert [(x.first, x.last) for x in found[:3]] == [(7, 7), (9, 9), (9, 9)]


def test_a_changed_module_differs_in_one_place(mutation: ModuleType) -> None:
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    seen = set()
    for number in range(len(CHANGES)):
        changed = ast.unparse(mutation.mutated(SOURCE, number)).splitlines()
        assert len(changed) == len(plain)
        assert sum(a != b for a, b in zip(plain, changed, strict=True)) == 1
        seen.add(tuple(changed))
    assert len(seen) == len(CHANGES)
    with pytest.raises(IndexError):
        mutation.mutated(SOURCE, len(CHANGES))


@pytest.mark.parametrize("room", ["ledger", "orders"])
def test_changes_of_every_module_of_the_two_rooms_can_be_compiled(
    mutation: ModuleType, room: str
) -> None:
    """All are found, so that no operator is unknown; each hundredth is compiled."""
    for path in sorted((TOOL.parents[1] / "src" / "steward" / room).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for mutant in mutation.mutants(source)[::100]:
            compile(mutation.mutated(source, mutant.number), str(path), "exec")


def test_the_interval_of_a_share(mutation: ModuleType) -> None:
    """By hand: z^2 = 3.8415; of 90 in 100 the middle is (0.9 + 0.019207) / 1.038415 = 0.88520,

    the half width 1.959964 * sqrt(0.09 / 100 + 3.8415 / 40,000) / 1.038415 = 0.05958.
    """
    low, high = mutation.wilson(90, 100)
    assert low == pytest.approx(0.82562, abs=1e-4)
    assert high == pytest.approx(0.94478, abs=1e-4)
    assert mutation.wilson(0, 0) == (0.0, 1.0)
    assert mutation.wilson(10, 10)[1] == pytest.approx(1.0)
    # All of ten: the lower end is 10 / (10 + z^2).
    assert mutation.wilson(10, 10)[0] == pytest.approx(10 / 13.8415, abs=1e-4)
