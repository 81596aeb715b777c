"""Frames per second of ``faces.prepare`` against a plain loop over facenet-pytorch, on the same video.

The loop detects in every frame and does nothing else; ``prepare`` decodes, detects, aligns and writes lossless
crops. Both run in this process on one thread, turn by turn, so that the ratio holds on a busy
machine. With ``--workers`` a generated corpus is prepared as well, in worker processes.

    python benchmarks/faces.py [--workers 2]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from depnb import faces
from depnb.corpus import Recording, open_corpus
from depnb.faces.samples import talking_face_clip

TURNS = 3


def plain_loop(video: Path) -> int:
    """Frames in which facenet-pytorch's ``detect`` was run, one by one."""
    from facenet_pytorch import MTCNN

    detector = MTCNN(select_largest=True)
    count = 0
    for frame in faces.Video(video).frames():
        detector.detect(frame.rgb, landmarks=True)
        count += 1
    return count


def prepared(recordings: list[Recording], workers: int) -> int:
    """Frames that ``prepare`` made crops from, in an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEPNB_CACHE"] = folder
        report = faces.prepare(recordings, workers=workers)
    return report.summary()["frames"]


def rate(work, *arguments) -> float:
    began = time.monotonic()
    return work(*arguments) / (time.monotonic() - began)


def compare(name: str, video: Path) -> None:
    """Best of some turns each."""
    recording = Recording("0_1", None, "test", video, None)
    rates = [(rate(plain_loop, video), rate(prepared, [recording], 1)) for _ in range(TURNS + 1)][1:]
    loop, ours = (max(column) for column in zip(*rates, strict=True))
    print(f"{name}: loop {loop:.1f}, prepare {ours:.1f} frames/s, ratio {ours / loop:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=0)
    workers = parser.parse_args().workers
    import torch

    torch.set_num_threads(1)
    corpus = open_corpus("both-quick")
    chosen = list(corpus.recordings[: 40 if workers else 1])
    corpus.ensure(chosen)
    compare("real clip, 176×144", talking_face_clip())
    compare("generated, 128×128", chosen[0].video)
    if workers:
        speed = rate(prepared, chosen, workers)
        print(f"{len(chosen)} generated videos, {workers} processes: {speed:.0f} frames/s, start included")


if __name__ == "__main__":
    main()
