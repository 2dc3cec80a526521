"""Reports for machines: JUnit for CI, HAR for tools that replay traffic, JSON for everything else."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import harfile

from cierre.contract_tests.documents import Document
from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.findings import Finding, Report
from cierre.contract_tests.report.coverage import measure
from cierre.contract_tests.secrets import Secrets

# Bytes of a body in an archive: a probe of megabytes says no more than its beginning.
KEPT = 10_000
# Characters that XML 1.0 forbids even as references (section 2.2).
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def junit(report: Report) -> str:
    """One suite a phase, one case an operation; a finding is a failure."""
    root = ET.Element("testsuites", name=f"contract of {report.title}", time=f"{report.elapsed:.3f}")
    for phase in dict.fromkeys(scenario.phase for scenario in report.scenarios):
        scenarios = [scenario for scenario in report.scenarios if scenario.phase == phase]
        findings = [finding for finding in report.findings if finding.phase == phase]
        suite = ET.SubElement(root, "testsuite", name=phase, failures=str(len(findings)))
        names = dict.fromkeys([*(scenario.operation for scenario in scenarios)])
        names.update(dict.fromkeys(finding.operation for finding in findings))
        suite.set("tests", str(len(names)))
        for name in names:
            elapsed = sum(scenario.elapsed for scenario in scenarios if scenario.operation == name)
            case = ET.SubElement(suite, "testcase", classname=phase, name=name, time=f"{elapsed:.3f}")
            for finding in findings:
                if finding.operation == name:
                    failure = ET.SubElement(case, "failure", message=_xml(finding.title), type=finding.check)
                    failure.text = _xml(text(finding))
            if all(scenario.status == "skip" for scenario in scenarios if scenario.operation == name):
                note = next((one.note for one in scenarios if one.operation == name), "")
                ET.SubElement(case, "skipped", message=note)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def text(finding: Finding) -> str:
    """A finding as plain text: what is broken, which clause, what was sent, what came."""
    return f"{finding.message}\n\nClause: {finding.clause}\n\n{finding.curl}\n\n{answer(finding.exchange)}"


def answer(came: Exchange | None) -> str:
    """What came, as HTTP shows it; a long body is cut."""
    if came is None:
        return "no answer"
    fields = "".join(f"{name}: {value}\n" for name, value in came.headers)
    body = came.body.decode(errors="replace")
    shown = body if len(body) <= 2000 else f"{body[:2000]}… ({len(came.body)} bytes)"
    return f"HTTP/1.1 {came.status} {came.reason}\n{fields}\n{shown}"


def _xml(value: str) -> str:
    return _FORBIDDEN_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value)


def json_report(report: Report, document: Document, secrets: Secrets) -> str:
    """The whole report but the traffic, with the coverage."""
    labels = {scenario.operation for scenario in report.scenarios}
    coverage = measure(document, report.exchanges, labels)
    content: dict[str, Any] = {
        "target": report.target,
        "contract": {"title": report.title, "version": report.version},
        "seed": report.seed,
        "examples": report.examples,
        "elapsed": round(report.elapsed, 3),
        "requests": len(report.exchanges),
        "exitCode": report.exit_code,
        "findings": [
            {
                **{name: getattr(finding, name) for name in ("operation", "phase", "check", "title", "clause")},
                "message": finding.message,
                "curl": finding.curl,
                "answer": secrets.hide(answer(finding.exchange)),
            }
            for finding in report.findings
        ],
        "errors": [secrets.hide(problem) for problem in report.errors],
        "scenarios": [asdict(scenario) for scenario in report.scenarios],
        "coverage": {"share": round(coverage.share, 4), **asdict(coverage)},
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def har(report: Report, secrets: Secrets) -> str:
    """All traffic as HTTP Archive 1.2; secrets are replaced by the names of their variables."""
    output = io.StringIO()
    with harfile.HarFile.open(output) as archive:
        for seen in report.exchanges:
            archive.add_entry(
                startedDateTime=datetime.fromtimestamp(seen.started, tz=UTC).isoformat(),
                time=round(seen.elapsed * 1000, 2),
                request=_har_request(seen, secrets),
                response=_har_response(seen, secrets),
                timings=harfile.Timings(send=0, wait=round(seen.elapsed * 1000, 2), receive=0),
                comment=f"{seen.phase}: {seen.operation}",
            )
    return output.getvalue()


def _kept(body: bytes) -> str:
    """What an archive keeps of a body; `bodySize` tells the length of all of it."""
    return body[:KEPT].decode(errors="replace")


def _har_request(seen: Exchange, secrets: Secrets) -> Any:
    body = secrets.hide(_kept(seen.request_body))
    kind = seen.request_header("content-type") or ""
    return harfile.Request(
        method=seen.method,
        url=secrets.hide(seen.url),
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=secrets.hide(value)) for name, value in seen.request_headers],
        bodySize=len(seen.request_body),
        postData=harfile.PostData(mimeType=kind, text=body) if seen.request_body else None,
    )


def _har_response(seen: Exchange, secrets: Secrets) -> Any:
    body = secrets.hide(_kept(seen.body))
    return harfile.Response(
        status=seen.status,
        statusText=seen.reason,
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=secrets.hide(value)) for name, value in seen.headers],
        bodySize=len(seen.body),
        content=harfile.Content(size=len(seen.body), mimeType=seen.media_type, text=body),
    )
