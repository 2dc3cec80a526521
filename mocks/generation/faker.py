"""`x-faker` of a schema, as Prism reads it in dynamic answers.

The names are those of Faker.js, old and new (`name.firstName`, `person.firstName`): what counts is the last part. A
name that is not known here is passed over: the value is made from the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

_TEMPLATE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_FIRST = ("Ana", "Luis", "Eva", "Juan", "Marta", "Pablo")
_LAST = ("García", "Ruiz", "Soto", "Vega", "Moreno", "Prieto")
_WORDS = ("lorem", "ipsum", "dolor", "amet", "magna", "aliqua", "tempor", "elit", "nulla", "velit")
_CITIES = ("Madrid", "Lima", "Quito", "Bogotá", "Sevilla", "Rosario")
_COUNTRIES = (("ES", "Spain"), ("PE", "Peru"), ("EC", "Ecuador"), ("CO", "Colombia"), ("AR", "Argentina"))
_CURRENCIES = ("EUR", "USD", "PEN", "COP")
_PRODUCTS = ("Chair", "Table", "Lamp", "Shirt", "Keyboard", "Bicycle")
# Of an argument: beyond it a number is none that a float tells apart.
_GREATEST = 10**15

Arguments = Mapping[str, Any]
Maker = Callable[[Random, Arguments], Any]


def _words(rng: Random, least: int, most: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(rng.randint(least, most)))


def _sentence(rng: Random) -> str:
    return _words(rng, 4, 8).capitalize() + "."


def _date(rng: Random, year: int) -> str:
    return (
        f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00.000Z"
    )


def _integer(rng: Random, given: Arguments) -> int:
    least, most = _number(given, "min", 0), _number(given, "max", 99_999)
    return rng.randint(int(least), max(int(least), int(most)))


def _decimal(rng: Random, given: Arguments) -> float:
    least, most = _number(given, "min", 0), _number(given, "max", 1000)
    return round(rng.uniform(least, max(least, most)), 2)


def _number(given: Arguments, name: str, default: float) -> float:
    value = given.get(name)
    return value if isinstance(value, (int, float)) and abs(value) <= _GREATEST else default


def _uuid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _user(rng: Random) -> str:
    return f"{rng.choice(_WORDS)}{rng.randrange(100)}"


# By the last part of the name, in lower case.
_MAKERS: dict[str, Maker] = {
    "firstname": lambda rng, _: rng.choice(_FIRST),
    "lastname": lambda rng, _: rng.choice(_LAST),
    "fullname": lambda rng, _: f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
    "findname": lambda rng, _: f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
    "jobtitle": lambda rng, _: rng.choice(("Engineer", "Designer", "Analyst", "Manager")),
    "username": lambda rng, _: _user(rng),
    "displayname": lambda rng, _: _user(rng),
    "email": lambda rng, _: f"{_user(rng)}@example.com",
    "exampleemail": lambda rng, _: f"{_user(rng)}@example.com",
    "url": lambda rng, _: f"https://example.com/{rng.choice(_WORDS)}",
    "domainname": lambda rng, _: f"{rng.choice(_WORDS)}.example.com",
    "ip": lambda rng, _: f"192.0.2.{rng.randint(1, 254)}",
    "ipv4": lambda rng, _: f"192.0.2.{rng.randint(1, 254)}",
    "ipv6": lambda rng, _: f"2001:db8::{rng.randint(1, 9999):x}",
    "mac": lambda rng, _: ":".join(f"{rng.randrange(256):02x}" for _ in range(6)),
    "useragent": lambda _rng, _: "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0",
    "password": lambda rng, _: f"{rng.getrandbits(60):015x}",
    "color": lambda rng, _: f"#{rng.randrange(2**24):06x}",
    "rgb": lambda rng, _: f"#{rng.randrange(2**24):06x}",
    "phonenumber": lambda rng, _: f"+346{rng.randrange(10**8):08}",
    "number": _integer,
    "int": _integer,
    "float": _decimal,
    "amount": lambda rng, given: f"{_decimal(rng, given):.2f}",
    "price": lambda rng, given: f"{_decimal(rng, given):.2f}",
    "boolean": lambda rng, _: rng.random() < 0.5,
    "uuid": lambda rng, _: _uuid(rng),
    "alphanumeric": lambda rng, given: f"{rng.getrandbits(80):020x}"[: int(_number(given, "length", 10))],
    "word": lambda rng, _: rng.choice(_WORDS),
    "words": lambda rng, _: _words(rng, 3, 3),
    "slug": lambda rng, _: _words(rng, 3, 3).replace(" ", "-"),
    "sentence": lambda rng, _: _sentence(rng),
    "sentences": lambda rng, _: " ".join(_sentence(rng) for _ in range(3)),
    "paragraph": lambda rng, _: " ".join(_sentence(rng) for _ in range(4)),
    "text": lambda rng, _: " ".join(_sentence(rng) for _ in range(4)),
    "past": lambda rng, _: _date(rng, rng.randint(2015, 2024)),
    "recent": lambda rng, _: _date(rng, 2025),
    "future": lambda rng, _: _date(rng, rng.randint(2035, 2045)),
    "soon": lambda rng, _: _date(rng, 2035),
    "birthdate": lambda rng, _: _date(rng, rng.randint(1950, 2005)),
    "month": lambda rng, _: rng.choice(("January", "April", "July", "October")),
    "weekday": lambda rng, _: rng.choice(("Monday", "Wednesday", "Friday")),
    "city": lambda rng, _: rng.choice(_CITIES),
    "country": lambda rng, _: rng.choice(_COUNTRIES)[1],
    "countrycode": lambda rng, _: rng.choice(_COUNTRIES)[0],
    "state": lambda rng, _: rng.choice(_CITIES),
    "street": lambda rng, _: f"Calle {rng.choice(_LAST)}",
    "streetname": lambda rng, _: f"Calle {rng.choice(_LAST)}",
    "streetaddress": lambda rng, _: f"Calle {rng.choice(_LAST)} {rng.randint(1, 99)}",
    "zipcode": lambda rng, _: f"{rng.randrange(10**5):05}",
    "latitude": lambda rng, _: round(rng.uniform(-90, 90), 4),
    "longitude": lambda rng, _: round(rng.uniform(-180, 180), 4),
    "companyname": lambda rng, _: f"{rng.choice(_LAST)} & {rng.choice(_LAST)}",
    "productname": lambda rng, _: rng.choice(_PRODUCTS),
    "product": lambda rng, _: rng.choice(_PRODUCTS),
    "department": lambda rng, _: rng.choice(("Books", "Garden", "Music", "Toys")),
    "currencycode": lambda rng, _: rng.choice(_CURRENCIES),
    "currencysymbol": lambda rng, _: rng.choice("€$"),
    "iban": lambda rng, _: f"ES{rng.randrange(10**22):022}",
    "account": lambda rng, _: f"{rng.randrange(10**8):08}",
    "filename": lambda rng, _: f"{rng.choice(_WORDS)}.pdf",
    "mimetype": lambda rng, _: rng.choice(("application/pdf", "image/png", "text/plain")),
    "semver": lambda rng, _: f"{rng.randrange(10)}.{rng.randrange(10)}.{rng.randrange(10)}",
    "imageurl": lambda rng, _: f"https://example.com/{rng.choice(_WORDS)}.png",
    "avatar": lambda rng, _: f"https://example.com/{rng.choice(_WORDS)}.png",
    "image": lambda rng, _: f"https://example.com/{rng.choice(_WORDS)}.png",
}


def fake(wanted: Any, kinds: Sequence[str], rng: Random) -> Any:
    """The value that an `x-faker` asks for, as a type of the schema; None where it asks for nothing that is known.

    Args:
        wanted: a name, a text with names in `{{…}}`, or a name with its arguments: `{number.int: {min: 1}}`.
        kinds: the JSON types that the schema allows.
        rng: what the value is drawn with.
    """
    arguments: Any = None
    if isinstance(wanted, Mapping) and len(wanted) == 1:
        wanted, arguments = next(iter(wanted.items()))
    if not isinstance(wanted, str):
        return None
    if _TEMPLATE.search(wanted):
        return _TEMPLATE.sub(lambda match: str(_made(match[1], None, rng) or ""), wanted)
    return _as_kind(_made(wanted, arguments, rng), kinds)


def _made(name: str, arguments: Any, rng: Random) -> Any:
    room, _, last = name.lower().rpartition(".")
    if last == "name":
        last = {"company": "companyname", "commerce": "productname"}.get(room, "fullname")
    maker = _MAKERS.get(last)
    return maker(rng, _named(arguments)) if maker else None


def _named(arguments: Any) -> Arguments:
    """Arguments by name; Faker.js takes them in a list, too: `[{min: 1}]`, `[1, 9]`."""
    if isinstance(arguments, list):
        has_names = len(arguments) == 1 and isinstance(arguments[0], Mapping)
        arguments = arguments[0] if has_names else dict(zip(("min", "max"), arguments, strict=False))
    return arguments if isinstance(arguments, Mapping) else {}


def _as_kind(value: Any, kinds: Sequence[str]) -> Any:
    if value is None or not kinds:
        return value
    if "string" in kinds and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str) and {"number", "integer"} & set(kinds) and "string" not in kinds:
        try:
            value = float(value)
        except ValueError:
            return None
    return int(value) if isinstance(value, float) and "integer" in kinds and "number" not in kinds else value
