"""The corpus of a run."""

from functools import cache

from depnb.corpus import Corpus, open_corpus
from depnb.corpus.synthetic.recipe import NAMED
from depnb.methods.contract import lookup
from depnb.methods.profiles import PROFILES


@cache
def open_for_profile(corpus: str, profile: str) -> Corpus:
    """The corpus of a run, a generated one in the profile's size."""
    size = lookup(PROFILES, profile, "profile").corpus_size
    return open_corpus(f"{corpus}-{size}" if corpus in NAMED else corpus)
