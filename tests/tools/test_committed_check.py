"""What shows real people, or was made from them, is refused; what the project writes passes."""

import base64
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from depnb.corpus.synthetic import named_recipe, open_generated
from depnb.experiments import networks
from depnb.experiments.facts import sha256
from depnb.experiments.networks import Card
from depnb.experiments.run import Run
from depnb.faces import Report, VideoReport
from depnb.faces.samples import astronaut
from depnb.system import style
from depnb.system.repository import COMMITTED, ROOT
from tools.check_committed import CORPORA, PROVENANCE, check, main, png_text, tracked

GENERATED = "generated corpus “both”"
PLOT = np.full((120, 160, 3), 200, np.uint8)


def encoded(rgb=None, suffix=".png") -> bytes:
    """A picture without a word on its origin; by default a real face."""
    rgb = astronaut() if rgb is None else rgb
    return cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def saved(folder, *corpora, rgb=None):
    """PDF and PNG as ``style.save`` writes them, in a folder of figures."""
    import matplotlib.pyplot as plt

    folder = folder / "figures"

    figure, axis = plt.subplots(figsize=(2, 2))
    axis.imshow(astronaut() if rgb is None else rgb)
    return style.save(figure, folder, "figure", style.provenance(*corpora))


def written(folder, name, content):
    """A file; a notebook and a Markdown page without a folder of their own get the one where they are allowed."""
    path = folder / {".ipynb": "notebooks", ".md": "docs"}.get(Path(name).suffix, "") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def notebook(*outputs, source="", title=None, begun=None, attachments=None) -> str:
    """A notebook with these outputs; ``title`` stands in its end, ``begun`` in its beginning."""
    said = lambda text: {"output_type": "stream", "name": "stdout", "text": [text]}  # noqa: E731
    cells = [
        {"cell_type": "code", "source": [source], "outputs": list(outputs)},
        {"cell_type": "markdown", "source": "text", "attachments": attachments or {}},
    ]
    if begun:
        line = f"{begun}, profile quick, protocol honest, results: committed\n"
        cells.insert(0, {"cell_type": "code", "source": "", "outputs": [said(line)]})
    if title:
        line = f"made on: {title}, profile quick, results committed\ndepnb: finished 10_method\n"
        cells.append({"cell_type": "code", "source": "session.end()", "outputs": [said(line)]})
    return json.dumps({"cells": cells, "nbformat": 4})


def display(content: bytes, mime="image/png") -> dict:
    return {"output_type": "display_data", "data": {mime: base64.b64encode(content).decode()}}


TITLES = [
    *(GENERATED, "generated “null”", "generated “null” in 5 permutations"),
    "generated “both (label_noise 2, seed 3)”",
]


@given(corpora=st.lists(st.sampled_from(TITLES)))
def test_what_was_made_on_generated_corpora_passes(corpora):
    assert CORPORA.fullmatch(PROVENANCE.match(style.provenance(*corpora))[1])


@given(
    corpora=st.lists(st.just(GENERATED), max_size=2),
    licensed=st.text(st.characters(exclude_characters="\n“”;", codec="utf-8"), min_size=1).filter(
        lambda text: bool(text.strip(" "))
    ),
)
def test_one_corpus_that_is_not_generated_is_enough(corpora, licensed):
    assert not CORPORA.fullmatch(PROVENANCE.match(style.provenance(*corpora, licensed))[1])


def test_a_generated_corpus_is_called_so(tmp_path):
    recipe = named_recipe("both-tiny").varied(seed=3, appearance=0.5)
    assert CORPORA.fullmatch(open_generated(recipe, tmp_path).title)


@pytest.mark.slow
def test_a_saved_figure_passes_with_a_face_in_it_if_it_says_so(tmp_path):
    for corpora in ((), (GENERATED,), (GENERATED, "generated “null”")):
        for path in saved(tmp_path, *corpora):
            assert check(path) == []


@pytest.mark.parametrize("rgb", [None, PLOT], ids=["face", "plot"])
def test_a_saved_figure_of_a_licensed_corpus_is_refused(tmp_path, rgb):
    for path in saved(tmp_path, GENERATED, "AVEC2014", rgb=rgb):
        assert "AVEC2014" in check(path)[0]
        assert "results export" in check(path)[0]


NOBODY_LOOKS = (
    "face.png", "face", "a.jfif", "a.jpe", "a.jpg", "a.ico", "a.bmp", "a.webp", "a.tiff", "a.svg", "a.gif", "a.heic",
    "a.docx", "a.pptx", "a.odt", "a.pdf", "a.xlsx", "a.numbers", "a.sqlite3", "a.db", "a.parquet", "a.rds", "a.sav",
    "a.mp4", "a.AVI", "a.mts", "a.ts", "a.mxf", "a.mov", "a.wav", "a.opus", "a.aiff", "a.mp3", "a.npz", "a.npy",
    "203.crops", "a.pt", "a.safetensors", "a.pkl", "a.zip", "a.tar.gz", "a.7z", "a.log", "a.txt", "a.csv", "a.tsv",
    "manifest.csv~", "manifest.csv.bak", ".manifest.csv.swp", "a.json", "a.jsonl", "a.yaml", "a.yml", "a.xml",
    "203_1_Depression (1).csv", "a.html", "a.rst", "a.ini", "README", "labels.md", "a.ipynb", "docs/a.csv",
    "docs/a.png", "notebooks/a.png", "notebooks/a.csv", "results/a.csv", "results/a.json", "docs/a.ipynb",
    "depnb/methods/printed/labels.csv", "tests/a.json", "tests/inputs/a.mp4", "figures/a.jpg", "figures/a.svg", "a.sh",
)  # fmt: skip


@pytest.mark.parametrize("name", NOBODY_LOOKS)
def test_what_is_not_on_the_list_is_refused(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for content in (b"", encoded(), b"203_1;12\n", b"x = 1\n"):
        path.write_bytes(content)
        assert "out of git" in check(path)[0]


@pytest.mark.parametrize("rgb", [astronaut(), astronaut()[::-1], PLOT], ids=["face", "upside down", "plot"])
def test_a_picture_must_say_whom_it_shows(tmp_path, rgb):
    assert "does not say whom" in check(written(tmp_path, "figures/a.png", encoded(rgb)))[0]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", encoded()[:300]])
def test_a_picture_that_cannot_be_read_is_refused(tmp_path, content):
    assert check(written(tmp_path, "figures/x.png", content))


def test_a_pdf_must_say_its_corpora(tmp_path):
    assert "nobody looks into it" in check(written(tmp_path, "figures/x.pdf", b"%PDF-1.4\n%%EOF"))[0]


LABELS = ("203_1 12", "204_1 7", "205_2 31")


@pytest.mark.parametrize(
    "lines",
    [
        LABELS,
        [f"| {line.replace(' ', ' | ')} |" for line in LABELS],
        [f"* `{line.replace(' ', '`: **')}**" for line in LABELS],
        [f"- {line.replace(' ', ' = ')}" for line in LABELS],
        [f"P{line.replace(' ', chr(9))}.0" for line in LABELS],
        ["id,bdi", "anna,12", "ben,7"],
        ["| Names | task | BDI-II |", "|---|---|---|", "| anna | Freeform | 12 |", "| ben | Northwind | 7 |"],
        ["<pre>203_1;12</pre>", "<pre>204_1;7</pre>", "<pre>205_1;8</pre>"],
        ["203_1_Freeform_video.mp4, train, 12", "204_1_Freeform_video.mp4, test, 7", "205_1_a.mp4, test, 63"],
    ],
    ids=range(9),
)
def test_labels_in_a_text_are_refused(tmp_path, lines):
    assert check(written(tmp_path, "docs/a.md", "Some words.\n\n" + "\n".join(lines) + "\n"))
    assert check(written(tmp_path, "figures/a.tex", "\n".join(lines)))


def test_a_text_must_be_text(tmp_path):
    for name in ("docs/a.md", "a.py", "requirements.txt"):
        assert "no text" in check(written(tmp_path, name, encoded()))[0]
    hidden = f'FACE = "{base64.b64encode(encoded()).decode()}"'
    assert "a line of more than" in check(written(tmp_path, "a.py", hidden))[0]
    assert check(written(tmp_path, "a.py", "x = 1\n")) == []


def test_what_nobody_looks_into_is_refused(tmp_path):
    hidden = base64.b64encode(encoded()).decode()
    page = f'<a href="data:application/octet-stream;base64,{hidden}">'
    assert "nobody looks into" in check(written(tmp_path, "a.md", page))[0]
    for page in ("data:text/csv,203_1;12", f"DATA:video/mp4;charset='utf-8';base64,{hidden}"):
        assert "nobody looks into" in check(written(tmp_path, "a.md", page))[0]
    for mime in ("application/json", "application/pdf", "application/vnd.vegalite.v5+json", "application/javascript"):
        data = {"output_type": "display_data", "data": {mime: {"203_1": 12}}}
        assert "nobody looks into" in check(written(tmp_path, "a.ipynb", notebook(data)))[0]
    content = json.loads(notebook()) | {"metadata": {"widgets": {"state": {"buffers": [hidden]}}}}
    assert "state of widgets" in check(written(tmp_path, "a.ipynb", json.dumps(content)))[0]


def test_a_report_of_faces_is_refused(tmp_path):
    table = Report([VideoReport("203_1", "ok")]).table().to_csv(index=False)
    assert "single people" in check(written(tmp_path, "figures/faces.csv", table))[0]
    assert "single people" in check(written(tmp_path, "figures/a.csv", "corpus,ID\ngenerated “both”,203_1\n"))[0]


@pytest.mark.parametrize("suffix", [".md", ".tex"])
def test_a_page_is_as_good_as_its_pictures_and_as_what_it_says(tmp_path, suffix):
    url = "data:image/png;base64," + base64.b64encode(encoded()).decode()
    place = "figures" if suffix == ".tex" else "docs"
    assert "does not say whom" in check(written(tmp_path, f"{place}/a{suffix}", f'<img src="{url}">'))[0]
    assert check(written(tmp_path, f"{place}/b{suffix}", style.provenance(GENERATED))) == []
    assert "AVEC2013" in check(written(tmp_path, f"{place}/c{suffix}", f"x {style.provenance('AVEC2013')}"))[0]
    end = f"<pre>made on: {GENERATED}, profile quick, results committed</pre>"
    assert "does not say whom" in check(written(tmp_path, f"{place}/d{suffix}", f'<img src="{url}">{end}'))[0]
    assert "AVEC2014" in check(written(tmp_path, f"{place}/e{suffix}", end.replace(GENERATED, "AVEC2014")))[0]


def inline(rgb) -> bytes:
    """As ``session.figure`` puts a picture into a notebook."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(2, 2))
    axis.imshow(rgb)
    return style.inline_png(figure)


def test_a_notebooks_pictures_are_of_the_corpus_of_its_end(tmp_path):
    face = display(inline(astronaut()))
    assert check(written(tmp_path, "good.ipynb", notebook(face, title=GENERATED))) == []
    assert "does not say whom" in check(written(tmp_path, "unfinished.ipynb", notebook(face)))[0]
    for content in (encoded(), encoded(astronaut()[::-1]), encoded(suffix=".jpg"), b"no picture"):
        pasted = notebook(display(content), title=GENERATED)
        assert "has not drawn with session.figure" in check(written(tmp_path, "pasted.ipynb", pasted))[0]


@pytest.mark.parametrize("where", ["title", "begun"])
def test_a_notebook_on_a_licensed_corpus_is_refused_even_without_pictures(tmp_path, where):
    assert "AVEC2014" in check(written(tmp_path, "a.ipynb", notebook(**{where: "AVEC2014"})))[0]
    both = notebook(begun="AVEC2014", title=GENERATED)
    assert "AVEC2014" in check(written(tmp_path, "b.ipynb", both))[0]


def test_what_is_pasted_into_a_notebook_must_speak_for_itself(tmp_path):
    content = base64.b64encode(encoded()).decode()
    pasted = notebook(title=GENERATED, attachments={"a.png": {"image/png": content}})
    assert "does not say whom" in check(written(tmp_path, "a.ipynb", pasted))[0]
    linked = notebook(title=GENERATED, source=f"<img src='data:image/png;base64,{content}'>")
    assert "does not say whom" in check(written(tmp_path, "b.ipynb", linked))[0]
    own = saved(tmp_path, GENERATED)[1].read_bytes()
    pasted = notebook(title=GENERATED, attachments={"a.png": {"image/png": base64.b64encode(own).decode()}})
    assert check(written(tmp_path, "c.ipynb", pasted)) == []


def test_a_picture_in_a_notebook_that_says_a_licensed_corpus_is_refused(tmp_path):
    own = saved(tmp_path, "AVEC2014")[1].read_bytes()
    assert "AVEC2014" in check(written(tmp_path, "a.ipynb", notebook(display(own), title=GENERATED)))[0]


def test_a_video_in_a_notebook_is_refused(tmp_path):
    film = b"any film"
    assert "video" in check(written(tmp_path, "a.ipynb", notebook(display(film, "video/mp4"), title=GENERATED)))[0]
    page = {"output_type": "display_data", "data": {"text/html": f"data:video/mp4;base64,{'A' * 40}"}}
    assert "video" in check(written(tmp_path, "b.ipynb", notebook(page, title=GENERATED)))[0]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"cells": [1]}', '{"cells": [{"outputs": [[]]}]}'])
def test_a_notebook_that_cannot_be_read_is_refused(tmp_path, content):
    assert "could be read" in check(written(tmp_path, "a.ipynb", content))[0]


def test_results_name_generated_corpora(tmp_path):
    text = next(COMMITTED.glob("distribution/*.json")).read_text(encoding="utf-8")
    assert check(written(tmp_path, "results/distribution/a.json", text)) == []
    licensed = json.loads(text) | {"predictions": {}}
    licensed.pop("sha256", None)
    licensed["facts"]["corpus"] = {"sha256": "0" * 64}
    licensed["digest"] = sha256(licensed["facts"])
    assert "licensed corpus" in check(written(tmp_path, "results/distribution/b.json", json.dumps(licensed)))[0]
    assert "out of git" in check(written(tmp_path, "elsewhere/b.json", json.dumps(licensed)))[0]
    for content in (text[:100], '{"203_1": 12}', json.dumps({"video": "a", "score": 1, "parts": []})):
        assert "no whole result" in check(written(tmp_path, "results/distribution/c.json", content))[0]
    rows = json.dumps({"rows": [{"corpus": "a licensed corpus"}]})
    assert "a licensed corpus" in check(written(tmp_path, "results/faces.json", rows))[0]


@pytest.mark.parametrize(
    ("table", "refusal"),
    [
        ("corpus,RMSE\ngenerated “both”,9\n", None),
        ("row,corpus\na,generated “both”\na,AVEC2014\n", "AVEC2014"),
        ("corpus,RMSE\ngenerated “both”,9,203_1\n", "single people"),
        ("claim,judged on\na,“b”\n", "no generated corpus"),
        ('claim,judged on\na,"generated “both”, unseen people"\n', None),
        ('method,AVEC2013 RMSE (printed),"RMSE, generated “both”, test set"\na,9,9\n', None),
        ('method,AVEC2013 RMSE (printed),"RMSE, AVEC2014, test set"\na,9,9\n', "avec2014"),
        ("203_1,12\n204_1,7\n", "does not say what"),
        ("", "does not say what"),
    ],
)
def test_a_table_of_figures_names_generated_corpora_and_nobody(tmp_path, table, refusal):
    found = check(written(tmp_path, "figures/a.csv", table))
    assert (found == []) if refusal is None else (refusal in found[0])


MEASURED = {
    "provenance": {"what": "Eight inputs, memorised.", "corpus": "both-full", "commit": "abc", "seed": 5},
    "networks": {"MSN-69": {"steps": 2000, "curve": [[50, 12.5], [100, 3.0]], "reached": True, "rate": None}},
}


def benchmark(tmp_path, **changes):
    return check(written(tmp_path, "benchmarks/a.json", json.dumps(MEASURED | changes)))


def test_numbers_of_a_benchmark_name_a_generated_corpus_and_nobody(tmp_path):
    assert benchmark(tmp_path) == []
    assert benchmark(tmp_path, provenance={"what": "Drawn features.", "corpus": "none"}) == []
    assert benchmark(tmp_path, curve={"0": 1.0, "100": 1.0, "200": 1.0, "300": 0.9871, "400": 0.0}) == []
    assert benchmark(tmp_path, seconds=[1.5, 2], gpu={"model": "H200", "memory_mb": 143771}) == []
    assert "out of git" in check(written(tmp_path, "elsewhere/a.json", json.dumps(MEASURED)))[0]


@pytest.mark.parametrize("corpus", ["AVEC2014", "/data/both", "generated corpus “both”", "both-huge", ""])
def test_numbers_of_a_benchmark_on_another_corpus_are_refused(tmp_path, corpus):
    assert "no generated corpus" in benchmark(tmp_path, provenance={"what": "x", "corpus": corpus})[0]
    assert "no generated corpus" in benchmark(tmp_path, more=[{"corpus": corpus}])[0]


@pytest.mark.parametrize(
    "provenance", [None, "made on: generated corpus “both”", {"what": "x"}, {"corpus": "both"}, []]
)
def test_a_benchmark_without_provenance_is_refused(tmp_path, provenance):
    assert "no numbers of a benchmark" in benchmark(tmp_path, provenance=provenance)[0]


@pytest.mark.parametrize("content", ["", "[1, 2]", "203_1;12", "[" * 100_000, '{"203_1": 12}'])
def test_a_benchmark_that_cannot_be_read_is_refused(tmp_path, content):
    assert "no numbers of a benchmark" in check(written(tmp_path, "benchmarks/a.json", content))[0]


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "anna"},
        {"Scores": [12, 7]},
        {"labels": {"a": 1}},
        {"rows": [{"video": "a.mp4", "error": 2.5}]},
        {"rows": [{"error": 2.5, "who": "203_1_Freeform"}]},
        {"errors": {"203_1": 2.5}},
        {"errors": {"P1": 12, "P2": 7, "P3": 63}},
        {"errors": {"203": 12.0, "204": 7.0, "205": 0.0, "206": 31.0}},
        {"note": "x" * 301},
        {"pixels": list(range(1001))},
        {"people": ["anna", "ben"]},
    ],
)
def test_what_a_benchmark_says_of_people_is_refused(tmp_path, more):
    assert len(benchmark(tmp_path, more=more)) == 1
    assert len(benchmark(tmp_path, **more)) == 1


def test_a_link_is_refused_and_not_followed(tmp_path):
    (tmp_path / "link.py").symlink_to(written(tmp_path, "a.py", "x = 1\n"))
    assert "a link" in check(tmp_path / "link.py")[0]


def test_a_bad_file_does_not_stop_the_others(tmp_path, capsys):
    if os.geteuid() == 0:
        unreadable = tmp_path / "figures" / "gone.png"  # root may read everything
    else:
        unreadable = written(tmp_path, "figures/locked.png", encoded())
        unreadable.chmod(0)
    paths = [unreadable, written(tmp_path, "a.mp4", b"x"), written(tmp_path, "b.py", "x = 1")]
    assert main([str(path) for path in paths]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "cannot be read" in printed[0]
    assert "a.mp4: no kind of file" in printed[1]
    assert printed[2] == "3 files, 2 problems"
    assert main([str(paths[2])]) == 0


def test_all_that_git_tracks_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main([]) == 2
    assert "not a git repository" in capsys.readouterr().out
    subprocess.run(["git", "init", "-q"], check=True, cwd=tmp_path)
    assert main([]) == 2
    assert "git tracks no file here" in capsys.readouterr().out
    written(tmp_path, "a folder/ä.mp4", b"x")
    written(tmp_path, "runs/b.mp4", b"x")
    subprocess.run(["git", "add", "a folder"], check=True, cwd=tmp_path)
    assert [path.as_posix() for path in tracked()] == ["a folder/ä.mp4"]
    assert main([]) == 1
    (tmp_path / "a folder" / "ä.mp4").unlink()
    assert tracked() == []


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("#!/bin/sh\necho fatal: detected dubious ownership in repository >&2; exit 128\n", "dubious ownership"),
        ("#!/bin/sh\nexit 3\n", "status 3"),
        (None, "git is not installed"),
    ],
)
def test_where_git_does_not_list_the_files_nothing_passes(tmp_path, monkeypatch, capsys, program, said):
    if program:
        (tmp_path / "git").write_text(program)
        (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 2
    assert said in capsys.readouterr().out


def test_the_leaderboard_holds_nothing_but_what_its_data_file_gives(tmp_path):
    text = (ROOT / "figures" / "leaderboard.csv").read_text(encoding="utf-8")
    assert check(written(tmp_path, "figures/leaderboard.csv", text)) == []
    assert "make it again" in check(written(tmp_path, "figures/leaderboard.csv", text + "203_1,44\n"))[0]
    assert "real people" in check(written(tmp_path, "figures/another.csv", text))[0]


def test_everything_that_is_committed_passes(monkeypatch, capsys):
    monkeypatch.chdir(COMMITTED.parent)
    assert main([]) == 0, capsys.readouterr().out


def test_texts_of_a_png_are_read_in_all_their_forms(tmp_path):
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            chunk(b"tEXt", b"plain\0caf\xe9"),
            chunk(b"zTXt", b"packed\0\0" + zlib.compress(b"text")),
            chunk(b"iTXt", "utf\0\0\0de\0\0“ä”".encode()),
            chunk(b"iTXt", b"both\0\1\0\0\0" + zlib.compress("“ä”".encode())),
            chunk(b"zTXt", b"damaged\0\0xyz"),
        )
    )
    assert png_text(content) == {"plain": "café", "packed": "text", "utf": "“ä”", "both": "“ä”", "damaged": ""}
    assert png_text(b"no png") == {}
    assert list(png_text(content[:40])) == ["plain"]


def kept_network(folder, weights=4, **changes):
    """A file in networks/ that a training kept, of a few weights."""
    run = Run("distribution", "expectation", profile="smoke")
    card = Card(
        run=run, fold=None, facts=run.facts, computing={}, corpus=GENERATED, generated=True, learnt=True,
        constant=15.0, errors=((3.0, 1), (4.0, 1)), depnb="0",
    )  # fmt: skip
    path = folder / "networks" / "distribution" / "a.safetensors"
    networks.write(path, replace(card, **changes), torch.nn.Linear(1, weights, bias=False))
    return path


def test_a_small_network_of_generated_people_passes(tmp_path):
    assert check(kept_network(tmp_path)) == []


def test_a_network_of_real_people_is_refused(tmp_path):
    (said,) = check(kept_network(tmp_path, generated=False))
    assert "has seen real people" in said
    facts = networks.read(kept_network(tmp_path))[0].facts
    (said,) = check(kept_network(tmp_path, facts=facts | {"corpus": {"sha256": "0" * 64}}))
    assert "has seen real people" in said


def test_a_model_card_passes_only_beside_its_network_of_generated_people(tmp_path):
    network = kept_network(tmp_path, judged={})
    card = network.with_suffix(".md")
    assert check(card) == []
    text = card.read_text()
    card.write_text(f"{text}one more line\n")
    assert "not what its network says" in check(card)[0]
    kept_network(tmp_path, generated=False)
    assert "has seen real people" in check(card)[0]
    network.unlink()
    assert "without its network" in check(card)[0]


def test_a_large_or_damaged_network_is_refused(tmp_path):
    (said,) = check(kept_network(tmp_path, weights=600_000))
    assert "more than 2 MB" in said
    path = kept_network(tmp_path)
    path.write_bytes(path.read_bytes()[:-2])
    (said,) = check(path)
    assert "no network that could be read" in said
