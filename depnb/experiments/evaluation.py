"""From the scores of a trained network to the metrics of a result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from depnb.corpus import Corpus
from depnb.corpus.records import video_session
from depnb.evaluation import baselines
from depnb.evaluation.bands import BANDS, FEWEST_PEOPLE, band
from depnb.evaluation.intervals import subject_bootstrap
from depnb.evaluation.metrics import band_bias, ccc, clipped, mae, pcc, rmse, video_scores
from depnb.experiments.attention import attention_maps, mean_attention_maps
from depnb.experiments.disclosure import KEPT_DIGITS, coarse_attention, comparable, kept, rounded as rounded_to
from depnb.experiments.result import Attention, Predictions, Result, rounded
from depnb.experiments.run import Run
from depnb.experiments.split import Split
from depnb.inputs.spec import InputSpec
from depnb.inputs.videos import Frames
from depnb.system.repository import commit
from depnb.training.loop import Training, per_video, predict

COUNTS = ("trained_on", "unscored")
"""What is counted of each partition: how many were trained on, recordings without a score."""


class Evaluation(NamedTuple):
    """A training, and what is known of those whom it is judged on.

    Attributes:
        evaluated: scores, by partition.
        counts: by partition, how many people were trained on, and how many labelled recordings have no score.
        skipped: (name, reason) of videos, by partition, those of the training too.
        attention: maps, if the network has any.
    """

    training: Training
    evaluated: dict[str, Predictions]
    counts: dict[str, dict[str, int]]
    skipped: dict[str, tuple[tuple[str, str], ...]]
    attention: tuple[Attention, ...]


def evaluate(
    split: Split, training: Training, frames: Mapping[str, Frames], input_spec: InputSpec, corpus: Corpus
) -> Evaluation:
    evaluated, counts = {}, {}
    trained_on = set(frames["train"].subjects)
    for name, recordings in split.evaluated.items():
        scores = predict(training.model, frames[name], training.profile, input_spec)
        evaluated[name] = _predictions(frames["train"], frames[name], scores)
        labelled = sum(recording.bdi is not None for recording in recordings)
        counts[name] = {
            "trained_on": len(trained_on.intersection(frames[name].subjects)),
            "unscored": labelled - len(frames[name]),
        }
    skipped = {name: part.skipped for name, part in frames.items()}
    looked_at, maps = ("test", mean_attention_maps) if corpus.licensed else ("unseen", attention_maps)
    there = looked_at in frames and training.model.module.attended is not None
    attention = maps(training, frames[looked_at], input_spec) if there else ()
    if corpus.licensed:
        attention = tuple(map(coarse_attention, attention))
    return Evaluation(training, evaluated, counts, skipped, attention)


def fuse(
    run: Run, made: Sequence[tuple[Result, Mapping[str, Predictions]]]
) -> tuple[Result, Mapping[str, Predictions]]:
    """The row whose video scores are the means of its parts' scores; what it cost is what they cost."""
    results = [result for result, _ in made]
    evaluated = {name: _averaged([predictions[name] for _, predictions in made]) for name in made[0][1]}
    counts = None if results[0].predictions else results[0].metrics  # of real people no scores are kept
    fused = replace(
        results[0],
        run=run,
        digest=run.digest,
        facts=run.facts,
        **numbers_of(evaluated, counts),
        predictions=evaluated if results[0].predictions else {},
        attention=(),
        curves=tuple(curve for result in results for curve in result.curves),
        selected_steps=tuple(step for result in results for step in result.selected_steps),
        learnt=all(result.learnt for result in results),
        face_accuracy=tuple(share for result in results for share in result.face_accuracy),
        skipped={n: tuple(sorted({v for r in results for v in r.skipped.get(n, ())})) for n in results[0].skipped},
        seconds={stage: sum(result.seconds[stage] for result in results) for stage in results[0].seconds},
        peak_memory_mb=max(result.peak_memory_mb for result in results),
        commit=commit(),
    )
    return fused, evaluated


def _averaged(sides: Sequence[Predictions]) -> Predictions:
    """The same videos scored by several rows: the mean of their scores; medians as means of medians.

    Raises:
        ValueError: a row left out a video that another one scored.
    """
    if len({side.video for side in sides}) > 1:
        odd = set.symmetric_difference(*(set(side.video) for side in sides[:2]))
        raise ValueError(f"Rows that are to be averaged scored different videos: {', '.join(sorted(odd))}.")
    score, median = (np.mean([getattr(side, name) for side in sides], axis=0) for name in ("score", "median"))
    return replace(sides[0], score=rounded(score), median=rounded(median))


def _predictions(train: Frames, frames: Frames, scores: np.ndarray) -> Predictions:
    """Video scores from frame or clip scores [N, n]."""
    return Predictions(
        video=tuple(r.name for r in frames.recordings),
        subject=tuple(frames.subjects),
        bdi=tuple(map(float, frames.labels)),
        score=rounded(per_video(scores, frames)),
        median=rounded(per_video(scores, frames, "median")),
        constant=rounded(baselines.constant(train.recordings, frames.recordings)),
        identity_only=rounded(baselines.identity_only(train.recordings, frames.recordings)),
    )


def join(evaluations: Sequence[Predictions]) -> Predictions:
    columns = Predictions.__dataclass_fields__
    return Predictions(**{name: tuple(v for one in evaluations for v in getattr(one, name)) for name in columns})


def of_run(
    run: Run, corpus: Corpus, evaluated: dict[str, Predictions], counts: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """What a result has whatever predicted: which run it is, its numbers, and scores per person of generated people."""
    return {
        "run": run,
        "digest": run.digest,
        "facts": run.facts,
        **numbers_of(evaluated, counts if corpus.licensed else None),
        "noise_floor": corpus.noise_floor,
        "predictions": evaluated if corpus.generated else {},
        "commit": commit(),
    }


def numbers_of(
    evaluated: Mapping[str, Predictions], counts: Mapping[str, Mapping[str, float]] | None
) -> dict[str, Any]:
    """Metrics and baselines of a result, by partition.

    Args:
        evaluated: scores, by partition.
        counts: for real people, what it takes to see whether a number is about few of them: in each partition, how
            many were trained on, and how many recordings have no score. It is kept, and numbers about few people are
            not (``disclosure``); and sessions of several tasks are judged too, as papers do that count people and not
            videos: the score of a session is the mean over its videos.
    """
    numbers = {name: _metrics(predictions) for name, predictions in evaluated.items()}
    if counts is not None:
        test = set(evaluated["test"].subject) if "test" in evaluated else set()
        for name, predictions in evaluated.items():
            metrics, rivals = numbers[name]
            rest = test.difference(predictions.subject) if test.issuperset(predictions.subject) else ()
            metrics |= {key: float(counts[name][key]) for key in COUNTS}
            metrics |= {"rest_of_test": float(len(rest))} | _session_metrics(predictions)
            for few in _bands_of_few(predictions):
                metrics.pop(f"bias_{few}", None)
            told = comparable(metrics)
            numbers[name] = kept(metrics), {rival: rounded_to(rivals[rival], KEPT_DIGITS) for rival in told}
    return {
        "metrics": {name: own for name, (own, _) in numbers.items()},
        "baselines": {name: rivals for name, (_, rivals) in numbers.items()},
    }


def _metrics(predictions: Predictions) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    bdi, subjects, score = predictions.bdi, predictions.subject, predictions.score
    numbers = {"videos": float(len(bdi)), "subjects": float(len(set(subjects)))}
    for metric in (mae, rmse):
        low, high = subject_bootstrap(bdi, score, subjects, metric)
        name = metric.__name__
        numbers |= {name: metric(bdi, score), f"{name}_low": low, f"{name}_high": high}
    numbers |= {"pcc": pcc(bdi, score), "ccc": ccc(bdi, score)}
    numbers |= {"rmse_median": rmse(bdi, predictions.median), "rmse_clipped": rmse(bdi, clipped(score))}
    numbers |= {f"bias_{band}": bias for band, (_, bias) in band_bias(bdi, score).items()}
    rivals = {
        name: {metric.__name__: metric(bdi, getattr(predictions, name)) for metric in (mae, rmse)}
        for name in ("constant", "identity_only")
    }
    return {name: value for name, value in numbers.items() if np.isfinite(value)}, rivals


def _bands_of_few(predictions: Predictions) -> list[str]:
    """Severity bands of fewer than ``FEWEST_PEOPLE`` people."""
    pairs = set(zip(map(band, predictions.bdi), predictions.subject, strict=True))
    people = Counter(name for name, _ in pairs)
    return [name for name, _, _ in BANDS if people[name] < FEWEST_PEOPLE]


def _session_metrics(predictions: Predictions) -> dict[str, float]:
    """Errors of sessions; none where a session is one video."""
    sessions = [video_session(name) for name in predictions.video]
    if len(set(sessions)) == len(sessions):
        return {}
    bdi, score = (
        np.array(list(video_scores(column, sessions).values())) for column in (predictions.bdi, predictions.score)
    )
    return {"sessions": float(len(bdi)), "mae_sessions": mae(bdi, score), "rmse_sessions": rmse(bdi, score)}
