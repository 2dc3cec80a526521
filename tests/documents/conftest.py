"""A real server for the documents' own commands, started once."""

import pytest
from running import Nodes


@pytest.fixture(scope="session")
def real(tmp_path_factory, _keys, _sqlite_template):
    """A `cierre serve` process on SQLite, with the demo's users; answers are checked against the contract."""
    import shutil

    directory = tmp_path_factory.mktemp("real")
    nodes = Nodes(directory, shutil.copytree(_keys, directory / "data"))
    database = shutil.copy(_sqlite_template, directory / "cierre.db")
    yield nodes(f"sqlite:///{database}", "--demo", "--validate-responses", issuer="http://localhost:3000")
    nodes.end()
