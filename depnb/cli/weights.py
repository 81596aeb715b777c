"""``depnb weights``: pretrained weights, which there are, how they come here; and what is known of a kept network."""

from pathlib import Path
from typing import Annotated

import typer

from depnb.cli import show
from depnb.cli.app import group as new_group
from depnb.cli.options import WeightsName

group = new_group("Pretrained weights: which there are, download, import, check; and the card of a kept network.")


@group.command("list")
def list_weights() -> None:
    """List the weights that depnb knows: of which network, whether they are here, their hash, their terms.

    `depnb weights get NAME` downloads, `depnb weights import FILE` takes a file that you have.

    Example: `depnb weights list`
    """
    from depnb.nets.weights import registry

    rows = []
    terms: dict[str, list[str]] = {}
    for entry in registry.listed():
        size = f"{entry.megabytes:.1f}" if entry.megabytes else "–"
        here = ("yes" if entry.sha256 else "damaged") if entry.path.exists() else "no"
        digits = f"{entry.sha256[:8]}…" if entry.sha256 else "–"
        rows.append((entry.name, entry.architecture, here, size, digits, entry.source))
        terms.setdefault(entry.licence, []).append(entry.name)
    show.table(("name", "network", "here", "MB", "SHA-256", "file"), rows, title="Weights", numbers=("MB",))
    for licence, names in terms.items():
        show.say(f"Terms of {', '.join(names)}: {licence}.")


@group.command("get")
def get(name: WeightsName) -> None:
    """Download weights, and verify their hash; what is here is only verified.

    Example: `depnb weights get imagenet-resnet50`. Without network it says which file to put where.
    """
    from depnb.nets.weights import files

    entry = files.get(name)
    show.say(f"{entry.name}: {entry.path}")
    show.say(f"SHA-256 {entry.sha256} ({entry.known})")


@group.command("import")
def import_weights(
    file: Annotated[Path, typer.Argument(help="resnet50_ft_weight.pkl, senet50_ft_weight.pkl, or their _dag.pth.")],
) -> None:
    """Convert a circulating VGGFace2 file to safetensors in the cache. Nothing in it is run, and the file stays.

    Example: `depnb weights import senet50_ft_weight.pkl`
    """
    from depnb.nets.weights import vggface2

    entry = vggface2.import_file(file)
    show.say(f"{entry.name}: {entry.architecture} from {file}, kept as {entry.path}")
    show.say(f"SHA-256 of {file.name}: {entry.sha256}")


@group.command("check")
def check(name: WeightsName) -> None:
    """Verify weights that are here: the hash, that they fit their network, and that it makes finite numbers.

    Example: `depnb weights check vggface2-senet50`
    """
    from depnb.nets.weights import files

    found = files.check(name)
    entry = found.entry
    show.say(f"{name} is whole: SHA-256 {entry.sha256} ({entry.known})")
    show.say(f"{entry.architecture}, {found.parameters:,} parameters; one input makes {list(found.output)}")
    show.say(f"Pictures: {entry.prepared}")


@group.command("card")
def card(
    network: Annotated[
        Path | None,
        typer.Argument(
            metavar="NETWORK",
            help="A file that `depnb run --missing --networks FOLDER` kept; by default the network of the repository.",
        ),
    ] = None,
) -> None:
    """Print the model card of a kept network, in Markdown: what it was trained on, its errors, what it is not for.

    Example: `depnb weights card`
    """
    from depnb.experiments import model_card, network_cards

    show.say(model_card.of_file(network or network_cards.committed()).rstrip())
