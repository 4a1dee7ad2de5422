"""The sorts of map there are, as a table: what each shows and how it is called."""

from dataclasses import dataclass
from typing import Literal

from data.kinds import STATUSES
from data.refused import Refused

Subject = Literal["", "covered", "blind", "areas", "risk", "shelters", "routes", "index"]


@dataclass(frozen=True)
class Template:
    """One sort of map.

    ``title``: what follows the area's name. ``subject``: what is worked out and drawn over the
    ground. ``statuses``, ``kinds``: facilities shown (no kinds: all). ``population``: people as
    a background. ``facilities`` off: none at all. ``symbols``: how many times larger symbols
    are. ``public``: for everybody's eyes: larger names, no graticule, no title block but who
    made it and when.
    """

    name: str
    title: str
    subject: Subject = ""
    statuses: tuple[str, ...] = STATUSES
    kinds: tuple[str, ...] = ()
    population: bool = False
    facilities: bool = True
    symbols: float = 1.0
    public: bool = False

    @property
    def coverage(self) -> bool:
        """Whether the map shows a coverage: a CoverageAsk goes with it."""
        return self.subject in ("covered", "blind")

    @property
    def timed(self) -> bool:
        """Whether the map shows something worked out on the roads: a TimeAsk goes with it."""
        return self.subject in ("areas", "routes")


_STANDING = ("现状", "撤销")
_RISKS = ("hazard_site",)

TEMPLATES = {
    t.name: t
    for t in (
        Template("布局图", "应急设施布局图"),
        Template("现状图", "应急设施现状图", statuses=_STANDING, population=True),
        Template("覆盖分析图", "应急设施覆盖分析图", "covered"),
        Template("盲区图", "应急设施覆盖盲区图", "blind"),
        Template("责任区图", "应急设施责任区图", "areas"),
        Template("风险四色图", "安全风险四色图", "risk", kinds=_RISKS),
        Template(
            "避难场所分布图",
            "应急避难场所分布图",
            "shelters",
            ("现状",),
            ("shelter",),
            symbols=1.7,
            public=True,
        ),
        Template("疏散转移路线图", "疏散转移路线图", "routes", kinds=("shelter",)),
    )
}

INDEX = Template("索引图", "分幅索引图", "index", facilities=False)
DISTRICT = Template("分区图", "应急设施布局图")
"""Pages of a map book: which district is on which page, and one district."""

_ALL = {**TEMPLATES, INDEX.name: INDEX, DISTRICT.name: DISTRICT}

OTHER_NAMES = {"覆盖图": "覆盖分析图"}
"""Short names that are understood as well."""


def template(name: str) -> Template:
    """Return a map template; raises Refused, listing those there are."""
    name = OTHER_NAMES.get(name, name)
    if name not in _ALL:
        raise Refused(f"没有“{name}”这种图。可用的图:{'、'.join(TEMPLATES)}。")
    return _ALL[name]
