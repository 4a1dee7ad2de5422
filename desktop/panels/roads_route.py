"""最近设施与路线: the two quickest facilities for a place, and the ways from there."""

from __future__ import annotations

from functools import partial
from typing import Any

import shapely
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QRadioButton

from data.geodesy import Ruler
from data.kinds import is_missing
from data.plan import Plan
from desktop.drawings import Drawing
from desktop.panels.fields import GAP, label
from desktop.panels.roads_fields import RoadFields
from desktop.panels.roads_page import Cell, Grid, Page, PickButton, Work
from desktop.roadmaps import routes
from maps.analysis.network.route import Route, routes_from_nearest
from maps.analysis.timecover import TimeAsk

_RANKS = ("最近", "第二近")


class RoutePage(Page):
    """Asks for a place on the map or takes the selected one."""

    title, verb, job = "最近设施与路线", "找最近的两处", "找路线"
    hint = (
        "在地图上点一个地方,或选中一个居民点,再选从哪一类设施出发。\n\n"
        "地图上会画出路线,这里显示分钟、公里和途经的道路。"
    )

    def add_fields(self) -> None:
        self.goal: tuple[float, float] | None = None
        self.place = label("到:还没有选地方", wrap=True)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        self.pick = PickButton("在地图上点", self.window_, "点一下要去的地方;按 Esc 结束。")
        self.take_selected = QPushButton("用选中的")
        self.pick.picked.connect(self._picked)
        self.take_selected.clicked.connect(self._use_selected)
        buttons.addWidget(self.pick)
        buttons.addWidget(self.take_selected)
        self.fields = RoadFields(self.session, self.compute, self.bad, choose=False)
        self.all.addWidget(self.place)
        self.all.addLayout(buttons)
        self.all.addWidget(self.fields)
        self.session.selection_changed.connect(self._show_selected)
        self._show_selected()

    def add_answer(self) -> None:
        self.choices = QButtonGroup(self)
        self.radios = [QRadioButton() for _ in _RANKS]
        for i, radio in enumerate(self.radios):
            self.choices.addButton(radio, i)
            self.rows.addWidget(radio)
        self.choices.idClicked.connect(self._choose)
        self.via_title = label("途经", "heading")
        self.table = Grid(("道路", "km", "分钟"))
        self.notes = label("", "muted", wrap=True)
        for widget in (self.via_title, self.table, self.notes):
            self.rows.addWidget(widget)

    # --- the place

    def _picked(self, x: float, y: float) -> None:
        if self.session.plan is not None:
            lon, lat = Ruler(self.session.plan.crs).to_lonlat(x, y)
            self.go_to(x, y, f"{float(lon):.4f}°E {float(lat):.4f}°N")

    def go_to(self, x: float, y: float, name: str) -> None:
        """Take a place (plan metres) and ask at once."""
        self.goal = x, y
        self.place.setText(f"到:{name}")
        self.compute()

    def _selected_place(self) -> tuple[float, float, str] | None:
        found = self.session.selected()
        if found is None or len(found[1]) != 1:
            return None
        layer, (fid,) = found
        spot = shapely.point_on_surface(layer.geometry(fid))
        name = layer.row(fid).get("名称")
        text = f"{layer.kind.title} {fid} 号" if is_missing(name) else str(name)
        return spot.x, spot.y, text

    def _show_selected(self) -> None:
        found = self._selected_place()
        self.take_selected.setEnabled(found is not None)
        self.take_selected.setToolTip(
            f"到“{found[2]}”" if found else "先在地图上选中一个居民点或别的要素。"
        )

    def _use_selected(self) -> None:
        found = self._selected_place()
        if found is not None:
            self.go_to(*found)

    def leave(self) -> None:
        self.pick.setChecked(False)

    def forget(self) -> None:
        super().forget()
        self.goal = None
        self.place.setText("到:还没有选地方")

    # --- the ways

    def question(self, plan: Plan) -> Work | None:
        if self.goal is None:
            self.bad.setText("先在地图上点一个地方,或选中一个要素后按“用选中的”。")
            self.bad.show()
            return None
        self.bad.hide()
        ask = self.fields.ask()
        if ask is None:
            return None
        return partial(_answer, plan, ask, self.goal)

    def show_answer(self, answer: Any) -> Drawing:
        self.result: tuple[Plan, TimeAsk, tuple[float, float], tuple[Route, ...]] = answer
        ways = self.result[3]
        for i, radio in enumerate(self.radios):
            radio.setVisible(i < len(ways))
            if i < len(ways):
                way = ways[i]
                radio.setText(
                    f"{_RANKS[i]}:{way.facility}\n{way.minutes:,.0f} 分钟,{way.km:,.1f} km"
                )
        self.radios[0].setChecked(True)
        return self._show(0)

    def _choose(self, number: int) -> None:
        self.redraw(self._show(number))

    def _show(self, number: int) -> Drawing:
        plan, ask, goal, ways = self.result
        way = ways[number]
        self.table.fill(
            [
                (
                    Cell(v.name + (" 估算" if v.estimated else ""), tip=v.road_class or v.name),
                    Cell(f"{v.km:,.1f}", v.km),
                    Cell(f"{v.minutes:,.0f}" if v.minutes >= 1 else "不足 1", v.minutes),
                )
                for v in way.via
            ]
        )
        words = [f"其中准备时间 {way.ready:,.0f} 分钟。"] if way.ready >= 0.5 else []
        if way.estimated:
            words.append("标“估算”的路段没有实测线形,或不在路上,时间是估算。")
        if len(ways) == 1:
            words.append("没有第二处能到这里。")
        self.notes.setText("".join([*words, ask.profile.basis, "。"]))
        return routes(plan, ask, ways, goal, number)


def _answer(plan: Plan, ask: TimeAsk, goal: tuple[float, float], report: Any) -> Any:
    return plan, ask, goal, routes_from_nearest(plan, ask, goal, len(_RANKS), report)
