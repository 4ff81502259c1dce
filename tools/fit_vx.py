"""Fit the curve of VIX futures to settlements, for `pricing.vx_curve`.

    python tools/fit_vx.py DATA_FOLDER > src/steward/pricing/files/vx.toml

ln of the settlement over VIX by least squares, for three sets of closes. Errors are of years left
out of the fit, in index points, the first six months. Only coefficients and errors are written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from steward.market.history import History
from steward.market.vendors.data_folder import folder_history
from steward.pricing.term import TermTable, features, same_day
from steward.pricing.vx_curve import MOST_DAYS, SCALE_DAYS

FORMS = ((), ("vix3m",), ("vix3m", "vix6m", "vvix"))
MONTHS = 6
HEAD = """\
# VIX futures: ln(F / VIX) = the sum over three scales of 1 - exp(-days / scale), each times a row
# of coefficients: constant, ln VIX, ln VIX over each of its averages (21, 63, 252 sessions), then
# ln of each `given` close over VIX. Least squares on daily settlements up to 260 days by
# tools/fit_vx.py. Errors are absolute, in index points, median and 90th percentile, each year
# predicted from the others, the first six months, by VIX. `signed` is the median of settlement
# minus model by year: the slow premium that VIX does not show."""

BANDS = (("below_25", 0.0, 25.0), ("from_25", 25.0, 1000.0), ("from_35", 35.0, 1000.0))


class Rows:
    """Settlements within the longest tenor, a row a (session, contract), where the closes are."""

    def __init__(self, history: History, given: tuple[str, ...]) -> None:
        table = history.futures
        if table is None:
            sys.exit("fit_vx: the folder has no VIX futures")
        vix = history.vix.close
        columns = [np.log(same_day(history, name) / vix) for name in given]
        state = np.column_stack([features(vix, TermTable(history).means, None), *columns])
        sessions = np.array(history.sessions, dtype="datetime64[D]")
        row = np.searchsorted(sessions, table.session)
        row = np.minimum(row, len(sessions) - 1)
        days = (table.expiry - table.session).astype(np.float64)
        good = (sessions[row] == table.session) & (days <= MOST_DAYS)
        good &= np.isfinite(state[row]).all(axis=1)
        first = np.searchsorted(table.session, table.session)
        self.row = row[good]
        self.month = (np.arange(len(row)) - first + 1)[good]
        self.session, self.expiry = table.session[good], table.expiry[good]
        self.settle, self.vix, self.days = table.settle[good], vix[self.row], days[good]
        self.year = self.session.astype("datetime64[Y]").astype(int) + 1970
        come_in = -np.expm1(-self.days[:, None] / np.array(SCALE_DAYS))
        self.x = (come_in[:, :, None] * state[self.row][:, None, :]).reshape(len(self.row), -1)
        self.y = np.log(self.settle / self.vix)

    def left_out(self) -> np.ndarray:
        """Each settlement as predicted from the other years, index points."""
        found = np.empty(len(self.y))
        for year in np.unique(self.year):
            out = self.year == year
            found[out] = self.x[out] @ fitted(self.x[~out], self.y[~out])
        return self.vix * np.exp(found)


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(x, y, rcond=None)[0]


def pair(values: np.ndarray) -> str:
    half, most = np.quantile(values, [0.5, 0.9])
    return f"[{half:.2f}, {most:.2f}]"


def main(folder: Path) -> None:
    history = folder_history(folder)
    print(HEAD)
    for given in FORMS:
        rows = Rows(history, given)
        missed = rows.settle - rows.left_out()
        near = rows.month <= MONTHS
        coefficients = fitted(rows.x, rows.y).reshape(len(SCALE_DAYS), -1)
        print(f"\n[[form]]\ngiven = {list(given)}".replace("'", '"'))
        print("coefficients = [")
        for load in coefficients:
            print(f"    {[round(float(c), 5) for c in load]},")
        print("]")
        print(f"first = {rows.session.min()}\nlast = {rows.session.max()}")
        print(f"settlements = {len(rows.y)}")
        for name, low, high in BANDS:
            inside = near & (rows.vix >= low) & (rows.vix < high)
            print(f"error_{name} = {pair(np.abs(missed[inside]))}")
        by_month = [np.median(np.abs(missed[rows.month == m])) for m in range(1, 8)]
        print(f"median_error_by_month = {[round(float(e), 2) for e in by_month]}")
        signed = {
            int(year): round(float(np.median(missed[near & (rows.year == year)])), 2)
            for year in np.unique(rows.year)
        }
        print("signed = {" + ", ".join(f"{y} = {m}" for y, m in signed.items()) + "}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
