"""One step ahead: the next item of an iterator is made while this one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in their order, each made by a second thread; at most one waits.

    What the iterator raises is raised here, in the place of the item. For work that lets the
    interpreter go: Polars, NumPy, files, hashes. No item may be None.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = pool.submit(next, items, None)
            yield item
