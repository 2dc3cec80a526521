"""`python -m cierre.contract_tests.defects [URL]`: is each seeded defect found? Prints the tables."""

from __future__ import annotations

import contextlib
import fnmatch
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from cierre.contract_tests.defects.catalogue import SUBJECTS
from cierre.contract_tests.defects.defect import Defect, Origin
from cierre.contract_tests.defects.page import ENGLISH, SPANISH, page, table
from cierre.contract_tests.defects.service import service
from cierre.contract_tests.defects.trial import Outcome, try_defect, try_without
from cierre.contract_tests.findings import CouldNotRun

# What `--origin` takes; the last two are the names that `--set` had.
ORIGINS: dict[str, Origin] = {
    "seeded": "seeded",
    "independent": "independent",
    "gap": "gap",
    "strangers": "independent",
    "gaps": "gap",
}
PAGE = click.Path(dir_okay=False, path_type=Path)


def _chosen(defects: Iterable[Defect], origins: tuple[str, ...], only: str) -> list[Defect]:
    wanted = {ORIGINS[name] for name in origins}
    return [one for one in defects if one.origin in wanted and fnmatch.fnmatchcase(one.name, only)]


def _check_without(url: str, seed: int) -> None:
    """What is found without a defect is not found because of one."""
    report = try_without(url, seed)
    if report.findings or report.errors:
        problems = [*(f"{one.operation}: {one.title}" for one in report.findings), *report.errors]
        raise click.ClickException("\n  ".join(["found without a defect:", *problems]))
    click.echo(f"without a defect: nothing found, {len(report.exchanges)} requests")


@click.command()
@click.argument("url", required=False)
@click.option(
    "--subject", "subjects", type=click.Choice(list(SUBJECTS)), multiple=True, default=SUBJECTS, help="Only these."
)
@click.option(
    "--origin",
    "--set",
    "origins",
    type=click.Choice(list(ORIGINS)),
    multiple=True,
    default=ORIGINS,
    help="Only these. --set, strangers and gaps are the old names of --origin, independent and gap.",
)
@click.option("--only", default="*", metavar="PATTERN", help="Defects whose name matches.")
@click.option("--seed", default=1, show_default=True)
@click.option("--markdown", type=PAGE, help="Write the tables to this file.")
@click.option("--markdown-es", type=PAGE, help="Write them in Spanish to this file.")
def main(
    *,
    url: str | None,
    subjects: tuple[str, ...],
    origins: tuple[str, ...],
    only: str,
    seed: int,
    markdown: Path | None,
    markdown_es: Path | None,
) -> None:
    """Test whether each seeded defect is found at URL: a server with the demo's users, without rate limits.

    Without URL one is started. Exit code 1 where a defect is missed.
    """
    results: list[tuple[str, list[Outcome]]] = []
    try:
        with contextlib.nullcontext(url) if url else service() as target:
            if only == "*":
                _check_without(target, seed)
            for subject in (SUBJECTS[name] for name in subjects):
                outcomes = []
                for defect in _chosen(subject.defects, origins, only):
                    outcomes.append(try_defect(target, defect, seed))
                    click.echo(f"{'found ' if outcomes[-1].found else 'MISSED'} {defect.name}: {outcomes[-1].by}")
                if outcomes:
                    results.append((subject.title, outcomes))
                    click.echo(f"\n{table(subject.title, outcomes)}\n")
    except CouldNotRun as problem:
        raise click.ClickException(str(problem)) from problem
    if not results:
        raise click.UsageError(f"no defect of these is called {only!r}")
    for file, words in ((markdown, ENGLISH), (markdown_es, SPANISH)):
        if file:
            file.write_text(page(results, words), encoding="utf-8")
    sys.exit(not all(outcome.found for _, outcomes in results for outcome in outcomes))


if __name__ == "__main__":
    main()
