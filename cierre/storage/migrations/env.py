"""Alembic's entry: the connection comes from `cierre.storage.migrate`, the target from `tables`."""

from alembic import context

from cierre.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
