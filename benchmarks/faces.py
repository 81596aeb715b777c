"""Frames per second of ``faces.prepare`` against a plain loop over facenet-pytorch, on the same video.

The loop detects in every frame and does nothing else; ``prepare`` decodes, detects, aligns and writes lossless
crops. Both run in this process on one thread, turn by turn, so that the ratio holds on a busy
machine. Where the truth is known, the error of the five points of both is compared too. With ``--workers`` a generated
corpus is prepared as well, in worker processes.

    python benchmarks/faces.py [--workers 2]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable

import numpy as np

from depnb import faces
from depnb.corpus import Recording, open_corpus
from depnb.corpus.synthetic import load_truth
from depnb.faces.samples import moved_portrait

TURNS = 3


def plain_loop(recording: Recording) -> dict[int, np.ndarray]:
    """The five points [5, 2] that facenet-pytorch's ``detect`` finds, frame by frame, of the largest face."""
    from facenet_pytorch import MTCNN

    detector = MTCNN(select_largest=True)
    found = {}
    for frame in faces.Video(recording.video).frames():
        _, _, points = detector.detect(frame.rgb, landmarks=True)
        if points is not None:
            found[frame.index] = points[0].astype(np.float64)
    return found


def prepared(recording: Recording) -> dict[int, np.ndarray]:
    """The same of ``prepare``, in an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEPNB_CACHE"] = folder
        faces.prepare([recording], workers=1)
        crops = faces.load(recording, indices=None)
    return dict(zip(crops.index.tolist(), crops.points, strict=True))


def error(found: dict[int, np.ndarray], truth: dict) -> float:
    """Mean distance of the five points from the known ones, as a share of that of the outer eye corners."""
    shares = []
    for index, points in found.items():
        known = truth["landmarks"][index]
        if not truth["visible"][index] or not np.isfinite(known).all():
            continue
        five = np.stack([known[36:42].mean(0), known[42:48].mean(0), known[30], known[48], known[54]])
        shares.append(np.linalg.norm(points - five, axis=1).mean() / np.linalg.norm(known[36] - known[45]))
    return float(np.mean(shares))


def timed(work: Callable, recording: Recording, frames: int) -> tuple[float, dict[int, np.ndarray]]:
    began = time.monotonic()
    found = work(recording)
    return frames / (time.monotonic() - began), found


def compare(name: str, recording: Recording, truth: dict | None = None) -> None:
    """Best of some turns each."""
    frames = faces.Video(recording.video).declared_frames
    turns = [[timed(work, recording, frames) for work in (plain_loop, prepared)] for _ in range(TURNS + 1)][1:]
    loop, ours = (max(turn[side][0] for turn in turns) for side in (0, 1))
    print(f"{name}: loop {loop:.1f}, prepare {ours:.1f} frames/s, ratio {ours / loop:.1f}")
    if truth is not None:
        shares = [100 * error(turns[-1][side][1], truth) for side in (0, 1)]
        added = shares[1] - shares[0]
        print(f"  points, % of the outer eye corners: loop {shares[0]:.2f}, prepare {shares[1]:.2f} ({added:+.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=0)
    workers = parser.parse_args().workers
    import torch

    torch.set_num_threads(1)
    compare("photograph of a face, moved, 176×144", Recording("0_1", None, "test", moved_portrait(), None))
    for size in ("quick", "full"):
        corpus = open_corpus(f"both-{size}")
        first = corpus.recordings[0]
        corpus.ensure([first])
        truth = load_truth(first)
        height, width = (corpus.fingerprint["form"][side] for side in ("height", "width"))
        compare(f"generated, {width}×{height}", first, truth)
    if workers:
        chosen = list(open_corpus("both-quick").recordings[:40])
        with tempfile.TemporaryDirectory() as folder:
            os.environ["DEPNB_CACHE"] = folder
            speed = faces.prepare(chosen, workers=workers).summary()["frames_per_second"]
        print(f"{len(chosen)} generated videos, {workers} processes: {speed:.0f} frames/s, start included")


if __name__ == "__main__":
    main()
