"""A layer's features as a Qt table: 100 000 rows sort, filter and scroll without lag.

Cells are read from plain arrays taken once per column; sorting and filtering make one
array of row positions. Nothing here changes the plan: an edited cell is handed on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from data.kinds import Column
from data.plan import Layer
from desktop.words import value_text

Index = QModelIndex | QPersistentModelIndex
Commit = Callable[[Layer, int, Column, str], bool]
Positions = npt.NDArray[np.intp]


class FrameModel(QAbstractTableModel):
    """Rows are the features that pass the filter, in the chosen order."""

    def __init__(self, commit: Commit, parent: QObject) -> None:
        super().__init__(parent)
        self._commit = commit
        self.layer: Layer | None = None
        self.columns: tuple[Column, ...] = ()
        self._values: dict[str, npt.NDArray[Any]] = {}
        self._texts: dict[str, tuple[list[str], Positions]] = {}
        self._ids: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._rows: Positions = np.empty(0, np.intp)
        self._place: dict[int, int] | None = None
        self._order: tuple[int, bool] | None = None
        self._words = ""

    # --- what is shown

    def show_layer(self, layer: Layer | None) -> None:
        """Show another layer, or another state of the same one (sorting and filter stay)."""
        if layer is self.layer:
            return
        old = self.layer
        same = (
            layer is not None
            and old is not None
            and old.name == layer.name
            and list(old.frame.columns) == list(layer.frame.columns)
        )
        if same and layer is not None and self._take_values(layer):
            return
        self.beginResetModel()
        self.layer = layer
        self._texts = {}
        self._ids = np.asarray(layer.frame.index) if layer is not None else np.empty(0, np.int64)
        if layer is None:
            self.columns, self._values = (), {}
        else:
            known = {c.name: c for c in layer.kind.columns}
            names = [str(c) for c in layer.frame.columns if c != "geometry"]
            self.columns = tuple(known.get(n, Column(n)) for n in names)
            self._values = {n: layer.frame[n].to_numpy() for n in names}
        if not same:
            self._order, self._words = None, ""
        self._arrange()
        self.endResetModel()

    def _take_values(self, layer: Layer) -> bool:
        """Show other values in the same rows, where only values changed: nothing jumps then."""
        ids = np.asarray(layer.frame.index)
        if not np.array_equal(ids, self._ids):
            return False
        rows = self._rows
        self.layer, self._texts = layer, {}
        self._values = {c.name: layer.frame[c.name].to_numpy() for c in self.columns}
        self._arrange()
        if not np.array_equal(rows, self._rows):
            return False
        if len(rows):
            last = self.index(len(rows) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        return True

    def filter(self, words: str) -> None:
        """Keep the features in which every word occurs, in whatever column."""
        self._words = words.strip().lower()
        self.beginResetModel()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; missing values come last either way. -1 is the layer's own order."""
        down = order == Qt.SortOrder.DescendingOrder
        self._order = (column, down) if column >= 0 else None
        self.layoutAboutToBeChanged.emit()
        self._arrange()
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        self._place = None
        keep = np.arange(len(self._ids))
        if self._words:
            mask = np.ones(len(keep), bool)
            for word in self._words.split():
                mask &= self._has(word)
            keep = keep[mask]
        if self._order is not None and self._order[0] < len(self.columns):
            keep = keep[self._ranks(*self._order, keep)]
        self._rows = keep

    def _ranks(self, column: int, down: bool, rows: Positions) -> Positions:
        one = self.columns[column]
        values = pd.Series(self._values[one.name][rows])
        if one.type in ("number", "whole"):
            values = pd.to_numeric(values, errors="coerce")
        else:
            values = values.astype(object).where(values.notna(), None).astype("string")
        missing = values.isna().to_numpy()
        codes = np.zeros(len(values), np.int64)
        codes[~missing] = pd.factorize(values[~missing], sort=True)[0]
        # Descending keeps equal values in the layer's order, as ascending does.
        ranks = np.where(missing, np.iinfo(np.int64).max, -codes if down else codes)
        return np.argsort(ranks, kind="stable")

    def _has(self, word: str) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(self._ids), bool)
        for one in self.columns:
            if one.name not in self._texts:
                self._texts[one.name] = _texts(pd.Series(self._values[one.name]), one)
            texts, which = self._texts[one.name]
            found |= np.array([word in text for text in texts], bool)[which]
        return found

    # --- rows and ids

    def id_at(self, row: int) -> int:
        """The feature id in a row."""
        return int(self._ids[self._rows[row]])

    def ids_at(self, rows: list[int]) -> tuple[int, ...]:
        return tuple(int(i) for i in self._ids[self._rows[rows]])

    def row_of(self, fid: int) -> int | None:
        """The row of a feature, None when the filter hides it."""
        if self._place is None:
            shown = self._ids[self._rows].tolist()
            self._place = {fid: row for row, fid in enumerate(shown)}
        return self._place.get(fid)

    # --- Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self.id_at(section) if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].heading
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section].note or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            one = self.columns[index.column()]
            return value_text(one, self._values[one.name][self._rows[index.row()]])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if self.layer is None or role != Qt.ItemDataRole.EditRole:
            return False
        one = self.columns[index.column()]
        if str(value) == self.data(index):
            return False
        return self._commit(self.layer, self.id_at(index.row()), one, str(value))

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        numeric = self.columns[column].type in ("number", "whole")
        side = Qt.AlignmentFlag.AlignRight if numeric else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


def _texts(values: pd.Series, one: Column) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Lower-case texts of the different values of a column, and which one each row has."""
    codes, unique = pd.factorize(values)
    texts = [value_text(one, v).lower() for v in unique]
    return [*texts, ""], np.where(codes < 0, len(texts), codes)
