"""All fits of the modelled market: run, write, and say what they were made of.

Every section is fitted from a `Sources` of its own, so that the index names for each file of
coefficients exactly the data behind it, and on the sections that were fitted just before it. The
same data and the same versions of numpy and scipy give the same bytes, whatever is packaged. Of one
section alone the packaged files that it reads are inputs as well; the index names them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from steward.intake.fit.section import Section
from steward.intake.fit.sources import Sources
from steward.market.paths import coefficients as path_coefficients
from steward.market.store_folder import write_atomically
from steward.pricing import coefficients
from steward.pricing.coefficients import FORMAT, INDEX, read_index
from steward.terms.errors import StewardError

Progress = Callable[[str, int, int], None]
"""Name of the step, done, in all."""

LIBRARIES = ("numpy", "scipy")
"""Whose numbers a fit depends on to the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One section: the function that fits it, by name, and the room whose files it is one of."""

    name: str
    function: str
    room: str = "pricing"


FITS: tuple[Fit, ...] = (
    Fit(name="term", function="term.fit_term"),
    Fit(name="smile", function="smile.fit_smile"),
    Fit(name="spreads", function="spreads.fit_spreads"),
    Fit(name="vx", function="vx.fit_vx"),
    Fit(name="vvix", function="vvix.fit_vvix"),
    Fit(name="vix_smile", function="vix_smile.fit_vix_smile"),
    Fit(name="paths", function="paths.fit_paths", room="market"),
)
"""In the order in which they are run; modules of `intake.fit`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A section with the room of its file and the hashes of what it was fitted on, by name.

    data    files of the folder
    inputs  files of `pricing/files`: sections fitted before it, and tables that no fit makes
    """

    section: Section
    room: str
    data: Mapping[str, str]
    inputs: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """Of the file's bytes."""
        return hashlib.sha256(self.section.text.encode()).hexdigest()


def fit_all(
    folder: Path,
    *,
    only: Sequence[str] = (),
    progress: Progress | None = None,
    fits: Sequence[Fit] | None = None,
) -> tuple[Fitted, ...]:
    """Run the fits over a folder of real data.

    only  names of sections; none: all of them. Those before them that are not run count as packaged
    Raises StewardError for a name that is none, without the extra `fit`, for a folder or a file
    that is missing.
    """
    known = FITS if fits is None else tuple(fits)
    wanted = _chosen(known, only)
    Sources(folder)
    _needs_scipy()
    names = [fit.name for fit in known]
    found: list[Fitted] = []
    for number, fit in enumerate(wanted):
        step = _said(progress, fit.name, number, len(wanted))
        step("begins")
        sources = Sources(folder)
        before = {one.section.name: one.section.text for one in found}
        later = names[names.index(fit.name) :]
        with coefficients.instead(before, hidden=later) as read, path_coefficients.instead(""):
            section = _function(fit)(sources, step)
            inputs = dict(sorted(read.items()))
        if section.name != fit.name:
            section = replace(section, name=fit.name)
        found.append(Fitted(section=section, room=fit.room, data=dict(sources.used), inputs=inputs))
    if progress is not None:
        progress("done", len(wanted), len(wanted))
    return tuple(found)


def _chosen(known: Sequence[Fit], only: Sequence[str]) -> tuple[Fit, ...]:
    names = [fit.name for fit in known]
    for name in only:
        if name not in names:
            raise StewardError(f"--only {name}: no such section; there are {', '.join(names)}")
    return tuple(fit for fit in known if not only or fit.name in only)


def _said(progress: Progress | None, name: str, done: int, total: int) -> Callable[..., None]:
    """What a fit tells its steps: a sentence, and perhaps how many of how many."""

    def say(step: str, *_: int) -> None:
        if progress is not None:
            progress(f"{name}: {step}", done, total)

    return say


def _function(fit: Fit) -> Callable[[Sources, Callable[..., None]], Section]:
    module, name = fit.function.rsplit(".", 1)
    package = module if "." in module else f"steward.intake.fit.{module}"
    function: Callable[[Sources, Callable[..., None]], Section] = getattr(
        importlib.import_module(package), name
    )
    return function


def _needs_scipy() -> None:
    if importlib.util.find_spec("scipy") is None:
        raise StewardError('a fit needs scipy: pip install "steward[fit]"')


# --- files ---------------------------------------------------------------------------------------


def index_text(fitted: Sequence[Fitted], before: Mapping[str, Any] | None = None) -> str:
    """The index of files of coefficients, TOML.

    before  an index whose other sections stay as they are
    """
    sections: dict[str, dict[str, Any]] = dict((before or {}).get("section", {}))
    made = versions()
    for one in fitted:
        sections[one.section.name] = {
            "room": one.room,
            "sha256": one.sha256,
            "versions": made,
            "inputs": dict(sorted(one.inputs.items())),
            "data": dict(sorted(one.data.items())),
        }
    lines = [
        "# Written by `steward model fit`: each file of coefficients, its hash, and what it was",
        "# fitted with: versions of libraries, hashes of files of pricing and of data.",
        f"format = {FORMAT}",
    ]
    for name in sorted(sections):
        own = sections[name]
        lines += ["", f"[section.{name}]", f"room = {_quoted(own['room'])}"]
        lines += [f"sha256 = {_quoted(own['sha256'])}"]
        for table in ("versions", "inputs", "data"):
            lines += ["", f"[section.{name}.{table}]"]
            rows = own.get(table, {})
            lines += [f"{_quoted(k)} = {_quoted(v)}" for k, v in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def versions() -> Mapping[str, str]:
    """Of the libraries whose numbers a fit depends on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where files of coefficients go: a folder a room, and the index."""

    folders: Mapping[str, Path]
    index: Path


def place(out: Path | None) -> Place:
    """All into one folder, or, with None, into the rooms of this package.

    Raises StewardError for a file in the folder's place, and for a package that is installed and
    no source tree; before a fit is run.
    """
    if out is not None:
        if out.exists() and not out.is_dir():
            raise StewardError(f"{out}: is a file; --out takes a folder")
        return Place(folders=dict.fromkeys((fit.room for fit in FITS), out), index=out / INDEX)
    root = Path(importlib.import_module("steward").__file__ or "").resolve().parent
    if not (root.parents[1] / "pyproject.toml").is_file():
        raise StewardError(
            "this Steward is installed, not a source tree: name a folder with --out DIR"
        )
    folders = {fit.room: root / fit.room / "files" for fit in FITS}
    return Place(folders=folders, index=root / "pricing" / "files" / INDEX)


def write(fitted: Sequence[Fitted], to: Place) -> tuple[Path, ...]:
    """The files and their index; gives their paths, the index last.

    Sections of an index that lies there already and are not among these stay in it.
    Raises StewardError where a folder cannot be written, or the index there cannot be read.
    """
    before = None
    if to.index.is_file():
        before = read_index(to.index.read_text("utf-8"), str(to.index))
    text = index_text(fitted, before)
    paths = []
    try:
        for one in fitted:
            path = to.folders[one.room] / f"{one.section.name}.toml"
            write_atomically(path, one.section.text)
            paths.append(path)
        write_atomically(to.index, text)
    except OSError as error:
        raise StewardError(
            f"{to.index.parent}: cannot be written ({error.strerror}); name another with --out"
        ) from error
    coefficients.forget()
    return (*paths, to.index)


def _quoted(text: str) -> str:
    """A TOML string: JSON's quoting is a part of TOML's."""
    return json.dumps(text, ensure_ascii=False)
