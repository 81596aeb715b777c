"""What may be shown of a face: a neutral head in its place, or a blur; the face itself only where nobody exists.

``shown`` is the one way on which notebooks, widgets and figures come by a picture of a corpus's people.
"""

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from depnb.corpus.records import Corpus
from depnb.corpus.synthetic.behaviour import CHANNELS
from depnb.corpus.synthetic.geometry import HALF_VIEW, landmarks as landmarks_of, pose_of
from depnb.corpus.synthetic.people import Person, Scene
from depnb.corpus.synthetic.render import render
from depnb.faces.align import CROP_SIZE, TEMPLATE, similarity
from depnb.faces.landmarks import COUNT

Pictures = NDArray[np.uint8]
Points = NDArray[np.floating]

CELLS = 5
"""A blurred picture has so many cells along its shorter side. Of 124 aligned crops (40 generated people, two people in
photographs turned, scaled, mirrored, darkened) MTCNN finds a face in 80 % with 16 cells, in 23 % with 8, in up to 8 %
with 7, and in none with 6 or 5, whole, halved, framed or stretched in contrast."""

HEAD_SIDE = 640
EVEN = 0.10, 14
"""Differences of brightness and distances in pixels over which the skin is made as even as plaster."""
BUST_ENDS = (1.42, 1.66), (1.05, 1.45)
"""Face units below and beside the head, beyond what an aligned crop shows, between which the bust fades out."""
BACKGROUND = 240
LIGHTER = 0.6
"""Exponent on the brightness of the head relative to the background."""
FINE = 4
"""A picture is drawn so many times larger in each direction, and reduced."""
LINE, DOT, RADIUS = (95, 150, 190), (0, 82, 130), 1.5
"""Colours of the landmarks (RGB): readable on the grey head, under a heat map and for the colour-blind."""
CONTOURS = (
    (*range(17),),
    (*range(17, 22),),
    (*range(22, 27),),
    (*range(27, 31),),
    (*range(31, 36),),
    (*range(36, 42), 36),
    (*range(42, 48), 42),
    (*range(48, 60), 48),
    (*range(60, 68), 60),
)
"""Landmarks that a line joins: jaw, brows, nose, eyes, lips."""
FARTHEST = 4.0
"""A landmark farther from the picture than so many of its sides is not drawn."""

_GREY = (0.80, 0.80, 0.80)
NOBODY = Person(
    face_width=0.67,
    forehead=0.91,
    chin=0.90,
    taper=0.24,
    depth=0.50,
    eye_x=0.295,
    eye_y=-0.105,
    eye_width=0.137,
    eye_height=0.056,
    eye_tilt=0.0,
    nose_width=0.132,
    nose_tip=0.225,
    nose_height=0.16,
    mouth_y=0.485,
    mouth_width=0.24,
    upper_lip=0.042,
    lower_lip=0.055,
    brow_gap=0.167,
    brow_thickness=0.018,
    brow_arch=0.03,
    rest_mouth=0.0,
    rest_brow=0.0,
    rest_lid=0.0,
    asymmetry=0.0,
    age=0.2,
    tone=0.5,
    skin=_GREY,
    hair=(0.50, 0.50, 0.50),
    iris=(0.40, 0.40, 0.40),
    lip_red=0.4,
    freckles=0.0,
    hairline=0.56,
    parting=0.0,
    hair_volume=0.0,
    hair_style="bald",
    beard=0.0,
    glasses="",
    glasses_colour=_GREY,
    texture_seed=0,
)
"""The middle of what the generator draws, without hair, colour and age."""
NOWHERE = Scene(
    light_x=0.0,
    light_y=-0.35,
    ambient=0.45,
    fill=0.15,
    exposure=1.0,
    warmth=0.0,
    background=(1.0, 1.0, 1.0),
    background_kind="wall",
    shirt=(0.45, 0.45, 0.45),
    collar=False,
    noise=0.0,
    softness=0.0,
    scale=0.8,
    shift_x=0.0,
    shift_y=0.0,
    texture_seed=0,
)


def shown(
    corpus: Corpus,
    pictures: Pictures,
    landmarks: Points | None = None,
    points: Points | None = None,
    how: Literal["neutral", "blur"] = "neutral",
) -> Pictures:
    """Pictures of a corpus's people as they may be shown.

    Of a generated corpus they are what they are. Of a licensed one no pixel comes out: there are neutral heads in the
    places of the faces, or, if that is asked for, blurs.

    Args:
        corpus: whose recordings the pictures are from.
        pictures: uint8 RGB [n, H, W, 3], or one [H, W, 3]; aligned crops in any size, or whole frames.
        landmarks: drawn on a neutral head, [n, 68, 2] in pixels of the pictures, unknown ones NaN; where even their
            places should not be shown, leave them out.
        points: the five points of each face [n, 5, 2] in pixels of the pictures, needed for whole frames; without them
            the pictures are aligned crops. All NaN: there is no face.
        how: ``neutral`` or ``blur``, of a licensed corpus.

    Returns:
        uint8 RGB of the same shape.

    Raises:
        ValueError: an unknown ``how``, shapes that do not fit, or whole frames without ``points``.
    """
    if how not in ("neutral", "blur"):
        raise ValueError(f"how={how!r}: choose from neutral, blur.")
    if pictures.ndim == 3:
        marks, five = (None if places is None else places[None] for places in (landmarks, points))
        return shown(corpus, pictures[None], marks, five, how)[0]  # [H, W, 3]
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype != np.uint8:
        raise ValueError(f"Expected pictures uint8 [n, H, W, 3], got {pictures.dtype} {list(pictures.shape)}.")
    if not corpus.licensed:
        return pictures
    if how == "blur":
        return blurred(pictures)
    count, height, width, _ = pictures.shape
    return neutral(count, (height, width), landmarks, points)


def neutral(
    count: int,
    size: int | tuple[int, int] = CROP_SIZE,
    landmarks: Points | None = None,
    points: Points | None = None,
) -> Pictures:
    """The same grey head of nobody in each of ``count`` pictures, with the landmarks of faces drawn on it.

    Args:
        count: n.
        size: side of aligned crops in pixels, or (height, width) of whole frames.
        landmarks: [n, 68, 2] in pixels of these pictures, unknown ones NaN; None: only the head.
        points: the five points [n, 5, 2] that the head is moved to; None: where faces lie in an aligned crop. A picture
            whose points are not all known has no head.

    Returns:
        uint8 RGB [n, H, W, 3].

    Raises:
        ValueError: shapes that do not fit, or pictures that are not square without ``points``.
    """
    height, width = (size, size) if isinstance(size, int) else size
    for name, places, known in (("landmarks", landmarks, COUNT), ("points", points, len(TEMPLATE))):
        if places is not None and places.shape != (count, known, 2):
            raise ValueError(f"Expected {name} [{count}, {known}, 2], got {list(places.shape)}.")
    if points is None and height != width:
        raise ValueError(f"A picture of {height}×{width} pixels is no aligned crop: give the five points of each face.")
    if points is None:
        aligned = (TEMPLATE + 0.5) * (height / CROP_SIZE) - 0.5
        head = _placed(aligned, height, width)
    drawn = np.empty((count, height, width, 3), np.uint8)
    for k, picture in enumerate(drawn):
        large = head.copy() if points is None else _placed(points[k], height, width)
        if landmarks is not None:
            _draw(large, landmarks[k], max(height, width) / CROP_SIZE)
        cv2.resize(large, (width, height), dst=picture, interpolation=cv2.INTER_AREA)
    return drawn


def blurred(pictures: Pictures) -> Pictures:
    """Pictures of which the mean colours of ``CELLS`` cells along the shorter side are left, with smooth transitions.

    MTCNN finds no face in them, but who has other pictures of the people, or many blurs of one, may still tell who it
    is: a blur hides less than a neutral head.

    Args:
        pictures: uint8 RGB [n, H, W, 3].
    """
    height, width = pictures.shape[1:3]
    cell = min(height, width) / CELLS
    cells = max(1, round(width / cell)), max(1, round(height / cell))
    made = np.empty_like(pictures)
    for target, picture in zip(made, pictures, strict=True):
        coarse = cv2.resize(picture, cells, interpolation=cv2.INTER_AREA)
        cv2.resize(coarse, (width, height), dst=target, interpolation=cv2.INTER_LINEAR)
    return made


def _placed(five: Points, height: int, width: int) -> Pictures:
    """The head moved so that its five points come to lie at ``five``, ``FINE`` times larger: [FINE·H, FINE·W, 3]."""
    if not np.isfinite(five).all():
        return np.full((FINE * height, FINE * width, 3), BACKGROUND, np.uint8)
    grey, own = _head()
    matrix = similarity(own, (np.asarray(five, np.float32) + 0.5) * FINE - 0.5)
    moved = cv2.warpAffine(grey, matrix, (FINE * width, FINE * height), borderValue=BACKGROUND)
    return np.repeat(moved[..., None], 3, axis=-1)  # [FINE·H, FINE·W, 3]


@lru_cache(maxsize=1)
def _head() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The head in grey levels uint8 [640, 640], and its five points [5, 2]."""
    size = HEAD_SIDE, HEAD_SIDE
    still = {name: np.zeros(1) for name in (*CHANNELS, "lid")}
    head, empty = (
        render({**still, "hidden": np.full(1, hidden)}, NOBODY, NOWHERE, size).numpy()[0].mean(-1, dtype=np.float32)
        for hidden in (0, 2)
    )  # [640, 640] each, the second without anybody
    grey = cv2.bilateralFilter(np.clip(head / empty, 0, 1), -1, *EVEN) ** LIGHTER
    grey = BACKGROUND * (1 + (grey - 1) * _bust())
    (places,) = landmarks_of(NOBODY, pose_of(still, NOBODY, NOWHERE, dims=1), size).numpy()  # [68, 2]
    five = np.stack([places[36:42].mean(0), places[42:48].mean(0), places[30], places[48], places[54]])  # [5, 2]
    return grey.round().astype(np.uint8), five


def _bust() -> NDArray[np.float64]:
    """1 where the head's picture is kept, 0 where it has faded out: [640, 640]."""
    unit = HEAD_SIDE / (2 * HALF_VIEW) * NOWHERE.scale
    away = (np.arange(HEAD_SIDE) - (HEAD_SIDE - 1) / 2) / unit  # face units from the middle
    below, beside = (
        np.clip((end - distance) / (end - start), 0, 1)
        for distance, (start, end) in zip((away, np.abs(away)), BUST_ENDS, strict=True)
    )
    return np.minimum(below[:, None], beside[None])


def _draw(large: Pictures, places: Points, unit: float) -> None:
    """Landmarks [68, 2] in pixels of the small picture as dots, neighbours joined, onto the large one in place."""
    known = np.all(np.isfinite(places), -1)
    places = (np.where(known[:, None], places, 0.0) + 0.5) * FINE - 0.5
    known &= (np.abs(places) <= FARTHEST * max(large.shape)).all(-1)
    at = np.where(known[:, None], places, 0.0).round().astype(int).tolist()
    for contour in CONTOURS:
        for first, second in zip(contour, contour[1:], strict=False):
            if known[first] and known[second]:
                cv2.line(large, at[first], at[second], LINE, max(1, round(0.7 * unit * FINE)), cv2.LINE_AA)
    for place, there in zip(at, known, strict=True):
        if there:
            cv2.circle(large, place, max(1, round(RADIUS * unit * FINE)), DOT, cv2.FILLED, cv2.LINE_AA)
