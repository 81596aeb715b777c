"""Recordings and labels: the generated corpora, and AVEC2013, AVEC2014 or your own videos by path."""

from pathlib import Path

from depnb.corpus.avec import open_avec
from depnb.corpus.manifest import manifest_of, open_manifest
from depnb.corpus.records import PARTITIONS, Corpus, Recording

__all__ = ["PARTITIONS", "Corpus", "Recording", "open_corpus"]


def open_corpus(path_or_name: str | Path, with_videos: bool = True) -> Corpus:
    """Open a corpus; instant, videos of a generated one are made when they are needed.

    Args:
        path_or_name: ``both``, ``appearance``, ``dynamics``, ``null`` or ``shortcut`` (size quick, or with ``-tiny``,
            ``-quick``, ``-standard``, ``-full``); or a folder: a generated corpus, AVEC2013, AVEC2014, or one with a
            ``manifest.csv``; or a manifest (``.csv``) itself.
        with_videos: whether the videos of a manifest must be there; its labels alone need none.

    Raises:
        FileNotFoundError: no such corpus; the message says what was looked for.
        ValueError: something in it is wrong (``open_avec``, ``open_manifest``, ``open_made``).
    """
    from depnb.corpus.synthetic.layout import open_generated, open_made, recipe_of  # they import this package
    from depnb.corpus.synthetic.recipe import is_named, named_recipe

    folder = Path(path_or_name)
    if recipe_of(folder):
        return open_made(folder)
    if is_named(str(path_or_name)) and not folder.is_dir():
        return open_generated(named_recipe(str(path_or_name)))
    manifest = manifest_of(folder)
    return open_manifest(manifest, with_videos) if manifest else open_avec(folder)
