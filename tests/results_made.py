"""Results that no training made."""

from dataclasses import replace

import numpy as np

from depnb.evaluation.metrics import mae, rmse
from depnb.experiments.facts import sha256
from depnb.experiments.result import Predictions, Result
from depnb.experiments.run import Run


def result_of(run: Run, rmse: float = 9.0) -> Result:
    """A result on a generated corpus with these errors, which its predictions have.

    Of a corpus that is on no machine it has the facts that reports look at.
    """
    try:
        facts = run.facts
    except FileNotFoundError:
        facts = {"corpus": {"generated": run.corpus}, "seed": run.seed}
    numbers = {"mae": rmse - 2, "rmse": rmse}
    rivals = dict.fromkeys(("constant", "identity_only"), {"mae": 10.0, "rmse": 10.0})
    return Result(
        run=run,
        digest=run.digest,
        facts=facts,
        metrics={"test": numbers, "unseen": numbers},
        baselines={"test": rivals, "unseen": rivals},
        noise_floor=None,
        predictions=dict.fromkeys(("test", "unseen"), _predictions(rmse)),
        attention=(),
        curves=(),
        selected_steps=(1,),
        learnt=True,
        skipped={},
        seconds={},
        peak_memory_mb=1.0,
        device="cpu",
        precision="32-true",
        memory_format="channels_last",
        threads=1,
        versions={},
        commit=None,
    )


def agreeing(result: Result) -> Result:
    """The same result with the digest of its facts, and with errors and baselines as its predictions have them."""
    errors = {
        name: {
            column: {"mae": mae(own.bdi, getattr(own, column)), "rmse": rmse(own.bdi, getattr(own, column))}
            for column in ("score", "constant", "identity_only")
        }
        for name, own in result.predictions.items()
    }
    facts = {**result.facts, "seed": result.run.seed}
    return replace(
        result,
        facts=facts,
        digest=sha256(facts),
        metrics={name: own | errors.get(name, {}).get("score", {}) for name, own in result.metrics.items()},
        baselines={
            name: {rival: errors.get(name, {}).get(rival, numbers) for rival, numbers in own.items()}
            for name, own in result.baselines.items()
        },
    )


def _predictions(rmse: float) -> Predictions:
    """Two videos whose errors are rmse − 2 on average and rmse as a root of squares; the constant is off by 10."""
    apart = np.sqrt(rmse**2 - (rmse - 2) ** 2)
    score = (10.0 + rmse - 2 - apart, 10.0 + rmse - 2 + apart)
    return Predictions(("203_1", "204_1"), ("203", "204"), (10.0, 10.0), score, score, (20.0, 20.0), (20.0, 20.0))
