"""Four loaders as code for AVEC usually has them, written without depnb: the standard library, and OpenCV to decode.

Each gives what a training would get: partition, person, label, and the frames of one video.
"""

import csv
import re
from collections.abc import Iterator
from glob import glob
from os import listdir
from os.path import basename, isdir, join
from typing import NamedTuple

import cv2
import numpy as np


class Sample(NamedTuple):
    """What a loader gives; frames uint8 BGR [T, H, W, 3]."""

    partition: str
    person: str
    task: str
    label: int
    frames: np.ndarray


def partition_folders(root: str, label_folder: str = "AVEC2014_DepressionLabels") -> Iterator[Sample]:
    """Videos by partition and task, a CSV file for each recording; test labels from their own archive."""
    for mode in ("Training", "Development", "Testing"):
        if mode == "Testing":
            labels = join(root, "AVEC2014_Labels_Testset", "AVEC2014_Labels_Testset", "Testing", "DepressionLabels")
        else:
            labels = join(root, label_folder, label_folder, f"{mode}_DepressionLabels")
        for task in ("Freeform", "Northwind"):
            videos = join(root, "AVEC2014_AudioVisual", "Video", mode, task)
            for name in sorted(listdir(videos)):
                prefix = name.replace(f"_{task}_video.mp4", "")
                with open(join(labels, f"{prefix}_Depression.csv")) as file:
                    label = int(float(file.read().strip()))
                yield Sample(mode, prefix.split("_")[0], task, label, decoded(join(videos, name)))


def aligned_folders(root: str) -> Iterator[Sample]:
    """Whatever folder is called ``…_aligned``, with a label table of folders."""
    with open(join(root, "labels.csv"), newline="") as file:
        labels = {basename(line["path"]): int(line["label"]) for line in csv.DictReader(file)}
    for folder in sorted(glob(join(root, "*", "*_aligned"))):
        name = basename(folder)
        person, _, task = name.split("_")[:3]
        yield Sample(folder.split("/")[-2], person, task, labels[name], pictures(folder))


def list_of_paths(root: str) -> Iterator[Sample]:
    """A CSV table: a path, which is a video or a folder of pictures, with its label and partition."""
    with open(join(root, "labels.csv"), newline="") as file:
        for line in csv.DictReader(file):
            path = join(root, line["path"])
            frames = pictures(path) if isdir(path) else decoded(path)
            assert len(frames) == int(line["frames"])
            yield Sample(line["partition"], line["subject"], line["task"], int(line["label"]), frames)


def doubled_labels(root: str) -> Iterator[Sample]:
    """AVEC2013: one video per session; labels in a folder in a folder of the same name, those of the test set not."""
    for mode in ("Training", "Development", "Testing"):
        doubled = join(root, "AVEC2013", f"{mode}_DepressionLabels", f"{mode}_DepressionLabels")
        labels = doubled if isdir(doubled) else join(root, "AVEC2013", mode, "DepressionLabels")
        for video in sorted(glob(join(root, "AVEC2013", mode, "Video", "*.mp4"))):
            person, number = re.match(r"(\d+)_(\d+)_cut_combined\.mp4", basename(video)).groups()
            with open(join(labels, f"{person}_{number}_Depression.csv"), newline="") as file:
                ((label,),) = csv.reader(file)
            yield Sample(mode, person, "", int(label), decoded(video))


def clip_list(root: str, length: int) -> list[str]:
    """Lines of ``length`` paths of consecutive pictures and a label, as a list of clips in a text file has them."""
    lines = []
    with open(join(root, "labels.csv"), newline="") as file:
        for line in csv.DictReader(file):
            names = sorted(glob(join(root, line["path"], "frame_det_00_*.bmp")))
            for begin in range(0, len(names) - length + 1, length):
                lines.append(",".join([*names[begin : begin + length], line["label"]]))
    return lines


def decoded(video: str) -> np.ndarray:
    """All frames of a video; as many as its header says."""
    capture = cv2.VideoCapture(video)
    frames = []
    while True:
        there, frame = capture.read()
        if not there:
            break
        frames.append(frame)
    assert len(frames) == int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) > 0
    return np.stack(frames)


def pictures(folder: str) -> np.ndarray:
    """All pictures of a folder in the order of their numbers."""
    return np.stack([cv2.imread(join(folder, name)) for name in sorted(listdir(folder))])
