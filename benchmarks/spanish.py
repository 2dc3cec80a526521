"""`python -m benchmarks.spanish`: the generated parts of docs/performance.md, in Spanish, into docs/es/performance.md.

The tables of both pages are those of one run: a cell is looked up here, and its numbers stay.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from benchmarks import scratch
from benchmarks.report_life import A_DAY, AFTERWARDS, BUSY, HASHES, OIDC_PROVIDER, OTHERS, TOKENS

ENGLISH = scratch.ROOT / "docs" / "performance.md"
SPANISH = scratch.ROOT / "docs" / "es" / "performance.md"

# Headings, cells and paragraphs. What stands in braces is looked up as well, but for {as_is}.
TEXTS = {
    # Goals
    "Goals": "Metas",
    "goal": "meta",
    "measured (median of rounds)": "medido (mediana de las rondas)",
    "spread": "dispersión",
    "worst round": "peor ronda",
    "met": "cumplida",
    "yes": "sí",
    "**no**": "**no**",
    "— ({why})": "— ({why})",
    "no answer in {seconds} s": "sin respuesta en {seconds} s",
    "mock, logout with validation: to {peer}": "mock, logout con validación: respecto a {peer}",
    "mock, {what}, {document}: of Prism's": "mock, {what}, {document}: frente a Prism",
    "start to first answer": "del arranque a la primera respuesta",
    "memory after start": "memoria tras el arranque",
    "our contract": "nuestro contrato",
    "logout on PostgreSQL, {count} at once: to {peer}": "logout en PostgreSQL, {count} a la vez: respecto a {peer}",
    "logout p99 at {count} at once: of {peer}'s": "p99 del logout con {count} a la vez: frente al de {peer}",
    "logout on SQLite: to the same work through SQLAlchemy and aiosqlite": (
        "logout en SQLite: respecto al mismo trabajo con SQLAlchemy y aiosqlite"
    ),
    "check of a token beyond the signature, {count} denied sessions": (
        "comprobación de un token más allá de la firma, {count} sesiones denegadas"
    ),
    "the same, memory an entry at {count}": "lo mismo, memoria por entrada con {count}",
    "cost of one logout at {large} sessions: of that at {small}": (
        "coste de un logout con {large} sesiones: frente al que tiene con {small}"
    ),
    "logoutAll of {count} sessions: of {count} single logouts": (
        "logoutAll de {count} sesiones: frente a {count} logouts uno a uno"
    ),
    "logout p99 beside {count} bad logins at once, {store}: of its p99 when it is quiet": (
        "p99 del logout junto a {count} inicios de sesión malos a la vez, {store}: frente a su p99 en calma"
    ),
    # Peers
    "stock Connexion, SQLAlchemy async ORM": "Connexion tal cual, ORM asíncrono de SQLAlchemy",
    "Starlette, SQLAlchemy async ORM": "Starlette, ORM asíncrono de SQLAlchemy",
    "oidc-provider, prepared statements": "oidc-provider, sentencias preparadas",
    "pgbench, the statement alone (limit)": "pgbench, la sentencia sola (límite)",
    "bare Starlette (limit)": "Starlette solo (límite)",
    "Node http (limit)": "http de Node (límite)",
    # Logout
    "Logout: one session closed in full, each token used once": (
        "Logout: una sesión cerrada por completo, cada token usado una vez"
    ),
    "Logouts a second at {few} at once, and p50 and p99 at {many} at once, of Cierre and its peers": (
        "Logouts por segundo con {few} a la vez, y p50 y p99 con {many} a la vez, de Cierre y de los demás"
    ),
    "{count} at once, 1/s": "{count} a la vez, 1/s",
    "{workers} workers, {count} at once, 1/s": "{workers} procesos, {count} a la vez, 1/s",
    "After the runs a sample of the tokens that had been used was presented again, and the audit rows were counted:": (
        "Tras las corridas se presentó de nuevo una muestra de los tokens usados, y se contaron las filas de auditoría:"
    ),
    "store": "almacén",
    "still accepted, of a sample": "aún aceptados, de una muestra",
    "successes": "éxitos",
    "audit rows": "filas de auditoría",
    "holds": "se cumple",
    "memory, MiB": "memoria, MiB",
    "server's core, other core, %": "núcleo del servidor, el otro, %",
    "{some} of {all}": "{some} de {all}",
    "**the token lives on**": "**el token sigue vivo**",
    "**audit rows ≠ successes**": "**filas de auditoría ≠ éxitos**",
    # The life of a session
    "The whole life of a session": "La vida entera de una sesión",
    "Goals of it, all in this run:": "Sus metas, todas en esta corrida:",
    "{what}, {count} at once: to {peer}": "{what}, {count} a la vez: respecto a {peer}",
    "logout, {count} at once: CPU of the server": "logout, {count} a la vez: CPU del servidor",
    "logout p99, {count} at once: to {peer}": "p99 del logout, {count} a la vez: respecto a {peer}",
    "CPU of the server for one request, in µs": "CPU del servidor por petición, en µs",
    "CPU of a logout": "CPU de un logout",
    "CPU of a logout: {peer}": "CPU de un logout: {peer}",
    "to ours (median of rounds)": "respecto al nuestro (mediana de las rondas)",
    "login": "inicio de sesión",
    "login, its own hash": "inicio de sesión, con su hash",
    "login, a cheap hash": "inicio de sesión, con un hash barato",
    "refresh": "renovación",
    "check": "comprobación",
    "check over HTTP": "comprobación por HTTP",
    "introspection": "introspección",
    "list of sessions": "lista de sesiones",
    "logout": "logout",
    "logout, {count} at once": "logout, {count} a la vez",
    "logout, token of another node": "logout, token de otro nodo",
    "logoutAll of {count}": "logoutAll de {count}",
    "forced logout of {count}": "logout forzado de {count}",
    "has none": "no tiene",
    TOKENS: (
        "Los tokens de los logouts de Cierre los firmó el mismo servidor que los cierra, como en un servicio de un "
        "nodo: no tiene que verificar otra vez su propia firma. La de otro nodo la verifica antes, como la suya tras "
        "un reinicio: se mide al lado. Los tokens de una comprobación, una introspección y una lista se verificaron "
        "antes."
    ),
    OIDC_PROVIDER: (
        "oidc-provider tiene aquí sentencias preparadas. Su inicio de sesión es una página de la propia "
        "aplicación, con un hash de la propia aplicación: como su inicio barato se mide el canje de un código de "
        "autorización. Su comprobación es userinfo, su logout la revocación de un token opaco; su renovación no "
        "hace ningún ID token."
    ),
    OTHERS: (
        "Un token de better-auth no se canjea nunca: como su renovación se mide el `get-session` que alarga una "
        "sesión, una vez al día. Su logout forzado es el de su plugin de administración. La introspección de "
        "simplejwt es su `TokenVerifyView`. Connexion tal cual no trae nada de todo esto: su comprobación y su "
        "logout se escribieron para él."
    ),
    HASHES: (
        "Un inicio de sesión con su hash se midió con 4 a la vez, todo lo demás con 16. Los hashes son argon2id "
        "con 19 MiB y 2 pasadas (Cierre), scrypt (better-auth) y PBKDF2 (Django); los baratos, argon2id con 8 "
        "KiB, SHA-256 y MD5."
    ),
    "A day of a million users": "Un día de un millón de usuarios",
    A_DAY: (
        "Cada usuario inicia sesión una vez, renueva 60 veces, se pregunta por él en 20 introspecciones y cierra "
        "sesión 0.7 veces. La tabla tiene los núcleos que necesita el servidor, si las peticiones del día se "
        "repartieran por igual; los de PostgreSQL no están. Donde uno no tiene introspección se cuenta su "
        "comprobación; lo demás que no tiene se omite."
    ),
    "cores of": "núcleos de",
    "the day": "el día",
    "the day, hash aside": "el día, sin el hash",
    "Requests a second, and which core was full": "Peticiones por segundo, y qué núcleo estaba lleno",
    "operation": "operación",
    "peer": "servidor",
    "CPU µs": "CPU µs",
    "server, % of its core": "el servidor, % de su núcleo",
    "its core busy, %": "su núcleo ocupado, %",
    "other core busy, %": "el otro núcleo ocupado, %",
    "full": "lleno",
    "both": "ambos",
    "the server's": "el del servidor",
    "the other": "el otro",
    "neither": "ninguno",
    "What was done, looked at afterwards": "Lo que se hizo, mirado después",
    BUSY: (
        "Donde otros programas tomaron una parte de los núcleos, un ritmo los ha esperado, y más el de un "
        "servidor de un hilo que el de uno de varios; lo que una petición costó a los procesos del propio "
        "servidor es entonces la mejor medida."
    ),
    AFTERWARDS: (
        "Una muestra de lo cerrado o canjeado se presentó de nuevo, y por una muestra de lo que solo se había "
        "preguntado se preguntó de nuevo. Se contó lo que los éxitos dejaron en el almacén, y las filas de "
        "auditoría donde las escribe."
    ),
    "failures": "fallos",
    "still accepted": "aún aceptados",
    "answered again": "respondidos de nuevo",
    "left in the store": "quedó en el almacén",
    "**counts differ**": "**las cuentas difieren**",
    "{one}, {another}": "{one}, {another}",
    (
        "{as_is}: {rounds} rounds of {seconds} s, load average {low} to {high}; "
        "all but the server had {others} of its core (median)."
    ): (
        "{as_is}: {rounds} rondas de {seconds} s, carga media de {low} a {high}; "
        "todo lo que no era el servidor tuvo {others} de su núcleo (mediana)."
    ),
    # Mock servers
    "Mock servers": "Servidores mock",
    "Answers a second of the mock servers, and their time to the first answer and memory": (
        "Respuestas por segundo de los servidores mock, y su tiempo hasta la primera respuesta y memoria"
    ),
    "answers a second, {count} at once": "respuestas por segundo, {count} a la vez",
    "our logout: bearer, body, validation": "nuestro logout: bearer, cuerpo, validación",
    "GET with a path parameter": "GET con un parámetro de ruta",
    "GET of a {size} KB list": "GET de una lista de {size} KB",
    "a generated answer": "una respuesta generada",
    "memory under load, MiB": "memoria bajo carga, MiB",
    "CPU µs of an answer": "CPU µs por respuesta",
    "Not the document's list, but a far smaller one, is what {as_is} answers with.": (
        "{as_is} no responde con la lista del documento, sino con una mucho menor."
    ),
    "start to first success, s · memory then, MiB": "del arranque al primer éxito, s · memoria entonces, MiB",
    # Growth
    "Growth": "Crecimiento",
    "How the cost of a logout, of logoutAll and of the denylist grows": (
        "Cómo crece el coste de un logout, de logoutAll y de la lista de denegados"
    ),
    "sizes": "tamaños",
    "cost": "coste",
    "exponent of the curve": "exponente de la curva",
    "one logout, by sessions stored": "un logout, por sesiones guardadas",
    "logoutAll, by sessions of the user": "logoutAll, por sesiones del usuario",
    "p50 of a logout, by connections at once": "p50 de un logout, por conexiones a la vez",
    "a look at the denylist, by entries": "una consulta de la lista de denegados, por entradas",
    "memory of an entry, by entries": "memoria de una entrada, por entradas",
    # Conditions
    "Conditions": "Condiciones",
    (
        "{as_is} cores, {memory} GiB, Linux {kernel}, load average {load} before the run. "
        "{rounds} rounds of {seconds} s after {warm} s of warming up."
    ): (
        "{as_is} núcleos, {memory} GiB, Linux {kernel}, carga media {load} antes de la corrida. "
        "{rounds} rondas de {seconds} s tras {warm} s de calentamiento."
    ),
    (
        "With two cores, the server under test has one to itself, and wrk and PostgreSQL share the other. "
        "Two workers may use both. PostgreSQL has its default settings, fsync among them. "
        "All servers run side by side, but while one is measured the others are stopped."
    ): (
        "Con dos núcleos, el servidor bajo prueba tiene uno para él solo, y wrk y PostgreSQL comparten el otro. "
        "Dos procesos pueden usar ambos. PostgreSQL tiene sus ajustes por defecto, también fsync. "
        "Todos los servidores corren a la vez, pero mientras se mide uno los demás están detenidos."
    ),
    "Versions: {as_is}.": "Versiones (peer: el otro lado de una comparación): {as_is}.",
}
# What is called the same in both languages.
NAMES = frozenset(
    {
        "Cierre",
        "Cierre, Prefer: return=minimal",
        "Mockoon",
        "PostgreSQL",
        "Prism",
        "Prism, -v silent",
        "SQLite",
        "better-auth",
        "connexion run --mock=all",
        "django-rest-knox",
        "djangorestframework-simplejwt",
        "oidc-provider",
        "openapi-backend",
        "postgresql",
        "sqlite",
    }
)
_PART = re.compile(
    r"(?<=<!-- generated by )(?P<by>[^:\n]+): begin -->\n\n(?P<text>.*?)\n\n(?=<!-- generated by )", re.DOTALL
)
_FIGURE = re.compile(r"!\[(.*)\]\((.*)\)")
# Numbers with their units, and a kernel's version.
_NUMBERS = re.compile(r"[^A-Za-zµ]*((p50|p99|1/s|[µmn]?s|[KM]B|[KMG]iB|bytes|\d+\.\d+\.\S+)[^A-Za-zµ]*)*")


class Untranslated(ValueError):
    """A text of the English page that this module does not have in Spanish."""


def renewed(page: str, english: str) -> str:
    """The Spanish page with each generated part as the English page has it."""
    parts = {found["by"]: translated(found["text"]) for found in _PART.finditer(english)}
    return _PART.sub(lambda found: f"{found['by']}: begin -->\n\n{parts[found['by']]}\n\n", page)


def translated(part: str) -> str:
    """A part of the English page in Spanish.

    Raises:
        Untranslated: where a text is missing here.
    """
    return "\n".join(map(_line, part.splitlines()))


def _line(line: str) -> str:
    if line.startswith("|"):
        return f"| {' | '.join(_text(cell.strip()) for cell in line[1:-1].split('|'))} |"
    if line.startswith("#"):
        marks, _, heading = line.partition(" ")
        return f"{marks} {_text(heading)}"
    figure = _FIGURE.fullmatch(line)
    return f"![{_text(figure[1])}](../{figure[2]})" if figure else _text(line)


def _text(text: str) -> str:
    if text in NAMES or _NUMBERS.fullmatch(text):
        return text
    for pattern, spanish in _PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            # Its values may belong to another text that matches.
            with suppress(Untranslated):
                return spanish.format_map({name: _value(name, value) for name, value in found.groupdict().items()})
    message = f"{text!r} has no Spanish in benchmarks/spanish.py"
    raise Untranslated(message)


def _value(name: str, text: str) -> str:
    return text if name == "as_is" else _text(text)


def _patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    """What the texts match; those that say most first."""
    for english in sorted(TEXTS, key=lambda text: -len(re.sub(r"\{\w+\}", "", text))):
        parts, seen = re.split(r"\{(\w+)\}", english), set[str]()
        pattern = ""
        for at, part in enumerate(parts):
            if at % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
                seen.add(part)
        yield re.compile(pattern), TEXTS[english]


_PATTERNS = list(_patterns())


def write() -> None:
    """Write the generated parts of the Spanish page again; the rest of it stays."""
    SPANISH.write_text(renewed(SPANISH.read_text(), ENGLISH.read_text()))


if __name__ == "__main__":
    write()
