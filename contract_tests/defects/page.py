"""The tables of what was found, as a page of Markdown in English or in Spanish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cierre.contract_tests.defects import spanish
from cierre.contract_tests.defects.defect import Defect
from cierre.contract_tests.defects.trial import Outcome


@dataclass(frozen=True)
class Words:
    """What a language calls things.

    Attributes:
        introduction: of the page, with its title.
        score: of a subject, with its title and two counts.
        texts: names of defects and titles of subjects by their English; nothing where they are English.
    """

    introduction: str
    score: str
    columns: str
    missed: str
    texts: dict[str, str]

    def of(self, english: str) -> str:
        return self.texts[english] if self.texts else english


ENGLISH = Words(
    introduction="""# What the contract tests catch

*En español: [es/defects.md](es/defects.md).*

`python -m cierre.contract_tests.defects --markdown docs/defects.md --markdown-es docs/es/defects.md` writes this page.
It starts the service, shows that nothing is found, puts one defect after the other in front of it, and stops at the
first finding: of the operation that the defect touches, or else of the rules of closing a session (`sequences`). The
origin of a defect is `seeded` for the first list, `independent` where it was thought of later without a look at the
checks, and `gap` where somebody who had read the checks looked for what they left out.""",
    score="{title}: {found} of {all} were found",
    columns="| defect | origin | touches | found by | requests |",
    missed="missed",
    texts={},
)
SPANISH = Words(
    introduction="""# Lo que atrapan las pruebas de contrato

*In English: [defects.md](../defects.md).*

`python -m cierre.contract_tests.defects --markdown docs/defects.md --markdown-es docs/es/defects.md` escribe esta
página. Arranca el servicio, muestra que no se encuentra nada, le pone delante un defecto tras otro, y se detiene en el
primer hallazgo: de la operación que el defecto toca, o si no de las reglas del cierre de una sesión (`sequences`). El
origen de un defecto es `seeded` en la primera lista, `independent` donde se pensó después sin mirar las comprobaciones,
y `gap` donde alguien que había leído las comprobaciones buscó lo que dejaban fuera.""",
    score="{title}: se encontraron {found} de {all}",
    columns="| defecto | origen | toca | lo encuentra | peticiones |",
    missed="no encontrado",
    texts=spanish.TEXTS,
)


def page(results: Iterable[tuple[str, list[Outcome]]], words: Words) -> str:
    """The outcomes of each subject, by its title."""
    return "\n\n".join([words.introduction, *(table(title, outcomes, words) for title, outcomes in results)]) + "\n"


def table(title: str, outcomes: list[Outcome], words: Words = ENGLISH) -> str:
    """The outcomes as a Markdown table, with the score above it."""
    found = sum(outcome.found for outcome in outcomes)
    lines = [
        f"## {words.score.format(title=words.of(title), found=found, all=len(outcomes))}",
        "",
        words.columns,
        "|---|---|---|---|---:|",
    ]
    for outcome in outcomes:
        defect = outcome.defect
        by = outcome.by if outcome.found else f"**{words.missed}**: {outcome.by}"
        lines.append(f"| {words.of(defect.name)} | {defect.origin} | {_touches(defect)} | {by} | {outcome.requests} |")
    return "\n".join(lines)


def _touches(defect: Defect) -> str:
    return "sequences" if defect.sequences else defect.operations.replace("*", "\\*")
