"""A receiver of signals on this machine: it keeps what it gets, and answers as it is told to."""

import asyncio
import contextlib
from typing import NamedTuple


class Signal(NamedTuple):
    path: str
    headers: dict
    body: bytes


class Receiver:
    """`url`; `got`: what arrived; `status`: of its answers; `silent`: it takes connections and never answers."""

    def __init__(self):
        self.got = []
        self.status = 202
        self.location = None
        self.silent = False
        self._tasks = set()
        self._over = asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/signals"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self._over.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, *fields = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.got.append(Signal(line.split()[1], headers, body))
                if self.silent:
                    await self._over.wait()
                    return
                location = f"Location: {self.location}\r\n" if self.location else ""
                writer.write(f"HTTP/1.1 {self.status} Told\r\n{location}Content-Length: 0\r\n\r\n".encode())
                await writer.drain()
