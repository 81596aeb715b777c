"""Figures 1, 2, 6, 7 and 8 of the DepNet paper, redrawn: sizes come from the modules, comparisons from printed numbers.

No size is written here: a network without content is run, and the drawings show what went through it.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from depnb.inputs.spec import Sample
from depnb.methods import printed
from depnb.methods.depnet.network import DepNet, FeatureAggregation, channel_max_pool
from depnb.methods.shapes import Diagram, Shape, arrow, box, clip_of_a_person, through, times
from depnb.nets.cost import parameters
from depnb.nets.resnet import SqueezeExcitation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 112
SEEN = 48
"""Frames of the person of Fig. 1 among which the drawn ones are."""
CELLS = 7
"""Side of the maps of Fig. 6, which the module itself does not know."""
HATCHES = {"video": "", "audio": "////", "audio+video": "....", "audio+video+metadata": "xxxx"}
"""How a bar of Figs 7 and 8 says what its work has looked at."""


def printed_network(**arguments: Any) -> DepNet:
    """DepNet as printed, without content; arguments as for ``DepNet``."""
    with torch.device("meta"):
        return DepNet(**arguments)


def aggregation_sizes(module: FeatureAggregation, cells: int = CELLS) -> dict[str, Shape]:
    """Shapes behind each step of the FAM for maps of ``cells`` × ``cells``, without the batch, in its order.

    ``conv k``, ``pool k`` are of the temporal convolution in place k (from 1) and of the maximum behind it.
    """
    given = (module.channels, module.frames, cells, cells)
    steps = {f"conv {place}": part for place, part in enumerate(module.temporal, start=1)}
    seen = through(module, given, reduce=module.reduce, join=module.join, **steps)
    llf = torch.empty(seen["reduce"][1], device="meta").movedim(1, 0).unflatten(-1, (cells, cells))  # [T, C, h, w]
    found: dict[str, Shape] = {"llf": (module.frames, module.channels, cells, cells)}
    found["channel pool"] = tuple(channel_max_pool(llf, module.cmp_kernel).shape)
    found["stacked"] = seen["conv 1"][0][1:]
    for name in steps:
        found[name] = seen[name][1]
        found[name.replace("conv", "pool")] = (seen[name][1][0], seen[name][1][2])
    found["joined"], found["hlf"] = seen["join"]
    return found


def draw_pipeline(frames: NDArray[np.uint8], network: DepNet | None = None) -> "Figure":
    """Fig. 1: frames, frozen body, FAM, head, with sizes and numbers of parameters.

    Args:
        frames: uint8 [T, S, S, 3], in their order.
        network: a ``DepNet`` for T frames without content; as printed by default.
    """
    network = network or printed_network(frames=len(frames))
    side = network.scale.input_size
    dense = [part for part in network.head if isinstance(part, nn.Linear)]
    seen = through(network, (len(frames), 3, side, side), body=network.body, fam=network.aggregation, first=dense[0])
    figure, axis = plt.subplots(figsize=(8, 2.1))
    for place, frame in enumerate(frames[::-1]):
        left, low = 0.35 * (len(frames) - 1 - place), 0.22 * (len(frames) - 1 - place)
        axis.imshow(frame, extent=(left, left + 2, low, low + 2), zorder=2 + place)
    axis.text(1.7, -0.15, f"{len(frames)} × {times((3, side, side))}", ha="center", va="top", fontsize=8)
    body = "SE-ResNet" if network.body.se_ratio else "ResNet"
    state = "frozen" if network.features.frozen else "trained"
    llf, hlf = f"{len(frames)} × {times(seen['body'][1])}", times(seen["fam"][1])
    hidden = seen["first"][1][0]
    steps = (
        (f"{body}-{network.scale.depth}\n{state}", network.body, llf, 2.3, network.features.frozen),
        ("FAM", network.aggregation, hlf, 1.4, False),
        (f"FC {hidden}, ReLU,\ndropout, FC 1", network.head, "score", 2.3, False),
    )
    left = 4.3
    for text, part, made, width, dashed in steps:
        arrow(axis, (left - 0.6, 1.45), (left, 1.45))
        box(axis, (left, 0.8, width, 1.3), text, f"{parameters(part):,}\nparameters", dashed)
        left += width
        arrow(axis, (left, 1.45), (left + 0.6, 1.45))
        room = 0.14 * len(made) + 0.4
        axis.text(left + 0.65 + room / 2, 1.45, made, ha="center", va="center", fontsize=8)
        left += 0.7 + room + 0.6
    axis.set(xlim=(-0.1, left - 0.5), ylim=(-0.6, 3.1), aspect="equal")
    axis.set_axis_off()
    return figure


def draw_squeeze(excitation: SqueezeExcitation | None = None, side: int = CELLS) -> "Figure":
    """Fig. 2: squeeze, excitation and scale of one block, with sizes.

    Args:
        excitation: without content; that of the last block of the printed network by default.
        side: of the maps.
    """
    part: Any = excitation or printed_network().body.layer4[-1].get_submodule("bn3.se")
    channels = part.fc1.in_features
    seen = through(part, (channels, side, side), fc1=part.fc1, fc2=part.fc2)
    maps, squeezed, hidden, scaled = (channels, side, side), seen["fc1"][0], seen["fc1"][1], seen["fc2"][1]
    figure, axis = plt.subplots(figsize=(8, 1.75))
    axis.text(0.2, 0, f"$U$\n{times(maps)}", ha="center", va="center", fontsize=8.5)
    steps = (
        ("squeeze:\nmean of a map", squeezed, "$z$", 2.0),
        ("FC $W_1$,\nReLU $\\delta$", hidden, "", 1.5),
        ("FC $W_2$,\nsigmoid $\\sigma$", scaled, "$s$", 1.6),
    )
    left = 1.1
    for text, size, name, width in steps:
        box(axis, (left, 0.55, width, 1.1), text)
        axis.text(left + width + 0.65, 1.25, f"{name}  {times(size)}".strip(), ha="center", va="bottom", fontsize=8.5)
        arrow(axis, (left + width, 1.1), (left + width + 1.3, 1.1))
        left += width + 1.3
    look: dict[str, Any] = {"color": "0.2", "linestyle": "-", "marker": "", "linewidth": 0.9}
    axis.plot([0.2, 0.2], [0.35, 1.1], **look)
    arrow(axis, (0.2, 1.1), (1.1, 1.1))
    box(axis, (left, 0.55, 1.9, 1.1), "scale:\n$s_c \\cdot u_c$")
    axis.plot([0.9, left + 0.95], [0, 0], **look)
    arrow(axis, (left + 0.95, 0), (left + 0.95, 0.55))
    arrow(axis, (left + 1.9, 1.1), (left + 2.5, 1.1))
    axis.text(left + 2.6, 1.1, f"$\\tilde X$  {times(maps)}", ha="left", va="center", fontsize=8.5)
    axis.set(xlim=(-0.7, left + 4.6), ylim=(-0.5, 1.9), aspect="equal")
    axis.set_axis_off()
    return figure


def draw_aggregation(module: FeatureAggregation | None = None, cells: int = CELLS) -> "Figure":
    """Fig. 6: the FAM step by step, with the size behind each.

    Args:
        module: without content; as printed, repaired (E40, E41), by default.
        cells: side of the maps.
    """
    if module is None:
        with torch.device("meta"):
            module = FeatureAggregation()
    sizes = aggregation_sizes(module, cells)
    figure, axis = plt.subplots(figsize=(8, 3.95))
    _step(axis, 0, 0, 2.0, "LLFs", sizes["llf"])
    _step(axis, 2.7, 0, 2.2, f"C. Max Pool,\n{module.cmp_kernel} channels", sizes["channel pool"])
    _step(axis, 5.6, 0, 1.5, "flatten,\nstack", sizes["stacked"])
    temporal: list[Any] = list(module.temporal)
    heights = np.linspace(3.6, -3.6, len(temporal) + len(module.statistics))
    for place, height in enumerate(heights, start=1):
        arrow(axis, (7.1, 0), (8.0, height))
        if place <= len(temporal):
            taps, rows = temporal[place - 1][0].kernel_size[0], sizes[f"conv {place}"][1]
            _step(axis, 8.0, height, 2.1, f"conv {taps}×1", sizes[f"conv {place}"])
            arrow(axis, (10.1, height), (10.8, height))
            _step(axis, 10.8, height, 2.2, f"max pool {rows}×1", sizes[f"pool {place}"])
        else:
            statistic = module.statistics[place - 1 - len(temporal)]
            name = {"amax": "max", "mean": "average"}[statistic.__name__]
            _step(axis, 8.0, height, 5.0, f"{name} pool {module.frames}×1", (1, *sizes["stacked"][1:]))
        arrow(axis, (13.0, height), (13.9, 0))
    _step(axis, 13.9, 0, 1.5, "concat", sizes["joined"])
    _step(axis, 16.1, 0, 1.9, "conv 1×1:\nHLF", sizes["hlf"])
    for start, end in ((2.0, 2.7), (4.9, 5.6), (15.4, 16.1)):
        arrow(axis, (start, 0), (end, 0))
    axis.set(xlim=(-0.1, 18.1), ylim=(-4.75, 4.3), aspect="equal")
    axis.set_axis_off()
    return figure


def draw_challenge(source: str) -> "Figure":
    """Figs 7 and 8 as bars: RMSE and MAE of entries to the challenge beside the paper's own, all as printed.

    Args:
        source: ``Figure 7`` or ``Figure 8``.
    """
    numbers = printed.printed("depnet", source)
    names = list(dict.fromkeys(numbers["method"]))
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 0.9 + 0.27 * len(names)), sharey=True)
    for axis, metric in zip(axes, ("RMSE", "MAE"), strict=True):
        own = numbers[numbers["metric"] == metric].set_index("method")
        for place, name in enumerate(names):
            entry = own.loc[name]
            kind = entry["modality_note"].partition(";")[0]
            if np.isnan(entry["value"]):
                axis.text(0.1, place, "not printed", va="center", fontsize=7)
                continue
            colour = "C1" if entry["is_ours"] else "0.75"
            axis.barh(place, entry["value"], 0.72, color=colour, hatch=HATCHES[kind], edgecolor="0.3", linewidth=0.6)
            axis.text(entry["value"] + 0.1, place, f"{entry['value']:g}", va="center", fontsize=7)
        axis.set_xlabel(f"{metric} (printed), {numbers['dataset'].iloc[0]}")
        axis.set_xlim(0, 1.12 * own["value"].max())
    axes[0].set_yticks(range(len(names)), [name.replace("( ", "(").replace("Ours", "DepNet") for name in names])
    axes[0].invert_yaxis()
    kinds = [note.partition(";")[0] for note in dict.fromkeys(numbers["modality_note"])]
    handles = [
        plt.Rectangle((0, 0), 1, 1, facecolor="white", edgecolor="0.3", hatch=2 * HATCHES[kind], label=kind)
        for kind in HATCHES
        if kind in kinds
    ]
    figure.legend(handles=handles, fontsize=7, loc="outside upper center", ncols=len(handles))
    return figure


def fig1() -> "Figure":
    """Fig. 1 with five random frames of one unseen person of the generated corpus “both”, in their order."""
    frames = clip_of_a_person(SEEN, SIDE)
    return draw_pipeline(frames[Sample(1).frame_indices(0, 0, len(frames), 5)])


def _step(axis: "Axes", left: float, height: float, width: float, text: str, size: Sequence[int]) -> None:
    """A box around ``height`` with a text, and the size of what leaves it below."""
    lines = text.count("\n") + 1
    box(axis, (left, height - 0.3 * lines, width, 0.6 * lines), text)
    axis.text(left + width / 2, height - 0.3 * lines - 0.08, times(size), ha="center", va="top", fontsize=7.5)


CHALLENGE = "as printed by the paper; hatching says what an entry has looked at, orange is the paper's own."

FIGURES = {
    "fig1": Diagram(
        "From frames to score: five random frames, a body that is not trained, the aggregation, and a head whose first "
        "layer has most of what is trained; below each its parameters. Sizes come from the network; Fig. 1 of the "
        "paper, redrawn with a generated person.",
        fig1,
    ),
    "fig2": Diagram(
        "Squeeze and excitation in the last block of SE-ResNet-50; sizes come from the network; Fig. 2 of the paper, "
        "redrawn.",
        draw_squeeze,
        clip=False,
    ),
    "fig6": Diagram(
        "The Feature Aggregation Module as built, where the printed sizes cannot be (E40, E41); below each step the "
        "size of what leaves it, from the module itself; after Fig. 6 of the paper.",
        draw_aggregation,
        clip=False,
    ),
    "fig7": Diagram(
        f"Entries to the AVEC2013 challenge and DepNet, {CHALLENGE} Team-australia has one number (E54).",
        partial(draw_challenge, "Figure 7"),
        clip=False,
        data="printed numbers, `depnb/papers/paper_tables.csv`",
    ),
    "fig8": Diagram(
        f"Entries to the AVEC2014 challenge and DepNet, {CHALLENGE} SAIL has one number (E54).",
        partial(draw_challenge, "Figure 8"),
        clip=False,
        data="printed numbers, `depnb/papers/paper_tables.csv`",
    ),
}
