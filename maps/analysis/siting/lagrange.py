"""Proven bounds without a linear program: Lagrangian relaxation by subgradients.

Geoffrion, “Lagrangean relaxation for integer programming” (1974); Galvão and ReVelle,
“A Lagrangean heuristic for the maximal covering location problem”, EJOR 88 (1996);
Beasley, “A note on solving large p-median problems”, EJOR 21 (1985). Every multiplier
gives a valid bound, however the search for good multipliers goes. Steps are scaled by the
weights, which spread over several orders, and carry momentum.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

_MOMENTUM = 0.7
_PATIENCE = 20


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A bound and what it says about each candidate.

    ``value``: (m,) what the relaxation gains (cover) or pays (cost) by opening a candidate;
    ``choice``: the candidates it would open; ``price``: (n,) the multipliers. The bound plus a
    change of the choice is a bound for all answers with that change.
    """

    bound: float
    value: np.ndarray
    choice: np.ndarray
    price: np.ndarray


def _top(value: np.ndarray, limit: int) -> np.ndarray:
    """The ``limit`` largest, as positions."""
    if limit >= len(value):
        return np.arange(len(value))
    return np.argpartition(-value, limit)[:limit]


def cover_bound(
    matrix: sp.csr_array,
    weight: np.ndarray,
    limit: int,
    known: float,
    step: float,
    rounds: int,
    tick: Callable[[], bool],
) -> Relaxed:
    """Return an upper bound of the people ``limit`` candidates can reach.

    ``matrix``: (n, m) cover; ``weight``: (n,) > 0. ``known``: people of an answer in hand. Ends
    when the bound is nearer to it than ``step``, or after ``rounds``.
    """
    turned = matrix.T
    share = weight / np.maximum(1, np.diff(matrix.indptr))
    price, theta, stall = share.copy(), 1.0, 0
    best = Relaxed(np.inf, np.zeros(matrix.shape[1]), np.empty(0, np.int64), price)
    motion = np.zeros(len(weight))
    x = np.zeros(matrix.shape[1])
    for turn in range(rounds):
        value = turned @ price
        chosen = _top(value, limit)
        bound = float((weight - price).sum() + value[chosen].sum())
        if bound < best.bound - 1e-9 * abs(bound):
            best, stall = Relaxed(bound, value, chosen, price), 0
            if bound - known < step:
                break
        else:
            stall += 1
            if stall >= _PATIENCE:
                theta, stall, price = theta * 0.6, 0, best.price
                if theta < 1e-3:
                    break
        x[:] = 0.0
        x[chosen] = 1.0
        slope = matrix @ x - 1.0
        slope[(price >= weight) & (slope < 0) | (price <= 0) & (slope > 0)] = 0.0
        motion = slope + _MOMENTUM * motion
        size = float(weight @ (motion * motion))
        if size == 0:
            break
        pace = theta * max(bound - known, step) / size
        price = np.clip(price - pace * motion * weight, 0.0, weight)
        if turn % 25 == 0 and tick():
            break
    return best


@dataclass(frozen=True, eq=False)
class Arcs:
    """The pairs of a p-median question that can matter to its bound, by demand.

    ``row``, ``site``, ``paid`` (k,): demand, candidate, weighted cost. ``cap``: (n,) above which
    the multiplier of a demand must not go: all pairs cheaper than it are listed.
    """

    row: np.ndarray
    site: np.ndarray
    paid: np.ndarray
    cap: np.ndarray
    sites: int

    def without(self, shut: np.ndarray) -> "Arcs":
        """Return the arcs to candidates that are not shut, (m,) booleans."""
        keep = ~shut[self.site]
        return Arcs(self.row[keep], self.site[keep], self.paid[keep], self.cap, self.sites)


def arcs_below(cost: np.ndarray, weight: np.ndarray, ceiling: np.ndarray) -> Arcs:
    """Return the pairs with cost < ``ceiling`` (n,), weighted."""
    _n, m = cost.shape
    flat = np.flatnonzero((cost < ceiling[:, None]).ravel())
    row, site = flat // m, flat % m
    return Arcs(row, site, weight[row] * cost.ravel()[flat], weight * ceiling, m)


def cost_bound(
    arcs: Arcs,
    first: np.ndarray,
    limit: int,
    known: float,
    step: float,
    rounds: int,
    tick: Callable[[], bool],
    shut: np.ndarray,
    theta: float = 1.0,
) -> Relaxed:
    """Return a lower bound of the weighted cost with ``limit`` candidates open.

    ``first``: (n,) multipliers to begin with (weighted cost). ``known``: the cost of an answer
    in hand. ``shut``: (m,) candidates that stay closed.
    """
    price = np.minimum(first, arcs.cap)
    best = Relaxed(-np.inf, np.zeros(arcs.sites), np.empty(0, np.int64), price)
    motion = np.zeros(len(price))
    stall = 0
    weight = np.maximum(arcs.cap, 1e-12)
    is_open = np.zeros(arcs.sites, bool)
    for turn in range(rounds):
        paid = arcs.paid - price[arcs.row]
        np.minimum(paid, 0.0, out=paid)
        value = np.where(shut, np.inf, np.bincount(arcs.site, paid, arcs.sites))
        chosen = _top(-value, limit)
        bound = float(price.sum() + value[chosen].sum())
        if bound > best.bound + 1e-9 * abs(bound):
            best, stall = Relaxed(bound, value, chosen, price), 0
            if known - bound < step:
                break
        else:
            stall += 1
            if stall >= _PATIENCE:
                theta, stall, price = theta * 0.6, 0, best.price
                if theta < 1e-3:
                    break
        is_open[:] = False
        is_open[chosen] = True
        used = is_open[arcs.site] & (paid < 0)
        slope = 1.0 - np.bincount(arcs.row[used], minlength=len(price))
        motion = slope + _MOMENTUM * motion
        size = float(weight @ (motion * motion))
        if size == 0:
            break
        pace = theta * max(known - bound, step) / size
        price = np.clip(price + pace * motion * weight, 0.0, arcs.cap)
        if turn % 25 == 0 and tick():
            break
    return best


def decided(
    relaxed: Relaxed, limit: int, worth: float, larger: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return which candidates every answer better than ``worth`` leaves shut, and which it opens.

    ``larger``: the objective is maximised. (m,) booleans each.
    """
    value = relaxed.value if larger else -relaxed.value
    bound = relaxed.bound if larger else -relaxed.bound
    worth = worth if larger else -worth
    m = len(value)
    inside = np.zeros(m, bool)
    inside[relaxed.choice] = True
    if limit >= m:
        return np.zeros(m, bool), np.zeros(m, bool)
    smallest_in = value[inside].min() if inside.any() else np.inf
    largest_out = value[~inside].max()
    with np.errstate(invalid="ignore"):
        shut = ~inside & (bound - smallest_in + value < worth)
    opened = inside & (bound - value + largest_out < worth)
    return shut, opened
