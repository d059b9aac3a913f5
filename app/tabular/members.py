"""The list itself where it came inside a ZIP: reading names such sheets "member" or "member!sheet"."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.tabular.archives import member_name, members, open_archive, unpack
from app.tabular.contents import content_of
from app.tabular.opening import INSIDE
from app.tabular.table import Unreadable


@contextmanager
def list_file(path: Path, sheet: str | None) -> Iterator[tuple[Path, str | None]]:
    """The file that holds the list and the sheet's own name; a member of a ZIP is unpacked for the while.

    Raises: Unreadable.
    """
    if content_of(path) != "zip" or sheet is None:
        yield path, sheet
        return
    with tempfile.TemporaryDirectory(prefix="member-") as folder, open_archive(path) as archive:
        entries = {member_name(entry): entry for entry in members(archive)}
        member, _, inner = (sheet, "", "") if sheet in entries else sheet.partition(INSIDE)
        if member not in entries:
            raise Unreadable(
                "no-such-sheet",
                "ZIPの中に、選んだ一覧がありません。",
                "The ZIP does not hold the list that was chosen.",
            )
        yield unpack(archive, entries[member], Path(folder, "member")), inner or None
