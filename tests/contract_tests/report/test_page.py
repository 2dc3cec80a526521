"""The page that somebody who found a bug sends to somebody who mends it."""

import html
import re

import pytest

from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.report import write
from cierre.contract_tests.run import Contract, Options
from tests.support import crashing, toy


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with toy.serving(crashing.app(crashing.TYPED)) as url:
        task = plan(Contract(crashing.CONTRACT), Options(url=url, seed=1, examples=20))
        write(task.run(Quiet()), task.document, task.secrets, folder)
    return html.unescape((folder / "index.html").read_text())


def test_findings_stand_under_their_operation_and_open(page):
    opened = page.index("<h3>POST /people</h3>")
    section = page[opened : page.index("</section>", opened)]

    assert section.count('<details class="finding">') == 2
    assert "answers 500 because of limit (query), an error of the server" in section


def test_each_has_request_answer_clause_and_curl(page):
    for part in (
        r"<pre>POST /people\?limit=\S+ HTTP/1.1\nHost: ",
        r"<pre>HTTP/1.1 500 Internal Server Error",
        r"<code>#/paths/~1people/post/responses</code>",
        r"<pre>'200':\n  description: ''",
        r"<pre>curl -i -X POST 'http://[^']+/people\?limit=",
    ):
        assert re.search(part, page), part
