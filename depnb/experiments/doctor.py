"""What a folder holds of the corpora, what is missing or wrong, and whether the papers can be run on it."""

import os
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depnb.corpus import PARTITIONS, Recording, open_corpus
from depnb.corpus.avec import take_stock
from depnb.corpus.checks import check_attributes
from depnb.corpus.manifest import manifest_of, read_manifest
from depnb.corpus.published import CORPORA, LABELS, OFFICIAL, SHARED_SESSIONS
from depnb.corpus.synthetic.attributes import attributes_of, by_name
from depnb.corpus.synthetic.layout import recipe_of
from depnb.corpus.tree import Problem
from depnb.evaluation.bands import BANDS, band
from depnb.faces.crops import bytes_of_a_crop
from depnb.faces.pictures import open_video
from depnb.faces.video import VideoError
from depnb.system.progress import progress
from depnb.system.text import plain
from depnb.system.workers import usable_cores

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 0.06
"""BDI-II points by which a mean or a standard deviation may differ from one that is printed to one decimal."""


@dataclass(frozen=True)
class Part:
    """A partition: videos, sessions with a label, people, and the moments of the sessions' labels in BDI-II points.

    ``bands`` are sessions with minimal, mild, moderate and severe scores. Moments of no label are ``None``.
    """

    videos: int
    sessions: int
    labelled: int
    people: int
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    bands: tuple[int, ...]


@dataclass
class Checkup:
    """One corpus, looked at.

    Attributes:
        name: ``AVEC2013``, ``AVEC2014``, a generated corpus, or the stem of a manifest.
        root: where it was looked for.
        parts: by partition, those that there are.
        people: how many.
        recurring: people who occur in both of two partitions, by ``"train, test"``.
        by_sessions: people by their number of sessions.
        problems: what is wrong in the tree.
        unreadable: videos that cannot be opened, with the reason.
        differs: where counts or moments are not the published ones.
        missing: what the papers need and what is not there.
        frames: of all videos, as the files state it.
        uncounted: videos that do not state it.
        frame_rates: videos by their frames per second (two digits), in each partition; folders of frames say nothing.
        crop_bytes: disk space for the crops of all frames, estimated from crops of real faces.
    """

    name: str
    root: Path
    parts: dict[str, Part] = field(default_factory=dict)
    people: int = 0
    recurring: dict[str, int] = field(default_factory=dict)
    by_sessions: dict[int, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    frames: int = 0
    uncounted: int = 0
    frame_rates: dict[str, dict[float, int]] = field(default_factory=dict)
    crop_bytes: int = 0

    @property
    def ready(self) -> bool:
        """Whether the papers can be run: nothing is missing, nothing forbids to use it."""
        return not self.missing and not any(problem.fatal for problem in self.problems)


FRAMES_TOLERANCE = 0.05
"""Published numbers of frames are rounded, and papers count those with a face or all."""


@dataclass(frozen=True)
class Shared:
    """What AVEC2013 and AVEC2014 have in common: sessions by their number, and how many of them agree."""

    sessions: int
    same_partition: int
    same_label: int


def examine(places: list[str]) -> tuple[list[Checkup], Shared | None]:
    """Look at corpora; what is wrong is reported and stops nothing.

    Args:
        places: as for ``open_corpus``; a folder may hold AVEC2013 and AVEC2014.

    Raises:
        FileNotFoundError: nothing was found at a place; the message says what was looked for.
    """
    found = [one for place in places for one in _found(place)]
    checkups = [_checkup(*one) for one in found]
    by_name = {name: recordings for name, _, recordings, _ in found}
    both = "AVEC2013" in by_name and "AVEC2014" in by_name
    return checkups, _shared(by_name["AVEC2013"], by_name["AVEC2014"]) if both else None


def overview(checkup: Checkup) -> "pd.DataFrame":
    """A line for each partition; severity counts minimal, mild, moderate and severe scores."""
    import pandas as pd

    lines = []
    for name, part in checkup.parts.items():
        line = {
            "partition": name,
            "videos": part.videos,
            "sessions": part.sessions,
            "labels": part.labelled,
            "people": part.people,
        }
        if part.labelled > 1:
            line["BDI-II"] = f"{part.mean:.2f} ± {part.sd:.1f}"
            line["range"] = f"{part.low:.0f}–{part.high:.0f}"
            line["severity"] = " ".join(map(str, part.bands))
        lines.append(line)
    return pd.DataFrame(lines).fillna("–")


def remarks(checkup: Checkup) -> list[str]:
    """Everything else that is to be told about a corpus, one line each; wrong things begin with ✘, doubtful with !."""
    gigabytes = checkup.crop_bytes / 1e9
    at_least = "at least " if checkup.uncounted else ""
    lines = [
        *(f"{count} people occur in both {pair.replace(', ', ' and ')}" for pair, count in checkup.recurring.items()),
        "people by their number of sessions: "
        + ", ".join(f"{people} with {count}" for count, people in checkup.by_sessions.items()),
        f"{at_least}{checkup.frames} frames; aligned crops of all of them need {at_least or 'about '}{gigabytes:.1f} "
        "GB (estimated, lossless)",
        *_rates(checkup.frame_rates),
        *(f"✘ {problem}" if problem.fatal else f"! {problem}" for problem in checkup.problems),
        *(f"✘ {name}: {why}" for name, why in checkup.unreadable.items()),
        *(f"! {text}" for text in checkup.differs),
        *(f"✘ missing: {text}" for text in checkup.missing),
        "The papers can be run on it." if checkup.ready else "✘ The papers cannot be run on it as it is.",
    ]
    return [plain(line, kept="") for line in lines]


def _rates(by_partition: dict[str, dict[float, int]]) -> list[str]:
    """Which frame rates there are, and a warning where they differ: a clip of n frames then lasts another time."""
    counts: Counter[float] = Counter()
    for rates in by_partition.values():
        counts.update(rates)
    if len(counts) < 2:
        return [f"{rate:g} frames per second" for rate in counts]
    said = ", ".join(f"{rate:g} in {counts[rate]} videos" for rate in sorted(counts))
    found = [f"! frames per second differ: {said}. A clip of so many frames then lasts another time in each."]
    if len({frozenset(rates) for rates in by_partition.values()}) > 1:
        where = "; ".join(f"{name}: {', '.join(f'{r:g}' for r in sorted(of))}" for name, of in by_partition.items())
        found.append(f"! They differ between the partitions ({where}): networks may learn the rate and not the face.")
    return found


def warning(shared: Shared) -> str:
    """What AVEC2013 and AVEC2014 have in common, and what follows."""
    return (
        f"! {shared.sessions} sessions are in both AVEC2013 and AVEC2014 ({SHARED_SESSIONS} are published), "
        f"{shared.same_partition} of them in the same partition, {shared.same_label} with the same known label. The "
        "two are no independent evidence: never train on one and test on the other."
    )


def as_json(checkups: list[Checkup], shared: Shared | None) -> dict[str, Any]:
    """All facts, JSON-able."""
    corpora = [{**asdict(one), "root": str(one.root), "ready": one.ready} for one in checkups]
    for corpus in corpora:
        corpus["problems"] = [{**problem, "path": str(problem["path"])} for problem in corpus["problems"]]
    return {"corpora": corpora, "shared": asdict(shared) if shared else None}


def _found(place: str) -> list[tuple[str, Path, tuple[Recording, ...], list[Problem]]]:
    path = Path(place)
    manifest = manifest_of(path)
    if manifest and manifest.is_file():
        recordings, problems = read_manifest(manifest)
        return [(manifest.stem, manifest, tuple(recordings), problems)]
    inventories = [] if not path.is_dir() or recipe_of(path) else take_stock(path)
    if inventories:
        return [(one.name, one.root, one.recordings, list(one.problems)) for one in inventories]
    corpus = open_corpus(place)
    known = by_name(attributes_of(corpus.name, corpus.fingerprint))
    return [(corpus.name, corpus.root, corpus.recordings, check_attributes(corpus.recordings, known, corpus.root))]


def _checkup(name: str, root: Path, recordings: tuple[Recording, ...], problems: list[Problem]) -> Checkup:
    made = Checkup(name, root, problems=problems)
    for partition in PARTITIONS:
        if there := [recording for recording in recordings if recording.partition == partition]:
            made.parts[partition] = _part(there)
    made.people = len({recording.subject for recording in recordings})
    for one, other in combinations(made.parts, 2):
        both = [{r.subject for r in recordings if r.partition == partition} for partition in (one, other)]
        made.recurring[f"{one}, {other}"] = len(both[0] & both[1])
    sessions = {(recording.subject, recording.id) for recording in recordings}
    made.by_sessions = dict(sorted(Counter(Counter(subject for subject, _ in sessions).values()).items()))
    _open(made, [recording for recording in recordings if os.path.exists(recording.video)])
    made.crop_bytes = made.frames * bytes_of_a_crop()
    made.missing = _missing(made)
    made.differs = _differences(made)
    return made


def _part(recordings: list[Recording]) -> Part:
    labels = {recording.id: recording.bdi for recording in recordings}
    known = [bdi for bdi in labels.values() if bdi is not None]
    bands = Counter(map(band, known))
    return Part(
        videos=len(recordings),
        sessions=len(labels),
        labelled=len(known),
        people=len({recording.subject for recording in recordings}),
        mean=statistics.fmean(known) if known else None,
        sd=statistics.stdev(known) if known[1:] else None,
        low=min(known, default=None),
        high=max(known, default=None),
        bands=tuple(bands[one.name] for one in BANDS),
    )


def _open(made: Checkup, recordings: list[Recording]) -> None:
    """Fill in what the video files state of themselves, and which cannot be opened."""
    with progress("videos opened", len(recordings), "videos") as bar, ThreadPoolExecutor(usable_cores()) as threads:
        for recording, outcome in zip(recordings, threads.map(_stated, recordings), strict=True):
            if isinstance(outcome, str):
                made.unreadable[recording.name] = outcome
            else:
                frames, rate = outcome
                made.frames += frames
                made.uncounted += not frames
                if rate:
                    rates = made.frame_rates.setdefault(recording.partition, {})
                    rates[rate] = rates.get(rate, 0) + 1
            bar.advance()


def _stated(recording: Recording) -> tuple[int, float | None] | str:
    """Frames and frames per second to two digits (29.97 is 30), or why the video cannot be opened."""
    try:
        video = open_video(recording.video)
        said = None if recording.video.is_dir() else video.frame_rate
        return video.declared_frames, float(f"{said:.2g}") if said else None
    except (VideoError, OSError) as error:
        return str(error)


def _missing(made: Checkup) -> list[str]:
    """What the papers need: the three official partitions, both tasks of a session, and all labels."""
    lacking = [
        f"the partition {partition}: no video of it was found" for partition in OFFICIAL if partition not in made.parts
    ]
    for partition, part in made.parts.items():
        if part.labelled < part.sessions:
            lacking.append(
                f"labels of {partition}: {part.sessions - part.labelled} of {part.sessions} sessions have none"
            )
        expected = CORPORA[made.name].videos if made.name in CORPORA and partition in OFFICIAL else part.videos
        if part.videos < expected:
            lacking.append(f"videos of {partition}: {part.videos} of the published {expected} are there")
    if made.unreadable:
        lacking.append(f"{len(made.unreadable)} videos, which are there but cannot be read")
    return lacking


def _differences(made: Checkup) -> list[str]:
    """Counts and moments that are not the published ones; of a corpus that is not published there are none."""
    published = CORPORA.get(made.name)
    if published is None:
        return []
    found = []

    def compare(what: str, here: object, there: object) -> None:
        if here != there:
            found.append(f"{what}: {here} here, {there} published")

    for partition in OFFICIAL:
        if (part := made.parts.get(partition)) is None:
            continue
        known = LABELS[partition]
        compare(f"videos of {partition}", part.videos, published.videos)
        if published.people_by_partition:
            compare(f"people in {partition}", part.people, published.people_by_partition[partition])
        if part.labelled != known.sessions or part.mean is None or part.sd is None:
            continue
        if min(abs(part.mean - mean) for mean in known.mean) > ROUNDING:
            compare(f"mean label of {partition}", f"{part.mean:.2f}", " or ".join(f"{mean:.2f}" for mean in known.mean))
        if abs(part.sd - known.sd) > 2 * ROUNDING:
            compare(f"sd of the labels of {partition}", f"{part.sd:.1f}", f"{known.sd:.1f}")
        compare(f"range of the labels of {partition}", f"{part.low:.0f}–{part.high:.0f}", f"{known.low}–{known.high}")
        compare(f"labels of {partition} by severity", part.bands, known.bands)
    whole = sum(part.videos for part in made.parts.values()) == len(OFFICIAL) * published.videos
    if whole and abs(made.frames / published.frames - 1) > FRAMES_TOLERANCE:
        compare("frames", f"{made.frames:,}", f"about {published.frames:,}")
    if published.people is not None:
        compare("people", made.people, published.people)
        compare("people by their number of sessions", made.by_sessions, published.by_sessions)
        for (one, other), count in (published.recurring or {}).items():
            if {one, other} <= set(made.parts):
                compare(f"people in both {one} and {other}", made.recurring[f"{one}, {other}"], count)
    return found


def _shared(first: tuple[Recording, ...], second: tuple[Recording, ...]) -> Shared:
    one, other = ({recording.id: recording for recording in recordings} for recordings in (first, second))
    pairs = [(one[session], other[session]) for session in set(one) & set(other)]
    return Shared(
        len(pairs),
        sum(a.partition == b.partition for a, b in pairs),
        sum(a.bdi is not None and a.bdi == b.bdi for a, b in pairs),
    )
