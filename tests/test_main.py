"""The command line as a whole program: exit code, stdout and stderr compared."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

import main
from data import files
from data.geodesy import Ruler
from data.lock import FileLock
from data.plan import Book, Plan, make_layer
from data.same import same_book
from tests.data.books import CRS, district_layer, point_layer

ROOT = Path(__file__).parent.parent


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    districts = district_layer((1000, None))
    districts = districts.with_frame(districts.frame.assign(公布面积=[20_100.0, None]))
    frame = gpd.GeoDataFrame(
        {"人口": [600.25, 399.75]}, geometry=gpd.points_from_xy([45e4, 46e4], [46e5, 46e5]), crs=CRS
    )
    people = make_layer("人口", "population", frame, CRS, basis="人口格网·示意")
    plan = Plan("现状", CRS, (districts, people, point_layer()))
    path = tmp_path / "规划.gpkg"
    files.save(Book("测试规划", (plan, Plan("方案一", CRS, plan.layers))), path)
    return path


def run(*words: object, **variables: str) -> tuple[int, str, str]:
    """Run the program as a process of its own."""
    done = subprocess.run(
        [sys.executable, ROOT / "main.py", *map(str, words)],
        capture_output=True,
        check=False,
        env={**os.environ, **variables},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run the program's main function: the same, without starting Python again."""
    code = main.main([str(word) for word in words])
    out = capsys.readouterr()
    return code, out.out, out.err


AREA_0 = Ruler(CRS).area(district_layer().geometry(1))
AREA_1 = Ruler(CRS).area(district_layer().geometry(2))

INFO: dict[str, Any] = {
    "title": "测试规划",
    "crs": CRS,
    "layers": [
        {"name": "行政区", "kind": "district", "geometry": "polygon", "count": 2},
        {"name": "人口", "kind": "population", "geometry": "point", "count": 2},
        {"name": "储备库", "kind": "depot", "geometry": "point", "count": 3},
    ],
    "districts": [
        {
            "name": "区0",
            "adcode": "150400",
            "population": 1000,
            "area_km2": round(AREA_0, 3),
            "official_area_km2": 20100,
        },
        {
            "name": "区1",
            "adcode": "150401",
            "population": None,
            "area_km2": round(AREA_1, 3),
            "official_area_km2": None,
        },
    ],
    "population_total": 1000,
    "problems": [
        {
            "layer": "行政区",
            "id": 2,
            "message": "“行政区”的“区1”(编号 2)的人口未知,按人口的比例算不出来。知道后请补上。",
        }
    ],
}


def test_info_as_json(plan_file: Path) -> None:
    before = plan_file.read_bytes()
    # JSON is UTF-8 also where the console is not.
    code, out, err = run("info", plan_file, "--json", "-", PYTHONIOENCODING="gbk")
    assert (code, err) == (0, "")
    assert out == json.dumps(INFO, ensure_ascii=False, indent=1) + "\n"
    assert plan_file.read_bytes() == before
    assert [p.name for p in plan_file.parent.iterdir()] == [plan_file.name]
    assert pytest.approx(20_000, rel=0.01) == AREA_0


def test_info_as_text(plan_file: Path) -> None:
    assert run("info", plan_file) == (
        0,
        """\
测试规划  方案:现状(共 2 个方案)
坐标系:CGCS2000 高斯-克吕格 3°带,中央经线 120°E

图层    类别    图形  数量
储备库  储备库  点       3
人口    人口    点       2
行政区  行政区  面       2

行政区  代码     人口  面积 km²  公布面积 km²
区0     150400  1,000  19,998.4      20,100.0
区1     150401   未知  19,998.4          未知

人口图层合计:1,000 人(人口格网·示意)
问题:1 个
  提示:“行政区”的“区1”(编号 2)的人口未知,按人口的比例算不出来。知道后请补上。
""",
        "",
    )


def test_info_into_a_file(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    target = plan_file.with_name("出.json")
    assert call(capsys, "info", plan_file, "--json", target, "--scenario", "方案一") == (0, "", "")
    assert json.loads(target.read_text("utf-8")) == INFO
    code, out, err = call(capsys, "info", plan_file, "--json", target / "x")
    assert (code, out) == (2, "")
    assert "写不了" in err


def test_nobody_known_is_no_number(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    files.save(Book("题", (Plan("现状", CRS, (point_layer(),)),)), path)
    told = json.loads(call(capsys, "info", path, "--json", "-")[1])
    assert told["population_total"] is None
    assert told["districts"] == []
    assert [p["layer"] for p in told["problems"]] == ["", ""]
    assert "人口图层合计:未知 人" in call(capsys, "info", path)[1]


def test_districts_are_those_that_coverage_counts(
    capsys: pytest.CaptureFixture[str], plan_file: Path
) -> None:
    book = files.load(plan_file).book
    layer = book.plan.layer("行政区")
    unsaid = layer.with_frame(layer.frame.assign(角色=[None, "周边"]))
    files.save(book.with_plan(book.plan.with_layer(unsaid)), plan_file)
    told = json.loads(call(capsys, "info", plan_file, "--json", "-")[1])
    ask = ("--of", "depot", "--radius", "50000", "--json", "-")
    reached = json.loads(call(capsys, "coverage", plan_file, *ask)[1])
    assert [d["name"] for d in told["districts"]] == ["区0"]
    assert [d["name"] for d in reached["by_district"]] == ["区0"]


def test_a_result_file_is_replaced_whole_or_kept(
    capsys: pytest.CaptureFixture[str], plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = plan_file.with_name("出.json")
    target.write_text("旧")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        code, out, err = call(capsys, "info", plan_file, "--json", target)
    assert (code, out) == (2, "")
    assert err == (f"写不了“{target}”:磁盘已满,请腾出空间或换一个磁盘。原来的文件没有变。\n")
    assert target.read_text() == "旧"
    assert sorted(p.name for p in plan_file.parent.iterdir()) == [target.name, plan_file.name]


def test_help_is_chinese_and_a_full_stdout_is_told(
    capsys: pytest.CaptureFixture[str], plan_file: Path
) -> None:
    with pytest.raises(SystemExit):
        main.main(["coverage", "-h"])
    out = capsys.readouterr().out
    assert out.startswith("用法:main.py coverage")
    assert all(word not in out for word in ("usage", "options", "arguments", "show this"))
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, ROOT / "main.py", "info", plan_file],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode() == "结果没有写完:磁盘已满,请腾出空间或换一个磁盘。\n"


def test_add_move_remove(plan_file: Path) -> None:
    add = ("add", plan_file, "--kind", "depot", "--name", "新库", "--lon", 119.5, "--lat", 41.5)
    code, out, err = run(*add, "--set", "级别=县级", "占地面积=1,200", "--json", "-")
    assert (code, err) == (0, "")
    assert out == '{\n "name": "新库",\n "id": 4,\n "layer": "储备库"\n}\n'
    layer = files.load(plan_file).book.plan.layer("储备库")
    row = layer.row(4)
    assert (row["状态"], row["级别"], row["占地面积"]) == ("规划", "县级", 1200)
    assert Ruler(CRS).to_lonlat(*layer.geometry(4).coords[0]) == pytest.approx((119.5, 41.5))

    move = ("move", plan_file, "--kind", "储备库", "--name", "新库", "--lon", 119.6, "--lat", 41.6)
    assert run(*move) == (0, "已把“储备库”里的“新库”(编号 4)移到新位置。\n", "")
    layer = files.load(plan_file).book.plan.layer("储备库")
    assert Ruler(CRS).to_lonlat(*layer.geometry(4).coords[0]) == pytest.approx((119.6, 41.6))
    assert layer.row(4)["级别"] == "县级"

    remove = ("remove", plan_file, "--layer", "储备库", "--id", 4)
    assert run(*remove) == (0, "已从“储备库”里删除“新库”(编号 4)。\n", "")
    assert list(files.load(plan_file).book.plan.layer("储备库").frame.index) == [1, 2, 3]
    assert [p.name for p in plan_file.parent.iterdir()] == [plan_file.name]


def test_add_more_ways(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    place = ("--lon", "119°30′", "--lat", "41°30′00″")
    code, out, _ = call(
        capsys, "add", plan_file, "--kind", "shelter", "--name", "广场", *place, "--json", "-"
    )
    assert (code, json.loads(out)) == (0, {"name": "广场", "id": 1, "layer": "避难场所"})
    code, out, _ = call(
        capsys, "add", plan_file, "--kind", "人口", *place, "--set", "人口=5", "--json", "-"
    )
    assert (code, json.loads(out)) == (0, {"name": None, "id": 3, "layer": "人口"})
    opened = files.load(plan_file).book
    assert [x.name for x in opened.plan] == ["行政区", "人口", "储备库", "避难场所"]
    assert opened.plan.layer("避难场所").row(1)["状态"] == "规划"
    assert opened.plan.layer("人口").row(3)["人口"] == 5


def test_another_scenario(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    words = ("remove", plan_file, "--kind", "depot", "--id", 1, "--scenario", "方案一")
    assert call(capsys, *words)[0] == 0
    book = files.load(plan_file).book
    assert book.current == 0
    assert [len(p.layer("储备库")) for p in book.plans] == [3, 2]
    assert book.plans[0].layer("行政区") is book.plans[1].layer("行政区")


ADD = ("--kind", "depot", "--name", "x", "--lon", "119.5", "--lat", "41.5")


def changed(words: tuple[str, ...], **values: str) -> tuple[str, ...]:
    """Arguments with other values."""
    out = list(words)
    for name, value in values.items():
        out[out.index(f"--{name}") + 1] = value
    return tuple(out)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("add", *changed(ADD, lon="41.5", lat="119.5")),
            "经度 41.5° 不在中国范围内(73°–136°),经度和纬度像是填反了。",
        ),
        (
            ("add", *changed(ADD, lon="2.35", lat="48.85")),
            "经度 2.35° 不在中国范围内(73°–136°),请检查有没有写错。",
        ),
        (
            ("add", *changed(ADD, lon="abc")),
            "经度要写成 118.9512 或 118°57′04″ 这样,现在是“abc”。",
        ),
        (
            ("add", *changed(ADD, lat="-41.5")),
            "纬度要写成 42.2694 或 42°16′10″ 这样,现在是“-41.5”。",
        ),
        (("add", *changed(ADD, name=" ")), "“名称”不能为空。"),
        (
            ("add", *changed(ADD, kind="road")),
            "“道路”是线,不能按一个坐标添加。请在窗口里绘制,或导入图层。",
        ),
        (
            ("add", *ADD, "--set", "状态=在用"),
            "“状态”只能是现状、在建、规划、撤销之一,现在是“在用”。",
        ),
        (("add", *ADD, "--set", "占地面积=-1"), "“占地面积”不能小于 0㎡,现在是 -1。"),
        (
            ("add", *ADD, "--set", "占地面积"),
            "--set 要写成 列=值,例如 状态=现状,现在是“占地面积”。",
        ),
        (("add", *ADD, "--layer", "行政区"), "图层“行政区”放的是行政区,不是储备库。"),
        (
            ("add", *ADD, "--layer", "无"),
            "规划里没有名为“无”的图层。现有图层:行政区、人口、储备库。",
        ),
        (("add", *ADD, "--scenario", "三"), "没有名为“三”的方案。现有方案:现状、方案一。"),
        (
            ("add", "--kind", "depot"),
            "命令写法不对:缺少 --lon, --lat。用 main.py add -h 查看写法。",
        ),
        (
            ("move", "--kind", "depot", "--name", "无此库", "--lon", "119", "--lat", "41"),
            "“储备库”里没有名为“无此库”的要素。用 info 命令可查看规划里有什么。",
        ),
        (
            ("move", "--kind", "depot", "--id", "1", "--lon", "41", "--lat", "119"),
            "经度 41° 不在中国范围内(73°–136°),经度和纬度像是填反了。",
        ),
        (
            ("move", "--kind", "district", "--id", "1", "--lon", "119", "--lat", "41"),
            "“行政区”只能放面要素。",
        ),
        (("remove", "--kind", "depot", "--id", "一"), "--id 要填要素的编号(整数),现在是“一”。"),
        (("remove", "--kind", "siren", "--id", "1"), "规划里没有预警设施图层。"),
        (("remove", "--id", "1"), "请用 --kind 或 --layer 说明是哪一类或哪个图层的要素。"),
        (
            ("remove", "--kind", "depot"),
            "请用 --id 或 --name(只用一个)说明是哪一个要素。",
        ),
        (
            ("remove", "--kind", "shelter", "--layer", "储备库", "--id", "1"),
            "图层“储备库”放的是储备库,不是避难场所。",
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    capsys: pytest.CaptureFixture[str], plan_file: Path, words: tuple[str, ...], sentence: str
) -> None:
    before = plan_file.read_bytes()
    command, *rest = words
    assert call(capsys, command, plan_file, *rest) == (2, "", sentence + "\n")
    assert plan_file.read_bytes() == before
    assert [p.name for p in plan_file.parent.iterdir()] == [plan_file.name]


def test_an_unknown_kind_and_column_list_what_there_is(
    capsys: pytest.CaptureFixture[str], plan_file: Path
) -> None:
    code, out, err = call(capsys, "add", plan_file, *changed(ADD, kind="飞机场"))
    assert (code, out) == (2, "")
    assert err.startswith("没有“飞机场”这一类要素。可用的类别:district(行政区)、depot(储备库)")
    code, out, err = call(capsys, "add", plan_file, *ADD, "--set", "面积=3")
    assert (code, out) == (2, "")
    assert err.startswith("“储备库”没有“面积”这一列。可用的列:名称、状态、级别")


def test_a_name_that_several_have(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    book = files.load(plan_file).book
    layer = book.plan.layer("储备库")
    twins = layer.with_frame(layer.frame.assign(名称=["同", "同", "异"]))
    files.save(book.with_plan(book.plan.with_layer(twins)), plan_file)
    assert call(capsys, "remove", plan_file, "--kind", "depot", "--name", "同") == (
        2,
        "",
        "名为“同”的要素有 2 个:“储备库”编号 1、“储备库”编号 2。"
        "请用 --layer 和 --id 指明是哪一个。\n",
    )


def test_a_file_somebody_is_working_on(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    book = files.load(plan_file).book
    with FileLock(plan_file):
        code, out, err = call(capsys, "add", plan_file, *ADD)
        assert (code, out) == (2, "")
        assert "正在本机的另一个应急布局窗口或命令里编辑" in err
        assert call(capsys, "info", plan_file)[0] == 0
    assert same_book(files.load(plan_file).book, book)
    assert call(capsys, "add", plan_file, *ADD)[0] == 0


def test_files_that_are_no_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing, empty = tmp_path / "无.gpkg", tmp_path / "空.gpkg"
    empty.touch()
    for command in (("info",), ("remove", "--kind", "depot", "--id", "1"), ("add", *ADD)):
        name, *rest = command
        assert call(capsys, name, missing, *rest) == (
            2,
            "",
            f"找不到“{missing}”,请检查文件名和位置。\n",
        )
        assert call(capsys, name, empty, *rest) == (2, "", "“空.gpkg”是空文件,不是规划文件。\n")
    assert [p.name for p in tmp_path.iterdir()] == [empty.name]


def test_words_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    commands = "、".join(main.COMMANDS)
    assert run("出图") == (2, "", f"没有“出图”这个命令。可用的命令:{commands}。\n")
    code, out, err = call(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(name in out for name in main.COMMANDS)


def test_the_command_line_loads_no_window(plan_file: Path) -> None:
    code = (
        f"import sys, main; main.main(['info', {str(plan_file)!r}, '--json', '-']);"
        "print([m for m in sys.modules if m.startswith(('PySide6', 'desktop', 'matplotlib'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.endswith("}\n[]\n")
