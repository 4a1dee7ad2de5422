"""The attribute table's model, against pandas doing the same slowly."""

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QObject, Qt

from data import edits
from desktop.panels.frame_model import FrameModel
from desktop.words import value_text
from tests.desktop.plans import large_layer, small_plan

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def parent(qapp):
    return QObject()


@pytest.fixture
def model(parent):
    made = FrameModel(lambda *what: False, parent)
    made.show_layer(large_layer(2000).layers[0])
    return made


def ids(model):
    return [model.id_at(row) for row in range(model.rowCount())]


def column(model, name):
    return [c.name for c in model.columns].index(name)


@pytest.mark.parametrize("name", ["名称", "级别", "人口"])
@pytest.mark.parametrize("order", [UP, DOWN])
def test_sorting_is_stable_and_puts_missing_last(model, name, order):
    model.sort(column(model, name), order)
    frame = model.layer.frame
    values = pd.to_numeric(frame[name]) if name == "人口" else frame[name]
    expected = values.sort_values(
        ascending=order == UP, kind="stable", na_position="last"
    ).index.tolist()
    assert ids(model) == expected


def test_sorting_by_nothing_is_the_layers_own_order(model):
    model.sort(column(model, "人口"), DOWN)
    model.sort(-1)
    assert ids(model) == model.layer.frame.index.tolist()


@pytest.mark.parametrize("typed", ["村00012", "31", "村(社区)", "1 村00", "没有", "4,", ""])
def test_filtering_finds_every_word_in_any_column(model, typed):
    model.filter(typed)
    frame = model.layer.frame

    def texts(fid):
        row = frame.loc[fid]
        return [value_text(c, row[c.name]).lower() for c in model.columns]

    expected = [
        fid
        for fid in frame.index
        if all(any(word in text for text in texts(fid)) for word in typed.split())
    ]
    assert ids(model) == expected


def test_sorting_stays_when_the_filter_changes(model):
    model.sort(column(model, "人口"), DOWN)
    model.filter("村0001")
    kept = model.layer.frame.loc[ids(model), "人口"].tolist()
    known = [v for v in kept if not np.isnan(v)]
    assert len(known) > 10
    assert known == sorted(known, reverse=True)
    assert kept[: len(known)] == known


def test_rows_and_ids_go_both_ways(model):
    model.filter("村0001")
    for row, fid in enumerate(ids(model)):
        assert model.row_of(fid) == row
    hidden = set(model.layer.frame.index) - set(ids(model))
    assert model.row_of(hidden.pop()) is None
    assert model.ids_at([0, 2]) == (model.id_at(0), model.id_at(2))


def test_cells_have_separators_and_blanks(parent):
    model = FrameModel(lambda *what: False, parent)
    model.show_layer(small_plan().layer("储备库"))
    area = column(model, "占地面积")
    shown = [model.data(model.index(row, area)) for row in range(3)]
    assert shown == ["12,000", "800", ""]
    assert model.headerData(area, Qt.Orientation.Horizontal) == "占地面积(㎡)"


def test_an_edited_cell_is_handed_on_and_the_frame_is_untouched(parent):
    heard = []

    def commit(layer, fid, one, text):
        heard.append((layer.name, fid, one.name, text))
        return True

    layer = small_plan().layer("储备库")
    model = FrameModel(commit, parent)
    model.show_layer(layer)
    cell = model.index(1, column(model, "名称"))
    assert model.setData(cell, "新名")
    assert not model.setData(cell, "二号库"), "nothing changed, nothing handed on"
    assert heard == [("储备库", 2, "名称", "新名")]
    assert layer.row(2)["名称"] == "二号库"


def test_another_state_of_the_layer_keeps_sorting_and_filter(parent):
    plan = large_layer(100)
    model = FrameModel(lambda *what: False, parent)
    model.show_layer(plan.layers[0])
    model.filter("村0000")
    model.sort(column(model, "名称"), DOWN)
    before = ids(model)
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    edited = edits.set_values("居民点", [before[0]], {"备注": "改过"})(plan)
    model.show_layer(edited.layers[0])
    assert ids(model) == before
    assert resets == [], "only values changed: nothing jumps"
    assert model.data(model.index(0, column(model, "备注"))) == "改过"
    renamed = edits.set_values("居民点", [before[0]], {"名称": "别的"})(edited)
    model.show_layer(renamed.layers[0])
    assert ids(model) == before[1:], "it no longer answers the filter"
    model.show_layer(small_plan().layer("储备库"))
    assert ids(model) == [1, 2, 3]
