"""A Phrase is English as a text, and the user's language where it is told; copies keep both."""

import copy
import gettext
import io
import pickle

import orjson
import pytest

from cierre.mocks.log import Log
from cierre.phrases import Phrase, reason_of, translated

SPANISH = {"{row} is {state}": "{row} está {state}", "closed": "cerrada", "row {n:04o}": "fila {n:04o}"}


@pytest.fixture(autouse=True)
def spanish(monkeypatch):
    monkeypatch.setattr(gettext, "gettext", lambda text: SPANISH.get(text, text))


ROW = Phrase("{row} is {state}", row=Phrase("row {n:04o}", n=8), state=Phrase("closed"))


def test_as_a_text_it_is_english():
    assert ROW == "row 0010 is closed"
    assert orjson.loads(orjson.dumps({"message": ROW})) == {"message": "row 0010 is closed"}


def test_it_is_told_in_the_language_of_the_user_with_all_that_is_in_it():
    assert ROW.translated() == "fila 0010 está cerrada"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_has_both_languages(again):
    assert again(ROW) == ROW
    assert again(ROW).translated() == ROW.translated()


def test_what_others_say_stays_as_it_is():
    assert Phrase.of("{row} was {state}").translated() == "{row} was {state}"
    assert Phrase.of(ROW) is ROW
    assert translated("closed") == "closed"


def test_what_the_system_says_is_looked_up_as_well():
    assert reason_of(OSError(2, "closed")).translated() == "cerrada"
    assert reason_of(OSError("for no reason that has a number")) == "for no reason that has a number"


def test_a_log_for_people_tells_it_and_one_for_programs_is_english():
    people, programs = io.StringIO(), io.StringIO()
    Log(stream=people).add_note(ROW)
    Log(as_json=True, stream=programs).add_note(ROW)
    assert people.getvalue().endswith("note: fila 0010 está cerrada\n")
    assert programs.getvalue() == '{"note":"row 0010 is closed"}\n'
