"""Where the selected feature is: degrees and metres to read and to type; length and area."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import shapely
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from data import edits
from data.degrees import in_minutes, parse_degrees, parse_pair
from data.geodesy import Ruler
from data.plan import Layer, crs_title
from data.refused import Refused
from desktop.panels.fields import GAP, UnitEdit, label, set_bad
from desktop.session import Session
from desktop.words import number, square_km

LABEL_WIDTH = 106
_DEGREES, _METRES = ("经度", "纬度"), ("东坐标", "北坐标")

ruler = lru_cache(maxsize=8)(Ruler)
"""The ruler of a plan CRS, made once."""


class PositionFields(QWidget):
    """Four fields for a point; what it measures for a line or an area."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        grid = QGridLayout(self)
        grid.setContentsMargins(0, GAP, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label("位置", "heading"), 0, 0, 1, 2)
        self.fields: dict[str, UnitEdit] = {}
        self.names: dict[str, QLabel] = {}
        for row, name in enumerate((*_DEGREES, *_METRES), start=1):
            field = UnitEdit("m" if name in _METRES else "")
            field.editingFinished.connect(partial(self._typed, name))
            title = label(name, "muted")
            title.setFixedWidth(LABEL_WIDTH)
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
            self.fields[name], self.names[name] = field, title
        self.message = label("", "error", wrap=True)
        self.measure = label("", "", wrap=True)
        grid.addWidget(self.message, 5, 0, 1, 2)
        grid.addWidget(self.measure, 6, 0, 1, 2)
        self._chosen: tuple[str, int] | None = None

    def show_features(self, layer: Layer, ids: tuple[int, ...]) -> None:
        """Show where one feature is; hidden when several are selected."""
        plan = self.session.plan
        shape = layer.geometry(ids[0]) if len(ids) == 1 else None
        self.setVisible(shape is not None and plan is not None)
        if shape is None or plan is None:
            self._chosen = None
            return
        self._chosen = (layer.name, ids[0])
        is_point = shape.geom_type == "Point" and not shape.is_empty
        for name in self.fields:
            self.fields[name].setVisible(is_point)
            self.names[name].setVisible(is_point)
            set_bad(self.fields[name], self.message, "")
        self.measure.setVisible(not is_point)
        if is_point:
            self._show_point(plan.crs, shape.x, shape.y)
        else:
            self.measure.setText(_measured(plan.crs, shape))

    def _show_point(self, crs: str, x: float, y: float) -> None:
        lon, lat = ruler(crs).to_lonlat(x, y)
        for name, value in (("经度", lon), ("纬度", lat)):
            self._show(name, f"{value:.6f}", f"{in_minutes(value, name)},可写成度分秒")
        for name, value in (("东坐标", x), ("北坐标", y)):
            self._show(name, f"{value:,.1f}", crs_title(crs))

    def _show(self, name: str, text: str, tip: str) -> None:
        field = self.fields[name]
        if field.text() != text:
            field.setText(text)
        field.setModified(False)
        field.setToolTip(tip)

    def _typed(self, name: str) -> None:
        field, plan = self.fields[name], self.session.plan
        if not field.isModified() or plan is None or self._chosen is None:
            return
        field.setModified(False)
        layer, fid = self._chosen
        old = plan.layer(layer).geometry(fid)
        try:
            x, y = self._place(plan.crs, name, old)
        except Refused as refusal:
            set_bad(field, self.message, str(refusal))
            return
        set_bad(field, self.message, "")
        kind = plan.layer(layer).kind.title
        self.session.do(f"移动{kind}", edits.move_feature(layer, fid, shapely.Point(x, y)))

    def _place(self, crs: str, name: str, old: Any) -> tuple[float, float]:
        text = self.fields[name].text()
        if name in _METRES:
            value = metres(text, name)
            x, y = (value, old.y) if name == "东坐标" else (old.x, value)
            check_inside(crs, x, y)
            return x, y
        lon, lat = ruler(crs).to_lonlat(old.x, old.y)
        both = parse_pair(text)
        if both is not None:
            lon, lat = both
        elif name == "经度":
            lon = parse_degrees(text, name)
        else:
            lat = parse_degrees(text, name)
        x, y = ruler(crs).from_lonlat(lon, lat)
        return float(x), float(y)


def metres(text: str, name: str) -> float:
    """Return typed metres; raises Refused for what is no number."""
    try:
        return float(text.replace(",", "").replace("，", "").strip())
    except ValueError:
        raise Refused(f"{name}要填米数,现在是“{text.strip()}”。") from None


def check_inside(crs: str, x: float, y: float) -> None:
    """Raise Refused when a place in the plan's metres does not lie in China."""
    lon, lat = ruler(crs).to_lonlat(x, y)
    if not (73 <= lon <= 136 and 3 <= lat <= 54):
        raise Refused(
            f"东 {x:,.0f} m、北 {y:,.0f} m 不在中国范围内,请检查有没有写错,或东坐标前面多写了带号。"
        )


def _measured(crs: str, shape: Any) -> str:
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return f"面积 {square_km(ruler(crs).area(shape))}(椭球面积)"
    if shape.geom_type in ("LineString", "MultiLineString"):
        return f"长度 {number(round(ruler(crs).length(shape) / 1000, 2))} km(椭球长度)"
    return "没有位置"
