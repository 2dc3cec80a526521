"""What does not fit together is told when the service starts: `cierre.http.wiring`, in an edited copy of the tree."""

import re

import pytest

from cierre.principal import ROLES
from tests.support.copies import Copy

ITEM = "openapi/auth/get_session.yaml"
TRAIL = "openapi/admin/list_audit_events.yaml"
AUTH, ADMIN = "handlers/auth.py", "handlers/admin.py"
PACKAGES = ("cierre", "handlers", "openapi", "mocks", "contract_tests")


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path, only=PACKAGES)


def errors_at_start(copy, *options):
    """What `cierre serve` says on its way out, each line without the name of the command."""
    result = copy.run("serve", "--port", "0", *options)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    lines = result.stderr.splitlines()
    assert all(line.startswith("cierre: ") for line in lines), result.stderr
    return [line.removeprefix("cierre: ") for line in lines]


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory):
    """One start with many mistakes: all are told at once."""
    copy = Copy(tmp_path_factory.mktemp("mistakes"), only=PACKAGES)
    # An operation without its handler, in a module that is there and in one that is not.
    copy.edit(AUTH, "async def logout(", "async def _logout(")
    copy.edit("openapi/service/jwks.yaml", "cierre.handlers.service", "cierre.handlers.keys")
    # Handlers without their operation.
    copy.append(AUTH, "async def count_sessions(): ...")
    copy.write("handlers/devices.py", "async def list_devices(): ...")
    # Arguments and parameters that do not meet.
    copy.edit(AUTH, "get_session(session_id: str", "get_session(device_id: str, session_id: str")
    copy.edit(ITEM, "    - name: sessionId", "    - { name: pageSize, in: query, schema: {} }\n    - name: sessionId")
    copy.write(ITEM, f"parameters:\n  - {{ name: body, in: query, schema: {{}} }}\n{copy.read(ITEM)}")
    copy.edit(
        ADMIN, "list_audit_events(\n    request: Request,", "list_audit_events(\n    event: str,\n    request: Request,"
    )
    copy.edit(ADMIN, "    event: str | None = None,\n", "")
    copy.edit(ADMIN, "    session_id: str | None = None,\n", "")
    copy.edit(TRAIL, "    - name: sessionId", "    - { name: user_id, in: query, schema: {} }\n    - name: sessionId")
    # Operations that name no handler.
    copy.edit("openapi/service/health_live.yaml", "  operationId: health_live\n", "")
    copy.edit("openapi/service/health_ready.yaml", "  x-openapi-router-controller: cierre.handlers.service\n", "")
    # A path parameter that is no identifier, and an operation that is written in place.
    ping = [
        "  /ping/{the-name}:",
        "    get:",
        "      operationId: ping",
        "      x-openapi-router-controller: cierre.handlers.service",
        "      x-cierre-principal: none",
        "      parameters:",
        "        - { name: the-name, in: path, required: true, schema: {} }",
        "      responses: {}",
    ]
    copy.edit("openapi/openapi.yaml", "paths:\n", "\n".join(["paths:", *ping, ""]))
    # It can't be awaited, either.
    copy.append("handlers/service.py", "def ping(the_name): ...")
    # A success that nothing renders.
    copy.edit("cierre/dialects/successes.py", '"list_sessions": Success', '"show_sessions": Success')
    # Nothing says who may call.
    copy.edit("openapi/auth/change_password.yaml", "  x-cierre-role: any\n", "")
    return copy, errors_at_start(copy)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "openapi/auth/logout.yaml",
            "operationId: logout",
            "operationId logout has no handler: write async def logout in handlers/auth.py",
        ),
        (
            "openapi/service/jwks.yaml",
            "operationId: jwks",
            "operationId jwks has no handler: write async def jwks in handlers/keys.py",
        ),
        (
            AUTH,
            "async def count_sessions",
            (
                "count_sessions handles no operation: write openapi/auth/count_sessions.yaml and its line in "
                "openapi/openapi.yaml, or call it _count_sessions"
            ),
        ),
        (
            "handlers/devices.py",
            "async def list_devices",
            (
                "list_devices handles no operation: write openapi/devices/list_devices.yaml and its line in "
                "openapi/openapi.yaml, or call it _list_devices"
            ),
        ),
        (
            AUTH,
            "async def get_session",
            (
                "get_session takes device_id, which is no parameter; there is "
                "body, page_size, session_id, request, principal"
            ),
        ),
        (ITEM, "name: pageSize", "the parameter pageSize reaches no handler: get_session takes no page_size"),
        (ITEM, "name: body", "the parameter body would be the argument body, which is something else: rename it"),
        (
            TRAIL,
            "name: event",
            "the parameter event may be absent: give event a default in list_audit_events, or event one here",
        ),
        (TRAIL, "name: sessionId", "the parameter sessionId reaches no handler: list_audit_events takes no session_id"),
        (
            TRAIL,
            "name: user_id",
            "the parameter user_id would be the argument user_id, as userId is: rename one of them",
        ),
        ("handlers/service.py", "def ping", "ping is awaited: write async def"),
        ("openapi/service/health_live.yaml", "get:", "GET /health/live has no operationId"),
        ("openapi/service/health_ready.yaml", "get:", "GET /health/ready has no x-openapi-router-controller"),
        (
            "openapi/openapi.yaml",
            "name: the-name",
            "the parameter the-name is no identifier, as one in the path has to be: rename it",
        ),
        (
            "openapi/auth/change_password.yaml",
            "operationId: change_password",
            f"change_password: x-cierre-role is None, not one of any, {', '.join(ROLES)}",
        ),
        (
            "openapi/auth/list_sessions.yaml",
            "operationId: list_sessions",
            (
                "the success of list_sessions has no rendering: add list_sessions to SUCCESSES in "
                "cierre/dialects/successes.py"
            ),
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_is_told_in_one_line_with_its_place(mistakes, file, text, message):
    copy, lines = mistakes
    place = re.escape(f"{file}:{copy.line_of(file, text)}")
    # A member of the contract has its column as well.
    assert any(re.fullmatch(rf"{place}(?::[0-9]+)?: {re.escape(message)}", line) for line in lines)


def test_nothing_else_is_told(mistakes):
    _, lines = mistakes
    # Three handlers have lost their operations by the mistakes above: jwks, health_live and health_ready.
    lost = [line for line in lines if line.startswith("handlers/service.py") and " handles no operation" in line]
    assert [line.split()[1] for line in lost] == ["jwks", "health_live", "health_ready"]
    assert len(lines) == 16 + len(lost)


@pytest.mark.parametrize("options", [(), ("--workers", "2"), ("--reload",)], ids=" ".join)
def test_it_is_told_however_the_service_is_started(copy, options):
    copy.edit(AUTH, "async def get_session", "async def _get_session")
    advice = "write async def get_session in handlers/auth.py"
    assert errors_at_start(copy, *options) == [f"{ITEM}:2:3: operationId get_session has no handler: {advice}"]


def test_a_handler_that_is_no_python_is_told_with_its_line(copy):
    copy.edit(AUTH, "async def list_sessions", "def list_sessions")
    line = copy.line_of(AUTH, "def list_sessions") + 1
    assert errors_at_start(copy) == [f"{AUTH}:{line}: 'async with' outside async function"]


def test_a_path_item_that_is_no_yaml_is_told_with_its_line(copy):
    copy.edit(ITEM, "  tags: [auth]", "  tags: [auth")
    (line,) = errors_at_start(copy)
    # The list is found unclosed where the next line goes on.
    assert f"get_session.yaml:{copy.line_of(ITEM, 'tags:') + 1}:" in line
