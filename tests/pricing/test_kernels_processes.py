"""What a process pays for the kernels: no numba until it asks, and compiled code from the disk."""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import steward

SMALL = """
import sys
import numpy as np
import steward.doors.cli
from steward.pricing import kernels
{body}
print(sorted({{"numba", "llvmlite"}} & set(sys.modules)))
"""
ASK = """
import numpy as np
from steward.pricing import kernels
from steward.pricing.kernels import compiled
found = kernels.implied_vol(
    np.full(100, 5.0), 100.0, 100.0, 0.5, discount=1.0, call=True, engine="numba"
)
kernel = compiled.implied_vol_kernel()
print(round(float(found[99]), 6), sum(kernel.stats.cache_hits.values()), kernel.stats.cache_path)
"""


def run(code: str, **changes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_few_options_import_no_numba() -> None:
    body = """
one = kernels.price_and_all_greeks(100.0, np.full(50, 90.0), 0.5, 0.2, discount=1.0, call=True)
kernels.implied_vol(one.price, 100.0, 90.0, 0.5, discount=1.0, call=True)
"""
    assert run(SMALL.format(body=body)) == "[]"


def test_no_module_but_the_kernels_imports_numba() -> None:
    """When it is imported, that is; inside a function it is up to whoever calls it."""
    root = Path(steward.__file__ or "").parent
    found = []
    for path in sorted(root.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            if any(name.split(".")[0] == "numba" or "kernels.compiled" in name for name in names):
                found.append(path.relative_to(root).as_posix())
    assert set(found) == {"pricing/kernels/compiled.py"}


@pytest.mark.slow
def test_a_plan_runs_without_numba(tmp_path: Path) -> None:
    body = f"""
import os
os.chdir({str(tmp_path)!r})
sys.argv = ["steward", "plan", "--as-of", "2017-06-05"]
from steward.doors import cli
try:
    cli.main()
except SystemExit as done:
    assert not done.code, done
"""
    assert run(SMALL.format(body=body)).endswith("[]")


@pytest.mark.slow
def test_a_fork_takes_numpy() -> None:
    code = """
import os, sys, warnings
import numpy as np
from steward.pricing import kernels
warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads, Python 3.12
def ask():
    return kernels.price_and_greeks(
        100.0, np.full(20_000, 90.0), 0.5, 0.2, discount=1.0, call=True
    ).price[0]
one = ask()
sys.stdout.flush()
child = os.fork()
if child == 0:
    fine = kernels.engine_for(20_000) == "numpy" and abs(ask() - one) < 1e-12
    os._exit(0 if fine else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), kernels.engine_for(20_000))
"""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    assert run(code) == "0 numba"


@pytest.mark.slow
def test_compiled_once_then_from_the_disk(tmp_path: Path) -> None:
    first = run(ASK, NUMBA_CACHE_DIR=str(tmp_path)).split()
    second = run(ASK, NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert first[0] == second[0]
    assert (first[1], second[1]) == ("0", "1")
    assert second[2].startswith(str(tmp_path))


@pytest.mark.slow
def test_another_text_of_the_kernels_is_compiled_anew(tmp_path: Path) -> None:
    """An upgrade: the same place, other coefficients."""
    import steward.pricing.kernels as package

    source = Path(package.__file__ or "").parent
    place = tmp_path / "steward_copy"
    place.mkdir()
    text = (source / "compiled.py").read_text(encoding="utf-8")
    code = (
        ASK.replace("from steward.pricing.kernels import compiled", "import compiled")
        .replace(
            "from steward.pricing import kernels",
            f"from steward.pricing import kernels\nimport sys; sys.path.insert(0, {str(place)!r})",
        )
        .replace("found =", "import compiled; kernels._load = lambda: compiled\nfound =")
    )
    answers = []
    for scale in ("0.5", "0.6", "0.6"):
        changed = text.replace(
            "return (new / math.sqrt(years)", f"return (2.0 * {scale} * new / math.sqrt(years)"
        )
        assert changed != text
        (place / "compiled.py").write_text(changed, encoding="utf-8")
        os.utime(place / "compiled.py", (1e9, 1e9))  # not the clock of the file tells them apart
        answers.append(run(code, PYTHONDONTWRITEBYTECODE="1").split()[:2])
    (one, hits_one), (two, hits_two), (three, hits_three) = answers
    assert float(two) == pytest.approx(1.2 * float(one), abs=2e-6)
    assert two == three
    assert (hits_one, hits_two, hits_three) == ("0", "0", "1")


@pytest.mark.slow
def test_without_a_folder_it_compiles_in_memory() -> None:
    code = f"""
from numba.core import caching
for name in ("CacheImpl", "_CacheImpl"):
    if hasattr(caching, name):
        getattr(caching, name)._locator_classes = []
{ASK}
"""
    assert run(code).split()[1:] == ["0", "None"]


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
def test_every_loop_is_vectorised(tmp_path: Path) -> None:
    """Lost without a word, and with it two thirds of the speed: count packed multiplications."""
    code = """
import re
from steward.pricing.kernels import compiled
for kernel in (
    compiled.greeks_kernel(), compiled.all_greeks_kernel(), compiled.implied_vol_kernel()
):
    text = "".join(kernel.inspect_asm().values())
    print(len(re.findall(r"mulpd\\b", text)), len(re.findall(r"mulsd\\b", text)))
"""
    for line in run(code, NUMBA_CACHE_DIR=str(tmp_path)).splitlines():
        packed, single = map(int, line.split())
        assert packed > 100
        assert packed > 0.8 * single, "the loop beside the packed one is for what is left over"


@pytest.mark.slow
def test_the_processor_does_not_change_a_bit(tmp_path: Path) -> None:
    """Wide registers and narrow ones, with and without fused operations."""
    code = """
import hashlib
import numpy as np
from steward.pricing import kernels
random = np.random.default_rng(7)
years, vol = random.integers(1, 731, 5_003) / 365.0, random.uniform(0.05, 1.0, 5_003)
strike = 5000.0 * (1.0 + 0.2 * random.uniform(-4.0, 4.0, 5_003) * vol)
case = {"discount": 1.0 - 0.01 * years, "call": strike > 4900.0, "engine": "numba"}
found = kernels.price_and_greeks(5000.0, strike, years, vol, **case)
back = kernels.implied_vol(found.price, 5000.0, strike, years, **case)
parts = [found.price, found.delta, found.gamma, found.vega, found.theta, found.rho, back]
print(hashlib.sha256(np.concatenate(parts).tobytes()).hexdigest())
"""
    own = run(code, NUMBA_CACHE_DIR=str(tmp_path / "own"))
    plain = run(
        code,
        NUMBA_CACHE_DIR=str(tmp_path / "plain"),
        NUMBA_CPU_NAME="generic",
        NUMBA_CPU_FEATURES="",
    )
    assert own == plain
