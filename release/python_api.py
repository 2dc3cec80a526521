"""The Python API as a page: what the public modules export, from signatures and docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator

# Each with the names to show; of None: all that it exports.
MODULES = {
    "cierre.verifier": None,
    "cierre.mocks": None,
    "cierre.mocks.pytest_plugin": ["cierre_mock"],
    "cierre.contract_tests.pytest_plugin": ["cierre_contract"],
}
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$")
_ENTRY = re.compile(r"^    (\w[\w.]*): (.*)$")


def page() -> str:
    """In Markdown: a section a module, and below it each name that is public."""
    lines = ["# The Python API", "", "What these modules export is promised; everything else is internal."]
    for name, names in MODULES.items():
        module = importlib.import_module(name)
        lines += ["", f"## {name}", "", *_words(module.__doc__)]
        for exported in names or module.__all__:
            lines += ["", *_described(exported, getattr(module, exported))]
    return "\n".join(lines) + "\n"


def _described(name: str, value: object) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if inspect.isclass(value) or inspect.isroutine(value):
        yield from ("```python", f"{name}{_signature(value)}", "```", "")
        # What a class inherits says nothing of it.
        yield from _words(vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__)
    else:
        # A fixture of pytest: what it takes is pytest's affair.
        yield from _words(value.__doc__)
    if inspect.isclass(value):
        for member, function in vars(value).items():
            if inspect.isfunction(function) and not member.startswith("_") and function.__doc__:
                yield from ("", f"#### {name}.{member}", "", "```python", f"{member}{_signature(function)}", "```", "")
                yield from _words(function.__doc__)


def _signature(value: object) -> str:
    try:
        return str(inspect.signature(value))  # type: ignore[arg-type]
    except ValueError:
        return "(…)"


def _words(docstring: str | None) -> Iterator[str]:
    """A docstring of Google's form, its sections as lists."""
    inside = False
    for line in inspect.cleandoc(docstring or "").splitlines():
        section, entry = _SECTION.match(line), _ENTRY.match(line)
        if section:
            inside = True
            yield from (f"**{section[1]}**", "")
        elif inside and entry:
            yield f"- `{entry[1]}`: {entry[2]}"
        else:
            inside = inside and (not line or line.startswith(" "))
            yield f"  {line.strip()}" if inside and line else line
