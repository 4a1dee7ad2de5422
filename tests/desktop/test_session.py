"""The session: one door for edits, undo, selection, results out of date, files, jobs."""

import sys
import threading
import time
from dataclasses import replace

import pytest
import shapely
from PySide6.QtCore import QEvent, QEventLoop
from PySide6.QtWidgets import QApplication

from data import edits
from data.files import load, save
from data.lock import FileLock
from data.plan import Look
from data.progress import Cancelled
from data.refused import Refused
from desktop import session as module
from desktop.session import Session
from maps.analysis.coverage import CoverageAsk, coverage
from tests.desktop.plans import X, Y, small_book


def wait_for(condition, seconds=20.0):
    """Run the event loop until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def end(session):
    """Stop everything and delete the session here, on the GUI thread: the collector would
    do it later, perhaps on another one."""
    session.jobs.cancel_all()
    wait_for(idle(session))
    session.close_book()
    wait_for(idle(session))
    session.jobs.wait()
    session.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def idle(session):
    return lambda: not session.jobs.running


@pytest.fixture
def session(qapp):
    made = Session()
    yield made
    end(made)


@pytest.fixture
def messages(session):
    heard = []
    session.message.connect(heard.append)
    return heard


@pytest.fixture
def opened(session):
    session.show_new(small_book())
    return session


def test_an_edit_is_news_once_and_undo_brings_the_same_object_back(opened):
    news = []
    opened.plan_changed.connect(lambda before, after: news.append((before, after)))
    first = opened.plan
    assert opened.do("改名", edits.set_values("储备库", [1], {"名称": "新名"}))
    second = opened.plan
    assert news == [(first, second)]
    assert second.changed(first) == {"储备库"}
    opened.undo()
    assert opened.plan is first
    opened.redo()
    assert opened.plan is second
    opened.go(0)
    assert opened.plan is first
    assert [step.text for step in opened.steps] == ["新建", "改名"]


def test_an_edit_without_effect_is_no_step(opened):
    before = opened.plan
    assert not opened.do("改名", edits.set_values("储备库", [1], {"名称": "一号库"}))
    assert opened.plan is before
    assert len(opened.steps) == 1


def test_a_refused_edit_is_a_sentence_and_loses_nothing(opened, messages):
    before = opened.plan
    assert not opened.do("改状态", edits.set_values("储备库", [1], {"状态": "没有的"}))
    assert opened.plan is before
    assert len(messages) == 1
    assert "状态" in messages[0]


def test_a_bug_in_an_edit_is_not_swallowed(opened):
    before = opened.plan

    def broken(plan):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        opened.do("坏", broken)
    assert opened.plan is before


def test_without_a_plan_nothing_can_be_done(session):
    assert session.plan is None
    assert not session.do("改名", edits.set_values("储备库", [1], {"名称": "x"}))
    session.undo()
    session.select_all({})
    assert not session.unsaved


def test_selection_forgets_what_is_gone(opened):
    opened.select("储备库", [1, 2])
    heard = []
    opened.selection_changed.connect(lambda: heard.append(opened.selection))
    opened.do("删", edits.remove_features("储备库", [2]))
    assert opened.selection == {"储备库": (1,)}
    opened.do("移除图层", edits.remove_layer("储备库"))
    assert opened.selection == {}
    assert heard == [{"储备库": (1,)}, {}]


def test_selected_is_of_one_layer_only(opened):
    opened.select("储备库", [3])
    layer, ids = opened.selected()
    assert (layer.name, ids) == ("储备库", (3,))
    opened.select("道路", [1], add=True)
    assert opened.selection == {"储备库": (3,), "道路": (1,)}
    assert opened.selected() is None


ASK = CoverageAsk("depot", 8000.0)


def test_coverage_is_worked_out_off_the_gui_thread(opened):
    opened.compute_coverage(ASK)
    assert opened.coverage is None
    wait_for(lambda: opened.coverage is not None)
    direct = coverage(opened.plan, ASK)
    assert opened.coverage.whole == direct.whole
    assert opened.coverage.whole.people_total == 4000


def test_a_result_is_out_of_date_when_features_it_used_changed(opened):
    opened.compute_coverage(ASK)
    wait_for(lambda: opened.result is not None)
    result = opened.result
    assert not opened.is_stale(result)
    opened.do("道路", edits.set_values("道路", [1], {"名称": "二号路"}))
    opened.do("颜色", edits.set_look("储备库", Look(color="#123456")))
    opened.do("次序", edits.order_layers([x.name for x in reversed(opened.plan.layers)]))
    opened.do("改名", edits.rename_layer("储备库", "仓库"))
    assert not opened.is_stale(result)
    opened.do("移动", edits.move_feature("仓库", 1, shapely.Point(X + 6e3, Y + 5e3)))
    assert opened.is_stale(result)
    opened.undo()
    assert not opened.is_stale(result)
    opened.do("再加一层", edits.add_layer(_second_depots(opened.plan)))
    assert opened.is_stale(result)


def _second_depots(plan):
    layer = plan.layer("仓库")
    return replace(layer, name="另一些", frame=layer.frame.iloc[:1])


def test_the_same_question_again_replaces_the_old_answer(opened):
    for ask in (ASK, CoverageAsk("depot", 5000.0), ASK):
        opened.compute_coverage(ask)
        wait_for(idle(opened))
    assert [r.ask for r in opened.results] == [CoverageAsk("depot", 5000.0), ASK]
    assert opened.result is opened.results[-1]


def test_live_numbers_equal_the_coverage_after_the_move(opened):
    opened.compute_coverage(ASK)
    wait_for(lambda: opened.result is not None)
    heard = []
    opened.live_changed.connect(heard.append)
    place = X + 9_300.0, Y + 4_200.0
    numbers = opened.live_at("储备库", 1, *place)
    assert heard == [numbers]
    opened.live_end()
    assert heard[-1] is None
    opened.do("移动", edits.move_feature("储备库", 1, shapely.Point(*place)))
    after = coverage(opened.plan, ASK)
    assert numbers.whole.people_covered == after.whole.people_covered
    assert [r.people_covered for r in numbers.by_district] == [
        r.people_covered for r in after.by_district
    ]
    assert opened.live_at("储备库", 1, *place) is None, "the shown result is out of date now"


def test_with_many_facilities_a_drag_is_prepared_in_the_background(opened, monkeypatch):
    monkeypatch.setattr(module, "_FEW", 0)
    opened.compute_coverage(ASK)
    wait_for(lambda: opened.result is not None)
    place = X + 9_300.0, Y + 4_200.0
    assert opened.live_at("储备库", 1, *place) is None
    wait_for(idle(opened))
    numbers = opened.live_at("储备库", 1, *place)
    opened.live_end()
    opened.do("移动", edits.move_feature("储备库", 1, shapely.Point(*place)))
    assert numbers.whole.people_covered == coverage(opened.plan, ASK).whole.people_covered


def test_live_is_silent_for_what_does_not_count(opened):
    opened.compute_coverage(CoverageAsk("depot", 8000.0, status="现状"))
    wait_for(lambda: opened.result is not None)
    assert opened.live_at("储备库", 2, X, Y) is None, "a planned depot among the existing ones"
    assert opened.live_at("道路", 1, X, Y) is None


def test_save_open_and_undo_all(opened, tmp_path):
    path = tmp_path / "规划.gpkg"
    assert opened.unsaved
    assert not opened.save(), "no file name yet"
    assert opened.save(path)
    wait_for(idle(opened))
    assert not opened.unsaved
    assert opened.path == path
    saved = opened.plan
    opened.do("改名", edits.set_values("储备库", [1], {"名称": "新名"}))
    assert opened.unsaved
    opened.undo()
    assert not opened.unsaved
    assert opened.plan is saved
    opened.redo()
    opened.save()
    wait_for(idle(opened))
    assert load(path).book.plan.layer("储备库").row(1)["名称"] == "新名"
    opened.close_book()
    assert opened.plan is None
    opened.open(path)
    wait_for(lambda: opened.plan is not None)
    assert opened.plan.layer("储备库").row(1)["名称"] == "新名"
    assert not opened.unsaved


def test_edits_during_a_save_stay_unsaved(opened, tmp_path):
    path = tmp_path / "规划.gpkg"
    opened.save(path)
    assert opened.saving
    opened.do("改名", edits.set_values("储备库", [1], {"名称": "后来"}))
    assert not opened.save(), "one save at a time"
    wait_for(idle(opened))
    assert opened.unsaved
    assert load(path).book.plan.layer("储备库").row(1)["名称"] == "一号库"
    opened.undo()
    assert not opened.unsaved


def test_a_failed_save_says_so_and_stays_unsaved(opened, messages, tmp_path):
    opened.save(tmp_path / "没有这个文件夹" / "规划.gpkg")
    wait_for(idle(opened))
    assert opened.unsaved
    assert opened.path is None
    assert not opened.saving
    assert len(messages) == 1


@pytest.mark.parametrize("content", [None, b"", b"not a plan"])
def test_what_is_no_plan_is_refused_and_the_open_one_stays(opened, messages, tmp_path, content):
    path = tmp_path / "坏.gpkg"
    if content is not None:
        path.write_bytes(content)
    before = opened.plan
    opened.open(path)
    wait_for(idle(opened))
    assert opened.plan is before
    assert len(messages) == 1
    assert not list(tmp_path.glob(".*lock*")), "no lock is left behind"


def test_a_file_somebody_holds_can_be_looked_at_but_not_saved(opened, messages, tmp_path):
    path = tmp_path / "规划.gpkg"
    opened.save(path)
    wait_for(idle(opened))
    opened.close_book()
    with FileLock(path):
        opened.open(path)
        wait_for(lambda: opened.plan is not None)
        assert "现在只能查看" in messages[-1]
        opened.do("改名", edits.set_values("储备库", [1], {"名称": "新名"}))
        opened.save()
        wait_for(idle(opened))
        assert opened.unsaved
        opened.save(tmp_path / "另存.gpkg")
        wait_for(idle(opened))
        assert not opened.unsaved


def test_the_lock_follows_save_as_and_is_given_back(opened, tmp_path):
    one, two = tmp_path / "一.gpkg", tmp_path / "二.gpkg"
    opened.save(one)
    wait_for(idle(opened))
    assert FileLock(one).file.exists()
    opened.save(two)
    wait_for(idle(opened))
    assert not FileLock(one).file.exists()
    assert FileLock(two).file.exists()
    opened.close_book()
    assert not FileLock(two).file.exists()


def test_a_plan_closed_during_its_save_leaves_no_lock(opened, tmp_path):
    path = tmp_path / "规划.gpkg"
    opened.save(path)
    opened.close_book()
    wait_for(idle(opened))
    assert load(path).book.title == "小规划"
    assert not FileLock(path).file.exists()


def test_undo_during_a_running_job_and_the_answer_is_out_of_date(opened):
    opened.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 6e3, Y + 5e3)))
    moved = opened.plan
    opened.compute_coverage(ASK)
    opened.undo()
    wait_for(lambda: opened.result is not None)
    assert opened.result.plan is moved
    assert opened.is_stale(opened.result)
    opened.redo()
    assert not opened.is_stale(opened.result)


def test_a_job_can_be_stopped_and_gives_no_answer(session, messages):
    answers, failed, running = [], [], threading.Event()

    def work(report):
        while True:
            running.set()
            report(0.5, "正在算…")

    job = session.jobs.start("算", work, answers.append, failed=lambda: failed.append(1))
    running.wait(5)
    wait_for(lambda: job.detail == "正在算…")
    assert session.jobs.shown() is job
    job.cancel()
    wait_for(idle(session))
    assert answers == []
    assert failed == [1]
    assert messages == []


def test_a_refused_job_is_a_sentence(session, messages):
    def work(report):
        raise Refused("没有道路。")

    session.jobs.start("算", work)
    wait_for(idle(session))
    assert messages == ["没有道路。"]


def test_a_crash_in_a_job_goes_to_the_crash_dialog(session, messages, monkeypatch):
    caught = []
    monkeypatch.setattr(sys, "excepthook", lambda *what: caught.append(what[0]))

    def work(report):
        raise ZeroDivisionError

    session.jobs.start("算", work)
    wait_for(idle(session))
    assert caught == [ZeroDivisionError]
    assert messages == []


def test_quiet_jobs_are_not_shown_and_cancelled_is_no_message(session, messages):
    def work(report):
        raise Cancelled

    session.jobs.start("查", work, quiet=True)
    assert session.jobs.shown() is None
    wait_for(idle(session))
    assert messages == []


def test_of_two_plans_asked_for_the_last_is_shown(session, messages):
    gate = threading.Event()

    def slow(report):
        gate.wait(10)
        return replace(small_book(), title="慢")

    session.make("慢的", slow)
    session.make("快的", lambda report: replace(small_book(), title="快"))
    wait_for(lambda: session.book is not None)
    gate.set()
    wait_for(idle(session))
    assert session.book.title == "快"
    assert messages == []


def test_an_edit_made_while_a_plan_is_opened_is_not_lost(opened, messages, tmp_path):
    path = tmp_path / "另一个.gpkg"
    save(small_book(), path)
    opened.open(path)
    opened.do("改名", edits.set_values("储备库", [1], {"名称": "打开期间改的"}))
    wait_for(idle(opened))
    assert opened.plan.layer("储备库").row(1)["名称"] == "打开期间改的"
    assert "没有替换" in messages[0]
    assert not FileLock(path).file.exists()
