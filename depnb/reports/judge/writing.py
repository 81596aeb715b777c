"""A judgement as files."""

from pathlib import Path

from depnb.reports.judge.judgement import Judgement
from depnb.reports.judge.page import text
from depnb.system import style
from depnb.system.files import write_json, write_text
from depnb.system.repository import demand_ignored

NAME = "judgement"


def write(made: Judgement, folder: Path | str) -> list[Path]:
    """Write the report (Markdown), all numbers (JSON) and the figure (PDF, PNG); gives the files.

    There is no figure where no error of anybody may be told.

    Raises:
        ValueError: the people are real, and git would take the files.
        StorageError: the folder cannot be written.
    """
    import matplotlib.pyplot as plt

    from depnb.reports.judge.figure import draw  # loads matplotlib, which a report alone has no need of

    folder = Path(folder)
    if made.licensed:
        demand_ignored(folder, made.corpus)
    write_text(folder / f"{NAME}.md", text(made))
    write_json(folder / f"{NAME}.json", made.to_json())
    written = [folder / f"{NAME}.md", folder / f"{NAME}.json"]
    style.apply()
    figure = draw(made)
    if figure is not None:
        written += style.save(figure, folder, NAME, style.provenance(made.corpus))
        plt.close(figure)
    return written
