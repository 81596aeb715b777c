"""The feature dynamic history histogram (FDHH): how long the numbers of frames go on changing.

Jan, Meng, Gaus and Zhang, "Artificial intelligent system for automatic depression level analysis through visual and
vocal expressions", IEEE TCDS 10(3), 2018 (online in 2017). There it is made of what a network says of each frame.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LONGEST = 5
"""Length of the longest runs that have a bin of their own; a longer one is counted as one of these, which is ours."""
THRESHOLD = 1 / 255
"""Smallest difference between two frames that is a change, where the numbers are about as large as 1."""


def fdhh(stretches: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """The FDHH of a video.

    A difference of a component between two frames that follow each other is 1 where it is at least ``THRESHOLD`` in
    size, and 0 elsewhere. Counted are the runs of 1 by their length, component by component.

    Args:
        stretches: the numbers of frames that follow each other, [n, k] each; n is at least 2 in one of them.

    Returns:
        runs per difference, [k × LONGEST]: component by component, in it from length 1 upwards.
    """
    k = stretches[0].shape[1]
    counts, differences = np.zeros((LONGEST, k)), 0
    for numbers in stretches:
        changed = np.abs(np.diff(numbers, axis=0)) >= THRESHOLD  # [n − 1, k]
        differences += len(changed)
        run = np.zeros(k, int)
        for one in [*changed, np.zeros(k, bool)]:
            ended = (run > 0) & ~one
            counts[np.minimum(run[ended], LONGEST) - 1, ended.nonzero()[0]] += 1
            run = np.where(one, run + 1, 0)
    return (counts / differences).T.ravel()
