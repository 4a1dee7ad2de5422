"""Which of the tints each responsibility area gets, on paper and in the window."""

import numpy as np
import shapely

from maps.analysis.network.areas import Areas
from maps.drawing import style


def tints(found: Areas) -> list[int]:
    """Return a tint for each area so that neighbours differ (as far as there are tints)."""
    shapes = np.array([area.shape for area in found.areas], dtype=object)
    rough = shapely.simplify(shapes, 500.0)
    pairs = shapely.STRtree(rough).query(rough, predicate="dwithin", distance=1000.0)
    beside: list[set[int]] = [set() for _ in shapes]
    for a, b in pairs.T:
        if a != b:
            beside[a].add(int(b))
    out = [-1] * len(shapes)
    # Who has most neighbours chooses first.
    for i in sorted(range(len(shapes)), key=lambda k: (-len(beside[k]), k)):
        used = {out[k] for k in beside[i]}
        count = len(style.STATION_TINTS)
        out[i] = next((t for t in range(count) if t not in used), i % count)
    return out
