"""What of a request has arrived."""

from enum import Enum, auto


class Phase(Enum):
    """Of a connection; `DEAF`: what still arrives is thrown away; `UPGRADED`: it is a WebSocket."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    COMPLETE = auto()
    DEAF = auto()
    UPGRADED = auto()
