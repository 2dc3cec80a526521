"""Other processes of this machine, by their ids."""

from pathlib import Path


def children(pid):
    """The ids of the processes that it started and that are not fetched yet."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid):
    """Whether a process runs. One that has ended does not, though it may stay until somebody fetches it: init, say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
