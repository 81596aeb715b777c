from .checking import (
    check as check,
    checkers as checkers,
    exercises as exercises,
    hint as hint,
    judge as judge,
)
from .copies import Copies as Copies, copy_notebooks as copy_notebooks
from .display import (
    LINE_WIDTH as LINE_WIDTH,
    box as box,
    in_lines as in_lines,
    table as table,
    verdict as verdict,
)
from .questions import questions as questions, quiz as quiz
from .scores import Scores as Scores, stored_scores as stored_scores
from .session import LIVE_SEED as LIVE_SEED, Session as Session, start as start
