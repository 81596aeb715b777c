"""Lines of code are counted without comments, blank lines and docstrings."""

from tools.code_size import PACKAGE, code_lines, top_names

SOURCE = '''"""A module,

described."""

import os  # counts

# does not count
NAME = """a
text"""
"""What it is."""


def f(
    x,
):
    """Described."""
    return x
'''


def test_docstrings_comments_and_blank_lines_do_not_count():
    assert code_lines(SOURCE) == 7


def test_the_top_of_the_package_is_its_folders():
    assert {"corpus", "methods", "cli"} <= set(top_names())
    assert len(top_names()) == sum(path.is_dir() and path.name != "__pycache__" for path in PACKAGE.iterdir())
