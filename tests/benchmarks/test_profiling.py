"""`benchmarks.scenarios.profiling`: what a sample of py-spy is counted for."""

import pytest

from benchmarks.scenarios.profiling import LOOP, PARTS, part_of, shares

OUTER = "main (cierre/cli/__init__.py:40);run_asgi (uvicorn/protocols/http/httptools_impl.py:409)"
EDGE = f"{OUTER};Edge.__call__ (cierre/http/edge.py:50)"


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ("main (cierre/cli/__init__.py:40);Runner.run (asyncio/runners.py:118)", LOOP),
        (OUTER, "protocol: uvicorn, httptools, our limits"),
        (EDGE, "edge, limits by address and user, dispatch, arguments"),
        (f"{EDGE};_log_request (cierre/http/edge.py:140)", "log lines"),
        (f"{EDGE};PostgresTx.rows (cierre/storage/postgresql.py:70);wait (asyncio/x.py:1)", "statements, connections"),
        (f"{EDGE};verify (cierre/tokens/jws.py:70);b64decode (base64.py:80)", "signature of the token"),
        (f"{EDGE};logout (cierre/handlers/auth.py:40)", "the domain"),
    ],
)
def test_a_sample_counts_for_the_innermost_part_it_was_in(stack, part):
    assert part_of(stack).startswith(part)


def test_shares_are_of_all_samples():
    lines = [f"{EDGE} 3\n", f"{OUTER} 1\n"]
    assert sorted(shares(lines).values()) == [0.25, 0.75]
    assert shares(lines).keys() <= PARTS.keys()
