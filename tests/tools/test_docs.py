"""The documents name commands, options, files and tests that exist."""

import re
import shlex

import pytest
import typer

from depnb import cli
from depnb.reports.judge import checklist
from depnb.system.repository import ROOT

DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS}
FOR_ALL = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    text = re.sub(r"^```.*?^```", "", TEXTS[name], flags=re.M | re.S)
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - {"decisions.md", "glossary.md"}))  # which are about no command
def test_commands_and_their_options_exist(name):
    lines = re.findall(r"^depnb .*$", TEXTS[name], re.M) + re.findall(r"`(depnb [a-z][^`]*)`", TEXTS[name])
    assert len(lines) >= 3
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        command = typer.main.get_command(cli.app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= known, line


def test_the_reporting_checklist_asks_what_a_judgement_asks():
    table = re.findall(r"^\| ([a-z ]+) \| (.*\?) \|$", TEXTS["judge.md"], re.M)
    assert table == [(topic, question) for topic, question, _ in checklist.ITEMS]


@pytest.mark.parametrize("name", [*TEXTS, *FOR_ALL])
def test_make_targets_and_modules_exist(name):
    text = (TEXTS | FOR_ALL)[name]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.M)) <= targets
    for module in re.findall(r"python -m ((?:depnb|tests|tools)\.[\w.]+)", text):
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").exists(), module
