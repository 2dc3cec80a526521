"""The contract's words in Spanish: all of them, none too many, and nothing but the words."""

import json
import re

import pytest

from cierre import contract_rules
from cierre.oas import DIALECTS, bundle, load, view
from cierre.oas.translating import contract_texts, key, texts_in, translated, words


@pytest.fixture(scope="module")
def contract():
    return load()


@pytest.fixture(scope="module")
def texts():
    return contract_texts("es")


# What the code says by itself.
OF_THE_CODE = {
    key(
        "What clients of the dialect `{dialect}` see of the contract; derived from the whole of it. Examples are named"
        " after the situation; an answer without a body names its situations in `x-cierre-situations`. What routing"
        " itself refuses (404, 405) is in `x-cierre-unrouted`, by path."
    ),
    "This service, {address}",
}


def test_every_text_of_the_contract_has_its_spanish_and_no_other_has(contract, texts):
    assert {one.key for one in words(contract)} | OF_THE_CODE == set(texts)


def test_what_is_no_word_stands_in_both_languages(texts):
    """Code, headers, numbers of sections: a translation that lost one says something else."""

    def facts(text):
        text = key(text).replace("|secreto`", "|secret`")
        code = re.findall(r"`[^`]+`", text)
        return sorted(code), sorted(re.findall(r"\b(?:RFC )?\d+(?:\.\d+)*\b", re.sub(r"`[^`]+`", "", text)))

    assert [english for english, spanish in texts.items() if facts(english) != facts(spanish)] == []


def test_only_words_change(contract, texts):
    def without(document):
        for one in words(document):
            one.node[one.member] = ""
        return json.dumps(document, default=str)

    english = bundle(contract)
    spanish = translated(english, texts)
    assert without(spanish) == without(bundle(contract))
    assert [one.key for one in words(english)] == [one.key for one in words(bundle(contract))]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_view_in_spanish_has_no_english_left(contract, texts, dialect):
    seen = view(contract, dialect, texts)
    # The two that a view makes of its own.
    said = {one.key for one in words(seen)} - {key(seen["info"][member]) for member in ("title", "description")}
    assert said <= {key(text) for text in texts.values()}
    assert seen["info"]["title"] == f"Cierre, cerrar sesiones ({dialect})"
    assert f"`{dialect}`" in seen["info"]["description"]
    assert seen["info"]["description"].startswith("Lo que ven")


def test_lint_names_a_text_without_spanish_and_where_it_stands(contract):
    document = bundle(contract, published=False)
    document["paths"]["/logout"]["post"]["summary"] = "Something new"
    said = [finding for finding in contract_rules.findings(document) if finding[1] == "spanish"]
    pointer = "/paths/~1logout/post/summary"
    assert said == [(pointer, "spanish", "openapi/texts.es.yaml has no such text: 'Something new'")]


def test_a_text_that_stands_twice_in_the_file_is_refused(tmp_path):
    file = tmp_path / "texts.yaml"
    file.write_text("- {en: One two, es: a}\n- {en: 'One  two', es: b}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="twice"):
        texts_in(file)
