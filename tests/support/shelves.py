"""A library of others: books that belong to who made them, and what can be wrong with it, one fault a check."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cierre.contract_tests import named

TEXT = {"type": "string", "minLength": 1, "maxLength": 40_000}
FIELDS = {"title": TEXT, "genre": TEXT, "isbn": TEXT}
WRITTEN = {"type": "object", "required": ["title", "genre"], "properties": FIELDS}
BOOK = {
    "type": "object",
    "required": ["id", "title", "genre"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        **FIELDS,
        "edition": {"type": "integer"},
        "featured": {"type": "boolean"},
        "passwordHash": {"type": "string"},
    },
}
PROFILE = {
    "type": "object",
    "required": ["nickname"],
    "properties": {
        "username": {"type": "string"},
        "nickname": TEXT,
        "role": {"type": "string", "enum": ["reader", "admin"]},
    },
}
SOURCE = {"type": "object", "required": ["from"], "properties": {"from": {"type": "string", "format": "uri"}}}
BOOKS = {"type": "object", "properties": {"items": {"type": "array", "items": BOOK}, "next": {"type": "string"}}}
ID = {"name": "bookId", "in": "path", "required": True, "schema": {"type": "string"}}
IF_MATCH = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
SECURITY = [{"bearer": []}]


def query(name, kind="string", *, required=False):
    return {"name": name, "in": "query", "required": required, "schema": {"type": kind}}


def answers(schema=None, *others, status="200"):
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {status: {"description": "", **content}, **{one: {"description": ""} for one in ("400", "401", *others)}}


def operation(responses, *parameters, body=None, security=SECURITY):
    node = {"security": security, "parameters": list(parameters), "responses": responses}
    wanted = {"required": True, "content": {"application/json": {"schema": body}}}
    return {**node, "requestBody": wanted} if body is not None else node


CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Shelves", "version": "1"},
    "paths": {
        "/books": {
            "get": operation(answers(BOOKS), query("limit", "integer"), query("cursor"), query("genre")),
            "post": operation(answers(BOOK, status="201"), body=WRITTEN),
        },
        "/books/{bookId}": {
            "get": operation(answers(BOOK, "304", "404"), ID),
            "put": operation(answers(BOOK, "404", "412"), ID, IF_MATCH, body=WRITTEN),
            "delete": operation(answers(None, "404", status="204"), ID),
        },
        "/search": {"get": operation(answers(BOOKS), query("title", required=True))},
        "/covers": {"get": operation(answers(None, "404"), query("name", required=True))},
        "/imports": {"post": operation(answers({"type": "object"}, status="202"), body=SOURCE)},
        "/profile": {
            "get": operation(answers(PROFILE)),
            "put": operation(answers(PROFILE, "403"), body=PROFILE),
        },
        "/admin/stats": {"get": operation(answers({"type": "object"}, "403"))},
        "/login": {"post": operation(answers({"type": "object"}), body={"type": "object"}, security=[])},
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}
PASSWORDS = {"ana": "of-straw", "ben": "of-wood", "root": "of-stone"}
ADMIN = """
- {scheme: bearer, operations: "/admin/*", login: {path: /login, json: {user: root, password: of-stone}, token: /token}}
"""
USER = """
- {{scheme: bearer, login: {{path: /login, json: {{user: {0}, password: {1}}}, token: /token}}}}
"""
ANA, BEN = ADMIN + USER.format("ana", "of-straw"), USER.format("ben", "of-wood")
FAULTS = [check.name for check in named.NAMED]


class Shelves:
    """The service. `fault` is the name of the check that is to find what it does wrong."""

    def __init__(self, fault=""):
        self.fault = fault
        self.key = b"secret" if self.is_(named.WEAK_KEY) else secrets.token_bytes(32)
        self.books, self.made = {}, 0
        self.people = {
            name: {"username": name, "nickname": name, "role": "admin" if name == "root" else "reader"}
            for name in PASSWORDS
        }
        self.rows = sqlite3.connect(":memory:", check_same_thread=False)
        self.rows.execute("CREATE TABLE books (title TEXT, id TEXT)")

    def is_(self, check):
        return self.fault == check.name

    def app(self):
        return Starlette(
            routes=[
                Route("/login", self.login, methods=["POST"]),
                Route("/books", self.list, methods=["GET"]),
                Route("/books", self.make, methods=["POST"]),
                Route("/books/{id}", self.item, methods=["GET", "PUT", "DELETE"]),
                Route("/search", self.search),
                Route("/covers", self.cover),
                Route("/imports", self.take, methods=["POST"]),
                Route("/profile", self.profile, methods=["GET", "PUT"]),
                Route("/admin/stats", self.stats),
            ]
        )

    def answer(self, request, body, status=200, **headers):
        if self.is_(named.CORS) and "origin" in request.headers:
            headers |= {"Access-Control-Allow-Credentials": "true"}
            headers |= {"Access-Control-Allow-Origin": request.headers["origin"]}
        return JSONResponse(body, status, {name.replace("_", "-"): value for name, value in headers.items()})

    def refused(self, request, status):
        trace = 'Traceback (most recent call last):\n  File "/srv/shelves.py", line 7, in item'
        return self.answer(request, {"error": trace if self.is_(named.NO_STACK_TRACE) else "refused"}, status)

    async def login(self, request):
        given = await request.json()
        user, password = given.get("user"), given.get("password")
        if not isinstance(user, str) or PASSWORDS.get(user) != password:
            known = self.is_(named.ENUMERATION) and user in PASSWORDS
            return self.answer(request, {"error": "wrong password" if known else "wrong user or password"}, 401)
        parts = [json.dumps(one).encode() for one in ({"alg": "HS256"}, {"sub": user})]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        return self.answer(request, {"token": f"{signed.decode()}.{self.signature(signed)}"})

    def signature(self, signed):
        digest = hmac.new(self.key, signed, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def user(self, request):
        signed, _, signature = request.headers.get("authorization", "").removeprefix("Bearer ").rpartition(".")
        if not signed or signature != self.signature(signed.encode()):
            return None
        payload = signed.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]

    def shown(self, book):
        hidden = {"owner", *(() if self.is_(named.NO_SECRETS) else ("passwordHash",))}
        shown = {name: value for name, value in book.items() if name not in hidden}
        return {**shown, "shelfKeeper": "eva"} if self.is_(named.UNNAMED) else shown

    def written(self, given):
        fields = {name: given.get(name) for name in FIELDS if name in given}
        good = all(isinstance(value, str) and 1 <= len(value) <= 40_000 for value in fields.values())
        if not good or not {"title", "genre"} <= fields.keys():
            return None
        if self.is_(named.GROWTH):
            re.match(r"(?:a|aa)+\Z", fields["title"])
        if self.is_(named.TEMPLATE):
            fields["title"] = re.sub(
                r"\{\{(\d+)\*(\d+)\}\}", lambda one: str(int(one[1]) * int(one[2])), fields["title"]
            )
        return fields

    async def make(self, request):
        user, given = self.user(request), await request.json()
        fields = self.written(given) if user else None
        if fields is None:
            return self.refused(request, 400 if user else 401)
        self.made += 1
        number = f"b{self.made}"
        book = {
            "id": number,
            **fields,
            "edition": 1,
            "featured": False,
            "owner": user,
            "passwordHash": "$2b$12$" + "a" * 53,
        }
        if self.is_(named.ASSIGNMENT):
            book["featured"] = given.get("featured", False)
        if not self.is_(named.CREATED_CAN_BE_READ):
            self.books[number] = book
            self.rows.execute("INSERT INTO books VALUES (?, ?)", (fields["title"], number))
        where = {named.LOCATION.name: f"/book/{number}", named.CREATED_CAN_BE_READ.name: ""}
        location = where.get(self.fault, f"/books/{number}")
        return self.answer(request, self.shown(book), 201, **({"Location": location} if location else {}))

    async def list(self, request):
        user = self.user(request)
        if user is None:
            return self.refused(request, 401)
        own = [book for book in self.books.values() if book["owner"] == user]
        genre = request.query_params.get("genre")
        if genre and not self.is_(named.FILTERS):
            own = [book for book in own if book["genre"] == genre]
        limit, start = request.query_params.get("limit", "100"), request.query_params.get("cursor", "0")
        if not limit.isdigit() or not start.isdigit():
            return self.refused(request, 400)
        size, first = 1000 if self.is_(named.LIMIT) else int(limit), int(start)
        page, following = own[first : first + size], first + size - self.is_(named.PAGES_REPEAT)
        following = size if self.is_(named.PAGES_END) else following
        more = {"next": str(following)} if first + size < len(own) or self.is_(named.PAGES_END) else {}
        return self.answer(request, {"items": [self.shown(book) for book in page], **more})

    async def item(self, request):
        user = self.user(request)
        book = self.books.get(request.path_params["id"])
        if user is None:
            return self.refused(request, 401)
        if book is None and request.method == "DELETE" and self.is_(named.DELETED_TWICE):
            return Response(b"", 204)
        if book is None or (book["owner"] != user and not self.is_(named.OWNERS)):
            return self.refused(request, 404)
        return await {"GET": self.read, "PUT": self.put, "DELETE": self.delete}[request.method](request, book)

    def tag(self, book):
        return f'"{hashlib.sha256(json.dumps(book).encode()).hexdigest()[:12]}"'

    async def read(self, request, book):
        same = request.headers.get("if-none-match") == self.tag(book)
        if same and not self.is_(named.IF_NONE_MATCH):
            return Response(b"", 304)
        return self.answer(request, self.shown(book), ETag=self.tag(book))

    async def put(self, request, book):
        fields, wanted = self.written(await request.json()), request.headers.get("if-match")
        if fields is None:
            return self.refused(request, 400)
        if wanted not in {None, self.tag(book)} and not self.is_(named.IF_MATCH):
            return self.refused(request, 412)
        if not self.is_(named.CHANGE_IS_KEPT):
            book.update(fields)
        book["edition"] += self.is_(named.PUT_IS_IDEMPOTENT)
        return self.answer(request, self.shown(book))

    async def delete(self, _request, book):
        if not self.is_(named.DELETED_IS_GONE):
            del self.books[book["id"]]
        return Response(b"", 204)

    async def search(self, request):
        user, given = self.user(request), dict(request.query_params)
        if user is None:
            return self.refused(request, 401)
        own = {number: book for number, book in self.books.items() if book["owner"] == user}
        if self.is_(named.NOSQL) and "title[$ne]" in given:
            found = [number for number, book in own.items() if book["title"] != given["title[$ne]"]]
        elif self.is_(named.NOSQL) and "title[$eq]" in given:
            found = [number for number, book in own.items() if book["title"] == given["title[$eq]"]]
        elif "title" not in given:
            return self.refused(request, 400)
        elif self.is_(named.SQL):
            try:
                found = [row[0] for row in self.rows.execute(f"SELECT id FROM books WHERE title = '{given['title']}'")]
            except sqlite3.Error:
                found = []
        else:
            found = [row[0] for row in self.rows.execute("SELECT id FROM books WHERE title = ?", (given["title"],))]
        return self.answer(request, {"items": [self.shown(own[number]) for number in found if number in own]})

    async def cover(self, request):
        if self.user(request) is None:
            return self.refused(request, 401)
        name = request.query_params.get("name", "")
        if self.is_(named.COMMAND):
            done = subprocess.run(["sh", "-c", f"printf %s {name}"], capture_output=True, check=False)  # noqa: ASYNC221
            return PlainTextResponse(done.stdout)
        path = Path("/srv/covers") / name
        if self.is_(named.TRAVERSAL) and path.is_file():
            return PlainTextResponse(path.read_text())
        return self.refused(request, 404)

    async def take(self, request):
        given = await request.json() if self.user(request) else {}
        if not isinstance(given.get("from"), str):
            return self.refused(request, 400 if self.user(request) else 401)
        # The fault asks at this machine alone, so that a test asks nobody else.
        if self.is_(named.SSRF) and urlsplit(given["from"]).hostname == "127.0.0.1":
            urllib.request.urlopen(given["from"], timeout=5).close()  # noqa: ASYNC210
        return self.answer(request, {"books": 0}, 202)

    async def profile(self, request):
        user = self.user(request)
        if user is None:
            return self.refused(request, 401)
        if request.method == "GET":
            return self.answer(request, self.people[user])
        given = await request.json()
        nickname, role = given.get("nickname"), given.get("role", self.people[user]["role"])
        who = given.get("username", user)
        if not isinstance(nickname, str) or not 1 <= len(nickname) <= 40_000 or role not in {"reader", "admin"}:
            return self.refused(request, 400)
        if who not in self.people or (who != user and not self.is_(named.NAMED_USERS)):
            return self.refused(request, 403)
        if role != self.people[who]["role"] and not self.is_(named.GIVEN_ROLES):
            return self.refused(request, 403)
        self.people[who].update(nickname=nickname, role=role)
        return self.answer(request, self.people[who])

    async def stats(self, request):
        user = self.user(request)
        if user != "root" and not (user and self.is_(named.ROLES)):
            return self.refused(request, 403 if user else 401)
        return self.answer(request, {"books": len(self.books)})
