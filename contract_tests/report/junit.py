"""The report for CI: JUnit's XML."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from cierre.contract_tests.findings import Report
from cierre.contract_tests.report.text import finding_text
from cierre.contract_tests.secrets import Secrets

# Characters that XML 1.0 forbids even as references (section 2.2).
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def render(report: Report, secrets: Secrets) -> str:
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
                    failure.text = _xml(finding_text(finding, secrets))
            if all(scenario.status == "skip" for scenario in scenarios if scenario.operation == name):
                note = next((one.note for one in scenarios if one.operation == name), "")
                ET.SubElement(case, "skipped", message=note)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _xml(value: str) -> str:
    return _FORBIDDEN_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value)
