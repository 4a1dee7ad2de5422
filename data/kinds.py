"""The vocabulary, once: every kind of thing a plan can hold.

A kind is one row in :data:`KINDS`: its English name (command line, code), its
Chinese title (which is also the usual layer name in the plan file), the
geometry, and the columns the program knows about. A layer may carry any other
columns beside these; they are kept as they are. (Over 400 lines: the table is
one piece, and its rows are most of them.)
"""

import datetime
import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from data.refused import Refused

Geometry = Literal["point", "line", "polygon"]
ValueType = Literal["text", "number", "whole", "date"]

SHAPES: dict[Geometry, tuple[str, ...]] = {
    "point": ("Point",),
    "line": ("LineString", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
}
"""The geometry types a kind's features may have."""

SHAPE_TITLES: dict[Geometry, str] = {"point": "点", "line": "线", "polygon": "面"}

STATUSES = ("现状", "在建", "规划", "撤销")
"""What a facility is: existing, under construction, planned, to be closed."""

STATUS_SETS = {
    "现状": ("现状", "撤销"),
    "规划": ("在建", "规划"),
    "全部": ("现状", "在建", "规划"),
}
"""What an analysis counts: what stands today (also what is to be closed), what is
still to come, and everything that stands once the plan is carried out."""

PRECISIONS = ("实测", "地址", "乡镇", "示意")
"""How well a position is known: surveyed, by address, by township, only indicative."""

SKETCHED = "示意"

BACKGROUND = "周边"
"""The 角色 of a district that is only drawn; any other district is planned for and counted."""


@dataclass(frozen=True)
class Column:
    """One column of a kind: Chinese name, type, unit, allowed values.

    ``choices`` empty means free. ``low``/``high`` bound numbers (inclusive).
    ``open_choice`` lets values outside ``choices`` in (they are suggestions).
    """

    name: str
    type: ValueType = "text"
    unit: str = ""
    choices: tuple[str, ...] = ()
    open_choice: bool = False
    required: bool = False
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def heading(self) -> str:
        """The column's name with its unit, as table headings show it."""
        return f"{self.name}({self.unit})" if self.unit else self.name


@dataclass(frozen=True)
class Kind:
    """One kind of thing: names, geometry, columns.

    ``class_column`` names the column by which radius, minutes and standards
    differ inside the kind; ``facility`` marks what serves people and can be
    asked for coverage; ``group`` orders layer lists and legends.
    """

    name: str
    title: str
    geometry: Geometry
    group: str
    columns: tuple[Column, ...]
    class_column: str = ""
    facility: bool = False

    def column(self, name: str) -> Column | None:
        """Return the known column called ``name``, or None."""
        return next((c for c in self.columns if c.name == name), None)


def _number(name: str, unit: str = "", note: str = "") -> Column:
    return Column(name, "number", unit, low=0, note=note)


def _whole(name: str, unit: str = "", note: str = "") -> Column:
    return Column(name, "whole", unit, low=0, note=note)


NAME = Column("名称", required=True)
STATUS = Column("状态", choices=STATUSES, required=True)
PRECISION = Column("位置精度", choices=PRECISIONS, open_choice=True)
SOURCE = Column("来源", note="哪份文件、哪一条说的")
REMARK = Column("备注")
_TAIL = (
    _whole("建成年份", note="现状为建成年,规划为计划建成年"),
    Column("地址"),
    PRECISION,
    SOURCE,
    REMARK,
)

NATIONAL_CLASS = Column(
    "国标类别", choices=("Ⅰ类", "Ⅱ类", "Ⅲ类"), note="GB 21734-2008 按避难时间分的类"
)


def _class(name: str, *choices: str, note: str = "") -> Column:
    return Column(name, choices=choices, open_choice=True, note=note)


def _facility(
    name: str, title: str, group: str, *columns: Column, class_column: str = "级别"
) -> Kind:
    return Kind(name, title, "point", group, (NAME, STATUS, *columns, *_TAIL), class_column, True)


KINDS: tuple[Kind, ...] = (
    Kind(
        "district",
        "行政区",
        "polygon",
        "底图",
        (
            NAME,
            Column("代码", note="六位行政区划代码"),
            _class("角色", "规划区", "周边", note="周边只作底图,不参与统计"),
            _whole("人口", "人"),
            Column("人口来源"),
            _number("公布面积", "km²", "官方公布的面积,与边界量得的面积可能不同"),
            Column("城镇化率", "number", low=0, high=1, note="0–1"),
            SOURCE,
            REMARK,
        ),
    ),
    _facility(
        "depot",
        "储备库",
        "物资",
        _class("级别", "中央", "省级", "市级", "县级", "乡镇级"),
        _class("体系角色", "中心储备库", "北部储备库", "南部储备库", note="“一主两副”中的位置"),
        _number("占地面积", "㎡"),
        _number("建筑面积", "㎡"),
        _number("库房面积", "㎡"),
        _number("生产辅助用房面积", "㎡"),
        _number("管理用房面积", "㎡"),
        _number("附属用房面积", "㎡"),
        _number("室外货场面积", "㎡"),
        _whole("保障人数", "人", "所储物资可保障的紧急转移安置人数"),
        Column("直升机起降", choices=("有", "无")),
    ),
    _facility(
        "shelter",
        "避难场所",
        "避难",
        NATIONAL_CLASS,
        _class(
            "固定类别", "紧急", "短期固定", "中期固定", "长期固定", "中心", note="GB 51143-2015"
        ),
        _class("级别", "省级", "市级", "县级", "乡镇级", "村(社区)级", note="GB/T 44013-2024"),
        _class("类型", "综合性", "单一性", "室内型", "室外型", note="GB/T 44013-2024"),
        _number("占地面积", "㎡"),
        _number("有效避难面积", "㎡"),
        _whole("容纳人数", "人"),
        class_column="国标类别",
    ),
    _facility(
        "fire_station",
        "消防站",
        "消防",
        _class(
            "级别",
            "特勤站",
            "一级站",
            "二级站",
            "小型站",
            "政府专职队",
            "一级专职队",
            "二级专职队",
            "志愿消防队",
            "微型站",
        ),
        _whole("人数", "人"),
        _whole("车辆数", "辆"),
        _number("占地面积", "㎡"),
        _number("建筑面积", "㎡"),
    ),
    _facility(
        "rescue_team",
        "救援队伍",
        "消防",
        _class(
            "级别",
            "国家综合性",
            "森林消防",
            "专业",
            "半专业",
            "社会",
            note="队伍性质",
        ),
        _whole("人数", "人"),
        _whole("车辆数", "辆"),
        _number("营区面积", "㎡"),
        _number("营房面积", "㎡"),
        Column("迁自", note="迁建前的位置"),
    ),
    _facility(
        "medical",
        "医疗机构",
        "医疗",
        _class("级别", "三级医院", "二级医院", "卫生院", "急救站"),
        _whole("床位数", "张"),
    ),
    _facility(
        "hazard_site",
        "危险源",
        "风险",
        _class(
            "类型",
            "危化品企业",
            "煤矿",
            "非煤矿山",
            "尾矿库",
            "地质灾害隐患点",
            "病险水库",
            "事故地点",
            "其他",
        ),
        _class("风险等级", "重大", "较大", "一般", "低"),
        _number("安全距离", "m", "取自该源的评估报告,不由程序推算"),
        class_column="类型",
    ),
    Kind(
        "hazard_zone",
        "灾害区",
        "polygon",
        "风险",
        (
            NAME,
            _class("类型", "洪水淹没", "化工园区", "外部安全防护距离", "地质灾害", "森林火险"),
            _class("风险等级", "重大", "较大", "一般", "低"),
            PRECISION,
            SOURCE,
            REMARK,
        ),
        "类型",
    ),
    Kind(
        "settlement",
        "居民点",
        "point",
        "人口",
        (
            NAME,
            _class("级别", "政府驻地", "乡镇", "街道", "园区", "村(社区)"),
            Column("代码"),
            _whole("人口", "人"),
            PRECISION,
            SOURCE,
            REMARK,
        ),
        "级别",
    ),
    Kind(
        "population",
        "人口",
        "point",
        "人口",
        (Column("人口", "number", "人", low=0, required=True),),
    ),
    Kind(
        "road",
        "道路",
        "line",
        "底图",
        (
            Column("名称"),
            _class("等级", "高速", "国道", "省道", "县道", "乡道", "村道", "城市道路"),
            Column("编号"),
            Column("状态", choices=STATUSES),
            _number("里程", "km", "资料给出的里程,与线形量得的可能不同"),
            _number("限速", "km/h"),
            Column("单行", choices=("否", "是", "反向")),
            Column("桥隧", choices=("否", "桥", "隧道")),
            Column("路面", open_choice=True, choices=("沥青", "水泥", "砂石", "土路")),
            PRECISION,
            SOURCE,
            REMARK,
        ),
        "等级",
    ),
    Kind(
        "reach",
        "分析范围",
        "polygon",
        "分析",
        (
            NAME,
            _class("类型", "等时圈", "责任区", "到不了", note="存成图层的结果,不随规划改动"),
            Column("设施"),
            _number("时限", "分钟"),
            Column("行政区"),
            _number("面积", "km²"),
            _number("人口", "人"),
            _number("面积标准", "km²"),
            Column("依据", note="按什么算的"),
            Column("日期", "date", note="哪一天存的"),
            REMARK,
        ),
        "类型",
    ),
    _facility("hydrant", "消火栓", "消防", _class("级别", "消火栓", "消防水鹤")),
    _facility("watchtower", "瞭望塔", "消防", _number("塔高", "m"), class_column=""),
    _facility(
        "monitor",
        "监测站",
        "监测",
        _class("级别", "地震", "气象", "水文", "地质灾害", "矿山", "视频", note="监测对象"),
    ),
    _facility("siren", "预警设施", "监测", _class("级别", "应急广播", "警报器", "显示屏")),
    _facility(
        "other", "其他设施", "其他", _class("级别", "指挥中心", "培训基地", "体验馆", "机场")
    ),
)

BY_NAME = {k.name: k for k in KINDS}
BY_TITLE = {k.title: k for k in KINDS}


def kind(name: str) -> Kind:
    """Return the kind called ``name`` (English name or Chinese title).

    Raises Refused, listing the kinds there are, for an unknown one.
    """
    found = BY_NAME.get(name) or BY_TITLE.get(name)
    if found is None:
        known = "、".join(f"{k.name}({k.title})" for k in KINDS)
        raise Refused(f"没有“{name}”这一类要素。可用的类别:{known}。")
    return found


_GROUPED = re.compile(r"^[+-]?\d{1,3}([,，]\d{3})+(\.\d+)?$")


def is_missing(value: Any) -> bool:
    """True for what stands for “not known”: None, NaN, NaT, NA, empty text."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    if type(value).__name__ == "NAType":
        # pandas.NA, which has no truth value. Told by name: importing pandas here would cost
        # the window a third of a second before it shows.
        return True
    return bool(value != value)


def parse_value(column: Column, value: Any) -> Any:
    """Return ``value`` as the column's type, None for a missing one.

    Text typed by a user is trimmed; “1,200” is a number. Raises Refused with
    the column, the value and what is allowed.
    """
    if is_missing(value):
        if column.required:
            raise Refused(f"“{column.name}”不能为空。")
        return None
    if column.type in ("number", "whole"):
        return _parse_number(column, value)
    text = str(value).strip()
    if column.type == "date":
        try:
            return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            raise Refused(f"“{column.name}”要写成 2025-06-30 这样的日期,现在是“{text}”。") from None
    if column.choices and not column.open_choice and text not in column.choices:
        allowed = "、".join(column.choices)
        raise Refused(f"“{column.name}”只能是{allowed}之一,现在是“{text}”。")
    return text


def _parse_number(column: Column, value: Any) -> float | int:
    text = str(value).strip()
    if _GROUPED.match(text):
        text = text.replace(",", "").replace("，", "")
    try:
        number = float(text)
    except ValueError:
        raise Refused(f"“{column.name}”要填数字,现在是“{value}”。") from None
    unit = column.unit
    if not math.isfinite(number):
        raise Refused(f"“{column.name}”要填有限的数字,现在是“{value}”。")
    if column.low is not None and number < column.low:
        raise Refused(f"“{column.name}”不能小于 {column.low:g}{unit},现在是 {number:g}。")
    if column.high is not None and number > column.high:
        raise Refused(f"“{column.name}”不能大于 {column.high:g}{unit},现在是 {number:g}。")
    if column.type == "whole":
        if number != round(number):
            raise Refused(f"“{column.name}”要填整数,现在是“{value}”。")
        return round(number)
    return number
