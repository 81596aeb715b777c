"""Write what is known of the committed network into networks/README.md: ``python -m tools.network_card``."""

from depnb.experiments import model_card, network_cards
from depnb.experiments.store import Store
from depnb.system.files import write_text
from depnb.system.repository import NETWORKS

PAGE = NETWORKS / "README.md"


def text() -> str:
    """The page: how to use the network, and its model card.

    Raises:
        FileNotFoundError: there is no network. MissingResult: its result does not lie beside it.
    """
    path = network_cards.committed()
    card, weights = network_cards.read(path)
    Store(NETWORKS, strict=True).load(card.run)
    parts = [
        "# The network that comes with the repository",
        "Written by `make figures` from the file and from the result beside it, do not edit.",
        "It is here so that a first prediction takes seconds, without training and without a network connection:",
        "```console\ndepnb predict VIDEO\n```",
        *model_card.sections(card, sum(value.size for value in weights.values()), model_card.errors_of(path, card)),
        f"The file is `{path.relative_to(NETWORKS)}`, under the licence of the repository.\n"
        "[docs/predict.md](../docs/predict.md) says what such a file holds.",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    write_text(PAGE, text())


if __name__ == "__main__":
    main()
