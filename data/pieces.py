"""Long work in pieces, so that the window is drawn meanwhile.

One call of a library over half a million values keeps Python's lock for a tenth of a second
and longer, and the window's thread waits for it. Between two calls it gets its turn.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

PIECE = 50_000


def in_pieces(
    work: Callable[[Any], npt.NDArray[Any]], values: Sequence[Any] | npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """``work(values)``, an array with a row per value, done on ``PIECE`` values at a time."""
    if len(values) <= PIECE:
        return work(values)
    return np.concatenate(
        [work(values[start : start + PIECE]) for start in range(0, len(values), PIECE)]
    )
