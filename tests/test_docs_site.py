"""The guides as a site: every page, every link, and nothing that is loaded from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tools.docs_site import rewrite_links

ROOT = Path(__file__).parents[1]
GUIDES = sorted(
    page.relative_to(ROOT / "docs")
    for page in (ROOT / "docs").rglob("*.md")
    if "adr" not in page.parts
)


class Page(HTMLParser):
    """The ids of a page, its links, its paragraphs without code, and what a browser loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.paragraphs: list[str] = []
        self._open = {"p": 0, "code": 0}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in ("script", "img", "iframe") and "src" in values:
            self.loaded.append(values["src"])
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preconnect"):
            self.loaded.append(values["href"])
        if tag in self._open:
            self._open[tag] += 1
        if tag == "p":
            self.paragraphs.append("")
        elif tag == "code" and self.paragraphs:
            self.paragraphs[-1] += "code"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open[tag] -= 1

    def handle_data(self, data: str) -> None:
        if self._open["p"] and not self._open["code"]:
            self.paragraphs[-1] += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {
        page.relative_to(folder): Page(page.read_text(encoding="utf-8"))
        for page in folder.rglob("*.html")
    } | {file.relative_to(folder): Page("") for file in folder.glob("*.json")}  # to be downloaded


def test_every_guide_is_a_page_of_the_site(site: dict[Path, Page]) -> None:
    assert {page.with_suffix(".html") for page in GUIDES} <= set(site)
    for name in ("index", "CONTRIBUTING", "SECURITY", "CHANGELOG"):
        assert Path("project", f"{name}.html") in site


def test_every_link_of_the_site_leads_to_a_page_and_to_its_heading(site: dict[Path, Page]) -> None:
    wrong = []
    for path, page in site.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = path if not parts.path else _resolved(path, parts.path)
            heading = unquote(parts.fragment)
            if target not in site or (heading and heading not in site[target].ids):
                wrong.append(f"{path}: {link}")
    assert wrong == []


def test_no_list_or_table_of_the_site_is_read_as_plain_text(site: dict[Path, Page]) -> None:
    """What stands under a numbered step needs four blanks here, and an empty line around it."""
    mark = re.compile(r"^ *(?:\d+\. |[-*] |```|\|).*", re.MULTILINE)
    wrong = [
        f"{path}: {line}"
        for path, page in site.items()
        for paragraph in page.paragraphs
        for line in mark.findall(paragraph)
    ]
    assert wrong == []


def _resolved(page: Path, link: str) -> Path:
    parts: list[str] = []
    for part in (*page.parent.parts, *Path(link).parts):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    path = Path(*parts)
    return path if path.suffix else path / "index.html"


def test_a_reader_loads_nothing_from_elsewhere(site: dict[Path, Page]) -> None:
    loaded = {source for page in site.values() for source in page.loaded}
    assert loaded
    assert not [source for source in loaded if urlsplit(source).netloc]


def test_managers_and_administrators_read_russian_too() -> None:
    russian = {page.name for page in GUIDES if page.parts[0] == "ru"}
    assert russian == {
        "index.md", "start.md", "install.md", "connect.md", "who-sees-what.md", "tasks.md",
        "smart-commits.md", "notifications.md", "alerts.md", "history.md", "settings.md",
        "operations.md", "metrics.md", "admins.md", "pages.md", "issues.md", "component.md",
    }  # fmt: skip
    for name in russian:
        text = (ROOT / "docs/ru" / name).read_text(encoding="utf-8")
        assert len(re.findall("[а-яё]", text)) > 300, name


def test_both_languages_show_the_same_commands() -> None:
    """What is typed is the same: a command of one guide is known to the other, or to the README."""
    russian = "".join(page.read_text("utf-8") for page in (ROOT / "docs/ru").glob("*.md"))
    english = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))
    english += (ROOT / "README.md").read_text("utf-8")
    commands = set(re.findall(r"b24bridge [a-z]+(?: [a-z]+)?", russian))
    assert len(commands) > 10
    assert {command for command in commands if command not in english} == set()


@pytest.mark.parametrize(
    ("uri", "text", "expected"),
    [
        ("install.md", "[r](../README.md#x)", "[r](project/README.md#x)"),
        ("ru/install.md", "[r](../../README.md)", "[r](../project/README.md)"),
        ("ru/install.md", "[r](../tasks.md)", "[r](../tasks.md)"),
        ("project/README.md", "[r](docs/install.md#a)", "[r](../install.md#a)"),
        ("project/README.md", "[LICENSE](LICENSE)", "LICENSE"),
        ("install.md", "[n](../deploy/nginx.conf)", "n"),
        ("install.md", "[n](#here) [w](https://example.com/a)", "[n](#here) [w](https://example.com/a)"),
        ("install.md", "`[r](../README.md)`", "`[r](../README.md)`"),
        ("install.md", "```\n[r](../README.md)\n```", "```\n[r](../README.md)\n```"),
    ],
)  # fmt: skip
def test_links_into_the_repository_are_rewritten(uri: str, text: str, expected: str) -> None:
    pages = {"project/README.md", "install.md", "tasks.md", "ru/install.md"}
    assert rewrite_links(text, uri, pages) == expected
