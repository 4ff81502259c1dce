"""A folder that this process may read and not write to, as on a read-only file system.

Permissions would do, but for a test that runs as root.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def freeze(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """From now on whatever would change something below `folder` fails with EROFS."""

    def guarded(name: str, module: Any, writes: Callable[..., bool]) -> None:
        plain = getattr(module, name)

        def call(path: Any, *others: Any, **named: Any) -> Any:
            below = isinstance(path, str | os.PathLike) and Path(path).is_relative_to(folder)
            if below and writes(path, *others, **named):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return plain(path, *others, **named)

        patch.setattr(module, name, call)

    guarded("open", os, lambda _p, flags=0, *_a, **_k: bool(flags & (os.O_WRONLY | os.O_RDWR)))
    guarded("open", io, lambda _p, mode="r", *_a, **_k: bool(set(mode) & set("wax+")))
    guarded("mkdir", os, lambda path, *_a, **_k: not Path(path).exists())
    for name in ("unlink", "rename", "replace", "rmdir"):
        guarded(name, os, lambda *_a, **_k: True)
