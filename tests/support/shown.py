"""What the documents show, byte for byte, and a comparison that lets only the named values differ."""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

SNIPPETS = Path(__file__).parent.parent / "end_to_end" / "documents" / "snippets"


def snippet(name):
    return (SNIPPETS / name).read_text(encoding="utf-8")


def shown(name):
    """The JSON body that a document shows."""
    return json.loads(snippet(name))


class Differs(SimpleNamespace):
    """A place in a shown body whose value is the request's own: it must have the given form."""

    def __eq__(self, other):
        return isinstance(other, self.kind) and (self.check is None or bool(self.check(other)))

    __hash__ = None

    def __repr__(self):
        return f"<a {self.kind.__name__} of its own>"


def own(kind=str, check=None):
    return Differs(kind=kind, check=check)


def with_own(body, **places):
    """A copy of a shown body with some places replaced: `with_own(body, details__closedAt=own())`."""
    copy = deepcopy(body)
    for path, value in places.items():
        *parents, last = path.split("__")
        node = copy
        for name in parents:
            node = node[name]
        assert last in node, f"the document shows no {path}"
        node[last] = value
    return copy
