"""URLs in messages and logs, without what is secret in them."""

from __future__ import annotations

import re

MASK = "***"
_PARAMETER = re.compile(r"(?i)([?&;\s][\w-]*(?:passw|secret|pwd)[\w-]*=)[^&;\s]*")
# One or more hosts, each with a port or without, and what follows them: here stands no password.
_HOST = r"(?:\[[^\]]*\]|[^:/?#,\[\]]*)(?::\d*)?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*(?:[/?#].*)?", re.DOTALL)


def without_password(url: str) -> str:
    """The URL with its passwords replaced by `***`; for one that is mistyped as well.

    Masked are what stands between the user and the last `@`, and query parameters named `password`, `sslpassword` and
    the like. Where an `@` or the `://` is missing, all that may be a password is masked.
    """
    url = _PARAMETER.sub(rf"\1{MASK}", url)
    scheme, separator, rest = url.partition("://")
    if not separator:
        return _of_fragment(url)
    userinfo, at, hosts = rest.rpartition("@")
    if not at:
        name, colon, _ = rest.partition(":")
        return url if _HOSTS.fullmatch(rest) or not colon else f"{scheme}://{name}:{MASK}"
    user, colon, _ = userinfo.partition(":")
    if colon:
        return f"{scheme}://{user}:{MASK}@{hosts}"
    # Redis without a user: what stands there is meant as the password more often than not.
    return f"{scheme}://{MASK if scheme.startswith('redis') else user}@{hosts}"


def _of_fragment(text: str) -> str:
    """A text that is no URL: masked before the last `@`, or after the first colon."""
    _, at, hosts = text.rpartition("@")
    if at:
        return f"{MASK}@{hosts}"
    name, colon, _ = text.partition(":")
    return f"{name}:{MASK}" if colon else text
