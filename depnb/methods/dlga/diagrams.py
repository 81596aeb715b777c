"""Figures 2, 3, 5 and 6 of the DLGA-CNN paper, redrawn, and the attention to each patch drawn on its face.

No size is written here: a network without content is run, and the drawings show what went through it.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from depnb.faces import landmarks_24
from depnb.faces.points24 import DIRECT, MIDPOINTS, MOUTH
from depnb.methods.dlga.attention import LocalAttention
from depnb.methods.dlga.network import DLGACNN, LandmarkedFrames
from depnb.methods.dlga.patch_grid import PATCHES, patch_cells, patch_starts
from depnb.methods.dlga.pyramid import WeightedPyramidPooling
from depnb.methods.shapes import Diagram, Shape, arrow, box, face_of_a_person, through, times
from depnb.nets.cost import parameters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 8
"""Pixels of a frame that a cell of the map stands for, on each side: three pools 2×2."""
SELECTED = tuple(sorted({*DIRECT, *(point for pair in MIDPOINTS for point in pair)}))
"""The landmarks that are used at all, from 1; the paper lists them."""
COUNTS_OF_POINTS = (len(DIRECT), len(MIDPOINTS) - 2, 2, len(MOUTH))
KINDS_OF_POINTS = (
    ("landmarks", "o", "#0173b2", "white"),
    ("midpoints at the eyes", "s", "#de8f05", "black"),
    ("midpoints on the cheeks", "D", "#029e73", "white"),
    ("beside the mouth", "h", "#f0e442", "black"),
)
"""What the 24 points are made of, in their order: how many there are; name, marker, colour, and that of the number."""
HALO: dict[str, Any] = {"color": "white", "fontsize": 6, "ha": "center", "va": "center"}


class Bin(NamedTuple):
    """Elements of a vector of which a bin has the largest, from ``first`` to ``last``."""

    first: int
    last: int


def printed_network(**arguments: Any) -> DLGACNN:
    """DLGA-CNN as printed, without content; arguments as for ``DLGACNN``."""
    with torch.device("meta"):
        return DLGACNN(**arguments)


def network_sizes(network: DLGACNN) -> dict[str, tuple[Shape, Shape]]:
    """Shapes that go into the parts of a network without content and come out of them, without the batch.

    ``body``; ``local`` and ``global`` (of its two results ρ), ``convolutions`` before the latter, where the network has
    them; ``head``, ``first`` (its first dense layer).
    """
    side = network.size
    inputs = LandmarkedFrames(*(torch.empty(1, *shape, device="meta") for shape in ((3, side, side), (PATCHES, 2))))
    parts = {"body": network.body, "head": network.head, "first": _dense(network)}
    if network.local:
        parts["local"] = network.local
    if network.global_:
        parts |= {"convolutions": network.global_.convolutions, "global": network.global_}
    return through(network, inputs, **parts)


def module_sizes(module: LocalAttention) -> dict[str, tuple[Shape, Shape]]:
    """The same of the layers of one local attention module: ``first``, ``second``, ``vector``, ``conv``, ``hidden``,
    ``logit``.

    Args:
        module: of one patch, without content.
    """
    own = module.attention
    layers = {"vector": own.vector, "conv": own.conv, "hidden": own.hidden, "logit": own.logit}
    return through(module, module.shape, first=module.first, second=module.second, **layers)


def levels(module: WeightedPyramidPooling) -> list[tuple[float, list[Bin]]]:
    """Weight and bins of each level of a pyramid, fine to coarse, as the module itself takes them."""
    ramp = torch.arange(float(module.features))[None]  # [1, D]
    last, first = (module(ramp) / module.weights)[0], (module(-ramp) / -module.weights)[0]  # [outputs] each
    found, begin = [], 0
    for count, _ in module.levels:
        own = slice(begin, begin + count)
        bins = [Bin(int(a), int(b)) for a, b in zip(first[own].tolist(), last[own].tolist(), strict=True)]
        found.append((module.weights[begin].item(), bins))
        begin += count
    return found


def draw_points(
    face: NDArray[np.uint8], landmarks: NDArray[np.float32], mouth_right: Literal["mirror", "literal"] = "mirror"
) -> "Figure":
    """Fig. 3: from 68 landmarks to 24 patches, in the order of our table (E74).

    Args:
        face: a crop, uint8 RGB [224, 224, 3].
        landmarks: its 68, [68, 2] in crop pixels.
        mouth_right: as in ``landmarks_24`` (E73).
    """
    points = landmarks_24(landmarks, len(face), mouth_right=mouth_right)  # [24, 2]
    pairs, single = len(MIDPOINTS), len(DIRECT)
    figure, axes = plt.subplots(2, 3, figsize=(6.6, 4.7))
    titles = (
        f"(a) {len(landmarks)} landmarks",
        f"(b) {len(SELECTED)} of them",
        f"(c) {pairs} pairs, {len(MOUTH)} corners",
        f"(d) {pairs} midpoints, {len(MOUTH)} at the mouth",
        f"(e) {len(points)} points",
        f"(f) {len(points)} patches",
    )
    for axis, title in zip(axes.flat, titles, strict=True):
        _face(axis, face)
        axis.set_title(title, fontsize=9)
    chosen = landmarks[_places(SELECTED)]
    _dots(axes[0, 0], landmarks, "C0")
    _dots(axes[0, 1], chosen, "C0")
    for number, (x, y) in zip(SELECTED, chosen, strict=True):
        axes[0, 1].annotate(str(number), (x, y), xytext=(2, 2), textcoords="offset points", fontsize=6)
    for axis in (axes[0, 2], axes[1, 0]):
        for ends in MIDPOINTS:
            axis.plot(*landmarks[_places(ends)].T, color="C1", linestyle="-", marker="o", markersize=3, linewidth=1)
        _dots(axis, landmarks[_places(MOUTH)], "C2", "^")
    _dots(axes[1, 0], points[single : single + pairs], "white")
    for corner, target in zip(landmarks[_places(MOUTH)], points[single + pairs :], strict=True):
        look = {"arrowstyle": "->", "color": "black", "shrinkA": 0, "shrinkB": 0}
        axes[1, 0].annotate("", target, corner, arrowprops=look)
    _numbered(axes[1, 1], points)
    _dots(axes[1, 2], points, "white")
    _patches(axes[1, 2], points, len(face))
    return figure


def draw_key(
    face: NDArray[np.uint8], landmarks: NDArray[np.float32], outlined: Sequence[int] = (4, 10, 23)
) -> "Figure":
    """The 24 points with their numbers on one large face, what each is made of, and the patches of some of them.

    Args:
        face: a crop, uint8 RGB [224, 224, 3].
        landmarks: its 68, [68, 2] in crop pixels.
        outlined: numbers of the points whose patches are drawn.
    """
    points = landmarks_24(landmarks, len(face))  # [24, 2]
    margin = CELL * patch_cells(len(face)) / 2 + CELL
    (left, top), (right, bottom) = points.min(0) - margin, points.max(0) + margin
    width = 6.4
    figure, axis = plt.subplots(figsize=(width, width * (bottom - top) / (right - left) + 0.4))
    _face(axis, face)
    axis.set(xlim=(left, right), ylim=(bottom, top))
    _patches(axis, points[_places(outlined)], len(face), "black")
    begin = 0
    for (name, marker, colour, ink), count in zip(KINDS_OF_POINTS, COUNTS_OF_POINTS, strict=True):
        own = points[begin : begin + count]
        look: dict[str, Any] = {"markersize": 15, "markeredgecolor": "white", "linestyle": ""}
        axis.plot(*own.T, marker=marker, color=colour, label=name, **look)
        for number, (x, y) in enumerate(own, start=begin + 1):
            axis.text(x, y, str(number), zorder=4, **HALO | {"color": ink, "fontsize": 8.5, "weight": "bold"})
        begin += count
    figure.legend(loc="outside lower center", ncols=4, fontsize=8, markerscale=0.55, handletextpad=0.2)
    return figure


def draw_pipeline(face: NDArray[np.uint8], points: NDArray[np.floating], network: DLGACNN | None = None) -> "Figure":
    """Figs 1 and 5: from a face with its points to a score, with sizes and numbers of parameters.

    Args:
        face: uint8 RGB [S, S, 3].
        points: its 24, [24, 2] in pixels.
        network: without content; as printed by default.
    """
    network = network or printed_network()
    sizes = network_sizes(network)
    figure, axis = plt.subplots(figsize=(8, 2.9))
    axis.imshow(face, extent=(0, 2.6, -1.3, 1.3), zorder=2)
    axis.plot(*_to(points, len(face), 2.6).T, color="C1", linestyle="", marker="o", markersize=2, zorder=3)
    axis.text(1.3, -1.4, f"{times(sizes['body'][0])},\n{len(points)} points", ha="center", va="top", fontsize=8)
    arrow(axis, (2.6, 0), (3.3, 0))
    _step(axis, (3.3, 0), 2.7, "Depressed-\nCNN", times(sizes["body"][1]), network.body)
    branches = [branch for branch in ("local", "global") if branch in sizes]
    for branch, height in zip(branches, [1.75, -1.75] if len(branches) > 1 else [0], strict=True):
        arrow(axis, (6.0, 0.15 * height), (6.9, height))
        given, made = sizes[branch]
        if branch == "local":
            _step(axis, (6.9, height), 2.7, f"{given[0]} patches", times(given))
            _step(axis, (10.3, height), 2.7, f"{given[0]} local\nattentions", times(made), network.local)
        elif network.global_:
            layers = network.global_.convolutions
            _step(axis, (6.9, height), 2.7, f"max pool,\n{len(layers)} conv", times(sizes["convolutions"][1]), layers)
            _step(axis, (10.3, height), 2.7, "global\nattention", times(made), network.global_.attention)
        arrow(axis, (9.6, height), (10.3, height))
        arrow(axis, (13.0, height), (13.9, 0.15 * height))
    ends: list[tuple[str, str, nn.Module | None, float]] = [("concat", times(sizes["head"][0]), None, 1.7)]
    if isinstance(network.head[0], WeightedPyramidPooling):
        ends.append(("WSPP", times(sizes["first"][0]), None, 1.7))
    ends.append((f"FC {times(sizes['first'][1])}, ReLU,\nFC 1", "score", network.head, 3.0))
    left = 13.9
    for text, size, part, width in ends:
        _step(axis, (left, 0), width, text, size, part)
        left += width + 0.7
        if part is None:
            arrow(axis, (left - 0.7, 0), (left, 0))
    axis.set(xlim=(-0.1, left - 0.6), ylim=(-3.6, 2.6), aspect="equal")
    axis.set_axis_off()
    return figure


def draw_module(module: LocalAttention | None = None) -> "Figure":
    """Fig. 2, right: one local attention module, with sizes.

    Args:
        module: of one patch, without content; as printed by default.
    """
    if module is None:
        with torch.device("meta"):
            module = LocalAttention(printed_network().body.channels, count=1)
    sizes = {name: tuple(map(times, (given, made))) for name, (given, made) in module_sizes(module).items()}
    kernel = times(module.first.kernel_size)
    figure, axis = plt.subplots(figsize=(8, 2.0))
    axis.text(0.9, 0, f"$Pa_j$\n{sizes['first'][0]}", ha="center", va="center", fontsize=8.5)
    _sized(axis, (2.3, 0), 1.7, f"conv {kernel},\nReLU", sizes["first"][1])
    _sized(axis, (4.7, 0), 1.7, "conv 1×1,\nReLU", sizes["second"][1])
    how = "flatten" if module.attention.flat else "means"
    _sized(axis, (7.5, 1.2), 3.0, f"{how}, FC, ReLU", f"{sizes['vector'][0]} → {sizes['vector'][1]}")
    steps = (
        (7.5, 1.7, "max pool\n2×2", sizes["conv"][0]),
        (9.9, 1.7, "conv 1×1,\nReLU", sizes["conv"][1]),
        (12.3, 1.7, "FC, ReLU", sizes["hidden"][1]),
        (14.7, 1.7, "FC,\nsigmoid", sizes["logit"][1]),
    )
    for left, width, text, size in steps:
        _sized(axis, (left, -1.2), width, text, size)
    for start, end in (
        ((1.7, 0), (2.3, 0)),
        ((4.0, 0), (4.7, 0)),
        ((6.4, 0.2), (7.5, 1.2)),
        ((6.4, -0.2), (7.5, -1.2)),
        *(((left + width, -1.2), (left + width + 0.7, -1.2)) for left, width, *_ in steps),
        ((10.5, 1.2), (17.0, 0.3)),
        ((17.0, -0.9), (17.0, -0.3)),
    ):
        arrow(axis, start, end)
    axis.text(11.2, 1.35, "$\\varphi_j$", fontsize=9)
    axis.text(17.35, -1.2, "$\\alpha_j$", fontsize=9, ha="center", va="center")
    axis.text(17.2, 0, "$\\rho_j = \\alpha_j \\varphi_j$", fontsize=9, ha="center", va="center")
    axis.set(xlim=(-0.3, 18.7), ylim=(-2.5, 2.2), aspect="equal")
    axis.set_axis_off()
    return figure


def draw_pyramid(module: WeightedPyramidPooling | None = None, parts: Sequence[int] | None = None) -> "Figure":
    """Fig. 6: the vector of features, and which of them each bin of each level has the largest of.

    Args:
        module: as printed by default.
        parts: how many features each patch, and then the face, has in it; those of the printed network by default.

    Raises:
        ValueError: the parts are not as many features as the module takes.
    """
    if parts is None:
        network: Any = printed_network()
        parts = (*[network.local.outputs // PATCHES] * PATCHES, network.global_.outputs)
    module = module or WeightedPyramidPooling(sum(parts))
    if sum(parts) != module.features:
        raise ValueError(f"Parts of {sum(parts)} features together, and a pyramid over {module.features}.")
    figure, axis = plt.subplots(figsize=(8, 2.9))
    found = levels(module)
    begin = 0
    for number, count in enumerate(parts):
        colour = "C2" if number == len(parts) - 1 else f"C{number % 2}"
        axis.barh(0, count, 0.62, begin, color=colour, edgecolor="0.2", linewidth=0.5)
        begin += count
    for line, (weight, bins) in enumerate(found, start=1):
        for number, (first, last) in enumerate(bins):
            shade = ("0.9", "0.65")[number % 2]
            axis.barh(line, last - first + 1, 0.62, first, color=shade, edgecolor="0.2", linewidth=0.4)
        unseen = module.features - 1 - bins[-1].last
        if unseen:
            axis.barh(line, unseen, 0.62, bins[-1].last + 1, color="white", edgecolor="0.4", hatch="xxxx", linewidth=0)
        lengths = sorted({last - first + 1 for first, last in bins})
        window = "–".join(map(str, lengths if len(lengths) == 1 else (lengths[0], lengths[-1])))
        tail = f"; {unseen} left out" if unseen else ""
        text = f"{len(bins)} of {window}, × {Fraction(weight)}{tail}"
        axis.text(module.features * 1.01, line, text, va="center", fontsize=8)
    axis.text(module.features * 1.01, 0, f"{module.features} features", va="center", fontsize=8)
    total = len(found) + 0.75
    axis.text(module.features * 1.01, total, f"together {module.outputs}", va="center", fontsize=8, weight="bold")
    axis.set_yticks(range(len(found) + 1), ["patches and face", *(f"level {line + 1}" for line in range(len(found)))])
    axis.set(xlim=(0, module.features * 1.34), ylim=(total + 0.4, -0.6))
    axis.set_xticks([0, module.features // 2, module.features])
    axis.set_xlabel("number of the feature", loc="left")
    axis.spines["bottom"].set_bounds(0, module.features)
    return figure


def draw_attention(
    pictures: NDArray[np.uint8], points: NDArray[np.floating], weights: NDArray[np.floating], titles: Sequence[str]
) -> "Figure":
    """α of the 24 patches on their faces, in one colour scale from the smallest to the largest.

    The number is the patch's, in the paper's order; the disc is the larger, the larger its α.

    Args:
        pictures: uint8 RGB [n, S, S, 3].
        points: [n, 24, 2] in their pixels.
        weights: α, [n, 24].
        titles: of the n faces.

    Raises:
        ValueError: not one point, weight and title each.
    """
    if points.shape != (*weights.shape, 2) or not len(pictures) == len(points) == len(titles):
        raise ValueError(
            f"{len(pictures)} faces, points {list(points.shape)}, weights {list(weights.shape)}, {len(titles)} titles: "
            f"give as many of each."
        )
    low, high = float(weights.min()), float(weights.max())
    span = max(high - low, 1e-9)
    figure, axes = plt.subplots(1, len(pictures), figsize=(2.1 * len(pictures) + 0.7, 2.5), squeeze=False)
    for axis, picture, own, alpha, title in zip(axes[0], pictures, points, weights, titles, strict=True):
        _face(axis, picture)
        sizes = 40 + 110 * (alpha - low) / span
        discs = axis.scatter(*own.T, s=sizes, c=alpha, cmap="viridis", vmin=low, vmax=high, edgecolor="white", zorder=3)
        for number, (place, value) in enumerate(zip(own, alpha, strict=True), start=1):
            dark = (value - low) / span < 0.6
            axis.text(*place, str(number), **HALO | {"color": "white" if dark else "black", "zorder": 4})
        axis.set_title(title, fontsize=8)
    figure.colorbar(discs, ax=axes.ravel().tolist(), shrink=0.7, pad=0.01, label="α")
    return figure


def fig3() -> "Figure":
    """Fig. 3 on one unseen person of the generated corpus “both”."""
    return draw_points(*face_of_a_person())


def fig5() -> "Figure":
    """Figs 1 and 5 with the same person."""
    face, landmarks = face_of_a_person()
    return draw_pipeline(face, landmarks_24(landmarks, len(face)))


def _dense(network: DLGACNN) -> nn.Linear:
    return next(part for part in network.head if isinstance(part, nn.Linear))


def _places(numbers: Sequence[int]) -> list[int]:
    """Landmarks are numbered from 1 in the paper."""
    return [number - 1 for number in numbers]


def _to(points: NDArray[np.floating], size: int, side: float) -> NDArray[np.floating]:
    """Pixels of a frame of ``size`` to a square of ``side`` around height 0, its left edge at 0."""
    x, y = ((points + 0.5) * side / size).T
    return np.stack([x, side / 2 - y], axis=1)  # [n, 2]


def _face(axis: "Axes", picture: NDArray[np.uint8]) -> None:
    """In light grey, so that what is drawn on it stands out."""
    height, width = picture.shape[:2]
    grey = picture.mean(2)  # [S, S]
    axis.imshow(grey, cmap="gray", vmin=2 * grey.min() - grey.max(), vmax=max(grey.max(), 1))
    axis.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axis.set_axis_off()


def _dots(axis: "Axes", points: NDArray[np.floating], colour: str, marker: str = "o") -> None:
    look: dict[str, Any] = {"marker": marker, "markersize": 4, "markeredgecolor": "black", "markeredgewidth": 0.5}
    axis.plot(*points.T, color=colour, linestyle="", **look)


def _numbered(axis: "Axes", points: NDArray[np.floating]) -> None:
    axis.plot(*points.T, color="C0", linestyle="", marker="o", markersize=8, markeredgecolor="white")
    for number, (x, y) in enumerate(points, start=1):
        axis.text(x, y, str(number), zorder=4, **HALO)


def _patches(axis: "Axes", points: NDArray[np.floating], size: int, colour: str = "") -> None:
    from matplotlib.patches import Rectangle

    cells = patch_cells(size)
    inside = torch.from_numpy(np.asarray(points)).clamp(0, size - 1)
    starts = patch_starts(inside, size, size // CELL, cells).numpy()  # [24, 2]
    for number, (column, row) in enumerate(starts):
        place = CELL * column - 0.5, CELL * row - 0.5
        look: dict[str, Any] = {
            "edgecolor": colour or f"C{number % 6}",
            "linestyle": ("-", "--")[number % 2],
            "fill": False,
        }
        axis.add_patch(Rectangle(place, CELL * cells, CELL * cells, linewidth=1, **look))


def _step(
    axis: "Axes", place: tuple[float, float], width: float, text: str, made: str, part: nn.Module | None = None
) -> None:
    """A box from ``place``, the middle of its left edge; below it the size of what leaves it, and its parameters."""
    left, height = place
    counted = f"\n({parameters(part):,})" if part else ""
    box(axis, (left, height - 0.65, width, 1.3), text)
    axis.text(left + width / 2, height - 0.75, made + counted, ha="center", va="top", fontsize=7.5)


def _sized(axis: "Axes", place: tuple[float, float], width: float, text: str, size: str) -> None:
    """A box from ``place``, the middle of its left edge, with the size of what leaves it below."""
    left, height = place
    box(axis, (left, height - 0.5, width, 1.0), text)
    axis.text(left + width / 2, height - 0.6, size, ha="center", va="top", fontsize=7.5)


FIGURES = {
    "fig2": Diagram(
        "One of the 24 local attention modules: below each step the size of what leaves it, from the module itself; "
        "the paper's Fig. 2, redrawn.",
        draw_module,
        clip=False,
    ),
    "fig3": Diagram(
        "From 68 landmarks to 24 patches: (a) all, (b) those that are used, (c) pairs and the corners of the mouth, "
        "(d) midpoints and what lies beside the mouth, (e) the 24 points in the paper's order, (f) the cells of the "
        "map around each, here in pixels. Fig. 3 of the paper, redrawn with a generated person.",
        fig3,
    ),
    "fig5": Diagram(
        "From a face with 24 points to a score; below each step the size of what leaves it and, in brackets, its "
        "parameters, from the network itself; Figs 1 and 5 of the "
        "paper, redrawn with a generated person.",
        fig5,
    ),
    "fig6": Diagram(
        "Weighted spatial pyramid pooling as built: on top the features of 24 patches and of the face, below the "
        "windows of each level, taken from the module, its weight, and crossed out what no window reaches; after "
        "Fig. 6 of the paper.",
        draw_pyramid,
        clip=False,
    ),
}
