"""The ratios that README.md and README.es.md tell: each is a row of a table of docs/performance.md."""

import re
from dataclasses import dataclass
from decimal import Decimal

LOGOUT = "CPU of a logout: "
MOCK = "mock, logout with validation: to "


@dataclass(frozen=True)
class Claim:
    """A number that stands before these words.

    Attributes:
        row: the first cell of its row; the ratio is in the third.
        places: after the decimal point.
    """

    row: str
    english: str
    spanish: str
    places: int = 1

    def rounded(self, measured: Decimal) -> Decimal:
        return round(measured, self.places)


CLAIMS = (
    Claim(f"{LOGOUT}stock Connexion, SQLAlchemy async ORM", "times stock Connexion", "veces Connexion tal cual"),
    Claim(f"{LOGOUT}djangorestframework-simplejwt", "times simplejwt's", "veces la lista negra de simplejwt"),
    Claim(f"{LOGOUT}better-auth", "times better-auth", "veces better-auth"),
    Claim(f"{LOGOUT}django-rest-knox", "times django-rest-knox", "veces django-rest-knox"),
    Claim(f"{LOGOUT}oidc-provider, prepared statements", "times oidc-provider", "veces oidc-provider"),
    Claim(f"{MOCK}Prism", "times Prism,", "veces Prism,"),
    Claim(f"{MOCK}Prism, -v silent", "times Prism with its log silent", "veces Prism con su registro en silencio"),
    Claim(f"{MOCK}openapi-backend", "times openapi-backend", "veces openapi-backend"),
    Claim("mock, start to first answer, our contract: of Prism's", "of Prism's time", "del tiempo de Prism", places=2),
)


def measured(page: str, row: str) -> Decimal:
    """The median that a table of the page has for a subject."""
    cells = next(line.split("|") for line in page.splitlines() if line.startswith(f"| {row} |"))
    return Decimal(cells[3].strip())


def before(words: str) -> re.Pattern[str]:
    """A number before the words, wherever lines are broken."""
    spaced = r"\s+".join(map(re.escape, words.split()))
    return re.compile(rf"\d+(?:\.\d+)?(?=\s+{spaced})")


def renewed(readme: str, page: str, *, spanish: bool) -> str:
    """The text with each ratio as the page has it."""
    for claim in CLAIMS:
        number = str(claim.rounded(measured(page, claim.row)))
        readme = before(claim.spanish if spanish else claim.english).sub(number, readme)
    return readme
