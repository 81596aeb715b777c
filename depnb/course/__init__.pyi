from .checking import (
    check as check,
    checkers as checkers,
    exercises as exercises,
    judge as judge,
)
from .copies import Copies as Copies, copy_notebooks as copy_notebooks
from .display import (
    LINE_WIDTH as LINE_WIDTH,
    in_lines as in_lines,
    table as table,
    verdict as verdict,
)
from .session import LIVE_SEED as LIVE_SEED, Session as Session, start as start
