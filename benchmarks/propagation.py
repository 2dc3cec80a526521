"""`python -m benchmarks.propagation`: how long after node A has answered a logout do the others refuse the token?

Two nodes on one PostgreSQL. Each session is closed on A; from the moment A's answer is read, B is asked again and again
until it refuses, and a resource server's denylist (`cierre.verifier`) is looked at again and again until it denies.
With `--pooler` all of them reach PostgreSQL through PgBouncer in transaction mode, where no notification arrives.
"""

import asyncio
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

import httpx

from cierre.verifier import Verifier

USE = "/api/v1/auth/sessions"
LOGOUT = "/api/v1/auth/logout"
# A token that lives for so long after its logout is alive.
PATIENCE_S = 30.0


class Session(Protocol):
    """An open session."""

    user_id: str
    session_id: str

    @property
    def access(self) -> str: ...


class Delays(NamedTuple):
    """Seconds from A's answer, one of each for each logout.

    Attributes:
        node: to B's answer that refuses the token; the request to B is part of it.
        resource_server: to the denial in a resource server's memory.
    """

    node: list[float]
    resource_server: list[float]


async def measure(a: str, b: str, sessions: Sequence[Session], verifier: Verifier | None = None) -> Delays:
    """Close the sessions on A, one after the other, and watch B and, if there is one, the verifier.

    Raises:
        AssertionError: a token was dead before its logout, or alive long after it.
    """
    delays = Delays([], [])
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        for session in sessions:
            headers = {"Authorization": f"Bearer {session.access}"}
            assert (await client.get(b + USE, headers=headers)).status_code == 200, "dead before its logout"
            answer = await client.post(a + LOGOUT, headers=headers)
            answered = time.perf_counter()
            assert answer.status_code == 200, answer.text
            if verifier is None:
                delays.node.append(await _until_refused(client, b, headers, answered))
                continue
            node, resource_server = await asyncio.gather(
                _until_refused(client, b, headers, answered), _until_denied(verifier, session, answered)
            )
            delays.node.append(node)
            delays.resource_server.append(resource_server)
    return delays


async def _until_refused(client: httpx.AsyncClient, url: str, headers: dict[str, str], since: float) -> float:
    while time.perf_counter() - since < PATIENCE_S:
        answer = await client.get(url + USE, headers=headers)
        if answer.status_code == 401:
            return time.perf_counter() - since
    raise AssertionError(f"{url} still accepts it after {PATIENCE_S:.0f} s")


async def _until_denied(verifier: Verifier, session: Session, since: float) -> float:
    while time.perf_counter() - since < PATIENCE_S:
        if verifier.denylist.denies(session.session_id, session.user_id, 0):
            return time.perf_counter() - since
        await asyncio.sleep(0)
    raise AssertionError(f"the resource server still accepts it after {PATIENCE_S:.0f} s")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def line(name: str, values: Sequence[float]) -> str:
    """`name  p50 …  p99 …  max …`, in milliseconds."""
    numbers = "  ".join(f"p{share * 100:g} {percentile(values, share) * 1000:.1f}" for share in (0.5, 0.9, 0.99))
    return f"{name:<32} {numbers}  max {max(values) * 1000:.1f} ms"


class _Opened(NamedTuple):
    user_id: str
    session_id: str
    access: str


@contextmanager
def _two_nodes(count: int, *, pooled: bool) -> Iterator[tuple[str, str, str, list[_Opened]]]:
    """Two nodes on a PostgreSQL of their own, with so many open sessions: the URLs of A, B and the database."""
    # Only here: a test that measures brings nodes of its own.
    from benchmarks import cluster, database, pooler, processes, scratch  # noqa: PLC0415
    from benchmarks.peers.ours import Cierre, user  # noqa: PLC0415

    for folder in (scratch.SCRATCH, scratch.LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    with cluster.running(), database.postgres("propagation") as store, ExitStack() as stack:
        peer = Cierre(store)
        peer.prepare()
        opened = peer.open_sessions([user(n % 1000) for n in range(count)])
        if pooled:
            folder = Path(stack.enter_context(TemporaryDirectory(dir=scratch.SCRATCH)))
            store.url = stack.enter_context(pooler.before(store.url, folder))
        with (
            processes.running("node-a", lambda port: peer.command(port, 1)) as a,
            processes.running("node-b", lambda port: peer.command(port, 1)) as b,
        ):
            sessions = [_Opened(one.user_id, one.session_id, one.access_token) for one in opened]
            yield f"http://127.0.0.1:{a.port}", f"http://127.0.0.1:{b.port}", store.url, sessions


async def _watched(a: str, b: str, database_url: str, sessions: Sequence[Session]) -> Delays:
    verifier = Verifier(issuer=a, revocations=database_url)
    async with verifier:
        return await measure(a, b, sessions, verifier)


def main() -> int:
    parser = ArgumentParser(prog="python -m benchmarks.propagation", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="logouts")
    parser.add_argument("--pooler", action="store_true", help="through PgBouncer in transaction mode")
    options = parser.parse_args()
    count: int = options.count
    with _two_nodes(count, pooled=options.pooler) as (a, b, database_url, sessions):
        delays = asyncio.run(_watched(a, b, database_url, sessions))
    print(f"{count} logouts on A; from A's answer to")
    print(line("a refusal by node B", delays.node))
    print(line("a denial in a resource server", delays.resource_server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
