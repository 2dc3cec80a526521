"""Which texts of the source a user is shown, found by following what is written to the terminal back to its words."""

import ast
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

# What looks a text up in the catalogue.
CATALOGUED = frozenset({"_", "ngettext", "Phrase"})
# What writes its arguments to the terminal, or ends the command with them.
WRITING = frozenset(
    {
        "echo",
        "secho",
        "confirm",
        "prompt",
        "print",
        "Text",
        "TextColumn",
        "UsageError",
        "ClickException",
        "BadParameter",
    }
)
# Errors whose message a command ends with.
ERRORS = frozenset({"CouldNotRun", "Limited", "BadKey", "UnknownDatabase"})
# A word: no markup, and no name that is the same in each language.
_WORD = re.compile(r"(?<![\w.])(?!(?:cierre|Swagger)\b)[^\W\d_]{2,}")
# Within a format string, what is filled in.
_FIELD = re.compile(r"\{[^{}]*\}|\[/?\w*\]")


@cache
def trees():
    """The syntax tree of each module of the package, by its path, links inside of it followed."""
    paths = (Path(at, name) for at, _, names in os.walk(ROOT / "cierre", followlinks=True) for name in names)
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(paths) if path.suffix == ".py"}


def showing():
    """The trees of the modules that write to a terminal; a program of its own, for developers, is none of them."""
    for path, tree in trees().items():
        if path.name != "__main__.py" and not {"click", "rich"}.isdisjoint(_imported(tree)):
            yield path, tree


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def name_of(call):
    return getattr(call.func, "attr", getattr(call.func, "id", None))


def catalogued(tree):
    """The texts of a module that are looked up in the catalogue; one in a variable is found where that is set."""
    scopes = _Scopes(tree)
    for call in scopes.calls(CATALOGUED):
        yield from (one.value for text in call.args[:1] for one in scopes.constants(text))


def plain_texts(tree):
    """Lines and texts that a module shows without the catalogue."""
    scopes = _Scopes(tree)
    for call in scopes.writing(_helpers(scopes) | _imported_helpers(tree)):
        for shown in call.args:
            for text in scopes.words(shown):
                yield f"{call.lineno}: {text!r}"


def plain_errors(tree):
    """Lines and texts that a module raises for a user to read, without the catalogue."""
    scopes = _Scopes(tree)
    for call in scopes.calls(ERRORS):
        for said in call.args:
            for text in scopes.words(said):
                yield f"{call.lineno}: {text!r}"


def _helpers(scopes):
    """The names of a module's functions that show what they are given."""
    found = set()
    for call in scopes.writing(found):
        within = scopes.around.get(call)
        if within is not None and any(scopes.reaches(shown, within) for shown in call.args):
            found.add(within.name)
    return found


@cache
def _helpers_of(module):
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return _helpers(_Scopes(trees()[path])) if path in trees() else set()


def _imported_helpers(tree):
    """The names that a module imports from where they show what they are given."""
    return {
        one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cierre.cli.")
        for one in node.names
        if one.name in _helpers_of(node.module)
    }


def _bound(node):
    """Targets and the values that they get: of an assignment or a loop."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return [(target, value) for target in targets]
        case ast.AnnAssign(target=target, value=value) if value is not None:
            return [(target, value)]
        case ast.For(target=target, iter=value):
            return [(target, value)]
    return []


@dataclass
class _Scopes:
    """A module's functions and what is assigned in each of them; None is the module itself."""

    tree: ast.Module
    around: dict = field(default_factory=dict)
    assigned: dict = field(default_factory=dict)
    functions: dict = field(default_factory=dict)
    comprehended: dict = field(default_factory=dict)

    def __post_init__(self):
        self._enter(self.tree, None)

    def _enter(self, node, function):
        for child in ast.iter_child_nodes(node):
            self.around[child] = function
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions[function, child.name] = child
                self._enter(child, child)
                continue
            for loop in getattr(child, "generators", []):
                names = {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
                used = (one for one in ast.walk(child) if isinstance(one, ast.Name) and one.id in names)
                self.comprehended.update(dict.fromkeys(used, loop.iter))
            for target, value in _bound(child):
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        self.assigned.setdefault((function, name.id), []).append(value)
            self._enter(child, function)

    def calls(self, names):
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and name_of(node) in names]

    def writing(self, helpers):
        """The calls that show their arguments; a helper is called by its name."""
        ours = [call for call in self.calls(helpers) if isinstance(call.func, ast.Name)]
        return [*self.calls(WRITING), *ours]

    def constants(self, node):
        for one in self._steps(node):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one

    def words(self, node):
        for one in self.constants(node):
            if _WORD.search(_FIELD.sub("", one.value)):
                yield one.value

    def reaches(self, node, function):
        """Whether a parameter of the function is shown."""
        arguments = function.args
        names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        return any(isinstance(one, ast.Name) and one.id in names for one in self._steps(node))

    def _steps(self, node, seen=()):
        """The node, and what its value is made of, as far as the module itself tells it."""
        if node is None or node in seen:
            return
        seen = (*seen, node)
        yield node
        for part in self._parts(node):
            yield from self._steps(part, seen)

    def _parts(self, node):
        match node:
            case ast.JoinedStr(values=values):
                # An option has one name.
                yield from values[:1] if getattr(values[0], "value", None) == "--" else values
            case ast.BoolOp(values=values) | ast.Dict(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
                yield from values
            case ast.FormattedValue(value=value) | ast.Starred(value=value) | ast.Await(value=value):
                yield from [value]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from [left, right]
            case ast.IfExp(body=body, orelse=other):
                yield from [body, other]
            case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value):
                yield from [value]
            case ast.Name() if node in self.comprehended:
                yield self.comprehended[node]
            case ast.Name(id=name):
                function = self.around.get(node)
                yield from self.assigned.get((function, name)) or self.assigned.get((None, name), [])
            case ast.Call():
                yield from self._parts_of_call(node)

    def _parts_of_call(self, call):
        if name_of(call) in CATALOGUED:
            return
        written = [*call.args, *(one.value for one in call.keywords)]
        match call.func:
            case ast.Attribute(value=text, attr="format"):
                # What a variable holds is data.
                yield from [text, *(one for one in written if not isinstance(one, ast.Name))]
            case ast.Attribute(value=text, attr="join"):
                yield from [text, *written]
            case ast.Attribute(value=text):
                yield from [text]
            case ast.Name(id=name) if self._function(name, call):
                yield from self._returned(self._function(name, call))
            case ast.Name(id="zip" | "list" | "sorted" | "enumerate"):
                yield from written
            case ast.Name():
                # One that is given a function may give back what that returns.
                given = [self._function(one.id, call) for one in written if isinstance(one, ast.Name)]
                yield from [value for function in filter(None, given) for value in self._returned(function)]

    def _function(self, name, at):
        """The function of this name that is seen where a node stands."""
        return self.functions.get((self.around.get(at), name)) or self.functions.get((None, name))

    def _returned(self, function):
        return [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None]
