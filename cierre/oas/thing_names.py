"""Names of the same thing: `bookId`, `book_id`, and the `id` of what stands under `/books`."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v\d+(\.\d+)*\Z", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What stands for a thing where its answer has no name of its own for it, the likeliest first.
IDS = ("id", "uuid", "guid", "uid", "key", "slug", "code", "number", "name", "username", "email")
_IDENTIFIES = re.compile(r"(.*?)(?:[_-]?(?:id|uuid|guid)|Id|ID|Uuid)\Z")


def plain(name: str) -> str:
    """A name without case and punctuation: `book_id`, `bookId` and `BookID` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def words(name: str) -> list[str]:
    """The words of a name, in lower case: `isAdmin` has two."""
    return [word.lower() for word in _WORDS.findall(name)]


def singular(name: str) -> str:
    """`books` → `book`, `categories` → `category`."""
    for end, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if name.endswith(end) and not name.endswith("ss"):
            return name[: -len(end)] + instead
    return name


def thing_of(path: str) -> str:
    """What stands under a collection's path: `/users/v1` → `user`; empty where no segment says so."""
    segments = [one for one in path.split("/") if one and "{" not in one and not _VERSION.match(one)]
    return singular(plain(segments[-1])) if segments else ""


def referred(name: str) -> str:
    """The thing that a member is the id of: `bookId` → `book`; empty where it is of none."""
    found = _IDENTIFIES.match(name)
    return plain(found[1]) if found else ""


def candidates(parameter: str, thing: str) -> list[str]:
    """Names under which an answer has the value of a path's parameter, the likeliest first, plain."""
    own = plain(parameter)
    names = [own, *([f"{thing}{own}"] if thing else [])]
    stem = referred(parameter)
    if stem or own in IDS or own == thing:
        names += ["id", f"{thing}id", "uuid", "guid", f"{thing}uuid"]
    return list(dict.fromkeys(names))
