"""`cierre.mocks` and its pytest plugin as guests of another project: light to import, and without side effects."""

import json
import subprocess
import sys

import pytest

# What importing a module can change in the process that imports it.
STATE = """
import asyncio, json, logging, os, signal, sys, threading, warnings

def state():
    return {
        "warnings": [str(item) for item in warnings.filters],
        "logging": [logging.root.level, [str(handler) for handler in logging.root.handlers]],
        "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "hooks": [str(hook) for hook in (sys.excepthook, sys.unraisablehook, sys.displayhook)],
        "imports": [str(item) for item in (*sys.path, *sys.meta_path, *sys.path_hooks)],
        "loop": str(asyncio.get_event_loop_policy()),
        "environment": dict(os.environ),
        "threads": threading.active_count(),
    }
"""
HEAVY = (
    "connexion",
    "sqlalchemy",
    "schemathesis",
    "hypothesis",
    "alembic",
    "asyncpg",
    "redis",
    "httpx",
    "rich",
)


def run(script):
    """What a fresh interpreter prints for the script, as JSON; warnings are errors there."""
    command = [sys.executable, "-W", "error", "-c", STATE + script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("module", ["cierre.mocks", "cierre.mocks.pytest_plugin"])
def test_importing_changes_nothing_of_the_host(module):
    # pytest's own changes are there already when it imports a plugin.
    before, after = run(f"import pytest\nbefore = state()\nimport {module}\nprint(json.dumps([before, state()]))")
    assert before == after


@pytest.mark.parametrize("module", ["cierre.mocks", "cierre.mocks.pytest_plugin"])
def test_importing_loads_neither_a_server_nor_a_validator(module):
    watched = [*HEAVY, "uvicorn", "jsonschema_rs", "yaml", "click"]
    assert run(f"import {module}\nprint(json.dumps([name for name in {watched} if name in sys.modules]))") == []


def test_a_mock_that_answers_in_process_has_loaded_no_service_and_changed_nothing():
    before, after, loaded = run(
        "before = state()\n"
        "from cierre.mocks import mock_app\n"
        "app = mock_app()\n"
        "sent = []\n"
        "async def send(message): sent.append(message)\n"
        "async def receive(): return {'type': 'http.request', 'body': b''}\n"
        "scope = {'type': 'http', 'method': 'GET', 'path': '/health/live', 'query_string': b'', 'headers': []}\n"
        "asyncio.run(app(scope, receive, send))\n"
        "assert sent[0]['status'] == 200\n"
        f"print(json.dumps([before, state(), [name for name in {HEAVY} if name in sys.modules]]))"
    )
    assert before == after
    assert loaded == []


def test_a_mock_that_keeps_no_state_has_loaded_nothing_of_it():
    loaded = run(
        "from cierre.mocks import mock_app\n"
        "from cierre.cli import mock\n"
        "mock_app()\n"
        "state = [name for name in sys.modules if name.startswith('cierre.mocks.state')]\n"
        "print(json.dumps([*state, *(name for name in ('sqlite3', 'csv') if name in sys.modules)]))"
    )
    assert loaded == []
