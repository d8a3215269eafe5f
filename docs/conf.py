"""How Sphinx builds this documentation: pip install '.[docs]' && sphinx-build -W docs site."""

from copyart.version import __version__

project = "copyart"
author = "The copyart authors"
project_copyright = "The copyart authors, MIT licence"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["styles/card.md"]  # a template

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
