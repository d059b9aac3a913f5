"""Open any list: what the file really is, by its content and never by its name, and its table."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from app.tabular.archives import member_name, members, open_archive, unpack
from app.tabular.bodies import read_body
from app.tabular.contents import content_of, not_a_list
from app.tabular.delimited import read_delimited
from app.tabular.headers import RawRow, lay_out
from app.tabular.limits import SAMPLE_ROWS
from app.tabular.table import ReadOptions, SheetInfo, Table, Unreadable
from app.tabular.workbooks import Sheet, read_workbook, spread_down

_LISTS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".geojson", ".json", ".gpkg", ".kml", ".shp")
_PARTS_OF_SHAPEFILES = (".shp", ".shx", ".dbf", ".prj", ".cpg")
INSIDE = "!"  # between a member of a ZIP and a sheet of that member


def open_table(path: Path, name: str, options: ReadOptions, known: frozenset[str] = frozenset()) -> Table:
    """Open the list in a file. `name` is what its sender called it; `known` are headings that mark a heading row.

    `notes` of the table are complete when its rows have been read.
    Raises: Unreadable, also while the rows are read.
    """
    form = content_of(path)
    if form == "zip":
        return _archive_table(path, options, known)
    table = _table(path, form, options, known)
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in (".xlsx", ".xls", ".csv") and not _fits(suffix, table.format):
        words = table.format.upper()
        table.notes.insert(
            0,
            (
                f"名前は{suffix}ですが、中身は{words}でした。中身に従って読みました。",
                f"The name says {suffix} but the content is {words}; it was read as such.",
            ),
        )
    return table


def _fits(suffix: str, form: str) -> bool:
    return form in {".csv": ("csv", "tsv"), ".xlsx": ("xlsx",), ".xls": ("xls",)}[suffix]


def _table(path: Path, form: str, options: ReadOptions, known: frozenset[str]) -> Table:
    """The table of a file that is no plain ZIP. Readers of geographic files are loaded only where needed."""
    if form == "text":
        return delimited_table(path, options, known)
    if form in ("xlsx", "xls", "ods"):
        return workbook_table(read_workbook(path, form, options.sheet), form, options, known)
    if form == "json":
        from app.tabular.geojson import read_geojson

        return read_geojson(path)
    if form == "gpkg":
        from app.tabular.layers import read_geopackage

        return read_geopackage(path, options)
    if form == "kml":
        from app.tabular.layers import read_kml

        return read_kml(path, options)
    if form == "kmz":
        return _kmz_table(path, options)
    raise not_a_list("一覧ではないXML", "XML that holds no list")


def _kmz_table(path: Path, options: ReadOptions) -> Table:
    from app.tabular.layers import read_kml

    with open_archive(path) as archive:
        entries = [entry for entry in members(archive) if entry.filename.lower().endswith(".kml")]
        entry = next((entry for entry in entries if entry.filename.lower() == "doc.kml"), entries[0])
        unpacked = unpack(archive, entry, _folder() / "doc.kml")
    return read_kml(unpacked, options, "kmz")


def _folder() -> Path:
    """A new folder in TMPDIR, which the sandbox removes with all that is in it."""
    return Path(tempfile.mkdtemp(prefix="unpacked-"))


def _archive_table(path: Path, options: ReadOptions, known: frozenset[str]) -> Table:
    """The chosen list of a ZIP, or its first; each list in it is told as a sheet."""
    with open_archive(path) as archive:
        entries = {member_name(entry): entry for entry in members(archive)}
        names = [name for name in entries if name.lower().endswith(_LISTS)]
        if not names:
            raise _nothing_inside(list(entries))
        wanted, inner = _choice(options.sheet, names)
        if wanted.lower().endswith(".shp"):
            return _shapefile_table(archive, entries, names, wanted, options)
        suffix = PurePosixPath(wanted).suffix.lower()
        unpacked = unpack(archive, entries[wanted], _folder() / f"member{suffix}")
    form = content_of(unpacked)
    if form in ("zip", "kmz"):
        raise _nested()
    table = _table(unpacked, form, replace(options, sheet=inner), known)
    return _within(table, names, wanted)


def _choice(sheet: str | None, names: list[str]) -> tuple[str, str | None]:
    """The member chosen, and the sheet in it."""
    if sheet is None:
        return names[0], None
    member, _, inner = sheet.partition(INSIDE) if sheet not in names else (sheet, "", "")
    if member not in names:
        raise Unreadable(
            "no-such-sheet",
            f"ZIPの中に「{sheet[:60]}」がありません。選び直してください。",
            f"The ZIP does not hold “{sheet[:60]}”. Choose again.",
        )
    return member, inner or None


def _within(table: Table, names: list[str], wanted: str) -> Table:
    """The table with its sheets named as members of the ZIP; sheets of the chosen workbook follow its name."""
    sheets: list[SheetInfo] = []
    for name in names:
        if name == wanted and len(table.sheets) > 1:
            sheets += [SheetInfo(f"{name}{INSIDE}{sheet.name}", sheet.rows, sheet.columns) for sheet in table.sheets]
        else:
            sheets.append(SheetInfo(name, None, None))
    table.sheet = f"{wanted}{INSIDE}{table.sheet}" if len(table.sheets) > 1 else wanted
    table.sheets = tuple(sheets)
    if len(names) > 1:
        table.notes.insert(
            0,
            (
                f"ZIPの中の{len(names)}個の表のうち「{wanted}」を読みました。",
                f"Of the {len(names)} lists in the ZIP, “{wanted}” was read.",
            ),
        )
    return table


def _shapefile_table(
    archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], names: list[str], wanted: str, options: ReadOptions
) -> Table:
    from app.tabular.layers import read_shapefile

    folder, stem = _folder(), wanted[: -len(".shp")].lower()
    for name, entry in entries.items():
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in _PARTS_OF_SHAPEFILES and name[: -len(suffix)].lower() == stem:
            unpack(archive, entry, folder / f"list{suffix}")
    sheets = tuple(SheetInfo(name, None, None) for name in names)
    return read_shapefile(folder / "list.shp", sheets, wanted, options.encoding)


def _nothing_inside(names: list[str]) -> Unreadable:
    if any(name.lower().endswith((".zip", ".kmz")) for name in names):
        return _nested()
    return Unreadable(
        "no-list-inside",
        "ZIPの中に、読める表（Excel、CSV、GeoJSON、シェープファイルなど）がありません。",
        "The ZIP holds no list that can be read (Excel, CSV, GeoJSON, shapefile, …).",
    )


def _nested() -> Unreadable:
    return Unreadable(
        "nested-archive",
        "ZIPの中にさらにZIPがあります。中のZIPを取り出して送ってください。",
        "There is a ZIP inside the ZIP. Take it out and send that.",
    )


def delimited_table(path: Path, options: ReadOptions, known: frozenset[str]) -> Table:
    text, delimiter, rows = read_delimited(path, options.encoding)
    sample = list(islice(rows, SAMPLE_ROWS))
    layout = lay_out(sample, options, known)
    notes = layout.notes
    return Table(
        format="tsv" if delimiter == "\t" else "csv",
        encoding=text.encoding,
        sheet=None,
        sheets=(SheetInfo("", text.lines, len(layout.headings)),),
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        headings=layout.headings,
        rows=read_body(chain(sample, rows), layout, notes),
        row_estimate=max(0, text.lines - layout.first_row),
        notes=notes,
    )


def workbook_table(sheet: Sheet, form: str, options: ReadOptions, known: frozenset[str]) -> Table:
    sample = list(islice(sheet.rows, SAMPLE_ROWS))
    layout = lay_out(sample, options, known, sheet.merges)
    notes = sheet.notes + layout.notes
    rows: Iterator[RawRow] = chain(sample, sheet.rows)
    tall = [m for m in sheet.merges if m.top >= layout.first_row and m.bottom > m.top]
    if tall:
        rows = spread_down(rows, tall)
        notes.append(
            (
                f"縦に結合されたセル{len(tall):,}か所の値を、各行に入れて読みました。",
                f"Values of {len(tall):,} cells merged downwards were given to each of their rows.",
            )
        )
    return Table(
        format=form,
        encoding=None,
        sheet=sheet.name,
        sheets=sheet.sheets,
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        headings=layout.headings,
        rows=read_body(rows, layout, notes),
        row_estimate=max(0, sheet.row_count - layout.first_row + 1),
        notes=notes,
    )
