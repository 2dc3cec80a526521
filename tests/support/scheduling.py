"""Which tests pytest-xdist gives to one process: test by test, but for files whose tests share what is dear.

pytest-xdist 3.8 has marks for that (`xdist_group`), which change an attribute that pytest 9.2 no longer reads.
"""

from xdist.scheduler import LoadScopeScheduling

# Of the first the last test sums up what the others have found; for the second 350 MB are installed.
TOGETHER = frozenset({"tests/mocks/test_public_documents.py", "tests/end_to_end/test_collections.py"})


class SharingScheduling(LoadScopeScheduling):
    """Test by test, and the tests of the files of `TOGETHER` in one process each."""

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid
