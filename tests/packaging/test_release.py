"""`python -m release`: archives whose bytes depend on the commit alone, and what is said of what they bring."""

import io
import json
import os
import re
import subprocess
import tarfile

import pytest

from release.archives import build, epoch, normalised
from release.licences import table
from tests.support.paths import ROOT


def packed(*members):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for member, text in members:
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return raw.getvalue()


def member(name, **others):
    made = tarfile.TarInfo(name)
    for key, value in others.items():
        setattr(made, key, value)
    return made


def test_an_archive_does_not_tell_where_when_and_by_whom_it_was_packed():
    mine = packed((member("a", mode=0o664, mtime=1, uname="me", uid=1000), b"one"), (member("b", mode=0o775), b"two"))
    theirs = packed((member("b", mode=0o755, mtime=9, gname="staff"), b"two"), (member("a", mode=0o600), b"one"))
    assert normalised(mine, when=7) == normalised(theirs, when=7) != normalised(mine, when=8)
    with tarfile.open(fileobj=io.BytesIO(normalised(mine, when=7))) as archive:
        assert [(one.name, one.mode, one.mtime, archive.extractfile(one).read()) for one in archive] == [
            ("a", 0o644, 7, b"one"),
            ("b", 0o755, 7, b"two"),
        ]


def test_the_time_is_that_of_the_last_commit_unless_it_is_given(monkeypatch, tmp_path):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    when = os.environ | {"GIT_COMMITTER_DATE": "1700000000 +0000"}
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True, env=when)
    assert epoch(tmp_path) == 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12")
    assert epoch(tmp_path) == 12


@pytest.mark.long
def test_two_builds_of_one_commit_are_the_same_bytes(copy_of_checkout, tmp_path):
    made = []
    for name, umask in (("one", 0o022), ("two", 0o077)):
        checkout, folder = copy_of_checkout(name), tmp_path / name
        folder.mkdir()
        before = os.umask(umask)
        try:
            for path in checkout.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    path.chmod(0o666 & ~umask)
            made.append([file.read_bytes() for file in build(checkout, folder, when=1_700_000_000)])
        finally:
            os.umask(before)
    assert made[0] == made[1]


def component(name, *licences):
    return {"name": name, "version": "1", "licenses": list(licences)}


def test_a_licence_is_told_by_its_identifier():
    bom = {
        "components": [
            component("zebra", {"license": {"id": "MIT"}}, {"license": {"name": "the MIT License (MIT)"}}),
            component("Ant", {"expression": "MIT OR Apache-2.0"}),
            component("bee", {"license": {"name": "License :: OSI Approved :: BSD License"}}),
        ]
    }
    rows = table(bom).splitlines()[2:]
    assert rows == ["| Ant | 1 | MIT OR Apache-2.0 |", "| bee | 1 | BSD License |", "| zebra | 1 | MIT |"]


def test_a_package_without_a_licence_ends_the_release():
    with pytest.raises(ValueError, match="no licence is stated by: one, two"):
        table({"components": [component("two"), component("one")]})


@pytest.mark.long
def test_make_dist_checks_what_it_built_and_describes_it():
    subprocess.run(["make", "--no-print-directory", "dist"], cwd=ROOT, check=True, timeout=600, capture_output=True)
    dist = ROOT / "dist"
    names = {re.sub(r"-\d+\.\d+\.\d+", "", file.name) for file in dist.iterdir()}
    others = {"cierre.tar.gz", "cierre-py3-none-any.whl", "cierre.cdx.json"}
    assert names == others | {"cierre.1", "licences.md", "SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    bom = json.loads(next(dist.glob("*.cdx.json")).read_text(encoding="utf-8"))
    assert bom["metadata"]["component"]["name"] == "cierre"
    brought = {one["name"].lower() for one in bom["components"]}
    assert {"connexion", "schemathesis", "nats-py"} <= brought
    assert not {"mypy", "tox", "matplotlib"} & brought
    # No place of the machine that built it.
    assert str(ROOT) not in json.dumps(bom)


def test_the_tools_of_the_release_are_pinned_as_they_are_asked_for():
    """Without a network: the lock names each, and those of `make install` are not among them."""
    pins = re.findall(
        r"^([\w.-]+)==", (ROOT / "release" / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {"check-wheel-contents", "cyclonedx-bom", "twine"} <= set(pins)
    installed = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert not {"check-wheel-contents", "cyclonedx-bom", "twine"} & set(installed)
