"""`cierre mock --examples`: what overlays and HTTP Archives add to a document."""

import base64
import json

import pytest

from cierre.mocks import mock_app
from cierre.oas.errors import BrokenDocument
from tests.support.flows import SHOP
from tests.support.mocked import client_of


def har(folder, *entries):
    file = folder / "traffic.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), encoding="utf-8")
    return file


def entry(url, value, status=200, *, method="GET", sent=None, encoded=False):
    text = json.dumps(value)
    content = {"mimeType": "application/json; charset=utf-8", "text": text}
    if encoded:
        content |= {"text": base64.b64encode(text.encode()).decode(), "encoding": "base64"}
    request = {"method": method, "url": url, "headers": [{"name": "Accept", "value": "*/*"}]}
    if sent is not None:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(sent)}
    return {"request": request, "response": {"status": status, "content": content}}


async def test_a_har_is_served(tmp_path):
    file = har(
        tmp_path,
        entry("https://shop.example/payments/7?as=x", {"id": "7", "status": "pending"}),
        entry("https://shop.example/books", {"id": "3", "title": "A"}, 201, method="POST", sent={"title": "A"}),
        entry("https://shop.example/books", {"id": "4", "title": "B"}, 201, method="POST", sent={"title": "B"}),
        entry("https://shop.example/books", [{"title": "Rayuela"}], encoded=True),
        entry("https://elsewhere.example/pixel", {}),
    )
    async with client_of(SHOP, examples=[file]) as client:
        assert (await client.get("/payments/7?as=x")).json() == {"id": "7", "status": "pending"}
        assert (await client.post("/books", json={"title": "B"})).json() == {"id": "4", "title": "B"}
        assert (await client.get("/books")).json() == [{"title": "Rayuela"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"log": {}}', "no HAR: /log/entries: "),
        ('{"log": {"entries": []}}', "nothing in it is an answer in JSON to an operation of the document"),
        ('{"log": {"entries": [{"request": {}}]}}', "no HAR: /log/entries/0"),
    ],
)
def test_a_har_that_cannot_be_used_is_told(tmp_path, text, said):
    file = tmp_path / "traffic.har"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenDocument, match=said):
        mock_app(SHOP, examples=[file])


def test_an_overlay_that_does_nothing_is_told_and_one_that_breaks_the_document_is_refused(tmp_path):
    start = "overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions:\n"
    file = tmp_path / "overlay.yaml"
    file.write_text(start + "- {target: $.paths.none, remove: true}\n", encoding="utf-8")
    (problem,) = mock_app(SHOP, examples=[file]).document.problems
    assert str(problem).startswith(f"{file}:4:3: ")
    file.write_text(start + "- {target: $, update: {paths: 7}}\n", encoding="utf-8")
    with pytest.raises(BrokenDocument, match="must be a mapping of paths"):
        mock_app(SHOP, examples=[file])
