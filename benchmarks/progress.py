"""How far a run is, and the time left: a bar in a terminal, nothing elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

# Of the time that a step takes, all that has passed is the better guess: steps differ.
_WHOLE_RUN_S = 7200.0


class _Bar:
    """The bar that is shown; each step counts for as many seconds as its subject's usually take."""

    def __init__(self, progress: Progress, task: TaskID, weights: Mapping[str, float]) -> None:
        self._progress, self._task, self._weights = progress, task, weights
        self._subject = ""

    def begin(self, subject: str) -> None:
        self._subject = subject
        self._progress.update(self._task, description=subject)

    def step(self) -> None:
        self._progress.advance(self._task, self._weights[self._subject])


_shown: list[_Bar] = []


@contextmanager
def showing(steps: Mapping[str, int], seconds: Mapping[str, float]) -> Iterator[Progress]:
    """Show the bar.

    Args:
        steps: how often `step` will be called, by subject.
        seconds: that a step of it usually takes; only their proportions count.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%, so far"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, speed_estimate_period=_WHOLE_RUN_S) as progress:
        total = sum(count * seconds[subject] for subject, count in steps.items())
        _shown.append(_Bar(progress, progress.add_task("", total=total), seconds))
        try:
            yield progress
        finally:
            _shown.pop()


def begin(subject: str) -> None:
    """The steps from now on are of this subject."""
    for bar in _shown:
        bar.begin(subject)


def step() -> None:
    """One measurement is done."""
    for bar in _shown:
        bar.step()
