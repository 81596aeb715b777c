"""Exercises of notebook 70: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def _one(answer):
    values = np.asarray(answer, dtype=float)
    assert values.size == 1, f"one number is wanted, not {values.size}: take all pixels together"
    return float(values.reshape(-1)[0])


def pointing(maps, inside):
    maps, inside = np.asarray(maps, dtype=float), np.asarray(inside, dtype=bool)
    best = maps.reshape(len(maps), -1).argmax(1)
    return float(inside.reshape(len(inside), -1)[np.arange(len(best)), best].mean())


def check_pointing(answer):
    maps = np.array([[[1, 5], [2, 3]], [[9, 2], [1, 3]], [[0, 1], [7, 3]], [[1, 2], [2, 6]]], dtype=float)
    inside = np.array([[[False, True], [False, False]]] * 4)
    given = _one(answer(maps.copy(), inside.copy()))
    energy = float((maps * inside).sum() / maps.sum())
    assert not np.isclose(given, energy, atol=1e-4), (
        f"{given:.3f} is the share of the energy inside: the pointing game looks at the highest pixel only"
    )
    assert not np.isclose(given, 1), "1 is the number of hits: return the share of the maps, 1 of 4"
    assert not np.isclose(given, 0), (
        "0: the first map is highest at row 0, column 1, which is inside; look for the highest pixel, not the lowest"
    )
    assert np.isclose(given, 0.25), f"only the highest pixel of the first of four maps is inside: 0.25, not {given:g}"
    own = np.array([[[0, 1], [0, 0]], [[1, 0], [0, 0]], [[0, 0], [0, 0]], [[1, 1], [1, 1]]], dtype=bool)
    given = _one(answer(maps.copy(), own.copy()))
    assert not np.isclose(given, 0.25), "each map has a region of its own, inside[k]: you use the first one for all"
    assert np.isclose(given, 0.75), f"with regions of their own three of four maps hit, 0.75, not {given:g}"
    given = _one(answer(-maps, own.copy()))
    assert np.isclose(given, pointing(-maps, own)), "a map may be negative everywhere: its highest pixel still counts"


def concentration(heat, inside, face):
    heat, inside, face = np.asarray(heat, dtype=float), np.asarray(inside, dtype=bool), np.asarray(face, dtype=bool)
    own = inside & face
    return float(heat[own].sum() / heat[face].sum() / (own.sum() / face.sum()))


def check_concentration(answer):
    heat = np.array([[1.0, 3.0, 8.0], [2.0, 2.0, 4.0]])
    inside = np.array([[False, True, False], [False, False, False]])
    face = np.array([[True, True, False], [True, True, False]])
    given = _one(answer(heat.copy(), inside, face))
    assert not np.isclose(given, 3 / 8), "3/8 is the share of the energy: divide it by the share of the area, 1/4"
    assert not np.isclose(given, 3 / 20 / (1 / 6)), "you count all pixels: energy and area are those of the face"
    assert not np.isclose(given, 3 / 20 / (1 / 4)), "the energy must be that of the face, 8, not of the whole map, 20"
    assert not np.isclose(given, 3 / 8 / (1 / 6)), "the area must be that of the face, 4 pixels, not of the whole crop"
    assert not np.isclose(given, (1 / 4) / (3 / 8)), "upside down: divide energy by area, so that 1 is even"
    assert not np.isclose(given, 3.0), "3 is the mean inside the region: divide it by the mean inside the face, 2"
    assert np.isclose(given, 1.5), f"energy 3 of 8, area 1 of 4: 0.375 / 0.25 = 1.5, not {given:g}"
    even = _one(answer(np.ones((2, 3)), inside, face))
    assert np.isclose(even, 1), "an even map must give 1 for every region"
    beyond = np.array([[False, True, True], [False, False, False]])
    given = _one(answer(heat.copy(), beyond, face))
    assert np.isclose(given, 1.5), "a region may reach beyond the face: only its pixels in the face count, so still 1.5"


def rank_correlation(one, other):
    ranks = []
    for heat in (one, other):
        values = np.asarray(heat, dtype=float).ravel()
        order = [(np.sum(values < value) + np.sum(values <= value) - 1) / 2 for value in values]
        ranks.append(np.array(order) - np.mean(order))
    return float(ranks[0] @ ranks[1] / np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))


def check_rank_correlation(answer):
    one, other = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [4.0, 300.0]])
    given = _one(answer(one, other))
    assert not np.isclose(given, np.corrcoef(one.ravel(), other.ravel())[0, 1]), (
        "this is Pearson's correlation of the values: the 300 must count as the fourth rank only"
    )
    assert np.isclose(given, 1), f"both maps order their cells alike: 1, not {given:g}"
    order = np.array([[3.0, 1.0], [4.0, 2.0]])  # ranks 2 0 3 1
    given = _one(answer(one, order))
    places = np.corrcoef(one.ravel().argsort(), order.ravel().argsort())[0, 1]
    assert not np.isclose(given, places) or np.isclose(places, 0), (
        "argsort gives the places of the values in their order, not their ranks: use it twice"
    )
    assert np.isclose(given, 0), f"ranks 0 1 2 3 and 2 0 3 1: the correlation is 0, not {given:g}"
    against = _one(answer(one, -one))
    assert not np.isclose(against, 1), "the opposite order gives −1, not 1: keep the sign"
    assert np.isclose(against, -1), f"the opposite order gives −1, not {against:g}"
    cycle, swapped = np.array([[2.0, 3.0], [4.0, 1.0]]), np.array([[2.0, 1.0], [3.0, 4.0]])
    given = _one(answer(cycle, swapped))
    assert not np.isclose(given, 0.4), "argsort gives places: 2 3 4 1 has the ranks 1 2 3 0; use argsort twice"
    assert np.isclose(given, -0.4), f"ranks 1 2 3 0 against 1 0 2 3: −0.4, not {given:g}"
    ties = _one(answer(np.array([[0.0, 0.0], [1.0, 2.0]]), one))
    assert not np.isclose(ties, 1), "equal values share the mean of their ranks: 0 0 1 2 has the ranks 0.5 0.5 2 3"
    assert np.isclose(ties, 0.9487, atol=1e-3), f"with shared ranks 0.5 0.5 2 3 it is 0.949, not {ties:g}"


def may_say(network, control, area):
    if network[0] <= area:
        return "nothing"
    return "looks there" if network[0] > control[1] else "so does the control"


def check_may_say(answer):
    said = {"nothing", "looks there", "so does the control"}

    def given(*case):
        found = answer(*case)
        assert found in said, f"return one of {', '.join(sorted(said))}, not {found!r}"
        return found

    case = ((0.24, 0.40), (0.25, 0.28), 0.30)
    assert given(*case) == "nothing", (
        "network 0.24 to 0.40, area 0.30: the interval holds the area, so the maps may be even; you may say nothing"
    )
    case = ((0.40, 0.50), (0.38, 0.47), 0.30)
    assert given(*case) == "so does the control", (
        "network 0.40 to 0.50, control 0.38 to 0.47, area 0.30: the intervals of network and control overlap"
    )
    case = ((0.40, 0.50), (0.28, 0.35), 0.30)
    assert given(*case) == "looks there", (
        "network 0.40 to 0.50, control 0.28 to 0.35, area 0.30: above the area and above the control"
    )
    case = ((0.10, 0.15), (0.05, 0.08), 0.30)
    assert given(*case) == "nothing", "network 0.10 to 0.15, area 0.30: less than the area is not looking there"
    case = ((0.40, 0.50), (0.55, 0.60), 0.30)
    assert given(*case) == "so does the control", (
        "control 0.55 to 0.60: a control that has even more there looks there, too"
    )
    case = ((0.31, 0.50), (0.10, 0.305), 0.30)
    assert given(*case) == "looks there", "network 0.31 to 0.50, control up to 0.305: the intervals lie apart"


HINTS = {
    "pointing": (
        "The place of the highest pixel of each map: maps.reshape(len(maps), -1).argmax(1).",
        "Look the same place up in inside.reshape(len(inside), -1), map by map, and take the mean.",
    ),
    "concentration": (
        "Only pixels of the face count, in both shares: own = inside & face.",
        "heat[own].sum() / heat[face].sum() is the energy; own.sum() / face.sum() is the area.",
    ),
    "rank_correlation": (
        "Ranks: scipy.stats.rankdata(heat.ravel()), which gives equal values the mean of their ranks.",
        "Then Pearson's correlation of the ranks: np.corrcoef(a, b)[0, 1].",
    ),
    "may_say": (
        "First question: is the lower end of the network's interval above the area?",
        "Second question: is it above the upper end of the control's interval?",
    ),
}
