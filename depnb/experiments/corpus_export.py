"""Write a generated corpus in a form that other people's code reads: videos or aligned faces, with their labels."""

import filecmp
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from depnb import __version__, faces
from depnb.corpus import open_corpus
from depnb.corpus.avec import LABEL_NAME, MEDIA_NAME
from depnb.corpus.layouts import (
    FACTS,
    LARGEST_FACTS,
    LICENCE,
    LICENCE_TEXT,
    NOTICE,
    TABLE,
    Layout,
    Place,
    facts_of,
    layout_of,
    notice,
    table,
)
from depnb.corpus.manifest import NAME as MANIFEST
from depnb.corpus.records import VIDEO_SUFFIXES, Corpus, Recording
from depnb.corpus.synthetic.layout import is_whole, open_generated, recipe_of
from depnb.corpus.synthetic.recipe import is_named, named_recipe
from depnb.corpus.tree import read_text, walk
from depnb.system.files import StorageError, atomic_path, json_text, write_json, write_text
from depnb.system.progress import progress
from depnb.system.workers import claimed

LEFTOVER = re.compile(r"\.(.+)-[a-z0-9_]{8}(\.\w+)?")
"""Name of what a killed process was writing (``depnb.system.files``)."""


@dataclass
class Export:
    """What has become of an export.

    Attributes:
        rows: place, recording and number of frames of all that is there now.
        written: how many of them were not there before.
        failures: why a recording is missing, by its name.
    """

    rows: list[tuple[Place, Recording, int]] = field(default_factory=list)
    written: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def open_exportable(name: str, frames: int = 0) -> Corpus:
    """The generated corpus of this name or folder, or the same people in videos of at least so many frames.

    Raises:
        ValueError: it is not generated; nothing else is exported.
    """
    recipe = recipe_of(Path(name)) or (named_recipe(name) if is_named(name) else None)
    if recipe is None:
        raise ValueError(
            f"{name} is no generated corpus, and only those are exported, as copies of real people are not to be made: "
            "give both, appearance, dynamics or null (also with -tiny), or a folder of `depnb corpus make`."
        )
    longer = recipe.lengthened(frames)
    return open_corpus(name) if longer == recipe else open_generated(longer)


def export(corpus: Corpus, folder: Path, layout: str, *, unseen: bool = False, workers: int | None = None) -> Export:
    """Write a generated corpus into a folder of its own, in one of ``LAYOUTS``.

    Videos and crops that are missing are made first. What is there already is kept, so an interrupted export goes on
    where it stopped; every video and every folder of frames is there whole or not at all. What fails is named and does
    not stop the rest. The label table is written last.

    Args:
        corpus: a generated one (``open_exportable``).
        folder: where to; new, empty, or with the same export.
        layout: a key of ``LAYOUTS``.
        unseen: with the people of the partition ``unseen``, whom AVEC does not have.
        workers: processes; one per core where ``None``.

    Raises:
        ValueError: the corpus is not generated, no such layout, or the folder holds something else.
        StorageError: the folder cannot be written or the disk is full; what was finished stays.
    """
    form = layout_of(layout)
    if not corpus.generated:
        raise ValueError(f"{corpus.name} is not generated: only generated corpora are exported.")
    recordings = form.chosen(corpus, unseen)
    facts = {"layout": layout, "unseen": unseen, "corpus": corpus.fingerprint, "depnb": __version__}
    facts |= {"faces": faces.VERSION} if form.frames else {}
    labels = form.labels(recordings)
    media = {form.medium(recording): recording for recording in recordings}
    with claimed(folder.absolute(), patient=True):
        _demand_own(folder, facts)
        _remove_leftovers(folder, {FACTS, NOTICE, LICENCE, TABLE, *labels, *media})
        _demand_no_others(folder, labels, media)
        write_json(folder / FACTS, facts)
        write_text(folder / NOTICE, notice(corpus, form, facts))
        write_text(folder / LICENCE, LICENCE_TEXT)
        for place, label in labels.items():
            if not (folder / place).exists():
                write_text(folder / place, label)
        done = Export(failures=_make(corpus, form, recordings, workers))
        _put_all(folder, form, media, done, corpus.fingerprint["form"]["frames"])
        write_text(folder / TABLE, table(done.rows))
    return done


def _make(corpus: Corpus, form: Layout, recordings: Sequence[Recording], workers: int | None) -> dict[str, str]:
    """Make the missing videos, and the crops where the layout has frames; why it failed, by recording."""
    try:
        corpus.ensure(recordings, workers=workers)
        reason = "it is gone or was changed"
    except RuntimeError as error:
        reason = str(error)
    failures = {one.name: f"no video: {reason}" for one in recordings if not is_whole(one.video)}
    if form.frames:
        from depnb.faces.aligned_frames import SETTINGS  # loads what decodes videos, which copying needs not

        ready = [one for one in recordings if one.name not in failures]
        report = faces.prepare(ready, workers=workers, settings=SETTINGS)
        failures |= {row.name: f"no faces: {row.error}" for row in report.failures}
    return failures


def _put_all(folder: Path, form: Layout, media: Mapping[Place, Recording], done: Export, frames: int) -> None:
    """Copy the videos, or write the frames; what fails is added to the failures."""
    with progress("export", len(media), "videos") as bar:
        for place, recording in media.items():
            if recording.name not in done.failures:
                try:
                    new = not os.path.lexists(folder / place)
                    count = _put(recording, folder / place, form)
                    done.written += new
                    done.rows.append((place, recording, frames if count is None else count))
                except StorageError:
                    raise
                except (OSError, ValueError) as error:
                    done.failures[recording.name] = str(error)
            bar.advance(1, recording.name)


def _put(recording: Recording, target: Path, form: Layout) -> int | None:
    """Put a recording in its place if it is not there; the number of its frames, ``None`` if it has all of them.

    Raises:
        ValueError: something else is there.
    """
    if form.frames:
        from depnb.faces.aligned_frames import write_aligned  # as above

        return write_aligned(recording, target)
    if os.path.lexists(target):
        if target.is_file() and filecmp.cmp(recording.video, target, shallow=False):
            return None
        raise ValueError(f"{target} is not as it was exported: delete it, and export again.")
    with atomic_path(target) as temporary:
        shutil.copyfile(recording.video, temporary)
    return None


def _demand_own(folder: Path, facts: Mapping[str, Any]) -> None:
    """Demand that a folder is new, empty, or holds this export, finished or not.

    Raises:
        ValueError: it holds something else; the message names it.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give one that is new or empty.")
    there = facts_of(folder)
    if there is None:
        others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        if others:
            raise ValueError(f"{folder} holds other files, such as {others[0]}: give a folder that is new or empty.")
        return
    wanted = json.loads(json_text(facts))
    differing = [key for key in wanted.keys() - {"depnb"} if there.get(key) != wanted[key]]
    if differing:
        raise ValueError(
            f"{folder} holds another export ({', '.join(sorted(differing))} of {FACTS} differ): give a folder that is "
            "new or empty."
        )


def _demand_no_others(folder: Path, labels: Mapping[Place, str], media: Collection[Place]) -> None:
    """Demand that no videos, labels or manifests lie in the folder of an export but its own.

    Raises:
        ValueError: others do; the message names one.
    """
    root = folder.resolve()
    for path in _of_a_corpus(folder) if folder.exists() else []:
        real = path.resolve()  # a link to a folder of the export adds nothing
        place = Place(os.path.relpath(real, root))
        if place not in media and not (place in labels and _reads(path, labels[place])):
            raise ValueError(
                f"{path} is not as it was exported, or does not belong to the export: move it elsewhere, and export "
                "again. Videos of real people must not lie with generated ones."
            )


def _of_a_corpus(folder: Path) -> list[Path]:
    """Labels, videos, folders of frames and manifests below a folder."""
    tree = walk(folder, whole=lambda name: MEDIA_NAME.fullmatch(name) is not None)
    files = [path for path in tree.files if not path.name.startswith(".")]
    named = [
        path
        for path in files
        if LABEL_NAME.fullmatch(path.name) or path.suffix.lower() in VIDEO_SUFFIXES or path.name == MANIFEST
    ]
    return sorted([*named, *tree.folders])


def _reads(path: Path, text: str) -> bool:
    try:
        return read_text(path, LARGEST_FACTS) == text
    except ValueError:
        return False


def _remove_leftovers(folder: Path, planned: Collection[Place]) -> None:
    """Delete what a killed export was writing; nobody else writes here, as the folder is claimed."""
    for parent in {place.parent for place in planned}:
        with suppress(FileNotFoundError):
            for path in list((folder / parent).iterdir()):
                match = LEFTOVER.fullmatch(path.name)
                if match and parent / f"{match[1]}{match[2] or ''}" in planned:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
