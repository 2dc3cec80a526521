"""What each session keeps apart: its things, and what makes the ids of new ones."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from cierre.mocks.state.made import Maker
from cierre.mocks.state.store import Store

# Sessions at a time, and things of one of them: whoever makes up names must not fill the memory.
MOST = 100
THINGS = 10_000


class Kept(NamedTuple):
    """Of one session.

    Attributes:
        store: of its things.
        maker: of what no client says.
    """

    store: Store
    maker: Maker


class Sessions:
    """Of one mock. Of too many the one goes that was used longest ago: it begins anew when it comes back.

    Args:
        store: of everybody without a session.
        seed: of ids, in each session anew; None: they differ in each run.
    """

    def __init__(self, store: Store, seed: str | None) -> None:
        self._seed = seed
        self.everybody = Kept(store, Maker(seed))
        self._named: OrderedDict[str, Kept] = OrderedDict()

    def of(self, name: str) -> Kept:
        """What a session keeps; "": what everybody without one keeps."""
        if not name:
            return self.everybody
        kept = self._named.get(name)
        if kept is None:
            if len(self._named) >= MOST:
                self._named.popitem(last=False)
            kept = self._named[name] = Kept(Store(most=THINGS), Maker(self._seed))
        self._named.move_to_end(name)
        return kept

    def clear(self, name: str) -> None:
        """Let a session begin anew; "": everybody, and all sessions."""
        if name:
            self._named.pop(name, None)
            return
        self.everybody.store.clear()
        self._named.clear()
