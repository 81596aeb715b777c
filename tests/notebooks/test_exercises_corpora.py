"""The checkers of notebook 01 tell plausible wrong answers from right ones, and say why."""

import numpy as np

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
            others = others_of(person, index, subjects, labels) or on(labels, index)
            found.append(sum(others) / len(others))
        return found

    return leave_one_out


def sessions_of_some(subjects, share, seed):
    """Whole people, but until they have their share of the sessions."""
    people = np.random.default_rng(seed).permutation(np.unique(subjects))
    sizes = np.array([subjects.count(person) for person in people])
    return np.isin(subjects, people[sizes.cumsum() <= share * len(subjects) / 2])


BANDS = ("minimal", "mild", "moderate", "severe")
WRONG = (
    (
        "band",
        lambda s: BANDS[sum(s > e for e in (14, 20, 29))],
        "14 points are mild",
    ),
    (
        "band",
        lambda s: BANDS[sum(s >= e for e in (14, 20, 29))],
        "raise a ValueError",
    ),
    ("subjects_in_order", lambda names: sorted({n.rsplit("_", 2)[0] for n in names}), "'203_1' is the recording"),
    ("subjects_in_order", lambda names: sorted({n.split("_")[0] for n in names}), "as text '1003' comes before"),
    (
        "subjects_in_order",
        lambda names: sorted({n.split("_")[0] for n in names}, key=int),
        "the file name only",
    ),
    ("shared_people", lambda a, b: len(set(a) & set(b)), "recording ids never recur"),
    ("shared_people", lambda a, b: sum(x[:3] in {y[:3] for y in a} for x in b), "they are two people"),
    ("leave_one_out", lambda s, y: [np.mean([v for p, v in zip(s, y, strict=True) if p == q]) for q in s], "leaked in"),
    ("leave_one_out", falling_back(lambda labels, index: []), "fall back on"),
    ("leave_one_out", falling_back(lambda labels, index: [labels[index]]), "30 is the own label"),
    ("leave_one_out", falling_back(lambda labels, index: labels), "14 is the mean of all four"),
    ("shared_people", lambda a, b: len({x[:2] for x in a} & {y[:2] for y in b}), "not 1"),
    ("split_people", sessions_of_some, "the share of people, not of sessions"),
    ("split_people", lambda s, share, seed: np.random.default_rng(seed).random(len(s)) < share, "draw people, not"),
    ("split_people", lambda s, share, seed: np.array(s) < "213", "another seed must give another split"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
