"""The command line speaks Spanish where LANG asks for it: all of its help, and every mistake of ours."""

import ast
import io
import re
import subprocess
from pathlib import Path

import click
import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from cierre.cli import COMMANDS
from cierre.cli.language import LOCALES, asked, message_of
from tests.cierre.cli.test_help import COMMANDS as EVERY
from tests.support.commands import CIERRE, clean_environment
from tests.support.paths import ROOT

CATALOGUE = LOCALES / "es" / "LC_MESSAGES" / "cierre"
SOURCES = [
    *sorted((ROOT / "cierre" / "cli").glob("*.py")),
    ROOT / "cierre" / "settings.py",
    ROOT / "cierre" / "extras.py",
]
# Whose text a user reads.
MISTAKES = {"UsageError", "ClickException", "BadParameter", "_Unusable"}


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "es_AR.UTF-8"}, "es"),
        ({"LANG": "es_ES.UTF-8", "LC_ALL": ""}, "es"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "es:en"}, "es"),
        ({"LANG": "es_ES.UTF-8", "LANGUAGE": "en:es"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "fr:es"}, "es"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "es"}, "en"),
    ],
)
def test_the_language_is_the_one_that_the_environment_asks_for(environ, language):
    assert asked(environ) == language


def messages():
    """By id; of a plural its first form."""
    with CATALOGUE.with_suffix(".po").open("rb") as file:
        found = [one for one in read_po(file) if one.id]
    return {(one.id if isinstance(one.id, str) else one.id[0]): one for one in found}


def helps():
    yield from COMMANDS.values()
    for command in EVERY.values():
        yield from filter(None, (command.help, command.short_help))
        yield from (param.help for param in command.params if isinstance(param, click.Option) and param.help)


def calls(path, names):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            if name in names:
                yield node


def said():
    for path in SOURCES:
        for call in calls(path, {"_"}):
            if isinstance(call.args[0], ast.Constant):
                yield call.args[0].value


def test_every_help_and_every_mistake_has_its_spanish():
    wanted = {*map(message_of, helps()), *said()}
    assert sorted(wanted - messages().keys()) == []


def test_the_catalogue_has_nothing_else_but_words_of_click():
    of_click = {
        call.args[0].value
        for path in Path(click.__file__).parent.glob("*.py")
        for call in calls(path, {"_", "ngettext"})
        if isinstance(call.args[0], ast.Constant)
    }
    assert sorted(messages().keys() - {*map(message_of, helps()), *said()} - of_click) == []


def test_a_translation_fills_in_the_same_values():
    def filled(text):
        return set(re.findall(r"\{(\w+)", text))

    for text, message in messages().items():
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(strings), text
        allowed = filled(text) if isinstance(message.id, str) else filled(" ".join(message.id))
        assert all(filled(one) <= allowed for one in strings), text
        if isinstance(message.id, str):
            assert filled(message.string) == allowed, text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_mistake_is_told_in_the_language_of_the_user(path):
    """Not as an f-string, nor as a text that no catalogue sees."""
    plain = [call.lineno for call in calls(path, MISTAKES) if isinstance(call.args[0], (ast.JoinedStr, ast.Constant))]
    assert plain == []


def compiled(file):
    return {str(one.id): one.string for one in read_mo(file) if one.id}


def test_what_is_compiled_is_what_is_written():
    now = io.BytesIO()
    with CATALOGUE.with_suffix(".po").open("rb") as file:
        write_mo(now, read_po(file))
    now.seek(0)
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        assert compiled(file) == compiled(now), "run make translations"


def spoken(*arguments):
    environment = clean_environment() | {"LC_ALL": "es_ES.UTF-8", "LANGUAGE": "", "PYTHONUTF8": "1"}
    return subprocess.run(
        [*CIERRE, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_help_is_in_spanish():
    done = spoken("users", "add", "--help")
    assert done.stdout.startswith("Uso: ")
    assert "Añadir un usuario que inicia sesión con EMAIL." in done.stdout
    assert "Mostrar este mensaje y terminar." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serv",), "cierre: No existe el comando 'serv'."),
        (("users", "add", "nobody"), "cierre: 'nobody' no es una dirección de correo"),
        (("demo", "--pause", "soon"), "'soon' no es una duración"),
    ],
)
def test_a_mistake_is_told_in_spanish(arguments, said):
    done = spoken(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
