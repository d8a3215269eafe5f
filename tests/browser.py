"""A real browser without a window: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 600_000.0  # milliseconds, against hanging only

Browse = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


def find_chromium() -> str:
    """Where Chromium is; a test that needs it is skipped without, but not in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("there is no chromium, which .ci/run installs")
    pytest.skip("opens pages in a browser, and there is no chromium")


@pytest.fixture(scope="module")  # as long as it lives, nothing else in the thread can run an event loop
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--disable-gpu"]) as browser,
    ):
        yield browser


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Browse]:
    """Gives empty pages of browsers that know nothing; takes what `new_context` does. No script may throw in them."""
    errors: list[Error] = []
    with ExitStack() as contexts:

        def start(**options: Any) -> Page:
            context = contexts.enter_context(chromium.new_context(**options))
            context.set_default_timeout(PATIENCE)
            context.on("weberror", lambda thrown: errors.append(thrown.error))
            return context.new_page()

        yield start
    assert not errors
