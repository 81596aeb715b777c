"""Sphinx's settings for the website; ``python -m book`` collects the sources and calls Sphinx."""

import depnb

project = "depnb"
author = copyright = "depnb contributors"
version = release = depnb.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx-mathjax-offline",
]
myst_enable_extensions = ["amsmath", "attrs_inline", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_mime_priority_overrides = [("html", "application/javascript", 5)]
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature shows them
autodoc_use_legacy_class_based = False
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "depnb"
html_static_path = ["static"]
html_css_files = ["book.css"]
napoleon_use_ivar = True
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
