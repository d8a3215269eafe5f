"""Kaggle on loopback: as much of its protocol as kagglehub needs to download, for those who take it for their proxy."""

import json
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

STORE = "http://store.localhost/"  # where Kaggle keeps the archives, and redirects to


@dataclass
class Bundle:
    """A dataset or the data of a competition, and how it misbehaves.

    Attributes:
        archives: Zip files by version; a competition has one.
        error: An HTTP status that every request gets.
        cut: How many bytes of an archive are sent before the connection breaks, the first time.
        md5: What is promised instead of the MD5 of an archive.
    """

    archives: dict[int, bytes]
    error: int = 0
    cut: int | None = None
    md5: str = ""


@dataclass
class LocalKaggle:
    """The server, in a thread.

    Attributes:
        bundles: Keyed `owner/dataset`, or by the name of a competition.
        requests: What was asked for: the method of the service, or the archive; and range if there was one.
    """

    bundles: dict[str, Bundle] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        kaggle = self

        class Handler(_Handler):
            owner = kaggle

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Closes the server."""
        self._server.shutdown()
        self._server.server_close()

    def environment(self, folder: Path) -> dict[str, str]:
        """What leads kagglehub here, without credentials, and keeps what it fetches in a folder."""
        return {
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "KAGGLEHUB_CACHE": str(folder / "kagglehub"),
            "KAGGLE_CONFIG_DIR": str(folder),
            "HOME": str(folder),
            "http_proxy": self.address,
            "no_proxy": "",
            "NO_PROXY": "",
        }


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip file, by the contents of its files."""
    data = BytesIO()
    with ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


class _Handler(BaseHTTPRequestHandler):
    owner: LocalKaggle
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        method = self.path.rpartition("/")[2]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked.get("competitionName") or f"{asked.get('ownerSlug')}/{asked.get('datasetSlug')}"
        self.owner.requests.append(f"{method} {name}")
        bundle = self.owner.bundles.get(name, Bundle({}, error=404))
        newest = max(bundle.archives, default=0)
        version = asked.get("datasetVersionNumber") or newest
        if bundle.error or version not in bundle.archives:
            self._json(bundle.error or 404, {"code": bundle.error or 404, "message": "No."})
        elif method == "GetDataset":
            self._json(200, {"currentVersionNumber": newest})
        else:
            self.send_response(302)
            self.send_header("Location", f"{STORE}{name}?version={version}")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        name, _, version = self.path.removeprefix(STORE).partition("?version=")
        wanted = self.headers.get("Range", "")
        self.owner.requests.append(f"GET {name} {wanted}".strip())
        bundle = self.owner.bundles[name]
        data = bundle.archives[int(version)]
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        promised = bundle.md5 or b64encode(md5(data).digest()).decode()  # noqa: S324  # as Google's store
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "application/zip")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("X-Goog-Hash", f"md5={promised}")
        self.send_header("X-Kaggle-HubVersion", "99.0")
        self.end_headers()
        self.wfile.write(data[start : None if bundle.cut is None else start + bundle.cut])
        self.close_connection = bundle.cut is not None
        bundle.cut = None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        pass

    def _json(self, status: int, answer: object) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
