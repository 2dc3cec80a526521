"""No regular expression of ours can be made to take long: each is tried on 64 KB of its own worst letters."""

import ast
import importlib
import re
import time
from re import _constants, _parser
from typing import NamedTuple

import pytest

from tests.support.paths import ROOT

FOLDERS = {"cierre": "cierre", "mocks": "cierre.mocks", "handlers": "cierre.handlers"} | {
    "contract_tests": "cierre.contract_tests"
}
FUNCTIONS = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
SIZES = (12, 16, 20, 24, 28, 256, 1024, 4096, 16_384, 65_536)
# Seconds of the processor: 64 KB take a tenth of it where the time grows with the length, and far more where with its
# square.
BUDGET = 0.1
# Made while running, of what a document, a configuration or the contract says, and who says so is trusted with it or
# has a budget of its own; by file and function.
OF_DOCUMENTS = {
    ("cierre/http/routing.py", "add_api"),
    ("cierre/oas/validation/patterns.py", "_for_python"),
    ("cierre/oas/validation/patterns.py", "__init__"),
    ("mocks/generation/generator.py", "_schemas_of_other"),
    ("mocks/router.py", "template"),
    ("mocks/console/archive.py", "_hidden"),
    ("contract_tests/resources/model.py", "expression_of"),
    ("contract_tests/secrets.py", "_hold"),
    ("contract_tests/defects/defect.py", "paths"),
}


class Use(NamedTuple):
    """A pattern, and the functions that it is used by."""

    where: str
    pattern: re.Pattern
    functions: frozenset


def modules():
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT / folder)
            if "migrations" in relative.parts or (folder == "cierre" and relative.parts[0] in FOLDERS):
                continue
            name = ".".join((package, *relative.with_suffix("").parts)).removesuffix(".__init__")
            yield path, name, ast.parse(path.read_text(encoding="utf-8"))


def calls(tree):
    """Each call of `re`'s with a pattern, and the function that it stands in; None: it stands in none."""

    def visit(node, function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)) if name in FUNCTIONS | {"compile"}:
                yield node, name, function
        for child in ast.iter_child_nodes(node):
            yield from visit(child, function)

    yield from visit(tree, None)


def literal(call):
    """The compiled pattern of a call that has it in its text; None: it has not."""
    try:
        text = ast.literal_eval(call.args[0])
    except ValueError:
        return None
    flags = [ast.unparse(node) for node in (*call.args[1:], *(word.value for word in call.keywords))]
    chosen = [getattr(re, flag.removeprefix("re.")) for flag in flags if re.fullmatch(r"re\.[A-Z]+", flag)]
    return re.compile(text, sum(chosen))


def patterns_of(value):
    """The patterns in a module's variable, and in what it contains."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from patterns_of(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from patterns_of(inner)


def uses():
    for path, name, tree in modules():
        where, source = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        found = list(calls(tree))
        for call, function, _ in found:
            pattern = literal(call)
            if pattern is not None and function != "compile":
                yield Use(f"{where}:{call.lineno}", pattern, frozenset({function}))
            elif pattern is not None and not isinstance(call, ast.Assign):
                yield Use(f"{where}:{call.lineno}", pattern, _used_by(source, call))
        if found:
            for variable, value in vars(importlib.import_module(name)).items():
                for pattern in patterns_of(value) if not variable.startswith("__") else ():
                    yield Use(f"{where}:{variable}", pattern, _functions(source, variable))


def _used_by(source, call):
    line = source.splitlines()[call.lineno - 1]
    assigned = re.match(r"\s*(\w+) = ", line)
    return _functions(source, assigned[1]) if assigned else frozenset({"match"})


def _functions(source, variable):
    """By which functions a module uses its variable; where it passes it on, by any."""
    used = frozenset(re.findall(rf"\b{variable}\.(\w+)", source)) & FUNCTIONS
    return used or frozenset({"finditer"})


USES = {(use.pattern, use.functions): use for use in uses()}


def letters(parsed):  # noqa: C901 - a line for each kind of part
    """Characters that the parts of a pattern take, or stop at."""
    found = []
    for kind, argument in parsed:
        if kind in {_constants.LITERAL, _constants.NOT_LITERAL}:
            found.append(chr(argument))
        elif kind is _constants.RANGE:
            found.append(chr(argument[0]))
        elif kind is _constants.CATEGORY:
            found.append({"DIGIT": "1", "SPACE": " "}.get(str(argument).rpartition("_")[2], "a"))
        elif kind is _constants.IN:
            found += letters(argument)
        elif kind is _constants.ANY:
            found.append("x")
        elif kind in {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}:
            found += letters(argument[2])
        elif kind is _constants.SUBPATTERN:
            found += letters(argument[3])
        elif kind is _constants.BRANCH:
            for branch in argument[1]:
                found += letters(branch)
        elif kind in {_constants.ASSERT, _constants.ASSERT_NOT}:
            found += letters(argument[1])
    return list(dict.fromkeys(found))


def example(items):
    """A short text that these parts take, as far as one letter each can say."""
    text = ""
    for kind, argument in items:
        if kind is _constants.LITERAL:
            text += chr(argument)
        elif kind in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
            text += example(argument[2]) * max(1, argument[0])
        elif kind is _constants.SUBPATTERN:
            text += example(argument[3])
        elif kind is _constants.BRANCH:
            text += example(argument[1][0])
        elif kind is _constants.NOT_LITERAL or (kind is _constants.IN and argument[0][0] is _constants.NEGATE):
            text += "y"
        elif kind in {_constants.IN, _constants.ANY}:
            text += letters([(kind, argument)])[0]
    return text


def _is_within_a_word(parsed, count):
    return count < len(parsed) and parsed[count - 1][0] is parsed[count][0] is _constants.LITERAL


def inputs(pattern):
    """Functions from a size to a text of that size."""
    text = pattern.pattern
    parsed = _parser.parse(text.decode("latin-1") if isinstance(text, bytes) else text, pattern.flags & ~re.UNICODE)
    chosen = [*letters(parsed), "\x00"][:16]
    ends = [count for count in range(1, len(parsed) + 1) if not _is_within_a_word(parsed, count)]
    begins = list(dict.fromkeys(["", *(example(list(parsed)[:count]) for count in ends)]))
    units = list(dict.fromkeys([*chosen, *filter(None, begins)]))
    units += [one + other for one in chosen[:8] for other in chosen[:8] if one != other]
    for begin in begins[:8]:
        for unit in units if not begin else units[:16]:
            yield lambda size, begin=begin, unit=unit: (begin + unit * (size // len(unit) + 1))[:size] + "\x01"


def seconds(pattern, function, text):
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    begun = time.process_time()
    if function in {"sub", "subn"}:
        pattern.sub(b"" if isinstance(text, bytes) else "", text)
    elif function == "finditer":
        for _ in pattern.finditer(text):
            pass
    else:
        getattr(pattern, function)(text)
    return time.process_time() - begun


def slow_input(use):
    """The beginning of a text that takes too long, and its size; None: there was none."""
    for make in inputs(use.pattern):
        for size in SIZES:
            text = make(size)
            for function in use.functions:
                if seconds(use.pattern, function, text) > BUDGET:
                    return function, text[:40], size
    return None


def test_the_expressions_are_found():
    assert len(USES) > 50
    assert any(use.where == "mocks/preferences.py:_DELAY" for use in USES.values())


def test_every_expression_that_is_made_while_running_is_known():
    made = {
        (path.relative_to(ROOT).as_posix(), function)
        for path, _, tree in modules()
        for call, _, function in calls(tree)
        if literal(call) is None and function is not None
    }
    assert made - OF_DOCUMENTS == set()


@pytest.mark.parametrize("use", USES.values(), ids=lambda use: use.where)
def test_its_time_grows_with_the_length_alone(use):
    assert slow_input(use) is None, use.pattern.pattern


@pytest.mark.parametrize(
    ("expression", "function"),
    [
        (r"\s*([\w-]+)\s*(?:=x)?[^,]*", "finditer"),
        (r"\{[^}]*\}", "sub"),
        (r"(a+)+b", "match"),
        (r"\d+\.\d+x", "search"),
        (r"BEGIN.*?END", "findall"),
    ],
)
def test_what_is_slow_is_found(expression, function):
    assert slow_input(Use("here", re.compile(expression), frozenset({function})))
