"""The question and the answer of a siting computation.

    Problem   what is known: who lives where, what it costs to reach them (arrays only)
    Ask       what is wanted: the model, how many, how far, how long to search
    Siting    the answer: sites, objective, proven bound, and how it was found

A column of the cost matrix is a *candidate*: a place where a facility stands or
may stand. A row is a *demand*: people at one place. Costs are metres or minutes;
infinite means that nobody gets there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from data.refused import Refused
from maps.analysis.siting.matrix import Pairs

Model = Literal["lscp", "mclp", "pmedian", "pcenter", "backup", "equity"]
MODELS: tuple[Model, ...] = ("lscp", "mclp", "pmedian", "pcenter", "backup", "equity")

NEW, FIXED, CLOSABLE, RELOCATABLE = 0, 1, 2, 3
"""What a candidate is.

NEW: nothing stands there. FIXED: stands and stays, not counted in ``p``.
CLOSABLE: stands, may be closed; counted in ``p`` as long as it is open.
RELOCATABLE: stands, may be given up for one more site elsewhere: counted, and
each one raises the number allowed by one.
"""


class Unreachable(Refused):
    """Some people cannot be reached by any candidate. ``rows``: which demands (int array)."""

    def __init__(self, message: str, rows: np.ndarray):
        super().__init__(message)
        self.rows = rows


class WrongAnswer(AssertionError):
    """An answer did not survive its independent check: a bug, never shown to the user."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is known; n demands, m candidates.

    ``cost``: (n, m) floats ≥ 0 with inf, or :class:`Pairs`. ``weights``: (n,) persons.
    ``state``: (m,) NEW/FIXED/CLOSABLE/RELOCATABLE. ``price``: (m,) cost of a site in any
    one currency (what already stands is usually 0). ``capacity``: (m,) persons.
    ``district``/``site_district``: (n,)/(m,) district numbers from 0, -1 for none.
    ``apart``: (k, 2) pairs of candidates that exclude each other. ``place``: (m,) number of
    the place: of several classes offered at one place at most one is opened (-1: any).
    """

    cost: np.ndarray | Pairs
    weights: np.ndarray
    state: np.ndarray | None = None
    price: np.ndarray | None = None
    capacity: np.ndarray | None = None
    district: np.ndarray | None = None
    site_district: np.ndarray | None = None
    apart: np.ndarray | None = None
    place: np.ndarray | None = None

    @property
    def demands(self) -> int:
        return int(self.cost.shape[0])

    @property
    def candidates(self) -> int:
        return int(self.cost.shape[1])

    @property
    def states(self) -> np.ndarray:
        """(m,) int8: the state of every candidate, NEW where none is given."""
        if self.state is None:
            return np.zeros(self.candidates, np.int8)
        return np.asarray(self.state, np.int8)


@dataclass(frozen=True, eq=False)
class Ask:
    """What is wanted.

    ``reach``: the range of a site, metres or minutes, one number or one per candidate
    (classes with different ranges). ``p``: how many sites beside the FIXED ones.
    ``budget``: instead of ``p``, or beside it, the sum of prices that may be spent; lscp with
    ``priced`` looks for the cheapest instead of the smallest set. ``times``: by how many
    sites a demand has to be reached to count (lscp, mclp). ``at_least``: district → number
    of open sites it must have. ``moves``: how many RELOCATABLE sites may move.
    ``phases``: numbers of sites of successive stages, the earlier choice part of the later;
    ``phase_weights`` says how much each stage counts. ``only_reachable``: lscp, pmedian and pcenter
    leave out people no candidate reaches instead of refusing.
    ``seconds``: time limit; ``gap``: relative distance to the bound that is good enough.
    """

    model: Model
    reach: float | np.ndarray | None = None
    p: int | None = None
    budget: float | None = None
    priced: bool = False
    times: int = 1
    at_least: Mapping[int, int] = field(default_factory=dict)
    moves: int | None = None
    phases: tuple[int, ...] = ()
    phase_weights: tuple[float, ...] = ()
    only_reachable: bool = False
    seconds: float = 60.0
    gap: float = 0.0


@dataclass(frozen=True)
class Step:
    """One moment of a search: best objective so far, proven bound, seconds since the start."""

    objective: float
    bound: float
    seconds: float


Watch = Callable[[Step], None]


def unwatched(step: Step) -> None:
    """Watch nothing."""


@dataclass(frozen=True, eq=False)
class Siting:
    """The answer.

    ``status``: "optimal" (proven) or "time_limit" (the best found; ``gap`` says how far it
    can be from the best). ``sites``: candidates open at the end, FIXED ones included, rising.
    ``objective``/``bound``: number of sites or price (lscp), persons (mclp, backup),
    person·metres or person·minutes (pmedian), metres or minutes (pcenter, and equity without
    districts), share of people of the worst-off district (equity with districts).
    ``gap``: |bound - objective| / max(|objective|, 1e-9). ``stages``: the sites of each phase.
    ``served``: (n,) persons of each demand the answer counts (reached within the range, or
    assigned within capacity), None for pmedian and pcenter without a range. ``left_out``:
    demands no candidate reaches. ``levels``: what an answer in several stages found, in order
    (backup: number of sites, persons; equity: shares of the districts from the worst up).
    ``load``: (m,) persons each candidate takes in, ``sent``: who goes where (demand, candidate,
    persons; (k,) each), None without capacities.
    """

    problem: Problem
    ask: Ask
    status: Literal["optimal", "time_limit"]
    sites: np.ndarray
    objective: float
    bound: float
    seconds: float
    steps: tuple[Step, ...] = ()
    stages: tuple[np.ndarray, ...] = ()
    served: np.ndarray | None = None
    left_out: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    levels: tuple[float, ...] = ()
    load: np.ndarray | None = None
    sent: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    @property
    def gap(self) -> float:
        return gap_of(self.objective, self.bound)

    @property
    def opened(self) -> np.ndarray:
        """Candidates opened where nothing stood."""
        return self.sites[self.problem.states[self.sites] == NEW]

    @property
    def closed(self) -> np.ndarray:
        """Candidates that stand today and are given up."""
        stands = np.flatnonzero(self.problem.states != NEW)
        return np.setdiff1d(stands, self.sites)


def gap_of(objective: float, bound: float) -> float:
    """Return the relative distance between an objective and its bound."""
    if objective == bound:
        return 0.0
    return abs(bound - objective) / max(abs(objective), 1e-9)
