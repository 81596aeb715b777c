"""Exercises of notebook 01: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def shared_people(first, second):
    return len({name.split("_")[0] for name in first} & {name.split("_")[0] for name in second})


def _count(answer, first, second):
    """A learner's number of people, which must be one number."""
    given = answer(list(first), list(second))
    one = np.ndim(given) == 0 and not isinstance(given, str | set | dict)
    assert one, f"return how many there are, one number, not {given!r}"
    return float(given)


def check_shared_people(answer):
    train = ["203_1", "203_2", "204_1", "205_1", "1003_1"]
    test = ["203_3", "203_4", "205_2", "206_1", "1004_1"]
    given = _count(answer, train, test)
    assert given != 0, "recording ids never recur, and people do: compare what stands before the first underscore"
    assert given != 5, "203 and 205 make five pairs of recordings, and they are two people: count each person once"
    assert given != 3 or _count(answer, train[:4], test[:4]) != 3, (
        "three recordings of a list are of people who recur, and they are two people: count each person once"
    )
    assert given != 3, "1003 and 1004 are different people: compare the whole number, not its first digits"
    assert given == 2, f"of {train} and {test} 203 and 205 are in both: 2, not {given:g}"
    given = _count(answer, ["20_1"], ["203_1"])
    assert given == 0, f"20 and 203 are different people: compare the whole number; 0, not {given:g}"
    given = _count(answer, [], test)
    assert given == 0, f"nobody is in an empty list, so nothing is shared: 0, not {given:g}"
    given = _count(answer, ["203_1", "203_2"], ["203_3"])
    assert given == 1, f"['203_1', '203_2'] and ['203_3'] are all of one person: 1, not {given:g}"


def leave_one_out(subjects, labels):
    subjects, labels = np.asarray(subjects), np.asarray(labels, dtype=float)
    scores = []
    for index, subject in enumerate(subjects):
        others = np.arange(len(labels)) != index  # the session itself is never looked at
        same = others & (subjects == subject)
        scores.append(labels[same if same.any() else others].mean())
    return np.array(scores)


def check_leave_one_out(answer):
    subjects, labels = ["a", "a", "b", "c"], np.array([10.0, 14.0, 30.0, 2.0])
    try:
        given = np.asarray(answer(list(subjects), labels.copy()), dtype=float)
    except ZeroDivisionError as error:
        raise AssertionError("b has no other session: fall back on the mean of all other sessions") from error
    assert given.shape == (4,), f"one prediction per session: shape (4,), not {given.shape}"
    assert not np.isnan(given).any(), "b has no other session: fall back on the mean of all other sessions"
    assert not np.allclose(given[:2], 12), "12 is the mean of both sessions of a: the own label has leaked in"
    assert not np.allclose(given[:2], labels[:2]), "each session gets its own label back: that is the label, leaked in"
    assert np.allclose(given[:2], [14, 10]), f"the sessions of a predict each other: 14 and 10, not {given[:2]}"
    assert not np.isclose(given[2], 30), "b has no other session: 30 is the own label"
    assert not np.isclose(given[2], 0), "b has no other session: fall back on the mean of all others, not on 0"
    assert not np.isclose(given[2], 14), (
        "14 is the mean of all four; b's own 30 must not be in the mean it falls back on"
    )
    assert np.allclose(given[2:], [26 / 3, 18]), f"b gets (10 + 14 + 2)/3, c gets (10 + 14 + 30)/3, not {given[2:]}"
    given = np.asarray(answer(["a", "b", "a", "a"], np.array([0.0, 9, 6, 3])), dtype=float)
    assert np.allclose(given, [4.5, 3, 1.5, 3]), (
        f"a has 0, 6 and 3: each gets the mean of the other two, 4.5, 1.5 and 3; b gets 3; not {given}"
    )


def threshold(sessions):
    return 1 / (sessions + 1)  # (1 − ρ)(1 + 1/k) = 1, solved for ρ


def check_threshold(answer):
    given = {k: float(answer(k)) for k in (1, 2, 4)}
    assert not np.allclose(list(given.values()), 0.5), (
        "one half is right for one session only: the mean of several sessions is a better memory"
    )
    assert not np.allclose(list(given.values()), [1 / k for k in given]), (
        "1/k says 1 for one session: but two sessions that are nearly alike are a good memory; solve (1.5) = 1"
    )
    assert not np.allclose(list(given.values()), [k / (k + 1) for k in given]), (
        "that is 1 − ρ: solve (1 − ρ)(1 + 1/k) = 1 for ρ; with more sessions a lower correlation is enough"
    )
    assert not np.allclose(list(given.values()), [1 + 1 / k for k in given]), (
        "1 + 1/k is the factor of 1 − ρ in (1.5), and no correlation: solve (1.5) = 1 for ρ"
    )
    assert not np.allclose(list(given.values()), [np.sqrt(1 / (k + 1)) for k in given]), (
        "no root is needed: RMSE and MSE reach the constant's at the same correlation"
    )
    assert not np.allclose(list(given.values()), [100 / (k + 1) for k in given]), (
        "a correlation lies between 0 and 1: no per cent"
    )
    for k, value in given.items():
        assert np.isclose(value, 1 / (k + 1), atol=0.006), (
            f"with {k} remembered sessions (1.5) is 1, the constant's error, at ρ = {1 / (k + 1):.3f}, not {value:.3f}"
        )


def split_people(subjects, share, seed):
    people = np.unique(subjects)
    held = np.random.default_rng(seed).choice(people, round(share * len(people)), replace=False)
    return np.isin(subjects, held)


def check_split_people(answer):
    subjects = np.array([str(203 + k) for k in range(40) for _ in range(1 + k % 4)])
    held = np.asarray(answer(subjects.copy(), 0.25, 0))
    assert held.shape == (100,), (
        f"one entry for each of the 100 sessions: shape (100,), not {held.shape}; a list of people is not enough"
    )
    assert held.dtype == bool, f"return one True (held out) or False per session, not {held.dtype}"
    out, kept = set(subjects[held]), set(subjects[~held])
    assert not out & kept, f"{len(out & kept)} people lie on both sides: draw people, not sessions"
    assert len(out) != 30, "you hold out 30 of 40 people: True are those who are held out, not those who are kept"
    assert len(out) == 10, (
        f"a quarter of 40 people is 10, you hold out {len(out)}: take the share of people, not of sessions"
    )
    again = np.asarray(answer(subjects.copy(), 0.25, 0))
    assert np.array_equal(held, again), "the same seed must give the same split: np.random.default_rng(seed)"
    other = np.asarray(answer(subjects.copy(), 0.25, 1))
    assert not np.array_equal(held, other), "another seed must give another split: use the seed"
    half = np.asarray(answer(subjects.copy(), 0.5, 0))
    assert len(set(subjects[half])) == 20, "with share = 0.5 half of the 40 people are held out: use the share"


HINTS = {
    "shared_people": (
        "What stands before the first underscore is the person: name.split('_')[0].",
        "A set holds each person once, and & gives what two sets share.",
    ),
    "leave_one_out": (
        "Go through the sessions one by one; others = np.arange(len(labels)) != index leaves the session itself out.",
        "The same person's other sessions: others & (np.array(subjects) == subjects[index]).",
        "If none of these is True, take the mean over all of others.",
    ),
    "threshold": (
        "On seen people the memory has the error (1.5), the constant has 1. Where are they equal?",
        "(1 − ρ)(1 + 1/k) = 1. For k = 1 that is 2(1 − ρ) = 1.",
    ),
    "split_people": (
        "Draw among np.unique(subjects), where each person stands once.",
        "np.random.default_rng(seed).choice(people, round(share * len(people)), replace=False) are those held out.",
        "np.isin(subjects, held) goes back to the sessions.",
    ),
}
