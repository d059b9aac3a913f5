"""`scripts/conformance NAME …`: runs one outside check; 0 when everything passed."""

import importlib
import sys

from scripts.machine.processes import StopRequested, raise_on_stop_signals
from scripts.machine.terminal import Refusal, refuse

CHECKS = {
    "cql2": "OGC's own CQL2 predicates with their expected counts, over HTTP",
    "ogctests": "OGC API Features Part 1 and Part 3 by the outside suite ogctests",
    "clients": "GDAL, OWSLib, ogc-client, QGIS",
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in CHECKS:
        print("scripts/conformance", "|".join(CHECKS), "[...]", file=sys.stderr)
        for name, describes in CHECKS.items():
            print(f"  {name:<9} {describes}", file=sys.stderr)
        return 2
    raise_on_stop_signals()
    try:
        check = importlib.import_module(f"scripts.checks.{arguments[0]}")
        status: int = check.main(arguments[1:])
    except StopRequested:
        return 130
    except Refusal as refusal:
        return refuse(refusal)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
