"""From the path of a request to its operation."""

import pytest

from cierre.mocks.router import Router
from cierre.oas.document import Document
from tests.support.mocked import client_of, document


def router(*paths):
    return Router(Document(document({path: {"get": {"responses": {}}} for path in paths})))


@pytest.mark.parametrize(
    ("paths", "asked", "path", "parameters"),
    [
        (["/a/{x}", "/a/b"], "/a/b", "/a/b", {}),
        (["/a/{x}", "/a/b"], "/a/c", "/a/{x}", {"x": "c"}),
        (["/a/{x}/c", "/a/b/{y}"], "/a/b/c", "/a/b/{y}", {"y": "c"}),
        (["/a/{x}/d", "/a/b/c"], "/a/b/d", "/a/{x}/d", {"x": "b"}),
        (["/f/{name}.{ext}"], "/f/a.tar.gz", "/f/{name}.{ext}", {"name": "a", "ext": "tar.gz"}),
        (["/u({id})"], "/u(7)", "/u({id})", {"id": "7"}),
        (["/p/{x}:run", "/p/{x}"], "/p/a:run", "/p/{x}:run", {"x": "a"}),
        (["/p/{x}"], "/p/a%2Fb", "/p/{x}", {"x": "a/b"}),
        (["/p/{x}"], "/p/%C3%B1", "/p/{x}", {"x": "ñ"}),
        (["/{id}{ext}", "/create{ext}"], "/create.json", "/create{ext}", {"ext": ".json"}),
        (["/"], "/", "/", {}),
    ],
)
def test_fixed_segments_go_before_templates(paths, asked, path, parameters):
    found = router(*paths).find("get", asked)
    assert (found.operation.path, found.parameters) == (path, parameters)


def test_operations_told_apart_by_a_query_in_their_path_are_found():
    routes = router("/#Action=Send", "/#Action=Stop", "/?v=1")
    assert routes.find("get", "/", b"Action=Stop&x=1").operation.path == "/#Action=Stop"
    assert routes.find("get", "/", b"v=1").operation.path == "/?v=1"
    assert routes.find("get", "/", b"") == []


@pytest.mark.parametrize(
    ("paths", "query", "path", "parameters"),
    [
        (["/mail?file={name}"], b"file=a.csv&x=1", "/mail?file={name}", {"name": "a.csv"}),
        (["/mail?file={name}"], b"", "/mail?file={name}", {}),
        (["/now?city={city}", "/now?lat={lat}&lon={lon}"], b"lat=1&lon=2", None, {"lat": "1", "lon": "2"}),
        (["/now", "/now?city={city}"], b"city=Lugo", "/now?city={city}", {"city": "Lugo"}),
        (["/now?city={city}", "/now"], b"", "/now", {}),
        (["/find?{field}=1"], b"color=1", "/find?{field}=1", {"field": "color"}),
        (["/b#acl", "/b", "/b#policy"], b"policy", "/b#policy", {}),
        (["/b#acl", "/b", "/b#policy"], b"x=1", "/b", {}),
        (["/b#keys"], b"", "/b#keys", {}),
    ],
)
def test_path_parameters_may_stand_in_a_query_that_the_path_has(paths, query, path, parameters):
    found = router(*paths).find("get", paths[0].partition("?")[0].partition("#")[0], query)
    assert (found.operation.path, found.parameters) == (path or paths[-1], parameters)
    assert not (found.only and parameters)


def at(name, schema, status="200"):
    return {
        "parameters": [{"name": name, "in": "path", "required": True, "schema": schema}],
        "get": {"responses": {status: {"description": ""}}},
    }


@pytest.mark.parametrize(
    ("first", "second", "text", "status"),
    [
        ({"type": "integer"}, {"type": "string"}, "7", 200),
        ({"type": "integer"}, {"type": "string"}, "seven.pdf", 202),
        # Both fit: the one that says more.
        ({"type": "string"}, {"type": "integer"}, "7", 202),
        ({"type": "string", "format": "uuid"}, {"type": "string", "pattern": "^x"}, "xyz", 202),
        ({"type": "string"}, {"type": "string"}, "7", 200),
        # None fits: the first refuses.
        ({"type": "integer"}, {"type": "boolean"}, "seven", 422),
    ],
)
async def test_of_two_paths_of_one_shape_the_one_whose_parameters_fit_answers(first, second, text, status):
    paths = {
        "/Attachments/{AttachmentID}": at("AttachmentID", first),
        "/Attachments/{FileName}": at("FileName", second, "202"),
    }
    async with client_of(document(paths)) as client:
        for _ in range(2):
            assert (await client.get(f"/Attachments/{text}")).status_code == status


async def test_an_encoded_comma_is_part_of_a_path_s_item():
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
    async with client_of(document({"/x/{ids}": at("ids", schema)})) as client:
        assert (await client.get("/x/a%2Cb,c")).status_code == 200
        assert (await client.get("/x/a,b,c")).status_code == 422


@pytest.mark.parametrize("path", ["/{a}-{b}-{c}.json", "/{a}{b}-{c}-{d}!"])
def test_a_segment_of_several_variables_is_matched_in_linear_time(path):
    router = Router(Document(document({path: {"get": {"responses": {}}}})))
    # Quadratic time would take minutes here.
    assert router.find("get", "/" + "-" * 200_000) == []


@pytest.mark.parametrize(
    ("path", "raw", "values"),
    [
        ("/{a}-{b}-{c}", "/1-2-3-4", {"a": "1", "b": "2", "c": "3-4"}),
        ("/{name}.{ext}", "/a.b.c", {"name": "a", "ext": "b.c"}),
        ("/{a}-{b}.json", "/x.json-y.json.json", {"a": "x.json", "b": "y.json"}),
    ],
)
def test_variables_of_one_segment(path, raw, values):
    router = Router(Document(document({path: {"get": {"responses": {}}}})))
    assert router.find("get", raw).parameters == values
