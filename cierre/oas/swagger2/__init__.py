"""Swagger 2.0, converted to OpenAPI 3.0 when it is read: nothing else of Cierre knows the older form.

`document` puts the parts together; `parameters`, `responses`, `schemas`, `security` convert one kind of object each;
`moves` remembers where each part was written, so that a problem has the place in the author's file.
"""

from __future__ import annotations

from cierre.oas.swagger2.document import convert
from cierre.oas.swagger2.moves import Moves

__all__ = ["Moves", "convert"]
