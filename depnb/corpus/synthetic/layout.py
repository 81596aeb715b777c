"""The folder of a generated corpus: AVEC2014's tree with its label files, and places for the videos.

Opening a corpus needs no video library; ``Corpus.ensure`` makes the videos that are missing.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from depnb.corpus.records import Corpus, Recording, natural_key
from depnb.corpus.synthetic.recipe import Recipe, Session, noise_floor, sessions
from depnb.corpus.tree import walk
from depnb.system.files import cache_dir, write_json, write_text

FOLDERS = {"train": "Training", "development": "Development", "test": "Testing", "unseen": "Unseen"}


RECIPE = "recipe.json"


VIDEOS = Path("AVEC2014_AudioVisual") / "Video"


LABELS = {
    "train": Path("AVEC2014_DepressionLabels") / "Training_DepressionLabels",
    "development": Path("AVEC2014_DepressionLabels") / "Development_DepressionLabels",
    "test": Path("AVEC2014_Labels_Testset") / "Testing" / "DepressionLabels",
    "unseen": Path("AVEC2014_DepressionLabels") / "Unseen_DepressionLabels",
}


def corpus_folder(recipe: Recipe) -> Path:
    """Where the corpus lies under the cache; another recipe or generator version is another folder."""
    return cache_dir() / "corpora" / f"{recipe.name.split()[0]}-{recipe.size}-{recipe.digest()}"


def open_made(root: Path) -> Corpus:
    """Open a generated corpus by its folder, wherever it was moved.

    Raises:
        ValueError: another version of the generator made it.
    """
    return open_generated(Recipe.from_fingerprint(json.loads((root / RECIPE).read_text())), root)


def open_generated(recipe: Recipe, root: Path | None = None) -> Corpus:
    """Lay out the corpus (labels, empty places of videos) and open it; videos are made by ``Corpus.ensure``.

    Raises:
        ValueError: ``root`` holds other files, such as a corpus of real people: they would pass for generated.
    """
    root = root or corpus_folder(recipe)
    if not (root / RECIPE).exists():
        _lay_out(recipe, root)
    return Corpus(
        name=recipe.name,
        root=root,
        recordings=tuple(_recordings(recipe, root)),
        generated=True,
        fingerprint=recipe.fingerprint(),
        noise_floor=noise_floor(recipe),
        ensure=partial(_ensure, recipe),
    )


def was_generated(video: Path) -> bool:
    """Whether a video lies in a generated corpus."""
    return any((folder / RECIPE).is_file() for place in (video.absolute(), video.resolve()) for folder in place.parents)


def tasks_of(recipe: Recipe, session: Session) -> tuple[str, ...]:
    """Tasks that a session was filmed in; an unseen person is filmed in one."""
    if session.partition == "unseen":
        return (recipe.tasks[session.subject % len(recipe.tasks)],)
    return recipe.tasks


def _recordings(recipe: Recipe, root: Path) -> list[Recording]:
    """Those that ``open_avec`` finds once the videos are made, in its order; no file of the tree is read."""
    folder = {partition: root / VIDEOS / name for partition, name in FOLDERS.items()}
    found = [
        Recording(
            one.id, task, one.partition, folder[one.partition] / task / f"{one.id}_{task}_video.mp4", float(one.bdi)
        )
        for one in sessions(recipe)
        for task in tasks_of(recipe, one)
    ]
    return sorted(found, key=lambda recording: (natural_key(recording.id), recording.task))


def _lay_out(recipe: Recipe, root: Path) -> None:
    labels = {
        root / LABELS[session.partition] / f"{session.id}_Depression.csv": f"{session.bdi}\n"
        for session in sessions(recipe)
    }
    videos, shared = root / "AVEC2014_AudioVisual", None
    if recipe.videos() != recipe:
        shared = corpus_folder(recipe.videos()) / "AVEC2014_AudioVisual"
        shared.mkdir(parents=True, exist_ok=True)
    if root != corpus_folder(recipe):
        _demand_own(root, labels, shared)
    for path, label in labels.items():
        write_text(path, label)
    if shared and not videos.is_symlink():
        with suppress(FileExistsError):  # another process was sooner
            videos.symlink_to(os.path.relpath(shared, root), target_is_directory=True)
    write_json(root / RECIPE, recipe.fingerprint())


def _demand_own(root: Path, labels: dict[Path, str], shared: Path | None) -> None:
    """Nothing may lie there but what an interrupted laying out has left: these labels, and a link to shared videos."""
    if not root.exists():
        return
    found = [path for path in walk(root).files if not path.name.startswith(".")]
    if shared:
        found = [path for path in found if shared.resolve() not in path.resolve().parents]
    foreign = [path for path in found if path not in labels or path.read_bytes() != labels[path].encode()]
    if foreign and not (root / RECIPE).exists():  # else another process has laid it out meanwhile
        raise ValueError(f"{root} holds other files, such as {foreign[0]}: give a folder that is new or empty.")


def _ensure(recipe: Recipe, recordings: Sequence[Recording], workers: int | None = None) -> int:
    if all(recording.video.exists() for recording in recordings):
        return 0
    from depnb.corpus.synthetic.make import make_missing  # loads the renderer, which only missing videos need

    return make_missing(recipe, recordings, workers)
