"""Resource servers of a test."""

from contextlib import asynccontextmanager

from cierre.verifier import Refused, Verifier


@asynccontextmanager
async def verifiers(**defaults):
    """`await start(**arguments)`: a verifier that runs until the end of the block."""
    started = []

    async def start(**given):
        verifier = Verifier(**defaults | given)
        await verifier.start()
        started.append(verifier)
        return verifier

    yield start
    for verifier in started:
        await verifier.stop()


async def refusal(verifier, token):
    """The kind of the refusal; None: it was let in."""
    try:
        await verifier.verify(token)
    except Refused as refused:
        return type(refused)
    return None
