"""A copy of the checkout, to be edited as a developer edits it."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.running import Node, free_port

PROGRAM = [sys.executable, "-c", "from cierre.cli import main; main()"]


class Copy:
    """What git knows of the checkout, in a folder of its own; links stay links."""

    def __init__(self, folder: Path, *, only=()):
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-z", "--", *only], cwd=ROOT, capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0")[:-1]:
            # A file that was deleted, and not yet from the index, is in no copy.
            if os.path.lexists(ROOT / name):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def append(self, name, text):
        self.write(name, f"{self.read(name)}\n\n{text}\n")

    def edit(self, name, old, new):
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def line_of(self, name, text):
        """The number of the first line that holds the text."""
        return next(number for number, line in enumerate(self.read(name).splitlines(), 1) if text in line)

    @property
    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
        return clean | {"PYTHONPATH": str(self.folder)}

    @contextlib.contextmanager
    def serving(self, *options):
        """`cierre serve …` in the copy, on a free port, as a `Node`."""
        port = free_port()
        command = [*PROGRAM, "serve", "--host", "127.0.0.1", "--port", str(port), "--log-format", "json", *options]
        node = Node(command, port, self.folder / "serve.log", self.environment, self.folder)
        try:
            yield node
        finally:
            node.stop()

    def run(self, *arguments):
        """`cierre …` in the copy, to its end."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
