"""Every written file says on which corpora it was made and by which version, and is the same bytes each time."""

import re
import struct
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from depnb import __version__, course
from depnb.corpus.records import TASKS
from depnb.experiments.result import Predictions, Result
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.registry import method, papers
from depnb.reports import corpus_plots, figures, tables
from depnb.reports.result_plots import unseen_errors
from depnb.system import style
from tests.results_made import agreeing, result_of

pytestmark = pytest.mark.slow


def said_by(path) -> str:
    """The provenance as a reader of the file finds it."""
    if path.suffix == ".png":
        return _png_text(path.read_bytes(), b"Description")
    if path.suffix == ".pdf":
        return _pdf_string(path.read_bytes(), b"Subject")
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("% ").removeprefix("<!-- ").removesuffix(" -->")


def _png_text(content: bytes, key: bytes) -> str:
    """A text chunk of a PNG: Latin-1 (tEXt), or UTF-8 behind flags and two more names (iTXt)."""
    place = 8
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        name, _, value = content[place + 8 : place + 8 + length].partition(b"\0")
        if name == key and kind == b"tEXt":
            return value.decode("latin-1")
        if name == key and kind == b"iTXt":
            return value[2:].split(b"\0", 2)[2].decode("utf-8")
        place += 12 + length
    raise KeyError(key)


def _pdf_string(content: bytes, key: bytes) -> str:
    """A string of a PDF's document information, UTF-16 with its mark in front or Latin-1."""
    raw = re.search(rb"/" + key + rb" \(((?:[^\\)]|\\.)*)\)", content, re.S)[1]
    text = re.sub(rb"\\([()\\])", rb"\1", raw)
    return text.decode("utf-16" if text.startswith((b"\xfe\xff", b"\xff\xfe")) else "latin-1")


def made(run: Run) -> Result:
    """A result of eight people with two videos each."""
    rng = np.random.default_rng(0)
    bdi = rng.uniform(0, 45, 16)
    columns = {
        "score": bdi + rng.normal(0, 5, 16),
        "median": bdi,
        "constant": [15.0] * 16,
        "identity_only": [15.0] * 16,
    }
    predictions = Predictions(
        video=tuple(f"{203 + k // 2}_1_{TASKS[k % 2]}" for k in range(16)),
        subject=tuple(str(203 + k // 2) for k in range(16)),
        bdi=tuple(map(float, bdi)),
        **{name: tuple(map(float, values)) for name, values in columns.items()},
    )
    numbers = {name: 6.0 for name in ("rmse", "rmse_low", "rmse_high", "mae", "mae_low", "mae_high")}
    rivals = dict.fromkeys(("constant", "identity_only"), {"rmse": 11.0, "mae": 9.0})
    result = replace(
        result_of(run),
        metrics={"test": numbers, "unseen": numbers},
        baselines={"test": rivals, "unseen": rivals},
        noise_floor=3.0,
        predictions={"test": predictions, "unseen": predictions},
        curves=(({"step": 0, "train_loss": 70.0, "rmse": 11.0}, {"step": 5, "train_loss": 60.0, "rmse": 9.0}),),
    )
    return agreeing(result)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two rows on one corpus and one of them on another."""
    store = Store(tmp_path_factory.mktemp("results"), strict=True)
    for row, corpus in (("expectation", "both"), ("expectation", "null"), ("euclidean", "both")):
        store.save(made(Run("distribution", row, corpus)))
    return store


@pytest.fixture(scope="module")
def written(store, tmp_path_factory):
    """All files by name; what takes long to draw and shows no result is an empty picture here."""
    import matplotlib.pyplot as plt

    folder = tmp_path_factory.mktemp("figures")
    empty = {
        name: replace(entry, draw=lambda store: plt.figure()) if name.startswith("corpus") else entry
        for name, entry in figures.FIGURES.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "FIGURES", empty)
        figures.make_all(store, folder)
    return {path.name: path for path in folder.iterdir()}


def test_the_points_of_a_line_are_the_seeds_of_its_profile(tmp_path):
    store = Store(tmp_path)
    for profile, seeds in (("quick", 2), ("standard", 3)):
        for seed in range(seeds):
            store.save(made(Run("distribution", "expectation", profile=profile, seed=seed)))
    (axis,) = unseen_errors(store).axes
    assert [len(line.get_xdata()) for line in axis.lines if line.get_marker() == "o"] == [2, 3]


def test_every_figure_and_table_names_its_corpora_and_the_version(written):
    marked = [path for path in written.values() if path.suffix in {".png", ".pdf", ".tex", ".html"}]
    assert len(marked) > 10
    drawings = {f"{paper}_{name}": own for paper in papers() for name, own in method(paper).diagrams().items()}
    without_people = {name for name, drawing in drawings.items() if not drawing.clip}
    without_people |= {"leaderboard", "errata_scorecard"}
    assert "msn_fig2" in without_people
    for path in marked:
        said = said_by(path)
        drawn_on = "no corpus" if path.stem in without_people else "generated “"
        assert said.startswith(f"made on: {drawn_on}"), path.name
        assert said.endswith(f"; depnb {__version__}"), path.name


def test_the_corpora_are_those_that_the_file_shows(written):
    all_four = ", ".join(f"generated “{name}”" for name in corpus_plots.ORACLE)
    assert said_by(written["corpus_oracle.pdf"]) == style.provenance(all_four)
    assert "null" in said_by(written["results_unseen.png"])
    assert "null" in said_by(written["distribution_unseen.pdf"])
    assert said_by(written["distribution_curves.png"]) == style.provenance("generated “both”")
    assert "null" in said_by(written["distribution_measured_unseen.tex"])
    assert said_by(written["corpus_same_person.png"]) == style.provenance("generated “both”")
    assert said_by(written["distribution_learning_curves.pdf"]) == style.provenance("generated “both”")
    assert said_by(written["control_null.tex"]) == style.provenance("generated “null”")
    both_and_null = style.provenance("generated “both”", "generated “null”")
    assert said_by(written["claims.pdf"]) == said_by(written["distribution_forest.png"]) == both_and_null
    assert written["what_came_out.md"].read_text(encoding="utf-8").endswith(f"Data: results/; {both_and_null}.\n")
    assert said_by(written["distribution_table1.tex"]) == style.provenance("generated “both”")
    assert style.provenance() == f"made on: no corpus, printed numbers only; depnb {__version__}"


def test_the_index_says_it_for_each_entry(written):
    *entries, listed = written["index.md"].read_text(encoding="utf-8").split("\n## ")[1:]
    pictures = [path for path in written.values() if path.suffix == ".png"]
    assert len(entries) == len(pictures)
    for entry in entries:
        assert said_by(written[f"{entry.splitlines()[0]}.png"]) in entry
    latex = [path for path in written.values() if path.suffix == ".tex"]
    assert latex
    for path in latex:
        line = next(line for line in listed.splitlines() if line.startswith(f"| {path.stem} |"))
        assert said_by(path) in line
        assert {f"({path.stem}.csv)", f"({path.stem}.html)", f"({path.name})"} <= set(re.findall(r"\([^()]+\)", line))


def test_a_csv_says_the_corpus_and_holds_nothing_but_its_table(written):
    tables_written = [path for path in written.values() if path.suffix == ".csv" and path.stem != "leaderboard"]
    assert tables_written
    for path in tables_written:
        frame = pd.read_csv(path)
        assert frame.columns[0] in {"corpus", "claim", "method"}, path.name
        corpus = "null" if path.stem == "control_null" else "both"
        assert f"generated “{corpus}”" in path.read_text(encoding="utf-8"), path.name


def test_the_same_results_give_the_same_bytes(store, written, tmp_path):
    again = tables.make_all(store, tmp_path)
    assert again
    for path in again:
        assert path.read_bytes() == written[path.name].read_bytes(), path.name


def test_a_tables_corpora_are_those_of_its_results(store):
    null = [r for r in store.results() if r.run.corpus == "null"]
    assert tables.measured_table(null).attrs["corpora"] == ["generated “null”"]
    assert tables.beside_printed("distribution", "Table 1", []).attrs["corpora"] == []


def test_a_notebooks_figure_names_the_sessions_corpus_or_the_one_it_was_made_on(tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("depnb.course.session.ROOT", tmp_path)
    session = course.start(
        "10_method", profile="smoke", corpus="null", protocol="honest", store="runs/x", seed=0, device="cpu"
    )
    for name, made_on in (("own", None), ("other", "generated corpus “both”")):
        session.figure(plt.figure(), name, "A caption.", made_on)
    folder = tmp_path / "runs" / "x" / "figures"
    for suffix in (".png", ".pdf"):
        assert said_by(folder / f"own{suffix}") == style.provenance("generated corpus “null”")
        assert said_by(folder / f"other{suffix}") == style.provenance("generated corpus “both”")
        assert str(tmp_path) not in said_by(folder / f"own{suffix}")
