"""The fixture for a team's own tests."""

import subprocess
import sys
from pathlib import Path

from tests.support import toy

pytest_plugins = ["pytester"]


def test_the_plugin_starts_without_schemathesis():
    code = "import sys, cierre.contract_tests.pytest_plugin; sys.exit('schemathesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parent).returncode == 0


def test_a_team_holds_its_service_to_its_contract_with_a_fixture(files, pytester):
    spec, credentials = files
    with toy.serving(toy.Notes("no location").app()) as url:
        pytester.makepyfile(
            f"""
            def test_contract(cierre_contract):
                cierre_contract({url!r}, spec={str(spec)!r}, auth={str(credentials)!r}, examples=2, seed=1)

            def test_another_operation(cierre_contract):
                report = cierre_contract(
                    {url!r}, spec={str(spec)!r}, auth={str(credentials)!r}, examples=2, operations="get_note"
                )
                assert report.exchanges
            """
        )
        result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*POST /notes: Missing required response headers*", "curl -i -X POST *"])
