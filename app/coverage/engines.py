"""Engines that compute cell months: DuckDB in this process, PostgreSQL where the rows are, Spark on a cluster.

Rows go in as an Ibis table, results come out as Arrow. Each engine is a context: what it opened is closed after it.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import psycopg
import pyarrow as pa

from app.coverage.models import ENGINES

VIEW = "measurement_in_force"
# What the aggregation reads of measurements, and no more.
COLUMNS = {
    "survey_id": "string", "at": "timestamp('UTC')", "lon": "float64", "lat": "float64", "accuracy_m": "float32",
    "carrier": "string", "device": "string", "technology": "string", "rsrp_dbm": "float32", "nr_rsrp_dbm": "float32",
    "downlink_mbps": "float32", "uplink_mbps": "float32", "speed_kmh": "float32", "external_antenna": "boolean",
}  # fmt: skip


class Engine(Protocol):
    """Where expressions are computed."""

    name: str

    def parquet(self, folder: Path, sample_surveys: Collection[str] = ()) -> ir.Table:
        """Measurements of a folder of Parquet, `is_sample` where their survey is one of `sample_surveys`."""

    def arrow(self, table: pa.Table, name: str) -> ir.Table:
        """A table of this process."""

    def run(self, expression: ir.Table) -> pa.Table:
        """The expression's rows."""


@dataclass(eq=False)
class DuckDbEngine:
    """DuckDB in this process."""

    connection: Any
    name: str = "duckdb"

    def parquet(self, folder: Path, sample_surveys: Collection[str] = ()) -> ir.Table:
        pattern = str(folder / "**" / "*.parquet") if folder.is_dir() else str(folder)
        return _with_sample(self.connection.read_parquet(pattern, hive_partitioning=False), sample_surveys)

    def arrow(self, table: pa.Table, name: str) -> ir.Table:
        self.connection.con.register(name, table)
        return self.connection.table(name)

    def run(self, expression: ir.Table) -> pa.Table:
        return self.connection.to_pyarrow(expression)


@dataclass(eq=False)
class PostgresEngine:
    """The database's own rows, read through a connection that was told who asks."""

    connection: psycopg.Connection[Any]
    name: str = "postgresql"

    def rows(self, table: str = VIEW) -> ir.Table:
        """Measurements of a table or view, by default those in force."""
        return ibis.table({**COLUMNS, "survey_id": "uuid", "is_sample": "boolean"}, name=table)

    def parquet(self, folder: Path, sample_surveys: Collection[str] = ()) -> ir.Table:
        raise NotImplementedError("PostgreSQL reads its own table: rows()")

    def arrow(self, table: pa.Table, name: str) -> ir.Table:
        raise NotImplementedError("PostgreSQL reads its own table: rows()")

    def run(self, expression: ir.Table) -> pa.Table:
        statement = ibis.to_sql(expression, dialect="postgres")
        with self.connection.cursor() as cursor:
            found = cursor.execute(str(statement)).fetchall()
        schema = expression.schema().to_pyarrow()
        columns = list(zip(*(tuple(row) for row in found), strict=True)) or [()] * len(schema)
        return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


@dataclass(eq=False)
class SparkEngine:
    """Spark: a local one, or the cluster that SPARK_REMOTE or the session's own settings name."""

    connection: Any
    name: str = "spark"
    made: list[str] = field(default_factory=list)

    def parquet(self, folder: Path, sample_surveys: Collection[str] = ()) -> ir.Table:
        frame = self.connection._session.read.option("recursiveFileLookup", "true").parquet(str(folder))
        name = f"measurements_{len(self.made)}"
        frame.createOrReplaceTempView(name)
        self.made.append(name)
        return _with_sample(self.connection.table(name), sample_surveys)

    def arrow(self, table: pa.Table, name: str) -> ir.Table:
        self.connection._session.createDataFrame(table.to_pandas()).createOrReplaceTempView(name)
        return self.connection.table(name)

    def run(self, expression: ir.Table) -> pa.Table:
        return self.connection.to_pyarrow(expression)


def _with_sample(rows: ir.Table, sample_surveys: Collection[str]) -> ir.Table:
    rows = rows.mutate(survey_id=rows.survey_id.cast("string"))
    if "is_sample" in rows.columns:
        return rows
    surveys = sorted(sample_surveys)
    return rows.mutate(is_sample=rows.survey_id.isin(surveys) if surveys else ibis.literal(False))


@contextmanager
def open_duckdb(threads: int | None = None, memory: str | None = None) -> Iterator[DuckDbEngine]:
    """DuckDB without a file; instants are UTC."""
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    if threads:
        connection.raw_sql(f"SET threads = {int(threads)}")
    if memory:
        connection.raw_sql(f"SET memory_limit = '{memory}'")
    try:
        yield DuckDbEngine(connection)
    finally:
        connection.disconnect()


@contextmanager
def open_spark(master: str | None = None, **options: str) -> Iterator[SparkEngine]:
    """Spark, by default on this machine's cores. Raises ImportError where the extra `spark`, or Java, is not installed."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("tsunagaru").config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.memory", "4g")
    for key, value in options.items():
        builder = builder.config(key.replace("_", "."), value)
    try:
        session = (builder.master(master) if master else builder).getOrCreate()
    except (PySparkRuntimeError, FileNotFoundError) as error:
        if isinstance(error, PySparkRuntimeError) and error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise ImportError("Spark could not start Java") from error
    try:
        yield SparkEngine(ibis.pyspark.connect(session))
    finally:
        session.stop()


@contextmanager
def open_engine(name: str, connection: psycopg.Connection[Any] | None = None) -> Iterator[Engine]:
    """An engine by its name. Raises ValueError for a name there is not, or PostgreSQL without its connection."""
    if name not in ENGINES:
        raise ValueError(f"{name}: {', '.join(ENGINES)}")
    if name == "postgresql":
        if connection is None:
            raise ValueError("postgresql needs the connection to read through")
        yield PostgresEngine(connection)
    elif name == "spark":
        with open_spark() as spark:
            yield spark
    else:
        with open_duckdb() as engine:
            yield engine
