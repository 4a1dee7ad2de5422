"""The page while it is made: what its parts share."""

from dataclasses import dataclass, field
from typing import Any

from maps.analysis.provenance import Figure, spoken
from maps.drawing import symbols
from maps.drawing.dossier import Dossier
from maps.drawing.web.shapes import Screen

Row = list[str]
"""A line of a card: label, value, and the code of the value when it is a number."""


@dataclass
class Making:
    """The page under way: symbols met so far, and layers."""

    made: Dossier
    screen: Screen
    symbols: list[str] = field(default_factory=list)
    layers: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def symbol(self, *look: Any) -> int:
        """Return the number of a symbol; each look is stored once."""
        drawn = symbols.svg(*look)
        if drawn not in self.symbols:
            self.symbols.append(drawn)
        return self.symbols.index(drawn)

    def row(self, label: str, figure: Figure | None) -> Row:
        """Return a line of a card: label, number, code."""
        if figure is None:
            return [label, "未知"]
        return [label, spoken(figure) or "未知", self.made.ledger.codes[figure.key]]
