"""Formats of OpenAPI that JSON Schema does not have."""

from __future__ import annotations

import base64
import binascii


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


FORMATS = {"byte": _is_base64}
