"""What is wrong with a document: one exception that carries all of it."""

from __future__ import annotations


class ContractError(Exception):
    """The document cannot be used.

    Args:
        problems: one sentence each, led by the file and, where there is one, the line or the JSON pointer.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
