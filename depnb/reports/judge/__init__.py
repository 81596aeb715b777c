"""Anybody's scores per video, judged as this package judges its own: needs no method, no network and no torch."""

from depnb.reports.judge.judgement import Judgement
from depnb.reports.judge.judging import judge
from depnb.reports.judge.page import frame, text
from depnb.reports.judge.writing import write

__all__ = ["Judgement", "frame", "judge", "text", "write"]
