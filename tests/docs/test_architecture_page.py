"""ARCHITECTURE.md is of today's tree, and the decisions have an index."""

import re

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
TREE = re.search(r"```\n(openapi/.*?)```", PAGE, re.DOTALL)[1]
# Where a short path may stand: rooms, and parts of the mock, are named alone.
PLACES = (ROOT, ROOT / "cierre", ROOT / "tests", ROOT / "mocks", ROOT / "cierre" / "storage" / "repositories")
DECISIONS = ROOT / "docs" / "decisions"


def paths_of_the_tree():
    """The first words of each line, in their folder; a line may name several."""
    folder = ""
    for line in TREE.splitlines():
        inside = line.startswith("  ")
        names = re.findall(r"(?<![\w/.])[\w.-]+(?:/[\w.-]+)*(?:/|\.py)", line)
        assert names, line
        for name in names:
            yield folder + name if inside and (ROOT / folder / name).exists() else name
        if not inside:
            folder = names[0]


NAMED = sorted({*re.findall(r"`([\w./-]+(?:/|\.py|\.yaml|\.md))`", PAGE), *paths_of_the_tree()})


@pytest.mark.parametrize("path", NAMED)
def test_a_path_that_the_page_names_is_there(path):
    assert any((place / path).exists() for place in PLACES)


def test_every_room_has_its_line():
    rooms = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "cierre").iterdir()
        if not path.name.startswith("__") and path.name != "py.typed"
    }
    assert [room for room in rooms if not re.search(rf"(^|[\s/]){re.escape(room)}", TREE)] == []


def test_a_link_of_the_page_leads_somewhere():
    for link in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / link).exists(), link


def test_the_index_has_every_decision_with_its_title():
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((\S+)\) \|$", (DECISIONS / "README.md").read_text("utf-8"), re.MULTILINE)
    wanted = []
    for file in sorted(DECISIONS.glob("[0-9]*.md")):
        number, title = re.match(r"# (\d+)\. (.+)\n", file.read_text(encoding="utf-8")).groups()
        assert file.name.startswith(f"{int(number):04}-")
        wanted.append((number, title, file.name))
    assert rows == wanted


@pytest.mark.parametrize("file", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda file: file.stem)
def test_a_decision_has_its_status(file):
    assert re.search(r"^Status: accepted", file.read_text(encoding="utf-8"), re.MULTILINE)
