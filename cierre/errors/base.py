"""The root of all errors."""

from __future__ import annotations

from typing import ClassVar, Literal

Secret = Literal["password", "client_secret", "refresh_token"]


class CierreError(Exception):
    """The root: an outcome that is not a success.

    Attributes:
        status: the HTTP status in the canonical dialect.
        code: the code in the canonical dialect; it is contract, and never translated.
        situation: the name of the contract's example that shows it: the code in small letters, unless stated.
        challenge: the value of WWW-Authenticate (RFC 6750, section 3); None: there is no such field.
        retry_after: seconds until a retry may succeed; None: not known.
        clear_cookie: the credential was a cookie and is of no more use: the answer clears it.
        guessed: the secret that the caller tried and that nobody has; None: none was tried.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    situation: ClassVar[str] = "internal_error"
    challenge: str | None = None
    retry_after: int | None = None
    clear_cookie: bool = False
    guessed: ClassVar[Secret | None] = None

    def __init_subclass__(
        cls, *, status: int | None = None, code: str | None = None, situation: str | None = None
    ) -> None:
        super().__init_subclass__()
        cls.status = status or cls.status
        if code is not None:
            cls.code, cls.situation = code, code.lower()
        cls.situation = situation or cls.situation

    def __str__(self) -> str:
        return self.code
