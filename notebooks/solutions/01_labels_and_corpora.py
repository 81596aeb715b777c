"""Exercises of notebook 01: solutions, and the checkers that judge them and the learner's answers."""

import re

import numpy as np


def band(score):
    if not 0 <= score <= 63:
        raise ValueError(f"{score} is no BDI-II score: it lies in 0 … 63.")
    return ("minimal", "mild", "moderate", "severe")[int(np.searchsorted([14, 20, 29], score, side="right"))]


def check_band(answer):
    for score, name in ((0, "minimal"), (14, "mild"), (28, "moderate"), (29, "severe"), (63, "severe")):
        given = answer(score)
        assert given == name, f"{score} points are {name}, not {given!r}"
    for score, name in ((13, "minimal"), (19, "mild"), (20, "moderate")):
        given = answer(score)
        assert given == name, f"{score} points are {name}, not {given!r}: both ends belong to the band"
    for wrong in (-1, 64):
        try:
            given = answer(wrong)
        except ValueError:
            continue
        raise AssertionError(f"{wrong} is outside 0 … 63: raise a ValueError instead of returning {given!r}")


def subjects_in_order(paths):
    found = {re.match(r"\d+", path.rsplit("/", 1)[-1]).group() for path in paths}
    return sorted(found, key=int)


def check_subjects_in_order(answer):
    given = list(answer(["203_1_Freeform_video.mp4"]))
    assert given != ["203_1"], "'203_1' is the recording; the subject is the number before the first underscore"
    assert given == ["203"], f"the subject of 203_1_Freeform_video.mp4 is the text '203', not {given}"
    given = list(answer(["203_1_Freeform_video.mp4", "203_2_Northwind_video.mp4", "203_1_Northwind_video.mp4"]))
    assert given == ["203"], f"three videos of one person are one subject, not {len(given)}"
    given = list(answer(["1003_1_cut_combined.mp4", "99_2_cut_combined.mp4", "203_1_cut_combined.mp4"]))
    assert given != ["1003", "203", "99"], "as text '1003' comes before '203'; sort by the number"
    assert given == ["99", "203", "1003"], f"natural order is 99, 203, 1003, not {given}"
    given = list(answer(["2014_data/Training/Freeform/215_1_Freeform_video.mp4"]))
    assert given == ["215"], f"folders may hold numbers and underscores, too: look at the file name only, got {given}"


def shared_people(first, second):
    return len({name.split("_")[0] for name in first} & {name.split("_")[0] for name in second})


def check_shared_people(answer):
    train, test = ["203_1", "203_2", "204_1", "205_1"], ["203_3", "203_4", "205_2", "206_1"]
    given = answer(train, test)
    assert given != 0, "recording ids never recur; it is people that do"
    assert given != 3, "203 and 205 recur in three test recordings, but they are two people"
    assert given == 2, f"203 and 205 are in both: 2, not {given}"
    assert answer(["20_1"], ["203_1"]) == 0, "20 and 203 are different people: compare the whole number"
    assert answer([], test) == 0, "with nobody in the first partition nothing is shared"


def leave_one_out(subjects, labels):
    subjects, labels = np.asarray(subjects), np.asarray(labels, dtype=float)
    scores = []
    for index, subject in enumerate(subjects):
        others = np.arange(len(labels)) != index
        same = others & (subjects == subject)
        scores.append(labels[same if same.any() else others].mean())
    return np.array(scores)


def check_leave_one_out(answer):
    subjects, labels = ["a", "a", "b", "c"], [10, 14, 30, 2]
    try:
        given = np.asarray(answer(subjects, labels), dtype=float)
    except ZeroDivisionError as error:
        raise AssertionError("b has no other session: fall back on the mean of all other sessions") from error
    assert given.shape == (4,), f"one prediction a session: shape (4,), not {given.shape}"
    assert not np.allclose(given[:2], 12), "12 is the mean of both sessions of a: the own label has leaked in"
    assert np.allclose(given[:2], [14, 10]), f"the sessions of a predict each other: 14 and 10, not {given[:2]}"
    assert not np.isclose(given[2], 30), "b has no other session: 30 is the own label"
    assert not np.isclose(given[2], 14), (
        "14 is the mean of all four; b's own 30 must not be in the mean it falls back on"
    )
    assert np.allclose(given[2:], [26 / 3, 18]), f"b gets (10 + 14 + 2)/3, c gets (10 + 14 + 30)/3, not {given[2:]}"
    given = np.asarray(answer(["a", "b", "a", "a"], [0, 9, 6, 3]), dtype=float)
    assert np.allclose(given, [4.5, 3, 1.5, 3]), "with three sessions each gets the mean of the other two"


def split_people(subjects, share, seed):
    people = np.unique(subjects)
    held = np.random.default_rng(seed).choice(people, round(share * len(people)), replace=False)
    return np.isin(subjects, held)


def check_split_people(answer):
    subjects = [str(203 + k) for k in range(40) for _ in range(1 + k % 4)]
    held = np.asarray(answer(list(subjects), 0.25, 0))
    assert held.dtype == bool, f"return one True (held out) or False a session, not {held.dtype}"
    assert held.shape == (100,), f"one entry for each of 100 sessions: shape (100,), not {held.shape}"
    both = {s for s, out in zip(subjects, held, strict=True) if out}
    both &= {s for s, out in zip(subjects, held, strict=True) if not out}
    assert not both, f"{len(both)} people lie on both sides: draw people, not sessions"
    people = len({s for s, out in zip(subjects, held, strict=True) if out})
    assert people == 10, (
        f"a quarter of 40 people is 10, you hold out {people}: take the share of people, not of sessions"
    )
    assert np.array_equal(held, answer(list(subjects), 0.25, 0)), "the same seed must give the same split"
    assert not np.array_equal(held, answer(list(subjects), 0.25, 1)), "another seed must give another split"
