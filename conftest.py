"""nbval over the course: standard error is not compared, and a notebook that compares nothing fails."""

from collections import Counter

import pytest

from tools.notebook_cells import is_compared

pytest_plugins = ["pytester"]

compared = pytest.StashKey[Counter]()
PROPERTY = "nbval-compared"


def pytest_configure(config):
    config.stash[compared] = Counter()


def pytest_collectstart(collector):
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)


def pytest_collection_modifyitems(items):
    for item in items:
        if hasattr(item, "cell"):
            item.user_properties.append((PROPERTY, (item.path.name, is_compared(item.cell))))


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report, config):
    if report.when == "call" or report.skipped:
        for key, value in report.user_properties:
            if key == PROPERTY:
                name, counts = value
                config.stash[compared][name] += bool(counts and report.passed)
    return (yield)


def pytest_terminal_summary(terminalreporter, config):
    for name, cells in sorted(config.stash[compared].items()):
        terminalreporter.write_line(f"{name}: {cells} cells compared")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    counted = session.config.stash[compared]
    if counted and not all(counted.values()) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
