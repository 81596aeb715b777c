"""What shows real people, or was made from them, is refused; what the project writes passes."""

import base64
import json
import os
import subprocess

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.corpus.synthetic import named_recipe, open_generated
from depnb.faces import Report, VideoReport
from depnb.faces.samples import astronaut, talking_face_clip
from depnb.system import style
from depnb.system.repository import COMMITTED
from tools.check_committed import CORPORA, PROVENANCE, check, main, png_text, tracked

GENERATED = "generated corpus “both”"
PLOT = np.full((120, 160, 3), 200, np.uint8)


def encoded(rgb=None, suffix=".png") -> bytes:
    """A picture without a word on its origin; by default a real face."""
    rgb = astronaut() if rgb is None else rgb
    return cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def saved(folder, *corpora, rgb=None):
    """PDF and PNG as ``style.save`` writes them."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(2, 2))
    axis.imshow(astronaut() if rgb is None else rgb)
    return style.save(figure, folder, "figure", style.provenance(*corpora))


def written(folder, name, content):
    path = folder / name
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


@given(corpora=st.lists(st.sampled_from([GENERATED, "generated “null”", "generated “both (label_noise 2, seed 3)”"])))
def test_what_was_made_on_generated_corpora_passes(corpora):
    assert CORPORA.fullmatch(PROVENANCE.match(style.provenance(*corpora))[1])


@given(
    corpora=st.lists(st.just(GENERATED), max_size=2),
    licensed=st.text(st.characters(exclude_characters="\n“”;", codec="utf-8"), min_size=1),
)
def test_one_corpus_that_is_not_generated_is_enough(corpora, licensed):
    assert not CORPORA.fullmatch(PROVENANCE.match(style.provenance(*corpora, licensed))[1])


def test_a_generated_corpus_is_called_so(tmp_path):
    recipe = named_recipe("both-tiny").varied(seed=3, appearance=0.5)
    assert CORPORA.fullmatch(open_generated(recipe, tmp_path).title)


def test_a_saved_figure_passes_with_a_face_in_it_if_it_says_so(tmp_path):
    for corpora in ((), (GENERATED,), (GENERATED, "generated “null”")):
        for path in saved(tmp_path, *corpora):
            assert check(path) == []


@pytest.mark.parametrize("rgb", [None, PLOT], ids=["face", "plot"])
def test_a_saved_figure_of_a_licensed_corpus_is_refused(tmp_path, rgb):
    for path in saved(tmp_path, GENERATED, "AVEC2014", rgb=rgb):
        assert "AVEC2014" in check(path)[0]
        assert "results export" in check(path)[0]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
def test_a_picture_that_says_nothing_is_refused_if_there_is_a_face_in_it(tmp_path, suffix):
    assert "does not say who" in check(written(tmp_path, f"face{suffix}", encoded(suffix=suffix)))[0]
    assert check(written(tmp_path, f"plot{suffix}", encoded(PLOT, suffix))) == []


def test_small_faces_in_a_large_picture_are_found(tmp_path):
    sheet = np.full((700, 1000, 3), 128, np.uint8)
    sheet[300:350, 100:150] = sheet[500:550, 800:850] = cv2.resize(
        astronaut()[20:220, 125:325], (50, 50), interpolation=cv2.INTER_AREA
    )
    assert "2 faces" in check(written(tmp_path, "sheet.png", encoded(sheet)))[0]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", encoded()[:300]])
def test_a_picture_that_cannot_be_read_is_refused(tmp_path, content):
    for suffix in (".png", ".gif", ".jpg"):
        assert "could be read" in check(written(tmp_path, f"x{suffix}", content))[0]


def test_a_pdf_must_say_its_corpora(tmp_path):
    assert "nobody looks into it" in check(written(tmp_path, "x.pdf", b"%PDF-1.4\n%%EOF"))[0]


@pytest.mark.parametrize(
    "name",
    ["a.mp4", "a.AVI", "a.wav", "a.npz", "a.npy", "203.crops", "a.pt", "a.safetensors", "a.pkl", "a.zip", "a.tar.gz"],
)
def test_recordings_arrays_networks_and_archives_are_refused_by_their_names(tmp_path, name):
    assert "out of git" in check(written(tmp_path, name, b"x"))[0]


def test_labels_are_refused(tmp_path):
    assert "label" in check(written(tmp_path, "203_1_Depression.csv", "12\n"))[0]
    for separator in ",;\t":
        lines = "Video,Subject,Score,Partition\na.mp4,anna,12,train".replace(",", separator)
        for suffix in ("csv", "tsv", "txt"):
            assert "manifest" in check(written(tmp_path, f"m.{suffix}", lines))[0]
            assert "manifest" in check(written(tmp_path, f"m.{suffix}", f"# of the clinic\n{lines}"))[0]


def test_the_score_of_a_video_is_refused(tmp_path):
    assert "runs/" in check(written(tmp_path, "a.json", json.dumps({"video": "a", "score": 1, "parts": []})))[0]
    assert "runs/" in check(written(tmp_path, "a.json", json.dumps([{"video": "a", "score": 1, "parts": []}])))[0]


@pytest.mark.parametrize("suffix", [".ppm", ".jp2", ".tiff"])
def test_a_face_is_found_in_rarer_forms_of_pictures(tmp_path, suffix):
    assert "face" in check(written(tmp_path, f"a{suffix}", encoded(suffix=suffix)))[0]


def test_what_nobody_looks_into_is_refused(tmp_path):
    hidden = base64.b64encode(encoded()).decode()
    page = f'<a href="data:application/octet-stream;base64,{hidden}">'
    assert "nobody looks into" in check(written(tmp_path, "a.html", page))[0]
    for page in ("data:text/csv,203_1;12", f"DATA:video/mp4;charset='utf-8';base64,{hidden}"):
        assert "nobody looks into" in check(written(tmp_path, "a.html", page))[0]
    for mime in ("application/json", "application/pdf", "application/vnd.vegalite.v5+json", "application/javascript"):
        data = {"output_type": "display_data", "data": {mime: {"203_1": 12}}}
        assert "nobody looks into" in check(written(tmp_path, "a.ipynb", notebook(data)))[0]
    content = json.loads(notebook()) | {"metadata": {"widgets": {"state": {"buffers": [hidden]}}}}
    assert "state of widgets" in check(written(tmp_path, "a.ipynb", json.dumps(content)))[0]


def test_a_report_of_faces_is_refused(tmp_path):
    table = Report([VideoReport("203_1", "ok")]).table().to_csv(index=False)
    assert "names of recordings" in check(written(tmp_path, "faces.csv", table))[0]


@pytest.mark.parametrize("suffix", [".svg", ".html", ".md"])
def test_a_page_is_as_good_as_its_pictures_and_as_what_it_says(tmp_path, suffix):
    url = "data:image/png;base64," + base64.b64encode(encoded()).decode()
    assert "does not say who" in check(written(tmp_path, f"a{suffix}", f'<img src="{url}">'))[0]
    assert check(written(tmp_path, f"b{suffix}", style.provenance(GENERATED))) == []
    assert "AVEC2013" in check(written(tmp_path, f"c{suffix}", f"x {style.provenance('AVEC2013')}"))[0]
    end = f"<pre>made on: {GENERATED}, profile quick, results committed</pre>"
    assert check(written(tmp_path, f"d{suffix}", f'<img src="{url}">{end}')) == []
    assert "AVEC2014" in check(written(tmp_path, f"e{suffix}", end.replace(GENERATED, "AVEC2014")))[0]


def test_a_notebooks_pictures_are_of_the_corpus_of_its_end(tmp_path):
    face = display(encoded())
    assert check(written(tmp_path, "good.ipynb", notebook(face, title=GENERATED))) == []
    assert "does not say who" in check(written(tmp_path, "unfinished.ipynb", notebook(face)))[0]
    assert check(written(tmp_path, "plain.ipynb", notebook(display(encoded(PLOT))))) == []


@pytest.mark.parametrize("where", ["title", "begun"])
def test_a_notebook_on_a_licensed_corpus_is_refused_even_without_pictures(tmp_path, where):
    assert "AVEC2014" in check(written(tmp_path, "a.ipynb", notebook(**{where: "AVEC2014"})))[0]
    both = notebook(begun="AVEC2014", title=GENERATED)
    assert "AVEC2014" in check(written(tmp_path, "b.ipynb", both))[0]


def test_what_is_pasted_into_a_notebook_must_speak_for_itself(tmp_path):
    content = base64.b64encode(encoded()).decode()
    pasted = notebook(title=GENERATED, attachments={"a.png": {"image/png": content}})
    assert "does not say who" in check(written(tmp_path, "a.ipynb", pasted))[0]
    linked = notebook(title=GENERATED, source=f"<img src='data:image/png;base64,{content}'>")
    assert "does not say who" in check(written(tmp_path, "b.ipynb", linked))[0]
    own = saved(tmp_path, GENERATED)[1].read_bytes()
    pasted = notebook(title=GENERATED, attachments={"a.png": {"image/png": base64.b64encode(own).decode()}})
    assert check(written(tmp_path, "c.ipynb", pasted)) == []


def test_a_picture_in_a_notebook_that_says_a_licensed_corpus_is_refused(tmp_path):
    own = saved(tmp_path, "AVEC2014")[1].read_bytes()
    assert "AVEC2014" in check(written(tmp_path, "a.ipynb", notebook(display(own), title=GENERATED)))[0]


def test_a_video_in_a_notebook_is_refused(tmp_path):
    film = talking_face_clip().read_bytes()
    assert "video" in check(written(tmp_path, "a.ipynb", notebook(display(film, "video/mp4"), title=GENERATED)))[0]
    page = {"output_type": "display_data", "data": {"text/html": f"data:video/mp4;base64,{'A' * 40}"}}
    assert "video" in check(written(tmp_path, "b.ipynb", notebook(page, title=GENERATED)))[0]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"cells": [1]}', '{"cells": [{"outputs": [[]]}]}'])
def test_a_notebook_that_cannot_be_read_is_refused(tmp_path, content):
    assert "could be read" in check(written(tmp_path, "a.ipynb", content))[0]


def test_results_and_tables_name_generated_corpora(tmp_path):
    committed = next(COMMITTED.glob("distribution/*.json"))
    text = committed.read_text(encoding="utf-8")
    assert check(written(tmp_path, "results/distribution/a.json", text)) == []
    licensed = json.loads(text)
    licensed["facts"]["corpus"] = {"sha256": "0" * 64}
    assert "licensed corpus" in check(written(tmp_path, "results/distribution/b.json", json.dumps(licensed)))[0]
    assert "licensed corpus" in check(written(tmp_path, "elsewhere/b.json", json.dumps(licensed)))[0]
    assert "could be read" in check(written(tmp_path, "results/c.json", text[:100]))[0]
    assert check(written(tmp_path, "elsewhere/c.json", text[:100])) == []
    rows = json.dumps({"rows": [{"corpus": "a licensed corpus"}]})
    assert "a licensed corpus" in check(written(tmp_path, "results/d.json", rows))[0]
    assert check(written(tmp_path, "results/e.csv", "corpus,RMSE\ngenerated “both”,9\n")) == []
    assert "AVEC2014" in check(written(tmp_path, "results/f.csv", "row,corpus\na,generated “both”\na,AVEC2014\n"))[0]


def test_a_link_is_not_followed(tmp_path):
    face = written(tmp_path, "face.png", encoded())
    (tmp_path / "link.png").symlink_to(face)
    assert check(tmp_path / "link.png") == []


def test_a_bad_file_does_not_stop_the_others(tmp_path, capsys):
    if os.geteuid() == 0:
        unreadable = tmp_path / "gone.png"  # root may read everything
    else:
        unreadable = written(tmp_path, "locked.png", encoded())
        unreadable.chmod(0)
    paths = [unreadable, written(tmp_path, "a.mp4", b"x"), written(tmp_path, "b.png", encoded(PLOT))]
    assert main([str(path) for path in paths]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "cannot be read" in printed[0]
    assert "a.mp4: a video" in printed[1]
    assert printed[2] == "3 files, 2 problems"
    assert main([str(paths[2])]) == 0


def test_all_that_git_tracks_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert tracked() is None
    assert main([]) == 0
    assert "nothing was looked at" in capsys.readouterr().out
    written(tmp_path, "a folder/ä.mp4", b"x")
    written(tmp_path, "runs/b.mp4", b"x")
    for command in (["init", "-q"], ["add", "a folder"]):
        subprocess.run(["git", *command], check=True, cwd=tmp_path)
    assert [path.as_posix() for path in tracked()] == ["a folder/ä.mp4"]
    assert main([]) == 1
    (tmp_path / "a folder" / "ä.mp4").unlink()
    assert tracked() == []


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
