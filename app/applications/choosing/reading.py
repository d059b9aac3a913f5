"""Reads a file that chooses assets, row by row. Runs in the child process: no database, network or settings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, islice
from math import isfinite
from pathlib import Path
from typing import Any

from app.applications.choosing.columns import KNOWN, TARGETS, Columns, find_columns, id_text, read_ids
from app.applications.choosing.selection import LonLat, SelectedArea, SelectedRow, Selection, SelectionProblem
from app.lists.coordinates import read_angle, read_pair
from app.tabular.characters import mend_text
from app.tabular.findings import Level
from app.tabular.heading_words import heading_unit
from app.tabular.opening import open_table
from app.tabular.raw_cells import Convert, written
from app.tabular.table import Cell, Heading, ReadOptions, Row, Table, Unreadable
from app.tabular.values import converter

SITES = 500  # of one application
AREAS = 50
AREA_VERTICES = 10_000
PROBLEMS_KEPT = 1_000
_SAMPLE_ROWS = 1_000
_ROWS_READ = 100_000
_TEXT = 500  # characters of a note
_LATITUDES, _LONGITUDES = (20.0, 46.5), (122.0, 154.5)  # of Japan, degrees


def read(arguments: Mapping[str, Any], send: Callable[..., None]) -> None:
    """Send the selection of a file as {"selection": …}.

    Raises: Unreadable.
    """
    path = Path(arguments["path"])
    table = _headings_that_are_ids(_with_feature_ids(_opened(path, arguments["name"], arguments["options"]), path))
    first = list(islice(table.rows, _SAMPLE_ROWS))
    if not first:
        raise _no_rows()
    columns = find_columns(table, first)
    has_shapes = any(row.geom for row in first)
    if not (has_shapes or columns.has_position or {"asset_id", "name"} & set(columns.of)):
        raise _no_site_column(table)
    if table.header_row is not None and columns.further_ids:
        table.notes.append(_further_ids(columns))
    reader = _Reader(columns, _height_converter(columns), takes_all_ids=table.header_row is None)
    for row in islice(chain(first, table.rows), _ROWS_READ):
        reader.take(row)
    send({"selection": reader.selection(table).as_json()})


def _opened(path: Path, name: str, options: Mapping[str, Any]) -> Table:
    """The table of a file; where ids stand in its headings, with fewer rows taken for headings or titles."""
    said = ReadOptions(**options)
    table = open_table(path, name, said, KNOWN)
    if table.header_rows > 1 and _ids_in_headings(table):
        table = open_table(path, name, replace(said, header_row=table.header_row, header_rows=1), KNOWN)
    if said.header_row is None and table.header_row and _ids_in_headings(table):
        table = open_table(path, name, replace(said, header_row=1, header_rows=1), KNOWN)
    return table


def _with_feature_ids(table: Table, path: Path) -> Table:
    """The table of a GeoJSON with the features' own ids as a further column: our own exports keep asset ids there."""
    if table.format != "geojson" or path.suffix == ".zip":
        return table
    from app.tabular.geojson import feature_ids

    try:
        ids = feature_ids(path)
    except (Unreadable, ValueError):  # a GeoJSON inside a ZIP
        return table
    if any(ids):
        place = len(table.headings)
        table.headings = (*table.headings, Heading(place, "id", "id"))
        table.rows = (row._replace(cells=(*row.cells, ids[row.number - 1])) for row in table.rows)
    return table


def _headings_that_are_ids(table: Table) -> Table:
    """A bare list of ids has no headings: what was taken for them is its first row."""
    if table.header_rows == 1 and table.header_row and _ids_in_headings(table):
        table.rows = chain([Row(table.header_row, tuple(heading.name for heading in table.headings))], table.rows)
        table.headings = tuple(replace(h, name=f"列{h.place + 1}") for h in table.headings)
        table.header_row, table.header_rows = None, 0
        table.notes.append(
            (
                "見出しのない一覧として、1行目から読みました。",
                "The list has no headings and was read from its first row.",
            )
        )
    return table


def _ids_in_headings(table: Table) -> bool:
    return any(read_ids(part) for heading in table.headings for part in heading.name.split())


def _height_converter(columns: Columns) -> Convert | None:
    heading = columns.of.get("height_m")
    target = next(target for target in TARGETS if target.name == "height_m")
    return converter(target, heading_unit(heading.name)) if heading else None


@dataclass(slots=True)
class _Reader:
    """Takes the rows one by one and keeps what they choose; sites beyond the limit are only counted."""

    columns: Columns
    to_height: Convert | None
    takes_all_ids: bool  # a list without headings: ids may stand side by side
    rows: dict[object, SelectedRow] = field(default_factory=dict)
    areas: list[SelectedArea] = field(default_factory=list)
    problems: list[SelectionProblem] = field(default_factory=list)
    beyond: set[object] = field(default_factory=set)
    vertices: int = 0

    def take(self, row: Row) -> None:
        """Take in one row of the file."""
        ids = self._ids(row)
        shape = None if ids or row.geom is None else self._shape(row)
        if isinstance(shape, Mapping):
            self._keep_area(row, shape)
            return
        lon_lat = shape if isinstance(shape, tuple) else None
        if not ids and lon_lat is None and row.geom is None:
            lon_lat = self._position(row)
        name = self._text(row, "name")
        if not ids and lon_lat is None and name is None:
            if not any(problem.row_number == row.number and problem.level == "error" for problem in self.problems[-5:]):
                self._say(row, None, Level.ERROR, "no-site", *_NO_SITE)
            return
        site = SelectedRow(
            row.number, None, lon_lat, name, self._text(row, "note"), self._height(row), self._text(row, "desired")
        )
        for one in [replace(site, asset_id=asset_id) for asset_id in ids] or [site]:
            self._keep(row, one)

    def _ids(self, row: Row) -> list[str]:
        cell = self.columns.cell(row, "asset_id")
        ids = read_ids(cell)
        if self.takes_all_ids:
            ids += [one for heading in self.columns.further_ids for one in read_ids(row.cells[heading.place])]
        text = id_text(cell)
        if ids and isinstance(cell, str) and cell.strip() != ids[0] and len(ids) == 1:
            self._say(
                row, "asset_id", Level.MENDED, "id-mended",
                f"アセットIDの書き方を直しました（{ids[0]}）。", f"The asset id was set right ({ids[0]}).", cell,
            )  # fmt: skip
        elif text and not ids:
            has_place = row.geom is not None or self.columns.has_position or "name" in self.columns.of
            self._say(
                row,
                "asset_id",
                Level.WARNING if has_place else Level.ERROR,
                "not-an-id",
                *_NOT_AN_ID,
                written_text(cell),
            )
        return ids

    def _shape(self, row: Row) -> LonLat | Mapping[str, Any] | None:
        """The feature's point, or its area as GeoJSON; None, and said so, for anything else."""
        import shapely

        written_shape: Any = shapely.from_wkb(row.geom)
        self.vertices += int(shapely.get_num_coordinates(written_shape)) if written_shape.geom_type != "Point" else 0
        if self.vertices > AREA_VERTICES:
            raise _areas_too_many()
        shape: Any = shapely.make_valid(written_shape)
        if not _in_japan(shape.bounds):
            self._say(row, None, Level.ERROR, "outside-japan", *_OUTSIDE)
            return None
        if shape.geom_type == "Point":
            return _seven_decimals((shape.x, shape.y))
        polygons = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
        if not polygons:
            self._say(row, None, Level.ERROR, "no-point-or-area", *_NO_POINT_OR_AREA)
            return None
        found: dict[str, Any] = shapely.geometry.mapping(
            shapely.union_all(polygons) if len(polygons) > 1 else polygons[0]
        )
        return found

    def _position(self, row: Row) -> LonLat | None:
        """Longitude and latitude as written, turned round where they were swapped."""
        at = "geometry" if "geometry" in self.columns.of else "latitude"
        if at == "geometry":
            cell = self.columns.cell(row, "geometry")
            pair = read_pair(cell)
            latitude, longitude = (pair[0].value, pair[1].value) if pair else (None, None)
            is_empty = not written_text(cell)
        else:
            cells = [self.columns.cell(row, axis) for axis in ("latitude", "longitude")]
            latitude, longitude = (read_angle(cell).value for cell in cells)
            is_empty = not any(written_text(cell) for cell in cells)
            cell = " , ".join(written_text(cell) for cell in cells)
        if is_empty:
            return None
        if latitude is None or longitude is None:
            self._say(row, at, Level.ERROR, "not-a-position", *_NOT_A_POSITION, written_text(cell))
            return None
        if _is_place(longitude, latitude):
            return _seven_decimals((longitude, latitude))
        if _is_place(latitude, longitude):
            self._say(row, at, Level.WARNING, "lat-lon-swapped", *_SWAPPED, written_text(cell))
            return _seven_decimals((latitude, longitude))
        self._say(row, at, Level.ERROR, "outside-japan", *_OUTSIDE, written_text(cell))
        return None

    def _height(self, row: Row) -> float | None:
        cell = self.columns.cell(row, "height_m")
        if self.to_height is None or cell is None:
            return None
        value, rule = self.to_height(cell)
        if rule is not None and rule.level is not Level.MENDED:
            self._say(
                row, "height_m", Level.WARNING, rule.id,
                f"高さ{rule.ja}。{'空欄として読みました。' if value is None else '確かめてください。'}",
                f"The height {rule.en}{'; it was left out.' if value is None else '; please check.'}", written_text(cell),
            )  # fmt: skip
        return None if value is None else float(value)

    def _text(self, row: Row, target: str) -> str | None:
        return written_text(self.columns.cell(row, target))[:_TEXT] or None

    def _keep(self, row: Row, site: SelectedRow) -> None:
        """Keep a site, or merge it with the same one before."""
        key: object = site.asset_id or (site.lon_lat, site.name)
        before = self.rows.get(key)
        if before is None:
            if len(self.rows) < SITES:
                self.rows[key] = site
            else:
                self.beyond.add(key)
            return
        self.rows[key] = _merged(before, site)
        self._say(
            row, "asset_id" if site.asset_id else None, Level.MENDED, "merged",
            f"{before.row_number}行目と同じなので、1件にまとめました。",
            f"The same as row {before.row_number}: the two were made one.", site.asset_id or site.name,
        )  # fmt: skip

    def _keep_area(self, row: Row, geometry: Mapping[str, Any]) -> None:
        self.areas.append(SelectedArea(row.number, geometry, self._text(row, "name"), self._text(row, "note")))
        if len(self.areas) > AREAS:
            raise _areas_too_many()

    def _say(
        self, row: Row, target: str | None, level: Level, rule: str, ja: str, en: str, value: str | None = None
    ) -> None:
        if len(self.problems) < PROBLEMS_KEPT:
            letter = self.columns.letter(target) if target else None
            shown = value[:60] if value else None
            self.problems.append(SelectionProblem(row.number, letter, level.value, rule, ja, en, shown))

    def selection(self, table: Table) -> Selection:
        """What was chosen. Raises: Unreadable where it is too much, or nothing at all."""
        if self.beyond:
            raise _too_many_sites(len(self.rows) + len(self.beyond))
        if not self.rows and not self.areas:
            raise _nothing_usable(self.problems)
        return Selection(
            tuple(self.rows.values()), tuple(self.areas), tuple(self.problems),
            {heading.letter: target for target, heading in self.columns.of.items()},
            tuple((ja, en) for ja, en in table.notes), table.format, table.sheet,
        )  # fmt: skip


def written_text(cell: Cell) -> str:
    """A cell as one line of text."""
    return mend_text(cell)[0] if isinstance(cell, str) else written(cell)


def _merged(before: SelectedRow, after: SelectedRow) -> SelectedRow:
    """Two rows of one site: the first one's values, completed by the second's; both notes."""
    notes = "／".join(dict.fromkeys(note for note in (before.note, after.note) if note))
    given = {name: value for name, value in asdict(after).items() if getattr(before, name) is None}
    return SelectedRow(**{**asdict(before), **given, "note": notes[:_TEXT] or None})


def _is_place(longitude: float, latitude: float) -> bool:
    return (
        isfinite(longitude)
        and _LONGITUDES[0] <= longitude <= _LONGITUDES[1]
        and _LATITUDES[0] <= latitude <= _LATITUDES[1]
    )


def _in_japan(bounds: Sequence[float]) -> bool:
    west, south, east, north = bounds
    return _is_place(west, south) and _is_place(east, north)


def _seven_decimals(place: LonLat) -> LonLat:
    return round(place[0], 7), round(place[1], 7)  # a centimetre


_NO_SITE = (
    "アセットIDも位置も名称もないため、読み飛ばしました。",
    "Neither an asset id nor a position nor a name: the row was left out.",
)
_NOT_AN_ID = (
    "アセットIDの形（例 131041-B-0123）ではありません。地図か一覧のIDを書いてください。",
    "Not an asset id (such as 131041-B-0123); write the id shown on the map or in the list.",
)
_NOT_A_POSITION = (
    "緯度・経度として読めません。10進の度（例 35.689556 と 139.691711）で書いてください。",
    "Not a latitude and longitude; write decimal degrees (35.689556 and 139.691711).",
)
_SWAPPED = (
    "緯度と経度が入れ替わっていたので、入れ替えて読みました。地図で確かめてください。",
    "Latitude and longitude were swapped and read the other way round; check on the map.",
)
_OUTSIDE = (
    "位置が日本の外です。緯度・経度（世界測地系）を確かめてください。",
    "The position lies outside Japan; check longitude and latitude.",
)
_NO_POINT_OR_AREA = (
    "点でも面でもない図形です。点（設置場所）か面（探す範囲）で送ってください。",
    "Neither a point nor an area; send points (sites) or areas to search.",
)


def _further_ids(columns: Columns) -> tuple[str, str]:
    letters, used = "、".join(heading.letter for heading in columns.further_ids), columns.letter("asset_id")
    return (
        f"アセットIDは{used}列から読みました。{letters}列にもIDのような値がありますが、使っていません。",
        f"Asset ids were read from column {used}; those that also stand in {letters} were not used.",
    )


def _no_rows() -> Unreadable:
    return Unreadable(
        "no-rows",
        "見出しの下に行がありません。アセットIDを1行に1つ書いて、もう一度送ってください。",
        "There are no rows; write one asset id a row and send the file again.",
    )


def _no_site_column(table: Table) -> Unreadable:
    names = "、".join(heading.name for heading in table.headings[:8])
    return Unreadable(
        "no-site-column",
        f"アセットIDの列も、緯度・経度の列も、名称の列も見つかりません（見出し: {names}）。「アセットID」という見出しの列を作ってください。",
        f"No column of asset ids, of positions or of names was found (headings: {names}). Make a column headed アセットID.",
    )


def _too_many_sites(count: int) -> Unreadable:
    or_more = ("以上", " or more") if count >= _ROWS_READ else ("", "")
    return Unreadable(
        "too-many-sites",
        f"{count:,}件{or_more[0]}あります。1つの申請で選べるのは{SITES}件までです。{SITES}件以下に分けて送ってください。",
        f"There are {count:,}{or_more[1]} sites; an application takes {SITES}. Send them in parts.",
    )


def _areas_too_many() -> Unreadable:
    return Unreadable(
        "areas-too-many",
        f"範囲が多すぎるか、細かすぎます（{AREAS}個、合わせて{AREA_VERTICES:,}点まで）。形を簡単にしてください。",
        f"Too many areas, or too detailed ({AREAS} of {AREA_VERTICES:,} points in all); simplify them.",
    )


def _nothing_usable(problems: Iterable[SelectionProblem]) -> Unreadable:
    first = next((problem for problem in problems if problem.level == "error"), None)
    where_ja = f"最初は{first.cell}: {first.ja}" if first else ""
    where_en = f" First, {first.cell}: {first.en}" if first else ""
    return Unreadable("nothing-usable", f"使える行が1つもありません。{where_ja}", f"Not one row can be used.{where_en}")
