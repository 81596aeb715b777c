"""Exercises of notebook 20: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np

COMES_AND_GOES = [0, 0, 0, 0, 50, 60, 60, 60, 0]
PAIRS = [40, 60, 60, 40, 40, 40, 60, 60, 50, 40, 60, 60, 60, 60, 40, 40, 40]


def signs(levels):
    x = np.asarray(levels).astype(int)
    middle = len(x) // 2
    return [int(level < x[middle]) for t, level in enumerate(x) if t != middle]


def check_signs(answer):
    given = answer(COMES_AND_GOES)
    assert np.ndim(given) == 1, f"return a list of signs, not {given!r}"
    given = [int(bit) for bit in given]
    assert len(given) == 8, f"nine frames have eight signs: the middle one is left out; you return {len(given)}"
    assert given != [0, 0, 0, 0, 1, 1, 1, 0], "1 means darker than in the middle, not brighter (eq. 2)"
    assert given != [1, 0, 0, 0, 1, 1, 1, 1], "the oldest frame comes first"
    assert given == [1, 1, 1, 1, 0, 0, 0, 1], f"{COMES_AND_GOES} has the signs 1 1 1 1 0 0 0 1, not {given}"
    assert [int(bit) for bit in answer([5, 5, 5])] == [0, 0], "a tie gives 0 (eq. 2: z ≥ 0)"
    given = [int(bit) for bit in answer(np.array([40, 50, 60], np.uint8))]
    assert given == [1, 0], "as unsigned bytes 40 − 50 wraps round to 246: widen first, or compare"


def code(levels):
    groups = np.reshape(signs(levels), (8, -1))
    return int((groups.sum(1) % 2) @ 2 ** np.arange(8))


def check_code(answer):
    given = np.asarray(answer(COMES_AND_GOES))
    assert given.size == 1, f"return one number, the sum of the weighted bits, not {given!r}"
    assert given != 241, "the oldest bit has weight 1, not 128"
    assert given != 112, "112 is the code with 1 for brighter; 1 means darker (eq. 2)"
    assert given != 271, "271 counts nine signs: leave out the middle frame"
    assert given == 143, f"{COMES_AND_GOES} has the code 143, not {given}"
    given = _code_of_pairs(answer)
    assert given != 347, "347 adds the signs of a group: XOR is their parity, so 1 and 1 give 0"
    assert given <= 255, f"{given} is no byte: a code is one byte, so join the signs to 8 bits first"
    for other, reason in (
        (57, "57 is the code of the first eight signs; all 16 count"),
        (215, "215 is the OR of successive signs; XOR of 1 and 1 is 0"),
        (216, "216 is the XOR of every eighth sign (reading D); A joins successive ones"),
    ):
        assert given != other, reason
    assert given == 83, f"the 17 levels {PAIRS} have the code 83, not {given}"
    assert answer(range(25)) == 15, "25 frames that grow steadily brighter have the code 15: 3 signs a bit, by parity"
    assert answer(range(33)) == 0, "33 frames that grow steadily brighter have the code 0: 4 equal signs XOR to 0"


def _code_of_pairs(answer):
    try:
        given = np.asarray(answer(PAIRS))
    except ValueError as error:
        raise AssertionError(f"17 levels have 16 signs: join them to 8 bits first ({error})") from error
    assert given.size == 1, f"17 levels have one code, too: join the 16 signs to 8 bits first, not {given!r}"
    return given


def backwards(image):
    bits = np.unpackbits(np.asarray(image, np.uint8)[..., None], axis=-1)
    return np.packbits(bits[..., ::-1], axis=-1)[..., 0]


def check_backwards(answer):
    image = np.array([[0, 15, 240], [165, 1, 0], [255, 143, 148]], np.uint8)
    given = np.asarray(answer(image.copy()))
    assert given.shape == (3, 3), f"a code image of the same shape, not {given.shape}"
    assert not np.array_equal(given, 255 - image), "255 − y swaps darker and brighter; time runs as before"
    upside_down = "you turned the picture upside down; turn the bits of each pixel round"
    assert not np.array_equal(given, image[::-1]), upside_down
    assert not np.array_equal(given, image[:, ::-1]), "you mirrored the picture; turn the bits of each pixel round"
    assert not np.array_equal(given, image[::-1, ::-1]), "you turned the picture; turn the bits of each pixel round"
    swapped = "you swapped the halves of each byte; the order within each half turns round, too"
    assert not np.array_equal(given, image // 16 + image % 16 * 16), swapped
    wanted = [[0, 240, 15], [165, 128, 0], [255, 241, 41]]
    assert given.tolist() == wanted, f"the first frame becomes the last: {image.tolist()} turns to {wanted}"
    assert given.dtype == np.uint8, f"a code image is uint8, not {given.dtype}"
    everything = np.arange(256, dtype=np.uint8)[None]
    twice = answer(np.asarray(answer(everything.copy())))
    assert np.array_equal(twice, everything), "twice backwards is forwards"


STEADY = (0b00001111, 0b11110000)


def steady(image):
    return float(np.isin(np.asarray(image), STEADY).mean())


def check_steady(answer):
    image = np.array([[0, 15, 240], [165, 15, 0], [255, 143, 148]], np.uint8)
    given = np.asarray(answer(image.copy()), float)
    assert given.size == 1, f"return one number, the share of all pixels, not {given.tolist()}"
    given = given.item()
    assert not np.isclose(given, 3), "3 is the number of steady pixels: divide it by the number of pixels"
    assert not np.isclose(given, 2 / 9), (
        "2/9 counts the code 15, those that get brighter; 240, those that get darker, count too"
    )
    assert not np.isclose(given, 1 / 9), (
        "1/9 counts the code 240, those that get darker; 15, those that get brighter, count too"
    )
    assert not np.isclose(given, 5 / 9), "5/9 counts the code 0, too: a pixel that stands still has it"
    assert not np.isclose(given, 4 / 9), "4/9 counts the code 255, too: its pixel is darker on both sides of the middle"
    assert not np.isclose(given, 6 / 9), "6/9 counts the codes 0 and 255, too: their two halves are alike"
    assert not np.isclose(given, 1 / 3 * 100), "33.3 is a percentage: return the share, 0 to 1"
    assert np.isclose(given, 1 / 3), f"of {image.tolist()} three pixels of nine are steady: 15, 240, 15; not {given}"
    given = float(np.asarray(answer(np.full((4, 5), 240, np.uint8))))
    assert np.isclose(given, 1), f"if all pixels have the code 240 the share is 1, not {given}"


HINTS = {
    "signs": (
        "Compare every level with the middle one, levels[len(levels) // 2], and leave that one out.",
        "[int(level < middle) for ...]: a comparison needs no difference, so no byte can wrap round.",
    ),
    "backwards": (
        "Backwards, the frame 0 becomes the frame 8, and the middle frame stays the middle frame.",
        "So no comparison changes, only its place: bit j becomes bit 7 − j.",
        "np.unpackbits(image[..., None], axis=-1) gives the eight bits of each pixel; np.packbits joins them again.",
    ),
    "code": (
        "Start with the l − 1 signs of exercise 1, and cut them into eight groups of (l − 1) / 8 successive ones.",
        "The XOR of a group is 1 if its sum is odd: np.reshape(signs, (8, -1)).sum(1) % 2.",
        "The first bit has the weight 1, the last one 128: multiply with 2 ** np.arange(8) and add up.",
    ),
    "steady": (
        "Write down the eight bits of a pixel that is darker in frames 0 to 3 and not in 5 to 8, the oldest first.",
        "The bits 1 1 1 1 0 0 0 0 are the code 1 + 2 + 4 + 8 = 15. Which code has the reverse?",
    ),
}
