"""A real browser without a window: Chromium, spoken to through a pipe in its DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60.0  # seconds, where the machine is busy
FLAGS = (
    *("--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage"),
    "--no-sandbox",  # which root cannot have; the only pages are our own
)
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Backspace": 8, "Enter": 13}


def find_chromium() -> str:
    """Where Chromium is; a test that needs it is skipped without, but not in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("there is no chromium; .ci/run installs it")
    pytest.skip("needs chromium")


class Browser:
    """One page of a browser.

    Attributes:
        downloads: The folder in which it saves.
        errors: What scripts threw and nothing caught.
    """

    def __init__(self, write: int, read: int, downloads: Path) -> None:
        self._write, self._read, self._rest, self._number = write, read, b"", 0
        self.downloads, self._session = downloads, ""
        self.errors: list[Any] = []
        self.do("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.do("Page.enable")
        self.do("Runtime.enable")

    def do(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the protocol, and what it answers."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = os.read(self._read, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        if found.get("method") == "Runtime.exceptionThrown":
            self.errors.append(found["params"])
        return found

    def open(self, page: Path, before: str = "") -> None:
        """Opens a file, once `before` has run in it."""
        if before:
            self.do("Page.addScriptToEvaluateOnNewDocument", source=before)
        self.do("Page.navigate", url=page.as_uri())
        self.wait(f"document.readyState == 'complete' && location.href == {json.dumps(page.as_uri())}")

    def reload(self) -> None:
        self.run("window.old = true")
        self.do("Page.reload")
        self.wait("!window.old && document.readyState == 'complete'")

    def run(self, script: str) -> Any:
        """What an expression of JavaScript gives."""
        answer = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until an expression of JavaScript holds."""
        end = time.monotonic() + PATIENCE
        while not self.run(condition):
            assert time.monotonic() < end, condition
            time.sleep(0.02)

    def type(self, text: str) -> None:
        self.do("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Presses a key and lets it go."""
        code = KEYS.get(key) or ord(key.upper())
        text = {"text": "\r" if key == "Enter" else key} if key == "Enter" or len(key) == 1 else {}
        self.do("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.do("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def click(self, element: str) -> None:
        """Clicks in the middle of what a CSS selector finds, where a mouse would."""
        self.run(f"document.querySelector({element!r}).scrollIntoView({{block: 'nearest'}})")
        box = self.box(element)
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "button": "left", "clickCount": 1}
        self.do("Input.dispatchMouseEvent", type="mousePressed", **at)
        self.do("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def tap(self, element: str) -> None:
        """Touches the middle of what a CSS selector finds with a finger."""
        box = self.box(element)
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self.do("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
        self.do("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def box(self, element: str) -> dict[str, float]:
        """Where something is on the screen: x, y, width and height."""
        found: dict[str, float] = self.run(f"document.querySelector({element!r}).getBoundingClientRect().toJSON()")
        return found

    def be_phone(self, width: int, height: int) -> None:
        """From now on a phone with so large a screen."""
        self.resize(width, height, phone=True)
        self.do("Emulation.setTouchEmulationEnabled", enabled=True)

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1}
        self.do("Emulation.setDeviceMetricsOverride", mobile=phone, **size)

    def downloaded(self, pattern: str) -> Path:
        """The file that a download becomes."""
        end = time.monotonic() + PATIENCE
        while not (found := list(self.downloads.glob(pattern))):
            assert time.monotonic() < end, f"nothing was saved as {pattern}"
            time.sleep(0.02)
        return found[0]

    def look(self, path: Path, *, whole: bool = False) -> None:
        """Takes a picture of the page, for those who work on it."""
        shot = self.do("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def browse(folder: Path) -> Iterator[Browser]:
    """Starts a browser that knows nothing and keeps what it must in `folder`."""
    chromium = find_chromium()
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    to_3_and_4 = [
        "bash",
        "-c",
        f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}',
        "bash",
    ]  # where the protocol wants its pipes
    (folder / "downloads").mkdir()
    process = subprocess.Popen(
        [*to_3_and_4, chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}"],
        pass_fds=(theirs_in, theirs_out),
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        browser = Browser(ours_out, ours_in, folder / "downloads")
        yield browser
        assert not browser.errors
    finally:
        process.terminate()
        process.wait(PATIENCE)
        os.close(ours_out)
        os.close(ours_in)
