"""Check that nothing about real people is committed, as far as a program can tell: ``python -m tools.check_committed``.

It looks at the given files, or at all that git tracks, reports what must not be committed as ``file: what is wrong``,
and exits 1 if there is something. What a picture, a page or a notebook says of its origin is believed; where it says
nothing, MTCNN looks for faces.
"""

import argparse
import base64
import binascii
import csv
import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depnb.corpus.avec import LABEL_NAME
from depnb.corpus.manifest import COLUMNS, table_of

REFUSED = {
    "a video": ".mp4 .avi .mkv .mov .m4v .mpg .mpeg .webm .wmv .ogv .3gp .flv",
    "a recording of a voice": ".wav .mp3 .flac .ogg .m4a .aac",
    "arrays or face crops": ".npy .npz .crops .h5 .hdf5 .mat .parquet .feather .arrow",
    "a network, which may remember whom it has seen": ".pt .pth .ckpt .safetensors .onnx",
    "a table, which nobody looks into": ".xlsx .xls .ods .sqlite .db .jsonl",
    "a pickle, which may run code": ".pkl .pickle .joblib .dill",
    "an archive, which nobody looks into": ".zip .tar .gz .tgz .bz2 .xz .7z .rar .zst .lzma",
}
"""Kinds of files that are never committed, with their suffixes."""
PICTURES = frozenset([
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif",
    ".heic", ".jxl", ".tga", ".ras", ".hdr",
])  # fmt: skip
TABLES = frozenset([".csv", ".tsv", ".txt"])
PAGES = frozenset([".svg", ".html", ".htm", ".md", ".tex"])
OF_NUMBERS = ("results", "figures")
"""Folders whose tables must name generated corpora."""

OF_FACES = {"name", "status", "without_face"}
"""Columns of the report of ``depnb faces``."""

TITLE = "generated (?:corpus )?“[^”]+”"
CORPORA = re.compile(f"{TITLE}(?:, {TITLE})*|no corpus, printed numbers only")
PROVENANCE = re.compile(r"made on: ([^\n]{1,2000}?); depnb \d")
"""In a file that was written by ``style.save`` or ``tables``."""
BEGUN = re.compile(r"^(.+), profile \w+, protocol [\w-]+, results: ", re.M)
"""What ``course.start`` prints."""
ENDED = re.compile(r"made on: ([^\n]+?), profile \w+, results ")
"""What ``Session.end`` prints; also where a notebook was turned into a page."""
EMBEDDED = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[^,;]+)*;base64,([A-Za-z0-9+/=\s]+)", re.I)
EMBEDDED_AS_TEXT = re.compile(r"\bdata:((?!image/)[\w.+-]+/[\w.+-]+)(?:;(?!base64)[^,;\s]+)*,(?=\S)", re.I)
WIDGET = "application/vnd.jupyter.widget-view+json"
"""The place of a widget in a notebook; what it shows is elsewhere."""

HEADERS = 5
"""In which of the first lines the heads of a table are looked for."""
SMALLEST_FACE_PX = 20
LARGEST_SIDE_PX = 1600


def check(path: Path | str) -> list[str]:
    """Why a file must not be committed, a sentence each; empty if it may.

    Links are not followed: git keeps where they lead, not what lies there.
    """
    path = Path(path)
    if path.is_symlink():
        return []
    try:
        return list(dict.fromkeys(_problems(path)))
    except OSError as error:
        return [f"cannot be read ({error.strerror}), so nobody knows what it shows"]


def tracked(folder: Path | str = ".") -> list[Path] | None:
    """The files below a folder that git tracks and that are there; None where there is no repository."""
    command = ["git", "-C", str(folder), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    found = (Path(folder) / name for name in listed.split("\0") if name)
    return [path for path in found if path.is_file()]


def main(arguments: list[str]) -> int:
    """Print what must not be committed; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_committed", description=__doc__.partition("\n\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="by default all that git tracks")
    files = parser.parse_args(arguments).files or tracked()
    if files is None:
        print("No git repository: nothing is tracked here, so nothing was looked at.")
        return 0
    found = [(path, problem) for path in files for problem in check(path)]
    for path, problem in found:
        print(f"{path}: {problem}")
    print(f"{len(files)} files, {len(found)} problems")
    return int(bool(found))


def _problems(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower()
    for what, suffixes in REFUSED.items():
        if suffix in suffixes.split():
            yield f"{what}: keep it out of git, in runs/ or outside of the repository"
            return
    if LABEL_NAME.search(path.name):
        yield "the label of a recording: keep it where the corpus lies"
    if suffix in PICTURES:
        yield from _picture(path.read_bytes())
    elif suffix == ".pdf":
        yield from _pdf(path.read_bytes())
    elif suffix in PAGES:
        yield from _page(path.read_text(encoding="utf-8", errors="replace"))
    elif suffix == ".ipynb":
        yield from _notebook(path)
    elif suffix in TABLES:
        yield from _table(path)
    elif suffix == ".json":
        yield from _numbers(path)


def _origin(corpora: str) -> Iterator[str]:
    """What is wrong with the corpora that something says it was made on."""
    if not CORPORA.fullmatch(corpora):
        yield (
            f"made on {corpora}, which is no generated corpus: it holds real people. Keep it in runs/; to hand "
            "numbers on, use `depnb results export`"
        )


def _picture(content: bytes, made_on: str | None = None) -> Iterator[str]:
    """A picture file; ``made_on`` are the corpora of the notebook around it."""
    said = PROVENANCE.match(png_text(content).get("Description", ""))
    corpora = said[1] if said else made_on
    if corpora is not None:
        yield from _origin(corpora)
        return
    faces = _faces(content)
    if faces is None:
        yield "no picture that could be read, so nobody knows what it shows: write it anew"
    elif faces:
        yield (
            f"{faces} face{'s' * (faces > 1)}, and it does not say who: if it shows generated people or is free, "
            "write it with depnb.system.style.save, which names its corpus; else keep it out of git"
        )


def png_text(content: bytes) -> dict[str, str]:
    """The texts of a PNG by their keys; empty for something else, or where a PNG is cut off."""
    texts: dict[str, str] = {}
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return texts
    place = 8
    while place + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        place += 12 + length
        key, _, value = data.partition(b"\0")
        if kind == b"tEXt":
            texts[key.decode("latin-1")] = value.decode("latin-1")
        elif kind == b"zTXt":
            texts[key.decode("latin-1")] = _inflated(value[1:]).decode("latin-1")
        elif kind == b"iTXt" and len(value) > 2:
            packed, rest = value[0], value[2:].split(b"\0", 2)[-1]
            texts[key.decode("latin-1")] = (_inflated(rest) if packed else rest).decode("utf-8", "replace")
    return texts


def _inflated(data: bytes, most: int = 1 << 16) -> bytes:
    """The beginning of packed data; nothing where it is damaged."""
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""


def _faces(content: bytes) -> int | None:
    """How many faces of 20 pixels or more MTCNN finds in a picture file; None if it cannot be read."""
    import cv2  # with the detector it takes seconds to import, and most files are no pictures
    import numpy as np

    from depnb.faces import detect_frames

    try:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if bgr is None:
        return None
    shrunk = min(1.0, LARGEST_SIDE_PX / max(bgr.shape[:2]))
    if shrunk < 1:
        bgr = cv2.resize(bgr, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
    return len(detect_frames(rgb, min_face=SMALLEST_FACE_PX / min(rgb.shape[:2]))[0])


def _pdf(content: bytes) -> Iterator[str]:
    said = re.search(rb"/Subject \(((?:[^\\)]|\\.)*)\)", content, re.S)
    text = _pdf_text(said[1]) if said else ""
    found = PROVENANCE.match(text)
    if found:
        yield from _origin(found[1])
    else:
        yield "a PDF that does not name its corpora, and nobody looks into it: write it with depnb.system.style.save"


def _pdf_text(raw: bytes) -> str:
    """A string of a PDF's document information: UTF-16 with its mark in front, or Latin-1."""
    text = re.sub(rb"\\([()\\])", rb"\1", raw)
    marked = text.startswith((b"\xfe\xff", b"\xff\xfe"))
    return text.decode("utf-16" if marked else "latin-1", "replace")


def _page(text: str, made_on: str | None = None) -> Iterator[str]:
    """Text with provenances and with pictures in it; ``made_on`` as of a picture, by default what its end says."""
    ended = ENDED.findall(text)
    for corpora in (*PROVENANCE.findall(text), *ended):
        yield from _origin(corpora)
    made_on = made_on or (ended[-1] if ended else None)
    for kind, data in EMBEDDED.findall(text):
        if kind.lower().startswith("image/"):
            yield from _picture(_decoded(data), made_on)
        else:
            yield f"something in it that nobody looks into ({kind or 'of no kind'}): take it out"
    for kind in EMBEDDED_AS_TEXT.findall(text):
        yield f"something in it that nobody looks into ({kind}): take it out"


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""


def _notebook(path: Path) -> Iterator[str]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        yield from list(_cells(notebook["cells"]))
        if notebook.get("metadata", {}).get("widgets"):
            yield "the state of widgets, which may hold pictures: save it without"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield "no notebook that could be read: execute it anew, or take it out"


def _cells(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Printed begin and end say the corpus of all outputs; what is pasted into the text must say its own."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    printed = "\n".join(_joined(output.get("text", "")) for output in outputs)
    ended = ENDED.findall(printed)
    for corpora in (*BEGUN.findall(printed), *ended):
        yield from _origin(corpora)
    made_on = ended[-1] if ended else None
    for output in outputs:
        for mime, data in output.get("data", {}).items():
            yield from _shown(mime, _joined(data), made_on)
    for cell in cells:
        yield from _page(_joined(cell.get("source", "")))
        for attachment in cell.get("attachments", {}).values():
            for mime, data in attachment.items():
                yield from _shown(mime, _joined(data), None)


def _shown(mime: str, data: str, made_on: str | None) -> Iterator[str]:
    if mime.startswith(("video/", "audio/")):
        yield f"a recording in it ({mime}): take it out"
    elif mime.startswith("image/") and mime != "image/svg+xml":
        yield from _picture(_decoded(data), made_on)
    elif mime.startswith(("text/", "image/svg")):
        yield from _page(data, made_on)
    elif mime != WIDGET:
        yield f"something in it that nobody looks into ({mime}): take it out"


def _joined(text: Any) -> str:
    """A notebook has texts as they are, or line by line."""
    if isinstance(text, list):
        return "".join(map(str, text))
    return text if isinstance(text, str) else ""


def _table(path: Path) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    try:
        tables = [table_of("\n".join(lines[start:])) for start in range(max(1, min(HEADERS, len(lines))))]
    except csv.Error as error:
        yield f"no table that could be read ({error}): make it again, or keep it out of git"
        return
    table, names = tables[0], set(tables[0].fieldnames or ())
    if any(set(one.fieldnames or ()) >= set(COLUMNS) for one in tables):
        yield "a manifest, with people and their scores: keep it where the videos lie"
    if names >= OF_FACES:
        yield "a report of faces, with the names of recordings: keep it where the videos lie"
    if "corpus" in names and _of_numbers(path):
        for corpora in dict.fromkeys(line.get("corpus") or "" for line in table):
            yield from _origin(corpora)


def _numbers(path: Path) -> Iterator[str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        if _of_numbers(path):
            yield "no JSON that could be read: delete it, and make it again"
        return
    several = content if isinstance(content, list) else [content]
    if any(isinstance(one, dict) and one.keys() >= {"video", "score", "parts"} for one in several):
        yield "the score of a video: keep it in runs/"
    if not (_of_numbers(path) or (isinstance(content, dict) and content.keys() >= {"run", "facts"})):
        return
    for corpus in _corpora(content):
        if isinstance(corpus, str):
            yield from _origin(corpus)
        elif not (isinstance(corpus, dict) and "generated" in corpus):
            yield "a result on a licensed corpus: keep it in runs/, and hand on what `depnb results export` writes"


def _corpora(content: Any) -> Iterator[Any]:
    """What stands under “corpus”, but for the name by which a run was asked for: its facts say what that was."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name == "corpus":
                yield value
            elif name != "run":
                yield from _corpora(value)
    elif isinstance(content, list):
        for value in content:
            yield from _corpora(value)


def _of_numbers(path: Path) -> bool:
    return any(folder in OF_NUMBERS for folder in path.parts[:-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
