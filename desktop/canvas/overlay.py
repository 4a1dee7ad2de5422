"""What is drawn over the pictures in every frame: selection, the dragged facility, rulers, keys."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from desktop.canvas import atlas, dragged, drawn
from desktop.canvas.arranging import arranged
from desktop.canvas.content import is_marks, shapes
from desktop.canvas.hit import Hit, badge
from desktop.canvas.legend import Block, entries
from desktop.canvas.measuring import Measuring
from desktop.canvas.moving import Placing, ghost_look
from desktop.canvas.outlines import clipped, path, polygon, rings
from desktop.canvas.pieces import guide, highlights, panel, tag
from desktop.canvas.view import scale_bar
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas
    from desktop.ghosts import Ghost

EMPTY = "还没有规划。打开一个文件,或从示例开始。"
_LISTED = 8


def draw(painter: QPainter, canvas: Canvas) -> None:
    """Draw everything that changes from frame to frame."""
    theme = style.THEMES[canvas.theme]
    _scale(painter, canvas, theme)
    _legend(painter, canvas, theme)
    drawn.top(painter, canvas)
    painter.save()
    if canvas.side.on:
        x = canvas.side.x
        painter.setClipRect(QRectF(x, 0, canvas.width() - x, canvas.height()))
    _selection(painter, canvas, theme)
    painter.restore()
    for ghost in canvas.session.ghosts.items:
        _ghost(painter, canvas, ghost, theme)
    if canvas.hovered is not None and canvas.drag is None:
        _hover(painter, canvas, canvas.hovered, theme)
    settling, picture = canvas.settling, canvas.picture
    if canvas.drag is not None:
        dragged.draw(painter, canvas, canvas.drag, theme)
    elif settling is not None and picture is not None and settling.covers(picture):
        dragged.draw(painter, canvas, settling.drag, theme)
    if canvas.placing is not None:
        _placing(painter, canvas, canvas.placing, theme)
    if canvas.band is not None:
        _band(painter, canvas.band, theme)
    if canvas.measuring is not None:
        _measuring(painter, canvas, canvas.measuring, theme)


def empty(painter: QPainter, canvas: Canvas) -> None:
    """What is shown without a plan."""
    theme = style.THEMES[canvas.theme]
    painter.setFont(atlas.font(15))
    painter.setPen(QColor(theme.muted))
    painter.drawText(canvas.rect(), Qt.AlignmentFlag.AlignCenter, EMPTY)


def _selection(painter: QPainter, canvas: Canvas, theme: style.Theme) -> None:
    standing = canvas.standing
    for name, ids in canvas.session.selection.items():
        layer = canvas.plan.find(name)
        if layer is None or not layer.look.visible:
            continue
        if canvas.drag is not None and canvas.drag.found == Hit(name, *ids[:1]) and len(ids) == 1:
            continue  # it is drawn where the hand is
        if is_marks(layer):
            marks = arranged(canvas.plan, standing.port.view.mpp).of(layer)
            fids = marks.points.fids
            shown = np.isin(fids, ids)
            if canvas.drag is not None and canvas.drag.layer is layer:
                shown &= fids != canvas.drag.found.fid
            which = np.flatnonzero(shown)
            pixels = standing.pixels(marks.pixels(standing.port)[which])
            seen = (pixels > -30).all(axis=1)
            seen &= (pixels < [canvas.width() + 30, canvas.height() + 30]).all(axis=1)
            highlights(painter, pixels[seen], marks.reach[which[seen]] * standing.scale, theme)
        elif layer.kind_name != "population":
            found = shapes(layer)
            chosen = found.simplified(canvas.port.view.mpp)[np.isin(found.fids, ids)]
            outline = path(*rings(clipped(chosen, canvas.port), canvas.port))
            painter.strokePath(outline, QPen(QColor(theme.halo), 5.0))
            painter.strokePath(outline, QPen(QColor(theme.highlight), 2.4))


def _hover(painter: QPainter, canvas: Canvas, found: Hit, theme: style.Theme) -> None:
    layer = canvas.plan.find(found.layer)
    if layer is None or not is_marks(layer):
        return
    standing = canvas.standing
    marks = arranged(canvas.plan, standing.port.view.mpp).of(layer)
    which = np.flatnonzero(marks.points.fids == found.fid)
    if not len(which):
        return
    if not marks.shown[which[0]]:
        _badge_tag(painter, canvas, theme)
        return
    x, y = standing.pixels(marks.pixels(standing.port)[which[0]]).tolist()
    half = float(marks.reach[which[0]]) * standing.scale + 4
    home = canvas.port.px(*marks.points.xy[which[0]])
    if math.dist(home, (x, y)) > half:
        _true_place(painter, home, (x, y), theme)
    color = QColor(theme.highlight)
    color.setAlphaF(0.55)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.6))
    painter.drawEllipse(QPointF(x, y), half, half)
    name = str(marks.points.names[which[0]]) or layer.kind.title
    if canvas.measuring is None:
        tag(painter, canvas, [name], x + half + 4, y - 12, theme)


def _true_place(
    painter: QPainter, home: tuple[float, float], at: tuple[float, float], theme: style.Theme
) -> None:
    """Lead from a symbol that was moved aside to where the feature really is."""
    painter.setPen(QPen(QColor(theme.highlight), 1.4))
    painter.drawLine(QPointF(*home), QPointF(*at))
    painter.setBrush(QColor(theme.highlight))
    painter.drawEllipse(QPointF(*home), 3, 3)


def _badge_tag(painter: QPainter, canvas: Canvas, theme: style.Theme) -> None:
    """Say what a badge counts."""
    standing = canvas.standing
    found = badge(canvas.plan, standing.port, *standing.back(*canvas.mouse))
    if found is None:
        return
    rows = []
    for name, fid in found.members[:_LISTED]:
        words = canvas.plan.layer(name).row(fid).get("名称")
        rows.append(str(words or canvas.plan.layer(name).kind.title))
    if len(found.members) > _LISTED:
        rows.append(f"等 {len(found.members)} 处")
    x, y = (value * standing.scale for value in found.pixel(standing.port))
    tag(painter, canvas, [*rows, "放大后分开显示"], x + 14, y - 8, theme)


def _placing(painter: QPainter, canvas: Canvas, placing: Placing, theme: style.Theme) -> None:
    """A new feature before the click: pale, where it would be."""
    x, y = canvas.port.px(*placing.at)
    if placing.snap is not None:
        guide(painter, placing.snap, x, y, placing.look[-1], theme)
        tag(painter, canvas, [f"贴近 {placing.snap.name}"], x + 16, y + 12, theme)
    painter.setOpacity(0.6)
    atlas.draw(painter, atlas.symbol(placing.look, canvas.devicePixelRatioF()), x, y)
    painter.setOpacity(1.0)


def _ghost(painter: QPainter, canvas: Canvas, ghost: Ghost, theme: style.Theme) -> None:
    """A proposal: pale in a dashed ring, with its name; the reasons when it is under the cursor."""
    x, y = canvas.port.px(ghost.x, ghost.y)
    look = ghost_look(ghost)
    half = look[-1] / 2 + 4
    painter.setOpacity(0.65)
    atlas.draw(painter, atlas.symbol(look, canvas.devicePixelRatioF()), x, y)
    painter.setOpacity(1.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    under = ghost is canvas.ghost
    painter.setPen(QPen(QColor(theme.highlight), 2.4 if under else 1.4, Qt.PenStyle.DashLine))
    painter.drawEllipse(QPointF(x, y), half, half)
    if under:
        rows = [row for row in (ghost.name, ghost.text, "点一下采纳,可以撤销") if row]
        tag(painter, canvas, rows, x + half + 4, y - 12, theme)
    elif ghost.name:
        dpr = canvas.devicePixelRatioF()
        name = atlas.text(ghost.name, 12, False, theme.label, theme.halo, dpr)
        atlas.draw(painter, name, x, y + half + 9)


def _band(painter: QPainter, band: tuple[float, float, float, float], theme: style.Theme) -> None:
    color = QColor(theme.accent)
    painter.setPen(QPen(color, 1.0))
    color.setAlphaF(0.12)
    painter.setBrush(color)
    painter.drawRect(QRectF(QPointF(*band[:2]), QPointF(*band[2:])).normalized())


def _measuring(painter: QPainter, canvas: Canvas, measuring: Measuring, theme: style.Theme) -> None:
    pixels = canvas.port.pixels(np.array(measuring.path, dtype=float))
    outline = polygon(pixels)
    accent = QColor(theme.accent)
    if measuring.area and len(pixels) > 2:
        soft = QColor(accent)
        soft.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft)
        painter.drawPolygon(outline)
        outline = polygon(np.vstack([pixels, pixels[:1]]))
    for color, width in ((QColor(theme.halo), 4.0), (accent, 2.0)):
        painter.setPen(QPen(color, width))
        painter.drawPolyline(outline)
    painter.setBrush(QColor(theme.panel))
    painter.setPen(QPen(accent, 1.6))
    for x, y in pixels[: len(measuring.corners)].tolist():
        painter.drawEllipse(QPointF(x, y), 3.5, 3.5)
    x, y = pixels[-1].tolist()
    tag(painter, canvas, [measuring.text], x + 12, y + 12, theme)


def _scale(painter: QPainter, canvas: Canvas, theme: style.Theme) -> None:
    width, words = scale_bar(canvas.port.view.mpp, 140)
    dpr = canvas.devicePixelRatioF()
    x, y = 16.0, canvas.height() - 16.0
    label = atlas.text(words, 12, False, theme.label, theme.halo, dpr)
    atlas.draw(painter, label, x + width / 2, y - 12)
    ticks = polygon(np.array([[x, y - 5], [x, y], [x + width, y], [x + width, y - 5]]))
    for color, pen in ((theme.halo, 4.0), (theme.label, 1.5)):
        painter.setPen(QPen(QColor(color), pen))
        painter.drawPolyline(ticks)


def _legend(painter: QPainter, canvas: Canvas, theme: style.Theme) -> None:
    """Keys to the colours on the map: people's density, reached area."""
    blocks = entries(canvas.plan, canvas.coverage, theme)
    if canvas.session.drawing is not None and canvas.session.drawing.rows:
        key = drawn.block(canvas.session.drawing, theme)
        blocks = (key, *(blocks if canvas.coverage is not None else ()))
    if blocks:
        image = _legend_picture(blocks, canvas.theme, canvas.devicePixelRatioF())
        width, height = (
            size / image.devicePixelRatio() for size in (image.width(), image.height())
        )
        painter.drawImage(
            QPointF(canvas.width() - width - 16, canvas.height() - height - 16), image
        )


@lru_cache(maxsize=16)
def _legend_picture(blocks: tuple[Block, ...], name: str, dpr: float) -> QImage:
    theme = style.THEMES[name]
    face = atlas.font(11)
    metrics = QFontMetricsF(face)
    wide = max(
        max(
            [metrics.horizontalAdvance(words) + 24 for _, words in b.rows]
            + [metrics.horizontalAdvance(words) for words in (b.title, *atlas.lines(b.basis, 14))]
        )
        for b in blocks
    )
    high = sum(_block_height(b) for b in blocks)
    image = atlas.blank(wide + 17, high + 9, dpr)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        panel(painter, QRectF(0.5, 0.5, wide + 16, high + 8), theme)
        painter.setFont(face)
        y = 4.0
        for block in blocks:
            _block(painter, block, 8.0, y, theme)
            y += _block_height(block)
    return image


def _block_height(block: Block) -> float:
    basis = len(atlas.lines(block.basis, 14)) if block.basis else 0
    return 20.0 + 15 * basis + 16 * len(block.rows) + 4


def _block(painter: QPainter, block: Block, x: float, y: float, theme: style.Theme) -> None:
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(x, y + 14), block.title)
    y += 20
    painter.setPen(QColor(theme.muted))
    for row in atlas.lines(block.basis, 14) if block.basis else []:
        painter.drawText(QPointF(x, y + 11), row)
        y += 15
    for color, words in block.rows:
        painter.fillRect(QRectF(x, y + 3, 16, 10), QColor(color))
        painter.drawText(QPointF(x + 24, y + 12), words)
        y += 16
