"""A server for each test, and a client whose sleep costs no time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steward.doors.fetch.client import Client, Manner

from .server import Clock, Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    one = Client(sleep=clock.sleep, ticks=clock.ticks, manner=Manner(connect=5.0, read=5.0))
    yield one
    one.close()
