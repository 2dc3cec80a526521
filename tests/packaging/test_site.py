"""`make docs`: the pages as a site; each is in it, and each link leads somewhere."""

import os
import re
import subprocess
import tomllib

import pytest

from cierre import verifier
from release import python_api
from release.site import broken_links, configuration, pages, stage
from tests.support.paths import ROOT


def test_every_page_of_the_repository_has_its_place():
    placed = []
    for entry in tomllib.loads(configuration())["project"]["nav"]:
        ((_, below),) = entry.items()
        placed += [below] if isinstance(below, str) else [path for one in below for path in one.values()]
    placed.remove("python.md")
    assert sorted(placed) == sorted("index.md" if str(page) == "README.md" else str(page) for page in pages())


def test_the_python_api_is_told_by_its_docstrings():
    text = python_api.page()
    for name in [*verifier.__all__, "mock_app", "cierre_mock", "cierre_contract"]:
        words = text.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        assert re.search(r"\w{3,} \w+", re.sub(r"^```.*?^```$", "", words, flags=re.DOTALL | re.MULTILINE)), name
    assert "- `issuer`: " in text


def test_what_a_page_links_to_is_there_or_no_link_any_more(tmp_path):
    stage(tmp_path)
    assert (tmp_path / "docs" / "images" / "demo.svg").is_file()
    assert (tmp_path / "docs" / "examples" / "fastapi_service.py").is_file()
    assert "](../index.md)" in (tmp_path / "docs" / "frontend.md").read_text(encoding="utf-8")
    # A folder is no page.
    assert "](examples/vitest" not in (tmp_path / "docs" / "mock.md").read_text(encoding="utf-8")


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "index.html").write_text(
        """<h1 id="here"><a href="#here"></a><a href="deep/page.html#there"></a><a href="https://example.com/x"></a>
        <a href="#gone"></a><a href="nothing.html"></a><a href="deep/page.html#gone"></a><img src="no.png">""",
        encoding="utf-8",
    )
    (tmp_path / "deep" / "page.html").write_text('<h2 id="there"></h2><a href="../">up</a>', encoding="utf-8")
    assert sorted(broken_links(tmp_path)) == [
        ("index.html", "#gone"),
        ("index.html", "deep/page.html#gone"),
        ("index.html", "no.png"),
        ("index.html", "nothing.html"),
    ]


@pytest.mark.long
def test_make_docs_makes_a_site_without_broken_links():
    done = subprocess.run(
        ["make", "--no-print-directory", "docs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 broken links" in done.stdout
    for page in ("index.html", "docs/es/operations.html", "contract/es.html", "search.json"):
        assert (ROOT / "site" / page).is_file()
