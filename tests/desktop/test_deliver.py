"""The panel of deliverables: one folder or one file of the plan as it is, looked at again."""

import multiprocessing

import openpyxl
import pytest

from data import edits
from data.files import load, save
from data.progress import Cancelled
from data.refused import Refused
from desktop import delivering
from desktop.delivering import WORKBOOK, Wish, everything
from maps.analysis.provenance import FILE, input_of, read_ledger
from maps.drawing import export_all as exporting
from tests.desktop.plans import small_book
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import opened, run, settings, window  # noqa: F401 - fixtures


@pytest.fixture
def panel(opened):  # noqa: F811
    run(opened, "deliver")
    made = opened.docks.panels["deliver"]
    made.sites.setText("0")
    return made


@pytest.fixture
def _no_maps(monkeypatch):
    """In place, without maps and pictures: they have tests of their own."""
    monkeypatch.setattr(delivering, "apart", lambda work, *args, report: work(*args, report))
    monkeypatch.setattr(exporting, "TEMPLATES", {})
    monkeypatch.setattr(
        exporting, "bind", lambda plan, ask, path, report: path.write_bytes(b"%PDF")
    )
    monkeypatch.setattr(exporting, "pictures", lambda *_: {})


@pytest.mark.usefixtures("_no_maps")
def test_everything_is_made_of_the_plan_as_it_is_now(panel, tmp_path):
    session, folder = panel.session, tmp_path / "成果"
    before = input_of(session.path).sha256
    session.do("改名", edits.set_values("储备库", [1], {"名称": "还没保存的库"}))
    panel.organisation.setText("某县应急管理局")
    panel.radius["depot"].setText("8")
    panel.export_all(folder)
    session.do("再改", edits.set_values("储备库", [1], {"名称": "导出期间改的库"}))
    wait_for(lambda: "成果已写到" in panel.window_.message.text, 120)
    assert input_of(session.path).sha256 == before
    assert session.unsaved
    names = load(folder / "规划.gpkg").book.plan.layer("储备库").column("名称")
    assert "还没保存的库" in set(names)
    ledger = read_ledger(folder / FILE)
    assert ledger.asked["服务半径"] == {"depot": 8000.0}
    assert {one.name.rsplit(".")[-1] for one in ledger.files} >= {"docx", "html", "xlsx", "csv"}
    panel.check(folder)
    wait_for(lambda: "全部一致" in panel.checked.text() and idle(session)(), 60)


def test_the_plan_being_edited_is_not_written_over(tmp_path):
    own = tmp_path / "规划.gpkg"
    save(small_book(), own)
    before = input_of(own).sha256
    with pytest.raises(Refused, match="先保存规划"):
        everything(small_book(), own, True, Wish({}), tmp_path, lambda done, text: None)
    assert input_of(own).sha256 == before
    assert [path.name for path in tmp_path.iterdir()] == [own.name]


def test_fields_are_checked_and_one_file_is_written_from_a_saved_plan_only(panel, tmp_path):
    assert set(panel.radius) == {"depot"}
    assert panel.people.isHidden()
    assert panel.wish().radius == {"depot": 50_000.0}
    panel.radius["depot"].setText("很远")
    panel.export_all(panel.session.path.parent / "成果")
    assert "储备库的服务半径要填公里数" in panel.window_.message.text
    panel.radius["depot"].setText("50")
    panel.sites.setText("-1")
    panel.export_all(panel.session.path.parent / "成果")
    assert "建议新增" in panel.window_.message.text
    assert not (panel.session.path.parent / "成果").exists()
    panel.sites.setText("0")
    session = panel.session
    assert panel.one_button.isEnabled()
    session.do("改名", edits.set_values("储备库", [1], {"名称": "新名称"}))
    assert not panel.one_button.isEnabled()
    assert panel.reason.isVisible()
    session.save()
    wait_for(lambda: panel.one_button.isEnabled(), 60)
    panel.what.setCurrentText(WORKBOOK)
    panel.export(tmp_path / "表.xlsx")
    wait_for(lambda: "已写出“表.xlsx”" in panel.window_.message.text, 60)
    assert "储备库一览表" in openpyxl.load_workbook(tmp_path / "表.xlsx").sheetnames


def test_stopped_and_refused_work_ends_with_its_process(tmp_path):
    with pytest.raises(Refused, match="成果文件夹"):
        delivering.check(tmp_path, lambda done, text: None)

    def stop(done, text):
        raise Cancelled

    with pytest.raises(Cancelled):
        delivering.check(tmp_path, stop)
    assert multiprocessing.active_children() == []
