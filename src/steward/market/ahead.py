"""More than one thread, and everything in its order: for work that lets the interpreter go.

Polars, NumPy, files and hashes do; Python's own loops do not, and gain nothing here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 2


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in their order, each made by a second thread; at most one waits.

    What the iterator raises is raised here, in the place of the item. No item may be None.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = pool.submit(next, items, None)
            yield item


def worked(items: Iterator[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
    """`work` of each item in the order of the items, by two threads.

    At most three items are worked on or wait to be taken, so that memory stays bounded.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
