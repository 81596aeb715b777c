"""The checkers of notebook 01 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import pandas as pd
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("01_labels_and_corpora")


def others_of(person, index, subjects, labels):
    together = enumerate(zip(subjects, labels, strict=True))
    return [label for k, (subject, label) in together if subject == person and k != index]


def falling_back(on):
    """Means of a person's other sessions, or where there are none what ``on(labels, index)`` says."""

    def leave_one_out(subjects, labels):
        found = []
        for index, person in enumerate(subjects):
            others = others_of(person, index, subjects, labels) or on(list(labels), index)
            found.append(sum(others) / len(others))
        return found

    return leave_one_out


def all_but(labels, index):
    return [*labels[:index], *labels[index + 1 :]]


def last_other(subjects, labels):
    """The latest of the other sessions instead of their mean."""
    found = []
    for index, person in enumerate(subjects):
        others = others_of(person, index, subjects, labels)
        found.append(others[-1] if others else np.mean(all_but(list(labels), index)))
    return found


def with_own(subjects, labels):
    return [np.mean([v for p, v in zip(subjects, labels, strict=True) if p == q]) for q in subjects]


def by_frame(subjects, labels):
    table = pd.DataFrame({"who": subjects, "y": labels})
    total, count = table.groupby("who")["y"].transform("sum"), table.groupby("who")["y"].transform("count")
    own = (total - table["y"]) / (count - 1).where(count > 1)
    return own.fillna((table["y"].sum() - table["y"]) / (len(table) - 1))


def sessions_of_some(subjects, share, seed):
    """Whole people, but until they have their share of the sessions."""
    people = np.random.default_rng(seed).permutation(np.unique(subjects))
    sizes = np.array([(subjects == person).sum() for person in people])
    return np.isin(subjects, people[sizes.cumsum() <= share * len(subjects) / 2])


def shuffled(subjects, share, seed):
    people = np.unique(subjects)
    np.random.default_rng(seed).shuffle(people)
    return np.isin(subjects, people[: int(share * len(people))])


def by_torch(subjects, share, seed):
    people = sorted(set(subjects.tolist()))
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    held = {people[k] for k in order[: round(share * len(people))].tolist()}
    return torch.tensor([subject in held for subject in subjects])


WRONG = (
    ("shared_people", lambda a, b: len(set(a) & set(b)), "recording ids never recur"),
    ("shared_people", lambda a, b: sum(x.split("_")[0] in {y.split("_")[0] for y in a} for x in b), "each person once"),
    ("shared_people", lambda a, b: sum(x.split("_")[0] == y.split("_")[0] for x in a for y in b), "five pairs"),
    ("shared_people", lambda a, b: len({x[:3] for x in a} & {y[:3] for y in b}), "1003 and 1004"),
    ("shared_people", lambda a, b: len({x[:2] for x in a} & {y[:2] for y in b}), "20 and 203 are different people"),
    ("shared_people", lambda a, b: {x.split("_")[0] for x in a} & {y.split("_")[0] for y in b}, "one number, not"),
    ("shared_people", lambda a, b: len({x.split("_")[0] for x in a} | {y.split("_")[0] for y in b}), "2, not 6"),
    ("leave_one_out", with_own, "leaked in"),
    ("leave_one_out", lambda s, y: y, "its own label back"),
    ("leave_one_out", falling_back(lambda labels, index: []), "fall back on"),
    ("leave_one_out", falling_back(lambda labels, index: [labels[index]]), "30 is the own label"),
    ("leave_one_out", falling_back(lambda labels, index: labels), "14 is the mean of all four"),
    ("leave_one_out", falling_back(lambda labels, index: [0]), "not on 0"),
    ("leave_one_out", lambda s, y: SOLVED.leave_one_out(s, y)[:1], "one prediction per session"),
    ("leave_one_out", last_other, "the mean of the other two"),
    ("threshold", lambda k: 0.5, "one half is right for one session only"),
    ("threshold", lambda k: 1 / k, "1/k says 1 for one session"),
    ("threshold", lambda k: k / (k + 1), "that is 1 − ρ"),
    ("threshold", lambda k: 1 + 1 / k, "and no correlation"),
    ("threshold", lambda k: (k + 1) ** -0.5, "no root is needed"),
    ("threshold", lambda k: 100 / (k + 1), "no per cent"),
    ("threshold", lambda k: 1 / (2 * k), "with 2 remembered sessions"),
    ("split_people", sessions_of_some, "the share of people, not of sessions"),
    ("split_people", lambda s, share, seed: np.random.default_rng(seed).random(len(s)) < share, "draw people, not"),
    ("split_people", lambda s, share, seed: s < "213", "another seed must give another split"),
    ("split_people", lambda s, share, seed: ~SOLVED.split_people(s, share, seed), "not those who are kept"),
    ("split_people", lambda s, share, seed: np.unique(s)[:10], "a list of people is not enough"),
    ("split_people", lambda s, share, seed: SOLVED.split_people(s, share, seed).astype(int), "not int"),
    ("split_people", lambda s, share, seed: SOLVED.split_people(s, share, None), "the same seed must give"),
    ("split_people", lambda s, share, seed: SOLVED.split_people(s, 0.25, seed), "use the share"),
)
RIGHT = {
    "shared_people": (
        lambda a, b: np.int64(SOLVED.shared_people(a, b)),
        lambda a, b: torch.tensor(SOLVED.shared_people(a, b)),
        lambda a, b: len(np.intersect1d([x.split("_")[0] for x in a], [y.split("_")[0] for y in b])),
        lambda a, b: sum(who in {y.split("_")[0] for y in b} for who in {x.split("_")[0] for x in a}),
    ),
    "leave_one_out": (
        lambda s, y: SOLVED.leave_one_out(s, y).tolist(),
        lambda s, y: torch.tensor(SOLVED.leave_one_out(s, y)),
        lambda s, y: SOLVED.leave_one_out(s, y).astype(np.float32),
        falling_back(all_but),
        by_frame,
    ),
    "threshold": (
        lambda k: 1 - k / (k + 1),
        lambda k: np.float32(1 / (k + 1)),
        lambda k: torch.tensor(1 / (k + 1)),
        lambda k: round(1 / (k + 1), 2),
        lambda k: 1 - 1 / (1 + 1 / k),
    ),
    "split_people": (
        lambda s, share, seed: SOLVED.split_people(s, share, seed).tolist(),
        lambda s, share, seed: pd.Series(SOLVED.split_people(s, share, seed)),
        shuffled,
        by_torch,
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
