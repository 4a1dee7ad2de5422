"""责任区: every place to its quickest station, with area and people against the standard."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QPushButton

from data.kinds import BY_NAME
from data.plan import Plan
from desktop.drawings import Drawing
from desktop.panels.fields import label
from desktop.panels.roads_fields import RoadFields
from desktop.panels.roads_page import Cell, Grid, Page, Work
from desktop.roadmaps import areas as drawn
from desktop.roadmaps import briefly, people_words
from desktop.words import exact_people, number, people, square_km
from maps.analysis.network.areas import Areas, areas
from maps.drawing.roadfiles import AREA_VERDICTS, areas_layer, write_areas


class AreasPage(Page):
    """Asks for responsibility areas."""

    title, verb, job = "责任区", "划分责任区", "划分责任区"
    hint = (
        "每个地方归最快到达的一处。\n\n地图上会显示各处的责任区,这里显示面积、人口;"
        "消防站还与辖区面积标准比较。"
    )

    def add_fields(self) -> None:
        self.fields = RoadFields(
            self.session,
            self.compute,
            self.bad,
            measures=("network", "detour", "friction"),
            choose=False,
        )
        self.within = QCheckBox("不跨行政区")
        self.suburb = QCheckBox("选中的站按近郊标准")
        self.suburb.setToolTip("城市近郊区的普通消防站,辖区面积标准放宽。先在地图上选中这些站。")
        for widget in (self.fields, self.within, self.suburb):
            self.all.addWidget(widget)

    def add_answer(self) -> None:
        self.heading = label("", "heading", wrap=True)
        self.table = Grid(("站", "km²", "标准", "人口"), sortable=True)
        self.table.itemClicked.connect(lambda item: self._go(item.row()))
        self.notes = label("", "muted", wrap=True)
        self.save = QPushButton("导出责任区…")
        self.save.clicked.connect(
            lambda: self.ask_file("责任区", lambda path: write_areas(path, self.result))
        )
        self.rows.addWidget(self.heading)
        self.rows.addWidget(self.table)
        self.add_saving(self.save, self._keep)
        self.rows.addWidget(self.notes)

    def _keep(self) -> None:
        title = f"{BY_NAME[self.result.ask.of].title}责任区"
        self.keep_layer(title, lambda name, date: areas_layer(self.result, name, date))

    def question(self, plan: Plan) -> Work | None:
        ask = self.fields.ask()
        if ask is None:
            return None
        within = self.within.isChecked()
        suburban = self.fields.selected if self.suburb.isChecked() else frozenset()
        return lambda report: areas(
            plan, ask, within_districts=within, suburban=suburban, report=report
        )

    def show_answer(self, answer: Any) -> Drawing:
        assert isinstance(answer, Areas)
        self.result = answer
        measured = [a for a in answer.areas if a.limit_km2 is not None]
        large = sum(bool(a.too_large) for a in measured)
        words = f"{len(answer.areas):,} 处"
        if measured:
            words += f",{large:,} 处面积超出标准" if large else ",面积都不超标准"
        self.heading.setText(words)
        rows = []
        for place, area in enumerate(answer.areas):
            name = Cell(area.name, tip=self._tip(area))
            name.setData(_PLACE, place)
            limit = "—" if area.limit_km2 is None else number(area.limit_km2)
            over = "✗ " if area.too_large else ""
            km2 = square_km(area.km2).removesuffix(" km²")
            rows.append(
                (
                    name,
                    Cell(over + km2, area.km2, self._tip(area)),
                    Cell(limit, area.limit_km2 or 0.0, self._tip(area)),
                    Cell(people_words(area.people), area.people or 0.0, exact_people(area.people)),
                )
            )
        self.table.setColumnHidden(2, not measured)
        self.table.fill(rows)
        self.notes.setText("\n".join(self._sentences(answer)))
        return drawn(answer)

    @staticmethod
    def _tip(area: Any) -> str:
        words = f"{area.name}({area.grade or '未填级别'}):{square_km(area.km2)}"
        if area.limit_km2 is not None:
            words += f",标准 {area.limit_km2:g} km²,{AREA_VERDICTS[area.too_large]}"
        return f"{words},{exact_people(area.people)}"

    @staticmethod
    def _sentences(answer: Areas) -> list[str]:
        out = []
        if answer.left_km2 > 0:
            out.append(f"到不了:{square_km(answer.left_km2)},{people(answer.left_people)}。")
        if answer.clause:
            out.append(f"面积标准:{answer.clause},待核实。")
            without = sum(area.limit_km2 is None for area in answer.areas)
            if without:
                out.append(f"有 {without:,} 处的级别在标准里没有面积,不作比较。")
        elif answer.ask.of == "fire_station":
            out.append("这些站的级别在辖区面积标准里没有数(只有一级站、二级站、小型站),不作比较。")
        basis = f"人口依据:{answer.basis}。" if answer.basis else "没有人口图层,人数未知。"
        return [*out, *briefly(answer.remarks), basis]

    def _go(self, row: int) -> None:
        """Show one station's land and select the station."""
        item = self.table.item(row, 0)
        area = self.result.areas[item.data(_PLACE)] if item is not None else None
        plan, canvas = self.session.plan, self.window_.canvas
        if area is None or plan is None or canvas is None:
            return
        layer = plan.find(area.layer)
        if layer is not None and area.fid in layer.frame.index:
            self.session.select(area.layer, [area.fid])
        if not area.shape.is_empty:
            self.window_.show_map()
            canvas.zoom_to(area.shape.bounds)


_PLACE = 256
"""Qt's UserRole: the place of a row's area in the answer, whatever the order of the rows."""
