"""What changed from one frame to the next: the rows to write instead of the whole layer.

Made for frames of which one came from the other by edits, so that what did not
change is the same object. A row that only looks changed is in the difference too.
"""

import operator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True, eq=False)
class Delta:
    """``rows``: changed and added features as they are now; ``removed``: ids that are gone."""

    rows: gpd.GeoDataFrame
    removed: list[int]


def difference(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> Delta | None:
    """Return what leads from ``old`` to ``new``; None when columns, types or order are others."""
    alike = list(old.columns) == list(new.columns) and list(old.dtypes) == list(new.dtypes)
    if not alike or old.crs != new.crs:
        return None
    stays = old.index.isin(new.index)
    before = old if stays.all() else old[stays]
    count = len(before)
    if not np.array_equal(before.index, new.index[:count]):
        return None
    if new.index[count:].isin(old.index).any():
        return None
    changed = np.zeros(len(new), dtype=bool)
    changed[count:] = True
    for name in new.columns:
        apart = _apart(before[name], new[name].iloc[:count])
        if apart is None:
            return None
        changed[:count] |= apart
    return Delta(new[changed], [int(i) for i in old.index[~stays]])


def applied(old: gpd.GeoDataFrame, delta: Delta) -> gpd.GeoDataFrame:
    """Return the frame that :func:`difference` was given as ``new``."""
    kept = old.drop(index=delta.removed)
    changed = delta.rows.index.isin(kept.index)
    order = kept.index.append(delta.rows.index[~changed])
    unchanged = kept.drop(index=delta.rows.index[changed])
    return pd.concat([unchanged, delta.rows]).loc[order] if len(delta.rows) else kept


def _apart(a: pd.Series, b: pd.Series) -> npt.NDArray[np.bool_] | None:
    """True where two columns of one type differ (or may differ); None when that cannot be told."""
    if isinstance(a.dtype, np.dtype) and a.dtype.kind in "biufM":
        x, y = a.to_numpy(), b.to_numpy()
        return np.asarray((x != y) & ~((x != x) & (y != y)))
    if a.dtype == object or isinstance(a.dtype, pd.StringDtype) or a.dtype.name == "geometry":
        pairs = map(operator.is_not, np.asarray(a, dtype=object), np.asarray(b, dtype=object))
        return np.fromiter(pairs, dtype=bool, count=len(a))
    return None
