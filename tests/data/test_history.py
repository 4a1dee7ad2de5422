"""Undo and redo, against a plain list of states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.history import History


def test_the_same_object_is_no_edit() -> None:
    first = object()
    history = History(first)
    assert not history.do("无", first)
    assert not history.unsaved
    assert not history.undo()
    assert not history.redo()


def test_texts_say_what_is_undone() -> None:
    history = History("a")
    history.do("添加", "b")
    history.do("移动", "c")
    assert (history.undo_text, history.redo_text) == ("移动", "")
    history.undo()
    assert (history.undo_text, history.redo_text) == ("添加", "移动")
    with pytest.raises(IndexError):
        history.go(7)


def test_saved_states() -> None:
    a, b = object(), object()
    history = History(a)
    history.do("x", b)
    assert history.unsaved
    history.mark_saved()
    assert not history.unsaved
    history.undo()
    assert history.unsaved
    history.mark_saved(b)
    history.redo()
    assert not history.unsaved
    history.mark_unsaved()
    assert history.unsaved


@given(st.lists(st.sampled_from(["do", "undo", "redo"]), max_size=60), st.integers(2, 9))
def test_against_two_stacks(steps: list[str], limit: int) -> None:
    history = History[object](object(), limit=limit)
    past, now, future = list[object](), history.value, list[object]()
    for step in steps:
        if step == "do":
            past, now, future = [*past, now][-(limit - 1) :], object(), []
            assert history.do("x", now)
        elif step == "undo":
            assert history.undo() == bool(past)
            if past:
                future, now, past = [now, *future], past[-1], past[:-1]
        else:
            assert history.redo() == bool(future)
            if future:
                past, now, future = [*past, now], future[0], future[1:]
        assert history.value is now
        assert [s.value for s in history.steps] == [*past, now, *future]
