"""Which passwords are accepted. Whoever is refused is told the rule that was broken, never the password."""

from __future__ import annotations

import string

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from cierre.errors import PasswordContainsName, PasswordTooCommon, PasswordTooShort

# NIST SP 800-63B asks for so many characters at least; the contract's schema refuses what is shorter.
SHORTEST = 8
# A name of fewer characters than this stands in too many words to be looked for.
_SHORTEST_NAME = 4
# The 30,000 passwords that were found most often where passwords had leaked.
_COMMON = frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= _SHORTEST_NAME)
_NO_LETTERS = string.digits + string.punctuation + string.whitespace


def check(password: str, *, email: str, min_length: int) -> None:
    """Accept a new password, or say which rule it breaks.

    Args:
        email: of the user, who logs in by it.
        min_length: of the password, in characters.

    Raises:
        PasswordTooShort: it has fewer characters.
        PasswordContainsName: it is, or contains, the address or the name before the @.
        PasswordTooCommon: it is one of the most common passwords, also repeated or with digits and signs around it.
    """
    if len(password) < min_length:
        raise PasswordTooShort(min_length=min_length)
    if _contains_name(password.casefold(), email.casefold()):
        raise PasswordContainsName
    if _is_common(password.casefold()):
        raise PasswordTooCommon


def _contains_name(password: str, email: str) -> bool:
    name = email.partition("@")[0]
    return email in password or (len(name) >= _SHORTEST_NAME and name in password)


def _is_common(password: str) -> bool:
    word = password.strip(_NO_LETTERS)
    return bool({password, word, _unit(password), _unit(word)} & _COMMON) or len(_unit(password)) < _SHORTEST_NAME


def _unit(text: str) -> str:
    """What a text repeats: `abc` of `abcabc`; of any other the text itself."""
    return text[: (text + text).find(text, 1)]
