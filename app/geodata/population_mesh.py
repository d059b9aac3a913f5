"""Population by half mesh (500 m) of the census."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.geodata.delimited import read_rows
from app.geodata.manifest import Source
from app.mesh import mesh_bounds


def read_population_mesh(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """Rows of the population mesh; the polygon is the cell its code names.

    Raises DamagedSource where a row cannot be right.
    """
    census_year = source.as_of.year if source.as_of else 0
    seen: set[str] = set()
    for row in read_rows(path, source):
        code = row.required("mesh_half")
        try:
            west, south, east, north = mesh_bounds(code)
        except ValueError:
            code = ""
        if len(code) != 9:
            row.refuse(
                f"「{row.text('mesh_half')}」は2分の1地域メッシュ（9桁）ではありません",
                "not a half mesh code of 9 digits",
            )
        if code in seen:
            row.refuse(f"メッシュ {code} が二度現れます", f"mesh {code} occurs twice")
        seen.add(code)
        population = row.number("population")
        if population < 0:
            row.refuse("人口が負です", "the population is negative")
        ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
        yield {
            "mesh_half": code,
            "population": population,
            "census_year": census_year,
            "geom": f"SRID=4326;POLYGON(({ring}))",
        }
