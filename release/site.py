"""`make docs`: the pages of the repository as a site, searchable, with the contract in both languages, into site/.

    python -m release.site

The pages stay where they are, and link to each other as they do in the repository: they are copied in the same tree,
and zensical makes the site of the copy. Every link of the site is checked afterwards.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from swagger_ui_bundle import swagger_ui_path

from cierre import oas
from cierre.oas.translating import LANGUAGES, contract_texts, translated
from release import python_api

ROOT = Path(__file__).parent.parent
SITE = ROOT / "site"
ZENSICAL = ROOT / ".venv-docs" / "bin" / "zensical"
# A page of the site alone.
PYTHON_API = "python.md"
_LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")
_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")
# What the first pages of the site have besides.
_FRONT = {
    Path("README.md"): "The contract, rendered: [in English](contract/index.html), [in Spanish](contract/es.html).",
    Path("README.es.md"): "El contrato, dibujado: [en inglés](contract/index.html), [en español](contract/es.html).",
}
_CONTRACT = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cierre</title>
<link rel="stylesheet" href="swagger-ui.css">
</head>
<body>
<p><a href="../index.html">Cierre</a> · <a href="index.html">English</a> · <a href="es.html">Español</a></p>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{url: "{file}", dom_id: "#swagger-ui", deepLinking: true, supportedSubmitMethods: []}})
</script>
</body>
</html>
"""


def main() -> None:
    """Write the site afresh; ends with 1 where a link leads nowhere."""
    shutil.rmtree(SITE, ignore_errors=True)
    with TemporaryDirectory() as folder:
        staged = Path(folder)
        stage(staged / "pages")
        write_contract(staged / "pages" / "contract")
        (staged / "pages" / PYTHON_API).write_text(python_api.page(), encoding="utf-8")
        (staged / "zensical.toml").write_text(configuration(), encoding="utf-8")
        subprocess.run([str(ZENSICAL), "build", "--clean"], check=True, cwd=staged, env=os.environ | {"NO_COLOR": "1"})
        shutil.move(staged / "site", SITE)
    broken = sorted(broken_links(SITE))
    for page, link in broken:
        sys.stdout.write(f"{page}: {link} leads nowhere\n")
    sys.stdout.write(f"{len(list(SITE.rglob('*.html')))} pages in {SITE.name}/, {len(broken)} broken links\n")
    sys.exit(1 if broken else 0)


def pages() -> list[Path]:
    """The pages of the repository, relative to its top."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "openapi" / "README.md"]
    return sorted(page.relative_to(ROOT) for page in found)


def stage(folder: Path) -> None:
    """Copy the pages, and the files that they link to."""
    for page in pages():
        target = folder / ("index.md" if page == Path("README.md") else page)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / page).read_text(encoding="utf-8")
        if page in _FRONT:
            text += f"\n{_FRONT[page]}\n"
        target.write_text(_LINK.sub(lambda match, page=page: _on_the_site(match, page), text), encoding="utf-8")
        for _, link, _ in _LINK.findall(text):
            file = ROOT / page.parent / link
            if "://" not in link and file.is_file() and file.suffix != ".md":
                copy = folder / file.resolve().relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)


def _on_the_site(match: re.Match[str], page: Path) -> str:
    """A link as the site has it: a folder is no page, and the first page is the index."""
    text, link, fragment = match[1], match[2], match[3] or ""
    if "://" in link:
        return match[0]
    target = ROOT / page.parent / link
    if target.is_dir():
        return text
    if target.resolve() == ROOT / "README.md":
        link = os.path.join(os.path.relpath(ROOT, ROOT / page.parent), "index.md")  # noqa: PTH118 - a link, not a path
    return f"[{text}]({link}{fragment})"


def title(page: Path) -> str:
    """Its first heading."""
    return (ROOT / page).read_text(encoding="utf-8").partition("# ")[2].partition("\n")[0].replace("`", "")


def navigation() -> list[str | dict[str, list[str]]]:
    """The pages in their order, some of them in sections; the guides of a language stand together."""

    def inside(folder: str) -> list[str]:
        return [page.as_posix() for page in pages() if page.parent == Path(folder)]

    return [
        "index.md",
        {"Guides": inside("docs")},
        {"Español": ["README.es.md", *inside("docs/es")]},
        "openapi/README.md",
        PYTHON_API,
        {"Decisions": inside("docs/decisions")},
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ]


def configuration() -> str:
    """What zensical reads: the order of the pages, search, and how headings are named."""

    def row(path: str) -> str:
        name = "The Python API" if path == PYTHON_API else title(Path("README.md" if path == "index.md" else path))
        return f"{{{json.dumps(name, ensure_ascii=False)} = {json.dumps(path)}}}"

    rows = []
    for entry in navigation():
        if isinstance(entry, str):
            rows.append(row(entry))
        else:
            ((name, below),) = entry.items()
            rows.append(f"{{{json.dumps(name, ensure_ascii=False)} = [{', '.join(map(row, below))}]}}")
    return "\n".join(
        [
            "[project]",
            'site_name = "Cierre"',
            'site_description = "One contract for closing sessions, and what lives off it"',
            'docs_dir = "pages"',
            'site_dir = "site"',
            "use_directory_urls = false",
            f"nav = [{', '.join(rows)}]",
            "[project.theme]",
            "font = false",
            'features = ["search.highlight", "content.code.copy", "navigation.sections", "navigation.top"]',
            # The names that a heading has on GitHub: with its accents.
            "[project.markdown_extensions.toc]",
            "permalink = true",
            'slugify = { object = "pymdownx.slugs.slugify", kwds = { case = "lower" } }',
            "[project.markdown_extensions.tables]",
            "[project.markdown_extensions.md_in_html]",
            "[project.markdown_extensions.pymdownx.highlight]",
            "[project.markdown_extensions.pymdownx.superfences]",
            "",
        ]
    )


def write_contract(folder: Path) -> None:
    """The contract in each language, rendered by the Swagger UI that the mock has."""
    folder.mkdir()
    for name in _ASSETS:
        shutil.copy(Path(str(swagger_ui_path)) / name, folder)
    document = oas.bundle(oas.load())
    for language in LANGUAGES:
        file = f"openapi.{language}.json"
        text = json.dumps(translated(document, contract_texts(language)), default=str, ensure_ascii=False)
        (folder / file).write_text(text, encoding="utf-8")
        page = "index.html" if language == "en" else f"{language}.html"
        (folder / page).write_text(_CONTRACT.format(language=language, file=file), encoding="utf-8")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.update(filter(None, (given.get("id"), given.get("name"))))
        link = given.get("href" if tag in {"a", "link"} else "src")
        if link:
            self.links.append(link)


def broken_links(site: Path) -> Iterator[tuple[str, str]]:
    """Links within the site that lead to no file, or to no heading of a page."""
    read = {}
    for page in site.rglob("*.html"):
        read[page.resolve()] = parser = _Links()
        parser.feed(page.read_text(encoding="utf-8"))
    for page, parser in read.items():
        # Its links are meant from the top, wherever it is shown.
        if page.name == "404.html":
            continue
        for link in parser.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            heading = unquote(parts.fragment)
            if not target.exists() or (heading and target in read and heading not in read[target].ids):
                yield str(page.relative_to(site.resolve())), link


if __name__ == "__main__":
    main()
