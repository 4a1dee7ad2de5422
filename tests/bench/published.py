"""Published instances: the OR-Library's forty p-medians, and the data spopt is tested with.

The instances (pmed1.txt … pmed40.txt; J. E. Beasley, people.brunel.ac.uk/~mastjjb/jeb/orlib)
are not part of this program: put them into a folder and name it in the environment variable
PMED. Without them this part has nothing to run and says so. Optimal values: p-median from the
OR-Library's pmedopt.txt; p-center from Daskin (2000) and Elloumi, Labbé, Pochet (2004).

spopt's own test data (San Francisco: 205 census tracts, 16 stores, ways by road) come with spopt:
where it is installed, it and its answers stand beside ours.
"""

import importlib
import importlib.util
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import floyd_warshall

from maps.analysis.siting import Ask, Problem, solve
from tests.bench.timing import Row

LIMIT = 60.0
MEDIAN = (
    *(5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255),
    *(7696, 6634, 4374, 2968, 1729, 8162, 6999, 4809, 2845, 1789),
    *(9138, 8579, 4619, 2961, 1828, 9917, 8307, 4498, 3033, 1989),
    *(10086, 9297, 4700, 3013, 10400, 9934, 5057, 11060, 9423, 5128),
)
CENTER = (
    *(127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18, 47, 39, 28, 18, 13),
    *(40, 38, 22, 15, 11, 38, 32, 18, 13, 9, 30, 29, 15, 11, 30, 27, 15, 29, 23, 13),
)


def run() -> list[Row]:
    """One row per instance and model that is there."""
    folder = os.environ.get("PMED", "")
    rows = [
        row
        for number in range(1, 41)
        if folder and (path := Path(folder) / f"pmed{number}.txt").exists()
        for row in _instance(number, path)
    ]
    rows = rows or [Row("OR-Library", "no instances: name their folder in PMED", 0.0, 1.0, 0)]
    return rows + _san_francisco()


def _instance(number: int, path: Path) -> list[Row]:
    cost, p = read(path)
    problem = Problem(cost, np.ones(len(cost)))
    rows = []
    for model, optimum in (("pmedian", MEDIAN[number - 1]), ("pcenter", CENTER[number - 1])):
        start = time.perf_counter()
        result = solve(problem, Ask(model, p=p, seconds=LIMIT))  # type: ignore[arg-type]
        ms = (time.perf_counter() - start) * 1000
        state = "proven" if result.status == "optimal" else f"{result.gap:.2%} off the bound"
        note = f"published {optimum:,}; {state}"
        work = f"pmed{number}: {len(cost)} nodes, p = {p}, {model}"
        rows.append(Row(work, "ours", ms, 1.0, 1, result.objective, note))
    return rows


SERVICE = 5_000.0


def _san_francisco() -> list[Row]:
    """LSCP and MCLP within 5 km, p-median and p-center, four sites each: spopt and ours."""
    found = importlib.util.find_spec("spopt")
    if found is None or found.origin is None:
        return [Row("San Francisco", "spopt: 未安装", 0.0, 1.0, 0)]
    folder = Path(found.origin).parent / "tests" / "test_locate" / "data"
    ways = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    cost = ways.pivot_table(values="distance", index="DestinationName", columns="name").to_numpy()
    tracts = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv")
    people = tracts.sort_values("NAME")["POP2000"].to_numpy(float)
    locate, pulp = importlib.import_module("spopt.locate"), importlib.import_module("pulp")
    built: dict[str, Callable[[], Any]] = {
        "lscp": lambda: locate.LSCP.from_cost_matrix(cost, SERVICE),
        "mclp": lambda: locate.MCLP.from_cost_matrix(cost, people, SERVICE, 4),
        "pmedian": lambda: locate.PMedian.from_cost_matrix(cost, people, 4),
        "pcenter": lambda: locate.PCenter.from_cost_matrix(cost, 4),
    }
    rows = []
    for model, build in built.items():
        title = f"San Francisco, 16 × 205, {model}"
        start = time.perf_counter()
        p = None if model == "lscp" else 4
        result = solve(Problem(cost, people), Ask(model, reach=SERVICE, p=p))  # type: ignore[arg-type]
        ours = (time.perf_counter() - start) * 1000
        rows.append(Row(title, "ours", ours, 1.0, 1, result.objective, result.status))
        start = time.perf_counter()
        made = build()
        made.problem.solve(pulp.PULP_CBC_CMD(msg=False))
        ms = (time.perf_counter() - start) * 1000
        theirs = float(pulp.value(made.problem.objective))
        rows.append(Row(title, "spopt with CBC", ms, ms / ours, 1, theirs))
    return rows


def read(path: Path) -> tuple[np.ndarray, int]:
    """Return all shortest ways (n, n) of an instance and its p; of equal edges the last counts."""
    numbers = np.array(path.read_text(encoding="ascii").split(), dtype=np.int64)
    n, p = int(numbers[0]), int(numbers[2])
    edges = np.full((n, n), np.inf)
    for a, b, length in numbers[3:].reshape(-1, 3):
        edges[a - 1, b - 1] = edges[b - 1, a - 1] = length
    np.fill_diagonal(edges, 0.0)
    return floyd_warshall(edges), p
