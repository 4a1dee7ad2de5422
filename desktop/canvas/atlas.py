"""Symbols and names as small pictures, each drawn once per look, size and screen density."""

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from desktop.canvas.content import Look
from desktop.canvas.outlines import symbol_path
from maps.drawing import fonts, symbols

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied


def blank(width: float, height: float, dpr: float) -> QImage:
    """A transparent picture of ``width`` × ``height`` logical pixels."""
    out = QImage(max(1, round(width * dpr)), max(1, round(height * dpr)), _FORMAT)
    out.setDevicePixelRatio(dpr)
    out.fill(0)
    return out


@lru_cache(maxsize=2048)
def symbol(look: Look, dpr: float) -> QImage:
    """The picture of a look; its middle is the place it stands for."""
    kind, class_, status, sketched, color, width = look
    drawn = symbols.symbol(kind, class_, status, sketched, color)
    half = width / 2
    edge = 2 * (int(half * drawn.reach * dpr) + 2) / dpr
    out = blank(edge, edge, dpr)
    painter = QPainter(out)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(edge / 2, edge / 2)
    for painted in drawn.paths:
        path = symbol_path(painted.codes, painted.points, half)
        if painted.fill:
            painter.fillPath(path, QColor(painted.fill))
        if painted.stroke:
            pen = QPen(QColor(painted.stroke), painted.width * half)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if painted.dash:
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                pen.setDashPattern([d / painted.width for d in painted.dash])
            painter.strokePath(path, pen)
    painter.end()
    return out


def draw(painter: QPainter, image: QImage, x: float, y: float) -> None:
    """Draw a picture with its middle at (x, y), on whole device pixels."""
    dpr = image.devicePixelRatio()
    left = round((x - image.width() / dpr / 2) * dpr) / dpr
    top = round((y - image.height() / dpr / 2) * dpr) / dpr
    painter.drawImage(QPointF(left, top), image)


def font(pixels: float, bold: bool = False) -> QFont:
    """The map's typeface."""
    out = QFont(fonts.FAMILY)
    out.setPixelSize(round(pixels))
    out.setBold(bold)
    return out


def lines(name: str, longest: int = 9) -> list[str]:
    """A name in one line, or in two of about the same length."""
    if len(name) <= longest:
        return [name]
    middle = (len(name) + 1) // 2
    for sign in "(（“":  # better in front of a bracket than in the middle of a word
        at = name.find(sign)
        if 3 <= at <= len(name) - 3:
            middle = at
    return [name[:middle], name[middle:]]


@lru_cache(maxsize=4096)
def text(
    words: str, pixels: float, bold: bool, color: str, halo: str, dpr: float, spacing: float = 0.0
) -> QImage:
    """A name with its halo."""
    face = font(pixels, bold)
    if spacing:
        face.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, spacing)
    metrics = QFontMetricsF(face)
    rows = lines(words)
    widths = [metrics.horizontalAdvance(row) - spacing for row in rows]
    step, rim = round(pixels * 1.2), 2.5
    out = blank(max(widths) + 2 * rim, step * len(rows) + 2 * rim, dpr)
    path = QPainterPath()
    for i, row in enumerate(rows):
        left = rim + (max(widths) - widths[i]) / 2
        path.addText(left, rim + step * i + pixels * 0.95, face, row)
    painter = QPainter(out)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    around = QPen(QColor(halo), 3.0)
    around.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, around)
    painter.fillPath(path, QColor(color))
    painter.end()
    return out
