"""Miniature copies of AVEC2013 and AVEC2014 in the forms that unpacked archives have."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import cv2

from depnb.corpus import Corpus, tree
from depnb.faces import Video

FOLDERS = {"train": "Training", "development": "Development", "test": "Testing"}
SHORT = {"train": "train", "development": "dev", "test": "test"}


class Entry(NamedTuple):
    """A recording of a miniature tree; without a task it is one of AVEC2013."""

    session: str
    task: str | None
    partition: str
    label: int

    @property
    def stem(self) -> str:
        return f"{self.session}_{self.task}_video" if self.task else f"{self.session}_cut_combined"


SESSIONS = (("203_1", "train", 12), ("203_2", "development", 0), ("204_1", "test", 30), ("1000_1", "train", 63))
ENTRIES_2013 = tuple(Entry(session, None, partition, label) for session, partition, label in SESSIONS)
ENTRIES_2014 = tuple(
    Entry(session, task, partition, label)
    for session, partition, label in SESSIONS
    for task in ("Freeform", "Northwind")
)

Put = Callable[[Path, Entry], None]


def one_byte(path: Path, entry: Entry) -> None:
    """A file that only looks like a video."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def copy_of(video: Path) -> Put:
    """The same real video everywhere."""

    def put(path: Path, entry: Entry) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(video, path)

    return put


def label(path: Path, entry: Entry) -> None:
    """A label file in a folder."""
    path.mkdir(parents=True, exist_ok=True)
    (path / f"{entry.session}_Depression.csv").write_text(f"{entry.label}\n")


def avec2014(root: Path, entries: Iterable[Entry] = ENTRIES_2014, put: Put = one_byte) -> Path:
    """As the archives are named."""
    for entry in entries:
        name = FOLDERS[entry.partition]
        put(root / "AVEC2014_AudioVisual" / "Video" / name / entry.task / f"{entry.stem}.mp4", entry)
        if entry.partition == "test":
            label(root / "AVEC2014_Labels_Testset" / "Testing" / "DepressionLabels", entry)
        else:
            label(root / "AVEC2014_DepressionLabels" / f"{name}_DepressionLabels", entry)
    return root


def avec2014_doubled(root: Path, entries: Iterable[Entry] = ENTRIES_2014, put: Put = one_byte) -> Path:
    """Each archive unpacked into a folder of its own name, twice."""
    avec2014(root / "inside", entries, put)
    for name in ("AVEC2014_AudioVisual", "AVEC2014_DepressionLabels", "AVEC2014_Labels_Testset"):
        deep = root / name / name
        deep.mkdir(parents=True)
        (root / "inside" / name).rename(deep / name)
    (root / "inside").rmdir()
    return root


def avec2014_renamed(root: Path, entries: Iterable[Entry] = ENTRIES_2014, put: Put = one_byte) -> Path:
    """Short names of partitions, all labels in one folder."""
    for entry in entries:
        put(root / SHORT[entry.partition] / entry.task / f"{entry.stem}.mp4", entry)
        label(root / "label" / "DepressionLabels", entry)
    return root


def avec2013(root: Path, entries: Iterable[Entry] = ENTRIES_2013, put: Put = one_byte) -> Path:
    """Labels beside the videos of a partition."""
    for entry in entries:
        put(root / "AVEC2013" / FOLDERS[entry.partition] / "Video" / f"{entry.stem}.mp4", entry)
        label(root / "AVEC2013" / FOLDERS[entry.partition] / "DepressionLabels", entry)
    return root


def avec2013_apart(root: Path, entries: Iterable[Entry] = ENTRIES_2013, put: Put = one_byte) -> Path:
    """Labels in folders of their own, names in capitals."""
    for entry in entries:
        put(root / FOLDERS[entry.partition].upper() / f"{entry.stem}.MP4", entry)
        label(root / f"{FOLDERS[entry.partition]}_DepressionLabels", entry)
    return root


def aligned(root: Path, entries: Iterable[Entry], put: Put) -> Path:
    """Folders of frames, as OpenFace names them; ``put`` writes the frames into the folder that it is given."""
    for entry in entries:
        put(root / FOLDERS[entry.partition] / f"{entry.stem}_aligned", entry)
        label(root / "labels", entry)
    return root


LAYOUTS = {
    "AVEC2014": (avec2014, ENTRIES_2014),
    "AVEC2014 doubled": (avec2014_doubled, ENTRIES_2014),
    "AVEC2014 renamed": (avec2014_renamed, ENTRIES_2014),
    "AVEC2013": (avec2013, ENTRIES_2013),
    "AVEC2013 apart": (avec2013_apart, ENTRIES_2013),
}


def written(corpus: Corpus, base: Path) -> dict[str, Path]:
    """The official partitions of a generated corpus with two tasks, in every form; those of AVEC2013 have one task.

    ``Freeform`` is that task alone in AVEC2014's form.
    """
    recordings = corpus.partition("train", "development", "test")
    corpus.ensure(recordings)
    videos = {(r.id, r.task): r.video for r in recordings}
    entries = [Entry(r.id, r.task, r.partition, int(r.bdi)) for r in recordings]
    freeform = [entry for entry in entries if entry.task == "Freeform"]
    single = [entry._replace(task=None) for entry in freeform]

    def copied(path: Path, entry: Entry) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(videos[entry.session, entry.task or "Freeform"], path)

    def frames(folder: Path, entry: Entry) -> None:
        folder.mkdir(parents=True)
        for frame in Video(videos[entry.session, entry.task or "Freeform"]).frames():
            picture = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(folder / f"frame_det_00_{frame.index + 1:06d}.bmp"), picture)

    made = {
        name: build(base / name, single if of is ENTRIES_2013 else entries, copied)
        for name, (build, of) in LAYOUTS.items()
    }
    made["AVEC2014 frames"] = aligned(base / "AVEC2014 frames", entries, frames)
    made["AVEC2013 frames"] = aligned(base / "AVEC2013 frames", single, frames)
    made["Freeform"] = avec2014(base / "Freeform", freeform, copied)
    return made


def forbid(folder: Path, monkeypatch) -> None:
    """Let a folder be one that may not be looked into, also for root."""
    scandir = os.scandir

    def denied(place):
        if Path(place) == folder:
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(tree.os, "scandir", denied)
