"""等时圈: what is reached within several limits, as bands on the map and rows in the panel."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QPushButton

from data.kinds import BY_NAME
from data.plan import Plan
from desktop.drawings import Drawing
from desktop.panels.fields import label
from desktop.panels.roads_fields import RoadFields
from desktop.panels.roads_page import Cell, Grid, Page, Work
from desktop.roadmaps import briefly, how, people_words, rings
from desktop.words import exact_people, number, square_km
from maps.analysis.network.isochrone import Isochrones, isochrones
from maps.drawing.roadfiles import bands_layer, write_bands


class RingsPage(Page):
    """Asks for isochrones."""

    title, verb, job = "等时圈", "计算等时圈", "计算等时圈"
    hint = (
        "选一类设施、填一个或几个时限,再按“计算等时圈”。\n\n"
        "地图上会显示各时限内能到的地方,这里显示面积和人口。"
    )

    def add_fields(self) -> None:
        self.fields = RoadFields(
            self.session,
            self.compute,
            self.bad,
            limits="many",
            measures=("network", "detour", "friction"),
        )
        self.each = QCheckBox("每处设施各画一套")
        self.all.addWidget(self.fields)
        self.all.addWidget(self.each)

    def add_answer(self) -> None:
        self.heading = label("", "heading", wrap=True)
        self.table = Grid(("时限", "面积 km²", "人口"))
        self.notes = label("", "muted", wrap=True)
        self.save = QPushButton("导出等时圈…")
        self.save.clicked.connect(
            lambda: self.ask_file("等时圈", lambda path: write_bands(path, self.result))
        )
        self.rows.addWidget(self.heading)
        self.rows.addWidget(self.table)
        self.add_saving(self.save, self._keep)
        self.rows.addWidget(self.notes)

    def _keep(self) -> None:
        title = f"{BY_NAME[self.result.ask.of].title}等时圈"
        self.keep_layer(title, lambda name, date: bands_layer(self.result, name, date))

    def question(self, plan: Plan) -> Work | None:
        limits = self.fields.minutes()
        ask = self.fields.ask(max(limits)) if limits else None
        if limits is None or ask is None:
            return None
        each = self.each.isChecked()
        return lambda report: isochrones(plan, ask, limits, each=each, report=report)

    def show_answer(self, answer: Any) -> Drawing:
        assert isinstance(answer, Isochrones)
        self.result = answer
        self.heading.setText(f"{how(answer.ask)}")
        self.table.fill(
            [
                (
                    Cell(f"{b.facility + ' ' if b.facility else ''}{b.minutes:g} 分钟"),
                    Cell(number(round(b.area_km2, 1)), b.area_km2, square_km(b.area_km2)),
                    Cell(people_words(b.people), b.people or 0.0, exact_people(b.people)),
                )
                for b in answer.bands
            ]
        )
        basis = f"人口依据:{answer.basis}。" if answer.basis else "没有人口图层,人数未知。"
        beyond = "面积含规划区以外的地方,人口只计规划区内。"
        self.notes.setText("\n".join([beyond, *briefly(answer.remarks), basis]))
        return rings(answer)
