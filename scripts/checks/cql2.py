"""`scripts/conformance cql2`: every predicate of the CQL2 standard, asked over HTTP of the standard's own data."""

import argparse
import http.client
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode, urlsplit

import cql2
import psycopg
from psycopg import sql

from scripts.checks.ne110m import FOLDER, Predicate, load_layers, read_predicates
from scripts.machine.cluster import throwaway_cluster
from scripts.machine.processes import run
from scripts.machine.terminal import Refusal, say
from scripts.machine.trial_site import APP, our_server

DATABASE = "tsunagaru_cql2_conformance"
SCHEMA = "ne110m"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/conformance cql2")
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder with predicates.csv and ne110m4cql2.gpkg")
    folder = parser.parse_args(arguments).data
    if not (folder / "predicates.csv").exists():
        raise Refusal(f"{folder} に predicates.csv がありません / no predicates.csv there: name its folder with --data")
    predicates = read_predicates(folder)
    with published(folder) as address:
        missed = sum(judge(address, predicates, language) for language in ("cql2-json", "cql2-text"))
    return 1 if missed else 0


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """A service that publishes the three layers through COLLECTIONS_FILE; its address."""
    with ExitStack() as stack:
        database_url = stack.enter_context(own_database())
        if run([*APP, "migrate"], {**os.environ, "DATABASE_URL": database_url}) != 0:
            raise Refusal("python -m app migrate が失敗しました / failed, see above")
        with psycopg.connect(database_url) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
            layers = load_layers(connection, SCHEMA, folder)
        place = Path(stack.enter_context(TemporaryDirectory()))
        declared = [f'[[collection]]\nid = "{name}"\ntable = "{SCHEMA}.{name}"\ntitle = "{name}"\n' for name in layers]
        (place / "collections.toml").write_text("\n".join(declared))
        settings = {"COLLECTIONS_FILE": str(place / "collections.toml")}
        yield stack.enter_context(our_server(database_url, place / "server.log", **settings))


@contextmanager
def own_database() -> Iterator[str]:
    """An empty database on the server of TEST_DATABASE_URL, or on a cluster of its own; its URL."""
    with ExitStack() as stack:
        server_url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(throwaway_cluster())
        connection = stack.enter_context(psycopg.connect(server_url, autocommit=True))
        name = sql.Identifier(DATABASE)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        stack.callback(connection.execute, drop)
        yield urlsplit(server_url)._replace(path=f"/{DATABASE}").geturl()


def judge(address: str, predicates: list[Predicate], language: str) -> int:
    """Ask every predicate in one of the two languages and say how many counts are right; how many are wrong."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    missed = 0
    for predicate in predicates:
        answer = ask(connection, predicate, language)
        if answer != predicate.matches:
            missed += 1
            say(f"MISSED {language} {predicate.collection}: {predicate.text}: {predicate.matches} expected, {answer}")
    corrected = [predicate for predicate in predicates if predicate.matches != predicate.stated]
    if language == "cql2-text":
        for predicate in corrected:
            say(f"ERRATUM {predicate.text}: {predicate.matches}, not {predicate.stated}: see scripts/checks/ne110m.py")
    name = "cql2" if language == "cql2-text" else language
    say(f"{name} {len(predicates) - missed}/{len(predicates)}")
    return missed


def ask(connection: http.client.HTTPConnection, predicate: Predicate, language: str) -> int | str:
    """numberMatched of the answer, or what came instead."""
    text = predicate.text
    if language == "cql2-json":
        text = json.dumps(cql2.parse_text(text).to_json())
    query = urlencode({"filter": text, "filter-lang": language, "limit": 1})
    connection.request("GET", f"/ogc/collections/{quote(predicate.collection)}/items?{query}")
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        return f"{response.status} {body[:500].decode(errors='replace')}"
    matched = json.loads(body).get("numberMatched")
    return matched if isinstance(matched, int) else "no numberMatched"
