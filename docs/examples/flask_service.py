"""A resource server with Flask: `flask --app flask_service run`.

The verifier has a thread of its own, which learns what is closed while requests are served.
"""

import os
from typing import Any

from flask import Flask, g, request

from cierre.verifier import Refused, ThreadedVerifier

verifier = ThreadedVerifier(
    issuer=os.environ.get("CIERRE_ISSUER", "http://localhost:3000"),
    revocations=os.environ.get("CIERRE_REVOCATIONS", "sqlite:///.cierre/cierre.db"),
)
app = Flask(__name__)


@app.before_request
def require_access() -> None:
    if request.endpoint == "health":
        return
    verifier.start()  # once a worker: a thread doesn't survive the fork of a server such as gunicorn
    g.access = verifier.verify_header(request.headers.get("Authorization"))


@app.errorhandler(Refused)
def refused(error: Refused) -> tuple[dict[str, str], int, dict[str, str]]:
    return {"code": error.code}, error.status, error.headers


@app.get("/orders")
def orders() -> dict[str, Any]:
    return {"of": g.access.user_id, "role": g.access.role}


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
