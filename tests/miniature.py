"""A notebook as small as the contract allows, to be broken in one way at a time."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

OPENING = """# A method

**Paper:** A. Author. A method. Conference, 2019.

You will be able to

* say what it does

**Needs:** nothing. **Time:** quick 30 s on 2 cores, paper 2 h on a GPU."""

PARAMETERS = """profile = "quick"  # smoke, quick, standard or paper
corpus = "both"  # name or folder
protocol = "honest"  # honest or paper
store = "committed"  # committed or a folder
seed = 0  # of the runs in an own store
device = "auto"  # auto, cpu, cuda"""

METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}

SET_UP = """from depnb import course

session = course.start(
    "{name}", profile=profile, corpus=corpus, protocol=protocol, store=store, seed=seed, device=device
)"""

PLAIN_SET_UP = """class session:
    @staticmethod
    def end():
        print("depnb: finished {name}")"""


def miniature(name: str = "10_method", executed: bool = True) -> NotebookNode:
    """A paper notebook without a fault."""
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(SET_UP.format(name=name)),
        new_code_cell("print(1 + 1)", outputs=[_stdout("2\n")]),
        new_code_cell("print('trained live')", metadata={"tags": ["nbval-skip"]}, outputs=[_stdout("trained live\n")]),
        new_markdown_cell("## Where we differ\n\n| the paper says | we do | why | effect |\n|---|---|---|---|"),
        new_markdown_cell("## Exercises"),
        *(new_code_cell(f"course.check('e{k}', None)", outputs=[_stdout(f"✘ e{k}\n")]) for k in range(3)),
        new_code_cell("session.end()", outputs=[_stdout(f"depnb: finished {name}\n")]),
    ]
    notebook = new_notebook(cells=cells, metadata=deepcopy(METADATA))
    if executed:
        for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
            cell.execution_count = count
    return notebook


def runnable(folder: Path, name: str, *sources: str, end: bool = True) -> Path:
    """Write a notebook that needs no corpus: parameters, ``sources`` as cells, end."""
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(PLAIN_SET_UP.format(name=name)),
        *map(new_code_cell, sources),
    ]
    if end:
        cells.append(new_code_cell("session.end()"))
    notebook = new_notebook(cells=cells, metadata=deepcopy(METADATA))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def _stdout(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)
