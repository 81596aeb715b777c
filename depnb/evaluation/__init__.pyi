from .bands import BANDS as BANDS, FEWEST_PEOPLE as FEWEST_PEOPLE, band as band
from .comparison import (
    Comparison as Comparison,
    compare as compare,
    compare_groups as compare_groups,
    holm as holm,
    null_correlation as null_correlation,
)
from .error_intervals import error_interval as error_interval
from .folds import subject_folds as subject_folds
from .intervals import (
    conformal_radius as conformal_radius,
    paired_permutation_test as paired_permutation_test,
    paired_subject_bootstrap as paired_subject_bootstrap,
    people_needed as people_needed,
    subject_bootstrap as subject_bootstrap,
)
from .metrics import (
    band_bias as band_bias,
    ccc as ccc,
    clipped as clipped,
    mae as mae,
    pcc as pcc,
    rmse as rmse,
    video_scores as video_scores,
)
from .reported import reported_interval as reported_interval

VERSION: int
