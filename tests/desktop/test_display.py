"""Whether there is a screen is found out without Qt, which would end the program."""

import socket

import pytest

from desktop.display import has_display


@pytest.fixture
def told(monkeypatch):
    """Says which screen there is; none at first."""
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return monkeypatch.setenv


def test_no_screen_is_named(told):
    assert not has_display()


@pytest.mark.parametrize("display", [":987", ":987.0", "unix:987", "127.0.0.1:987", "[::9]:1:2"])
def test_nobody_answers_at_the_screen_that_is_named(told, display):
    told("DISPLAY", display)
    assert has_display() == display.startswith("[")  # only what is not understood is left to Qt


def test_somebody_answers(told, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1] - 6000
        if number < 0:
            pytest.skip("the free port is too low for a screen")
        told("DISPLAY", f"127.0.0.1:{number}.0")
        assert has_display()
    assert not has_display()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-0"))
        server.listen()
        told("WAYLAND_DISPLAY", "wayland-0")
        told("XDG_RUNTIME_DIR", str(tmp_path))
        assert has_display()


def test_a_platform_without_a_screen_was_asked_for(told):
    told("QT_QPA_PLATFORM", "offscreen")
    assert has_display()
