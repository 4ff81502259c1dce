"""One writer of a store at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steward.market.store_folder import READ_ONLY, cannot_write
from steward.terms.errors import StewardError


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the store for writing; the system lets go of it however the process ends.

    Raises StewardError where another process holds it, and where nothing can be written there.
    """
    try:
        handle = os.open(root / ".lock", os.O_CREAT | os.O_RDWR)
    except OSError as error:
        raise cannot_write(root, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StewardError(
                f"{root}: another import is writing to this store; wait until it has ended"
            ) from None
        yield
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise
        raise cannot_write(root, error) from error
    finally:
        os.close(handle)
