"""Where trained networks look, against the known places of the planted signal.

Of each network of ``ASKED``: Grad-CAM maps (of DLGA-CNN its patch attention too) on unseen people; how much of them
lies on mouth, eyes and brows; the same with untrained weights; how alike the maps of different networks are; and how
much the score changes when a region is covered. Beside them stands where the pictures themselves differ between no
severity and the highest.

    python -m benchmarks.where_it_looks
    python -m benchmarks.where_it_looks --store runs/looks/results --networks runs/looks/networks --trained

trains what the store lacks, measures, and writes ``benchmarks/where_it_looks.json``; with ``--trained`` it trains
nothing and measures what is there. What was measured is kept in the cache and not measured again.
"""

from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import typer

from depnb import faces
from depnb.corpus.synthetic import named_recipe, sessions
from depnb.evaluation import error_interval, mae, maps, subject_bootstrap
from depnb.experiments import execute, networks
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.looking import INPUTS, Explain, Looks, Opened, covered, frames_of, grad_cam, look, open_network
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.faces.planted import planted
from depnb.faces.regions import PLANTED, REGIONS
from depnb.methods.dlga import painted
from depnb.system.files import atomic_path, cache_dir, write_json
from depnb.system.progress import progress
from depnb.system.repository import commit

RESULT = Path(__file__).with_suffix(".json")
HERE = cache_dir() / "benchmarks" / "looks"
PEOPLE, PAINTED, SIDE, DIGITS = 100, 40, 20, 4
"""Unseen people who are looked at, and whose frames are painted twice; cells on a side of the mean maps that are kept;
digits of all numbers."""
UNTRAINED = 1000
"""Added to the seed of a network for its untrained weights."""
NAMED = [*REGIONS, "planted"]
"""Regions that have numbers; ``planted`` are mouth, eyes and brows together."""


def attention(network: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    """The weights of DLGA-CNN's patches, painted on the cells of its map."""
    with torch.no_grad():
        scores = network.score(network(inputs))  # [B]
        weights = network.attention(inputs)[:, :-1]  # [B, 24]; the last one is the weight of the whole face
        size = inputs.frames.shape[-1]
        heat = painted(weights, inputs.points, size, size // 8, network.border)  # [B, S/8, S/8]
    return scores.double().numpy(), heat.double().numpy()


class Asked(NamedTuple):
    """Networks of one row on one corpus, and the maps that are made of them: title, and how."""

    row: str
    corpus: str
    profile: str
    seeds: tuple[int, ...]
    explain: dict[str, Explain]

    def runs(self) -> list[Run]:
        paper, _, row = self.row.partition("/")
        return [Run(paper, row, self.corpus, "honest", self.profile, seed) for seed in self.seeds]


STILL: dict[str, Explain] = {"last stage": grad_cam, "second stage": partial(grad_cam, layer="body.layer2")}
PATCHES: dict[str, Explain] = {"last stage": grad_cam, "patch attention": attention}
CLIPS: dict[str, Explain] = {"last stage": grad_cam}
ASKED = (
    Asked("distribution/expectation", "both", "standard", (0, 1, 2), STILL),
    Asked("distribution/expectation", "null", "standard", (0, 1), STILL),
    Asked("distribution/expectation", "appearance", "standard", (0,), STILL),
    Asked("dlga/dlga", "both", "quick", (0,), PATCHES),
    Asked("dlga/dlga", "null", "quick", (0,), PATCHES),
    Asked("msn/c3d", "both", "quick", (0,), CLIPS),
)
STAGES = ("head", "body.layer4", "body.layer3", "body.layer2", "body.layer1", "body.bn1", "body.conv1")
"""Of ``distribution/expectation``, from the score to the pixels."""


class Seen(NamedTuple):
    """What was measured of one network: looks by title of the map, of trained and of untrained weights, and
    what covering changes [N, regions + 1]."""

    run: Run
    trained: dict[str, Looks]
    untrained: dict[str, Looks]
    covered: np.ndarray


def kept(path: Path, make: Any) -> dict[str, np.ndarray]:
    """Arrays that are in a file, or are made now and written there."""
    if not path.exists():
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            np.savez_compressed(handle, **make())
    with np.load(path) as arrays:
        return dict(arrays)


def looks(name: str, opened: Opened, network: Any, frames: Any, explain: Explain) -> Looks:
    """``look``, kept in the file ``name``."""

    def make() -> dict[str, np.ndarray]:
        made = look(opened, network(), frames(), explain)
        return {field.name: np.asarray(getattr(made, field.name)) for field in fields(made)}

    arrays = kept(HERE / f"{name}.npz", make)
    return Looks(**(arrays | {"moments": int(arrays["moments"])}))


def people_of(corpus: str, profile: str) -> list[Any]:
    """The first ``PEOPLE`` unseen people, one video each, with their crops."""
    opened = open_for_profile(corpus, profile)
    chosen = opened.partition("unseen")[:PEOPLE]
    opened.ensure(chosen)
    faces.prepare(chosen)
    return chosen


def seen(asked: Asked, run: Run, path: Path) -> Seen:
    """All that is measured of one network."""
    opened = open_network(path)
    name = f"{run.name}-{networks.read(path)[0].run.digest[:8]}"
    made: list[Any] = []

    def frames() -> Any:
        if not made:
            made.append(frames_of(people_of(run.corpus, run.profile), opened))
        return made[0]

    trained, untrained = (
        {
            title: looks(f"{name}-{title}-{weights}".replace(" ", "_"), opened, network, frames, explain)
            for title, explain in asked.explain.items()
        }
        for weights, network in (
            ("trained", lambda: opened.network),
            ("untrained", lambda: opened.fresh(run.seed + UNTRAINED)),
        )
    )
    changes = kept(HERE / f"{name}-covered.npz", lambda: {"changes": covered(opened, frames())})["changes"]
    return Seen(run, trained, untrained, changes)


def cascaded(run: Run, path: Path, trained: dict[str, Looks]) -> list[dict[str, Any]]:
    """How alike the maps of a network and of the same one with more and more untrained stages are."""
    opened = open_network(path)
    found, frames = [], None
    for stage, network in opened.cascaded(STAGES, run.seed + UNTRAINED):
        for title, explain in STILL.items():

            def make(network: Any = network, explain: Explain = explain) -> dict[str, np.ndarray]:
                nonlocal frames
                frames = frames or frames_of(people_of(run.corpus, run.profile), opened)
                return {"cells": look(opened, network, frames, explain).cells}

            name = f"{run.name}-{run.digest[:8]}-{title}-{stage}".replace(" ", "_")
            cells = kept(HERE / f"{name}.npz", make)["cells"]
            found.append({"map": title, "stage": stage} | correlation([alike(trained[title].cells, cells)]))
    return found


def alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rank correlation of two networks' maps without their sign, of each person the mean over looks [N]."""
    people, looks = one.shape[:2]
    flat = maps.rank_correlation(*(np.abs(cells).reshape(people * looks, -1) for cells in (one, other)))
    return means(flat.reshape(people, looks))


def means(values: np.ndarray) -> np.ndarray:
    """Means over the second axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(1) / known.sum(1)


def number(values: Sequence[np.ndarray]) -> dict[str, Any]:
    """Mean of values [seeds][N] from 0 upwards, and the 95 % interval of the mean of these seeds over people. A person
    without a value in one of them is left out.

    Two or three seeds give no useful interval of a share over seeds: their own means stand in ``of_seeds``. Where so
    few people have more than 0 that ``error_interval`` has no upper end, it is the percentile interval.
    """
    table = np.array(values, float)
    table = table[:, np.isfinite(table).all(0)]
    if not table.size:
        return {}
    people = [str(place) for place in range(table.shape[1])]
    nothing, each = np.zeros(len(people)), table.mean(0)
    low, high = error_interval(nothing, each, people, mae)
    if not np.isfinite(high):
        low, high = subject_bootstrap(nothing, each, people, mae)
    ends = {"mean": float(each.mean()), "low": low, "high": high}
    rounded = {name: round(float(value), DIGITS) for name, value in ends.items()}
    return rounded | {"of_seeds": np.round(table.mean(1), DIGITS).tolist()}


def correlation(values: Sequence[np.ndarray]) -> dict[str, float]:
    """The same of correlations, the mean over pairs of networks."""
    found = number([means(np.array(values).T) / 2 + 0.5])
    return {name: round(2 * found[name] - 1, DIGITS) for name in ("mean", "low", "high")}


def by_region(of_seeds: Sequence[np.ndarray]) -> dict[str, dict[str, float]]:
    """``number`` for each region and for the planted ones together, from [seeds][N, regions]."""
    inside = [REGIONS.index(name) for name in PLANTED]
    columns = {name: [part[:, place] for part in of_seeds] for place, name in enumerate(REGIONS)}
    return {name: number(v) for name, v in (columns | {"planted": [p[:, inside].sum(1) for p in of_seeds]}).items()}


def summary(own: Sequence[Looks]) -> dict[str, Any]:
    """Numbers of one kind of map of several seeds."""
    outside = [each.outside() for each in own]
    mean = np.mean([each.mean_map(SIDE) for each in own], axis=0)  # [moments, SIDE, SIDE]
    return {
        "grid": list(own[0].cells.shape[2:]),
        "moments": own[0].moments,
        "empty": round(float(np.mean([each.empty for each in own])), DIGITS),
        "area": {name: part["mean"] for name, part in by_region([own[0].area()]).items()},
        "energy": by_region([each.over_people(maps.energy) for each in own]),
        "pointing": by_region([each.over_people(maps.pointing_game) for each in own]),
        "outside": number([energy for energy, _ in outside]) | {"area": round(float(outside[0][1].mean()), DIGITS)},
        "mean_map": np.round(mean, 3).tolist(),
    }


def entries(asked: Asked, found: Sequence[Seen], store: Store) -> list[dict[str, Any]]:
    """A line for each kind of map, of trained and of untrained weights."""
    results = [store.load(one.run) for one in found]
    errors = [result.metrics["unseen"]["rmse"] for result in results if result]
    constants = [result.baselines["unseen"]["constant"]["rmse"] for result in results if result]
    about = {"row": asked.row, "corpus": asked.corpus, "profile": asked.profile, "seeds": len(found)}
    columns = zip((*REGIONS, "outside"), np.transpose([one.covered for one in found], (2, 0, 1)), strict=True)
    of_trained = {
        "rmse": round(float(np.mean(errors)), DIGITS),
        "constant": round(float(np.mean(constants)), DIGITS),
        "covered": {name: number(list(values)) for name, values in columns},
    }
    return [
        about
        | {"map": title, "weights": weights}
        | summary([getattr(one, weights)[title] for one in found])
        | (of_trained if weights == "trained" else {})
        for title, weights in product(asked.explain, ("trained", "untrained"))
    ]


def compared(found: dict[tuple[str, str], list[Seen]]) -> list[dict[str, Any]]:
    """How alike the maps of two networks of the same row are, on the same frames."""
    rows = []
    for (row, corpus), own in found.items():
        others = found.get((row, "null"), [])
        if corpus != "both":
            continue
        for title in own[0].trained:
            pairs = {
                "two seeds": [(a.trained, b.trained) for a, b in combinations(own, 2)],
                "labels of null": [(a.trained, b.trained) for a, b in product(own, others)],
                "untrained weights": [(a.trained, b.untrained) for a, b in product(own, own)],
            }
            for against, both in pairs.items():
                values = [alike(a[title].cells, b[title].cells) for a, b in both]
                if values:
                    rows.append({"row": row, "map": title, "against": against} | correlation(values))
    return rows


def pictures(corpus: str, profile: str, size: int) -> dict[str, Any]:
    """Where frames without and with severity differ, as painted and after alignment."""
    recipe = named_recipe(f"{corpus}-{profile}")
    chosen = [session for session in sessions(recipe) if session.partition == "unseen"][:PAINTED]
    found = {}
    for name, aligned in (("as painted", False), ("after alignment", True)):

        def make(aligned: bool = aligned, name: str = name) -> dict[str, np.ndarray]:
            made = []
            with progress(f"pictures {name}", len(chosen), "people") as bar:
                for session in chosen:
                    made.append(planted(recipe, session, recipe.tasks[0], 0, size, aligned=aligned))
                    bar.advance(1)
            return {"cells": np.stack([p.difference for p in made]), "regions": np.stack([p.regions for p in made])}

        arrays = kept(HERE / f"pictures-{recipe.digest()}-{size}-{PAINTED}-{name}.npz".replace(" ", "_"), make)
        cells, regions = arrays["cells"][:, None], arrays["regions"][:, None]  # [N, 1, S, S] each
        nobody = np.zeros(len(cells))
        own = Looks(nobody, nobody, cells, regions, np.zeros((len(cells), 1, 68, 2)), 1)
        found[name] = {key: value for key, value in summary([own]).items() if key not in ("empty", "moments", "grid")}
    return found


def main(
    store: Annotated[Path, typer.Option(help="Results of the trainings.")] = HERE / "results",
    kept_networks: Annotated[Path, typer.Option("--networks", help="The trained networks.")] = HERE / "networks",
    trained: Annotated[bool, typer.Option("--trained", help="Train nothing: measure what is there.")] = False,
) -> None:
    results = Store(store, networks=kept_networks)
    found: dict[tuple[str, str], list[Seen]] = {}
    lines: list[dict[str, Any]] = []
    stages: list[dict[str, Any]] = []
    for asked in ASKED:
        for run in asked.runs():
            (path,) = networks.files(kept_networks, run)
            if not trained:
                execute.run(run, results)
            if path.exists():
                print(f"{asked.row} on {asked.corpus}, seed {run.seed}", flush=True)
                found.setdefault((asked.row, asked.corpus), []).append(seen(asked, run, path))
        own = found.get((asked.row, asked.corpus), [])
        if own:
            lines += entries(asked, own, results)
        if own and asked == ASKED[0]:
            stages = cascaded(own[0].run, networks.files(kept_networks, own[0].run)[0], own[0].trained)
    first = found[ASKED[0].row, ASKED[0].corpus][0].trained["last stage"]
    marks = (first.points.mean((0, 1)) + 0.5) / first.regions.shape[-1]  # [68, 2]
    content = {
        "provenance": {
            "what": "Maps of trained networks against the known places of the planted signal.",
            "corpus": "both",
            "people": PEOPLE,
            "painted": PAINTED,
            "inputs": INPUTS,
            "commit": commit(),
            "torch": torch.__version__.partition("+")[0],
        },
        "landmarks": np.round(marks, DIGITS).tolist(),
        "pictures": pictures("both", "standard", first.regions.shape[-1]),
        "networks": lines,
        "alike": compared(found),
        "cascade": stages,
    }
    write_json(RESULT, content)


if __name__ == "__main__":
    typer.run(main)
