"""What each audience sees of the contract: `cierre.oas.views`."""

import pytest

from cierre.oas import DIALECTS, BrokenDocument, load, view
from cierre.oas.references import resolved
from cierre.oas.structure import operations, walk


@pytest.fixture(scope="module")
def contract():
    return load()


@pytest.fixture(scope="module")
def views(contract):
    return {dialect: view(contract, dialect) for dialect in DIALECTS}


def named(document, name):
    return next(item for _, _, item, _ in operations(document) if item["operationId"] == name)


def shown(document, name, status):
    """The names of the examples, or of the situations of an answer without a body."""
    response = resolved(document, named(document, name)["responses"][status])
    if "content" not in response:
        return set(response["x-cierre-situations"])
    (media,) = response["content"].values()
    return set(media["examples"])


def test_a_view_holds_the_operations_of_its_audience(contract, views):
    v1 = {item["operationId"] for path, _, item, _ in operations(contract) if path.startswith("/api/v1/")}
    held = {
        dialect: {item["operationId"] for _, _, item, _ in operations(document)} for dialect, document in views.items()
    }
    assert held == {
        "session": v1,
        "envelope": v1,
        "respuesta": v1,
        "dto": {"logout_by_refresh_token"},
        "plain": {"logout_by_user_token"},
    }


@pytest.mark.parametrize(
    ("dialect", "media_types"),
    [
        ("session", {"application/json"}),
        ("envelope", {"application/json"}),
        ("respuesta", {"application/json"}),
        ("dto", {"application/json"}),
        # Document 000 has no body for a failure; its 400 is problem details.
        ("plain", {"application/json", "application/problem+json"}),
    ],
)
def test_a_view_speaks_its_dialect_as_plain_json(views, dialect, media_types):
    # What the service sends by itself is of no dialect.
    document = {name: value for name, value in views[dialect].items() if name != "x-webhooks"}
    contents = [spot.node["content"] for spot in walk(document) if "content" in spot.node]
    assert {media_type for content in contents for media_type in content} == media_types
    assert all(len(content) == 1 for content in contents)


def test_a_closed_session_is_404_200_or_401_by_dialect(views):
    where = {
        dialect: {
            status
            for _, _, item, _ in operations(document)
            for status in item["responses"]
            if "already_closed" in shown(document, item["operationId"], status)
        }
        for dialect, document in views.items()
    }
    assert where == {"session": {"404"}, "envelope": {"401"}, "respuesta": {"200"}, "dto": {"401"}, "plain": {"401"}}


def test_a_status_that_a_dialect_never_answers_is_not_in_its_view(views):
    assert "200" not in named(views["envelope"], "logout")["responses"]
    assert "200" in named(views["respuesta"], "logout")["responses"]


def test_no_content_is_in_every_view_for_those_who_ask_for_the_minimum(views):
    for document in views.values():
        logouts = [item for _, _, item, _ in operations(document) if item["operationId"].startswith("logout")]
        assert all("204" in item["responses"] for item in logouts)


def test_a_view_holds_no_component_that_nothing_leads_to(views):
    for document in views.values():
        used = {spot.node["$ref"] for spot in walk(document) if isinstance(spot.node.get("$ref"), str)}
        held = {
            f"#/components/{section}/{name}"
            for section, entries in document["components"].items()
            for name in entries
            if section != "securitySchemes"
        }
        assert held <= used


def test_a_view_links_only_to_operations_that_it_holds(views):
    for document in views.values():
        held = {item["operationId"] for _, _, item, _ in operations(document)}
        links = [link for spot in walk(document) for link in spot.node.get("links", {}).values()]
        assert {link["operationId"] for link in links} <= held
    assert "logout_by_user_token" not in str(views["session"])


def test_a_view_names_neither_python_nor_dialects(views):
    for document in views.values():
        assert "handlers." not in str(document)
        assert "x-cierre-dialects" not in str(document)


def test_what_routing_refuses_is_told_for_the_view_s_own_paths(views):
    assert {dialect: set(document["x-cierre-unrouted"]) for dialect, document in views.items()} == {
        "session": {"/api/v1/"},
        "envelope": {"/api/v1/"},
        "respuesta": {"/api/v1/"},
        "dto": {"/api/auth/"},
        "plain": {"/"},
    }


def test_making_a_view_leaves_the_contract_as_it_was():
    contract = load()
    before = str(contract)
    view(contract, "envelope")
    assert str(contract) == before


def test_a_document_without_the_dialect_has_no_such_view():
    with pytest.raises(BrokenDocument, match="no operation speaks the dialect 'plain'"):
        view({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}, "plain")
