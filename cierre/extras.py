"""What `pip install cierre` leaves out, and what to install where it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _

# The modules that each extra of pyproject.toml brings; one that two bring stands with the first.
MODULES = {
    "service": frozenset(
        {
            "alembic",
            "argon2",
            "asyncpg",
            "connexion",
            "limits",
            "prometheus_client",
            "redis",
            "sqlalchemy",
            "watchfiles",
            "zxcvbn",
        }
    ),
    "contract": frozenset({"harfile", "hypothesis", "jinja2", "pytest", "requests", "rich", "schemathesis"}),
    "reports": frozenset({"matplotlib", "pyarrow", "rich"}),
    "scenarios": frozenset({"harfile", "jinja2", "jsonpath"}),
    "events": frozenset({"aio_pika", "nats"}),
    "lint": frozenset({"openapi_spec_validator"}),
    "otel": frozenset({"opentelemetry"}),
    "websockets": frozenset({"websockets"}),
}


class ExtraNotInstalled(ImportError):
    """Something needs a module that an extra of Cierre brings; the message says which one to install."""


@contextmanager
def named_when_missing(first: str | None = None) -> Iterator[None]:
    """Name the extra to install where the block imports a module that only an extra brings.

    Args:
        first: the extra to name where several bring the module; None: the first of `MODULES`.

    Raises:
        ExtraNotInstalled: the module is not installed. A module of no extra raises its ModuleNotFoundError as ever.
    """
    try:
        yield
    except ModuleNotFoundError as failure:
        module = (failure.name or "").partition(".")[0]
        for extra in sorted(MODULES, key=lambda name: name != first):
            if module in MODULES[extra]:
                message = _("{module} is not installed: pip install 'cierre[{extra}]'").format(
                    module=module, extra=extra
                )
                raise ExtraNotInstalled(message, name=module) from failure
        raise
