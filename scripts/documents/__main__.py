"""`scripts/docs [--check]`: writes the documents made from the code; with --check only says which are out of date."""

import sys

from app.applications.procedure_document import workflow_document
from app.applications.standard_procedure import STANDARD
from app.config import PROJECT_ROOT
from scripts.documents.permissions import permissions_document

DOCUMENTS = {"docs/permissions.md": permissions_document, "docs/workflow.md": lambda: workflow_document(STANDARD)}


def main(arguments: list[str]) -> int:
    """Write each document that differs; 1 where --check finds one that does."""
    if arguments not in ([], ["--check"]):
        print("scripts/docs [--check]", file=sys.stderr)
        return 2
    stale = []
    for name, make in DOCUMENTS.items():
        file, text = PROJECT_ROOT / name, make()
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not arguments:
            file.write_text(text, encoding="utf-8")
    print("古くなっています / out of date:" if arguments else "書きました / written:", ", ".join(stale) or "-")
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
