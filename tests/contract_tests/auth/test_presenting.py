"""Credentials on a request."""

import json
from urllib.parse import parse_qs

import requests

from cierre.contract_tests.auth import file
from cierre.contract_tests.auth.logins import Logins
from cierre.contract_tests.auth.presenting import Credentials
from cierre.contract_tests.silence import Line


def test_a_live_value_is_written_as_its_body_is():
    presented = Credentials(Logins(Line("http://127.0.0.1")), file.Entry(live={"shown": 'a"b&\u00e9'}), None)
    of_json = requests.Request("POST", "http://127.0.0.1/", json={"password": "shown"}).prepare()
    of_form = requests.Request("POST", "http://127.0.0.1/", data={"password": "shown", "more": "1"}).prepare()

    presented(of_json)
    presented(of_form)

    assert json.loads(of_json.body) == {"password": 'a"b&\u00e9'}
    assert parse_qs(of_form.body.decode()) == {"password": ['a"b&\u00e9'], "more": ["1"]}
