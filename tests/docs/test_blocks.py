"""Each fenced block of README.md and docs/: commands run in order in a fresh folder; what is shown is compared."""

import ast
import importlib
import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from cierre import oas
from tests.support.commands import clean_environment
from tests.support.fences import blocks
from tests.support.npm import needing
from tests.support.paths import ROOT
from tests.support.terminal import Terminal, is_shown

# The Spanish pages have the same blocks: test_languages.py.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TYPED = {"console", "bash", "sh"}
# What they are, and no command or program.
OTHERS = {"", "http", "ini", "js", "json", "python", "sql", "ts", "yaml"}
WITH_COMMANDS = [page for page in PAGES if any(block.language in TYPED for block in blocks(page))]
WITH_LONG_ONES = [page for page in WITH_COMMANDS if any("long" in block.notes for block in blocks(page))]
# The long tests follow the pages with long commands as a whole. The first page is followed always.
FOLLOWED_ALWAYS = [page for page in WITH_COMMANDS if page == PAGES[0] or page not in WITH_LONG_ONES]
ALL = [
    pytest.param(page, block, id=f"{page.relative_to(ROOT)}:{block.line}") for page in PAGES for block in blocks(page)
]


def name(page):
    return str(page.relative_to(ROOT))


def with_commands(page):
    """The page, as a parameter."""
    typed = "".join(block.text for block in blocks(page) if block.language in TYPED)
    return pytest.param(page, id=name(page), marks=needing() if "npm install" in typed else [])


# What stands in the pages, and the fixture with what the tests have instead.
EXAMPLES = {
    "postgresql://cierre@db/cierre": "postgres_url",
    "redis://cache": "redis_url",
    "https://api.example.com": "documents_url",
    "http://localhost:8080": "receiver_url",
    "http://localhost:8000": "upstream_url",
}


class Example(BaseHTTPRequestHandler):
    """A server of documents, all of them our contract, and a receiver of whatever is posted."""

    document = json.dumps(oas.bundle(oas.load(), published=True), default=str).encode()

    def do_GET(self):
        self.answer(self.document)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        # Of a signal, RFC 8935, section 2.2; a back-channel logout is answered with 200.
        self.answer(b"", 202 if self.path == "/events" else 200)

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: who is tested tells it."""


@contextmanager
def example():
    with ThreadingHTTPServer(("127.0.0.1", 0), Example) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def documents_url():
    with example() as url:
        yield url


@pytest.fixture
def receiver_url():
    with example() as url:
        yield url


@pytest.fixture
def upstream_url():
    with example() as url:
        yield url


@pytest.fixture
def replaced(request):
    """`replaced(text)`: what to write instead of the examples that occur in it."""
    return lambda text: {shown: request.getfixturevalue(name) for shown, name in EXAMPLES.items() if shown in text}


def follow(page, folder, replaced, *, wanted):
    """Do what a reader does: write the files, type the commands. `wanted` says of a block whether to run it."""
    chosen = [block for block in blocks(page) if "not run" not in block.notes]
    terminal = Terminal(folder, replaced("".join(block.text for block in chosen)))
    try:
        for block in chosen:
            if "file" in block.notes:
                terminal.write(block.notes["file"], block.text)
            elif block.language in TYPED and wanted(block):
                run(terminal, page, block)
    finally:
        terminal.end()


def run(terminal, page, block):
    *first, last = block.commands
    for command in (*first, last):
        code = int(block.notes.get("ends with", 0)) if command is last else 0
        patience = 900 if "long" in block.notes else 120
        printed = terminal.run(command.text, shown=command.shown, ends_with=code, patience=patience)
        serves = command.text.startswith(("cierre serve", "cierre mock", "cierre proxy", "make serve"))
        where = f"{name(page)}:{block.line}: {command.text}"
        if command.shown:
            assert is_shown(command.shown, printed, among_others=serves), f"{where}\n--- printed\n{printed}"


@pytest.mark.parametrize("page", [with_commands(page) for page in FOLLOWED_ALWAYS])
def test_the_commands_of_a_page_do_what_it_shows(page, tmp_path, replaced):
    follow(page, tmp_path, replaced, wanted=lambda block: "long" not in block.notes)


@pytest.mark.long
@pytest.mark.parametrize("page", [with_commands(page) for page in WITH_LONG_ONES])
def test_the_long_commands_of_a_page_do_what_it_shows(page, tmp_path, replaced):
    follow(page, tmp_path, replaced, wanted=lambda _: True)


@pytest.mark.parametrize(("page", "block"), ALL)
def test_a_block_is_of_a_known_language_and_reads_as_such(page, block):
    assert block.language in TYPED | OTHERS
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "yaml":
        yaml.safe_load(block.text)
    elif block.language == "python":
        compile(block.text, f"{name(page)}:{block.line}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize(("page", "block"), [one for one in ALL if one.values[1].language == "python"])
def test_what_a_block_of_python_imports_is_there(page, block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
            assert missing == [], f"{name(page)}:{block.line}"


BOOKS = """
openapi: 3.0.3
info: {title: Books, version: '1'}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
security: [{token: []}]
paths:
  /books/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        '200':
          description: A book.
          content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: integer}}}}}
"""


def test_the_test_that_the_page_of_the_mock_shows_passes(tmp_path):
    (code,) = [block.text for block in blocks(ROOT / "docs" / "mock.md") if block.language == "python"]
    (tmp_path / "test_shown.py").write_text(code, encoding="utf-8")
    (tmp_path / "openapi.yaml").write_text(BOOKS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shown.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("page", "block"), [one for one in ALL if one.values[1].language == "ts"])
def test_typescript_is_a_file_that_a_command_compiles(page, block):
    file = block.notes["file"]
    assert any("tsc" in other.text for other in blocks(page) if other.language in TYPED), file
