"""Where trained networks look: sentences, tables and figures from the numbers of ``benchmarks/where_it_looks.py``."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from depnb.faces.regions import PLANTED, REGIONS
from depnb.system.repository import ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEASURED = ROOT / "benchmarks" / "where_it_looks.json"
STROKES = (
    range(0, 17), range(17, 22), range(22, 27), range(27, 31), range(31, 36),
    (*range(36, 42), 36), (*range(42, 48), 42), (*range(48, 60), 48), (*range(60, 68), 60),
)  # fmt: skip
"""Lines through the 68 landmarks: jaw, brows, nose, eyes, lips."""
LOOKS = {"trained": ("C0", "o"), "null": ("C3", "s"), "untrained": ("0.5", "^")}
STILL, FINE, COARSE = "distribution/expectation", "second stage", "last stage"
KINDS = {
    "trained": ("both", "trained", "trained on “both”"),
    "null": ("null", "trained", "trained on “null”"),
    "untrained": ("both", "untrained", "untrained weights"),
}
"""The network and its two controls: corpus, weights, and how they are named."""
PAINTED = ("as painted", "after alignment")
"""How pictures without and with severity are put beside each other."""
Measured = Mapping[str, Any]
Line = Mapping[str, Any]


def measured() -> Measured:
    """The committed numbers.

    Raises:
        FileNotFoundError: this package lies outside of a checkout.
    """
    if not MEASURED.exists():
        raise FileNotFoundError(f"No {MEASURED}: work in a checkout, or run `python -m benchmarks.where_it_looks`.")
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def line(content: Measured, row: str, corpus: str, of: str, weights: str = "trained") -> Line | None:
    """The numbers of one kind of map of a row's networks; ``None`` where they were not measured."""
    wanted = {"row": row, "corpus": corpus, "map": of, "weights": weights}
    return next((one for one in content["networks"] if wanted.items() <= one.items()), None)


def kinds(content: Measured, row: str, of: str) -> dict[str, Line]:
    """The network trained on “both” and its controls, as far as they were measured."""
    found = {kind: line(content, row, corpus, of, weights) for kind, (corpus, weights, _) in KINDS.items()}
    return {kind: one for kind, one in found.items() if one}


def against_chance(number: Mapping[str, float], area: float) -> str:
    """Whether an interval lies above, below or around the share of the area."""
    if number["low"] > area:
        return "more than their area"
    return "less than their area" if number["high"] < area else "not told apart from their area"


def against(number: Mapping[str, float], control: Mapping[str, float]) -> str:
    """Whether two intervals lie apart."""
    if number["low"] > control["high"]:
        return "more than"
    return "less than" if number["high"] < control["low"] else "not told apart from"


def percent(number: Mapping[str, float]) -> str:
    """A share with its interval."""
    return f"{number['mean']:.0%} [{number['low']:.0%}, {number['high']:.0%}]"


def sentences(content: Measured, row: str = STILL, of: str = FINE) -> dict[str, str]:
    """What came out for a row and its controls, sentences by what they are about."""
    found = kinds(content, row, of)
    own, people = found["trained"], content["provenance"]["people"]
    area, share = own["area"]["planted"], own["energy"]["planted"]
    seeds = "one seed" if own["seeds"] == 1 else f"{own['seeds']} seeds"
    said = {
        "trained": f"`{row}` trained on generated “both” ({seeds}) has an RMSE of {own['rmse']:.2f} on unseen people, "
        f"the constant predictor {own['constant']:.2f}. On {people} of them, {percent(share)} of its map inside the "
        f"face lie on mouth, eyes and brows, which have {area:.0%} of the face: {against_chance(share, area)}."
    }
    for kind, whose in (("null", "The network trained on “null” has"), ("untrained", "Untrained weights have")):
        if kind in found:
            control = found[kind]["energy"]["planted"]
            said[kind] = (
                f"{whose} {percent(control)} there, {against_chance(control, area)}; the share of the network trained "
                f"on “both” is {against(share, control)} this."
            )
    outside = own["outside"]
    said["outside"] = f"Outside the face lie {percent(outside)} of its map and {outside['area']:.0%} of the crop."
    changes = own["covered"]
    first, second = sorted(REGIONS, key=lambda name: -changes[name]["mean"])[:2]
    said["covered"] = (
        f"Of the regions painted over, “{first}” changes the score most, by {points(changes[first])}, then “{second}”, "
        f"by {points(changes[second])}; painting over all outside the face changes it by {points(changes['outside'])}."
        f"{_of_seeds(changes[first])}"
    )
    if "null" in found:
        same = found["null"]["covered"][first]
        said["covered on null"] = (
            f"The network trained on “null” moves by {points(same)} when “{first}” is painted over: the change of the "
            f"network trained on “both” is {against(changes[first], same)} this."
        )
    return said | {"verdict": verdict(content, row, of)}


def in_short(content: Measured) -> list[str]:
    """The sentences of the box: the network, its control on “null”, and what follows."""
    said = sentences(content)
    return [text for about, text in said.items() if about not in ("untrained", "outside")]


def verdict(content: Measured, row: str = STILL, of: str = FINE) -> str:
    """What the maps are worth here, in one sentence from the numbers."""
    found = kinds(content, row, of)
    own, changes = found["trained"], found["trained"]["covered"]
    share, area = own["energy"]["planted"], own["area"]["planted"]
    names = {"null": "the network trained on “null”", "untrained": "untrained weights"}
    controls = {name: found[kind]["energy"]["planted"] for kind, name in names.items() if kind in found}
    if own["rmse"] >= own["constant"]:
        return "The network does not beat the constant predictor, so its maps have nothing to explain."
    used = max(PLANTED, key=lambda name: changes[name]["mean"])
    rest = max(set(REGIONS).difference(PLANTED), key=lambda name: changes[name]["mean"])
    said = "The network beats the constant predictor, and its maps"
    if against_chance(share, area) != "more than their area":
        said += " do not lie on the planted places"
    elif same := [name for name, control in controls.items() if against(share, control) != "more than"]:
        said += f" lie on the planted places no more than those of {' and '.join(same)}"
    else:
        return f"{said} lie on the planted places, more than those of the controls."
    if changes[used]["low"] > changes[rest]["high"]:
        return (
            f"{said}, although painting over “{used}”, a planted place, changes its score more than any other part of "
            "the face does."
        )
    return f"{said}; painting over does not single out a planted place either."


def checks(content: Measured) -> list[str]:
    """What the sanity checks say of Grad-CAM of the still network, one sentence a map and a last one."""
    said, follows = [], []
    for of in dict.fromkeys(one["map"] for one in content["cascade"]):
        head = next(one for one in content["cascade"] if one["map"] == of)
        pairs = {one["against"]: one for one in content["alike"] if (one["row"], one["map"]) == (STILL, of)}
        texts = [f"{name} {rho(one)}" for name, one in pairs.items()]
        said.append(
            f"{of}: with an untrained “{head['stage']}” alone the maps have a rank correlation of {rho(head)} with "
            f"those of the trained network; of other pairs: {', '.join(texts)}."
        )
        follows.append(head["high"] < 0.5)
        if "two seeds" in pairs:
            controls = {name: one for name, one in pairs.items() if name != "two seeds"}
            closer = [name for name, one in controls.items() if against(pairs["two seeds"], one) == "more than"]
            other = [name for name in controls if name not in closer]
            said[-1] += f" Two seeds are closer to each other than to: {', '.join(closer) or 'no control'}"
            said[-1] += f"; not than to: {', '.join(other)}." if other else "."
    changes = "The maps change with the weights: an untrained head alone leaves a rank correlation below 0.5."
    stays = "Some maps hardly change with the weights: an untrained head alone leaves a rank correlation above 0.5."
    return [*said, changes if all(follows) else stays]


def _of_seeds(number: Mapping[str, Any]) -> str:
    """The means of single seeds, where there are several."""
    single = number["of_seeds"]
    texts = [f"{value:.1f}" for value in single]
    return f" For the single seeds the first of these is {', '.join(texts)} points." if len(single) > 1 else ""


def points(number: Mapping[str, float]) -> str:
    """A number of BDI-II points with its interval."""
    return f"{number['mean']:.1f} [{number['low']:.1f}, {number['high']:.1f}] points"


def of_pictures(content: Measured) -> pd.DataFrame:
    """Where pictures differ between no severity and the highest, by region: percent of the face."""
    found = content["pictures"]
    return pd.DataFrame(
        {"region": name, "% of the face's area": f"{100 * found['as painted']['area'][name]:.0f}"}
        | {
            f"% of the difference in the face, {how}": f"{100 * found[how]['energy'][name]['mean']:.0f}"
            for how in PAINTED
        }
        for name in (*REGIONS, "planted")
    ).replace("planted", "mouth, eyes and brows")


def pointing(content: Measured, row: str = STILL, of: str = FINE) -> pd.DataFrame:
    """The pointing game of a row and its controls: percent of the maps, beside the area."""
    found = kinds(content, row, of)
    return pd.DataFrame(
        {"region": name.replace("planted", "mouth, eyes and brows"), "chance": f"{found['trained']['area'][name]:.0%}"}
        | {KINDS[kind][2]: percent(one["pointing"][name]) for kind, one in found.items()}
        for name in (*REGIONS, "planted")
    )


def alike(content: Measured) -> pd.DataFrame:
    """Rank correlations of maps with those of other networks on the same frames."""
    return pd.DataFrame(
        {"network": one["row"], "map": one["map"], "compared with": one["against"], "rank correlation": rho(one)}
        for one in content["alike"]
    )


def rho(number: Mapping[str, float]) -> str:
    """A correlation with its interval."""
    return f"{number['mean']:.2f} [{number['low']:.2f}, {number['high']:.2f}]".replace("-", "−")


def patches(content: Measured, row: str = "dlga/dlga") -> list[str]:
    """What came out for the patch attention beside Grad-CAM of the same networks; nothing where it was not measured."""
    said = []
    for of in ("patch attention", COARSE):
        one = line(content, row, "both", of)
        if one:
            share, area = one["energy"]["planted"], one["area"]["planted"]
            said.append(
                f"`{row}`, {of}: {percent(share)} of the map inside the face lie on mouth, eyes and brows, which have "
                f"{area:.0%} of it: {against_chance(share, area)}."
            )
    return said


def mean_maps(content: Measured) -> "Figure":
    """Where the signal is, as painted and after alignment, and the mean maps of networks; one scale, 1 is chance."""
    panels: list[tuple[str, Any]] = [
        (f"the signal,\n{how}", content["pictures"][how]["mean_map"][0]) for how in PAINTED
    ]
    panels += [
        (f"{KINDS[kind][2]},\n{of}", one["mean_map"][0])
        for of in (FINE, COARSE)
        for kind, one in kinds(content, STILL, of).items()
    ]
    columns = 4
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(7.2, 2.05 * rows), squeeze=False, layout="constrained")
    image: Any = None
    for axis, (title, heat) in zip(axes.flat, panels, strict=False):
        image = heat_map(axis, heat, content["landmarks"])
        axis.set_title(title, fontsize=7.5)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    figure.colorbar(image, ax=axes, shrink=0.6, label="energy per area (1: even)", extend="max")
    return figure


def heat_map(axis: "Axes", heat: Any, marks: Any, most: float = 2.5) -> Any:
    """One map with the lines of the mean face over it; ``marks`` [68, 2] in shares of the side."""
    image = axis.imshow(heat, cmap="magma", vmin=0, vmax=most, extent=(0, 1, 1, 0), interpolation="bilinear")
    face_lines(axis, marks)
    axis.set_axis_off()
    return image


def face_lines(axis: "Axes", marks: Any, color: str = "white") -> None:
    """Lines through 68 landmarks."""
    places = np.asarray(marks)
    for stroke in STROKES:
        own = places[list(stroke)]
        axis.plot(own[:, 0], own[:, 1], color=color, linestyle="-", marker="", linewidth=0.8)


def energies(content: Measured, rows: Sequence[tuple[str, str]] = ((STILL, FINE), (STILL, COARSE))) -> "Figure":
    """Energy over area of each region, with intervals: a network, its control on “null”, untrained weights."""
    names = (*REGIONS, "planted")
    figure, axes = plt.subplots(1, len(rows), figsize=(7.2, 3.0), sharey=True, squeeze=False, layout="constrained")
    for axis, (row, of) in zip(axes[0], rows, strict=True):
        axis.axhline(1, color="black", linestyle=":", marker="", linewidth=1, label="even")
        for shift, (kind, one) in enumerate(kinds(content, row, of).items()):
            colour, marker = LOOKS[kind]
            for place, name in enumerate(names):
                number, area = one["energy"][name], one["area"][name]
                x = place + 0.22 * (shift - 1)
                axis.plot(
                    [x] * 2, [number["low"] / area, number["high"] / area], color=colour, linestyle="-", marker=""
                )
                axis.plot(
                    x, number["mean"] / area, color=colour, marker=marker, linestyle="",
                    label=KINDS[kind][2] if place == 0 else None,
                )  # fmt: skip
        axis.set_xticks(range(len(names)), ["mouth", "eyes", "brows", "nose", "rest of\nface", "mouth,\neyes,\nbrows"])
        axis.tick_params(axis="x", labelsize=7)
        axis.set_title(f"{row}, {of} {'×'.join(map(str, kinds(content, row, of)['trained']['grid']))}", fontsize=8)
    axes[0, 0].set_ylabel("share of energy / share of area")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7)
    return figure


def cascade(content: Measured) -> "Figure":
    """How alike maps stay while the network loses its training, stage by stage from the score to the pixels."""
    figure, axis = plt.subplots(figsize=(6.0, 2.8), layout="constrained")
    stages: list[str] = []
    for of in dict.fromkeys(one["map"] for one in content["cascade"]):
        own = [one for one in content["cascade"] if one["map"] == of]
        stages = [one["stage"].removeprefix("body.") for one in own]
        means = [1.0, *(one["mean"] for one in own)]
        axis.plot(range(len(means)), means, label=of)
        low, high = ([1.0, *(one[end] for one in own)] for end in ("low", "high"))
        axis.fill_between(range(len(means)), low, high, alpha=0.2, linewidth=0)
    axis.axhline(0, color="0.6", linestyle=":", marker="", linewidth=1)
    axis.set_xticks(range(len(stages) + 1), ["trained", *stages], fontsize=7)
    axis.set_xlabel("untrained down to this stage")
    axis.set_ylabel("rank correlation\nwith the trained map")
    axis.legend(fontsize=8)
    return figure


def coverings(content: Measured, row: str = STILL) -> "Figure":
    """How far the score moves when a region is painted over, of a network and of its control on “null”."""
    figure, axis = plt.subplots(figsize=(6.0, 2.6), layout="constrained")
    found = {kind: one for kind, one in kinds(content, row, COARSE).items() if kind != "untrained"}
    names = (*REGIONS, "outside")
    for shift, (kind, one) in enumerate(found.items()):
        colour, marker = LOOKS[kind]
        for place, name in enumerate(names):
            number, x = one["covered"][name], place + 0.18 * (shift - 0.5)
            axis.plot([x] * 2, [number["low"], number["high"]], color=colour, linestyle="-", marker="")
            label = KINDS[kind][2] if place == 0 else None
            axis.plot(x, number["mean"], color=colour, marker=marker, linestyle="", label=label)
    axis.set_xticks(range(len(names)), [name.replace(" of ", " of\n") for name in names])
    axis.set_ylim(bottom=0)
    axis.set_ylabel("mean change of the\nscore (points)")
    axis.legend(fontsize=8, loc="upper center")
    return figure
