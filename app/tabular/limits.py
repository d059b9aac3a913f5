"""How much of a file somebody sent is taken in, and why not more."""

from dataclasses import dataclass

MIB = 1024 * 1024

# Archives (XLSX, ODS and KMZ are ZIP archives as well). The largest honest workbook measured, 200,000 rows of 30
# columns, unpacks to about 190 MB and packs ten to one; a bomb packs a thousand to one.
ARCHIVE_BYTES = 200_000_000
ARCHIVE_RATIO = 200
ARCHIVE_RATIO_FROM_BYTES = 10_000_000  # below this a high ratio harms nobody: an empty template packs well
ARCHIVE_ENTRIES = 1_000

# CSV is read as a stream, so rows cost time alone; the largest list foreseen has a million.
DELIMITED_ROWS = 1_200_000
# No list of the standards has more than 90 columns.
COLUMNS = 300
# A workbook lies in memory whole: 24 bytes a cell and its text.
WORKBOOK_ROWS = 200_000
WORKBOOK_CELLS = 8_000_000
# What a cell of Excel can hold.
CELL_CHARACTERS = 32_767
# A line is in memory whole. 300 cells of 10,000 characters would fit; nobody writes them.
LINE_BYTES = 3_000_000
# Lines one quoted cell may run over. A description of a facility may have a dozen; a lost quote has no end.
RECORD_LINES = 100
# GeoJSON, KML and the attributes of a shapefile lie in memory whole.
GEOGRAPHIC_BYTES = 60_000_000
FEATURES = 200_000

HEADING_SEARCH_ROWS = 50
SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child process that reads a file may use; beyond it, the child ends and the reason is said."""

    memory_bytes: int = 1024 * MIB  # address space; the libraries themselves map about 300 MiB of it
    cpu_seconds: int = 60
    wait_seconds: float = 120.0  # spent waiting for the child; time the caller takes for itself is not counted
    file_bytes: int = 512 * MIB  # of each temporary file
    header_bytes: int = 16 * MIB  # of one message
    body_bytes: int = 64 * MIB
