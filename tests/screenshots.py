"""Pictures of the real window on a virtual screen: `make screenshots`.

The README's picture goes to resources/docs/window.png, all others to out/screenshots/:
every panel and the five examples in both themes, 100 %, 150 % and 200 %, and on a 4K screen.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README_PICTURE = ROOT / "resources" / "docs" / "window.png"
FOLDER = ROOT / "out" / "screenshots"
MOST_BYTES = 400_000


class Photographer:
    """Drives one window and takes its picture when everything on it is at rest."""

    def __init__(self, theme: str, mark: str) -> None:
        from desktop import app
        from desktop.session import Session
        from desktop.window import Window

        self.qt = app.make_app()
        self.session = Session()
        self.session.message.connect(lambda text: print("  !", text, file=sys.stderr))
        self.window = Window(self.session, app.open_settings())
        self.window.show_first()
        self.window.furnish()
        self.window.use_theme(theme)
        self.mark = mark

    def until(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError
            self.qt.processEvents()
            time.sleep(0.005)

    def rest(self) -> None:
        """Wait for background work and for the sharp map."""
        started = time.monotonic()
        canvas = self.window.canvas
        assert canvas is not None
        self.until(lambda: time.monotonic() > started + 0.8)
        self.until(lambda: not self.session.jobs.running and not canvas.busy)
        self.until(lambda: time.monotonic() > started + 1.0)
        for _ in range(3):  # the last picture is taken over, the last layout carried out
            self.qt.processEvents()

    def take(self, name: str, folder: Path = FOLDER) -> None:
        self.rest()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}{self.mark}.png"
        self.window.grab().save(str(path))
        print(path.relative_to(ROOT))

    def example(self, name: str) -> None:
        from desktop.panels.start import make_example

        self.session.make(f"生成“{name}”示例", make_example(name))
        self.until(lambda: self.session.book is not None and not self.session.jobs.running)

    def close(self) -> None:
        self.session.close_book()
        self.window.closing = True
        self.window.close()
        self.session.jobs.wait()


def panels(theme: str, mark: str) -> None:
    """Every panel on the 赤峰 example."""
    from data import scenarios
    from maps.analysis.coverage import CoverageAsk

    one = Photographer(theme, mark)
    one.window.show_start()
    one.window.start.words.setText("ahq")
    one.take("01-开始页")
    one.example("赤峰")
    one.take("02-打开")
    depots = one.session.plan.of_kind("depot")[0]  # type: ignore[union-attr]
    one.session.select(depots.name, [int(depots.frame.index[0])])
    one.take("03-属性")
    one.session.select(depots.name, [int(i) for i in depots.frame.index[:3]])
    one.take("04-属性-多个")
    one.window.show_panel("coverage")
    one.session.select_all({})
    one.session.compute_coverage(CoverageAsk("depot", 50_000.0))
    one.take("05-覆盖")
    if theme == "light" and not mark:
        README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
        one.window.grab().save(str(README_PICTURE))
    for number, name in (
        ("06", "problems"),
        ("07", "history"),
        ("08", "place"),
        ("09", "export"),
        ("12", "targets"),
        ("13", "help"),
        ("14", "roads"),
        ("15", "siting"),
        ("16", "charts"),
        ("17", "deliver"),
        ("18", "layer_export"),
        ("10", "table"),
    ):
        one.window.show_panel(name)
        one.take(f"{number}-{name}")
    one.window.hide_panel("table")
    one.session.do_book("复制方案", scenarios.copy_scenario())
    one.window.show_panel("compare")
    one.take("19-compare")
    imported(one)
    one.session.message.emit("“南部储备库”没有填库房面积,建设标准里这一项要核对。")
    one.take("11-消息")
    one.close()


def imported(one: Photographer) -> None:
    """The page that shows what was found in a file of shelters copied from a phone map."""
    from desktop.importing import page_of, take_files

    assert one.session.plan is not None
    home = one.session.plan.of_kind("settlement")[0].frame.to_crs("EPSG:4326").geometry
    rows = [
        f"避难场所{i},{p.x + 0.0062:.6f},{p.y + 0.0015:.6f},{i}千人" for i, p in enumerate(home)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "避难场所.csv"
        file.write_text("\n".join(["场所名称,经度,纬度,容纳人数", *rows]), encoding="gbk")
        page = page_of(one.window)
        take_files(one.window, [file])
        one.until(lambda: page.flow.shown is not None and not page.flow.busy and not page.filling)
        one.take("20-导入")
        page.cancel.click()


def examples(theme: str, mark: str) -> None:
    """The five examples as they open."""
    from data.examples import NAMES

    for number, name in enumerate(NAMES, start=1):
        one = Photographer(theme, mark)
        one.window.setGeometry(one.window.screen().availableGeometry())
        one.example(name)
        one.take(f"2{number}-{name}")
        one.close()


SETS = {
    "panels-light": (panels, "light", "", 1.0),
    "panels-dark": (panels, "dark", "-深色", 1.0),
    "panels-150": (panels, "light", "-150%", 1.5),
    "panels-200": (panels, "light", "-200%", 2.0),
    "examples": (examples, "light", "", 1.0),
    "examples-dark": (examples, "dark", "-深色", 1.0),
    "examples-4k": (examples, "light", "-4K", 1.0),
}
SCREEN, LARGE = (1366, 768), (3840, 2160)


def shrink(path: Path) -> None:
    """Write a picture as small as PNG allows; too large a one is an error."""
    from PIL import Image

    with Image.open(path) as image:
        image.convert("RGB").save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size:,} bytes")


def main() -> None:
    """Take each set in a process of its own: the scale is fixed when Qt starts."""
    from tests.desktop.screen import virtual_screen

    chosen = sys.argv[1:] or list(SETS)
    for name in chosen:
        _, _, _, scale = SETS[name]
        size = LARGE if name.endswith("4k") else tuple(round(n * scale) for n in SCREEN)
        with virtual_screen(*size) as display, tempfile.TemporaryDirectory() as folder:
            environment = {
                **os.environ,
                "DISPLAY": display,
                "QT_QPA_PLATFORM": "xcb",
                "QT_SCALE_FACTOR": str(scale),
                "YINGJI_SETTINGS": f"{folder}/settings.ini",
                "TAKE": json.dumps(name),
            }
            subprocess.run([sys.executable, "-m", "tests.screenshots"], env=environment, check=True)
    if README_PICTURE.exists():
        shrink(README_PICTURE)


if __name__ == "__main__":
    if "TAKE" in os.environ:
        take, theme_name, mark_text, _ = SETS[json.loads(os.environ["TAKE"])]
        take(theme_name, mark_text)
    else:
        main()
