"""Results that no training made."""

from depnb.experiments.result import Result
from depnb.experiments.run import Run


def result_of(run: Run, rmse: float = 9.0) -> Result:
    """A result on a generated corpus with these numbers."""
    numbers = {"mae": rmse - 2, "rmse": rmse}
    return Result(
        run=run,
        digest=run.digest,
        facts={"corpus": {"generated": run.corpus}},
        metrics={"test": numbers, "unseen": numbers},
        baselines={},
        noise_floor=None,
        predictions={},
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
