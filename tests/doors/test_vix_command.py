"""`steward vix`: every step in text and as numbers, the family of a file, one line for an error."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ..pricing import vix_example as example

Said = tuple[int, str, str]
Steward = Callable[..., Said]

MINUTES = ("34484", "44954")
RATES = ("0.00031664", "0.00028797")


@pytest.fixture
def tables(tmp_path: Path) -> tuple[str, str]:
    near, after = example.write(tmp_path)
    return near.name, after.name


def words(
    tables: tuple[str, str],
    *more: str,
    minutes: tuple[str, str] = MINUTES,
    rates: tuple[str, str] = RATES,
) -> tuple[str, ...]:
    near, after = tables
    return (
        *("vix", "--near", near, "--next", after),
        *("--minutes", *minutes, "--rates", *rates, *more),
    )


def test_every_step_is_printed(steward: Steward, tables: tuple[str, str]) -> None:
    code, out, err = steward(*words(tables))
    assert (code, err) == (0, "")
    for said in (
        "K* 1965 (mids 21.05 and 23.15)",
        "1962.899956",
        "1962.400059",
        "K0 = 1960",
        "0.0000005328",  # the 1370 put, the paper's own sample
        "puts, zero bid: 1360, 1365, 1405, 1415",
        "calls, zero bid: 2120, 2150, 2175",
        "calls, beyond two zero bids in a row: 2200, 2225, 2250",
        "0.0192339065",
        "0.0194238843",
        "13.93",
        "no advice",
    ):
        assert said in " ".join(out.split()), said
    for row in (*example.printed("near"), *example.printed("next")):
        assert row["contribution"] in out
    beyond = next(line for line in out.splitlines() if line.strip().startswith("puts, beyond"))
    assert "800" in beyond


def test_all_of_it_as_numbers(steward: Steward, tables: tuple[str, str]) -> None:
    code, out, _ = steward(*words(tables, "--json"))
    said = json.loads(out)
    assert code == 0
    assert said["vix"] == pytest.approx(13.927842350, abs=1e-9)
    assert said["target_minutes"] == 43_200
    assert said["weights"]["near"] + said["weights"]["next"] == pytest.approx(1.0)
    for term in ("near", "next"):
        one = said[term]
        assert one["variance"] == pytest.approx(
            example.result("methodology", "variance", term), abs=0.51e-9
        )
        assert one["forward"] == pytest.approx(
            example.result("methodology", "forward", term), abs=0.5e-5
        )
        assert one["k0"] == 1960
        printed = example.printed(term)
        assert [row["strike"] for row in one["strikes"]] == [float(r["strike"]) for r in printed]
        for row, wanted in zip(one["strikes"], printed, strict=True):
            assert set(row) == {"strike", "option", "dk", "q", "contribution"}
            assert row["dk"] == float(wanted["width"])
        assert one["options"] - one["forward_term"] == pytest.approx(one["variance"], abs=1e-15)
        total = sum(row["contribution"] for row in one["strikes"])
        assert one["options"] == pytest.approx(2.0 * 525_600 / one["minutes"] * total)
    assert {row["why"] for row in said["near"]["left_out"]} == {
        "zero bid",
        "beyond two zero bids in a row",
        "in the money",
    }


def test_the_edition_of_2014(steward: Steward, tables: tuple[str, str]) -> None:
    changed = {"minutes": ("35924", "46394"), "rates": ("0.000305", "0.000286")}
    _, out, _ = steward(*words(tables, "--json", **changed))
    said = json.loads(out)
    assert round(said["vix"], 2) == 13.69
    assert said["near"]["variance"] == pytest.approx(0.01846292, abs=0.5e-8)


def test_another_tenor(steward: Steward, tables: tuple[str, str]) -> None:
    _, out, _ = steward(*words(tables, "--json", "--target-minutes", "34484"))
    said = json.loads(out)
    assert said["weights"] == {"near": 1.0, "next": 0.0}
    assert said["vix"] == pytest.approx(100.0 * said["near"]["variance"] ** 0.5)
    _, out, _ = steward(*words(tables, "--target-minutes", "30000"))
    assert "extrapolated" in out


def test_a_table_out_of_order_is_sorted_and_that_is_said(
    steward: Steward, tables: tuple[str, str], tmp_path: Path
) -> None:
    _, plain, _ = steward(*words(tables, "--json"))
    path = tmp_path / tables[0]
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *reversed(rows)]), encoding="utf-8")
    _, turned, _ = steward(*words(tables, "--json"))
    note = "near.csv: the strikes were not in order and were sorted"
    assert json.loads(turned)["notes"] == [note]
    assert json.loads(turned)["vix"] == json.loads(plain)["vix"]
    _, out, _ = steward(*words(tables))
    assert f"{note}." in out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rates": ("3.8", "0.03")}, "if 3.8 is in percent, write 0.038"),
        ({"rates": ("0.03", "-0.4")}, "if -0.4 is in percent, write -0.004"),
        ({"minutes": ("44954", "34484")}, "other way round"),
        ({"minutes": ("34484", "34484")}, "other way round"),
        ({"minutes": ("0", "34484")}, "above 0"),
        ({"minutes": ("nan", "34484")}, "above 0"),
        ({"minutes": ("34484", "inf")}, "above 0"),
        ({"minutes": ("34484.5", "44954")}, "34484.5 minutes: give whole minutes"),
        ({"minutes": ("34545", "4462500000000")}, "4462500000000 minutes: more than ten years"),
    ],
)
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_bad_numbers_are_one_line(
    steward: Steward,
    tables: tuple[str, str],
    given: dict[str, tuple[str, str]],
    said: str,
    as_json: tuple[str, ...],
) -> None:
    code, out, err = steward(*words(tables, *as_json, **given))
    assert (code, out) == (2, "")
    assert err.startswith("steward vix: ")
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("abc,1,2,3,4", "column strike: 'abc' is no number"),
        ("1962,1,2,x,4", "column put_bid: 'x' is no number"),
        ("1962,5,2,3,4", "column call_bid: 5 lies above call_ask, 2"),
        ("1960,5,6,3,4", "column strike: 1960 is in line"),
    ],
)
def test_a_bad_row_is_one_line_with_its_place(
    steward: Steward, tables: tuple[str, str], tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / tables[1]
    text = path.read_text(encoding="utf-8")
    path.write_text(text + line + "\n", encoding="utf-8")
    code, out, err = steward(*words(tables))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert f"next.csv, line {text.count(chr(10)) + 1}, " in err
    assert said in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("vix",), "--near, --next, --minutes, --rates missing"),
        (("vix", "--near", "near.csv"), "--next, --minutes, --rates missing"),
        (("vix", "--minutes", "34484"), "Option '--minutes' requires 2 arguments"),
        (("vix", "--minutes", "a", "b"), "Invalid value for '--minutes'"),
        (("vix", "--nope"), "No such option: --nope"),
        (("vix", "--quotes", "near.csv", "--map", "absent.toml"), "absent.toml"),
        (("vix", "--quotes", "empty"), "empty: "),
        (("vix", "--quotes", "absent.csv"), "absent.csv: does not exist"),
        (("vix", "--quotes", "near.csv", "--near", "near.csv"), "--near does not go with --quotes"),
        (("vix", "--quotes", "near.csv", "--target-minutes", "9"), "does not go with --quotes"),
        (("vix", "--quotes", "near.csv", "--session", "soon"), "'soon' is not a day"),
        (("vix", "--quotes", "near.csv"), "near.csv"),
        (("vix", "--quotes", "near.csv", "--data", "absent"), "absent"),
    ],
)
def test_options_that_do_not_go_together(
    steward: Steward, tables: tuple[str, str], given: tuple[str, ...], said: str
) -> None:
    assert tables[0] == "near.csv"
    Path("empty").mkdir()
    code, out, err = steward(*given)
    assert (code, out) == (2, "")
    assert said in err
    assert "steward-vix-" not in err  # the name of a temporary folder
    assert err.count("\n") == 1


def test_a_day_or_a_folder_belongs_to_the_other_way(
    steward: Steward, tables: tuple[str, str]
) -> None:
    for more in (("--session", "2024-01-05"), ("--data", "."), ("--map", "x.toml")):
        code, _, err = steward(*words(tables, *more))
        assert code == 2
        assert f"{more[0]} goes with --quotes only" in err


def test_forwards_that_are_far_apart_are_warned_of(
    steward: Steward, tables: tuple[str, str], tmp_path: Path
) -> None:
    """A table of another underlying, or of another day, is an index of nothing."""
    _, out, _ = steward(*words(tables))
    assert "do they belong together" not in out
    header, *rows = (tmp_path / tables[1]).read_text(encoding="utf-8").splitlines()
    cells = [row.split(",") for row in rows]
    place = header.split(",").index("strike")
    for row in cells:
        row[place] = f"{float(row[place]) * 1.06:g}"
    moved = "\n".join([header, *(",".join(row) for row in cells)])
    (tmp_path / tables[1]).write_text(moved + "\n", encoding="utf-8")
    code, out, _ = steward(*words(tables))
    assert code == 0
    assert "The forwards lie 6" in out
    assert "do they belong together" in " ".join(out.split())
    _, said, _ = steward(*words(tables, "--json"))
    assert any("do they belong together" in note for note in json.loads(said)["notes"])


# --- real chains ---------------------------------------------------------------------------------


def test_the_family_of_a_real_file(steward: Steward, shared_data: Path) -> None:
    path = shared_data / "chains" / "cboe_quotedata" / "spx_quotedata_2024-01-05.csv.gz"
    code, out, err = steward("vix", "--quotes", str(path), "--data", str(shared_data))
    assert (code, err) == (0, "")
    assert "2024-01-05, snapshot eod" in out
    assert "published less computed" in out
    for name in ("VIX9D", "VIX", "VIX3M", "VIX6M", "VIX1Y"):
        assert f"\n{name} " in out
    code, out, _ = steward("vix", "--quotes", str(path), "--data", str(shared_data), "--json")
    (moment,) = json.loads(out)["moments"]
    members = moment["members"]
    assert (moment["session"], moment["snapshot"]) == ("2024-01-05", "eod")
    for name, most in {"VIX": 0.05, "VIX9D": 0.05, "VIX3M": 0.15, "VIX6M": 0.25}.items():
        one = members[name]
        assert abs(one["published_less_value"]) <= most
        assert one["published"] - one["value"] == pytest.approx(one["published_less_value"])
        assert one["near"]["minutes"] < one["next"]["minutes"]
        assert one["near"]["weight"] + one["next"]["weight"] == pytest.approx(1.0)
    assert members["VIX3M"]["near"]["expiry"] == "2024-03-28"
    assert members["VIX1Y"]["published"] is None


def test_without_the_embedded_history_the_quotes_say_the_interest(
    steward: Steward, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its package is an extra. The closes of that session are not in it either way."""
    path = shared_data / "chains" / "cboe_quotedata" / "spx_quotedata_2024-01-05.csv.gz"
    given = ("vix", "--quotes", str(path), "--json")
    beside = steward(*given)
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "arch" else known(name)
    )
    code, out, err = steward(*given)
    assert (code, err) == (0, "")
    assert "implied by the quotes" in json.loads(out)["moments"][0]["rates"]
    assert (code, out, err) == beside


def test_many_sessions_are_a_line_each(steward: Steward, shared_data: Path) -> None:
    path = shared_data / "chains" / "spx_eod_2011-01-03_07_ivolatility.csv.gz"
    given = ("vix", "--quotes", str(path), "--data", str(shared_data))
    code, out, _ = steward(*given)
    assert code == 0
    for day in range(3, 8):
        assert f"2011-01-0{day} eod" in out
    assert "In brackets: published less computed" in out
    assert "* A list of strikes ends early" in out
    code, out, _ = steward(*given, "--session", "2011-01-05")
    assert "VIX6M is too low: the list of SPXW 2011-06-30 ends with a call worth" in " ".join(
        out.split()
    )


def test_what_cannot_be_computed_says_why(steward: Steward, shared_data: Path) -> None:
    path = shared_data / "chains" / "spxw_1545_2019-06-26_cboe_datashop.csv.gz"
    given = ("vix", "--quotes", str(path), "--data", str(shared_data))
    code, out, _ = steward(*given)
    assert code == 0
    said = " ".join(out.split())
    assert "VIX3M: none, published" in said
    assert "there are no quotes of SPX 2019-09-20 and SPX 2019-10-18" in said
    _, out, _ = steward(*given, "--json")
    one = json.loads(out)["moments"][0]["members"]["VIX3M"]
    assert one["value"] is None
    assert one["near"] is None
    assert "2019-09-20" in one["why"]


def test_the_help_names_the_columns_and_the_unit(steward: Steward) -> None:
    _, out, _ = steward("vix", "--help")
    said = " ".join(out.replace("│", " ").split())
    assert "call_bid, call_ask, put_bid, put_ask" in said
    assert "0.038 is 3.8 %" in said
