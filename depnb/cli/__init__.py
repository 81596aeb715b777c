"""The command ``depnb``: here its commands and groups of commands are registered, in the order of its help."""

from depnb.cli import cache, corpus, faces, grade, judge, leaderboard, protocols, results, runs, verify, weights
from depnb.cli.app import app, main

__all__ = ["app", "main"]

GROUPS = {"corpus": corpus.group, "results": results.group, "cache": cache.group, "weights": weights.group}
COMMANDS = (
    corpus.doctor,
    faces.faces,
    runs.run,
    runs.predict,
    protocols.protocols,
    runs.reproduce,
    verify.verify,
    results.tables,
    results.figures,
    judge.judge,
    leaderboard.leaderboard,
    grade.grade,
)

for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)
for _command in COMMANDS:
    app.command()(_command)
