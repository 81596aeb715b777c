"""From scores and a corpus to a judgement."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from depnb.corpus import PARTITIONS, Corpus, Recording, open_corpus
from depnb.reports.judge import checklist, numbers, remarks, told
from depnb.reports.judge.judgement import Judgement, Part, Points
from depnb.reports.judge.matching import UNITS, Matched, Unit, match, units_of
from depnb.reports.judge.numbers import Judged
from depnb.reports.judge.scores import Finding, Handed, Scores, named, read

UNSEEN = "unseen"


def judge(
    predictions: Handed | Sequence[Handed],
    corpus: Corpus | str | Path,
    *,
    against: Handed | Sequence[Handed] | None = None,
    partition: str = "test",
    trained_on: Sequence[str] = ("train",),
    selected_on: Sequence[str] = ("development",),
    unit: str = "videos",
    deterministic: bool = False,
) -> Judgement:
    """Judge anybody's scores per video.

    The test set is judged, and people who occur in no partition that was trained or selected on (those of the partition
    ``unseen``, or of the test set where there is none). Errors are means over the seeds, with 95 % intervals over
    people and seeds (``error_interval``); differences are paired (``compare``). Of real people only what may be handed
    on is told (docs/privacy.md).

    Args:
        predictions: a file with the columns ``video``, ``score`` and perhaps ``seed``, columns of these names in
            memory, or several of these (``scores.read``).
        corpus: a corpus, or its name, folder or table of labels (``open_corpus``); its videos are not looked at.
        against: the scores of another predictor, in the same form.
        partition: whom to judge on: ``test``, or another one of ``PARTITIONS``.
        trained_on: partitions whose labels the predictor was fitted to; the constants come from their labels.
        selected_on: partitions on which steps, epochs or settings were chosen.
        unit: ``videos``; or ``sessions``, whose score is the mean over their videos, or stands under their name.
        deterministic: whether another training would give the same scores, as of a ridge regression; else nothing is
            known of the luck of training from one seed, and no word but “cannot tell” follows.

    Raises:
        FileNotFoundError: no such corpus or file.
        ValueError: as ``open_corpus`` and ``scores.read``; an unknown partition or unit; or no score to be judged.
    """
    _demand(partition, trained_on, selected_on, unit)
    opened = corpus if isinstance(corpus, Corpus) else open_corpus(corpus, with_videos=False)
    scores = read(predictions)
    matched = match(scores, opened, unit)
    groups = _groups(opened, partition, (*trained_on, *selected_on), unit)
    judged = {name: found for name, units in groups.items() if (found := Judged.of(units, matched)).units}
    if not judged:
        raise ValueError(_nothing(scores, matched, groups, opened))
    findings = [*scores.findings, *matched.findings, *_missing(groups, judged, matched)]
    findings += [*_elsewhere(groups, matched, opened), *remarks.of_scores(matched, list(judged.values()))]
    other = None
    if against is not None:
        other, more = _other(against, scores.title, opened, unit)
        findings += [*more, *_named_after(other, _missing(groups, judged, other.matched))]
    train = [r for r in opened.partition(*trained_on) if r.bdi is not None]
    parts = {}
    for name, people in judged.items():
        counts = _counts(name, groups, judged, matched, opened.subjects(*trained_on))
        exact = numbers.metrics(people, unit) | counts
        part = _part(_title(name, opened), people, exact, list(matched.by_seed), train, other, deterministic)
        parts[name] = told.coarse(part, float(people.scores.std(1).min())) if opened.licensed else part
        if other and "against" not in parts[name].rivals and not parts[name].withheld:
            text = f"No paired difference on the {part.title}: both must have scored "
            text += "the same videos." if opened.licensed else "some of the same videos."
            findings.append(Finding("against", text, wrong=False))
    made = Judgement(
        title=scores.title,
        corpus=opened.title,
        licensed=opened.licensed,
        unit=unit,
        seeds=len(matched.by_seed),
        deterministic=deterministic,
        trained_on=tuple(trained_on),
        selected_on=tuple(selected_on),
        parts=parts,
        findings=tuple(findings),
        checklist=(),
    )
    made = replace(made, findings=(*made.findings, *remarks.of_judgement(made)))
    return replace(made, checklist=checklist.filled(made))


class _Other(NamedTuple):
    """The scores that are compared with."""

    title: str
    matched: Matched


def _other(against: Handed | Sequence[Handed], beside: str, corpus: Corpus, unit: str) -> tuple[_Other, list[Finding]]:
    """The scores to compare with, and what is wrong with them."""
    theirs = read(against)
    matched = match(theirs, corpus, unit)
    other = _Other(f"{theirs.title} (the other)" if theirs.title == beside else theirs.title, matched)
    return other, _named_after(other, [*theirs.findings, *matched.findings])


def _named_after(other: _Other, findings: Iterable[Finding]) -> list[Finding]:
    return [finding._replace(text=f"{other.title}: {finding.text}") for finding in findings]


def _part(
    title: str,
    people: Judged,
    metrics: dict[str, float],
    seeds: Sequence[str],
    train: Sequence[Recording],
    other: _Other | None,
    deterministic: bool,
) -> Part:
    """The exact numbers on one set of people."""
    rivals = numbers.rivals(people, train, deterministic)
    if other and (compared := numbers.against(people, other.title, other.matched, deterministic)):
        rivals["against"] = compared
    constant = numbers.baseline_scores(people, train).get("constant")
    points = Points(people.y, people.scores.mean(0), None if constant is None else float(constant[0]))
    return Part(title, metrics, numbers.by_seed(people, seeds), rivals, points=points)


def _demand(partition: str, trained_on: Sequence[str], selected_on: Sequence[str], unit: str) -> None:
    for name in (partition, *trained_on, *selected_on):
        if name not in PARTITIONS:
            raise ValueError(f"No partition {name!r}: choose from {', '.join(PARTITIONS)}.")
    if unit not in UNITS:
        raise ValueError(f"No unit {unit!r}: choose {' or '.join(UNITS)}.")


def _groups(corpus: Corpus, partition: str, seen: Sequence[str], unit: str) -> dict[str, list[Unit]]:
    """Whom to judge on, by name: the partition, and people who are in none that was trained or selected on."""
    unseen = corpus.unseen(UNSEEN, seen) or corpus.unseen(partition, seen)
    return {partition: units_of(corpus.partition(partition), unit), UNSEEN: units_of(unseen, unit)}


def _title(name: str, corpus: Corpus) -> str:
    if name == UNSEEN:
        return "unseen people" if corpus.partition(UNSEEN) else "unseen people among them"
    return {"test": "test set", "train": "training set", "development": "development set"}[name]


def _counts(
    name: str,
    groups: Mapping[str, Sequence[Unit]],
    judged: Mapping[str, Judged],
    matched: Matched,
    trained_on: set[str],
) -> dict[str, float]:
    """What it takes to see whether a number is about few people (``disclosure``)."""
    own = set(judged[name].people)
    whole = next((set(other.people) for other in judged.values() if own < set(other.people)), own)
    return {
        "units": float(len(judged[name].units)),
        "trained_on": float(len(own & trained_on)),
        "unscored": float(len(matched.lacking(r for unit in groups[name] for r in unit.recordings))),
        "rest_of_test": float(len(whole - own)),
    }


def _missing(groups: Mapping[str, Sequence[Unit]], judged: Mapping[str, Judged], matched: Matched) -> Iterator[Finding]:
    """Labelled videos of the people judged that lack a score."""
    videos = {r.name: r for name in judged for unit in groups[name] for r in unit.recordings}
    lacking = matched.lacking(videos.values())
    if lacking:
        each = " of each seed" if len(matched.by_seed) > 1 else ""
        text = f"{len(lacking)} of {len(videos)} videos without a score{each}; the numbers are about the others alone:"
        yield Finding("missing", text, tuple(r.name for r in lacking))


def _elsewhere(groups: Mapping[str, Sequence[Unit]], matched: Matched, corpus: Corpus) -> Iterator[Finding]:
    """Scores of videos that are not judged."""
    judged = {r.name for units in groups.values() for unit in units for r in unit.recordings}
    scored = {name for own in matched.by_seed.values() for name in own}
    rest = [r for r in corpus.recordings if (r.name in scored or r.id in scored) and r.name not in judged]
    unlabelled = [r.name for r in rest if r.bdi is None]
    if unlabelled:
        yield Finding("unlabelled", "Without a label in the corpus, so not judged:", tuple(unlabelled), wrong=False)
    for partition in PARTITIONS:
        there = sum(r.partition == partition and r.bdi is not None for r in rest)
        if there:
            text = f"Scores of the partition {partition} are not judged ({there})."
            yield Finding("elsewhere", text, wrong=False)


def _nothing(scores: Scores, matched: Matched, groups: Mapping[str, Sequence[Unit]], corpus: Corpus) -> str:
    """Why nobody can be judged."""
    findings = [*scores.findings, *matched.findings, *_elsewhere(groups, matched, corpus)]
    reasons = " ".join(f"{f.text} {named(f.names, 3)}".strip() for f in findings[:3])
    if not findings:
        reasons = "no video has a score of each seed. Of several files without a column seed, each is one seed."
    return f"{scores.title} has no score for {' or '.join(groups)} of {corpus.title}: {reasons}"
