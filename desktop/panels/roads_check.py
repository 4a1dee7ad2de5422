"""路网检查: what is wrong with the roads, what was put right; a click goes to the place."""

from __future__ import annotations

from collections import Counter
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QPushButton,
)

from data.plan import Plan
from desktop import theme
from desktop.drawings import Drawing
from desktop.panels.fields import label
from desktop.panels.roads_page import Page, Work
from desktop.roadmaps import findings
from maps.analysis.network.doctor import KINDS, Checkup, Finding, checkup
from maps.drawing.roadfiles import write_findings
from maps.drawing.style import THEMES

LISTED = 200
AROUND = 600.0
"""Metres around a finding that a click shows."""
EVERY, OPEN = "全部", "只看待处理"


class CheckPage(Page):
    """Asks the road doctor."""

    title, verb, job = "路网检查", "检查路网", "检查路网"
    hint = (
        "检查断头、差一点接上的端点、孤立路网、单行死路、没有路口的交叉、"
        "重复和限速等问题。\n\n问题会列在这里并标在地图上,点一条到那里。"
    )

    def add_fields(self) -> None:
        self.join = QCheckBox("相交即路口")
        self.join.setToolTip("线形相交但没有共同节点的地方也当作平交路口,不再列为问题。")
        self.all.addWidget(self.join)

    def add_answer(self) -> None:
        self.heading = label("", "heading", wrap=True)
        self.extent = label("", "muted", wrap=True)
        self.kinds = QComboBox()
        self.kinds.activated.connect(lambda index: self._list())
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumHeight(240)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self.more = label("", "muted", wrap=True)
        self.save = QPushButton("导出问题点…")
        self.save.clicked.connect(
            lambda: self.ask_file(
                "道路问题", lambda path: write_findings(path, self.result, self.plan)
            )
        )
        for widget in (self.heading, self.extent, self.kinds, self.list, self.more, self.save):
            self.rows.addWidget(widget)

    def question(self, plan: Plan) -> Work | None:
        join = self.join.isChecked()
        return lambda report: (plan, checkup(plan, join=join, report=report))

    def show_answer(self, answer: Any) -> Drawing:
        self.plan: Plan
        self.result: Checkup
        self.plan, self.result = answer
        found = self.result.findings
        fixed = sum(f.fixed for f in found)
        self.heading.setText(
            f"{len(found) - fixed:,} 处待处理,{fixed:,} 处计算时已处理" if found else "没有发现问题"
        )
        network = self.result.network
        islands = int(network.component.max(initial=-1)) + 1
        parts = f"互不相连的 {islands:,} 块" if islands > 1 else "全部连通"
        self.extent.setText(
            f"{self.result.km:,.0f} km,路段 {network.edges:,} 个,路口 {network.core:,} 个,{parts}。"
            "原图层没有改动。"
        )
        counts = Counter(f.kind for f in found)
        self.kinds.clear()
        self.kinds.addItem(f"{EVERY} {len(found):,} 处", EVERY)
        self.kinds.addItem(f"{OPEN} {len(found) - fixed:,} 处", OPEN)
        for kind in KINDS:
            if counts[kind]:
                self.kinds.addItem(f"{kind} {counts[kind]:,} 处", kind)
        self.kinds.setCurrentIndex(1 if fixed < len(found) else 0)
        for widget in (self.kinds, self.list, self.save):
            widget.setVisible(bool(found))
        return self._shown()

    def _chosen(self) -> list[Finding]:
        which = self.kinds.currentData()
        return [
            f
            for f in self.result.findings
            if which == EVERY or (which == OPEN and not f.fixed) or f.kind == which
        ]

    def _shown(self) -> Drawing:
        chosen = self._chosen()
        colors = THEMES[self.window_.theme]
        icons = {
            True: theme.severity_icon("提示", colors.muted),
            False: theme.severity_icon("警告", colors.warning),
        }
        self.list.clear()
        for finding in chosen[:LISTED]:
            item = QListWidgetItem(icons[finding.fixed], f"{finding.kind}:{finding.text}")
            item.setToolTip("已处理" if finding.fixed else "待处理:点一下,到那里")
            item.setData(Qt.ItemDataRole.UserRole, finding)
            self.list.addItem(item)
        rest = len(chosen) - LISTED
        self.more.setText(f"还有 {rest:,} 处没有列出,都标在地图上;导出可得全部。")
        self.more.setVisible(rest > 0)
        return findings(self.plan, self.result, chosen)

    def _list(self) -> None:
        self.redraw(self._shown())

    def _go(self, item: QListWidgetItem) -> None:
        finding: Finding = item.data(Qt.ItemDataRole.UserRole)
        plan, canvas = self.session.plan, self.window_.canvas
        if plan is None or canvas is None or finding.x != finding.x:
            return
        chosen: dict[str, tuple[int, ...]] = {}
        for name, fid in finding.roads:
            layer = plan.find(name)
            if layer is not None and fid in layer.frame.index:
                chosen[name] = (*chosen.get(name, ()), fid)
        self.session.select_all(chosen)
        x, y = finding.x, finding.y
        self.window_.show_map()
        canvas.zoom_to((x - AROUND, y - AROUND, x + AROUND, y + AROUND))
