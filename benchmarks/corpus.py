"""Generated corpus: frames per second at 128×128 for the whole quick corpus, painting and encoding, on all cores.

Prints the rate of `depnb corpus make`, its parts, and the ratio to painting every frame on its own.
"""

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from depnb.corpus.synthetic import film, make, named_recipe, sessions
from depnb.corpus.synthetic.recipe import SIZES


def main() -> None:
    recipe = replace(named_recipe("both"), name="bench")
    frames = SIZES[recipe.size].frames
    with tempfile.TemporaryDirectory() as folder:
        from depnb.corpus.synthetic import open_generated

        corpus = open_generated(recipe, Path(folder))
        videos = len(corpus.recordings)
        start = time.perf_counter()
        make(recipe, root=Path(folder))
        together = videos * frames / (time.perf_counter() - start)
        size = sum(p.stat().st_size for p in Path(folder).rglob("*.mp4")) / videos
    torch.set_num_threads(1)
    session = sessions(recipe)[0]
    start = time.perf_counter()
    film(recipe, session, "Freeform")
    whole = frames / (time.perf_counter() - start)
    start = time.perf_counter()
    for k in range(6):
        film(recipe, session, "Freeform", slice(k, k + 1))
    single = 6 / (time.perf_counter() - start)
    print(f"corpus make, {os.cpu_count()} processes, encoding included: {together:.0f} frames/s")
    print(f"one video takes {size / 1e3:.0f} kB")
    print(f"painting alone, one thread: {whole:.0f} frames/s, {whole / single:.1f} times painting frame by frame")


if __name__ == "__main__":
    main()
