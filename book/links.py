"""Links of a built site that lead nowhere inside it."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page points to, and the places in it that can be pointed to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.places.add(value)
            elif name in ("href", "src"):
                self.targets.append(value)


def broken(site: Path) -> list[str]:
    """One sentence for each link of a page of ``site`` to a file or a place that is not there."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    return [f"{path.relative_to(site.resolve())}: {message}" for path in pages for message in _missing(path, pages)]


def _missing(path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for target in dict.fromkeys(pages[path].targets):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not file.is_file():
            yield f"no file for the link {target!r}"
        elif parts.fragment and file in pages and unquote(parts.fragment) not in pages[file].places:
            yield f"no such place for the link {target!r}"
