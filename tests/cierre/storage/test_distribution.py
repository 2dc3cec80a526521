"""The tables could be spread over several servers by user: every key and every statement of a request names the user.

What does not is listed here with its reason (decision 20). The lists may only become shorter: what is mended and still
listed is an error as well.
"""

import asyncio

import pytest
from alembic import command
from sqlalchemy import BindParameter, Delete, Insert, Select, Table, Update, bindparam, delete, insert, or_, select
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList
from sqlalchemy.sql.selectable import Join

from cierre.oas.loading import read
from cierre.storage import migrate
from cierre.storage.repositories import audit, deliveries, suspicions
from cierre.storage.statements import Compound, Statement
from cierre.storage.tables import clients, metadata, refresh_tokens, sessions, users
from tests.cierre.storage.test_rows import MODULES
from tests.support.paths import ROOT
from tests.support.requests import every_request, operation_of
from tests.support.statements import watch

# Tables of which every server has the whole: few rows, read by many statements and seldom written.
REFERENCE = {
    "alembic_version": "the schema's version",
    "clients": "a handful, by id",
    "everyone": "one row, which each look at a session heeds",
    "receivers": "a handful, by kind and id",
}
# Tables of one server, since no request about a user needs them beside the user's rows, or since they are not ours.
ONE_SERVER = {
    "leases": "a row for each work that one node does at a time",
    "suspicions": "counts by address and user, written by the nodes every few minutes",
    "audit_links": "one chain over all users' events, sealed by one node",
    "personal_access_tokens": "Laravel's table; its application looks for a token by its number",
    "sanctum_sessions": "goes with Laravel's table: a token of it names its number alone",
}
# Unique indexes of tables that are spread, without the user.
KEYS = {
    "uq_users_email": "a login has the address alone: a table of addresses on one server finds the user",
    "uq_users_tokenable_id": "as the address, for a token of Laravel's",
    "pk_refresh_tokens": "a hash, unique by itself: the key becomes (user_id, hash), without a new row",
    "pk_revocations": "a number of one sequence, unique by itself: the key becomes (seq, user_id), without a new row",
    "pk_audit_events": "the same; an event that is nobody's needs a user of that name",
    "pk_outbox": "the same",
    "pk_deliveries": "the same",
}
# Statements of requests that name no user, by their name and the table.
STATEMENTS = {
    ("users._BY_EMAIL", "users"): "a login has the address alone",
    ("users._BY_TOKENABLE", "users"): "a token of Laravel's has the number alone",
    ("refresh_tokens._FIND", "refresh_tokens"): "a refresh token from before decision 22 names nobody",
    ("refresh_tokens._NEWEST", "refresh_tokens"): "the same, of one that is not kept any more",
    ("audit.page_query", "audit_events"): "an administrator asks for events of all users, or of a session",
    ("deliveries.page_query", "deliveries"): "an administrator asks for those of all users",
}


# --- which tables of a statement are without the user


def without_user(clause):
    """The tables of which a part of the statement reads or writes rows without naming their user."""
    return {table.name for part in visitors.iterate(clause) for table in _unnamed(part)} - REFERENCE.keys()


def _unnamed(part):
    if isinstance(part, Insert):
        names = {getattr(name, "name", name) for name in (*(part._values or ()), *(part._select_names or ()))}
        return [part.table] if "id" not in names and "user_id" not in names else []
    if not isinstance(part, (Select, Update, Delete)):
        return []
    froms = part.get_final_froms() if isinstance(part, Select) else [part.table]
    conditions = [*_conditions(part.whereclause), *(one for source in froms for one in _of_joins(source))]
    return [table for source in froms for table in _tables(source) if not _names_user_of(table, conditions)]


def _conditions(clause):
    """What must hold, all of it; what only one of several must is none."""
    if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        return [one for part in clause.clauses for one in _conditions(part)]
    return [] if clause is None else [clause]


def _of_joins(source):
    if not isinstance(source, Join):
        return []
    return [*_conditions(source.onclause), *_of_joins(source.left), *_of_joins(source.right)]


def _tables(source):
    if isinstance(source, Join):
        return [*_tables(source.left), *_tables(source.right)]
    return [source] if isinstance(source, Table) else []


def _user_of(table):
    return table.c.id if table is users else table.c.get("user_id")


def _names_user_of(table, conditions):
    user = _user_of(table)
    return any(
        isinstance(one, BinaryExpression)
        and one.operator is operators.eq
        and user is not None
        and any(side is user and _is_a_user(other) for side, other in ((one.left, one.right), (one.right, one.left)))
        for one in conditions
    )


def _is_a_user(value):
    return isinstance(value, BindParameter) or value is users.c.id or getattr(value, "name", None) == "user_id"


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        (select(sessions).where(sessions.c.user_id == bindparam("user")), set()),
        (select(sessions).where(sessions.c.id == bindparam("id")), {"sessions"}),
        (select(sessions).where(or_(sessions.c.user_id == bindparam("user"), sessions.c.epoch == 0)), {"sessions"}),
        (select(sessions).where(sessions.c.user_id > bindparam("user")), {"sessions"}),
        (select(users).where(users.c.id == bindparam("user")), set()),
        (select(users).where(users.c.email == bindparam("email")), {"users"}),
        (select(users).join(sessions).where(users.c.id == bindparam("user")), set()),
        (select(users, sessions).where(users.c.id == bindparam("user")), {"sessions"}),
        (select(clients), set()),
        (insert(sessions).values(user_id=bindparam("user"), id=bindparam("id")), set()),
        (insert(refresh_tokens).values(hash=bindparam("hash")), {"refresh_tokens"}),
        (
            select(users.c.id)
            .where(users.c.id == bindparam("user"))
            .add_cte(delete(sessions).where(sessions.c.id == bindparam("id")).cte()),
            {"sessions"},
        ),
        (
            delete(refresh_tokens).where(
                refresh_tokens.c.user_id == bindparam("user"),
                refresh_tokens.c.session_id.in_(select(sessions.c.id).where(sessions.c.epoch == 0)),
            ),
            {"sessions"},
        ),
    ],
)
def test_a_table_whose_rows_are_taken_without_their_user_is_found(clause, found):
    assert without_user(clause) == found


# --- the schema and the requests


async def test_every_unique_index_holds_the_user(start_service, postgres_url):
    service = await start_service(postgres_url)
    rows = await service.rows("""
        SELECT tables.relname AS of, indexes.relname AS name, array_agg(attname::text) AS columns
        FROM pg_index
        JOIN pg_class tables ON tables.oid = indrelid
        JOIN pg_class indexes ON indexes.oid = indexrelid
        JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indisunique AND NOT tables.relispartition AND tables.relnamespace = 'public'::regnamespace
        GROUP BY 1, 2
    """)
    assert {row["of"] for row in rows} == {*metadata.tables, "alembic_version"}
    spread = [row for row in rows if row["of"] not in REFERENCE.keys() | ONE_SERVER.keys()]
    narrow = {row["name"] for row in spread if ("id" if row["of"] == "users" else "user_id") not in row["columns"]}
    assert narrow == KEYS.keys()


@pytest.fixture
def asked(monkeypatch):
    """`asked()`: from now on, every statement of this test's requests."""
    return watch(monkeypatch)


def named():
    """Statements of the repositories by what they are; those with filters have the name of their function."""
    found = {}
    for module in MODULES:
        for name, value in vars(module).items():
            statement = value.single if isinstance(value, Compound) else value
            if isinstance(statement, Statement):
                found.setdefault(statement, f"{module.__name__.rpartition('.')[2]}.{name}")
    return found


@pytest.fixture
def made(monkeypatch):
    """Queries that a function makes of filters, with the function's name."""
    found = {}
    for module in (audit, deliveries, suspicions):
        for name in vars(module).keys() & {"page_query", "top_query"}:
            _note(monkeypatch, found, module, name)
    return found


def _note(monkeypatch, found, module, name):
    make = getattr(module, name)

    def noting(filters):
        query = make(filters)
        found[query] = f"{module.__name__.rpartition('.')[2]}.{name}"
        return query

    monkeypatch.setattr(module, name, noting)


async def test_every_statement_of_a_request_names_the_user(start_service, postgres_url, asked, made):
    service = await start_service(postgres_url, refresh_grace=1)
    document = read(ROOT / "openapi" / "openapi.yaml")
    requested = set()

    async def note(request):
        requested.add(operation_of(document.root["paths"], request.method, request.url.path))

    service.client.event_hooks = {"request": [note]}
    statements = asked()
    await every_request(service)
    assert requested == {one.name for one in document.operations()}
    names = named() | made
    found = {(names[one], table) for one, _ in statements for table in without_user(one._clause)}
    assert {(name, table) for name, table in found if table not in ONE_SERVER} == STATEMENTS.keys()


async def test_an_answer_that_was_kept_without_its_user_is_given_again_after_the_upgrade(start_service, database_url):
    service = await start_service(database_url)
    (session,) = await service.mint()
    key = {"Idempotency-Key": "of-before"}
    first = await service.logout(session.access, **key)

    def of_before(connection):
        config = migrate._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0013")
        connection.exec_driver_sql("UPDATE idempotency_keys SET user_id = NULL")

    await asyncio.to_thread(migrate._with_connection, database_url, of_before)
    await asyncio.to_thread(migrate.upgrade, database_url)
    again = await service.logout(session.access, **key)
    assert (again.status_code, again.json()["data"]) == (200, first.json()["data"])
