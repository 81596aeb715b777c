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
    given = answer(COMES_AND_GOES)
    assert np.size(given) == 1, f"return one number, the sum of the weighted bits, not {given!r}"
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
        given = answer(PAIRS)
    except ValueError as error:
        raise AssertionError(f"17 levels have 16 signs: join them to 8 bits first ({error})") from error
    assert np.size(given) == 1, f"17 levels have one code, too: join the 16 signs to 8 bits first, not {given!r}"
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


def fused_rmse(a, t, rho):
    return float(np.sqrt(a**2 + t**2 + 2 * rho * a * t) / 2)


def check_fused_rmse(answer):
    given = answer(8, 8, 1)
    assert not np.isclose(given, 64), "64 is the mean squared error: take its root"
    assert not np.isclose(given, 16), "16 is the RMSE of the sum of both: the mean has half of it"
    assert not np.isclose(given, 0), "0 is the error of a difference: the mean adds the errors, so + 2ρat"
    assert not np.isclose(given, np.sqrt(32)), "5.66 leaves ρ out: with ρ = 1 nothing cancels, 8, 8 gives 8"
    assert np.isclose(given, 8), f"the mean of two equal predictions has their error: 8, 8, ρ = 1 gives 8, not {given}"
    assert not np.isclose(answer(8, 8, 0), 8), "8 is the mean of the errors; errors that disagree partly cancel"
    assert np.isclose(answer(8, 8, 0), np.sqrt(32)), "for 8, 8 and ρ = 0 it is √(128 / 4) = 5.66"
    assert np.isclose(answer(8, 12, 0.5), np.sqrt(76)), "for 8, 12 and ρ = ½ it is √((64 + 144 + 96) / 4) = 8.72"


def helpful_below(a, t):
    return float((4 * min(a, t) ** 2 - a**2 - t**2) / (2 * a * t))


def check_helpful_below(answer):
    assert np.isclose(answer(8, 8), 1), "two equally good streams: any ρ below 1 helps"
    given = answer(8, 12)
    assert not np.isclose(given, 1), (
        "with ρ below 1 the mean of both has a smaller RMSE than the mean of their RMSE; it must be below 8"
    )
    worse = (
        "with this ρ the mean of both has a smaller RMSE than the worse stream, 12; it must be below the better one, 8"
    )
    assert not np.isclose(given, 368 / 192), worse
    assert np.isclose(given, 0.25), "for 8 and 12: (4 · 64 − 64 − 144) / (2 · 96) = ¼"
    assert np.isclose(answer(12, 8), 0.25), "the better stream may be either: take the smaller RMSE"
    given = answer(4, 16)
    assert not np.isclose(given, -1), "for 4 and 16 the bound lies below −1 (the mean never gains): keep it"
    assert given < -1, "a stream that is four times worse never helps: the bound lies below −1"
