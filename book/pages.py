"""Pages that are made from results and code: the front page's table of contents, papers, leaderboard, public names."""

import csv
import inspect
from importlib import import_module
from pathlib import Path

from book import leaderboard
from depnb.experiments.store import Store
from depnb.methods.contract import Paper
from depnb.methods.registry import RIVALS, method, papers
from depnb.reports import in_short, outcomes
from depnb.reports.shown import profiles, results_of
from depnb.system.repository import COMMITTED

PUBLIC = {
    "depnb.corpus": ("PARTITIONS", "Corpus", "Recording", "open_corpus"),
    "depnb.faces": ("detect_frames", "landmarks68", "similarity", "warp", "landmarks_24", "prepare", "load"),
    "depnb.evaluation": (
        *("mae", "rmse", "pcc", "ccc", "video_scores", "band_bias", "error_interval", "compare", "Comparison", "holm"),
        *(
            "reported_interval",
            "subject_bootstrap",
            "paired_subject_bootstrap",
            "paired_permutation_test",
            "subject_folds",
        ),
    ),
    "depnb.reports.judge": ("judge", "Judgement", "text", "frame", "write"),
    "depnb.nets": ("C3D", "I3D", "ResNetBody", "ResNetV1Body", "SqueezeExcitation", "Regression"),
    "depnb.methods.distribution": ("expected_score", "expectation_loss"),
    "depnb.methods.temporal_pooling": ("encode",),
    "depnb.methods.msn": ("MSN",),
    "depnb.methods.depnet": ("DepNet", "FeatureAggregation"),
    "depnb.methods.dlga": ("DLGACNN", "WeightedPyramidPooling"),
    "depnb.course": ("start", "Session", "check", "hint", "quiz", "box", "table", "verdict"),
}
"""Names that a notebook or other people's code relies on, by where they are imported from."""
REPORTS = ("docs/results", "docs/decisions", "docs/errata", "CHANGELOG")

OTHERS = ("networks/README", "CONTRIBUTING", "THIRD_PARTY")


def write(to: Path) -> None:
    """Write all of them into the collected sources ``to``."""
    store = Store(COMMITTED, strict=True)
    (to / "papers").mkdir()
    (to / "reference").mkdir()
    for name in papers():
        (to / "papers" / f"{name}.md").write_text(_paper(method(name), store, to), encoding="utf-8")
    for package, names in PUBLIC.items():
        (to / "reference" / f"{package}.md").write_text(_reference(package, names), encoding="utf-8")
    (to / "leaderboard.md").write_text(leaderboard.page(), encoding="utf-8")
    readme = to / "README.md"
    text = readme.read_text(encoding="utf-8")
    (to / "index.md").write_text(text + "\n" + _contents(to), encoding="utf-8")
    readme.unlink()


def _contents(to: Path) -> str:
    """The table of contents, which the theme shows beside every page."""
    guides = sorted(f"docs/{path.stem}" for path in (to / "docs").glob("*.md"))
    parts = {
        "Course": [f"notebooks/{path.stem}" for path in sorted((to / "notebooks").glob("*.ipynb"))],
        "Papers": [f"papers/{name}" for name in papers()],
        "Results": ["figures/what_came_out", "leaderboard", "figures/index", *REPORTS],
        "Guides": [*(guide for guide in guides if guide not in REPORTS), *OTHERS],
        "Reference": [f"reference/{package}" for package in PUBLIC],
    }
    return "\n".join(
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])
        for caption, pages in parts.items()
    )


def _paper(paper: Paper, store: Store, to: Path) -> str:
    """Citation, notebooks, what came out, claims, results, figures and code of a paper."""
    results = results_of(store, paper.name)
    title = paper.title
    lessons = [path for path in sorted((to / "notebooks").glob("*.ipynb")) if path.stem[0] == paper.notebook[0]]
    numbers = to / "figures" / f"{paper.name}_measured_unseen.csv"
    parts = [
        f"# {title}",
        f"{paper.citation}",
        "Notebooks: " + ", ".join(f"[{path.stem}](../notebooks/{path.name})" for path in lessons),
        f"Made on generated people, {profiles(results)}. It says nothing about real depression.",
        "## What came out",
        _listed(in_short.sentences(paper.name, results, results_of(store, RIVALS))),
        f"![Claims of {title}, with intervals](../figures/{paper.name}_forest.png)",
        "## The claims in words",
        _listed(outcomes.sentences(paper.name, results)),
        "## Results on unseen people",
        _table(numbers),
        "## Figures",
        *(f"![{name}](../figures/{paper.name}_{name}.png)\n\n{shown.caption}" for name, shown in paper.figures.items()),
        "## Code",
        f"Network, switches, rows and drawings: `depnb/methods/{paper.name}/`. Public names: "
        f"[depnb.methods.{paper.name}](../reference/depnb.methods.{paper.name}.md). Where every setting comes from: "
        f"`depnb protocols {paper.name}`. What the paper contradicts or leaves open: [errata](../docs/errata.md).",
    ]
    return "\n\n".join(parts) + "\n"


def _listed(sentences: list[str]) -> str:
    return "\n".join(f"* {sentence}" for sentence in sentences)


def _table(path: Path) -> str:
    """A CSV file as a table in Markdown."""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _reference(package: str, names: tuple[str, ...]) -> str:
    """Public names of a package with their docstrings."""
    module = import_module(package)
    parts = [f"# {package}", (module.__doc__ or "").strip()]
    for name in names:
        value = getattr(module, name)
        kind = "class" if inspect.isclass(value) else "function" if callable(value) else "data"
        members = "\n   :members:" if kind == "class" else ""
        parts.append(f"```{{eval-rst}}\n.. auto{kind}:: {package}.{name}{members}\n```")
    return "\n\n".join(parts) + "\n"
