"""Which score belongs to which recording: the names of files are matched with those of the corpus."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from depnb.corpus import Corpus, Recording
from depnb.corpus.avec import MEDIA_NAME
from depnb.corpus.records import VIDEO_SUFFIXES, natural_key
from depnb.reports.judge.scores import Finding, Scores

UNITS = ("videos", "sessions")


class Unit(NamedTuple):
    """What has one label and one score: a video, or a session with the videos of its tasks."""

    name: str
    recordings: tuple[Recording, ...]

    @property
    def subject(self) -> str:
        return self.recordings[0].subject

    @property
    def bdi(self) -> float | None:
        return self.recordings[0].bdi


class Matched(NamedTuple):
    """Scores by seed and by the name of the recording, or of the session where one score is of a whole session."""

    by_seed: dict[str, dict[str, float]]
    findings: list[Finding]

    def of(self, units: Sequence[Unit]) -> np.ndarray:
        """Scores [seeds, N]; a session's is the mean over its videos that have one, NaN where none has."""
        scores = [[_score(own, unit) for unit in units] for own in self.by_seed.values()]
        return np.array(scores, dtype=float).reshape(len(scores), len(units))

    def lacking(self, recordings: Iterable[Recording]) -> list[Recording]:
        """Recordings without a score of each seed."""
        every = list(self.by_seed.values())
        return [r for r in recordings if not all(r.name in own or r.id in own for own in every)]


def units_of(recordings: Iterable[Recording], unit: str) -> list[Unit]:
    """The labelled recordings, each for itself or by session; in the order of the corpus."""
    groups: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        if recording.bdi is not None:
            groups[recording.name if unit == "videos" else recording.id].append(recording)
    return [Unit(name, tuple(own)) for name, own in groups.items()]


def match(scores: Scores, corpus: Corpus, unit: str) -> Matched:
    """Find the recording of each line; what is unknown, or said twice in different words, is left out and named."""
    index = _index(corpus.recordings, unit)
    sessions = {_folded(r.id) for r in corpus.recordings}
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    unknown: list[str] = []
    of_sessions: list[str] = []
    for line in scores.lines:
        name = index.get(_folded(line.video)) or index.get(canonical(line.video))
        if name is not None:
            found[line.seed][name].append(line.score)
        else:
            (of_sessions if canonical(line.video) in sessions else unknown).append(line.video)
    ordered = sorted(found, key=natural_key)
    by_seed = {seed: {name: own[0] for name, own in found[seed].items() if len(set(own)) == 1} for seed in ordered}
    whole = {r.id for r in corpus.recordings if any(r.name in own and r.id in own for own in found.values()) and r.task}
    return Matched(by_seed, [*_unmatched(unknown, of_sessions, corpus), *_doubled(found), *_both(whole)])


def canonical(name: str) -> str:
    """A recording's name from that of its file, wherever it lies: ``203_1_Freeform`` of ``…/203_1_Freeform_video.mp4``.

    In small letters, as all names that are compared.
    """
    base = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    media = MEDIA_NAME.fullmatch(base) or MEDIA_NAME.fullmatch(f"{base}.mp4")
    if media:
        task = media["kind"].partition("_")[0].lower()
        base = media["session"] if task == "cut" else f"{media['session']}_{task}"
    else:
        stem, dot, suffix = base.rpartition(".")
        base = stem if f"{dot}{suffix.lower()}" in VIDEO_SUFFIXES else base
    return _folded(base)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/")).casefold()


def _index(recordings: Sequence[Recording], unit: str) -> dict[str, str]:
    """Names of recordings, and of sessions where these are judged, by what they are called; what fits two fits none."""
    short: dict[str, set[str]] = defaultdict(set)
    for r in recordings:
        short[canonical(r.name)].add(r.name)
    index = {form: next(iter(names)) for form, names in short.items() if len(names) == 1}
    if unit == "sessions":
        index |= {_folded(r.id): r.id for r in recordings}
    return index | {_folded(r.name): r.name for r in recordings}


def _unmatched(unknown: list[str], of_sessions: list[str], corpus: Corpus) -> list[Finding]:
    findings = []
    if unknown:
        some = f"a video there is called {corpus.recordings[0].name}" if corpus.recordings else "it has no video"
        text = f"{_count(unknown)} not in the corpus {corpus.name} ({some}):"
        findings.append(Finding("unknown", text, _once(unknown)))
    if of_sessions:
        text = f"{_count(of_sessions)} a session and no video; judge sessions (--unit sessions), or name the videos:"
        findings.append(Finding("session", text, _once(of_sessions)))
    return findings


def _doubled(found: dict[str, dict[str, list[float]]]) -> list[Finding]:
    same: set[str] = set()
    other: set[str] = set()
    for own in found.values():
        for name, values in own.items():
            if len(values) > 1:
                (same if len(set(values)) == 1 else other).add(name)
    findings = []
    if same:
        text = "Twice with the same score, which counts once:"
        findings.append(Finding("repeated", text, tuple(sorted(same, key=natural_key))))
    if other:
        text = "Twice with different scores, which are left out; give one score per video (and seed, in a column seed):"
        findings.append(Finding("doubled", text, tuple(sorted(other, key=natural_key))))
    return findings


def _both(sessions: Iterable[str]) -> list[Finding]:
    if not sessions:
        return []
    text = "A score of the session beside one of its videos; the session's counts:"
    return [Finding("doubled", text, tuple(sorted(sessions, key=natural_key)))]


def _score(own: dict[str, float], unit: Unit) -> float:
    if unit.name in own:
        return own[unit.name]
    values = [own[r.name] for r in unit.recordings if r.name in own]
    return float(np.mean(values)) if values else float("nan")


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(re.sub(r"(.{60}).+", r"\1…", name) for name in dict.fromkeys(names))


def _count(names: Sequence[str]) -> str:
    different = len(set(names))
    return "1 name is" if different == 1 else f"{different} names are"
