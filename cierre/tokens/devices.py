"""What a device keeps of its login to an account, so that guesses made elsewhere do not keep its owner out.

A device cookie, as OWASP describes it ("Slow Down Online Guessing Attacks with Device Cookies"): it opens nothing, and
its holder still needs the password.
"""

from __future__ import annotations

import hmac
import re
import secrets

from cierre.tokens.opaque import same

_FORM = re.compile(r"(\d{1,15})\.([\w-]{22})\.([0-9a-f]{64})", re.ASCII)


def new_device(account: str, secret: bytes, *, at: int) -> str:
    """The cookie's value for a device that has just logged in.

    Args:
        account: the login name.
        secret: the service's.
        at: milliseconds since the epoch.
    """
    device = secrets.token_urlsafe(16)
    return f"{at}.{device}.{_proof(account, device, at, secret)}"


def device_of(cookie: str, account: str, secret: bytes, *, since: int) -> str | None:
    """The id of a device that has logged in to the account; None: the cookie proves no such login.

    Whether there is such an account makes no difference.

    Args:
        cookie: the cookie's value.
        account: the login name.
        secret: the service's.
        since: the login must not be older, in milliseconds since the epoch.
    """
    match = _FORM.fullmatch(cookie)
    if match is None:
        return None
    at, device, proof = int(match[1]), match[2], match[3]
    right = same(proof, _proof(account, device, at, secret))
    return device if right and at >= since else None


def _proof(account: str, device: str, at: int, secret: bytes) -> str:
    return hmac.new(secret, f"device:{at}.{device}.{account}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()
