"""The inside of a server in an answer is recognised by its words, in any case of letters, and only where they are."""

import pytest

from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.security.answers import inside_of

SHOWN = {
    "a stack trace of Python": [
        "Traceback (most recent call last):\n  boom",
        'File "/srv/app.py", line 7, in item',
    ],
    "a stack trace of Java": ["at org.shop.Cart.add(Cart.java:12)", "java.lang.NullPointerException"],
    "a stack trace of JavaScript": ["\n    at item (/srv/app.js:10:7)", "\n    at run (node:internal/main:1:2)"],
    "a stack trace of .NET": ["at Shop.Cart.Add(Int32 id) in C:\\shop\\Cart.cs:line 12", "System.NullException: no"],
    "a stack trace of PHP": ["Stack trace:\n#0 main", "PHP Fatal error", "/srv/index.php on line 3"],
    "a stack trace of Ruby": ["app/books.rb:12:in `show'"],
    "a stack trace of Go": ["goroutine 1 [running]:", "panic: runtime error: index"],
    "an error of SQLite": ["sqlite3.OperationalError", 'near "x": syntax error', 'unrecognized token: "x'],
    "an error of PostgreSQL": [
        "psycopg2.errors",
        "asyncpg.exceptions",
        "PG::UndefinedError",
        "unterminated quoted string",
    ],
    "an error of MySQL": ["You have an error in your SQL syntax", "SQLSTATE[42000]", "pymysql.err"],
    "an error of SQL Server or Oracle": ["Unclosed quotation mark after", "ORA-00933", "Incorrect syntax near 'x'"],
    "an error of SQLAlchemy": ["sqlalchemy.exc.ProgrammingError", "[SQL: SELECT 1]"],
    "an error of MongoDB": ["MongoServerError", "MongoError: no", "pymongo.errors"],
    "a debugger": ["Werkzeug Debugger", "Whoops, looks like something went wrong", "DEBUG = True"],
}


def answer(body):
    return Exchange(
        operation="GET /books",
        phase="fuzzing",
        method="GET",
        url="http://localhost/books",
        request_headers=(),
        request_body=b"",
        status=500,
        reason="",
        headers=(("Content-Type", "text/plain"),),
        body=body.encode(),
        started=0,
        elapsed=0,
    )


@pytest.mark.parametrize(
    ("what", "text"), [(what, text) for what, texts in SHOWN.items() for text in texts], ids=lambda one: one[:30]
)
def test_each_kind_is_recognised(what, text):
    for written in (text, text.upper()):
        found = inside_of(answer(f"oops {written} here"))
        assert found is not None
        assert found[0] == what


def test_an_ordinary_answer_shows_nothing():
    assert inside_of(answer('{"title": "An error of java, at (/books) or near the line 7"}')) is None
