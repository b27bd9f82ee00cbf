"""A real Neo4j 5.26 Community server for tests and benchmarks, from Maven Central, run with Java 17.

``KGLLM_NEO4J_URI`` names a server to use instead, with ``KGLLM_NEO4J_AUTH`` as ``user/password``; it is
neither started nor stopped, and it must be empty. Neo4j is licensed under GPLv3: it runs as a process of its
own and is no part of kgllm.

The jars (214 files, 116 MB) lie in the user's cache, so only the first run needs the network. A server rests
at about 610 MB of memory and says that it has started after some 5 s.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import platformdirs
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

VERSION = "5.26.12"
PATIENCE = 120.0
"""Seconds in which a server has to start."""

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>neo4j-dist</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>{}</dependencies></project>"""
DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
ARTIFACTS = [("org.neo4j.app", "neo4j-server"), ("org.neo4j", "neo4j"), ("org.neo4j", "neo4j-bolt")]
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"

SETTINGS = """server.default_listen_address=127.0.0.1
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=256m
dbms.security.auth_enabled={auth}
dbms.security.allow_csv_import_from_file_urls=false
dbms.usage_report.enabled=false
db.transaction.timeout=30s
db.memory.transaction.max=256m
"""
OPENED = ["java.nio", "java.io", "sun.nio.ch", "java.util.concurrent"]
JVM = ["-Xms256m", "-Xmx1g", "-XX:+UseG1GC", "-Dfile.encoding=UTF-8", "-Dlog4j2.disable.jmx=true"]
JVM += ["-Dio.netty.tryReflectionSetAccessible=true"]
JVM += [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]


class NoServerError(Exception):
    """There is no Neo4j for the tests; the message says why and what to do."""


def jars() -> Path:
    """The folder of the server's jars, filled at first use."""
    cache = Path(platformdirs.user_cache_dir("kgllm")) / "neo4j"
    lib = cache / VERSION
    if lib.exists():
        return lib
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lib.exists():
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                _download(Path(folder)).rename(lib)
    return lib


def _download(folder: Path) -> Path:
    _need("mvn", "maven")
    dependencies = (DEPENDENCY.format(group, artifact, VERSION) for group, artifact in ARTIFACTS)
    (folder / "pom.xml").write_text(POM.format("".join(dependencies)))
    # -U: Maven remembers a download that failed.
    command = ["mvn", "-B", "-q", "-U", COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'lib'}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise NoServerError(f"Maven could not fetch Neo4j {VERSION}: {(done.stdout + done.stderr)[-500:]}")
    return folder / "lib"


def _need(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise NoServerError(
            f"no {program} here; install {package}, or set KGLLM_NEO4J_URI to an empty Neo4j 5"
        )


@dataclass
class Server:
    """One server process with a home folder of its own, on a loopback port.

    Args:
        home: where its data lies; a second server may be started there when the first one is gone.
        password: of the user ``neo4j``; without one, everybody may do everything.
    """

    home: Path
    password: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """What ``open_store`` takes."""
        user = f"neo4j:{quote(self.password, safe='')}@" if self.password else ""
        return f"bolt://{user}127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers.

        A port that somebody else took in the meantime is replaced, unless it was used before.
        """
        _need("java", "a Java 17 runtime")
        tries = 1 if self.port else 3
        for left in reversed(range(tries)):
            self.port = self.port if tries == 1 else _free_port()
            self._launch()
            try:
                self._wait()
            except NoServerError:
                self.kill()
                if not left or "already in use" not in self._log().read_text(errors="replace"):
                    raise
            else:
                break

    def kill(self) -> None:
        """``kill -9``: no chance to write anything down."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _launch(self) -> None:
        lib = jars()
        fresh = not (self.home / "data").exists()
        for name in ("conf", "data", "logs", "plugins", "import", "run", "lib", "licenses"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        settings = SETTINGS.format(port=self.port, auth="true" if self.password else "false")
        (self.home / "conf/neo4j.conf").write_text(settings)
        environment = {**os.environ, "NEO4J_HOME": str(self.home)}
        if fresh and self.password:
            admin = ["java", "-cp", f"{lib}/*", "org.neo4j.cli.AdminTool", "dbms", "set-initial-password"]
            subprocess.run([*admin, self.password], env=environment, check=True, capture_output=True)
        places = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}", "--console-mode"]
        classes = f"{lib}/*:{self.home / 'plugins'}/*:{self.home / 'conf'}"
        command = ["java", *JVM, "-cp", classes, "org.neo4j.server.CommunityEntryPoint", *places]
        with self._log().open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            # A closed port is asked again without the driver, whose pool logs each refusal.
            with socket.socket() as probe:
                listens = probe.connect_ex(("127.0.0.1", self.port)) == 0
            if listens and _answers(self.url):
                return
            time.sleep(0.1)
        raise NoServerError(f"Neo4j did not start: {self._log().read_text(errors='replace')[-1500:]}")

    def _log(self) -> Path:
        return self.home / "console.log"


def _answers(url: str) -> bool:
    with driver(url) as connected:
        try:
            agent = connected.get_server_info().agent
        except (DriverError, Neo4jError):
            return False
    return agent.startswith("Neo4j/") and "ArcadeDB" not in agent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(password: str = "") -> Iterator[Server]:
    """A fresh server of our own; it is stopped and its home removed at the end."""
    with tempfile.TemporaryDirectory(prefix="kgllm-neo4j-") as home:
        server = Server(Path(home), password)
        try:
            server.start()
            yield server
        finally:
            server.kill()  # in order it would take ten seconds, for data that is thrown away


@contextmanager
def any_server() -> Iterator[str]:
    """The URL of an empty server for tests: that of ``KGLLM_NEO4J_URI``, else one of our own."""
    uri = os.environ.get("KGLLM_NEO4J_URI")
    if not uri:
        with running() as server:
            yield server.url
        return
    user, _, password = os.environ.get("KGLLM_NEO4J_AUTH", "").partition("/")
    scheme, _, host = uri.partition("://")
    url = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{host}" if user else uri
    with driver(url) as connected:
        found = connected.execute_query("MATCH (n) RETURN count(n)").records[0][0]
        if found:
            raise NoServerError(f"{uri} holds {found} nodes; the tests need an empty database")
        yield url
        _forget(url)


def driver(url: str) -> Driver:
    """A bare driver for a URL of :func:`any_server`."""
    parts = urlsplit(url)
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return GraphDatabase.driver(f"{parts.scheme}://{parts.hostname}:{parts.port}", auth=auth)


def clear(url: str) -> None:
    """Delete all nodes and edges; constraints stay."""
    some = "MATCH (n) WITH n LIMIT 500 DETACH DELETE n RETURN count(*) AS rows"  # more would time out
    with driver(url) as connected:
        while connected.execute_query(some).records[0]["rows"]:
            pass


def _forget(url: str) -> None:
    """Leave the database as it was when we came: without constraints, too."""
    clear(url)
    with driver(url) as connected:
        for record in connected.execute_query("SHOW CONSTRAINTS YIELD name").records:
            connected.execute_query(f"DROP CONSTRAINT `{record['name']}`")
