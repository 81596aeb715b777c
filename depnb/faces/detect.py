"""Faces in pictures: the three networks of MTCNN on batches of frames.

Zhang et al., "Joint face detection and alignment using multitask cascaded convolutional networks", IEEE
Signal Processing Letters 23(10), 2016. Networks and weights come with facenet-pytorch; the cascade around
them is written here because the library's own fails on batches whose frames hold different numbers of faces,
and because following one face needs the last network alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

THRESHOLDS = (0.6, 0.7, 0.7)
PYRAMID_FACTOR = 0.709
SMALLEST_FACE_PX = 20
MIN_FACE = 1 / 8
NETWORK_BATCH = 512


@dataclass(frozen=True)
class Faces:
    """Faces of one frame, the largest first. A frame without a face has n = 0.

    Attributes:
        boxes: float32 ``[n, 4]``: left, top, right, bottom in frame pixels.
        scores: float32 ``[n]``: probability of being a face, 0–1.
        points: float32 ``[n, 5, 2]``: left eye, right eye, nose tip, left and right mouth corner as seen in
            the picture; x right, y down, frame pixels, pixel centres at integers.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)


class Detector:
    """The three networks on one device.

    Args:
        device: where the networks run, ``cpu`` or ``cuda``.
        min_face: side of the smallest face that is looked for, as a share of the frame's shorter side
            (never below 20 pixels, the smallest that MTCNN is made for).
    """

    def __init__(self, device: str = "cpu", min_face: float = MIN_FACE):
        from facenet_pytorch.models.mtcnn import ONet, PNet, RNet  # imports torchvision: seconds

        self.device = torch.device(device)
        self.min_face = min_face
        self._propose, self._refine, self._output = (
            network().eval().requires_grad_(False).to(self.device) for network in (PNet, RNet, ONet)
        )

    @torch.inference_mode()
    def detect(self, frames: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> list[Faces]:
        """Find all faces of equally large RGB frames ``[H, W, 3]``; one entry per frame.

        Raises:
            ValueError: frames of different sizes, or not uint8 RGB.
        """
        if len(frames) == 0:
            return []
        _check_frames(frames)
        boxes, owners = self._proposals(frames)

        offsets, scores, _ = self._run(self._refine, frames, boxes, owners, 24)
        keep = scores > THRESHOLDS[1]
        boxes, owners, offsets, scores = boxes[keep], owners[keep], offsets[keep], scores[keep]
        keep = _suppress(boxes, scores, owners, 0.7)
        boxes, owners = _square(_shift(boxes[keep], offsets[keep])), owners[keep]

        offsets, scores, points = self._run(self._output, frames, boxes, owners, 48)
        keep = scores > THRESHOLDS[2]
        boxes, owners, scores, points = boxes[keep], owners[keep], scores[keep], points[keep]
        boxes = _shift(boxes, offsets[keep])
        return [
            _largest_first(*_without_nested(boxes[owners == k], scores[owners == k], points[owners == k]))
            for k in range(len(frames))
        ]

    @torch.inference_mode()
    def verify(self, frames: Sequence[NDArray[np.uint8]], boxes: NDArray[np.float32]) -> Faces:
        """Look at one box ``[4]`` per frame with the last network alone; entry k belongs to frame k.

        The score says whether the box still holds a face; box and points are refined.
        """
        squares = _square(np.asarray(boxes, np.float32))
        offsets, scores, points = self._run(self._output, frames, squares, np.arange(len(frames)), 48)
        return Faces(_shift(squares, offsets), scores, points)

    def _proposals(self, frames) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """First network on an image pyramid: square boxes ``[n, 4]`` and the frame of each ``[n]``."""
        height, width = frames[0].shape[:2]
        scale = 12 / max(SMALLEST_FACE_PX, self.min_face * min(height, width))
        boxes, scores, owners = [], [], []
        while min(height, width) * scale >= 12:
            size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
            small = np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames])
            offsets, probabilities = self._propose(self._input(small))
            probabilities = probabilities[:, 1]  # [B, h, w]
            at, row, column = torch.nonzero(probabilities > THRESHOLDS[0], as_tuple=True)
            corner = torch.stack([column, row], 1) * 2.0  # [n, 2]
            square = torch.cat([corner, corner + 12], 1) / scale
            found = square, probabilities[at, row, column], at, offsets[at, :, row, column]
            box, score, owner, offset = (value.cpu().numpy() for value in found)  # [n, 4], [n], [n], [n, 4]
            keep = _suppress(box, score, owner, 0.5)
            boxes.append(_shift(box[keep], offset[keep]))
            scores.append(score[keep])
            owners.append(owner[keep])
            scale *= PYRAMID_FACTOR
        if not boxes:
            return np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
        box, score, owner = np.concatenate(boxes), np.concatenate(scores), np.concatenate(owners)
        keep = _suppress(box, score, owner, 0.7)
        return _square(box[keep]), owner[keep]

    def _run(self, network, frames, boxes, owners, size: int):
        """Offsets ``[n, 4]``, face probability ``[n]`` and points ``[n, 5, 2]`` (zeros if it gives none)."""
        patches, boxes = _patches(frames, boxes, owners, size)
        outputs = [network(self._input(patches[k : k + NETWORK_BATCH])) for k in range(0, len(patches), NETWORK_BATCH)]
        if not outputs:
            return np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        offsets = torch.cat([o[0] for o in outputs]).cpu().numpy()
        scores = torch.cat([o[-1][:, 1] for o in outputs]).cpu().numpy()
        points = np.zeros((len(boxes), 5, 2), np.float32)
        if len(outputs[0]) == 3:
            relative = torch.cat([o[1] for o in outputs]).cpu().numpy().reshape(-1, 2, 5).transpose(0, 2, 1)
            side = boxes[:, None, 2:] - boxes[:, None, :2]
            points = boxes[:, None, :2] + relative * side - 0.5
        return offsets, scores, points.astype(np.float32)

    def _input(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        batch = torch.from_numpy(pictures).to(self.device).permute(0, 3, 1, 2)  # [B, 3, h, w]
        return (batch.float() - 127.5) / 128


@lru_cache(maxsize=4)
def detector(device: str = "cpu", min_face: float = MIN_FACE) -> Detector:
    """The detector of this process: networks are loaded once."""
    return Detector(device, min_face)


def detect_frames(
    frames: NDArray[np.uint8] | Sequence[NDArray[np.uint8]],
    *,
    device: str = "cpu",
    min_face: float = MIN_FACE,
    batch: int = 8,
) -> list[Faces]:
    """Find all faces in every frame of ``[T, H, W, 3]`` uint8 RGB, or of one picture ``[H, W, 3]``.

    Args:
        frames: equally large pictures.
        device: ``cpu`` or ``cuda``.
        min_face: side of the smallest face looked for, as a share of the frame's shorter side.
        batch: frames that go through the networks together; it changes results by rounding only.

    Returns:
        One ``Faces`` per frame.

    Raises:
        ValueError: frames of different sizes, or not uint8 RGB.
    """
    if isinstance(frames, np.ndarray) and frames.ndim == 3:
        frames = frames[None]  # [1, H, W, 3]
    found = detector(device, min_face)
    return [f for k in range(0, len(frames), batch) for f in found.detect(frames[k : k + batch])]


def _check_frames(frames) -> None:
    first = frames[0]
    for frame in frames:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ValueError(f"Expected uint8 RGB frames [H, W, 3]; found {frame.dtype} {list(frame.shape)}.")
        if frame.shape != first.shape:
            raise ValueError(
                f"Frames of a batch must be of one size; found {list(first.shape)} and {list(frame.shape)}."
            )


def _patches(frames, boxes, owners, size: int):
    """Cut boxes out (rounded to whole pixels, black outside the frame) and scale them to ``size`` ×
    ``size``."""
    whole = np.round(boxes).astype(np.int64)
    whole[:, 2:] = np.maximum(whole[:, 2:], whole[:, :2] + 1)
    patches = np.zeros((len(boxes), size, size, 3), np.uint8)
    for patch, (left, top, right, bottom), owner in zip(patches, whole, owners, strict=True):
        frame = frames[owner]
        height, width = frame.shape[:2]
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if x0 >= x1 or y0 >= y1:
            continue
        cut = frame[y0:y1, x0:x1]
        if (x0, y0, x1, y1) != (left, top, right, bottom):
            cut = cv2.copyMakeBorder(cut, y0 - top, bottom - y1, x0 - left, right - x1, cv2.BORDER_CONSTANT)
        cv2.resize(cut, (size, size), dst=patch, interpolation=cv2.INTER_AREA)
    return patches, whole.astype(np.float32)


def _shift(boxes, offsets):
    """Bounding-box regression: offsets are in units of the box's sides."""
    side = boxes[:, 2:] - boxes[:, :2]
    return (boxes + offsets * np.concatenate([side, side], 1)).astype(np.float32)


def _square(boxes):
    """Smallest squares around the same centres."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], 1).astype(np.float32)


def _suppress(boxes, scores, owners, overlap: float) -> NDArray[np.int64]:
    from torchvision.ops import batched_nms

    keep = batched_nms(torch.from_numpy(boxes), torch.from_numpy(scores), torch.from_numpy(owners), overlap)
    return keep.numpy()


def _without_nested(boxes, scores, points, overlap: float = 0.7):
    """Drop a box that shares more than ``overlap`` of the smaller area with one of higher score."""
    order = np.argsort(-scores, kind="stable")
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept: list[int] = []
    for k in order:
        shared = [
            np.prod(np.maximum(np.minimum(boxes[k, 2:], boxes[j, 2:]) - np.maximum(boxes[k, :2], boxes[j, :2]), 0))
            / min(area[k], area[j])
            for j in kept
        ]
        if not shared or max(shared) <= overlap:
            kept.append(k)
    return boxes[kept], scores[kept], points[kept]


def _largest_first(boxes, scores, points) -> Faces:
    order = np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), kind="stable")
    return Faces(boxes[order], scores[order], points[order])
