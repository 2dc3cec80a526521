"""A library of FastAPI, whose framework checks what comes in, with 13 bugs in what it does."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from benchmarks.contract_tests.apps import MARK, TOKEN

BUGS = (
    "an unknown order is an error of the server",
    "a book without an author",
    "a status that the contract has not",
    "members that the contract forbids are taken",
    "a made-up token is taken",
    "no credentials are taken",
    "an answer is no strict JSON",
    "a date in a header field is none of HTTP",
    "the last year is an error of the server",
    "a body of another type is taken",
    "a required header field is not needed",
    "deleting answers with another status",
    "what was deleted can be read",
)


class Problem(BaseModel):
    """A refusal."""

    error: str


def _whole(value: Any) -> Any:
    """1.0 is an integer of JSON Schema as well."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: Any) -> Any:
    """A number is no time."""
    if not isinstance(value, str) or not value[:4].isdigit() or "T" not in value:
        raise ValueError("no time")
    return value


class NewBook(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=40)
    pages: Annotated[int, BeforeValidator(_whole)] = Field(ge=1, le=5000)


class Book(BaseModel):
    """What a client gets."""

    id: int
    title: str
    author: str


class Loan(BaseModel):
    """When a loan ends."""

    model_config = ConfigDict(extra="forbid")
    since: Annotated[AwareDatetime, BeforeValidator(_text)]


REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (400, 401, 404, 405)}
app = FastAPI(title="FastAPI books", version="1", responses=REFUSALS)
books: dict[int, dict[str, Any]] = {one: {"id": one, "title": f"t{one}", "author": "a"} for one in range(1, 6)}
deleted: set[int] = set()


def answer(value: Any, status: int = 200, bugs: tuple[str, ...] = (), **fields: str) -> Response:
    assert set(bugs) <= set(BUGS)
    marked = {MARK: ", ".join(bugs)} if bugs else {}
    return JSONResponse(value, status, {**fields, **marked})


def refused(status: int) -> Response:
    return answer({"error": "refused"}, status)


@app.exception_handler(RequestValidationError)
async def invalid(_request: Request, _problem: Exception) -> Response:
    return refused(400)


@app.exception_handler(405)
async def no_such_method(request: Request, _problem: Any) -> Response:
    here = [one for one in app.routes if isinstance(one, APIRoute) and one.path_regex.match(request.url.path)]
    allowed = sorted({name for one in here for name in one.methods})
    return answer({"error": "no such method"}, 405, Allow=", ".join(allowed))


@app.exception_handler(400)
async def unreadable(_request: Request, _problem: Any) -> Response:
    return refused(400)


@app.exception_handler(404)
async def nothing_there(_request: Request, _problem: Any) -> Response:
    return refused(404)


@app.get("/books", response_model=list[Book])
async def list_books(
    order: Annotated[str, Query(max_length=10)] = "title", count: Annotated[int, Query(ge=1, le=100)] = 10
) -> Response:
    if order not in {"title", "author", "id"}:
        return Response("Internal Server Error", 500, {MARK: BUGS[0]}, "text/plain")
    found = [dict(one) for one in list(books.values())[:count]]
    if count > 20:
        for one in found:
            del one["author"]
        return answer(found, bugs=(BUGS[1],) if found else ())
    return answer(found)


@app.post("/books", response_model=Book, status_code=201)
async def make_book(request: Request) -> Response:
    try:
        body = json.loads(await request.body())
        known = {name: body[name] for name in ("title", "pages") if name in body} if isinstance(body, dict) else body
        made = NewBook.model_validate(known, strict=True)
    except (ValueError, RecursionError):
        return refused(400)
    bugs = (BUGS[3],) if set(body) - {"title", "pages"} else ()
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        bugs += (BUGS[9],)
    if made.pages > 4000:
        return answer({"error": "too long"}, 409, (*bugs, BUGS[2]))
    number = max(books, default=0) + 1
    books[number] = {"id": number, "title": made.title, "author": "a"}
    return answer(books[number], 201, bugs)


Id = Annotated[int, Path(ge=1, le=1000000)]


@app.get("/books/{number}", response_model=Book)
async def get_book(number: Id) -> Response:
    if number in books:
        return answer(books[number], bugs=(BUGS[12],) if number in deleted else ())
    return refused(404)


@app.delete("/books/{number}", status_code=204)
async def delete_book(
    number: Id, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Response:
    if authorization is None:
        return refused(401)
    bugs = (BUGS[4],) if authorization != f"Bearer {TOKEN}" else ()
    if number not in books or number in deleted:
        return answer({"error": "not there"}, 404, bugs)
    deleted.add(number)
    return (
        answer({"deleted": number}, 202, (*bugs, BUGS[11]))
        if number % 2 == 0
        else Response(None, 204, headers={MARK: BUGS[4]} if bugs else {})
    )


@app.get("/reports", response_model=dict[str, float])
async def report(authorization: Annotated[str | None, Header(include_in_schema=False)] = None) -> Response:
    bugs = () if authorization == f"Bearer {TOKEN}" else (BUGS[5],)
    fields = {MARK: ", ".join((*bugs, BUGS[7])), "Last-Modified": "2026-01-01"}
    return Response(b'{"mean": 1.5}', 200, fields, "application/json")


@app.get("/means", response_model=dict[str, float])
async def means(of: Annotated[int, Query(ge=0, le=100)] = 1) -> Response:
    if of == 0:
        return Response(b'{"mean": NaN}', 200, {MARK: BUGS[6]}, "application/json")
    return answer({"mean": 1 / of})


@app.post("/loans", response_model=dict[str, str])
async def lend(loan: Loan) -> Response:
    try:
        ends = loan.since + dt.timedelta(days=30)
    except OverflowError:
        return Response("Internal Server Error", 500, {MARK: BUGS[8]}, "text/plain")
    return answer({"until": ends.isoformat()})


@app.get("/cards", response_model=dict[str, str])
async def cards(request: Request) -> Response:
    return answer({"card": "a"}, bugs=() if "x-branch" in request.headers else (BUGS[10],))


def document() -> dict[str, Any]:
    """The document of the framework, with what it does not know of."""
    made = json.loads(json.dumps(app.openapi()))
    made["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path in made["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    made["paths"]["/books"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": NewBook.model_json_schema()}},
    }
    for path, method in (("/books/{number}", "delete"), ("/reports", "get")):
        made["paths"][path][method]["security"] = [{"bearer": []}]
    made["paths"]["/cards"]["get"]["parameters"] = [
        {"name": "X-Branch", "in": "header", "required": True, "schema": {"type": "string", "minLength": 1}}
    ]
    return made


DOCUMENT = document()
