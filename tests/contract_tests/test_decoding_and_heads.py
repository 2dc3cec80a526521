"""What one answer says and the next does not, and bodies in encodings that are not read here, are no findings."""

import itertools

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import Contract, Options
from tests.support import toy

ANSWER = {"description": "", "content": {"application/json": {}}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Encodings", "version": "1"},
    "paths": {
        "/closed": {"get": {"responses": {"200": ANSWER, "401": ANSWER}}},
        "/packed": {"get": {"responses": {"200": ANSWER}}},
    },
}
NONCES = itertools.count()


async def closed(_request):
    challenge = f'Digest realm="closed", nonce="{next(NONCES)}"'
    return JSONResponse({}, 401, {"WWW-Authenticate": challenge})


async def packed(_request):
    return Response(b"\x0b\x00\x80{}\x03", 200, {"Content-Encoding": "br"}, "application/json")


def test_a_nonce_of_its_own_and_brotli_are_no_findings():
    app = Starlette(routes=[Route("/closed", closed), Route("/packed", packed)])
    with toy.serving(app) as url:
        phases = ("examples", "coverage", "probes")
        report = plan(Contract(CONTRACT), Options(url=url, examples=1, seed=1, phases=phases)).run(Quiet())

    assert [(one.operation, one.check) for one in report.findings] == []
