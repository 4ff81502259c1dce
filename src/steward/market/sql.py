"""SQL over a store, by DuckDB, for the curious: `Store.sql`. Needs the extra `sql`.

Views: `quotes_spx` and `quotes_vix` (columns of `tables.QUOTES`, one row a key, as `Store.quotes`
gives them), each other table of the store under its name, and `set_aside`. `right` is a reserved
word of SQL: write it in double quotes, "right".

A query can read the store and nothing else: one SELECT, no other file, no network, no change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from steward.market import merging
from steward.market.store import SYMBOLS, Store
from steward.market.tables import MOMENT, QUOTES
from steward.terms.errors import StewardError

SQL_TYPES: Mapping[pl.DataType, str] = {
    pl.Date(): "DATE",
    pl.String(): "VARCHAR",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Float32(): "FLOAT",
    MOMENT: "TIMESTAMPTZ",
}


def query(store: Store, text: str) -> pl.DataFrame:
    """What one SELECT says.

    Raises StewardError without DuckDB, for anything but one SELECT, where DuckDB refuses it, and
    for a part of the store that is damaged.
    """
    try:
        import duckdb
    except ModuleNotFoundError:
        raise StewardError(
            'SQL needs DuckDB, which is an extra: pip install "steward[sql]"'
        ) from None
    store.refuse_cut()
    with duckdb.connect(":memory:") as connection:
        for view in views(store):
            connection.execute(view)
        for setting in _settings(store.root):
            connection.execute(setting)
        try:
            statements = connection.extract_statements(text)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise StewardError("SQL over a store is one SELECT; nothing can be changed by it")
            found = pl.DataFrame(connection.sql(text))
        except duckdb.ParserException as error:
            bare = re.search(r'(?i)(?<!")\bright\b(?!")', text)
            hint = ' (right is a reserved word: write "right")' if bare else ""
            raise StewardError(f"SQL: {error}{hint}") from error
        except (duckdb.Error, pl.exceptions.PolarsError) as error:
            # Damage in the middle of a part; an error of words costs no look at the parts.
            if not isinstance(error, duckdb.ProgrammingError) or isinstance(
                error, duckdb.InvalidInputException
            ):
                store.refuse_damage()
            raise StewardError(f"SQL: {error}") from error
    return found.with_columns(pl.selectors.datetime(time_zone="*").dt.convert_time_zone("UTC"))


def views(store: Store) -> list[str]:
    """The statements that make the views."""
    made = [f'CREATE VIEW "quotes_{s.lower()}" AS {_quotes(store, s)}' for s in SYMBOLS]
    tables = sorted({record.table for record in store.records} - {"quotes"})
    for table in tables:
        parts = [part.path for record in store.of_table(table) for part in record.parts]
        made.append(f'CREATE VIEW "{table}" AS SELECT * FROM {_files(store.root, parts)}')
    aside = [
        f"set_aside/{record.source}.parquet"
        for record in store.records
        if (store.root / "set_aside" / f"{record.source}.parquet").is_file()
    ]
    if aside:
        made.append(f"CREATE VIEW set_aside AS SELECT * FROM {_files(store.root, aside)}")
    return made


def _quotes(store: Store, symbol: str) -> str:
    """One row a key, as `Store.quotes` has it."""
    apart, together = store.parts_apart(symbol)
    columns = ", ".join(f'"{name}"' for name in QUOTES)
    some = [f"SELECT {columns} FROM {_files(store.root, apart)}"] if apart else []
    if together:
        some.append(merging.in_sql(_files(store.root, together), columns))
    return " UNION ALL ".join(some) or _nothing()


def _nothing() -> str:
    """No rows, with the columns and types of `tables.QUOTES`."""
    columns = ", ".join(
        f'CAST(NULL AS {SQL_TYPES[kind]}) AS "{name}"' for name, kind in QUOTES.items()
    )
    return f"SELECT {columns} WHERE false"


def _files(root: Path, parts: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(_text(root.resolve() / part) for part in parts)}])"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _settings(root: Path) -> tuple[str, ...]:
    return (
        "SET TimeZone = 'UTC'",
        "SET python_enable_replacements = false",
        f"SET allowed_directories = [{_text(root.resolve())}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    )
