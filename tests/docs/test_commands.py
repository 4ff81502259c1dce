"""Every command that the docs show is run, on the files that the docs show beside it.

A page's ```console block is one test: its `$ steward ...` lines run in order in one empty folder.

<!-- exit: 2 -->          before a block: the exit code that its commands must have (else 0)
<!-- file: flows.csv -->  before a block of any language: the block is that file, for the whole page
DATA                      as a word of a command: the shared market data; absent: the test skips
RUN                       as a word of a command: the newest run folder below `runs/`; without one,
                          a default run is made first

Commands that install (`make`, `pip`, `git`, `cd`) are shown and not run; any other fails.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_RUN = ("make", "pip", "git", "cd")
QUICK = {"--help", "--version"}

FENCE = re.compile(
    r"(?:<!--\s*(?P<key>exit|file):\s*(?P<value>[^\s>]+)\s*-->\s*\n+)?"
    r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """The commands of one console block, and the files of its page."""

    page: str
    number: int
    commands: tuple[str, ...]
    exit_code: int
    files: tuple[tuple[str, str], ...]

    @property
    def slow(self) -> bool:
        """Whether it may take over two seconds: all but help and version."""
        return any(not QUICK & set(shlex.split(command)) for command in self.commands)


def commands_of(body: str) -> tuple[str, ...]:
    """The lines after `$ `, with a trailing backslash joined to the next line."""
    joined = re.sub(r"\\\n\s*(?:>\s)?", " ", body)
    return tuple(
        line[2:].split("  #")[0].strip() for line in joined.splitlines() if line.startswith("$ ")
    )


def blocks_of(text: str, *, page: str) -> list[Block]:
    """All console blocks of a page, each with every file that the page shows."""
    found, files = [], []
    for number, match in enumerate(FENCE.finditer(text), start=1):
        if match["key"] == "file":
            files.append((match["value"], match["body"]))
        if match["language"] == "console":
            code = int(match["value"]) if match["key"] == "exit" else 0
            found.append((number, commands_of(match["body"]), code))
    return [Block(page, n, commands, code, tuple(files)) for n, commands, code in found]


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


ALL = [
    block
    for path in pages()
    for block in blocks_of(path.read_text(encoding="utf-8"), page=path.relative_to(ROOT).as_posix())
]
RUNNABLE = [
    pytest.param(
        block,
        id=f"{block.page}-{block.number}",
        marks=[pytest.mark.slow] if block.slow else [],
    )
    for block in ALL
    if any(command.startswith("steward") for command in block.commands)
]


def steward(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `steward` with these words in a folder; its words are kept for the message."""
    return subprocess.run(
        [sys.executable, "-c", "from steward.doors.cli import main; main()", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="session")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a default run, made once a process."""
    folder = tmp_path_factory.mktemp("default-run")
    done = steward(["backtest", "--out", "runs"], folder)
    assert done.returncode == 0, done.stderr
    return newest_run(folder)


def newest_run(folder: Path) -> Path:
    """The run folder written last below `runs/`."""
    manifests = (folder / "runs").glob("*/manifest.json")
    return max(manifests, key=lambda path: path.stat().st_mtime).parent


@pytest.mark.parametrize("block", RUNNABLE)
def test_a_command_of_the_docs_does_what_the_docs_say(
    block: Block, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for name, text in block.files:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for command in block.commands:
        words = shlex.split(command)
        if words[0] != "steward":
            continue
        if "RUN" in words and not list((tmp_path / "runs").glob("*/manifest.json")):
            made = request.getfixturevalue("default_run")
            shutil.copytree(made, tmp_path / "runs" / made.name)
        filled = []
        for word in words[1:]:
            if word == "DATA" or word.startswith("DATA/"):
                shared: Path = request.getfixturevalue("shared_data")
                filled.append(str(shared / word[5:]))
            elif word == "RUN":
                filled.append(str(newest_run(tmp_path).relative_to(tmp_path)))
            else:
                filled.append(word)
        done = steward(filled, tmp_path)
        assert done.returncode == block.exit_code, (
            f"{block.page}: `{command}` ended with {done.returncode}, the page says "
            f"{block.exit_code}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
        )


def test_the_docs_show_commands_at_all() -> None:
    assert {block.page for block in ALL} >= {"README.md", "docs/getting-started.md"}
    assert any("plan" in command for block in ALL for command in block.commands)


@pytest.mark.parametrize("block", [pytest.param(b, id=f"{b.page}-{b.number}") for b in ALL])
def test_a_console_block_holds_commands_that_are_run_or_known_to_install(block: Block) -> None:
    assert block.commands, f"{block.page}: a console block without a line that begins with `$ `"
    for command in block.commands:
        first = shlex.split(command)[0]
        assert first == "steward" or first in NOT_RUN, f"{block.page}: {command}"


def test_a_page_is_read_as_a_reader_would() -> None:
    page = (
        "Text\n\n<!-- file: flows.csv -->\n```csv\ndate,amount\n```\n\n"
        "<!-- exit: 2 -->\n```console\n$ steward backtest \\\n    --flows flows.csv\nsaid\n```\n\n"
        "```console\n$ make demo\n$ steward --help   # words\n```\n"
    )
    bad, good = blocks_of(page, page="x.md")
    assert bad.commands == ("steward backtest  --flows flows.csv",)
    assert (bad.exit_code, bad.slow) == (2, True)
    assert bad.files == good.files == (("flows.csv", "date,amount\n"),)
    assert good.commands == ("make demo", "steward --help")
    assert good.exit_code == 0


def test_a_comment_belongs_to_the_block_right_after_it() -> None:
    page = "<!-- exit: 2 -->\n\nWords between.\n\n```console\n$ steward --help\n```\n"
    assert [block.exit_code for block in blocks_of(page, page="x.md")] == [0]
