"""Addresses of public data: ours, and a user's own."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from steward.doors.fetch.catalogue import PLACES, catalogue
from steward.terms.errors import StewardError

INDEX = '[sources.cboe_index]\nurl = "https://mirror.test/{symbol}.csv"\n'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "my.toml"


def test_the_packaged_addresses() -> None:
    known = catalogue()
    index = known.sources["cboe_index"]
    assert set(index.symbols) >= {"VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX", "SKEW", "VIX1D"}
    strategies = known.sources["cboe_strategy"].symbols
    assert set(strategies) >= {"CNDR", "BFLY", "PUT", "BXM", "PPUT", "VXTH"}
    assert {one.kind for one in known.sources.values()} == set(PLACES)
    for one in known.sources.values():
        assert urlsplit(one.url).scheme == "https"
        assert one.group.statement.endswith(".")
        assert one.group.seconds >= 1.0
    assert [one.name for one in known.sources.values() if one.key] == ["alfred"]


def test_every_contract_comes_from_one_of_both_places() -> None:
    known = catalogue()
    archive, new = known.sources["cfe_vx_archive"], known.sources["cfe_vx"]
    assert (new.first_expiry - archive.last_expiry).days == 1


def test_no_address_stands_in_code() -> None:
    folder = Path(__file__).parents[3] / "src" / "steward" / "doors" / "fetch"
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8").replace('"https://"', "").replace("with https://", "")
        assert "://" not in text.replace("{urlsplit(there).scheme}://", ""), path.name


def test_an_own_file_replaces_extends_and_switches_off(own: Path) -> None:
    own.write_text(
        '[groups.cboe]\nseconds = 5\n[groups.mine]\ntitle = "Me"\nterms = "https://me.test"\n'
        'statement = "Mine."\nseconds = 0\n'
        + INDEX
        + '[sources.mine]\ngroup = "mine"\nkind = "index"\nurl = "http://127.0.0.1:80/{symbol}"\n'
        'file = "{symbol}_History.csv"\ntable = "index"\nsymbols = ["VIX1Y"]\n'
        "[sources.fred_rates]\noff = true\n",
        encoding="utf-8",
    )
    known = catalogue(own)
    assert known.sources["cboe_index"].url == "https://mirror.test/{symbol}.csv"
    assert known.sources["cboe_index"].symbols == catalogue().sources["cboe_index"].symbols
    assert known.sources["cboe_strategy"].group.seconds == 5.0
    assert known.sources["mine"].group.title == "Me"
    assert "fred_rates" not in known.sources


MISTAKES = {
    "no toml": ("x = = 1", "is no TOML file"),
    "table": ("[source.x]\n", "unknown table [source]; there are groups and sources"),
    "no table": ("sources = 1\n", "sources must be a table"),
    "entry": ("[sources]\nx = 1\n", "sources.x: must be a table"),
    "name": ("[sources.A-b]\n", "a name has a-z, 0-9 and _ only"),
    "key": ('[sources.cboe_index]\nlink = "x"\n', "unknown key link; there are group, kind"),
    "type": ("[groups.cboe]\nseconds = true\n", "seconds: 'True' must be a number"),
    "list": ('[sources.cboe_index]\nsymbols = "VIX"\n', "symbols: 'VIX' must be a list"),
    "day": ('[sources.cfe_vx]\nfirst_expiry = "x"\n', "first_expiry: 'x' must be a day"),
    "lacks": ('[sources.x]\ngroup = "cboe"\nkind = "index"\n', "[sources.x]: url is missing"),
    "group": ('[sources.cboe_index]\ngroup = "nyse"\n', "'nyse' must be one of cboe, fred"),
    "kind": ('[sources.cboe_index]\nkind = "rates"\n', "'rates' must be one of index"),
    "seconds": ("[groups.cboe]\nseconds = -1\n", "'-1' must be 0 to 3600"),
    "plain": ('[sources.cboe_index]\nurl = "http://x.test/{symbol}"\n', "must begin with https://"),
    "terms": ('[groups.cboe]\nterms = "www"\n', "terms: 'www' must begin with https://"),
    "host": ('[sources.cboe_index]\nurl = "https://{symbol}.test/"\n', "must name one host"),
    "password": ('[sources.cboe_index]\nurl = "https://u:p@x.test/{symbol}"\n', "a password"),
    "template": ('[sources.cboe_index]\nurl = "https://x.test/all"\n', "lacks {symbol}"),
    "place": (
        '[sources.cboe_index]\nurl = "https://x.test/{symbol}{day}"\n',
        "{day} means nothing here",
    ),
    "file": ('[sources.cboe_index]\nfile = "../{symbol}"\n', "must be a name without folders"),
    "key in file": ('[sources.alfred]\nfile = "{symbol}{key}"\n', "{key} means nothing here"),
    "symbol": ('[sources.cboe_index]\nsymbols = ["../x"]\n', "has A-Z and 0-9 only"),
    "no symbols": ("[sources.cboe_index]\nsymbols = []\n", "symbols is missing"),
    "no file": (
        '[sources.x]\ngroup = "cboe"\nkind = "index"\nurl = "https://x.test/{symbol}"\n',
        "[sources.x]: file is missing",
    ),
    "size": ("[sources.cboe_index]\nlargest_mb = 0\n", "'0' must be 1 to 4096"),
    "instead": ('[sources.alfred]\nwithout_key = "none"\n', "without_key: 'none' is no source"),
}


@pytest.mark.parametrize(("text", "complaint"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_named(own: Path, text: str, complaint: str) -> None:
    own.write_text(text, encoding="utf-8")
    with pytest.raises(StewardError) as error:
        catalogue(own)
    assert complaint in str(error.value)
    assert str(error.value).startswith(str(own))


def test_a_file_that_is_not_there(own: Path) -> None:
    with pytest.raises(StewardError, match=r"--sources .*my.toml: cannot be read"):
        catalogue(own)
