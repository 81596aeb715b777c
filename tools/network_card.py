"""Write what is known of the committed network into networks/README.md: ``python -m tools.network_card``."""

from depnb.evaluation.intervals import conformal_radius
from depnb.experiments import networks
from depnb.experiments.networks import Card
from depnb.experiments.predict import COVERAGE
from depnb.experiments.result import Result
from depnb.experiments.store import Store
from depnb.methods.registry import method
from depnb.reports.summaries import summarise
from depnb.system.files import write_text
from depnb.system.repository import NETWORKS

PAGE = NETWORKS / "README.md"


def text() -> str:
    """The page: what the network is, what it was trained on, how far off it is, and what it is not for.

    Raises:
        FileNotFoundError: there is no network. MissingResult: its result does not lie beside it.
    """
    path = networks.committed()
    card, weights = networks.read(path)
    result = Store(NETWORKS, strict=True).load(card.run)
    assert result is not None
    lines = [
        "# The network that comes with the repository",
        "",
        "Written by `make figures` from the file and from the result beside it, do not edit.",
        "",
        "It is here so that a first prediction takes seconds, without training and without a network connection:",
        "",
        "```console",
        "depnb predict VIDEO",
        "```",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {said} |" for name, said in _facts(card, sum(w.numel() for w in weights.values()))),
        *(f"| {name} | {said} |" for name, said in _errors(card, result)),
        "",
        "**What it is not.** It has seen drawn faces only, whose expression is exaggerated and follows a rule that was",
        "made up. Of a real face its score says nothing, and nothing may be decided about anybody because of it.",
        "",
        f"The file is `{path.relative_to(NETWORKS)}`, under the licence of the repository.",
        "[docs/predict.md](../docs/predict.md) says what such a file holds.",
        "",
    ]
    return "\n".join(lines)


def _facts(card: Card, numbers: int) -> list[tuple[str, str]]:
    run = card.run
    return [
        ("row", f"`{run.paper}/{run.row}`: {method(run.paper).citation}"),
        ("trained on", f"{card.corpus}, protocol `{run.protocol}`, profile `{run.profile}`, seed {run.seed}"),
        ("size", f"{numbers:,} weights"),
        ("made by", f"depnb {card.depnb}"),
    ]


def _errors(card: Card, result: Result) -> list[tuple[str, str]]:
    (summary,) = summarise([result], "unseen")
    errors, videos = zip(*card.errors, strict=True)
    radius = conformal_radius(errors, videos, COVERAGE)
    return [
        (
            "error on unseen people",
            f"RMSE {summary.rmse:.2f} [{summary.rmse_low:.2f}, {summary.rmse_high:.2f}] on {summary.people} people; "
            f"that of the constant {summary.constant:.2f}",
        ),
        (f"interval of {COVERAGE:.0%} of new generated people", f"score ± {radius:.1f} points"),
    ]


def main() -> None:
    write_text(PAGE, text())


if __name__ == "__main__":
    main()
