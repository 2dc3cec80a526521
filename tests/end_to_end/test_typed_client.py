"""docs/frontend.md: the types of each view, a typed client that compiles, and its run against the mock of the view."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from cierre.oas import DIALECTS
from tests.support.npm import needing, ran, run
from tests.support.paths import ROOT
from tests.support.running import free_port

EXAMPLE = ROOT / "docs" / "examples" / "typed-client"
pytestmark = needing("openapi-fetch")

EXPECTED = {
    "session": {None: "closed 4, 0 still open", "already_closed": "closed already at 2025-09-25T14:00:00.000Z"},
    "envelope": {None: "closed", "already_closed": "not closed: UNAUTHORIZED, trace "},
    "respuesta": {None: "0: Sesión cerrada correctamente", "token_missing": "3001: Usuario no autenticado"},
    "dto": {
        None: "closed",
        "already_closed": "401 Unauthorized: El token de refresco es inválido o ha expirado.",
    },
    "plain": {None: "closed: 5", "token_invalid": "not closed: 401"},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The example with its types, compiled."""
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("typed") / "client")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    run("npm", "run", "types", cwd=folder)
    run("npx", "tsc", cwd=folder)
    return folder


@pytest.fixture
def mock(request):
    port = free_port()
    command = [Path(sys.executable).with_name("cierre"), "mock", "--dialect", request.param, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(url)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield request.param, url
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("mock", DIALECTS, indirect=True)
def test_a_typed_client_of_each_view_runs_against_its_mock(built, mock):
    dialect, url = mock
    for situation, expected in EXPECTED[dialect].items():
        arguments = json.dumps([url, "a-token", situation])
        call = f"import {{ logOut }} from './built/{dialect}.js'; console.log(await logOut(...{arguments}))"
        shown = run("node", "--input-type=module", "-e", call, cwd=built)
        assert shown.strip().startswith(expected)


def test_what_the_compiler_refuses_is_shown_to_be_refused(built):
    """Without its `@ts-expect-error` each of those lines fails, since the compiler reports those that don't."""
    mistakes = (EXAMPLE / "wrong.ts").read_text().count("@ts-expect-error")
    text = (built / "wrong.ts").read_text().replace("// @ts-expect-error", "//")
    (built / "wrong.ts").write_text(text)
    done = ran("npx", "tsc", "--noEmit", cwd=built)

    assert done.stdout.count("error TS") == mistakes
