"""A Hugging Face Hub on loopback: as much of its protocol as downloads and uploads need, and plain files beside it."""

import json
import re
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

MAIN = "1" * 40
LARGE = (".safetensors", ".pth", ".parquet", ".zip")  # kept in a store of another name, to which the Hub redirects
NAME = "(?:(?:spaces|datasets)/)?[^/]+/[^/]+"


@dataclass
class Repo:
    """A repository: its files, the revisions it answers to, and how it misbehaves.

    Attributes:
        files: Contents by path.
        revisions: Commits by name.
        error: An HTTP status that every request gets, and its X-Error-Code.
        listed: Whether it says what is in it all the same.
        cut: How many bytes of a file are sent before the connection breaks, the first time.
        cut_error: What is the error from then on.
        ranges: Whether a part of a file can be asked for.
        etag: What is promised instead of the sha256 of a large file.
        card: What the head of its README says.
        inline: Whether large files are uploaded as small ones are, within the commit.
        private: Whether that was asked for when it was created.
        commits: What each upload says of itself.
        stored: Large files that were uploaded, by their sha256.
        full: Whether the store takes no more.
    """

    files: dict[str, bytes]
    revisions: dict[str, str] = field(default_factory=lambda: {"main": MAIN, MAIN: MAIN})
    error: tuple[int, str] | None = None
    listed: bool = False
    cut: int | None = None
    cut_error: tuple[int, str] | None = None
    ranges: bool = True
    etag: str = ""
    card: dict[str, object] = field(default_factory=dict)
    inline: bool = False
    private: bool = False
    commits: list[str] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    full: bool = False

    def promised(self, file: str) -> str:
        """The sha256 that the Hub names for a large file."""
        return self.etag or sha256(self.files[file]).hexdigest()


class LocalHub:
    """The server, in a thread.

    Attributes:
        repos: Keyed `owner/name`, with `spaces/` before a Space and `datasets/` before a dataset; `plain` is served as
            `/store/plain/...`, and to those who take the server for their proxy.
        requests: What was asked for: method, path, and range if there was one.
        card_error: What is wrong with the head of a README that is to be uploaded.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.requests: list[str] = []
        self.card_error = ""
        hub = self

        class Handler(_Handler):
            owner = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Closes the server."""
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """Forgets all repositories and requests."""
        self.repos.clear()
        self.requests.clear()
        self.card_error = ""


def files_of(folder: Path) -> dict[str, bytes]:
    """The contents of a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def blob_id(data: bytes) -> str:
    """What Git calls a file."""
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324  # as Git


class _Handler(BaseHTTPRequestHandler):
    owner: LocalHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.removeprefix("/")
        self.owner.requests.append(f"{self.command} {unquote(path)} {self.headers.get('Range', '')}".strip())
        if self.path.startswith("http:"):
            self._file("plain", unquote(path))
        elif found := re.fullmatch(rf"store/(plain|{NAME})/(.+)", path):
            self._file(*map(unquote, found.groups()))
        elif found := re.fullmatch(rf"({NAME})/resolve/([^/]+)/(.+)", path):
            self._resolve(*map(unquote, found.groups()))
        elif found := re.fullmatch(rf"api/(?:models/|(?=datasets/))({NAME})/(revision|tree)/([^/]+)/?(.*)", path):
            self._list(*map(unquote, found.groups()))
        else:
            self._fail(404, "EntryNotFound")

    do_HEAD = do_GET  # noqa: N815  # the name that the base class looks for

    def do_POST(self) -> None:
        path = unquote(urlsplit(self.path).path.removeprefix("/"))
        self.owner.requests.append(f"{self.command} {path}")
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if path == "api/repos/create":
            self._create(json.loads(data))
        elif path == "api/validate-yaml":
            wrong = self.owner.card_error
            self._json({"errors": [{"message": wrong}] if wrong else [], "warnings": []}, 400 if wrong else 200)
        elif found := re.fullmatch(rf"api/models/({NAME})/(preupload|commit)/([^/]+)", path):
            name, what, revision = found.groups()
            (self._preupload if what == "preupload" else self._upload)(name, revision, data)
        elif found := re.fullmatch(rf"({NAME})\.git/info/lfs/objects/batch", path):
            self._batch(found[1], json.loads(data)["objects"])
        elif found := re.fullmatch(rf"store/({NAME})/(\w+)", path):
            self._store(found[1], found[2], data)
        else:
            self._fail(404, "EntryNotFound")

    do_PUT = do_POST  # noqa: N815  # as do_HEAD

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        pass

    def _commit(self, name: str, revision: str, *, listing: bool = False) -> tuple[Repo, str] | None:
        repo = self.owner.repos.get(name)
        if repo is None:
            self._fail(404, "RepoNotFound")
        elif repo.error and not (listing and repo.listed):
            self._fail(*repo.error)
        elif revision not in repo.revisions:
            self._fail(404, "RevisionNotFound")
        else:
            return repo, repo.revisions[revision]
        return None

    def _resolve(self, name: str, revision: str, file: str) -> None:
        if not (found := self._commit(name, revision)):
            return
        repo, commit = found
        if file not in repo.files or not file.endswith(LARGE):
            self._file(name, file, commit)
            return
        self.send_response(302)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("X-Linked-ETag", f'"{repo.promised(file)}"')
        self.send_header("X-Linked-Size", str(len(repo.files[file])))
        self.send_header("Location", f"{self._store_of(name)}/{quote(file)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, name: str, file: str, commit: str = MAIN) -> None:
        repo = self.owner.repos.get(name, Repo({}))
        if repo.error:
            self._fail(*repo.error)
            return
        if file not in repo.files:
            self._fail(404, "EntryNotFound")
            return
        data = repo.files[file]
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if repo.ranges else None
        start = int(found[1]) if found else 0
        if start >= len(data) > 0:
            self._fail(416, "")
            return
        end = int(found[2]) + 1 if found and found[2] else len(data)
        self.send_response(206 if found else 200)
        self.send_header("ETag", f'"{blob_id(data)}"')
        self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", str(len(data[start:end])))
        self.end_headers()
        if self.command == "HEAD":
            return
        if repo.cut is not None and file.endswith(LARGE):
            self.wfile.write(data[start : start + repo.cut])
            repo.cut, repo.error = None, repo.cut_error
            self.close_connection = True
        else:
            self.wfile.write(data[start:end])

    def _list(self, name: str, what: str, revision: str, folder: str) -> None:
        if not (found := self._commit(name, revision, listing=True)):
            return
        repo, commit = found
        if what == "tree":
            there = [path for path in repo.files if path.startswith(f"{folder}/" if folder else "")]
            self._json([{"type": "file", "path": path} | self._facts(repo, path, "oid", "oid") for path in there])
            return
        blobs = "blobs=true" in self.path.lower()
        siblings = [
            {"rfilename": path} | (self._facts(repo, path, "blobId", "sha256") if blobs else {}) for path in repo.files
        ]
        info = {"id": name.removeprefix("datasets/"), "sha": commit, "private": False, "siblings": siblings}
        self._json(info | {"cardData": repo.card} if repo.card else info)

    def _create(self, asked: dict[str, Any]) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        there = self.owner.repos.get(name)
        if there and there.error:
            self._fail(*there.error)
            return
        if not there:
            private = asked.get("visibility") == "private" or bool(asked.get("private"))
            self.owner.repos[name] = Repo({}, private=private)
        self._json({"url": f"{self.owner.address}/{name}"}, 409 if there else 200)

    def _preupload(self, name: str, revision: str, data: bytes) -> None:
        if not (found := self._commit(name, revision)):
            return
        repo, _ = found
        answers: list[dict[str, Any]] = []
        for path in [file["path"] for file in json.loads(data)["files"]]:
            large = path.endswith(LARGE) and not repo.inline
            there = repo.files.get(path)
            oid = None if there is None else sha256(there).hexdigest() if large else blob_id(there)
            mode = "lfs" if large else "regular"
            answers.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._json({"files": answers})

    def _batch(self, name: str, objects: list[dict[str, Any]]) -> None:
        if found := self._commit(name, "main"):
            for one in objects:
                if one["oid"] not in found[0].stored:
                    one["actions"] = {"upload": {"href": f"{self._store_of(name)}/{one['oid']}"}}
            self._json({"transfer": "basic", "objects": objects})

    def _store(self, name: str, oid: str, data: bytes) -> None:
        if not (found := self._commit(name, "main")):
            return
        if found[0].full or sha256(data).hexdigest() != oid:
            self._fail(403 if found[0].full else 400, "")
            return
        found[0].stored[oid] = data
        self._json({})

    def _upload(self, name: str, revision: str, data: bytes) -> None:
        if not (found := self._commit(name, revision)):
            return
        repo, parent = found
        head, *lines = map(json.loads, data.splitlines())
        large = {line["value"]["path"]: line["value"]["oid"] for line in lines if line["key"] == "lfsFile"}
        if any(oid not in repo.stored for oid in large.values()):
            self._fail(400, "")
            return
        small = {line["value"]["path"]: line["value"]["content"] for line in lines if line["key"] == "file"}
        repo.files |= {path: repo.stored[oid] for path, oid in large.items()}
        repo.files |= {path: b64decode(content) for path, content in small.items()}
        for gone in [line["value"]["path"] for line in lines if line["key"] == "deletedFile"]:
            del repo.files[gone]
        commit = sha1(parent.encode() + data).hexdigest()  # noqa: S324  # as Git
        repo.revisions |= {revision: commit, commit: commit}
        repo.commits.append(head["value"]["summary"])
        self._json({"commitUrl": f"{self.owner.address}/{name}/commit/{commit}", "commitOid": commit})

    def _store_of(self, name: str) -> str:
        """The address of what is kept elsewhere."""
        return f"{self.owner.address.replace('127.0.0.1', 'localhost')}/store/{name}"

    def _facts(self, repo: Repo, path: str, blob: str, digest: str) -> dict[str, Any]:
        """What is told of a file, under the names that a listing has for them."""
        data = repo.files[path]
        facts: dict[str, Any] = {"size": len(data), blob: blob_id(data)}
        if path.endswith(LARGE):
            facts["lfs"] = {digest: repo.promised(path), "size": len(data), "pointerSize": 130}
        return facts

    def _json(self, answer: object, status: int = 200) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else data)

    def _fail(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()
