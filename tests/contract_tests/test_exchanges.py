"""The curl of a request sends it again."""

import subprocess
import sys

from cierre.contract_tests.exchanges import Exchange, curl
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.run import Options
from cierre.contract_tests.secrets import Secrets
from tests.support import toy


def test_the_curl_of_a_finding_shows_it_again(files, tmp_path):
    spec, credentials = files
    with toy.serving(toy.Notes("no location").app()) as url:
        task = plan(read_contract(spec, credentials), Options(url=url, seed=1, examples=1))
        [finding] = task.run(Quiet()).findings
        assert 'Bearer \'"$TOKEN"' in finding.curl
        # Without jq on the machine, Python picks the token.
        jq = tmp_path / "jq"
        jq.write_text(f"#!{sys.executable}\nimport json,sys\nprint(json.load(sys.stdin)['token'])\n")
        jq.chmod(0o755)
        shown = subprocess.run(
            ["bash", "-c", finding.curl],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PASSWORD": "of-straw"},
        ).stdout
    assert shown.startswith("HTTP/1.1 201")
    assert "location" not in shown


def test_a_curl_can_repeat_any_byte():
    sent = Exchange("", "", "POST", "http://x/", (), b"\xff'\\\n$", 200, "", (), b"", 0.0, 0.0)

    printed = curl(sent, Secrets()).replace("curl", "printf %s", 1).split("--data-binary ")[1]
    shown = subprocess.run(["bash", "-c", f"printf %s {printed}"], capture_output=True, check=True).stdout

    assert shown == b"\xff'\\\n$"
