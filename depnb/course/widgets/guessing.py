"""Six people to guess the score of, and what a small network says of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from depnb.corpus import Recording, open_corpus
from depnb.faces import Video
from depnb.reports.result_plots import picture_grid

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LETTERS = "ABCDEF"
AMONG = 60
"""The six are chosen among so many people of the partition ``unseen``."""
ORDER = (3, 0, 4, 1, 5, 2)
"""In which the six, from the lowest score to the highest, are shown."""
FRAME = 10


def people(name: str = "both") -> list[Recording]:
    """Six unseen people of a generated corpus, with scores from low to high; their videos are made if they are not."""
    corpus = open_corpus(name)
    unseen = sorted(corpus.partition("unseen")[:AMONG], key=lambda recording: (recording.bdi or 0.0, recording.name))
    places = np.linspace(2, len(unseen) - 3, len(LETTERS)).round().astype(int)
    chosen = [unseen[places[number]] for number in ORDER]
    corpus.ensure(chosen)
    return chosen


def draw(chosen: Sequence[Recording]) -> "Figure":
    """One frame of each, with a letter."""
    figure, axes = picture_grid(1, len(chosen), width=7.0, titles=True)
    for axis, letter, recording in zip(axes.flat, LETTERS, chosen, strict=False):
        frame = next(frame for frame in Video(recording.video).frames() if frame.index == FRAME)
        axis.imshow(frame.rgb)
        axis.set_title(letter, fontsize=9)
    return figure


def scored(chosen: Sequence[Recording], guesses: Sequence[float], device: str = "auto") -> "pd.DataFrame":
    """Label, guess, score of the committed network, and what the constant predictor says, of each.

    Raises:
        ValueError: there is not one guess for each, or one is not on the scale.
    """
    import pandas as pd

    from depnb.experiments import networks, predict  # these load torch

    if len(guesses) != len(chosen) or not all(0 <= guess <= 63 for guess in guesses):
        raise ValueError(f"Give {len(chosen)} guesses from 0 to 63, one for each face; found {list(guesses)}.")
    made = [predict.predict_video(recording.video, [networks.committed()], device=device) for recording in chosen]
    return pd.DataFrame(
        {
            "face": list(LETTERS[: len(chosen)]),
            "label": [recording.bdi for recording in chosen],
            "your guess": [float(guess) for guess in guesses],
            "network": [one.score for one in made],
            "constant": [one.constant for one in made],
        }
    )
