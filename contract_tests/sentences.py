"""What is wrong, in one sentence, and which findings have one cause."""

from __future__ import annotations

from dataclasses import dataclass

from cierre.phrases import Phrase

# The check that every request gets an answer.
SILENCE = "every_request_gets_an_answer"
SERVER_ERRORS = 500
# Of findings with one cause, the first of these names it best.
_TELLING = (SILENCE, "not_a_server_error", "status_code_conformance", "ignored_auth", "probe_is_refused")
_SENTENCES = {
    "ignored_auth": "{operation} answers {status} to a request without valid credentials.",
    "status_code_conformance": "{operation} answers {status}, which the contract does not name.",
    "response_schema_conformance": "{operation} answers {status} with a body that is not of the contract's form.",
    "response_headers_conformance": "{operation} answers {status} without the header fields of the contract.",
    "content_type_conformance": "{operation} answers {status} in a media type that the contract does not name.",
    "positive_data_acceptance": "{operation} refuses a request that the contract allows, with {status}.",
    "negative_data_rejection": "{operation} takes a request that breaks the contract, with {status}.",
    "missing_required_header": "{operation} takes a request without a header field that the contract requires, "
    "with {status}.",
    "unsupported_method": "{operation} answers {status} to a method that the contract does not have.",
    "use_after_free": "{operation} answers {status} for what was deleted before.",
    "ensure_resource_availability": "{operation} answers {status} for what was created before.",
    "max_response_time": "{operation} answers later than a client waits.",
}


@dataclass(frozen=True)
class Symptom:
    """What a failed check saw.

    Attributes:
        operation: `METHOD /path`, as the contract writes it.
        check: the name of the check.
        title: the failure in a few words.
        clause: JSON pointer into the document.
        status: of the answer; 0 where none came.
        documented: whether the contract names the status.
        said: what an error of the server says of its cause.
        places: parts of the request without which the server makes no error.
    """

    operation: str
    check: str
    title: str
    clause: str
    status: int
    documented: bool
    said: str = ""
    places: tuple[str, ...] = ()

    @property
    def cause(self) -> tuple[str, ...]:
        """The same for all that one cause makes a check see: operation, cause, clause."""
        if self.check == SILENCE:
            return self.operation, "no answer"
        if self.status >= SERVER_ERRORS:
            return self.operation, "server error", self.said, *self.places
        if self.check == "ignored_auth" or self.clause.endswith("/security"):
            return self.operation, "credentials"
        if not self.documented:
            return self.operation, f"undocumented {self.status}"
        return self.operation, f"{self.check}: {self.title}", self.clause

    @property
    def rank(self) -> int:
        """The lower, the better it names the cause."""
        return _TELLING.index(self.check) if self.check in _TELLING else len(_TELLING)

    @property
    def sentence(self) -> Phrase:
        """What is wrong, in one sentence."""
        if self.check == SILENCE:
            return Phrase("{operation} gives no answer.", operation=self.operation)
        values = {"operation": self.operation, "status": self.status}
        if self.status >= SERVER_ERRORS:
            template = (
                "{operation} answers {status} because of {places}, an error of the server, which no request may cause."
                if self.places
                else "{operation} answers {status}, an error of the server, which no request may cause."
            )
            return Phrase(template, **values, places=_joined(self.places))
        known = _SENTENCES.get(self.check)
        if known is not None:
            return Phrase(known, **values)
        return Phrase("{operation} answers {status}: {title}.", **values, title=self.title.rstrip("."))


def _joined(places: tuple[str, ...]) -> str:
    """Of places whose words no catalogue has, as they are a request's own."""
    text = ""
    for place in places:
        text = Phrase("{first} and {second}", first=text, second=place) if text else place
    return text
