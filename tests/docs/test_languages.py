"""The Spanish pages beside the English ones: the same headings, commands, numbers and links; only the words differ."""

import re

import pytest

from benchmarks.spanish import renewed
from tests.support.fences import blocks
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PAIRS = [
    (ROOT / "README.md", ROOT / "README.es.md"),
    *((page, DOCS / "es" / page.name) for page in sorted(DOCS.glob("*.md"))),
]
EVERY = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
IN_PAIRS = pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=[pair[1].name for pair in PAIRS])


def text(page):
    """Outside of the fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links(page):
    """Those to files, as they are written."""
    return [link for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text(page)) if "://" not in link]


@IN_PAIRS
def test_the_headings_are_as_many_and_as_deep(english, spanish):
    levels = [re.findall(r"^(#+) ", text(page), re.MULTILINE) for page in (english, spanish)]
    assert levels[0] == levels[1]


@IN_PAIRS
def test_the_blocks_are_the_same_but_for_their_comments(english, spanish):
    def without_words(page):
        comment = re.compile(r"\s+(#|//) .*$", re.MULTILINE)
        return [(block.language, comment.sub("", block.text), set(block.notes)) for block in blocks(page)]

    assert without_words(english) == without_words(spanish)


@IN_PAIRS
def test_the_numbers_and_the_code_are_the_same(english, spanish):
    def numbers(page):
        # Not those of the links: a page of the other language may have another address.
        return sorted(re.findall(r"\d+(?:[.,]\d+)*", re.sub(r"\]\([^)]*\)", "]", text(page))))

    def code(page):
        spans = re.findall(r"`([^`]+)`", re.sub(r"\[[^\]]*\]\([^)]*\)", "", text(page)))
        return sorted(" ".join(span.split()) for span in spans)

    assert numbers(english) == numbers(spanish)
    assert code(english) == code(spanish)


@IN_PAIRS
def test_the_links_lead_to_the_same_pages_in_either_language(english, spanish):
    def targets(page):
        names = [(page.parent / link).resolve().name.replace(".es.", ".") for link in links(page)]
        return sorted(name for name in names if name != "README.md")

    assert targets(english) == targets(spanish)


@IN_PAIRS
def test_a_page_leads_to_pages_of_its_language_where_they_are(english, spanish):
    def read(page):
        """Those that the page leads to, besides its twin."""
        return {(page.parent / link).resolve() for link in links(page)} - {english, spanish}

    assert read(spanish) & {one for one, _ in PAIRS} == set()
    assert read(english) & {one for _, one in PAIRS} == set()


def test_no_spanish_page_is_without_its_english_one():
    assert {page.name for page in (DOCS / "es").glob("*.md")} == {page.name for page in DOCS.glob("*.md")}


def test_the_tables_that_were_measured_are_the_same_in_spanish():
    page = (DOCS / "es" / "performance.md").read_text(encoding="utf-8")
    assert renewed(page, (DOCS / "performance.md").read_text(encoding="utf-8")) == page, (
        "run python -m benchmarks.spanish"
    )


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_to_a_file_that_is_there(page):
    assert [link for link in links(page) if not (page.parent / link).exists()] == []
