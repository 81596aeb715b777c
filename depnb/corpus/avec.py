"""Read AVEC2013 or AVEC2014 from a folder, however the archives were unpacked, nested or renamed.

Copies differ in their folders, so only names count: of videos (``203_1_Freeform_video.mp4``, or AVEC2013's
``203_1_cut_combined.mp4``) or of folders with aligned frames (the same with ``_aligned``, as OpenFace writes them), of
label files (``203_1_Depression.csv``), and of the nearest folder that says the partition.
"""

import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

from depnb.corpus.checks import check_recordings
from depnb.corpus.layouts import FACTS, facts_of
from depnb.corpus.records import BDI_MAX, VIDEO_SUFFIXES, Corpus, Recording, natural_key
from depnb.corpus.tree import Problem, Tree, content_of, read_text, sampled, walk

log = logging.getLogger("depnb")

MEDIA_NAME = re.compile(
    r"(?P<session>\d+_\d+)_(?P<kind>cut_combined|Freeform_video|Northwind_video)"
    r"(?P<form>_aligned|\.(?:mp4|avi|mkv|mov|m4v|webm|wmv))$",
    re.IGNORECASE,
)
LABEL = re.compile(r"([0-9]{1,4})(?:\.0+)?")
LARGEST_LABEL = 4096
"""Bytes of a label file; it has one cell."""
LABEL_NAME = re.compile(r"(\d+_\d+)_Depression\.csv$", re.IGNORECASE)
TABLES = frozenset(["", ".csv", ".ods", ".tsv", ".txt", ".xls", ".xlsx"])
LIKE = 0.8
"""Ratio of equal letters (difflib) from which on a name counts as a misspelled one."""
LIKE_FRAMES = re.compile(r"\d+_\d+_(?:cut_combined|Freeform|Northwind)", re.IGNORECASE)
PARTITION_OF_FOLDER = {
    "training": "train", "train": "train",
    "development": "development", "devel": "development", "dev": "development",
    "validation": "development", "valid": "development", "val": "development",
    "testing": "test", "test": "test", "testset": "test", "unseen": "unseen",
}  # fmt: skip
CORPORA = ("AVEC2013", "AVEC2014")
NO_CORPUS = (
    "AVEC2013 and AVEC2014 lie here, and no folder says whose label this is; give the folder of one of them, or put "
    "its labels below a folder of its name."
)
LOOKED_FOR = (
    "<id>_Freeform_video.mp4, <id>_Northwind_video.mp4 (AVEC2014) or <id>_cut_combined.mp4 (AVEC2013), or folders "
    "with frames of these names and _aligned, below folders Training, Development, Testing"
)


@dataclass(frozen=True)
class Inventory:
    """What a folder holds of one of the corpora.

    Attributes:
        name: ``AVEC2013`` or ``AVEC2014``.
        root: the folder.
        recordings: in natural order; those without a label have none.
        problems: what is wrong; where one is fatal, the recordings it is about are missing or doubtful.
        labels: of every session that has a label file, whether or not there is a video.
    """

    name: str
    root: Path
    recordings: tuple[Recording, ...]
    problems: tuple[Problem, ...]
    labels: dict[str, float]


@dataclass(frozen=True)
class _Medium:
    """A video file, or a folder with its frames."""

    path: Path
    session: str
    task: str | None
    partition: str | None
    frames: bool

    @property
    def corpus(self) -> str:
        return "AVEC2014" if self.task else "AVEC2013"

    @property
    def name(self) -> str:
        return f"{self.session}_{self.task}" if self.task else self.session


def open_avec(root: Path) -> Corpus:
    """Open AVEC2013 or AVEC2014 at ``root``, however deep its folders are nested.

    Raises:
        FileNotFoundError: no such folder, no videos, or no labels; the message says what was looked for.
        ValueError: a label is not an integer 0–63, two labels or two videos of one session disagree, a video has no
            partition, or both corpora lie in the folder; the message names the files.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"No corpus {str(root)!r}: give the folder of AVEC2013 or AVEC2014, a manifest of your own videos "
            "(.csv), or one of both, appearance, dynamics, null, shortcut."
        )
    inventories = take_stock(root)
    if not inventories:
        tree = walk(root, whole=_is_frames)
        reason = "".join(f" {problem}" for problem in [*tree.problems, *_near_misses(tree, root)][:1])
        raise FileNotFoundError(
            f"No videos under {root}: looked for {LOOKED_FOR}. Unzip AVEC2014_AudioVisual or AVEC2013 there.{reason}"
        )
    if len(inventories) > 1:
        both = " and ".join(f"{one.name} ({len(one.recordings)} videos)" for one in inventories)
        raise ValueError(f"{root} holds {both}, which must not be mixed: give the folder of one of them.")
    (found,) = inventories
    fatal = [problem for problem in found.problems if problem.fatal]
    if fatal:
        more = f" And {len(fatal) - 1} more: `depnb doctor {root}` lists them." if fatal[1:] else ""
        raise ValueError(f"{fatal[0]}{more}")
    if not found.labels:
        raise FileNotFoundError(
            f"No labels under {root}: looked for <id>_Depression.csv; found {len(found.recordings)} videos. "
            f"Unzip {found.name}_DepressionLabels there."
        )
    for problem in _exported(root):
        log.warning("%s", problem)
    facts = [[r.name, r.partition, r.bdi, content_of(r.video)] for r in found.recordings]
    return Corpus(found.name, root, found.recordings, generated=False, fingerprint={found.name.lower(): facts})


def take_stock(root: Path) -> list[Inventory]:
    """What there is of AVEC2013 and of AVEC2014 below ``root``, in this order; what is wrong stops nothing."""
    tree = walk(root, whole=_is_frames)
    media = [medium for path in (*tree.files, *tree.folders) if (medium := _medium(path, root))]
    present = [name for name in CORPORA if any(medium.corpus == name for medium in media)]
    files: dict[str | None, list[Path]] = defaultdict(list)
    for path in tree.files:
        if LABEL_NAME.fullmatch(path.name):
            files[present[0] if len(present) == 1 else _corpus_of(path, root, media)].append(path)
    unclear = [Problem("label", path, NO_CORPUS, fatal=True) for path in files[None]]
    of_tree = [*_exported(root), *_no_labels(tree), *unclear, *_near_misses(tree, root)]
    found = []
    for name in present:
        labels, problems = _labels(files[name])
        own = [medium for medium in media if medium.corpus == name]
        found.append(_inventory(name, root, own, labels, [*of_tree, *problems]))
    return found


def _exported(root: Path) -> list[Problem]:
    """Says so where ``depnb corpus export`` has written what looks like AVEC; it is used, as any code for AVEC does."""
    for folder in (root.absolute(), *root.absolute().parents):
        if facts_of(folder):
            text = (
                "a generated corpus in AVEC's form. What is measured on it says nothing about AVEC: never call it so."
            )
            return [Problem("origin", folder / FACTS, text)]
    return []


def _no_labels(tree: Tree) -> list[Problem]:
    """Problems of the tree; folders, and links to nothing, in the place of a label are fatal, as a wrong label is."""
    found = [replace(one, fatal=one.fatal or _is_label(one.path.name)) for one in tree.problems]
    text = "a folder where a label file was expected; put the file itself there."
    folders = [path for path in tree.entered if _is_label(path.name) and not os.path.isfile(path / path.name)]
    return found + [Problem("label", path, text, fatal=True) for path in folders]


def _near_misses(tree: Tree, root: Path) -> list[Problem]:
    """Files and folders whose names are nearly those that count, such as copies with ``(1)``: they are passed over."""
    labels = [path for path in tree.files if not _is_label(path.name) and _like_a_label(path)]
    videos = [path for path in tree.files if path.suffix.lower() in VIDEO_SUFFIXES and not _is_medium(path.name)]
    frames = [path for path in tree.entered if LIKE_FRAMES.search(path.name)]
    problems = []
    for what, expected, paths in (
        ("label files", "<id>_Depression.csv", labels),
        ("videos", "<id>_Freeform_video.mp4, <id>_Northwind_video.mp4 or <id>_cut_combined.mp4", videos),
        ("folders of frames", "<id>_Freeform_video_aligned and the like", frames),
    ):
        if paths:
            some = ", ".join(str(path.relative_to(root)) for path in sorted(paths)[:3]) + (", …" if paths[3:] else "")
            text = f"{len(paths)} {what} are passed over for their names: {some}; expected {expected}."
            problems.append(Problem("name", root, text))
    return problems


def _is_label(name: str) -> bool:
    return LABEL_NAME.fullmatch(name) is not None


def _is_medium(name: str) -> bool:
    return MEDIA_NAME.fullmatch(name) is not None


def _like_a_label(path: Path) -> bool:
    if path.suffix.lower() not in TABLES:
        return False
    words = re.sub(r"\d+", "", path.stem).strip("_- ").lower()
    return "depress" in words or SequenceMatcher(None, words, "depression").ratio() > LIKE


def _corpus_of(label: Path, root: Path, media: Sequence[_Medium]) -> str | None:
    """Whose label it is where both corpora lie in a folder, from the nearest folder that says or shows it."""
    for folder in label.relative_to(root).parents:
        named = [name for name in CORPORA if re.search(rf"(?<!\d){name.removeprefix('AVEC')}(?!\d)", folder.name)]
        if len(named) == 1:
            return named[0]
        below = {medium.corpus for medium in media if medium.path.is_relative_to(root / folder)}
        if len(below) == 1:
            return below.pop()
    return None


def partition_of(name: str) -> str | None:
    """The partition that the name of a folder or a cell of a table means, such as ``Training`` or ``dev``.

    ``None`` where it means none, or several.
    """
    words = re.split(r"[^a-z]+", name.lower())
    found = {PARTITION_OF_FOLDER[word] for word in words if word in PARTITION_OF_FOLDER}
    return found.pop() if len(found) == 1 else None


def _is_frames(name: str) -> bool:
    match = MEDIA_NAME.fullmatch(name)
    return match is not None and match["form"].lower() == "_aligned"


def _medium(path: Path, root: Path) -> _Medium | None:
    match = MEDIA_NAME.fullmatch(path.name)
    if match is None:
        return None
    task = match["kind"].partition("_")[0].capitalize()
    folders = reversed(path.relative_to(root).parts[:-1])
    partition = next((found for folder in folders if (found := partition_of(folder))), None)
    return _Medium(path, match["session"], None if task == "Cut" else task, partition, match["form"][0] == "_")


def _inventory(
    name: str, root: Path, media: list[_Medium], labels: dict[str, float], problems: list[Problem]
) -> Inventory:
    chosen, doubtful = _one_each(media)
    recordings = _recordings(chosen, labels)
    unpaired = sorted(set(labels) - {recording.id for recording in recordings}, key=natural_key)
    problems = [*problems, *doubtful, *check_recordings(recordings, root)]
    if unpaired:
        some = ", ".join(unpaired[:5]) + (", …" if unpaired[5:] else "")
        problems.append(Problem("label", root, f"{len(unpaired)} labels without a video of {name}: {some}."))
    return Inventory(name, root, tuple(recordings), tuple(problems), labels)


def _one_each(media: list[_Medium]) -> tuple[list[_Medium], list[Problem]]:
    """One medium of each name: one with a partition, a video rather than its frames, of copies the one named first."""
    chosen, problems = [], []
    by_name = defaultdict(list)
    for medium in sorted(media, key=_preference):
        by_name[medium.name].append(medium)
    for name, found in by_name.items():
        first, copies = found[0], [medium for medium in found[1:] if medium.frames == found[0].frames]
        partitions = sorted({medium.partition for medium in found if medium.partition})
        if not partitions:
            text = "no folder of its path says the partition (Training, Development, Testing); give the folder above."
            problems.append(Problem("partition", first.path, text, fatal=True))
            continue
        if len(partitions) > 1:
            text = f"{name} lies in the partitions {' and '.join(partitions)}; a recording belongs to one."
            problems.append(Problem("partition", first.path, text, fatal=True))
            continue
        for copy in copies:
            same = _same(copy.path, first.path)
            text = f"a second copy of {name}; " + (
                f"{first.path} is used." if same else f"another one than {first.path}. Remove one of them."
            )
            problems.append(Problem("copy", copy.path, text, fatal=not same))
        chosen.append(first)
    return chosen, problems


def _same(one: Path, other: Path) -> bool:
    try:
        if one.samefile(other):
            return True
    except OSError:
        return False
    return content_of(one) == content_of(other) and sampled(one) == sampled(other)


def _preference(medium: _Medium) -> tuple[bool, bool, list[int | str]]:
    return medium.partition is None, medium.frames, natural_key(str(medium.path))


def _recordings(media: Iterable[_Medium], labels: dict[str, float]) -> list[Recording]:
    found = [Recording(m.session, m.task, m.partition, m.path, labels.get(m.session)) for m in media if m.partition]
    return sorted(found, key=lambda recording: (natural_key(recording.id), recording.task or ""))


def _labels(paths: Iterable[Path]) -> tuple[dict[str, float], list[Problem]]:
    """Labels by session, and files that hold none or disagree with another one."""
    labels: dict[str, float] = {}
    first: dict[str, Path] = {}
    problems = []
    for path in sorted(paths):
        session = path.name.rpartition("_")[0]
        try:
            label = _label(path)
        except ValueError as error:
            problems.append(Problem("label", path, str(error), fatal=True))
            continue
        if labels.setdefault(session, label) != label:
            other = f"another label of session {session} than in {first[session]}; remove the wrong one."
            problems.append(Problem("label", path, other, fatal=True))
        first.setdefault(session, path)
    return labels, problems


def _label(path: Path) -> float:
    """The score in a label file, which may stand in quotation marks and end with ``.0``.

    Raises:
        ValueError: there is none.
    """
    text = read_text(path, LARGEST_LABEL).strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    match = LABEL.fullmatch(text[1:-1].strip() if quoted else text)
    if match and int(match[1]) <= BDI_MAX:
        return float(match[1])
    shown = "behind this link" if path.is_symlink() else repr(text[:20])  # it may lead to any file of the machine
    raise ValueError(f"the label {shown} is not an integer from 0 to {BDI_MAX} (one cell, no header).")
