"""What a reproduction is going to do, in numbers and as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depnb.experiments.run import Run
from depnb.methods.registry import method, papers


@dataclass(frozen=True)
class Plan:
    """What is going to happen, known before anything starts.

    Attributes:
        runs: all runs of the reproduction.
        missing: those that the folder's store lacks.
        notebooks: the notebooks in order.
        parameters: the parameters of each, by name.
        stages: (stage, what, seconds or ``None`` where not known, MB of disk).
        gpu_hours: of the trainings, estimated; ``None`` where seconds are measured.
    """

    runs: list[Run]
    missing: list[Run]
    notebooks: list[Path]
    parameters: dict[str, dict[str, Any]]
    stages: list[tuple[str, str, float | None, float]]
    gpu_hours: float | None = None

    def seconds_from(self, stage: str) -> float:
        """Expected seconds from the beginning of ``stage`` to the end; stages without an estimate count nothing."""
        order = ("results", "notebooks", "figures", "report")
        later = order[order.index(stage) :]
        return sum(seconds or 0.0 for name, _, seconds, _ in self.stages if name in later)

    def lines(self) -> Iterator[str]:
        """The plan as text."""
        for stage, what, seconds, megabytes in self.stages:
            yield f"  {stage:10} {_duration(seconds)}  {_space(megabytes)}  {what}"
        yield f"  {'in all':10} {_duration(self.seconds_from('results'))}  {_space(sum(mb for *_, mb in self.stages))}"
        if self.gpu_hours is not None:
            yield f"  Trainings: {self.gpu_hours:.1f} GPU-hours, estimated from their operations and not measured."


def notebooks_of(chosen: Sequence[str], notebooks: Sequence[Path]) -> list[Path]:
    """The notebooks of some papers, and those that belong to no paper; all of them where no paper is chosen.

    The notebooks of a paper begin with the digit that its first one begins with.
    """
    left_out = {method(paper).notebook[0] for paper in papers() if chosen and paper not in chosen}
    return [path for path in notebooks if path.stem[0] not in left_out]


def only(chosen: Sequence[str]) -> str:
    """The sentence that says of which papers a reproduction is; empty where it is of all."""
    if not chosen:
        return ""
    named = ", ".join(f"{method(paper).title} ({paper})" for paper in chosen)
    return (
        f"Only {len(chosen)} of {len(papers())} papers: {named}. Beside the rows and notebooks of "
        f"{'that paper' if len(chosen) == 1 else 'those papers'} there are the notebooks of the shared start and the "
        "rivals on the same corpora; of the other papers this says nothing."
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "   ? min"
    return f"{seconds / 60:4.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:6.1f} h"


def _space(megabytes: float) -> str:
    return f"{megabytes:6.0f} MB" if megabytes < 10_000 else f"{megabytes / 1000:6.1f} GB"
