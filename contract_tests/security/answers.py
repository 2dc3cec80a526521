"""What answers must not show: the inside of the server, secrets, members that no schema names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cierre.contract_tests.exchanges import Exchange
from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten
from cierre.oas.navigation import Json
from cierre.oas.thing_names import plain

# Traces of many languages, and what databases say of a statement that they can't read. Before each pattern: what an
# answer, in lower case, has one of where the pattern is in it. Most answers have none, and no pattern is searched for.
_INSIDE: dict[str, tuple[tuple[str, ...], str]] = {
    "a stack trace of Python": (
        ("traceback (", '.py", line '),
        r"Traceback \(most recent call last\)|File \"[^\"\n]{1,300}\.py\", line \d+",
    ),
    "a stack trace of Java": (
        (".java:", ".kt:", ".scala:", "java.lang."),
        r"\bat (?:[a-z_][\w$]*\.){2,}[\w$<>]+\([\w$]+\.(?:java|kt|scala):\d+\)|java\.lang\.\w+Ex",
    ),
    "a stack trace of JavaScript": (
        ("(file://", "(/", ":\\", "(node:"),
        r"\sat [^\n(]{1,200}\((?:file://|/|[A-Z]:\\|node:)[^\n)]{1,300}:\d+:\d+\)",
    ),
    "a stack trace of .NET": (
        (":line ", "exception:"),
        r"\bat [\w.<>`]+\([^\n)]{0,200}\) in [^\n]{1,300}:line \d+|System\.\w+Exception:",
    ),
    "a stack trace of PHP": (
        ("stack trace:", "php fatal", "php parse", ".php"),
        r"Stack trace:\s*#0 |PHP (?:Fatal|Parse) error|\.php(?:\(\d+\)|:\d+| on line \d+)",
    ),
    "a stack trace of Ruby": ((".rb:",), r"\.rb:\d+:in [`']"),
    "a stack trace of Go": (("goroutine ", "panic: "), r"goroutine \d+ \[running\]|panic: runtime error"),
    "an error of SQLite": (
        ("sqlite", "syntax error", "unrecognized token"),
        r"sqlite3\.\w*Error|SQLITE_ERROR|near \"[^\"\n]{1,80}\": syntax error|unrecognized token: \"",
    ),
    "an error of PostgreSQL": (
        ("psycopg", "asyncpg", "pg::", "syntax error", "unterminated quoted"),
        r"psycopg2?\.|asyncpg\.|PG::\w+Error|syntax error at or near \"|unterminated quoted str",
    ),
    "an error of MySQL": (
        ("sql syntax", "mysqlsyntaxerror", "pymysql", "sqlstate["),
        r"You have an error in your SQL syntax|MySQLSyntaxError|pymysql\.err|SQLSTATE\[\w{5}\]",
    ),
    "an error of SQL Server or Oracle": (
        ("unclosed quotation", "ora-", "incorrect syntax"),
        r"Unclosed quotation mark|\bORA-\d{5}\b|Incorrect syntax near '",
    ),
    "an error of SQLAlchemy": (
        ("sqlalchemy.", "[sql: "),
        r"sqlalchemy\.exc\.|\[SQL: (?:SELECT|INSERT|UPDATE|DELETE)",
    ),
    "an error of MongoDB": (("mongo",), r"MongoServerError|MongoError:|pymongo\.errors"),
    "a debugger": (
        ("werkzeug", "whoops", "debug"),
        r"Werkzeug Debugger|Whoops, looks like something went wrong|DEBUG = True",
    ),
}
_INSIDES = {what: (parts, re.compile(pattern, re.IGNORECASE)) for what, (parts, pattern) in _INSIDE.items()}
# Characters of an answer that are searched.
_SEARCHED = 200_000
_PASSWORD = re.compile(
    r"(user|old|new|hashed|encrypted|plain|raw|stored|account)?(passw(or)?d|passwd|pwd|passphrase|contrasena|clave)"
    r"(hash|digest|salt|plain|enc|encrypted|bcrypt)?|pwhash|pinhash|privatekey|secretkey|clientsecret|dbpassword"
    r"|databaseurl|awssecretaccesskey|cvv|cvc|creditcardnumber|cardnumber|ssn|socialsecuritynumber|otpsecret|totpsecret"
    r"|mfasecret|salt\Z"
)
_HASH = re.compile(
    r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}\Z|\$argon2i?d?\$|\$scrypt\$|\$pbkdf2|pbkdf2[_:]sha\d+|scrypt:\d+:\d+"
    r"|\$[156]\$[./A-Za-z0-9]+\$|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\{SSHA\}"
)
_MASKED = re.compile(r"[*•xX.\s-]*\Z|<?(redacted|hidden|masked|secret|removed)>?\Z|string\Z", re.IGNORECASE)
_LEVELS = 8


def inside_of(seen: Exchange) -> tuple[str, str] | None:
    """What of the server's inside an answer shows, and the line of it; None where nothing."""
    if not seen.body or seen.media_type.startswith(("image/", "video/", "audio/", "font/")):
        return None
    text = seen.body[:_SEARCHED].decode(errors="replace")
    lower = text.lower()
    for what, (parts, pattern) in _INSIDES.items():
        found = pattern.search(text) if any(part in lower for part in parts) else None
        # What the request itself said comes back in many errors.
        if found is not None and found[0] not in seen.text:
            return what, found[0].strip()
    return None


def secrets_in(body: Any) -> list[str]:
    """Names of members that hold secrets, as a path: passwords, hashes of them, private keys."""
    return list(dict.fromkeys(name for name, value in _members(body) if _is_secret(name.rsplit(".", 1)[-1], value)))


def hashes_in(body: Any) -> list[str]:
    """Names of members that hold hashes of passwords or private keys, as a path."""
    found = (name for name, value in _members(body) if isinstance(value, str) and _HASH.match(value))
    return list(dict.fromkeys(found))


def _is_secret(name: str, value: Any) -> bool:
    if not isinstance(value, str | int) or isinstance(value, bool) or value in {"", 0}:
        return False
    if isinstance(value, str) and _HASH.match(value):
        return True
    return bool(_PASSWORD.fullmatch(plain(name))) and not _MASKED.match(str(value))


def _members(body: Any, where: str = "", level: int = 0) -> Iterator[tuple[str, Any]]:
    if level > _LEVELS:
        return
    if isinstance(body, dict):
        for name, value in body.items():
            yield f"{where}{name}", value
            yield from _members(value, f"{where}{name}.", level + 1)
    elif isinstance(body, list):
        for value in body[:100]:
            yield from _members(value, where, level + 1)


def unnamed_in(document: Document, schema: Any, body: Any) -> list[str]:
    """Members of an answer that its schema does not name, where it names some and leaves others unspoken."""
    return list(dict.fromkeys(_unnamed(document, [schema], body, "", 0)))


def _unnamed(document: Document, schemas: list[Any], body: Any, where: str, level: int) -> Iterator[str]:
    merged = flatten(document, schemas)
    if merged.choices or merged.conditions or level > _LEVELS:
        # One of several schemas may name it.
        return
    if isinstance(body, list) and merged.items:
        for item in body[:50]:
            yield from _unnamed(document, merged.items, item, where, level + 1)
    if not isinstance(body, dict) or not merged.properties or merged.pattern_properties:
        return
    # What the schema says of other names is for other checks.
    spoken = bool(merged.additional)
    for name, value in body.items():
        if name in merged.properties:
            yield from _unnamed(document, merged.properties[name], value, f"{where}{name}.", level + 1)
        elif not spoken:
            yield f"{where}{name}"


def schema_of(answer: Json, media_type: str) -> Any:
    """The schema of a response object for a media type; None where there is none."""
    content = answer.get("content") or {}
    fits = content.get(media_type) or next(
        (one for name, one in content.items() if name.partition(";")[0].strip().lower() == media_type), None
    )
    return (fits or {}).get("schema")
