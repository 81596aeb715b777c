"""What can be wrong among the recordings of a corpus, wherever they come from.

People and videos that occur twice; attributes of people that follow the score in training and not elsewhere.
"""

import math
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from depnb.corpus.records import PARTITIONS, Recording
from depnb.corpus.tree import Problem, sampled

OF_A_PERSON = re.compile(r"(?:p|pt|pat|patient|participant|person|proband|s|sub|subj|subject|vp|id|no|nr)([0-9]+)")
"""A number as some tables write it; where the bare number occurs too, it is taken for the same person."""
SMALLEST_VIDEO = 1024
"""Bytes; what is smaller is no video, and says so when it is opened."""
LEVEL = 0.05
"""Chance of a warning about any attribute of a corpus in which none follows the score."""
NORMAL_95 = 1.96
FEWEST = 4
"""People from whom a correlation has an interval."""


class Association(NamedTuple):
    """Of an attribute and the score, in one partition.

    Attributes:
        r: Pearson's correlation over sessions; NaN where either is the same in all of them.
        low, high: its 95 % interval, from Fisher's z. As many people count as there are: sessions of one are alike.
        people: how many.
    """

    attribute: str
    partition: str
    r: float
    low: float
    high: float
    people: int

    @property
    def z(self) -> float:
        """Fisher's, 0 where there is no correlation."""
        return 0.0 if math.isnan(self.r) else math.atanh(max(-0.999999, min(0.999999, self.r)))

    @property
    def variance(self) -> float:
        """Of z; infinite for fewer than ``FEWEST`` people."""
        return 1 / (self.people - 3) if self.people >= FEWEST else math.inf


def person_key(name: str) -> str:
    """What the spellings of a name have in common: ``07``, ``7.0`` are 7; ``P7``, ``p 7``, ``P-07`` are p7.

    Capitals, blanks, hyphens, leading zeros, a decimal ``.0`` and the Unicode form do not count.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(str(unicodedata.decimal(c, c)) for c in text if unicodedata.category(c) != "Cf").strip()
    text = re.sub(r"^(\D*\d+)[.,]0+$", r"\1", text)
    text = re.sub(r"[\s_.,/-]+", " ", text).strip()
    text = re.sub(r"(?<=[^\W\d_]) (?=\d)", "", text)
    return re.sub(r"(?<!\d)0+(?=\d)", "", text) or name


def check_recordings(recordings: Sequence[Recording], place: Path, strict: bool = False) -> list[Problem]:
    """People under several names, and videos under several names.

    Args:
        recordings: all of a corpus.
        place: what a problem names.
        strict: whether a copy of a video in another partition forbids to use the corpus.
    """
    return [*check_people(recordings, place), *_repeated(recordings, place, strict)]


def associations(recordings: Sequence[Recording], attributes: Mapping[str, Mapping[str, float]]) -> list[Association]:
    """How closely each attribute follows the score, by partition, each session once; unlabelled ones are left out.

    Args:
        recordings: of a corpus.
        attributes: by name of the attribute, then by id of the session.
    """
    sessions = {recording.id: recording for recording in recordings if recording.bdi is not None}
    parts = {name: [r for r in sessions.values() if r.partition == name] for name in PARTITIONS}
    return [
        _associated(attribute, name, parts[name], attributes[attribute])
        for attribute, name in product(attributes, PARTITIONS)
        if parts[name]
    ]


def check_attributes(
    recordings: Sequence[Recording], attributes: Mapping[str, Mapping[str, float]], place: Path
) -> list[Problem]:
    """Attributes that follow the score in training and not elsewhere: a network may learn these and not the face.

    An attribute is named if its correlation in training is not 0, and differs from that of all other partitions
    together, both with p < 0.05 after Bonferroni's correction for the number of attributes.

    Args:
        recordings, attributes: as for ``associations``. place: what a problem names.
    """
    sessions = {recording.id: recording for recording in recordings if recording.bdi is not None}
    train, rest = ([r for r in sessions.values() if (r.partition == "train") == own] for own in (True, False))
    problems = []
    for name, known in attributes.items():
        here, there = _associated(name, "train", train, known), _associated(name, "elsewhere", rest, known)
        both = (_p(here.z, here.variance), _p(here.z - there.z, here.variance + there.variance))
        if max(both) * len(attributes) < LEVEL:
            text = (
                f"{name} follows the score in training (r = {here.r:+.2f}, {here.people} people) and not elsewhere "
                f"(r = {there.r:+.2f}, {there.people} people). A network may learn {name} instead of the face. Then "
                "its error within the training set says nothing of other people: judge it on other partitions."
            )
            problems.append(Problem("attribute", place, text))
    return problems


def _associated(attribute: str, name: str, part: Sequence[Recording], known: Mapping[str, float]) -> Association:
    import numpy as np  # a corpus is opened without it

    people = len({recording.subject for recording in part})
    x, y = (np.array(values, dtype=float) for values in ([known[r.id] for r in part], [r.bdi for r in part]))
    r = float(np.corrcoef(x, y)[0, 1]) if len(part) > 1 and np.ptp(x) and np.ptp(y) else math.nan
    found = Association(attribute, name, r, math.nan, math.nan, people)
    reach = NORMAL_95 * math.sqrt(found.variance)
    return found if math.isnan(r) else found._replace(low=math.tanh(found.z - reach), high=math.tanh(found.z + reach))


def _p(z: float, variance: float) -> float:
    """Two-sided, of a normal value with this variance."""
    return math.erfc(abs(z) / math.sqrt(2 * variance))


def check_people(recordings: Iterable[Recording], place: Path) -> list[Problem]:
    """People who seem to have several names; ``place`` is what a problem names."""
    partitions = defaultdict(set)
    for recording in recordings:
        partitions[recording.subject].add(recording.partition)
    by_key = defaultdict(list)
    keys = {name: person_key(name) for name in partitions}
    known = set(keys.values())
    for name, key in keys.items():
        number = OF_A_PERSON.fullmatch(key)
        bare = number and (number[1].lstrip("0") or "0")
        by_key[bare if bare and bare in known else key].append(name)
    problems = []
    for names in by_key.values():
        if len(names) > 1:
            crosses = len(set().union(*(partitions[name] for name in names))) > 1
            said = ", ".join(f"{name[:40]!r} ({', '.join(sorted(partitions[name]))})" for name in sorted(names))
            text = f"{said} look like one person under several names; write one name for one person."
            problems.append(Problem("people", place, text, fatal=crosses))
    return problems


def _repeated(recordings: Sequence[Recording], place: Path, strict: bool) -> list[Problem]:
    problems = []
    by_file = _grouped(recordings, _file_identity)
    for group in by_file:
        text = f"{_names(group)} are one file; one video was expected for each."
        problems.append(Problem("copy", place, text, fatal=True))
    linked = {recording.name for group in by_file for recording in group[1:]}
    others = [recording for recording in recordings if recording.name not in linked]
    for of_one_size in _grouped(others, _size):
        for group in _grouped(of_one_size, lambda recording: sampled(recording.video)):
            crosses = len({recording.partition for recording in group}) > 1
            text = f"{_names(group)} are copies of one video; one video was expected for each."
            problems.append(Problem("copy", place, text, fatal=strict and crosses))
    return problems


def _grouped(recordings: Iterable[Recording], key: Callable[[Recording], Hashable]) -> list[list[Recording]]:
    """Those that have a key in common with another one."""
    groups: dict[Hashable, list[Recording]] = defaultdict(list)
    for recording in recordings:
        if (found := key(recording)) is not None:
            groups[found].append(recording)
    return [group for group in groups.values() if len(group) > 1]


def _file_identity(recording: Recording) -> tuple[int, int] | None:
    try:
        status = recording.video.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _size(recording: Recording) -> Hashable:
    """Of a file its bytes, of a folder its number of frames: to add up their sizes takes long."""
    try:
        if recording.video.is_dir():
            return "frames", len(os.listdir(recording.video))
        size = recording.video.stat().st_size
    except OSError:
        return None
    return size if size >= SMALLEST_VIDEO else None


def _names(group: Sequence[Recording]) -> str:
    names = sorted(recording.name for recording in group)
    return " and ".join(names) if len(names) < 4 else f"{names[0]}, {names[1]} and {len(names) - 2} others"
