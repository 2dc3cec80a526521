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
PAGE = """# What the contract tests catch

`python -m cierre.contract_tests.defects --markdown docs/defects.md` writes this page. It starts the service, shows that
nothing is found, puts one defect after the other in front of it, and stops at the first finding: of the operation that
the defect touches, or else of the rules of closing a session (`sequences`). The origin of a defect is `seeded` for the
first list, `independent` where it was thought of later without a look at the checks, and `gap` where somebody who had
read the checks looked for what they left out."""


def table(title: str, outcomes: list[Outcome]) -> str:
    """The outcomes as a Markdown table, with the score above it."""
    found = sum(outcome.found for outcome in outcomes)
    lines = [
        f"## {title}: {found} of {len(outcomes)} were found",
        "",
        "| defect | origin | touches | found by | requests |",
        "|---|---|---|---|---:|",
    ]
    for outcome in outcomes:
        defect = outcome.defect
        touches = "sequences" if defect.sequences else defect.operations.replace("*", "\\*")
        by = outcome.by if outcome.found else f"**missed**: {outcome.by}"
        lines.append(f"| {defect.name} | {defect.origin} | {touches} | {by} | {outcome.requests} |")
    return "\n".join(lines)


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
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the tables to this file.")
def main(
    *,
    url: str | None,
    subjects: tuple[str, ...],
    origins: tuple[str, ...],
    only: str,
    seed: int,
    markdown: Path | None,
) -> None:
    """Test whether each seeded defect is found at URL: a server with the demo's users, without rate limits.

    Without URL one is started. Exit code 1 where a defect is missed.
    """
    tables, missed = [PAGE], False
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
                    tables.append(table(subject.title, outcomes))
                    click.echo(f"\n{tables[-1]}\n")
                missed = missed or not all(outcome.found for outcome in outcomes)
    except CouldNotRun as problem:
        raise click.ClickException(str(problem)) from problem
    if len(tables) == 1:
        raise click.UsageError(f"no defect of these is called {only!r}")
    if markdown:
        markdown.write_text("\n\n".join(tables) + "\n", encoding="utf-8")
    sys.exit(missed)


if __name__ == "__main__":
    main()
