"""Executed notebooks as pages that open without a network: no foreign scripts, formulas as pictures."""

import base64
import html
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TEMPLATE = Path(__file__).parent / "templates" / "notebook.html"
AS_MATHTEXT = (
    (r"\\[td]?frac\s*(\w)\s*(\w)", r"\\frac{\1}{\2}"),
    (r"\\[td]frac", r"\\frac"),
    (r"\\sqrt\s*(\d|\\[a-zA-Z]+)", r"\\sqrt{\1}"),
    (r"\\(mathbb|mathcal)\s+(\w)", r"\\\1{\2}"),
    (r"\\[bB]igg?[lr]?(?![a-zA-Z])", ""),
    (r"\\([lg])e(?![a-zA-Z])", r"\\\1eq"),
    (r"\\[lr]Vert", r"\\Vert"),
    (r"\\([lr])brace", r"\\\1brace "),
    (r"\\mid(?![a-zA-Z])", "|"),
)
"""What LaTeX knows and matplotlib's mathtext writes in another way."""


def exporter() -> HTMLExporter:
    """What makes such a page of a notebook."""
    return _Exporter(template_file=str(TEMPLATE))


class _Renderer(IPythonRenderer):
    def inline_math(self, body: str) -> str:
        return formula(body)

    def block_math(self, body: str) -> str:
        return f'<div style="text-align: center">{formula(body)}</div>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


class _Exporter(HTMLExporter):
    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


@cache
def formula(latex: str) -> str:
    """A formula as a picture within a page, its source as the text for who cannot see it; else its source."""
    from matplotlib.mathtext import math_to_image

    simple = " ".join(latex.split())
    for pattern, replacement in AS_MATHTEXT:
        simple = re.sub(pattern, replacement, simple)
    drawn = io.BytesIO()
    try:
        depth = math_to_image(f"${simple}$", drawn, format="svg")
    except ValueError:  # no formula that mathtext can draw
        return f"<code>{html.escape(latex)}</code>"
    picture = base64.b64encode(drawn.getvalue()).decode()
    style = f"display: inline; vertical-align: -{depth:.1f}pt"
    return f'<img alt="{html.escape(latex)}" style="{style}" src="data:image/svg+xml;base64,{picture}">'
