"""How Sphinx builds the documentation: `make docs`."""

project = "archdyn"
html_title = "archdyn"
extensions = ["myst_parser"]
exclude_patterns = ["audit"]  # pages of its own, which `make docs` puts beside these
myst_heading_anchors = 3
html_theme = "pydata_sphinx_theme"
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "footer_start": [],
    "footer_end": [],
    "show_toc_level": 2,
}
html_sidebars = {"index": []}
