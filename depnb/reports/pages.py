"""Pages that open without a network: an executed notebook, and the report of a reproduction."""

from pathlib import Path
from typing import Any

from depnb.reports.agreement import Agreement
from depnb.system.files import write_text


def write_html(notebook: Path) -> Path:
    """Render an executed notebook beside itself; the HTML file, which opens without a network."""
    from depnb.reports.notebook_pages import exporter  # nbconvert takes a second to import

    body, _ = exporter().from_filename(str(notebook))
    page = notebook.with_suffix(".html")
    write_text(page, body)
    return page


def write_report(folder: Path, state: dict[str, Any], agreement: Agreement) -> Path:
    """Write ``report.html``, which needs nothing but itself and the folder's notebooks and figures.

    Args:
        folder: the run folder.
        state: contents of ``run.json``.
        agreement: its numbers beside the committed ones.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("depnb.reports"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    figures = sorted(p.relative_to(folder).as_posix() for p in (folder / "figures").rglob("*.png"))
    tables = {p.stem: p.read_text(encoding="utf-8") for p in sorted((folder / "figures").glob("*.html"))}
    page = environment.get_template("report.html").render(
        state=state, agreement=agreement, figures=figures, tables=tables
    )
    path = folder / "report.html"
    write_text(path, page)
    return path
