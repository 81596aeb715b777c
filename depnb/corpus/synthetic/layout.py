"""The folder of a generated corpus: AVEC2014's tree with its label files, and places for the videos.

Opening a corpus needs no video library; ``Corpus.ensure`` makes the videos that are missing.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from stat import S_ISREG
from typing import Any

from depnb.corpus.avec import LABEL_NAME, MEDIA_NAME
from depnb.corpus.manifest import NAME as MANIFEST
from depnb.corpus.records import VIDEO_SUFFIXES, Corpus, Recording, natural_key
from depnb.corpus.synthetic.recipe import Recipe, Session, noise_floor, sessions
from depnb.corpus.tree import read_text, walk
from depnb.system.files import cache_dir, write_json, write_text

FOLDERS = {"train": "Training", "development": "Development", "test": "Testing", "unseen": "Unseen"}


RECIPE = "recipe.json"
DIGEST = "digest"
"""Key of the recipe's digest in that file: what was changed by hand or by a disk does not agree with it."""
LARGEST_RECIPE = 1 << 16
"""Bytes."""
SUSPECTS = 3
"""How many videos without a right checksum are looked at when a folder is opened; all are when they are needed."""

VIDEOS = Path("AVEC2014_AudioVisual") / "Video"


LABELS = {
    "train": Path("AVEC2014_DepressionLabels") / "Training_DepressionLabels",
    "development": Path("AVEC2014_DepressionLabels") / "Development_DepressionLabels",
    "test": Path("AVEC2014_Labels_Testset") / "Testing" / "DepressionLabels",
    "unseen": Path("AVEC2014_DepressionLabels") / "Unseen_DepressionLabels",
}


def corpus_folder(recipe: Recipe) -> Path:
    """Where the corpus lies under the cache; another recipe or generator version is another folder."""
    return cache_dir() / "corpora" / f"{recipe.name.split()[0]}-{recipe.size}-{recipe.digest()}"


def recipe_of(folder: Path) -> Recipe | None:
    """The recipe by which depnb made a folder; ``None`` where no recipe of depnb lies there.

    Raises:
        ValueError: another version of the generator wrote it, or it is not as it was written.
    """
    facts = _facts(folder)
    if facts is None:
        return None
    digest = facts.pop(DIGEST, None)
    recipe = Recipe.from_fingerprint(facts)
    if digest != recipe.digest():
        raise ValueError(
            f"{folder / RECIPE} is not as `depnb corpus make` writes it: make the corpus again, or, if these are "
            "videos of real people, remove that file."
        )
    return recipe


def open_made(root: Path) -> Corpus:
    """Open a generated corpus by its folder, wherever it was moved.

    Raises:
        ValueError: no recipe of this generator lies there, or videos or labels do that are not of that recipe.
    """
    recipe = recipe_of(root)
    if recipe is None:
        raise ValueError(f"{root} is no generated corpus: no {RECIPE} of depnb lies there.")
    _demand_own(recipe, root)
    return open_generated(recipe, root)


def open_generated(recipe: Recipe, root: Path | None = None) -> Corpus:
    """Lay out the corpus (labels, empty places of videos) and open it; videos are made by ``Corpus.ensure``.

    Raises:
        ValueError: ``root`` holds other files, such as a corpus of real people: they would pass for generated.
    """
    root = root or corpus_folder(recipe)
    if _facts(root) != _written(recipe):
        _lay_out(recipe, root)
    return Corpus(
        name=recipe.name,
        root=root,
        recordings=tuple(recordings_of(recipe, root)),
        generated=True,
        fingerprint=recipe.fingerprint(),
        noise_floor=noise_floor(recipe),
        ensure=partial(_ensure, recipe),
    )


def was_generated(video: Path) -> bool:
    """Whether a video is one of a generated corpus: its recipe plans it there, and it shows what the recipe films."""
    found = planned(video)
    if found is None:
        return False
    from depnb.corpus.synthetic.make import shows  # loads the renderer, which only a video without a checksum needs

    return is_whole(video) or shows(*found) is True


def planned(video: Path) -> tuple[Recipe, Recording] | None:
    """The recipe and the recording whose place a video has; ``None`` where no recipe above it plans one there."""
    for place in (video.absolute(), video.resolve()):
        for root in place.parents:
            with suppress(ValueError):
                if recipe := recipe_of(root):
                    found = [recording for recording in recordings_of(recipe, root) if recording.video == place]
                    if found:
                        return recipe, found[0]
    return None


def truth_path(video: Path) -> Path:
    """The file beside a generated video that holds its known landmarks and trajectories."""
    return video.with_suffix(".truth.npz")


def checksums_path(video: Path) -> Path:
    """The file beside a generated video that says of it and its truth: SHA-256, bytes, name."""
    return video.with_suffix(".sha256")


def seal(video: Path) -> None:
    """Write down the checksums of a video and its truth, as they were made."""
    write_text(checksums_path(video), _checksums(video))


def is_whole(video: Path) -> bool:
    """Whether a video and its truth are there, and are what was made; they are read once per change of the files."""
    try:
        states = [path.stat() for path in (video, truth_path(video), checksums_path(video))]
    except OSError:
        return False
    if not all(S_ISREG(one.st_mode) for one in states):
        return False
    return _agrees(video, tuple((one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in states))


def bytes_when_made(video: Path) -> int | None:
    """How large a video was when it was made; ``None`` where nothing says so."""
    try:
        return int(read_text(checksums_path(video), LARGEST_RECIPE).split()[1])
    except (ValueError, IndexError):
        return None


def tasks_of(recipe: Recipe, session: Session) -> tuple[str, ...]:
    """Tasks that a session was filmed in; an unseen person is filmed in one."""
    if session.partition == "unseen":
        return (recipe.tasks[session.subject % len(recipe.tasks)],)
    return recipe.tasks


def recordings_of(recipe: Recipe, root: Path) -> list[Recording]:
    """Those that ``open_avec`` finds once the videos are made, in its order; no file of the tree is read."""
    folder = {partition: root / VIDEOS / name for partition, name in FOLDERS.items()}
    found = [
        Recording(
            one.id, task, one.partition, folder[one.partition] / task / f"{one.id}_{task}_video.mp4", float(one.bdi)
        )
        for one in sessions(recipe)
        for task in tasks_of(recipe, one)
    ]
    return sorted(found, key=lambda recording: (natural_key(recording.id), recording.task))


def _facts(folder: Path) -> dict[str, Any] | None:
    """What a recipe in a folder says; ``None`` where none of depnb's form lies there."""
    try:
        facts = json.loads(read_text(folder / RECIPE, LARGEST_RECIPE))
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) and "generated" in facts else None


def _written(recipe: Recipe) -> dict[str, Any]:
    """What the file of a recipe says, as JSON gives it."""
    return json.loads(json.dumps({**recipe.fingerprint(), DIGEST: recipe.digest()}))


def _lay_out(recipe: Recipe, root: Path) -> None:
    videos, shared = root / "AVEC2014_AudioVisual", None
    if recipe.videos() != recipe:
        shared = corpus_folder(recipe.videos()) / "AVEC2014_AudioVisual"
        shared.mkdir(parents=True, exist_ok=True)
    if root != corpus_folder(recipe):
        _demand_own(recipe, root, alone=True)
    for path, label in _labels(recipe, root).items():
        write_text(path, label)
    if shared and not videos.is_symlink():
        with suppress(FileExistsError):  # another process was sooner
            videos.symlink_to(os.path.relpath(shared, root), target_is_directory=True)
    write_json(root / RECIPE, _written(recipe))


def _labels(recipe: Recipe, root: Path) -> dict[Path, str]:
    return {
        root / LABELS[session.partition] / f"{session.id}_Depression.csv": f"{session.bdi}\n"
        for session in sessions(recipe)
    }


def _demand_own(recipe: Recipe, root: Path, alone: bool = False) -> None:
    """Nothing may lie there that would pass for generated: videos, labels, manifests that are not of the recipe.

    Args:
        recipe: of the corpus.
        root: its folder.
        alone: whether no other file may lie there either, as the folder is not yet one of depnb.

    Raises:
        ValueError: something does; the message names it.
    """
    if not root.exists():
        return
    foreign = _foreign(recipe, root, alone)
    if foreign:
        raise ValueError(
            f"{root} holds other files than the generated corpus {recipe.name!r}, such as {foreign}: give a folder "
            "that is new or empty. Videos of real people must not lie with generated ones."
        )


def _foreign(recipe: Recipe, root: Path, alone: bool) -> Path | None:
    labels = _labels(recipe, root)
    recordings = {recording.video: recording for recording in recordings_of(recipe, root)}
    beside = {path for video in recordings for path in (truth_path(video), checksums_path(video))}
    found, suspects = walk(root, whole=lambda name: MEDIA_NAME.fullmatch(name) is not None), []
    for path in sorted(found.files):
        if path in labels:
            if not _reads(path, labels[path]):
                return path
        elif path in recordings:
            suspects += [] if is_whole(path) else [path]
        elif path == root / RECIPE and (facts := _facts(root)) is not None:
            if {**facts, DIGEST: recipe.digest()} != _written(recipe):
                return path
        elif path not in beside and not path.name.startswith(".") and (alone or _of_a_corpus(path)):
            return path
    if found.folders or not suspects:
        return next(iter(found.folders), None)
    from depnb.corpus.synthetic.make import is_foreign  # loads the renderer, which only videos without a checksum need

    return next((path for path in suspects[:SUSPECTS] if is_foreign(recipe, recordings[path])), None)


def _of_a_corpus(path: Path) -> bool:
    return bool(LABEL_NAME.fullmatch(path.name) or path.suffix.lower() in VIDEO_SUFFIXES or path.name == MANIFEST)


def _reads(path: Path, text: str) -> bool:
    try:
        return read_text(path, LARGEST_RECIPE) == text
    except ValueError:
        return False


@lru_cache(maxsize=1 << 16)
def _agrees(video: Path, states: tuple[tuple[int, ...], ...]) -> bool:
    """``states`` changes with each of the files."""
    try:
        return _reads(checksums_path(video), _checksums(video))
    except OSError:
        return False


def _checksums(video: Path) -> str:
    lines = []
    for path in (video, truth_path(video)):
        with open(path, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            lines.append(f"{digest} {handle.tell()} {path.name}\n")
    return "".join(lines)


def _ensure(recipe: Recipe, recordings: Sequence[Recording], workers: int | None = None) -> int:
    if all(is_whole(recording.video) for recording in recordings):
        return 0
    from depnb.corpus.synthetic.make import make_missing  # loads the renderer, which only missing videos need

    return make_missing(recipe, recordings, workers)
