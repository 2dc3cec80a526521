"""The page's files: its language, its protection, its texts."""

import re

import pytest

from tests.support.paths import ROOT

ASSETS = ROOT / "mocks" / "console" / "assets"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("es-MX,es;q=0.9,en;q=0.8", "es"), ("en,es;q=0.5", "en"), ("fr", "en"), ("", "en"), ("es;q=0", "en")],
)
async def test_the_page_is_in_the_language_of_the_reader(console, accepted, language):
    answer = await console.http.get("/__mock/", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert (await console.http.get("/__mock")).headers["Location"] == "/__mock/"


@pytest.mark.parametrize("path", ["", "page/main.js", "page/page.css"])
async def test_the_parts_of_the_page_are_protected(console, path):
    answer = await console.http.get(f"/__mock/{path}")
    assert answer.status_code == 200
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["page/", "page/index.html", "page/../page.py", "page/..%2fpage.py", "page/no.js"])
async def test_no_other_file_is_served(console, path):
    assert (await console.http.get(f"/__mock/{path}")).status_code == 404


def test_each_text_of_the_page_is_there_in_both_languages():
    english, spanish = (ASSETS / "texts.js").read_text(encoding="utf-8").partition("  es: {")[::2]
    keys = re.findall(r'[{ ](\w+): "', english)
    assert keys == re.findall(r'[{ ](\w+): "', spanish.partition("\n};")[0])
    assert len(keys) == len(set(keys))
    pages = "".join(file.read_text(encoding="utf-8") for file in ASSETS.glob("*") if file.name != "texts.js")
    used = {*re.findall(r'\bt\("(\w+)"', pages), *re.findall(r'data-(?:t|label)="(\w+)"', pages)}
    assert used <= set(keys)
    built = {"always", "always_label", "once", "once_label"}
    assert set(keys) - used - built == set()
