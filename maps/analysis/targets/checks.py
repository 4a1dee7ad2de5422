"""The kinds of check a rule can name: what each takes and what it measures.

This table is the schema of rule files. What a kind computes is in the modules named by
family (counts, sums, reach …); ``evaluate.EVALUATORS`` joins the two.
``resources/plans/写法.md`` shows an example of each, for planners.
"""

from dataclasses import dataclass
from typing import Literal

from maps.analysis.targets.units import Dimension

ParamType = Literal[
    "文字",  # text
    "多个文字",  # one text or a list of them
    "数字",  # a number
    "整数",
    "是否",  # 是 or 否
    "设施",  # a kind of thing, English or Chinese name
    "多个设施",
    "条件",  # {列: 值 | [值…] | {不少于: 数}}
    "状态",  # a key of STATUS_SETS
    "区域",  # names of areas, or the name of a list of them
    "地点",  # places; the name of a list means any of its areas
    "数表",  # {name: number}
    "列表分项",  # {kind: [columns]}
]


@dataclass(frozen=True)
class Param:
    """One field of a rule. ``choices`` empty means free."""

    name: str
    type: ParamType
    required: bool = False
    choices: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Check:
    """One kind of check.

    ``dimensions``: what its number may be in. ``number``: “要” a rule must give 比较, 数值 and
    单位, “可” it may (``usual`` stands in), “不” it must not. ``spatial``: it reads the map.
    ``example``: a rule's fields, as YAML.
    """

    name: str
    text: str
    params: tuple[Param, ...]
    dimensions: tuple[Dimension, ...] = ()
    number: Literal["要", "可", "不"] = "要"
    usual: tuple[str, float, str] | None = None
    spatial: bool = True

    def param(self, name: str) -> Param | None:
        return next((p for p in self.params if p.name == name), None)


def _p(name: str, type_: ParamType, required: bool = False, *choices: str, note: str = "") -> Param:
    return Param(name, type_, required, choices, note)


_WHICH = (
    _p("对象", "设施", True, note="哪一类要素"),
    _p("条件", "条件", note="只看这些列满足条件的要素"),
    _p("状态", "状态", note="现状、规划、全部;不写时,性质为现状的看现状,其余看全部"),
    _p("范围", "区域", note="只看落在这些行政区里的要素"),
)
_TRAVEL = (
    _p("距离", "数字", note="米;与时限二选一"),
    _p("时限", "数字", note="分钟;与距离二选一"),
    _p("准备", "数表", note="各环节分钟数,如 集结: 60;计入时限"),
    _p("车辆", "文字", note="如 重载货车;不写取该类设施常用的"),
    _p("天气", "文字", note="如 晴、雪"),
)
REFERENCE = "查阅"
"""Kept to be looked up; there is nothing to check."""

_EACH = ("不少于", 100.0, "%")
_UNPLACED = _p(
    "未落位",
    "多个文字",
    note="“未落位”登记里名称含这些字的:现状的计入并注明,还没有建的判缺资料",
)

CHECKS: tuple[Check, ...] = (
    Check(
        "个数",
        "要素的个数",
        (*_WHICH, _UNPLACED),
        ("数",),
    ),
    Check(
        "分区个数",
        "每个区(或每个乡镇、村)至少有几个;列出空白",
        (
            *_WHICH,
            _p("每区", "整数", note="每区至少几个,默认 1"),
            _p("分区", "设施", note="district(默认,只算规划区)或 settlement"),
            _p("分区条件", "条件", note="只看这些区,如 级别: [乡镇, 街道]"),
            _p("半径", "数字", note="分区为居民点时,多少米以内算有;不写按 5000,因此不足的只作提醒"),
            _p("应有", "整数", note="资料上应有多少个区;图上不足时判缺资料"),
        ),
        ("占比", "数"),
        "可",
        _EACH,
    ),
    Check(
        "构成",
        "各类各有几个(如 Ⅰ类、Ⅱ类、Ⅲ类)",
        (
            *_WHICH,
            _p("列", "文字", True, note="按哪一列分类:国标类别、固定类别或级别"),
            _p("构成", "数表", True, note="各类至少几个"),
        ),
        (),
        "不",
    ),
    Check(
        "齐全",
        "某列的几种取值都要有(如两级、五类)",
        (*_WHICH, _p("列", "文字", True), _p("值", "多个文字", True), _UNPLACED),
        (),
        "不",
    ),
    Check(
        "合计",
        "某列的合计",
        (*_WHICH, _p("列", "多个文字", True), _p("列单位", "文字", note="列的单位,不写取图层的")),
        ("数", "面积", "长度", "时间"),
    ),
    Check(
        "各处数值",
        "每一处的某列都要达到(几列相加)",
        (
            *_WHICH,
            _p("列", "多个文字", True),
            _p("列单位", "文字"),
            _p("除以", "文字", note="再除以这一列,如 人均 = 有效避难面积 ÷ 容纳人数"),
            _p("处数", "整数", note="至少应有几处这样的要素,默认 1"),
        ),
        ("数", "面积", "长度", "时间", "人均面积"),
    ),
    Check(
        "占比",
        "满足某条件的要素占多少",
        (*_WHICH, _p("满足", "条件", True)),
        ("占比",),
    ),
    Check(
        "覆盖",
        "多大比例的人口或面积在多少米或多少分钟以内",
        (*_WHICH, *_TRAVEL, _p("度量", "文字", False, "人口", "面积")),
        ("占比",),
    ),
    Check(
        "最远",
        "最远的居民离设施多少米或多少分钟",
        (*_WHICH, *(p for p in _TRAVEL if p.name not in ("距离", "时限"))),
        ("长度", "时间"),
    ),
    Check(
        "容量",
        "可容纳人数占人口多少(全域,或每个区)",
        (
            *_WHICH,
            _p("人均", "数表", note="按类别的人均面积㎡,如 长期固定: 4.5;不写用容纳人数列"),
            _p("人均列", "文字", note="类别在哪一列,默认 国标类别"),
            _p("逐区", "是否", note="是:每个区都要达到"),
        ),
        ("占比", "数"),
    ),
    Check(
        "储备",
        "储备可保障的人数(或占人口多少)",
        (*_WHICH, _p("列", "多个文字", note="默认 保障人数"), _p("人口", "整数")),
        ("数", "占比"),
    ),
    Check(
        "距离",
        "每一处到最近的某类要素(或区域)的距离",
        (
            *_WHICH,
            _p("到", "设施", True),
            _p("到条件", "条件"),
            _p("到状态", "状态"),
            _p("到列", "文字", note="对方自带的安全距离(米)所在列;写了就不写数值"),
        ),
        ("长度",),
        "可",
    ),
    Check(
        "间距",
        "每一处到最近的同类要素的距离;写了“沿”就是沿线相邻两处的距离",
        (
            *_WHICH,
            _p("沿", "设施", note="沿哪类线,如 道路"),
            _p("离线", "数字", note="离线多少米以内算在线上,默认 30"),
        ),
        ("长度",),
    ),
    Check(
        "区内外",
        "要素都应在(或都不应在)某类区域里",
        (
            *_WHICH,
            _p("区域", "设施", True, note="面要素,如 hazard_zone"),
            _p("区域条件", "条件"),
            _p("要求", "文字", True, "区内", "区外"),
        ),
        ("数",),
        "可",
        ("不超过", 0.0, "处"),
    ),
    Check(
        "区内人口",
        "某类区域里住着多少人(或占多少)",
        (_p("区域", "设施", True), _p("区域条件", "条件")),
        ("占比", "数"),
    ),
    Check(
        "图斑覆盖",
        "某类区域盖住规划区面积的多少",
        (_p("区域", "设施", True), _p("区域条件", "条件")),
        ("占比",),
        "可",
        _EACH,
    ),
    Check(
        "落位",
        "点名的地方都有",
        (
            *_WHICH,
            _p("地点", "地点", True, note="行政区、居民点或名单的名称"),
            _p("半径", "数字", note="居民点周围多少米以内算;不写按 10000,因此不够的只作提醒"),
            _p("每处", "整数", note="每个地方至少几个,默认 1"),
        ),
        (),
        "不",
    ),
    Check(
        "迁建",
        "迁建前后:新址、旧址都在图上,到达的人数各是多少",
        (
            _p("对象", "设施", True),
            _p("条件", "条件"),
            _p("从", "文字", True),
            _p("到", "文字", True),
            _p("半径", "数字", note="居民点周围多少米以内算,默认 10000"),
            _p("时限", "数字", note="比较多少分钟内到达的人口,默认 60"),
        ),
        (),
        "不",
    ),
    Check(
        "辖区面积",
        "每个站的责任区(离它最近的范围)有多大",
        (*_WHICH, _p("上限", "数表", note="按级别的上限 km²;不写用数值")),
        ("面积",),
        "可",
    ),
    Check(
        "长度",
        "线要素的总长",
        (*_WHICH,),
        ("长度",),
    ),
    Check(
        "面积",
        "面要素的总面积",
        (*_WHICH,),
        ("面积",),
    ),
    Check(
        "数据完整",
        "资料库:这些图层有要素,该填的列都填了",
        (
            _p("图层", "多个设施", True),
            _p("必填", "列表分项", note="如 避难场所: [容纳人数, 国标类别];不写看名称和状态"),
        ),
        ("占比",),
        "可",
        _EACH,
    ),
    Check(
        "指标",
        "不落在图上的指标:基准、现状值、目标",
        (
            _p("基准年", "整数"),
            _p("基准值", "数字"),
            _p("现状年", "整数"),
            _p("现状值", "数字"),
        ),
        (),
        "可",
        spatial=False,
    ),
    Check(
        "人工",
        "程序看不出来的:由人确认,写明说明和日期",
        (_p("要点", "文字", note="请人看什么"),),
        (),
        "可",
        spatial=False,
    ),
    Check(
        REFERENCE,
        "只供查阅和搜索,不检查",
        (),
        (),
        "可",
        spatial=False,
    ),
)

BY_NAME = {check.name: check for check in CHECKS}
ANY_UNIT = ("指标", "人工", REFERENCE)
"""Kinds whose unit is only text: their numbers are typed in, not measured."""
