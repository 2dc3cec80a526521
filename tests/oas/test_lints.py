"""What the linters and generators of others say of the contract: Spectral, Redocly, openapi-typescript.

They come from npm (`npm ci`, versions pinned in package-lock.json). Where they are not installed the tests are
skipped and say so; with `CI` set nothing may skip, and they fail.
"""

import json

import pytest

from cierre.oas import DIALECTS, bundle, load, view
from tests.support.npm import needing, ran
from tests.support.paths import ROOT

pytestmark = needing(".bin/spectral")


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The bundle and the five views, a file each."""
    folder, contract = tmp_path_factory.mktemp("contract"), load()
    contents = {"bundle": bundle(contract), **{dialect: view(contract, dialect) for dialect in DIALECTS}}
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return sorted(folder.glob("*.json"))


@pytest.fixture(scope="module")
def types(documents):
    """What openapi-typescript makes of each, beside it."""
    made = [file.with_suffix(".ts") for file in documents]
    for document, target in zip(documents, made, strict=True):
        result = npx("openapi-typescript", document, "-o", target)
        assert result.returncode == 0, result.stdout + result.stderr
    return made


def npx(*arguments):
    return ran("npx", "--no-install", *arguments)


def compiled(*files):
    options = (
        "--strict",
        "--noEmit",
        "--skipLibCheck",
        "--target",
        "es2022",
        "--module",
        "es2022",
        "--moduleResolution",
        "bundler",
    )
    return npx("tsc", *options, *files)


def test_spectral_has_not_even_a_hint(documents):
    result = npx("spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity=hint", *documents)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "No results with a severity of 'hint' or higher found!" in result.stdout


def test_redocly_at_its_strictest_finds_nothing(documents):
    result = npx("redocly", "lint", "--config", "redocly.yaml", "--format=json", *documents)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count('"problems": []') == len(documents)


EVENTS = ROOT / "openapi" / "events" / "asyncapi.yaml"


def test_spectral_has_not_even_a_hint_about_the_events():
    result = npx("spectral", "lint", "--ruleset", "spectral.asyncapi.yaml", "--fail-severity=hint", EVENTS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "No results with a severity of 'hint' or higher found!" in result.stdout


def test_redocly_at_its_strictest_finds_nothing_in_the_events():
    result = npx("redocly", "lint", "--config", "redocly.yaml", "--format=json", EVENTS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count('"problems": []') == 1


def test_the_types_for_typescript_compile_under_strict(types):
    result = compiled(*types)
    assert result.returncode == 0, result.stdout


CLIENT = """
import type { operations as Session } from "./session";
import type { operations as Respuesta } from "./respuesta";
import type { operations as Plain } from "./plain";

type Body<Answer> = Answer extends { content: infer Content } ? Content[keyof Content] : never;
declare const session: Session["logout"]["responses"];
declare const respuesta: Respuesta["logout"]["responses"];
declare const plain: Plain["logout_by_user_token"]["responses"];
declare const refused: Body<(typeof session)[401]>;

export const closed: number = session[200].content["application/json"].data.logout.sessionsClosed;
export const fine: 0 = respuesta[200].content["application/json"].error;
export const five: "5" = plain[200].content["application/json"].message;
export const again: boolean = refused.code === "ACCESS_TOKEN_EXPIRED" && refused.details.canRefresh;
type Request = NonNullable<Session["logout"]["requestBody"]>["content"]["application/json"];
export const one: Request = { deviceId: "mobile-device-uuid-123456789" };
"""


def test_a_client_reads_answers_and_writes_requests_without_a_cast(types):
    client = types[0].with_name("client.ts")
    client.write_text(CLIENT, encoding="utf-8")
    result = compiled(client)
    assert result.returncode == 0, result.stdout


def test_the_types_refuse_what_the_contract_does_not_hold(types):
    client = types[0].with_name("mistaken.ts")
    client.write_text(CLIENT + "export const seven: 7 = fine;\nrefused.details.canRefresh;\n", encoding="utf-8")
    assert compiled(client).stdout.count("error TS") == 2
