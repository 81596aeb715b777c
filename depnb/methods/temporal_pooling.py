"""Temporal pooling: a few frames as one 8-bit image of codes, and a still image beside it, in two ResNet-50 streams.

W. C. de Melo, E. Granger, M. Bordallo Lopez, *Encoding Temporal Information for Automatic Depression Recognition from
Facial Analysis*, ICASSP 2020. Implemented: §2 (code image, eq. 1–3; both streams), Tables 1–2, fusion of the scores.
What the paper leaves open is decided in ``encode`` and ``Config``; E-numbers name entries of docs/errata.md.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from depnb import profiles
from depnb.augment import strong, strong_shape, turned
from depnb.backbones import ResNetBody, dense_head
from depnb.backbones_v1 import ResNetV1Body
from depnb.clips import Input, centre_on_faces, normalise
from depnb.methods import HONEST, Claim, Figure, Recipe, as_printed, check_switches, later
from depnb.methods.regression import Regression
from depnb.profiles import PRINTED, Profile, Scale
from depnb.weights import IMPORTED

PAPER = "temporal_pooling"
NOTEBOOK = "20_temporal_pooling"
CITATION = (
    "W. C. de Melo, E. Granger, M. Bordallo Lopez: Encoding Temporal Information for Automatic Depression Recognition "
    "from Facial Analysis. IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP), 2020."
)
VERSION = 1
PROFILES = profiles.PROFILES
BITS = 8
"""h, bits of a code (§2: "8 bits per pixel")."""

Group = Literal["contiguous", "interleaved"]
Code = Literal["parity", "halves"]
BitOrder = Literal["lsb_first", "msb_first"]
SWITCHES = {
    "group": ("contiguous", "interleaved"),
    "code": ("parity", "halves"),
    "bit_order": ("lsb_first", "msb_first"),
}


def encode(
    clip: np.ndarray,
    *,
    group: Group = "contiguous",
    code: Code = "parity",
    bit_order: BitOrder = "lsb_first",
    dead_zone: float = 0,
) -> np.ndarray:
    """The code image of one clip (§2, eq. 1–3), step by step; ``encode_clips`` does the same to many clips at once.

    z_t = x_t − x_c, where c = (l − 1)/2 is the middle frame, which is then left out (eq. 1); b_t = 1 where z_t < 0, the
    pixel is *darker* than in the middle, else 0 (eq. 2); groups of the signs b are XORed to one bit each; the code is
    y = Σ_j bit_j · 2^j (eq. 3).

    Args:
        clip: x, integer or float [l, H, W], grey levels of l successive frames (E06).
        group: which signs a bit of ``parity`` joins (E01): α = (l − 1)/8 successive ones, or every eighth.
        code: ``parity``, the default reading: l = 8·α + 1, eight groups of α signs. ``halves``: l = 2·α + 1, the first
            half of the signs XOR the second, h = α bits; for h ≠ 8 the code is stretched, y · 255 / (2^h − 1), and
            rounded. The two readings of E01 that yield one image for each length of the paper.
        bit_order: weight of the oldest group, 1 or the highest (E03).
        dead_zone: τ ≥ 0, grey levels: the bit is 1 only where z < −τ. Ours; the paper has none.

    Returns:
        y, uint8 [H, W].

    Raises:
        TypeError: the clip is not made of integers or floats.
        ValueError: a switch, the shape of the clip or its length is none of the possible ones.
    """
    if clip.dtype.kind not in "iuf":
        raise TypeError(f"A clip of {clip.dtype} cannot be coded: give integers or floats, such as uint8 grey levels.")
    if clip.ndim != 3:
        raise ValueError(f"Expected a clip [l, H, W], got the shape {list(clip.shape)}.")
    length, height, width = clip.shape
    _check(length, group, code, bit_order, dead_zone)
    x = clip.astype(np.float64 if clip.dtype.kind == "f" else np.int64)  # uint8 would wrap round at 0
    middle = length // 2

    z = x - x[middle]  # eq. 1
    signs = np.delete(z, middle, axis=0) < -dead_zone  # eq. 2 [l − 1, H, W]
    if code == "halves":
        groups = signs.reshape(2, -1, height, width).swapaxes(0, 1)  # [h, 2, H, W]
    elif group == "interleaved":
        groups = signs.reshape(-1, BITS, height, width).swapaxes(0, 1)  # [8, α, H, W]
    else:
        groups = signs.reshape(BITS, -1, height, width)
    bits = np.logical_xor.reduce(groups, axis=1)  # [h, H, W], oldest first

    h = len(bits)
    weights = 2.0 ** np.arange(h)
    if bit_order == "msb_first":
        weights = weights[::-1]
    y = np.tensordot(weights, bits, axes=1)  # eq. 3 [H, W]
    return np.rint(y * 255 / (2.0**h - 1)).astype(np.uint8)


def encode_clips(
    clips: Tensor,
    *,
    group: Group = "contiguous",
    code: Code = "parity",
    bit_order: BitOrder = "lsb_first",
    dead_zone: float = 0,
) -> Tensor:
    """``encode`` of many clips at once, on any device; equal to it bit for bit.

    Grey levels are compared as they are, one byte each, and every comparison is folded into the code where it lies:
    nothing is widened, no difference and no sign is stored.

    Args:
        clips: integer or float [..., l, H, W]; any strides, so a view of overlapping clips is not copied.
        group, code, bit_order, dead_zone: as in ``encode``.

    Returns:
        uint8 [..., H, W].

    Raises:
        TypeError, ValueError: as ``encode``.
    """
    if clips.dtype == torch.bool or clips.is_complex():
        raise TypeError(f"Clips of {clips.dtype} cannot be coded: give integers or floats, such as uint8 grey levels.")
    if clips.ndim < 3:
        raise ValueError(f"Expected clips [..., l, H, W], got the shape {list(clips.shape)}.")
    _check(clips.shape[-3], group, code, bit_order, dead_zone)
    frames = clips.detach().unbind(-3)
    frames, limit = _darker_below(frames, frames[len(frames) // 2], dead_zone)

    first, *others = groups = _groups(len(frames), group, code)[:: 1 if bit_order == "msb_first" else -1]
    empty = partial(torch.empty_like, limit, dtype=torch.bool, memory_format=torch.contiguous_format)
    bit, sign = empty(), empty() if len(first) > 1 else None
    one = bit.view(torch.uint8)
    y = _parity(frames, limit, first, out=empty(), sign=sign).view(torch.uint8)  # the highest bit
    if len(groups) != BITS:
        y = y.double()  # exact up to 53 bits
    for other in others:
        _parity(frames, limit, other, out=bit, sign=sign)
        torch.add(one, y, alpha=2, out=y)  # y ← 2y + bit
    return y if len(groups) == BITS else (y * 255 / (2.0 ** len(groups) - 1)).round().to(torch.uint8)


def _parity(frames: tuple[Tensor, ...], limit: Tensor, group: list[int], *, out: Tensor, sign: Tensor | None) -> Tensor:
    """XOR over a group of frames of “darker than the limit”, into ``out``; ``sign`` is a second buffer. Both bool."""
    first, *others = group
    torch.lt(frames[first], limit, out=out)
    for other in others:
        out.logical_xor_(torch.lt(frames[other], limit, out=sign))
    return out


def _darker_below(frames: tuple[Tensor, ...], middle: Tensor, dead_zone: float) -> tuple[tuple[Tensor, ...], Tensor]:
    """Tensors a_t and b of one type such that a_t < b says x_t − x_c < −τ."""
    if dead_zone == 0:
        return frames, middle
    whole = not middle.is_floating_point()
    tau = math.floor(dead_zone) if whole else dead_zone  # a whole difference exceeds τ when it exceeds ⌊τ⌋
    if middle.dtype == torch.uint8:
        tau = min(tau, 255)
        return frames, middle.clamp(min=tau) - tau  # cut at 0: no grey level is darker
    wide = torch.int64 if whole else torch.float64
    differences = tuple(frame.to(wide) - middle.to(wide) for frame in frames)
    return differences, torch.full_like(differences[0], -tau)


def _groups(length: int, group: Group, code: Code) -> list[list[int]]:
    """Frames whose signs make each bit, the oldest bit first."""
    frames = [t for t in range(length) if t != length // 2]
    if code == "halves":
        half = len(frames) // 2
        return [frames[j::half] for j in range(half)]
    if group == "interleaved":
        return [frames[j::BITS] for j in range(BITS)]
    alpha = len(frames) // BITS
    return [frames[j * alpha : (j + 1) * alpha] for j in range(BITS)]


def _check(length: int, group: str, code: str, bit_order: str, dead_zone: float) -> None:
    """Raises: ValueError, for a switch or a length that is none of the possible ones."""
    check_switches(SWITCHES, group=group, code=code, bit_order=bit_order)
    if not 0 <= dead_zone < math.inf:
        raise ValueError(f"dead_zone={dead_zone}: give grey levels, 0 or more.")
    if code == "parity" and (length < BITS + 1 or (length - 1) % BITS):
        raise ValueError(
            f"A clip of {length} frames has no parity code: l − 1 must be a multiple of 8, l = 9, 17, 25, 33, …"
        )
    if code == "halves" and (length < 3 or length % 2 == 0):
        raise ValueError(f"A clip of {length} frames has no two halves around a middle: l must be odd, 3, 5, 7, …")


class StreamNet(Regression):
    """One stream: image → ResNet body → global average → FC 512 → one score (§2). The streams share no parameters.

    At ``Scale()`` it has 24,557,633 parameters. FC 512 is followed by ReLU and not by dropout; the paper names neither.

    Args:
        scale: size of the network.
        version: 1 for the body that VGGFace2's weights are of, 2 for torchvision's.

    Attributes:
        body: the convolutional body.
        attended: its last stage, conv5_x.
        head: global average pooling and the fully connected layers.
    """

    def __init__(self, scale: Scale, version: Literal[1, 2] = 2):
        super().__init__()
        body = ResNetV1Body if version == 1 else ResNetBody
        self.body = body(scale.depth, scale.width)
        self.head = dense_head(self.body.channels, scale.width, 1)

    @property
    def attended(self) -> nn.Module:
        return self.body.layer4

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W], still or code three times, to scores [B, 1]."""
        features = self.body(images)  # [B, C, H/32, W/32]
        return self.head(features)  # [B, 1]


@dataclass(frozen=True)
class Config:
    """Switches that rows run; those of the code alone are arguments of ``encode``.

    Attributes:
        stream: what the network looks at: the code image of a clip, or a still image, which is the clip's middle frame
            (E07).
        length: l, frames of a clip, without gap and without overlap (E08). Of both streams, so that the scores of a
            clip can be averaged.
        group: reading of the groups for the code (E01, E04).
        augment: how training clips are varied, before the coding and with one draw for a clip, because a turned code
            image would hold values that are no codes (E09). ``paper``: mirror, and a turn by up to 30° either way, our
            reading of "rotated around two axes" (E05). ``strong``, the default, is that of the frame networks
            (``augment.strong``), for clips that will be coded its movements alone: forty people are otherwise learnt
            by heart, and two rows of different papers can be compared only if they are varied alike (E103).
        start: of the body: pretrained on the identities of generated people, ImageNet weights of torchvision, from
            scratch, or, at printed size, VGGFace2 weights that were imported. The paper starts both streams from VGG
            Face, whose weights for a ResNet-50 are of VGGFace2 (E70).
        dead_zone: τ of the code, grey levels, 0 in the paper. Without it a pixel in which nothing moves shows the noise
            of the camera.
    """

    stream: Literal["temporal", "appearance"] = "temporal"
    length: int = 9
    group: Group = "contiguous"
    augment: Literal["strong", "paper", "none"] = "strong"
    start: Literal["identity", "imagenet", "scratch", "vggface2-resnet50"] = "identity"
    dead_zone: float = later(0)


def inputs(config: Config, profile: Profile) -> Input:
    """Clips of ``length`` consecutive frames, coded, or their middle frame; one clip after the other at test (E08)."""
    offsets = tuple(range(config.length)) if config.stream == "temporal" else (config.length // 2,)
    prepare = partial(_coded if config.stream == "temporal" else _still, config)
    return Input(prepare, offsets, span=config.length, step=1, grey=config.stream == "temporal")


def _coded(config: Config, clips: Tensor, training: bool) -> Tensor:
    """Grey uint8 [B, l, 1, S, S] to the standardised code image, three times [B, 3, S, S]; varied first (E09)."""
    if training and config.augment != "none":
        varied = strong_shape(clips) if config.augment == "strong" else turned(clips)
        clips = varied.mul(255).add_(0.5).to(torch.uint8)  # [B, l, 1, S, S]
    code = encode_clips(clips[:, :, 0], group=config.group, dead_zone=config.dead_zone)  # [B, S, S]
    return _scaled(config, code[:, None].expand(-1, 3, -1, -1))  # [B, 3, S, S]


def _still(config: Config, clips: Tensor, training: bool) -> Tensor:
    """uint8 [B, 1, 3, S, S] to standardised images [B, 3, S, S]."""
    if training and config.augment != "none":
        clips = strong(clips) if config.augment == "strong" else turned(clips)
    return _scaled(config, clips)[:, 0]  # [B, 3, S, S]


def _scaled(config: Config, pixels: Tensor) -> Tensor:
    """Pixels as the body takes them; codes are taken for grey levels."""
    return centre_on_faces(pixels) if config.start in IMPORTED else normalise(pixels)


def model(config: Config, scale: Scale = PRINTED) -> StreamNet:
    """The network of a row: the same for both streams, which differ in what they are shown."""
    return StreamNet(scale, 1 if config.start in IMPORTED else 2)


ROWS = {
    "appearance": Config(stream="appearance"),
    "temporal_9": Config(length=9),
    "temporal_17": Config(length=17),
    "temporal_25": Config(length=25),
    "temporal_33": Config(length=33),
    "temporal_17_interleaved": Config(length=17, group="interleaved"),
    "temporal_9_dead": Config(length=9, dead_zone=8),
    "appearance_vggface2": Config(stream="appearance", start="vggface2-resnet50"),
    "temporal_9_vggface2": Config(start="vggface2-resnet50"),
}
FUSED = {
    "two_stream": ("appearance", "temporal_9"),
    "two_stream_dead": ("appearance", "temporal_9_dead"),
    "two_stream_vggface2": ("appearance_vggface2", "temporal_9_vggface2"),
}
"""Rows that are not trained: a video's score is the mean of its scores in these rows, seed by seed (§2)."""

# The paper names no partitions: those of the same group's MSN, which trains on both (E10).
PROTOCOLS = {
    "honest": HONEST,
    "paper": as_printed(
        Recipe(
            {"augment": "paper"},
            guesses=(
                "partitions: training and development together, as the same group's MSN",
                "frames of a clip: successive ones of the video, none left out",
                "number of steps and rule of the learning rate: ours, the largest rate as printed",
                "weights before the training: identities of generated people, unless the row says otherwise",
            ),
        ),
    ),
}

STREAMS = ("appearance", "temporal_9", "two_stream", "temporal_9_dead", "two_stream_dead")
LENGTHS = ("temporal_17", "temporal_25", "temporal_33", "temporal_17_interleaved")
HEADLINE = tuple((row, "both") for row in STREAMS[:3])
GRID = {
    "headline": HEADLINE,
    "all": (
        *((row, corpus) for corpus in ("both", "dynamics", "appearance", "null") for row in STREAMS),
        *((row, "both") for row in LENGTHS),
    ),
}

TABLES = {
    "Table 1": {
        "temporal_9": "Temporal stream, l=9",
        "temporal_17": "Temporal stream, l=17",
        "temporal_25": "Temporal stream, l=25",
        "temporal_33": "Temporal stream, l=33",
    },
    "Table 2": {
        "appearance": "Appearance Stream",
        "temporal_9": "Temporal Stream",
        "two_stream": "Two-Stream model",
    },
    "Table 3": {"two_stream": "Ours (two-stream model)"},
    "Table 4": {"two_stream": "Ours (two-stream model)"},
}
"""Printed tables that have rows of ours: our row → the name that the paper prints."""

CLAIMS = (
    Claim("two streams are better than the still image alone (Table 2)", "two_stream", "appearance"),
    Claim("two streams are better than the code image alone (Table 2)", "two_stream", "temporal_9"),
    Claim("9 frames are better than 17 (Table 1)", "temporal_9", "temporal_17"),
    Claim("9 frames are better than 25 (Table 1)", "temporal_9", "temporal_25"),
    Claim("9 frames are better than 33 (Table 1)", "temporal_9", "temporal_33"),
    *(
        Claim(text.format(code), better, worse, corpus=corpus, printed=False)
        for code, row in (("code image", "temporal_9"), ("code image with a dead zone", "temporal_9_dead"))
        for text, better, worse, corpus in (
            ("the {} is better than the constant where only movement tells", row, "constant", "dynamics"),
            ("the {} is better than the still image where only movement tells", row, "appearance", "dynamics"),
            ("the still image is better than the {} where only looks tell", "appearance", row, "appearance"),
        )
    ),
    Claim(
        "the still image is better than the constant where only movement tells (must not be confirmed)",
        "appearance",
        "constant",
        corpus="dynamics",
        printed=False,
    ),
    Claim("the still image is better than both streams together", "appearance", "two_stream", printed=False),
    Claim("the code image is better than both streams together", "temporal_9", "two_stream", printed=False),
    Claim(
        "the code image with a dead zone is better than both streams together",
        "temporal_9_dead",
        "two_stream_dead",
        printed=False,
    ),
    Claim(
        "a dead zone makes the code image better where only movement tells",
        "temporal_9_dead",
        "temporal_9",
        corpus="dynamics",
        printed=False,
    ),
    Claim(
        "17 frames are better in interleaved groups, which keep steady movement (E04)",
        "temporal_17_interleaved",
        "temporal_17",
        printed=False,
    ),
    Claim(
        "two streams are better than the constant where nothing can be learnt (must not be confirmed)",
        "two_stream",
        "constant",
        corpus="null",
        printed=False,
    ),
)

FIGURES = {
    "unseen": Figure(
        "scores",
        ("two_stream",),
        "Two streams: label and predicted score of each unseen person (mean over seeds). Dashed: constant predictor; "
        "grey verticals: BDI-II bands.",
    ),
}
