from .layout import open_generated as open_generated
from .make import film as film, load_truth as load_truth, make as make
from .recipe import (
    VERSION as VERSION,
    Recipe as Recipe,
    named_recipe as named_recipe,
    pretraining_identities as pretraining_identities,
    sessions as sessions,
)
