"""Access tokens that nobody but a thief would make: any header and claims, signed with any key or none."""

import base64
import json
import uuid

import jwt

from cierre.clock import now_ms

LIFE = 600


def claims_of(session, service, **changes):
    """The claims of a good token of the session; `None` takes one away."""
    now = now_ms() // 1000
    settings = service.services.settings
    good = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": session.user_id,
        "client_id": "cierre",
        "iat": now,
        "exp": now + LIFE,
        "jti": uuid.uuid4().hex,
        "sid": session.session_id,
        "role": "EMPLEADO",
        "device": "minted-0",
        "epoch": 0,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def header_of(service, **changes):
    """The header of a good token; `None` takes a name away."""
    key = service.services.keys.signing()
    good = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid}
    return {name: value for name, value in (good | changes).items() if value is not None}


def segment(value):
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(service, header, claims, *, key=None, algorithm=None):
    """A token whose signature holds, by our own key unless another is given. Header and claims: values or raw bytes."""
    ours = service.services.keys.signing()
    body = f"{segment(header)}.{segment(claims)}".encode()
    maker = jwt.get_algorithm_by_name(algorithm or ours.algorithm)
    prepared = key if key is not None else ours.private
    return f"{body.decode()}.{segment(maker.sign(body, prepared))}"


def forged(service, session, *, header=None, **claims):
    """A token signed by our own key, with changes."""
    return signed(service, header_of(service, **(header or {})), claims_of(session, service, **claims))
