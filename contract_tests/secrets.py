"""What a report must not show: the tokens that a run obtains, and the passwords that it was given."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from cierre.contract_tests.credentials import issued

# Long runs of the characters that tokens are made of.
_WORD = re.compile(r"[\w.|~%+/-]{12,}={0,2}")
# Where a token may begin or end inside of such a run: `/reset/TOKEN`, `%3Dtoken%3DTOKEN`.
_CUT = re.compile(r"%[0-9a-fA-F]{2}|[^0-9A-Za-z]")
# Places of a run that are tried, at the most.
_MOST_CUTS = 48
# Shorter strings of an answer are words, not credentials.
_SHORTEST = 20
# Characters of a secret that is looked for inside of longer words.
_WHOLE = 12
# The shell line for what an answer of the run gave.
LEARNED = "# an earlier answer has this token"
# Jq programs that write a variable's value as a part of JSON, of a URL and of a form.
_AS_JSON, _AS_URL, _AS_FORM = "@json | .[1:-1]", "@uri", '@uri | gsub("%20"; "+")'


@dataclass
class Secrets:
    """Values that a report must not show and that a repeated request must have anew.

    Attributes:
        names: secret, as it is written → the shell expression, without its `$`, that stands for it.
        recipe: secret, as it is written → shell lines that fill the variables; empty where other lines do.
        short: secrets that may be a part of other words, and count only where they are a whole value.
        public: text of the contract: what stands in its examples is no secret.
    """

    names: dict[str, str] = field(default_factory=dict)
    recipe: dict[str, str] = field(default_factory=dict)
    short: dict[str, str] = field(default_factory=dict)
    public: str = ""
    _lengths: set[int] = field(default_factory=set)
    _shown: set[str] = field(default_factory=set)
    _phrases: list[str] = field(default_factory=list)
    _pattern: re.Pattern[str] | None = None

    def add(self, values: Mapping[str, str], recipe: str) -> None:
        """Remember tokens, by shell expression, and the lines that make them."""
        for name, value in values.items():
            if len(value) < _WHOLE:
                self._hold(value, name, recipe)
            for written in {value, quote(value, safe=""), json.dumps(value)[1:-1]}:
                self._remember(written, name, recipe)
            # What holds other characters than a run of `_WORD` is found by its longest such run.
            if not _WORD.fullmatch(value):
                for part in _WORD.findall(value):
                    if part not in self.names:
                        self._remember(part, name, recipe)

    def learn(self, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """Remember what an answer gives as credentials: cookies, tokens of any name, those in URLs.

        Args:
            headers: of the answer, pairs.
            body: of the answer.
        """
        for name, value in issued(headers, body):
            if not value or self.name_of(value) or self._is_public(value):
                continue
            shell = re.sub(r"\W+", "_", variable_name(name)).strip("_") or "SECRET"
            variable = self._free(f"{shell}_{len(self.names) + len(self.short)}")
            if len(value) < _WHOLE:
                self.short[value] = variable
            else:
                self.add({variable: value}, LEARNED)

    def _is_public(self, value: str) -> bool:
        """Whether the contract itself shows a value; the text is long, and the same values come in most answers."""
        if len(value) < _SHORTEST:
            return False
        if value not in self._shown and value in self.public:
            self._shown.add(value)
        return value in self._shown

    def name_of(self, value: str) -> str | None:
        """The shell expression for a whole value, however short; None where it is no secret."""
        return self.names.get(value) or self.short.get(value)

    def _remember(self, written: str, name: str, recipe: str) -> None:
        self.names[written], self.recipe[written] = name, recipe
        self._lengths.add(len(written))

    def keep(self, name: str, value: str) -> None:
        """Hide a password, a key or the like, which may be of any form, however a request writes it.

        Args:
            name: of the shell variable that whoever repeats a request sets first.
        """
        if not value or value in self.names:
            return
        name = self._free(name)
        ask = f': "${{{name}:?set it first: what the run was given is not shown}}"'
        self._hold(value, name, ask)
        written = {json.dumps(value)[1:-1]: _AS_JSON, json.dumps(value, ensure_ascii=False)[1:-1]: _AS_JSON}
        written |= {quote(value, safe=""): _AS_URL, quote_plus(value): _AS_FORM}
        for encoded, program in written.items():
            if encoded not in self.names:
                other = self._free(f"{name}_ENCODED")
                self._hold(encoded, other, f"{ask}\n{other}=$(printf %s \"${name}\" | jq -Rr '{program}')")

    def basic(self, username: str, password: str) -> str:
        """The value of the Basic scheme (RFC 7617, section 2); a secret, where the password is."""
        value = base64.b64encode(f"{username}:{password}".encode()).decode()
        if password in self.names and value not in self.names:
            pair = f'{shlex.quote(username + ":")}"${self.names[password]}"'
            name = self._free("BASIC")
            self._hold(value, name, f"{self.recipe[password]}\n{name}=$(printf %s {pair} | base64 -w0)")
        return value

    def _free(self, name: str) -> str:
        """`name`, or with a number, if another secret has it."""
        taken = set(self.names.values())
        candidates = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
        return next(candidate for candidate in candidates if candidate not in taken)

    def _hold(self, phrase: str, name: str, recipe: str) -> None:
        self._remember(phrase, name, recipe)
        self._phrases.append(phrase)
        longest_first = sorted(self._phrases, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_bounded, longest_first)))

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand in `text`, in order."""
        words = self._words(text)
        if self._pattern is None:
            return words
        phrases = [phrase.span() for phrase in self._pattern.finditer(text)]
        free = [one for one in phrases if not any(one[0] < last and first < one[1] for first, last in words)]
        return sorted(words + free)

    def _words(self, text: str) -> list[tuple[int, int]]:
        """Where tokens stand: a run has thousands of them, so words are looked up instead of searching for each."""
        found: list[tuple[int, int]] = []
        for word in _WORD.finditer(text):
            if word[0] in self.names:
                found.append(word.span())
            else:
                found += [(word.start() + first, word.start() + last) for first, last in self._inside(word[0])]
        return found

    def _inside(self, word: str) -> Iterator[tuple[int, int]]:
        """Where tokens stand in a word that has more in it, such as the path of a URL."""
        cuts = [cut.span() for cut in itertools.islice(_CUT.finditer(word), _MOST_CUTS)]
        starts = sorted({0, *(last for _, last in cuts), *(first for first, _ in cuts)})
        ends = sorted({len(word), *(first for first, _ in cuts), *(last for _, last in cuts)}, reverse=True)
        at = 0
        for start in starts:
            for end in ends:
                length = end - start
                if start >= at and length >= _WHOLE and length in self._lengths and word[start:end] in self.names:
                    yield start, end
                    at = end
                    break

    def used_in(self, *texts: str) -> list[str]:
        """The secrets in `texts`, in order, each once."""
        return list(dict.fromkeys(text[start:end] for text in texts for start, end in self._spans(text)))

    def hide(self, text: str) -> str:
        """`text` with each secret replaced by the name of its variable."""
        return "".join(piece if name is None else f"${name}" for piece, name in self.pieces(text))

    def hide_tokens(self, text: str) -> str:
        """`text`, of any syntax, with each token replaced: a password may be a word that the syntax needs."""
        return _replaced(text, ((start, end, self.names[text[start:end]]) for start, end in self._words(text)))

    def quote(self, text: str) -> str:
        """`text` as one word of a shell's command line, with each secret taken from its variable."""
        pieces = [shlex.quote(piece) if name is None else f'"${name}"' for piece, name in self.pieces(text)]
        return "".join(pieces) or "''"

    def pieces(self, text: str) -> Iterable[tuple[str, str | None]]:
        """`text` in pieces; those that are secrets come with their names."""
        at = 0
        for start, end in self._spans(text):
            if text[at:start]:
                yield text[at:start], None
            yield text[start:end], self.names[text[start:end]]
            at = end
        if text[at:]:
            yield text[at:], None

    def preparation(self, *texts: str) -> list[str]:
        """Shell lines that fill the variables of all secrets in `texts`."""
        return list(dict.fromkeys(recipe for value in self.used_in(*texts) if (recipe := self.recipe[value])))


def _replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, name in spans:
        pieces += [text[at:start], f"${name}"]
        at = end
    return "".join([*pieces, text[at:]])


def _bounded(phrase: str) -> str:
    """A pattern for `phrase` that matches neither in the middle of a word nor as the name of a JSON member."""
    before = r"(?<!\w)" if re.match(r"\w", phrase) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", phrase) else ""
    return f'{before}{re.escape(phrase)}{after}(?!"\\s*:)'


def tokens_in(node: Any, path: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    """The tokens in a JSON value, by name and length: shell variable → (jq path, value)."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if isinstance(value, str) and name.lower().endswith("token") and len(value) >= _SHORTEST:
            yield variable_name(name), (f"{path}.{name}", value)
        elif isinstance(value, dict):
            yield from tokens_in(value, f"{path}.{name}")


def paths_in(value: Any) -> Iterator[tuple[str, str]]:
    """The texts in a JSON value: jq path (of members and indexes) → text."""
    pending = [("", value)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            pending.extend((f"{path}.{_jq_name(str(name))}", child) for name, child in node.items())
        elif isinstance(node, list):
            pending.extend((f"{path or '.'}[{index}]", child) for index, child in enumerate(node))
        elif isinstance(node, str):
            yield path or ".", node


def jq_path(steps: Iterable[str]) -> str:
    """The jq path of the tokens of a JSON pointer."""
    return "".join(f"[{step}]" if step.isdigit() else f".{_jq_name(step)}" for step in steps)


def _jq_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name).replace("'", "\\u0027")


def variable_name(member: str) -> str:
    """The shell variable for a member of JSON: `accessToken` → `ACCESS_TOKEN`."""
    return "".join(f"_{char}" if char.isupper() else char for char in member).upper().strip("_")
