"""The second thread changes nothing but the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steward.market.ahead import ahead


def test_the_same_items_in_their_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter(()))) == []


def test_an_error_comes_where_the_item_would() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second one")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second one"):
        next(found)


def test_it_is_never_more_than_two_items_in_advance() -> None:
    made = []

    def items() -> Iterator[int]:
        for i in range(10):
            made.append(i)
            yield i

    for item in ahead(items()):
        assert len(made) <= item + 2
