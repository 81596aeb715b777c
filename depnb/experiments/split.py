"""Who is trained on, selected on and judged on, and which crops that takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from depnb.corpus import Corpus, Recording
from depnb.evaluation.folds import subject_folds
from depnb.experiments.run import Run
from depnb.inputs.spec import InputSpec
from depnb.methods.contract import Protocol
from depnb.methods.registry import TrainingSpec, method, parts, resolve


def crops_needed(runs: Sequence[Run], corpus: Corpus) -> list[int]:
    """Strides between the frames whose crops the runs on a corpus need: ``[1]`` is all frames, which serve for all."""
    steps = {crop_stride(of.input_spec, corpus) for run in runs for of in resolve_rows(run, corpus).values()}
    return [1] if 1 in steps else sorted(steps)


def resolve_rows(run: Run, corpus: Corpus) -> dict[str, TrainingSpec]:
    """What a run trains, by row: of a fused one its parts."""
    paper = method(run.paper)
    return {row: resolve(paper, row, run.profile, run.protocol, corpus) for row in parts(paper, run.row)}


def crop_stride(input_spec: InputSpec, corpus: Corpus) -> int:
    """Stride between the frames whose crops are needed: 1 for generated videos, which are short."""
    return input_spec.step if corpus.licensed and input_spec.step else 1


@dataclass(frozen=True)
class Split:
    """Who one network is trained, selected and judged on.

    Attributes:
        train: recordings. select: recordings that choose the step, or None.
        evaluated: recordings by partition: ``test``, ``unseen`` or ``folds``.
    """

    train: list[Recording]
    select: list[Recording] | None
    evaluated: dict[str, list[Recording]]


def splits(corpus: Corpus, protocol: Protocol) -> Iterator[Split]:
    """The trainings that a protocol asks for: one, or one per fold.

    ``unseen`` are people whom nothing was trained or selected on: those of the ``unseen`` partition or, where there are
    none, those of the test set. In ``folds`` every labelled video of the protocol's
    partitions is judged once, by a network that has met its person neither in training nor in selection.
    """
    if protocol.folds:
        labels = [(r, r.bdi) for r in corpus.partition(*protocol.train) if r.bdi is not None]
        everyone = [r for r, _ in labels]
        folds = subject_folds([r.subject for r in everyone], [bdi for _, bdi in labels], protocol.folds)
        parts = [[everyone[index] for index in fold] for fold in folds]
        for number, part in enumerate(parts):
            select = parts[(number + 1) % len(parts)]
            train = [r for other in parts if other is not part and other is not select for r in other]
            yield Split(train, select, {"folds": part})
        return
    seen = (*protocol.train, protocol.select) if protocol.select else protocol.train
    unseen = corpus.unseen("unseen", seen) or corpus.unseen("test", seen)
    evaluated = {"test": corpus.partition("test"), "unseen": unseen}
    chosen_on = corpus.partition(protocol.select) if protocol.select else None
    yield Split(corpus.partition(*protocol.train), chosen_on, {name: part for name, part in evaluated.items() if part})
