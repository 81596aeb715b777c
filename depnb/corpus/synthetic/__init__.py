"""The generated corpus: AVEC-shaped videos of procedural talking faces with a planted, known signal.

It says nothing about real people with depression. ``recipe`` decides who is in it and with which scores,
``people`` and ``behaviour`` what they look like and how they move, ``geometry`` where every feature lies,
``render`` paints it, ``make`` writes the files, ``oracle`` proves where the signal is.
"""

from depnb.corpus.synthetic.make import film, load_truth, make, open_generated
from depnb.corpus.synthetic.recipe import VERSION, Recipe, named_recipe, pretraining_identities, sessions

__all__ = ["VERSION", "Recipe", "film", "load_truth", "make", "named_recipe", "open_generated", "sessions", "strangers"]
