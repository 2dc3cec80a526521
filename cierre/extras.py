"""What `pip install cierre` leaves out, and what to install where it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# The modules that each extra of pyproject.toml brings; one that two bring stands with the first.
MODULES = {
    "service": frozenset({"alembic", "argon2", "asyncpg", "connexion", "limits", "redis", "sqlalchemy"}),
    "contract": frozenset({"harfile", "hypothesis", "jinja2", "pytest", "requests", "rich", "schemathesis"}),
    "lint": frozenset({"openapi_spec_validator"}),
}


class ExtraNotInstalled(ImportError):
    """Something needs a module that an extra of Cierre brings; the message says which one to install."""


@contextmanager
def named_when_missing() -> Iterator[None]:
    """Name the extra to install where the block imports a module that only an extra brings.

    Raises:
        ExtraNotInstalled: the module is not installed. A module of no extra raises its ModuleNotFoundError as ever.
    """
    try:
        yield
    except ModuleNotFoundError as failure:
        module = (failure.name or "").partition(".")[0]
        for extra, modules in MODULES.items():
            if module in modules:
                message = f"{module} is not installed: pip install 'cierre[{extra}]'"
                raise ExtraNotInstalled(message, name=module) from failure
        raise
