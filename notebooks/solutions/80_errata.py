"""Exercises of notebook 80: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np

KINDS = ("not stated", "contradiction", "impossible", "claim", "slip")
WHY = (
    "no sentence says it, so it is not stated",
    "two printed numbers cannot both be right, so it is a contradiction; both can be built",
    "5 − 9 + 1 is negative: no tensor has that size, so it is impossible",
    "the numbers do not bear the conclusion, so it is a claim",
    "only a reference is wrong and nothing depends on it, so it is a slip",
)
GAPS = (
    "The batch size is in no sentence of the paper.",
    "The abstract prints an RMSE of 9.01, the table of the same experiment 9.03.",
    "A kernel of nine frames is used without padding on clips of five frames.",
    "The method is called better because its RMSE is 0.03 smaller on 50 people.",
    "The text refers to Table 2; the numbers that it means stand in Table 3.",
)


def sorted_gaps(gaps):
    known = dict(zip(GAPS, KINDS, strict=True))
    return [known[gap] for gap in gaps]


def check_sorted_gaps(answer):
    given = [str(word).strip().lower() for word in answer(GAPS)]
    assert len(given) == len(GAPS), f"return a word for each of the {len(GAPS)} gaps, not {len(given)}"
    for place, (word, right, why) in enumerate(zip(given, KINDS, WHY, strict=True), start=1):
        assert word in KINDS, f"gap {place}: {word!r} is none of the five words {', '.join(KINDS)}"
        assert word == right, f"gap {place}, “{GAPS[place - 1]}”: {why}, not {word!r}"


def left_over(n, layers):
    for kernel, stride, padding in layers:
        if n + 2 * padding < kernel:
            return None
        n = (n + 2 * padding - kernel) // stride + 1
    return n


def check_left_over(answer):
    def given(n, layers):
        found = answer(n, layers)
        return None if found is None else float(np.asarray(found, dtype=float))

    found = given(7, [(3, 2, 0)])
    assert found != 4, "4 rounds up: a window that does not fit any more is left out, ⌊(7 − 3) / 2⌋ + 1 = 3"
    assert found != 2, "2 forgets the first window: add 1 to ⌊(7 − 3) / 2⌋"
    assert found == 3, f"7 positions, kernel 3, stride 2: windows start at 0, 2 and 4, so 3 are left, not {found}"
    found = given(5, [(3, 1, 1)])
    assert found != 4, "zeros stand on both sides: add 2 · padding"
    assert found != 3, "the padding is missing: 5 + 2 · 1 − 3 + 1 = 5"
    assert found == 5, f"5 positions, kernel 3, one zero on each side: 5 are left, not {found}"
    found = given(5, [(9, 1, 0)])
    assert found != -3, "−3 is no size: return None where the kernel covers more than there is"
    assert found is None, f"a kernel of 9 on 5 positions without zeros has no place: None, not {found}"
    assert given(5, [(5, 1, 0)]) == 1, "a kernel that just fits leaves one position"
    found = given(16, [(3, 2, 1), (3, 2, 1)])
    assert found != 8, "8 are left after the first layer: go on with the second"
    assert found == 4, f"16 positions become 8, then 4, not {found}"
    assert given(9, []) == 9, "without layers all positions are left"


def fitting(printed, counts):
    def both(number):
        return round(number / 1e6, 1), int(number / 1e5) / 10

    return sorted(name for name, number in counts.items() if any(np.isclose(one, printed) for one in both(number)))


def check_fitting(answer):
    def given(printed, counts):
        return list(map(str, answer(printed, counts)))

    counts = {"b": 13_070_000, "a": 13_130_000, "c": 12_990_000, "d": 13_200_000}
    found = given(13.1, counts)
    assert "d" not in found, "13.20 million is neither rounded nor cut to 13.1"
    assert set(found) != {"a"}, "13.07 is printed as 13.1 when it is rounded: b fits, too"
    assert found != ["b", "a"], "return the names sorted: ['a', 'b']"
    assert found == ["a", "b"], f"13.13 and 13.07 million may be printed as 13.1: ['a', 'b'], not {found}"
    found = given(13.0, counts)
    assert set(found) != {"c"}, "13.07 is printed as 13.0 when it is cut: b fits, too"
    assert found == ["b", "c"], f"13.07 cut and 12.99 rounded give 13.0: ['b', 'c'], not {found}"
    assert given(77.7, {"code": 77_684_737, "paper": 73_858_561}) == ["code"], "only the code's reading rounds to 77.7"
    assert given(50.0, counts) == [], "no reading fits 50.0: return an empty list"


HINTS = {
    "sorted_gaps": (
        "Ask first whether anything can be built: if not, it is impossible.",
        "Two printed things that exclude each other are a contradiction; a wrong reference is a slip.",
    ),
    "left_over": (
        "Formula (1), layer after layer: the positions that are left go into the next layer.",
        "Before each layer compare n + 2 * padding with the kernel.",
    ),
    "fitting": (
        "Rounded: round(number / 1e6, 1). Cut: int(number / 1e5) / 10.",
        "Compare numbers with decimals by np.isclose, not by ==.",
    ),
}
