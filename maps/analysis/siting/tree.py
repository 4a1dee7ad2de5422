"""Proof by branching on candidates, bounded by Lagrangian relaxation instead of linear programs.

Beasley, “A note on solving large p-median problems”, EJOR 21 (1985). Every node is again a
p-median question: sites decided to be open lower what everybody pays at most, sites decided
to be shut are no longer there. For thousands of demands this is where linear programs, one
variable per pair, become too slow.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from maps.analysis.siting.lagrange import Relaxed, arcs_below, cost_bound, decided
from maps.analysis.siting.search import Search

_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Node:
    """A part of the search: no answer in it costs less than ``bound``.

    ``opened``: positions decided to be open; ``left``: positions still to choose ``limit`` from.
    ``price``: multipliers to begin with.
    """

    bound: float
    opened: tuple[int, ...]
    left: np.ndarray
    limit: int
    price: np.ndarray


@dataclass(frozen=True, eq=False)
class Table:
    """Costs (n, k), weights (n,), cost without any of them (n,), cap of multipliers (n,), step."""

    cost: np.ndarray
    weight: np.ndarray
    base: np.ndarray
    ceiling: np.ndarray
    step: float

    def total(self, sites: np.ndarray) -> float:
        best = self.base
        if len(sites):
            best = np.minimum(best, self.cost[:, sites].min(axis=1))
        return float(self.weight @ best)


def search_tree(
    table: Table,
    root: Node,
    sites: np.ndarray,
    search: Search,
    gap: float,
    improve: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, float, bool]:
    """Return the best sites, a bound of their cost, and whether it is proven (within ``gap``).

    ``sites``: positions of an answer in hand. ``improve``: makes a better choice of one, tried
    now and then.
    """
    total = table.total(sites)
    count, turns = itertools.count(), itertools.count()
    heap: list[tuple[float, int, Node]] = [(root.bound, next(count), root)]
    while heap:
        bound = heap[0][0]
        if bound > total - table.step:
            return sites, total, True
        search.tell(total, bound)
        if total - bound <= gap * total:
            return sites, bound, True
        if search.left <= 0:
            return sites, bound, False
        node = heapq.heappop(heap)[2]
        children, found = _visit(table, node, total, search)
        turn = next(turns)
        # Often at first, when the answer in hand may still be poor, seldom later.
        if found is not None and (turn & (turn - 1) == 0 or turn % 32 == 0):
            found = improve(found)
        worth = table.total(found) if found is not None else np.inf
        if found is not None and worth < total:
            sites, total = found, worth
        for child in children:
            if child.bound <= total - table.step:
                heapq.heappush(heap, (child.bound, next(count), child))
    return sites, total, True


def _visit(
    table: Table, node: Node, total: float, search: Search
) -> tuple[list[Node], np.ndarray | None]:
    """Return the parts a node falls into (none: nothing better in it) and an answer from it."""
    opened = np.array(node.opened, np.int64)
    base = table.base
    if len(opened):
        base = np.minimum(base, table.cost[:, opened].min(axis=1))
    if node.limit <= 1 or len(node.left) <= node.limit:
        return [], _leaf(table, node, opened, base)
    cost = table.cost[:, node.left]
    arcs = arcs_below(cost, table.weight, np.minimum(table.ceiling, base))
    nothing = np.zeros(len(node.left), bool)
    relaxed = cost_bound(
        arcs,
        node.price,
        node.limit,
        total,
        table.step,
        _ROUNDS,
        search.tick,
        nothing,
        0.5,
    )
    found = np.union1d(opened, node.left[relaxed.choice])
    if relaxed.bound > total - table.step:
        return [], found
    return _branches(table, node, relaxed, min(total, table.total(found))), found


def _leaf(table: Table, node: Node, opened: np.ndarray, base: np.ndarray) -> np.ndarray:
    """The best answer of a node with one site to choose, or with no choice left."""
    if len(node.left) <= node.limit or node.limit < 1:
        more = node.left if node.limit >= 1 else node.left[:0]
        return np.union1d(opened, more)
    worth = table.weight @ np.minimum(table.cost[:, node.left], base[:, None])
    return np.union1d(opened, node.left[[int(np.argmin(worth))]])


def _branches(table: Table, node: Node, relaxed: Relaxed, total: float) -> list[Node]:
    shut, forced = decided(relaxed, node.limit, total - 0.999 * table.step, False)
    opened = node.opened + tuple(int(j) for j in node.left[forced])
    limit = node.limit - int(forced.sum())
    open_question = ~shut & ~forced
    left = node.left[open_question]
    bound = max(node.bound, relaxed.bound)
    if limit <= 1 or len(left) <= limit:
        return [Node(bound, opened, left, limit, relaxed.price)]
    # The candidate nearest to being chosen or not: both parts then differ most from this node.
    value = relaxed.value[open_question]
    ranked = np.sort(value)
    first = int(np.argmin(np.abs(value - (ranked[limit - 1] + ranked[limit]) / 2)))
    rest = np.delete(left, first)
    return [
        Node(bound, (*opened, int(left[first])), rest, limit - 1, relaxed.price),
        Node(bound, opened, rest, limit, relaxed.price),
    ]
