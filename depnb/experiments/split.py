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
        watch: of a generated corpus some of those evaluated, whose error the curve shows and decides nothing.
        apart: where nothing chooses the step, people of development who are not trained on: errors on them tell how far
            off the network may be for others.
    """

    train: list[Recording]
    select: list[Recording] | None
    evaluated: dict[str, list[Recording]]
    watch: list[Recording] | None = None
    apart: tuple[Recording, ...] = ()


WATCHED = 100
"""Videos of unseen people whose error a curve shows: enough to see it rise, and few enough to be looked at often."""


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
    chosen_on = None
    if protocol.select:
        known = protocol.train if protocol.new_people else ()
        chosen_on = corpus.unseen(protocol.select, known)
        if not chosen_on:
            raise ValueError(
                f"{corpus.name} has no person of {protocol.select} who is not in {' or '.join(known)} too, so that "
                "nobody is left to choose the step on: take another protocol, such as selected or paper."
            )
    watch = unseen[:WATCHED] if corpus.generated else None
    apart = () if protocol.select else tuple(corpus.unseen("development", protocol.train))
    there = {name: part for name, part in evaluated.items() if part}
    yield Split(corpus.partition(*protocol.train), chosen_on, there, watch, apart)
