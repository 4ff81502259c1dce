"""The second thread changes nothing but the time."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

import pytest

from steward.market.ahead import ahead, worked


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


def test_work_is_given_back_in_the_order_of_the_items() -> None:
    def slow_at_first(n: int) -> int:
        sleep(0.01 if n % 3 == 0 else 0.0)
        return n * n

    assert list(worked(iter(range(20)), slow_at_first)) == [n * n for n in range(20)]
    assert list(worked(iter(()), slow_at_first)) == []


def test_an_error_of_the_work_comes_in_its_turn() -> None:
    found = worked(iter((2, 1, 0, 3)), lambda n: 6 // n)
    assert next(found) == 3
    assert next(found) == 6
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_no_more_than_three_items_are_taken_in_advance() -> None:
    taken = []

    def items() -> Iterator[int]:
        for n in range(10):
            taken.append(n)
            yield n

    for done, _ in enumerate(worked(items(), str)):
        assert len(taken) <= done + 3
