"""How Sphinx builds this documentation: pip install '.[docs]' && sphinx-build -W docs site."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from copyart.config.options import declared
from copyart.version import __version__

project = "copyart"
author = "The copyart authors"
project_copyright = "The copyart authors, MIT licence"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["styles/card.md", "enlargers/card.md"]  # a template

myst_heading_anchors = 3
smartquotes = False  # they make one dash of the two of a flag
default_role = "code"
highlight_language = "none"  # a block without a language is what a program prints

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_google_docstring = True

html_theme = "furo"
html_title = f"copyart {release}"
html_favicon = "../copyart/serving/web/static/icon.svg"


def list_options(_app: object, what: str, _name: str, documented: Any, _options: object, lines: list[str]) -> None:  # noqa: ANN401  # anything that has documentation
    """Adds its options to the documentation of a configuration: the help with which each is declared."""
    if what == "class" and hasattr(documented, "__dataclass_fields__") and declared(documented):
        lines += ["", "Attributes:"]
        for each in declared(documented):
            unset = f" By default {each.option.unset}." if each.option.unset else ""
            lines.append(f"    {each.name}: {each.help}{unset}")


def write_commands(app: Any) -> None:  # noqa: ANN401  # Sphinx's own
    """Writes the page of all commands, out of what each says of itself."""
    command = [sys.executable, "-m", "typer", "copyart.cli", "utils", "docs", "--name", "copyart"]
    page = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    Path(app.srcdir, "cli.md").write_text(page, encoding="utf-8")


def setup(app: Any) -> None:  # noqa: ANN401  # Sphinx's own
    """Is called by Sphinx."""
    app.connect("builder-inited", write_commands)
    app.connect("autodoc-process-docstring", list_options, priority=400)  # before napoleon reads sections
