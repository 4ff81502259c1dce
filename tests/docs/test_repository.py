"""What may stand in the repository, and that its files agree with each other."""

from __future__ import annotations

import ast
import csv
import importlib
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import steward

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in (ROOT / "src" / "steward").glob("*/__init__.py"))
VENDORED = ("src/steward/doors/files/plotly-basic.min.js",)
DATA_SUFFIXES = {
    ".parquet", ".feather", ".arrow", ".h5", ".rda", ".xlsx", ".pkl", ".gz", ".zip", ".7z",
}  # fmt: skip
QUOTE_COLUMN = re.compile(r"(\w+_)?(bid|ask|open|high|low|close|settle|last)")
LARGEST_TABLE_ROWS = 50
PRINTED_QUOTES = ("tests/golden/vix_example_quotes.csv", "tests/golden/vix_example_quotes_2009.csv")
"""The worked examples of Cboe's own papers, each row with its source; see NOTICE."""
LARGEST_FILE = 1_000_000
LONGEST_MODULE = 600
# Home folders of the usual systems, and the folder that this very checkout lies in.
MACHINE_PATH = re.compile(r"/(home|Users|root)/\w|[A-Z]:\\Users\\|" + re.escape(f"{ROOT.parent}/"))
INDEX_ADDRESS = re.compile(r"(?i)(extra-)?index-url|find-links|PIP_INDEX_URL\s*=")


def files() -> list[str]:
    """Tracked files, and new ones that git does not ignore."""
    try:
        said = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, or no git")
    return [name for name in said.splitlines() if (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Files that are text, with their words; what others wrote and we ship is left out."""
    found = []
    for name in files():
        if name in VENDORED:
            continue
        raw = (ROOT / name).read_bytes()
        if b"\0" not in raw:
            found.append((name, raw.decode("utf-8")))
    return found


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {plain(name): Version(version) for name, version in (line.split("==") for line in lines)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# --- what may stand in it -------------------------------------------------------------------------


def test_no_file_names_a_folder_of_a_machine() -> None:
    own = Path(__file__).relative_to(ROOT).as_posix()
    rows = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        if name != own
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert not rows, "\n".join(rows)


def test_no_file_names_a_package_index() -> None:
    own = Path(__file__).relative_to(ROOT).as_posix()
    rows = [name for name, text in texts() if name != own and INDEX_ADDRESS.search(text)]
    assert not rows, rows


def quote_columns(text: str) -> list[str]:
    """Columns of quotes, by the header, of a table with more rows than a made-up one has."""
    lines = text.splitlines()
    if len(lines) <= LARGEST_TABLE_ROWS:
        return []
    header = (word.strip(' "').lower() for word in re.split(r"[,;\t]", lines[0]))
    return sorted(word for word in header if QUOTE_COLUMN.fullmatch(word))


def test_no_market_data_are_in_the_repository() -> None:
    rows = [name for name in files() if Path(name).suffix.lower() in DATA_SUFFIXES]
    rows += [
        f"{name}: more than {LARGEST_TABLE_ROWS} rows of {found}"
        for name, text in texts()
        if name.endswith((".csv", ".tsv", ".txt")) and name not in PRINTED_QUOTES
        if (found := quote_columns(text))
    ]
    assert not rows, "\n".join(rows)


def test_the_printed_quotes_are_named_and_say_where_they_are_from() -> None:
    """The look for quotes finds them, each row has its source, and NOTICE names the exception."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in PRINTED_QUOTES:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert quote_columns(text) == ["call_ask", "call_bid", "put_ask", "put_bid"]
        rows = list(csv.DictReader(text.splitlines()))
        assert all(row["source"].startswith("Cboe") for row in rows)
        assert name in notice


def test_no_file_is_large() -> None:
    rows = [
        f"{name}: {(ROOT / name).stat().st_size:,} bytes"
        for name in files()
        if name not in VENDORED and (ROOT / name).stat().st_size > LARGEST_FILE
    ]
    assert not rows, "\n".join(rows)


def test_no_run_is_in_the_repository() -> None:
    rows = [name for name in files() if Path(name).name in {"manifest.json", "report.html"}]
    assert not rows, rows


# --- the shape of the code ------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_takes_gives_and_never_does(room: str) -> None:
    text = (ROOT / "src" / "steward" / room / "__init__.py").read_text(encoding="utf-8")
    words = ast.get_docstring(ast.parse(text)) or ""
    assert re.match(rf"{room}: \S", words), f"{room}: the first line is `{room}: what it is for`"
    for opening in ("Takes", "Gives", "Never"):
        assert re.search(rf"^{opening} +\S", words, re.MULTILINE), f"{room}: no line {opening}"


def test_every_room_is_a_layer_of_the_import_rules() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    assert set(ROOMS) <= {layer.strip("()") for layer in layers}


def test_no_module_is_longer_than_the_wall() -> None:
    rows = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in (ROOT / "src").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    ]
    assert not rows, rows


# --- files that must agree ------------------------------------------------------------------------


def test_the_version_is_the_same_everywhere() -> None:
    version = str(project()["version"])
    assert steward.__version__ == version
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    bad = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][\w.-]*==\d[\w.+!]*", line)]
    assert not bad, bad
    assert len(pins()) == len(lines), "a name stands twice"
    assert lines == sorted(lines, key=str.lower)


def test_every_requirement_is_pinned_inside_its_bounds() -> None:
    data = project()
    wanted = list(data["dependencies"])  # type: ignore[call-overload]
    for extra in data["optional-dependencies"].values():  # type: ignore[attr-defined]
        wanted += extra
    known = pins()
    for text in wanted:
        requirement = Requirement(text)
        assert plain(requirement.name) in known, f"{requirement.name} is not in constraints.txt"
        assert requirement.specifier.contains(known[plain(requirement.name)]), text


def test_everything_that_came_with_a_requirement_is_pinned() -> None:
    """Of what is installed here: an extra that is not, brings nothing to look at."""
    data = project()
    waiting = [Requirement(text) for text in data["dependencies"]]  # type: ignore[attr-defined]
    for extra in data["optional-dependencies"].values():  # type: ignore[attr-defined]
        waiting += map(Requirement, extra)
    brought: dict[tuple[str, frozenset[str]], list[str]] = {}
    while waiting:
        requirement = waiting.pop()
        one = plain(requirement.name), frozenset(requirement.extras)
        if one in brought:
            continue
        try:
            brought[one] = metadata.requires(requirement.name) or []
        except metadata.PackageNotFoundError:
            continue
        extras = ("", *requirement.extras)
        for wanted in map(Requirement, brought[one]):
            marker = wanted.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(wanted)
    names = {name for name, _ in brought}
    assert len(names) > len(data["dependencies"])  # type: ignore[arg-type]
    assert names <= pins().keys(), f"not in constraints.txt: {sorted(names - pins().keys())}"


def test_every_extra_is_explained() -> None:
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    table = page.partition("## Extras")[2].partition("\n## ")[0]
    shown = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(shown) == sorted(project()["optional-dependencies"])  # type: ignore[call-overload]


def test_the_core_stays_light() -> None:
    names = {plain(Requirement(text).name) for text in project()["dependencies"]}  # type: ignore[attr-defined]
    assert not names & {"pandas", "scipy", "pyarrow", "duckdb", "arch", "plotly"}


def test_every_page_is_in_the_navigation() -> None:
    config = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    shown: list[str] = []

    def walk(entry: object) -> None:
        if isinstance(entry, str):
            shown.append(entry)
        elif isinstance(entry, list):
            for one in entry:
                walk(one)
        elif isinstance(entry, dict):
            for one in entry.values():
                walk(one)

    walk(config["project"]["nav"])
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(shown) == sorted(there)


def test_a_decision_says_context_choice_and_consequence() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert pages
    for number, page in enumerate(pages, start=1):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{number:04d}-"), f"{page.name}: numbers have no gaps"
        for word in ("Context.", "Choice.", "Consequence."):
            assert f"**{word}**" in text, f"{page.name}: no paragraph {word}"


def test_what_readme_and_docs_point_at_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target and target != "docs/pictures/report.png":
            assert (ROOT / target).exists(), f"README.md points at {target}"


def test_console_script_is_there() -> None:
    module, _, name = str(project()["scripts"]["steward"]).partition(":")  # type: ignore[index]
    assert callable(getattr(importlib.import_module(module), name))
