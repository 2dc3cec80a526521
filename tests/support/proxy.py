"""A TCP proxy that can be stopped and restarted: what a database or queue looks like that goes away and comes back."""

import asyncio
import contextlib


class TcpProxy:
    """Passes bytes between a port of its own and another; `stop()` cuts what is open and refuses what comes."""

    def __init__(self, host, port):
        self._target = (host, port)
        self._server = None
        self._open = True
        self._tasks = set()
        self._writers = set()
        self.port = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        await self.stop()
        self._server.close()

    async def stop(self):
        self._open = False
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    def restart(self):
        self._open = True

    async def _serve(self, reader, writer):
        if not self._open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(*self._target)
        self._writers |= {writer, back}
        await asyncio.gather(_pass(reader, back), _pass(there, writer))
        self._writers -= {writer, back}


async def _pass(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
