"""`cierre demo`: real nodes, real answers, and nothing left behind."""

import gettext
import re
import signal
import subprocess
import time
from xml.etree import ElementTree as ET

import pytest
from babel.messages.pofile import read_po

from cierre.cli.language import LOCALES
from tests.support.commands import CIERRE, clean_environment
from tests.support.paths import ROOT
from tests.support.processes import children, is_running

TITLES = re.compile(r"^\d\. (.*)$", re.MULTILINE)
IMAGES = ROOT / "docs" / "images"


def environment(folder, **more):
    return clean_environment() | {"TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"} | more


def without_numbers(title):
    return re.sub(r"\d+", "…", title)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """What it printed, its picture, and the folder where it had its files."""
    folder = tmp_path_factory.mktemp("temporary")
    picture = tmp_path_factory.mktemp("picture") / "deep" / "demo.svg"
    done = subprocess.run(
        [*CIERRE, "demo", "--pause", "1ms", "--svg", str(picture)],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, picture.read_text(encoding="utf-8"), folder


def test_one_logout_ends_both_devices_and_five_dialects_tell_it(played):
    text = played[0]
    assert [int(status) for status in re.findall(r"^     (\d{3}) ", text, re.MULTILINE)] == [
        *(200, 200),  # two logins
        200,  # the laptop's token is good
        200,  # everything is closed
        401,  # the laptop's token on the other node
        200,  # the audit trail
        *(404, 401, 200, 401, 401),  # the dialects
    ]
    assert '"sessionsClosed": 2' in text
    assert '"tokenStatus": "revoked"' in text
    assert '"cierre.session.closed"' in " ".join(text.split())
    assert len(set(re.findall(r"http://localhost:\d+", text))) == 2


def test_the_readmes_table_of_dialects_says_what_they_answer(played):
    statuses = re.findall(r"^     (\d{3}) ", played[0], re.MULTILINE)[-5:]
    for page in ("README.md", "README.es.md"):
        rows = re.findall(r"^\| `\w+` \| \d{3} \|.*\| (\d{3})[^|]*\|$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert rows == statuses


def test_it_leaves_no_files_behind(played):
    assert list(played[2].iterdir()) == []


def test_the_picture_is_drawn_without_anything_from_elsewhere(played):
    picture = played[1]
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert set(re.findall(r"https?://[\w.]+", picture)) == {
        "http://www.w3.org",
        "http://localhost",
        "http://cierre.example",
    }


def words(picture):
    """The text of a picture, line by line."""
    lines = {}
    for text in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        lines.setdefault(text.get("y"), []).append(text.text)
    return "\n".join("".join(line).replace("\xa0", " ").rstrip() for line in lines.values())


def titles(text):
    return [without_numbers(title) for title in TITLES.findall(text)]


@pytest.mark.parametrize(("file", "language"), [("demo.svg", "en"), ("demo.es.svg", "es")])
def test_the_pictures_of_the_readmes_are_of_this_story(played, file, language):
    catalogue = gettext.translation("cierre", LOCALES, [language], fallback=True)
    said = titles(played[0])
    if language == "es":
        with (LOCALES / "es" / "LC_MESSAGES" / "cierre.po").open("rb") as po:
            spanish = {
                without_numbers(one.id.replace("{ms}", "0")): one.string for one in read_po(po) if "{ms}" in str(one.id)
            }
        said = [without_numbers(spanish.get(title, catalogue.gettext(title)).replace("{ms}", "0")) for title in said]
    assert len(said) == 8
    assert titles(words((IMAGES / file).read_text(encoding="utf-8"))) == said


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long)]
)
def test_whoever_ends_it_early_ends_its_nodes(number, code, tmp_path):
    playing = subprocess.Popen([*CIERRE, "demo"], env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (logs := list(tmp_path.glob("*/B.log"))):
        assert playing.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert logs
    nodes = children(playing.pid)
    assert nodes
    playing.send_signal(number)
    assert playing.wait(60) == code
    playing.stdout.close()
    assert [pid for pid in nodes if is_running(pid)] == []
    assert list(tmp_path.iterdir()) == []
