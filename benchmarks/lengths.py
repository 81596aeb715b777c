"""Is a training long enough, and what is a face pretraining worth? Tried on corpora that no result is of.

A row is trained for several numbers of steps, and from bodies that learnt faces for several numbers of epochs, with
three seeds on each of two corpora drawn from other seeds. What is written down is the error on 400 unseen people. A
length is long enough if doubling it lowers that error by less than 2 %, or by less than one standard error, whichever
is larger.

    python -m benchmarks.lengths distribution/expectation msn/msn --steps 300 --steps 600 --steps 1200
    python -m benchmarks.lengths distribution/expectation --epochs 3 --epochs 10 --epochs 30 --epochs 100

goes on where an earlier call stopped, and writes ``benchmarks/lengths.json``; without rows it prints what is known.
"""

import json
import math
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from depnb import faces
from depnb.corpus.synthetic import named_recipe, open_generated
from depnb.evaluation.metrics import rmse
from depnb.experiments.execute import bodies_of, train_network
from depnb.experiments.split import splits
from depnb.inputs.loading import load
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.system.files import cache_dir, locked, write_json
from depnb.system.repository import commit
from depnb.training import pretraining
from depnb.training.loop import per_video, predict, steps_of

CORPUS_SEEDS, SEEDS = (7, 8), (0, 1, 2)
TOLERATED = 0.02
"""Share of the error that a training twice as long may still take away."""
Draw = tuple[int, int]
"""Seed of the corpus, and of the training."""
RESULT = Path(__file__).with_suffix(".json")
PROVENANCE = {"what": "Trainings of several lengths on corpora that no result is of.", "corpus": "both"}


def specified(row: str, profile: str, epochs: float | None) -> TrainingSpec:
    """What is trained for ``PAPER/ROW``, from a body that learnt faces for so many epochs, or as the row begins."""
    paper, _, name = row.partition("/")
    if epochs is not None:
        name += f"[start=identity,face_epochs={float(epochs)}]"
    return specification(method(paper), name, profile, "honest", None)


def usual(row: str, profile: str, epochs: float | None) -> int:
    """Steps of a training of a row at a profile."""
    of = specified(row, profile, epochs)
    return len(steps_of(of.profile, of.input_spec, of.learning.scores.longer))


def trained(
    row: str, corpus: str, profile: str, corpus_seed: int, seed: int, steps: int, epochs: float | None
) -> dict[str, Any]:
    """One training of ``PAPER/ROW``: its error on unseen people, its losses, its seconds."""
    paper, _, name = row.partition("/")
    of = specified(row, profile, epochs)
    scores = replace(of.learning.scores, longer=of.learning.scores.longer * steps / usual(row, profile, epochs))
    of = of._replace(learning=of.learning._replace(scores=scores))
    opened = open_generated(replace(named_recipe(f"{corpus}-{of.profile.corpus_size}"), seed=corpus_seed))
    (split,) = splits(opened, of.protocol)
    parts = {"train": split.train, "watch": split.watch, **split.evaluated}
    opened.ensure([recording for part in parts.values() for recording in part or ()])
    faces.prepare([recording for part in parts.values() for recording in part or ()])
    size = of.profile.frames, of.profile.scale.input_size
    frames = {key: load(part, of.input_spec, *size) for key, part in parts.items() if part}
    tried = f"{paper}-{name}-{corpus}-{profile}-{corpus_seed}-{seed}-{steps}-{epochs}"
    checkpoint = cache_dir() / "benchmarks" / f"lengths-{tried}.pt"
    done = train_network(method(paper), of, frames, seed, "cpu", f"{row}, seed {seed}", checkpoint)
    checkpoint.unlink(missing_ok=True)
    unseen = frames["unseen"]
    error = rmse(unseen.bdi, per_video(predict(done.model, unseen, done.profile, of.input_spec), unseen))
    constant = rmse(unseen.bdi, np.full(len(unseen), frames["train"].bdi.mean()))
    known: tuple[float, ...] = ()
    if of.config.start == "identity":
        build = bodies_of(method(paper), of)
        known = (pretraining.identity(build, of.profile, of.input_spec, of.learning.faces, "cpu", seed).accuracy,)
    return {
        "row": row, "corpus": corpus, "profile": profile, "corpus_seed": corpus_seed, "seed": seed,
        "epochs": epochs, "steps": steps, "unseen": round(error, 4),
        "constant": round(constant, 4), "learnt": done.learnt, "face_accuracy": known,
        "curve": [{key: round(value, 4) for key, value in check.items()} for check in done.curve],
        "seconds": round(done.seconds),
    }  # fmt: skip


def said(entries: list[dict[str, Any]]) -> list[str]:
    """A line for each row and length: mean error, standard error, and whether half as long would have been enough."""
    groups: dict[tuple[Any, ...], dict[int, dict[Draw, float]]] = defaultdict(lambda: defaultdict(dict))
    for entry in entries:
        key = entry["row"], entry["corpus"], entry["profile"], entry["epochs"]
        groups[key][entry["steps"]][entry["corpus_seed"], entry["seed"]] = entry["unseen"]
    lines = []
    for key, by_steps in groups.items():
        for steps, by_draw in sorted(by_steps.items()):
            errors = list(by_draw.values())
            spread = np.std(errors, ddof=1) / math.sqrt(len(errors)) if len(errors) > 1 else math.nan
            line = f"{' '.join(map(str, key))}: {steps} steps {np.mean(errors):.2f} ± {spread:.2f} ({len(errors)})"
            shorter = by_steps.get(steps // 2, {})
            if shorter.keys() == by_draw.keys() and len(errors) > 1:
                half = [shorter[draw] for draw in by_draw]
                gain = np.mean(half) - np.mean(errors)
                error = np.std(np.subtract(half, errors), ddof=1) / math.sqrt(len(errors))
                enough = gain < max(TOLERATED * np.mean(half), error)
                line += f"; half as long {'is enough' if enough else 'is too short'} ({gain:+.2f} ± {error:.2f})"
            lines.append(line)
    return lines


def tried(out: Path) -> list[dict[str, Any]]:
    """What is known."""
    return json.loads(out.read_text())["tried"] if out.exists() else []


def main(
    rows: Annotated[list[str] | None, typer.Argument(help="PAPER/ROW, one or several.")] = None,
    corpus: Annotated[str, typer.Option(help="both, appearance, dynamics, null or shortcut.")] = "both",
    profile: Annotated[str, typer.Option(help="Of the trainings, but for their length.")] = "standard",
    steps: Annotated[
        list[int] | None, typer.Option(help="Several times for several; by default as the profile says.")
    ] = None,
    epochs: Annotated[list[float] | None, typer.Option(help="Of the face pretraining; by default as usual.")] = None,
    out: Annotated[Path, typer.Option(help="Where what was tried is kept.")] = RESULT,
) -> None:
    wanted = product(rows or (), steps or (None,), epochs or (None,), CORPUS_SEEDS, SEEDS)
    for row, number, long, corpus_seed, seed in wanted:
        taken = number or usual(row, profile, long)
        asked = {
            "row": row, "corpus": corpus, "profile": profile, "corpus_seed": corpus_seed, "seed": seed,
            "steps": taken, "epochs": long,
        }  # fmt: skip
        if any(asked.items() <= {key: entry[key] for key in asked}.items() for entry in tried(out)):
            continue
        found = trained(row, corpus, profile, corpus_seed, seed, taken, long)
        with locked(cache_dir() / "claims" / "lengths.lock"):  # another process may try other rows
            write_json(out, {"provenance": PROVENANCE | {"commit": commit()}, "tried": [*tried(out), found]})
    for line in said(tried(out)):
        print(line)


if __name__ == "__main__":
    typer.run(main)
