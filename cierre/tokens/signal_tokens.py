"""Signed tokens that tell others of a closed session: OpenID Connect's logout token, and CAEP's session-revoked."""

from __future__ import annotations

import secrets
from typing import Any

from cierre.tokens.jws import sign
from cierre.tokens.key_files import KeyRing

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
REVOKED_EVENT = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
# Seconds. OpenID Connect Back-Channel Logout 1.0, section 4: two minutes at the most are recommended.
_LIFE = 120
# CAEP 1.0, section 2: who has begun it.
_INITIATORS = {"user_logout": "user", "admin_logout": "admin", "security_logout": "policy"}


def logout_token(keys: KeyRing, *, issuer: str, client_id: str, user_id: str, session_id: str, now: int) -> str:
    """A logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4).

    Its `jti` is new each time: a client that has seen one may refuse it, and a retry must not look like a replay.

    Args:
        client_id: of the session: `aud`.
        now: milliseconds.
    """
    issued = now // 1000
    claims = {
        "iss": issuer,
        "aud": client_id,
        "sub": user_id,
        "sid": session_id,
        "iat": issued,
        "exp": issued + _LIFE,
        "jti": secrets.token_hex(16),
        "events": {LOGOUT_EVENT: {}},
    }
    return _signed(keys, claims, "logout+jwt")


def session_revoked(
    keys: KeyRing,
    *,
    issuer: str,
    audience: str,
    event_id: str,
    user_id: str,
    session_id: str,
    time: int,
    event: str,
    reason: str | None,
    now: int,
) -> str:
    """A security event token (RFC 8417) with CAEP's session-revoked.

    Args:
        audience: the receiver: `aud`.
        event_id: `jti`: the same with each retry (RFC 8935, section 2).
        time: when the session was closed, in milliseconds.
        event: user_logout, admin_logout or security_logout.
        reason: as the audit trail has it.
        now: milliseconds.
    """
    event_claims: dict[str, Any] = {
        "event_timestamp": time // 1000,
        "initiating_entity": _INITIATORS.get(event, "system"),
    }
    if reason is not None:
        event_claims["reason_admin"] = {"en": reason}
    claims = {
        "iss": issuer,
        "aud": audience,
        "iat": now // 1000,
        "jti": event_id,
        # RFC 9493: the session, and the user whose it was.
        "sub_id": {
            "format": "complex",
            "session": {"format": "opaque", "id": session_id},
            "user": {"format": "iss_sub", "iss": issuer, "sub": user_id},
        },
        "events": {REVOKED_EVENT: event_claims},
    }
    return _signed(keys, claims, "secevent+jwt")


def _signed(keys: KeyRing, claims: dict[str, Any], media_type: str) -> str:
    key = keys.signing()
    return sign(claims, key, media_type=media_type)
