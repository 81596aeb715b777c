"""Build the website: ``python -m book [FOLDER]``; without a folder into ``build/book``.

The exit status is 1 if Sphinx warned or a link inside the site leads nowhere.
"""

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from book import links, pages, sources
from depnb.system.repository import ROOT

HERE = Path(__file__).parent


def build(folder: Path) -> int:
    """Write the site to ``folder/html``, from sources that are collected in ``folder/sources``; the exit status."""
    site, collected = folder / "html", folder / "sources"
    for old in (site, collected):
        shutil.rmtree(old, ignore_errors=True)
    sources.collect(ROOT, collected)
    pages.write(collected)
    status = build_main(["-b", "html", "-W", "--keep-going", "-q", "-c", str(HERE), str(collected), str(site)])
    broken = links.broken(site)
    for message in broken:
        print(message)
    print(f"{sum(1 for _ in site.rglob('*.html'))} pages in {site}, {len(broken)} broken links")
    return int(status != 0 or bool(broken))


def main() -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m book", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "book")
    return build(parser.parse_args().folder)


if __name__ == "__main__":
    sys.exit(main())
