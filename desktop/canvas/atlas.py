"""Symbols and names as small pictures, each drawn once per look, size and screen density."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from desktop.canvas.content import Look
from desktop.canvas.outlines import pixels_of, symbol_path
from maps.drawing import fonts, symbols

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied


def blank(width: float, height: float, dpr: float) -> QImage:
    """A transparent picture of ``width`` × ``height`` logical pixels."""
    out = QImage(max(1, round(width * dpr)), max(1, round(height * dpr)), _FORMAT)
    out.setDevicePixelRatio(dpr)
    out.fill(0)
    return out


def opaque(width: float, height: float, dpr: float, color: str) -> QImage:
    """A picture of one colour without transparency: it is copied where others are blended."""
    size = QSize(max(1, round(width * dpr)), max(1, round(height * dpr)))
    out = QImage(size, QImage.Format.Format_RGB32)
    out.setDevicePixelRatio(dpr)
    out.fill(QColor(color))
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


@lru_cache(maxsize=256)
def badge(words: str, ground: str, ink: str, dpr: float) -> QImage:
    """A small pill with a number, to lie on the corner of a symbol."""
    face = font(10, True)
    wide = QFontMetricsF(face).horizontalAdvance(words) + 6
    out = blank(wide + 2, 15, dpr)
    with QPainter(out) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(ink), 0.8))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(1, 1, wide, 13), 6, 6)
        painter.setFont(face)
        painter.drawText(QRectF(1, 1, wide, 13), Qt.AlignmentFlag.AlignCenter, words)
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


_WORDS = (
    "(",
    "（",
    "“",
    "应急",
    "救灾",
    "储备",
    "物资",
    "消防",
    "避难",
    "救援",
    "森林",
    "综合",
    "中心",
)


def lines(name: str, longest: int = 10) -> list[str]:
    """A name in one line, or in two of about the same length, parted in front of a word."""
    if len(name) <= longest:
        return [name]
    middle = (len(name) + 1) // 2
    starts = [at for word in _WORDS if 2 < (at := name.find(word, 3)) < len(name) - 2]
    best = min(starts, key=lambda at: abs(at - middle), default=middle)
    cut = best if abs(best - middle) <= longest // 3 else middle
    return [name[:cut], name[cut:]]


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
    painter = QPainter(out)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(face)
    painter.setPen(QColor("#ffffff"))
    for i, row in enumerate(rows):
        left = rim + (max(widths) - widths[i]) / 2
        painter.drawText(QPointF(left, rim + step * i + pixels * 0.95), row)
    painter.end()
    _dress(pixels_of(out), QColor(color), QColor(halo), 1.6 * dpr)
    return out


def _dress(letters: npt.NDArray[np.uint32], ink: QColor, halo: QColor, radius: float) -> None:
    """Colour white letters and lay a halo of ``radius`` device pixels around them, in place.

    Stroking the letters' outlines would do the same and take a hundred times as long.
    """
    ink_alpha = (letters >> 24).astype(np.float32) / 255
    high, wide = ink_alpha.shape
    rim = int(radius) + 1
    padded = np.zeros((high + 2 * rim, wide + 2 * rim), np.float32)
    padded[rim : rim + high, rim : rim + wide] = ink_alpha
    around = ink_alpha.copy()
    for dy in range(-rim, rim + 1):
        for dx in range(-rim, rim + 1):
            weight = min(1.0, radius + 0.7 - np.hypot(dx, dy))
            if weight > 0:
                moved = padded[rim + dy : rim + dy + high, rim + dx : rim + dx + wide]
                np.maximum(around, moved * np.float32(weight), out=around)
    out = np.round(255 * np.maximum(around, ink_alpha)).astype(np.uint32) << 24
    for shift, a, b in ((16, ink.redF(), halo.redF()), (8, ink.greenF(), halo.greenF()),
                        (0, ink.blueF(), halo.blueF())):  # fmt: skip
        level = a * ink_alpha + b * np.maximum(around - ink_alpha, 0)
        out |= np.round(255 * level).astype(np.uint32) << shift
    letters[:] = out
