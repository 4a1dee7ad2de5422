"""应急布局: the window without arguments, one command with them.

    python main.py                     open the window
    python main.py 规划.gpkg            open the window on a plan
    python main.py COMMAND …           work without the window (Qt is not loaded)

Results go to stdout, progress to stderr. Exit codes: 0 done, 1 the checked
thing does not hold, 2 the input was refused, 3 a bug in this program.
"""

import argparse
import errno
import gc
import importlib
import os
import sys
import traceback
from pathlib import Path

from data.beside import reason
from data.progress import Cancelled
from data.refused import Refused

# Each command is a module with add_arguments(parser) and run(arguments) -> exit code;
# only the one that is asked for is imported.
COMMANDS = {
    "example": ("maps.commands.example", "生成一个示例规划"),
    "info": ("maps.commands.info", "规划里有什么、有什么问题"),
    "coverage": ("maps.commands.coverage", "设施在给定距离或时间内覆盖多少人、多大面积"),
    "isochrone": ("maps.commands.isochrone", "几分钟之内能到的范围(等时圈)"),
    "compare": ("maps.commands.compare", "同一时限下几种路况、几组设施的对照"),
    "areas": ("maps.commands.areas", "划分责任区:每个地方归最快的站"),
    "route": ("maps.commands.route", "两点之间最快的路线"),
    "network": ("maps.commands.network", "道路体检:路网有什么问题"),
    "site": ("maps.commands.site", "新设施放在哪里最好"),
    "curve": ("maps.commands.curve", "从 1 处到多处,各能覆盖多少人"),
    "resilience": ("maps.commands.resilience", "失去任一设施或道路的影响"),
    "check": ("maps.commands.check", "规划文本的目标是否做到(每条给出结论、原因和办法)"),
    "rules": ("maps.commands.rules", "查看、搜索规则和标准;检查规则文件的写法"),
    "print": ("maps.commands.print", "把图导出为 PDF、PNG 或 SVG"),
    "book": ("maps.commands.book", "地图册:封面、索引、全域图、分区图,一个 PDF"),
    "web": ("maps.commands.web", "单个网页:离线打开,手机也能看"),
    "report": ("maps.commands.report", "规划文本或布局报告(Word)"),
    "export-all": ("maps.commands.export_all", "全部成果写进一个文件夹"),
    "rerun": ("maps.commands.rerun", "复算成果文件夹里的每个数,说明是否一致"),
    "tables": ("maps.commands.tables", "一览表、覆盖、指标、工程表(Excel、CSV)"),
    "import": ("maps.commands.import_", "导入文件:表格、矢量、栅格,先说清再放进规划"),
    "export": ("maps.commands.export", "把一个图层写成 SHP、GeoPackage、GeoJSON、KML、CSV、XLSX"),
    "add": ("maps.commands.edit", "添加一个要素"),
    "move": ("maps.commands.edit", "移动一个要素"),
    "remove": ("maps.commands.edit", "删除一个要素"),
    "demo": ("maps.commands.demo", "生成赤峰示例的图、表与成果文件夹"),
}


HELP = """应急布局:县、市级应急设施布局规划工作站

  python main.py              打开窗口
  python main.py 规划.gpkg     打开窗口和这份规划
  python main.py 命令 …        不开窗口,做一件事;“命令 -h”看它的写法

命令:
{commands}

结果写到标准输出,进度写到标准错误;--json - 输出 JSON。
退出码:0 完成,1 所查的不成立,2 输入有问题(说明写在一句话里),3 程序出错。"""


class _Help(argparse.HelpFormatter):
    def add_usage(  # type: ignore[no-untyped-def]
        self, usage, actions, groups, prefix="用法:"
    ) -> None:
        super().add_usage(usage, actions, groups, prefix)


class _Parser(argparse.ArgumentParser):
    """argparse in Chinese, refusing in one sentence."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog, description=description, formatter_class=_Help, add_help=False)
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这份说明")

    def error(self, message: str) -> None:  # type: ignore[override]
        raise Refused(f"命令写法不对:{_in_chinese(message)}。用 {self.prog} -h 查看写法。")


def _in_chinese(message: str) -> str:
    for english, chinese in (
        ("the following arguments are required: ", "缺少 "),
        ("unrecognized arguments: ", "不认识的参数 "),
        ("expected one argument", "后面要跟一个值"),
        ("ambiguous option: ", "参数没有写全 "),
        (" could match ", ",可能是 "),
        ("ignored explicit argument ", "后面不能跟值 "),
        ("expected at least one argument", "后面至少要跟一个值"),
        ("not allowed with argument ", "不能同时使用 "),
        ("invalid choice: ", "没有这个选项 "),
        ("invalid float value: ", "要填数字,现在是 "),
        ("invalid int value: ", "要填整数,现在是 "),
        ("choose from ", "可选 "),
        ("one of the arguments ", "下列参数要给一个:"),
        (" is required", ""),
        ("argument ", "参数 "),
    ):
        message = message.replace(english, chinese)
    return message


def main(words: list[str]) -> int:
    """Carry out the command line and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A Chinese Windows console is GBK: what it cannot show must not end the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        if words and words[0] in COMMANDS:
            return _command(words[0], words[1:])
        if words and words[0] in ("-h", "--help"):
            lines = [f"  {name:<11} {text}" for name, (_, text) in COMMANDS.items()]
            print(HELP.format(commands="\n".join(lines)))
            return 0
        if words and not words[0].lower().endswith(".gpkg"):
            raise Refused(f"没有“{words[0]}”这个命令。可用的命令:{'、'.join(COMMANDS)}。")
        from desktop.app import start

        return start(Path(words[0]) if words else None)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the result has seen enough (… | head): nothing to complain of, but
        # Python would, when it flushes stdout at its end.
        _drop_stdout()
        return 0
    except (Cancelled, KeyboardInterrupt):
        print("已取消,没有写出任何结果。", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001 - the last door: whatever arrives here is a bug
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            # What stdout is written to is full (results in files have their own sentences).
            _drop_stdout()
            print(f"结果没有写完:{reason(error)}。", file=sys.stderr)
            return 2
        traceback.print_exc()
        print("程序出错了,以上信息请反馈给开发者。规划文件没有被改动。", file=sys.stderr)
        return 3


def _command(name: str, words: list[str]) -> int:
    module = importlib.import_module(COMMANDS[name][0])
    # What was loaded stays: the collector need not look through all of it again and again.
    gc.freeze()
    parser = _Parser(prog=f"main.py {name}", description=COMMANDS[name][1])
    module.add_arguments(parser)
    arguments = parser.parse_args(words)
    arguments.command = name
    code = int(module.run(arguments))
    sys.stdout.flush()
    return code


def _drop_stdout() -> None:
    """Leave nothing for Python to write, and to complain of, at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
