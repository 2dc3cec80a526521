"""All seeded defects, by subject."""

from __future__ import annotations

from cierre.contract_tests.defects.answers import ANSWERS
from cierre.contract_tests.defects.audit import AUDIT_LOG
from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.headers import HEADERS
from cierre.contract_tests.defects.logins import LOGINS
from cierre.contract_tests.defects.oauth import OAUTH
from cierre.contract_tests.defects.requests import REQUESTS
from cierre.contract_tests.defects.retries import RETRIES
from cierre.contract_tests.defects.sessions import CLOSINGS
from cierre.contract_tests.defects.tokens import TOKENS

SUBJECTS: dict[str, Subject] = {
    "answers": ANSWERS,
    "headers": HEADERS,
    "requests": REQUESTS,
    "tokens": TOKENS,
    "sessions": CLOSINGS,
    "retries": RETRIES,
    "logins": LOGINS,
    "oauth": OAUTH,
    "audit": AUDIT_LOG,
}
