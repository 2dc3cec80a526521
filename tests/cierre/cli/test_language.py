"""The command line speaks Spanish where LANG asks for it: its help, and whatever else it shows."""

import ast
import errno
import io
import os
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
from tests.support.shown_texts import catalogued, plain_errors, plain_texts, showing, trees

CATALOGUE = LOCALES / "es" / "LC_MESSAGES" / "cierre"


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


def said():
    return {text for tree in trees().values() for text in catalogued(tree)}


def test_every_help_and_every_text_has_its_spanish():
    wanted = {*map(message_of, helps()), *said()}
    assert sorted(wanted - messages().keys()) == []


def test_the_catalogue_has_nothing_else_but_words_of_click_and_of_the_system():
    paths = Path(click.__file__).parent.glob("*.py")
    of_click = {text for path in paths for text in catalogued(ast.parse(path.read_text(encoding="utf-8")))}
    of_the_system = set(map(os.strerror, errno.errorcode))
    assert sorted(messages().keys() - {*map(message_of, helps()), *said()} - of_click - of_the_system) == []


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


def test_whatever_is_shown_is_in_the_language_of_the_user():
    """No text that the catalogue never sees reaches the terminal, through whatever function or variable."""
    found = {str(path.relative_to(ROOT)): texts for path, tree in showing() if (texts := list(plain_texts(tree)))}
    assert found == {}


def test_whatever_ends_a_command_is_in_the_language_of_the_user():
    every = trees().items()
    found = {str(path.relative_to(ROOT)): texts for path, tree in every if (texts := list(plain_errors(tree)))}
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        'click.echo("it is done")',
        'click.echo(f"{count} closed")',
        'heading = "STATE"\nclick.echo(heading)',
        'def show(line):\n    click.echo(line)\nshow("it is done")',
        'def line():\n    return "it is done"\nclick.echo(line())',
        'click.echo(_("{count} closed, {end}").format(count=1, end="now" if once else "later"))',
        'for line in ["it is done"]:\n    click.echo(line.rstrip())',
    ],
)
def test_a_text_without_a_translation_is_found(source):
    assert list(plain_texts(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        'click.echo(_("it is done"))',
        'click.echo(f"cierre: {mistake}", err=True)',
        'click.echo(_("{count} closed").format(count=count))',
        'click.echo(Phrase("it is done").translated())',
    ],
)
def test_a_text_with_one_is_not(source):
    assert list(plain_texts(ast.parse(source))) == []


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
    assert "users add [OPCIONES] EMAIL" in done.stdout
    assert "--password TEXTO" in done.stdout
    assert "--password-min-length ENTERO" in done.stdout


def test_the_version_is_told_in_spanish():
    assert ", versión 0." in spoken("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serv",), "cierre: No existe el comando 'serv'."),
        (("users", "add", "nobody"), "cierre: 'nobody' no es una dirección de correo"),
        (("demo", "--pause", "soon"), "'soon' no es una duración"),
        (("serve", "--port", "99999"), "Valor no válido para '--port' (variable: 'CIERRE_PORT'): 99999 no está"),
        (("contract", "nowhere://"), "cierre: 'nowhere://' no es la dirección de un servidor"),
        (("keys", "rotate", "--key-passphrase-file", "nada"), "nada no se puede leer: no existe ese archivo o carpeta"),
        (("db", "current", "--database-url", "nada"), "nada no es una URL de base de datos"),
        (("mock", "--port", "0", "nowhere.yaml"), "nowhere.yaml: no se puede leer: no existe ese archivo o carpeta"),
    ],
)
def test_a_mistake_is_told_in_spanish(arguments, said):
    done = spoken(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_finding_of_lint_is_told_in_spanish(tmp_path):
    document = tmp_path / "openapi.yaml"
    document.write_text("openapi: 4.0.0\npaths: {}\n", encoding="utf-8")
    done = spoken("spec", "lint", str(document))
    assert "'4.0.0' no es OpenAPI 3.0, 3.1 ni 3.2, ni Swagger 2.0 [openapi]" in done.stdout
    assert done.stderr.rstrip().endswith(": 1 problema")


DOCUMENT = """
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a/{id}:
    get:
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 3}, example: 1}
      responses: {'200': {description: ok}}
"""


def test_what_breaks_the_standard_and_its_schema_is_told_in_spanish(tmp_path):
    (tmp_path / "openapi.yaml").write_text(DOCUMENT, encoding="utf-8")
    shown = spoken("spec", "lint", str(tmp_path / "openapi.yaml")).stdout
    assert "1 es menor que el mínimo de 3 [example]" in shown
    assert "el parámetro de ruta 'id' de 'get' en '/a/{id}' no está en la ruta, o no está declarado [openapi]" in shown


def test_what_changed_between_contracts_is_told_in_spanish(tmp_path):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(DOCUMENT, encoding="utf-8")
    new.write_text(DOCUMENT.replace("in: query,", "in: query, required: true,"), encoding="utf-8")
    done = spoken("spec", "diff", str(old), str(new))
    assert done.stdout == "GET /a/{id}\n  incompatible  parámetro page (query) ahora es obligatorio\n"
    assert done.stderr == "1 incompatibles, 0 arriesgados, 0 inofensivos\n"


def test_an_overlay_that_is_none_is_told_in_spanish(tmp_path):
    document, overlay = tmp_path / "openapi.yaml", tmp_path / "overlay.yaml"
    document.write_text(DOCUMENT, encoding="utf-8")
    overlay.write_text("overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: 3\n", encoding="utf-8")
    assert "/actions: 3 no es de tipo" in spoken("spec", "apply", str(document), str(overlay)).stderr


def test_a_result_and_the_headings_of_a_table_are_told_in_spanish(tmp_path):
    at = ("--data-dir", str(tmp_path))
    assert spoken("db", "upgrade", *at).returncode == 0
    assert spoken("users", "add", "ana@ejemplo.com", "--password", "nueve-mares-2026", *at).returncode == 0
    assert spoken("users", "disable", "ana@ejemplo.com", *at).stdout == (
        "ana@ejemplo.com está desactivado; 0 sesiones cerradas\n"
    )
    short = spoken("users", "password", "ana@ejemplo.com", "--password", "corta", *at)
    assert short.stderr == "cierre: La contraseña nueva debe tener al menos 12 caracteres\n"
    heading, row = spoken("users", "list", *at).stdout.splitlines()
    assert heading.split() == ["ID", "CORREO", "ROL", "ESTADO"]
    assert row.endswith("desactivado")
