"""Check that nothing about real people is committed, as far as a program can tell: ``python -m tools.check_committed``.

It looks at the given files, or at all that git tracks. ``ALLOWED`` lists what is committed here, by place and name, and
how each kind is looked into; whatever is not on the list is refused. It reports what must not be committed as ``file:
what is wrong``, and exits 1 if there is something, 2 if it could not look. What a picture, a page or a notebook says of
its origin is believed.
"""

import argparse
import base64
import binascii
import csv
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from depnb.corpus.manifest import table_of
from depnb.corpus.synthetic.recipe import named_recipe
from depnb.experiments.result import DamagedResult, Result
from depnb.reports import leaderboard
from depnb.system import style
from depnb.system.repository import git
from depnb.system.text import to_csv

PRINTED = ("paper_tables.csv", "protocols.csv", "bibliography.csv", "leaderboard.csv")
"""Tables of what the papers print."""
LONGEST_LINE = 2000
"""Characters of a line that somebody wrote; a picture or a table hidden in a text has longer ones."""
WHO = frozenset(["id", "name", "video", "file", "subject", "person", "participant", "patient", "recording", "session"])
WHAT = frozenset(["bdi", "bdi-ii", "bdi2", "phq", "phq8", "phq-8", "phq9", "phq-9", "score", "label", "depression"])
"""Heads of columns that say whose label stands in a row, and that there is one."""
FEWEST_LABELS = 3
"""Lines of a name and a score that are taken for labels."""
SCORE = re.compile(r"(?:[0-5]?\d|6[0-3])(?:\.0+)?")
LABELLED = re.compile(r"^(?=\S*\d)[\w.-]+(?: [\w.-]+){0,2} (?:[0-5]?\d|6[0-3])(?:\.0+)?$")
"""A line, without its punctuation, of a recording or a person and a score."""

TITLE = "generated (?:corpus )?“[^”]+”(?: in [0-9]+ permutations)?"
TITLED = re.compile(TITLE)
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

SESSION = re.compile(r"(?<!\d)\d{3,5}_\d{1,2}(?!\d)")
"""The identifier of a session, as in ``203_1``."""
LARGEST_NETWORK = 2e6
"""Bytes of a network that is committed."""
LONGEST_TEXT, LONGEST_LIST = 300, 1000
"""Characters of a text and numbers of a list in the JSON of a benchmark; a picture or a table has more."""

OF_PEOPLE = frozenset(["video", "subject", "person", "name", "id", "bdi", "score", "label", "status", "without_face"])
"""Columns of tables about single people."""


def check(path: Path | str) -> list[str]:
    """Why a file must not be committed, a sentence each; empty if it may.

    A link is not followed: git keeps where it leads, which may be the name of a person.
    """
    path = Path(path)
    if path.is_symlink():
        return ["a link, which is nothing that is committed here"]
    look = next((look for pattern, look in ALLOWED.items() if path.match(pattern)), None)
    if look is None:
        return [
            "no kind of file that is committed here, so nobody looks into it: keep it out of git, in runs/ or outside "
            "of the repository (what is committed is listed in ALLOWED of tools/check_committed.py)"
        ]
    try:
        return list(dict.fromkeys(look(path)))
    except OSError as error:
        return [f"cannot be read ({error.strerror}), so nobody knows what it shows"]
    except UnicodeDecodeError:
        return ["no text, and it should be one: keep it out of git"]


def tracked(folder: Path | str = ".") -> list[Path]:
    """The files below a folder that git tracks and that are there.

    Raises:
        NotLookedError: git is missing, or will not list them, or tracks nothing here.
    """
    try:
        answer = git(Path(folder), "ls-files", "-z")
    except OSError as error:
        raise NotLookedError("git is not installed, or cannot be started") from error
    if answer.returncode:
        raise NotLookedError(answer.stderr.strip() or f"git ended with status {answer.returncode}")
    listed = answer.stdout
    if not listed:
        raise NotLookedError("git tracks no file here (was an archive unpacked inside of another repository?)")
    found = (Path(folder) / name for name in listed.split("\0") if name)
    return [path for path in found if path.is_symlink() or path.is_file()]


class NotLookedError(RuntimeError):
    """It is not known what is committed."""


def main(arguments: list[str]) -> int:
    """Print what must not be committed; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_committed", description=__doc__.partition("\n\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="by default all that git tracks")
    try:
        files = parser.parse_args(arguments).files or tracked()
    except NotLookedError as error:
        print(f"Nothing was looked at, so nobody knows what is committed: {error}.")
        return 2
    found = [(path, problem) for path in files for problem in check(path)]
    for path, problem in found:
        print(f"{path}: {problem}")
    print(f"{len(files)} files, {len(found)} problems")
    return int(bool(found))


def _origin(corpora: str) -> Iterator[str]:
    """What is wrong with the corpora that something says it was made on."""
    if not CORPORA.fullmatch(corpora):
        yield (
            f"made on {corpora}, which is no generated corpus: it holds real people. Keep it in runs/; to hand "
            "numbers on, use `depnb results export`"
        )


def _picture_file(path: Path) -> Iterator[str]:
    yield from _picture(path.read_bytes())


def _picture(content: bytes, made_on: str | None = None) -> Iterator[str]:
    """A picture; ``made_on`` are the corpora of the notebook that has drawn it."""
    said = PROVENANCE.match(png_text(content).get("Description", ""))
    if said:
        yield from _origin(said[1])
    elif made_on is None:
        yield (
            "a picture that does not say whom it shows: if it shows generated people or is free, write it with "
            "depnb.system.style.save, which names its corpus; else keep it out of git"
        )
    elif not _drawn_inline(content):
        yield (
            "a picture that the notebook has not drawn with session.figure, and it does not say whom it shows: "
            "take it out"
        )
    else:
        yield from _origin(made_on)


def _drawn_inline(content: bytes) -> bool:
    """Whether a picture has the few levels of grey and colour that ``style.inline_png`` leaves."""
    import cv2  # takes a second to import, and most files are no notebooks

    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return False
    steps = style.INLINE_LEVELS - 1
    levels = np.rint(np.arange(style.INLINE_LEVELS) / steps * 255)
    return pixels is not None and bool(np.isin(np.unique(pixels), levels).all())


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


def _pdf(path: Path) -> Iterator[str]:
    content = path.read_bytes()
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


def _code(path: Path) -> Iterator[str]:
    if any(len(line) > LONGEST_LINE for line in path.read_text(encoding="utf-8").splitlines()):
        yield f"a line of more than {LONGEST_LINE} characters, into which nobody looks: take it out"


def _prose(path: Path) -> Iterator[str]:
    """Text with tables, pages and formulas in it."""
    text = path.read_text(encoding="utf-8")
    yield from _page(text)
    yield from _labels(text)
    yield from _code(path)


def _labels(text: str) -> Iterator[str]:
    """What looks like scores of single people: a table with heads for both, or lines of a name and a score."""
    text = re.sub(r"<[^<>]*>", " ", text)  # the tags of a page
    lines = [" ".join(re.findall(r"[\w.-]+", line.strip(" -*"))) for line in text.splitlines()]
    if sum(bool(LABELLED.match(line)) for line in lines) >= FEWEST_LABELS:
        yield "lines of a name and a score, which may be labels: keep them where the corpus lies"
    rows = [[cell.strip(" *`\"'").lower() for cell in re.split(r"[|,;\t&]", line)] for line in text.splitlines()]
    for place, heads in enumerate(rows):
        if {head.rstrip("s") for head in heads} & WHO and {head.rstrip("s") for head in heads} & WHAT:
            column = next(i for i, head in enumerate(heads) if head.rstrip("s") in WHAT)
            below = [row[column] for row in rows[place + 1 : place + 100] if len(row) == len(heads)]
            if sum(bool(SCORE.fullmatch(cell)) for cell in below) > 1:
                yield "a table of people and their scores: keep it where the corpus lies"


def _page(text: str, made_on: str | None = None) -> Iterator[str]:
    """Text with provenances and with pictures in it; ``made_on`` as of a picture."""
    for corpora in (*PROVENANCE.findall(text), *ENDED.findall(text)):
        yield from _origin(corpora)
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
    """A table of figures/ or results/, whose cells or columns name generated corpora."""
    try:
        table = list(table_of(path.read_text(encoding="utf-8")))
    except csv.Error as error:
        yield f"no table that could be read ({error}): make it again, or keep it out of git"
        return
    names = [str(name) for name in table[0]] if table else []
    if "None" in names or OF_PEOPLE.intersection(name.lower() for name in names):
        yield "a table about single people: keep it where the videos lie"
        return
    if "corpus" in names:
        said = [line["corpus"] or "" for line in table]
    elif "claim" in names:
        said = [line["judged on"].partition(", ")[0] for line in table]
    elif "method" in names:
        said = [(TITLED.findall(name) or [name])[0] for name in names if name != "method" and "(printed)" not in name]
    else:
        said = ["a table that does not say what"]
    for corpora in dict.fromkeys(said):
        yield from _origin(corpora)


def _leaderboard(path: Path) -> Iterator[str]:
    """The table of numbers that papers print about licensed corpora: nothing but what their data file gives."""
    if path.read_text(encoding="utf-8") != to_csv(leaderboard.table(leaderboard.ordered(leaderboard.rows()))):
        yield "not what depnb/methods/printed/leaderboard.csv gives: make it again with `make figures`"


def _result(path: Path) -> Iterator[str]:
    """A result of one run, on generated people."""
    try:
        result = Result.from_json(path.read_bytes())
    except DamagedResult as error:
        yield f"no whole result ({error}): delete it, and make it again"
        return
    if result.licensed:
        yield "a result on a licensed corpus: keep it in runs/, and hand on what `depnb results export` writes"


def _network(path: Path) -> Iterator[str]:
    """A trained network that has seen generated people only."""
    from depnb.experiments import network_cards  # numpy and pydantic take a second to import

    if path.stat().st_size > LARGEST_NETWORK:
        yield f"a network of more than {LARGEST_NETWORK / 1e6:g} MB: keep it in runs/"
        return
    try:
        card, _ = network_cards.read(path)
    except network_cards.UnusableNetwork as error:
        yield f"no network that could be read ({error}): keep it in runs/"
        return
    if not card.generated or "generated" not in card.facts.get("corpus", {}):
        yield "a network that has seen real people: keep it in runs/, it falls under the licence of their corpus"


def _model_card(path: Path) -> Iterator[str]:
    """The model card of a network of generated people, as the network beside it says it."""
    from depnb.experiments import model_card  # as above

    network = path.with_suffix(".safetensors")
    problems = list(_network(network)) if network.is_file() else ["a model card without its network: keep it in runs/"]
    yield from problems
    if not problems and path.read_text(encoding="utf-8") != model_card.of_file(network):
        yield f"not what its network says: `depnb weights card {network.name}` prints that"


def _measured(path: Path) -> Iterator[str]:
    """Other numbers of results/, which name their corpora."""
    try:
        said = list(_corpora(json.loads(path.read_text(encoding="utf-8"))))
    except (ValueError, RecursionError):
        yield "no JSON that could be read: delete it, and make it again"
        return
    for corpus in said:
        if isinstance(corpus, str):
            yield from _origin(corpus)
        elif not (isinstance(corpus, dict) and "generated" in corpus):
            yield "numbers of a licensed corpus: keep them in runs/"


def _benchmark(path: Path) -> Iterator[str]:
    """Numbers of a benchmark, whose provenance names a generated corpus, or ``none`` where all is drawn, and nobody."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        provenance = content["provenance"]
        said = [what for what in ("what", "corpus") if isinstance(provenance[what], str)]
    except (ValueError, RecursionError, TypeError, KeyError):
        said = []
    if len(said) < 2:
        yield 'no numbers of a benchmark: it needs {"provenance": {"what": …, "corpus": …}}, or must be kept out of git'
        return
    for corpus in _corpora(content):
        try:
            named_recipe("both" if corpus == "none" else corpus)
        except (ValueError, AttributeError):
            yield f"made on {corpus}, which is no generated corpus: keep it in runs/"
    yield from _single_people(content)


def _single_people(content: Any) -> Iterator[str]:
    """What in the JSON of a benchmark may be about single people, or hide something."""
    if isinstance(content, dict):
        keys = [str(key).lower() for key in content]
        if any(OF_PEOPLE.union(WHO, WHAT).intersection((key, key.rstrip("s"))) for key in keys):
            yield "numbers of single people: keep them where the videos lie"
        scores = {key: value for key, value in content.items() if value not in (0, 1)}  # those are shares or truths
        if sum(bool(LABELLED.match(f"{key} {value}")) for key, value in scores.items()) >= FEWEST_LABELS:
            yield "names with scores, which may be labels: keep them where the corpus lies"
        parts = [*content, *content.values()]
    elif isinstance(content, list):
        if len(content) > LONGEST_LIST or any(isinstance(each, str) for each in content):
            yield f"a list of texts, or one of more than {LONGEST_LIST} numbers, into which nobody looks: take it out"
        parts = content
    else:
        if isinstance(content, str) and (len(content) > LONGEST_TEXT or SESSION.search(content)):
            yield f"a text that names a session, or of more than {LONGEST_TEXT} characters: take it out"
        parts = []
    for part in parts:
        yield from _single_people(part)


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


ALLOWED: dict[str, Callable[[Path], Iterator[str]]] = {
    **dict.fromkeys(("*.py", "*.pyi", "Makefile", ".ci/run", "postBuild", "Dockerfile", "LICENSE"), _code),
    **dict.fromkeys((".gitignore", ".gitattributes", "requirements.txt", "requirements-test.txt", "tools/*.sh"), _code),
    **dict.fromkeys(("book/static/*.css", "book/static/*.js", ".github/workflows/*.yml"), _code),
    **dict.fromkeys(("pyproject.toml", "tools/*.toml", "environment.yml", ".pre-commit-config.yaml"), _prose),
    **dict.fromkeys(
        ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "THIRD_PARTY.md", "CITATION.cff", "docs/*.md"), _prose
    ),
    **dict.fromkeys(("figures/*.md", "figures/*.tex", "figures/*.html", "templates/*.html"), _prose),
    **dict.fromkeys((f"depnb/methods/printed/{name}" for name in PRINTED), _code),
    "tests/experiments/fingerprints.json": _code,
    "figures/*.png": _picture_file,
    "figures/*.pdf": _pdf,
    "figures/leaderboard.csv": _leaderboard,
    "figures/*.csv": _table,
    **dict.fromkeys(("results/*/*.json", "networks/*/*.json"), _result),
    "networks/README.md": _prose,
    "networks/*/*.safetensors": _network,
    "networks/*/*.md": _model_card,
    **dict.fromkeys(("results/faces.json", "results/reproduce.json"), _measured),
    "benchmarks/*.json": _benchmark,
    **dict.fromkeys(
        (
            "methods/sources.csv",
            "methods/*/sources.csv",
            "methods/ledger_columns.csv",
            "methods/errata.csv",
            "methods/*/errata.csv",
        ),
        _code,
    ),
    "notebooks/*.ipynb": _notebook,
    "notebooks/questions/*.json": _prose,
}
"""What is committed here: a pattern of the end of a path (``Path.match``), and how such a file is looked into."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
