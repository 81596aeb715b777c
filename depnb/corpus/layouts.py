"""Forms in which a generated corpus is handed to other people's code: AVEC's unpacked archives, OpenFace's frames.

Places and texts of an export, and whether a folder is one; ``depnb.experiments.corpus_export`` writes it.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from depnb.corpus.records import TASKS, Corpus, Recording
from depnb.corpus.tree import read_text

Place = PurePosixPath

FOLDERS = {"train": "Training", "development": "Development", "test": "Testing", "unseen": "Unseen"}
ARCHIVED = ("train", "development", "test")
"""Partitions that AVEC has."""
TABLE, NOTICE, LICENCE, FACTS = Place("labels.csv"), Place("README.txt"), Place("LICENSE.txt"), Place("export.json")
COLUMNS = ("path", "session", "subject", "task", "partition", "label", "frames")
LARGEST_FACTS = 1 << 16
"""Bytes of ``export.json``."""
WITHOUT_TASK = "cut_combined"


@dataclass(frozen=True)
class Layout:
    """A form of a corpus on disk; all places are relative to its folder.

    Attributes:
        title: what it imitates.
        medium: place of a recording's video, or of the folder of its frames.
        label: place of a session's label, by its partition and identifier.
        frames: whether videos are folders of aligned faces.
        one_task: whether a session has one video, as in AVEC2013.
    """

    title: str
    medium: Callable[[Recording], Place]
    label: Callable[[str, str], Place]
    frames: bool = False
    one_task: bool = False

    def chosen(self, corpus: Corpus, unseen: bool) -> list[Recording]:
        """Recordings that are exported, in their order: of a session with one video its Freeform one, if it has one.

        Args:
            corpus: where they are from.
            unseen: with the people of ``unseen``, whom AVEC does not have.
        """
        recordings = corpus.partition(*ARCHIVED, *(["unseen"] if unseen else []))
        if not self.one_task:
            return recordings
        rank = {task: number for number, task in enumerate((None, *TASKS))}
        first: dict[str, Recording] = {}
        for recording in sorted(recordings, key=lambda one: rank[one.task]):
            first.setdefault(recording.id, recording)
        return [recording for recording in recordings if first[recording.id] is recording]

    def labels(self, recordings: Iterable[Recording]) -> dict[Place, str]:
        """Label files of these recordings' sessions: one cell, no header."""
        return {self.label(one.partition, one.id): f"{one.bdi:.0f}\n" for one in recordings}


def _label_name(session: str) -> str:
    return f"{session}_Depression.csv"


def _stem(recording: Recording) -> str:
    return f"{recording.name}_video" if recording.task else f"{recording.id}_{WITHOUT_TASK}"


def _video_2014(recording: Recording) -> Place:
    folder = Place("AVEC2014_AudioVisual", "Video", FOLDERS[recording.partition], recording.task or "")
    return folder / f"{_stem(recording)}.mp4"


def _label_2014(partition: str, session: str) -> Place:
    if partition == "test":
        folder = Place("AVEC2014_Labels_Testset", "AVEC2014_Labels_Testset", "Testing", "DepressionLabels")
    else:
        folder = Place("AVEC2014_DepressionLabels", "AVEC2014_DepressionLabels")
        folder /= f"{FOLDERS[partition]}_DepressionLabels"
    return folder / _label_name(session)


def _video_2013(recording: Recording) -> Place:
    return Place("AVEC2013", FOLDERS[recording.partition], "Video", f"{recording.id}_{WITHOUT_TASK}.mp4")


def _label_2013(partition: str, session: str) -> Place:
    if partition == "test":
        return Place("AVEC2013", "Testing", "DepressionLabels", _label_name(session))
    folder = f"{FOLDERS[partition]}_DepressionLabels"
    return Place("AVEC2013", folder, folder, _label_name(session))


def _frames(recording: Recording) -> Place:
    return Place(FOLDERS[recording.partition], f"{_stem(recording)}_aligned")


LAYOUTS = {
    "avec2014": Layout("AVEC2014's unpacked archives", _video_2014, _label_2014),
    "avec2013": Layout("AVEC2013's unpacked archives", _video_2013, _label_2013, one_task=True),
    "openface": Layout(
        "OpenFace's aligned frames",
        _frames,
        lambda partition, session: Place("DepressionLabels", _label_name(session)),
        frames=True,
    ),
}


def layout_of(name: str) -> Layout:
    """The layout of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in LAYOUTS:
        raise ValueError(f"No layout {name!r}: choose from {', '.join(LAYOUTS)}.")
    return LAYOUTS[name]


def facts_of(folder: Path) -> dict[str, Any] | None:
    """What the export in a folder says of itself: layout, corpus, versions; ``None`` where there is none."""
    try:
        found = json.loads(read_text(folder / FACTS, LARGEST_FACTS))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"layout", "corpus"} <= found.keys() else None


def table(rows: Iterable[tuple[Place, Recording, int]]) -> str:
    """The label table, as CSV: a line for each video or folder of frames that is there, with its number of frames."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for place, one, frames in rows:
        writer.writerow((place, one.id, one.subject, one.task or "", one.partition, f"{one.bdi:.0f}", frames))
    return text.getvalue()


def notice(corpus: Corpus, layout: Layout, facts: Mapping[str, Any]) -> str:
    """What the tree says of itself to somebody who finds it."""
    people = len({recording.subject for recording in layout.chosen(corpus, facts["unseen"])})
    return f"""GENERATED DATA. NO REAL PEOPLE. THIS DIAGNOSES NOBODY.

The {people} people of these videos do not exist: a program has drawn them, with made-up BDI-II scores that decide how
their faces look and move. The folders have the form of {layout.title}, so that code for AVEC
can be tested without it. They are not AVEC: nothing here comes from it, and an error that is measured here says
nothing about AVEC or about people with depression. Wherever you show results, call it: {corpus.title}.

  {FACTS}   what was exported: layout, corpus, and everything that decided its videos
  {TABLE}    a line for each video that is here, with its label; written last, so without it the export is unfinished
  {LICENCE}   the licence of the program and of this data

Made by depnb {facts["depnb"]}. The same export, on another machine, has the same people and labels.
"""


LICENCE_TEXT = """MIT License

Copyright (c) 2026 depnb contributors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
"""As in the file LICENSE of the repository, which an installed package does not have."""
