"""The checkers of notebook 70 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch
from scipy.stats import rankdata, spearmanr

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("70_what_the_network_looks_at")


def energy_instead(maps, inside):
    return (maps * inside).sum() / maps.sum()


def first_region(maps, inside):
    return np.mean([inside[0].ravel()[heat.argmax()] for heat in maps])


def clipped(maps, inside):
    return SOLVED.pointing(np.maximum(maps, 0), inside)


def of_everything(heat, inside, face):
    return heat[inside].sum() / heat.sum() / inside.mean()


def mixed_energy(heat, inside, face):
    return heat[inside].sum() / heat.sum() / (inside.sum() / face.sum())


def mixed_area(heat, inside, face):
    return heat[inside].sum() / heat[face].sum() / inside.mean()


def beyond(heat, inside, face):
    return heat[inside].sum() / heat[face].sum() / (inside.sum() / face.sum())


def pearson(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def places(one, other):
    return np.corrcoef(one.ravel().argsort(), other.ravel().argsort())[0, 1]


def without_ties(one, other):
    return np.corrcoef(one.ravel().argsort(kind="stable").argsort(), other.ravel().argsort().argsort())[0, 1]


def only_area(network, control, area):
    return "looks there" if network[0] > area else "nothing"


def only_control(network, control, area):
    return "looks there" if network[0] > control[1] else "so does the control"


def by_means(network, control, area):
    middle, other = np.mean(network), np.mean(control)
    return "nothing" if middle <= area else "looks there" if middle > other else "so does the control"


def control_differs(network, control, area):
    apart = network[0] > control[1] or network[1] < control[0]
    return "nothing" if network[0] <= area else "looks there" if apart else "so does the control"


WRONG = (
    ("pointing", energy_instead, "highest pixel only"),
    ("pointing", lambda maps, inside: SOLVED.pointing(maps, inside) * len(maps), "share of the maps"),
    ("pointing", lambda maps, inside: SOLVED.pointing(-maps, inside), "not the lowest"),
    ("pointing", first_region, "region of its own"),
    ("pointing", clipped, "may be negative"),
    ("pointing", lambda maps, inside: float(inside.mean() + 0.01), "0.25, not 0.26"),
    ("concentration", lambda heat, inside, face: heat[inside].sum() / heat[face].sum(), "divide it by the share"),
    ("concentration", of_everything, "you count all pixels"),
    ("concentration", mixed_energy, "energy must be that of the face"),
    ("concentration", mixed_area, "area must be that of the face"),
    ("concentration", lambda heat, inside, face: 1 / SOLVED.concentration(heat, inside, face), "upside down"),
    ("concentration", lambda heat, inside, face: heat[inside].mean(), "mean inside the face"),
    ("concentration", beyond, "beyond the face"),
    ("rank_correlation", pearson, "Pearson"),
    ("rank_correlation", places, "use argsort twice"),
    ("rank_correlation", without_ties, "equal values share"),
    ("rank_correlation", lambda one, other: abs(SOLVED.rank_correlation(one, other)), "keep the sign"),
    ("rank_correlation", lambda one, other: np.corrcoef(one, other)[0], "take all pixels together"),
    ("rank_correlation", lambda one, other: SOLVED.rank_correlation(one, other) / 2, "order their cells alike"),
    ("may_say", only_area, "overlap"),
    ("may_say", only_control, "holds the area"),
    ("may_say", by_means, "holds the area"),
    ("may_say", control_differs, "even more there"),
    ("may_say", lambda network, control, area: network[0] > area, "return one of"),
    ("may_say", lambda network, control, area: "nothing", "overlap"),
)
RIGHT = {
    "pointing": (
        lambda maps, inside: torch.tensor(SOLVED.pointing(maps, inside)),
        lambda maps, inside: np.float32(SOLVED.pointing(maps, inside)),
        lambda maps, inside: [SOLVED.pointing(maps, inside)],
        lambda maps, inside: np.mean([i.ravel()[m.argmax()] for m, i in zip(maps, inside, strict=True)]),
    ),
    "concentration": (
        lambda heat, inside, face: torch.tensor(SOLVED.concentration(heat, inside, face)),
        lambda heat, inside, face: np.float32(SOLVED.concentration(heat, inside, face)),
        lambda heat, inside, face: [SOLVED.concentration(heat, inside, face)],
        lambda heat, inside, face: heat[inside & face].mean() / heat[face].mean(),
    ),
    "rank_correlation": (
        lambda one, other: torch.tensor(SOLVED.rank_correlation(one, other)),
        lambda one, other: np.float32(SOLVED.rank_correlation(one, other)),
        lambda one, other: spearmanr(one.ravel(), other.ravel()).statistic,
        lambda one, other: np.corrcoef(rankdata(one), rankdata(other))[0, 1],
    ),
    "may_say": (
        lambda network, control, area: str(SOLVED.may_say(tuple(network), control, area)),
        lambda network, control, area: np.str_(SOLVED.may_say(network, control, area)),
        lambda network, control, area: SOLVED.may_say(np.array(network), np.array(control), np.float32(area)),
        lambda network, control, area: (
            "looks there"
            if min(network) > max(*control, area)
            else "so does the control"
            if min(network) > area
            else "nothing"
        ),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
