"""A newcomer's walk: runs every command of the README and of these pages, as they stand.

    python docs/walk.py CHECKOUT [PAGE ...]

Needs a checkout in which the README's first line has been typed, so that copyart is in its `.venv` and nothing else.
Lines that begin with `pip install` are typed there, all others in a folder with `photo.jpg`, `photos/` and so on, a
fresh one for each page, the README's first. Blocks marked
`sh` are typed line by line, those marked `python` are run, those marked `toml` are read. What takes hours is stopped
by Ctrl-C as soon as it works; `copyart serve` stays until its page ends. A file that a line's remark names must be
there afterwards. What was typed before is not typed again; what cannot be had here is named at the end, and why, and
before that what took longest.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    "install",
    "quickstart",
    "pictures",
    "enlarging",
    "generating",
    "own-artist",
    "training",
    "recipes",
    "domains",
    "evaluation",
    "serving",
    "styles",
    "python",
    "troubleshooting",
    "contributing",
    "releasing",
    "deploy/README",
    "benchmarks/README",
]

# What a newcomer may type but this walk does not, and why.
ELSEWHERE = {
    r"^(python3 -m venv|source) \.venv": "is done by .ci/run, in a fresh clone",
    r"download\.pytorch\.org|https://example\.org|git clone": "needs the internet",
    r"flickr8k|download-weights \S|hf:|wikiart:": "needs the internet",
    r"kaggle:|hf auth|twine upload|publish (?!.*--dry-run)|--style ann/meadows": "needs an account",
    r"multi_gpu|cuda": "needs graphics cards",
    r"mps\b": "needs an Apple computer",
    r"tpu\b": "needs a TPU",
    r"docker|DOMAIN=": "needs Docker",
    r"sudo |systemctl": "changes the machine",
    r"install-completion": "changes the shell's own files",
    r"^git |twine|monet-large|hf repos|/fresh|^uv |^oldest": "for a release",
    r"docs/benchmarks/|docs/styles/": "takes an hour, in a checkout",
    r"\.ci/|pip install -e|sphinx-build|packaging\.sh|docs/walk\.py|-m build|pytest|typer ": "for a checkout",
    r"evaluate kaggle": "wants 7,000 photos",
    r"survey score": "wants answers of people",
}

# What takes long, and when Ctrl-C is pressed: at a line, or when so many pictures have come into the folder named last.
STOPPED: dict[str, str | int] = {
    r"copyart (batch|enlarge photos/)": 26,
    r"copyart train(?!.*(--dry-run|--steps))": r"^step \d+",
    r"copyart\.train\(configure\(": r"^\d+ ",
}
FILE = re.compile(r"(?<!\S)[\w-]+\.(?:jpg|png|gif|webp|mp4|html|onnx|zip|csv)(?![\w.])")
PATIENCE = 900  # seconds for one command
SLOWEST = 25  # commands that are named at the end


@dataclass
class Page:
    """A page, whose commands are typed in a folder of its own, and what became of them."""

    name: str
    checkout: Path
    here: Path
    known: set[str]  # what was typed on this page or one before
    tried: dict[str, float] = field(default_factory=dict)  # with the seconds that each took
    failed: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    begun: list[subprocess.Popen[str]] = field(default_factory=list)
    servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def walk(self) -> None:
        """Types everything that the page has."""
        path = ROOT / "README.md" if self.name == "README" else ROOT / "docs" / f"{self.name}.md"
        text = path.read_text(encoding="utf-8")
        for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
            if language == "sh":
                for line in dedent(block).replace("\\\n", " ").splitlines():
                    if line.partition("#")[0].strip():
                        self.type(line, "bash", "-c", line)
            elif language == "python":
                self.type(block, str(self.checkout / ".venv/bin/python"), "-c", block)
            elif language == "toml":
                tomllib.loads(block)
            elif re.search(r"^(copyart|pip|python|accelerate|hf) ", block, re.MULTILINE):
                self.failed.append(f"a block of commands is not marked sh: {block.splitlines()[0]}")
        for server in self.servers:
            os.killpg(server.pid, signal.SIGINT)
            if server.wait(60):
                self.failed.append("copyart serve")

    def clear(self) -> None:
        """Ends what has been begun and runs still, as when the walk itself is stopped."""
        for process in self.begun:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def type(self, words: str, *command: str) -> None:
        """Types a line, or runs a block of Python, and reads what comes of it."""
        if reason := next((reason for pattern, reason in ELSEWHERE.items() if re.search(pattern, words)), None):
            self.elsewhere[words] = reason
            return
        bare = words.partition(" #")[0].strip()
        if bare in self.known and "copyart serve" not in bare:
            return
        self.known.add(bare)
        print(f"\n{self.name} $ {words}", flush=True)
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=self.checkout if bare.startswith("pip install") else self.here,
            env=self.surroundings,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.begun.append(process)
        if re.search(r"copyart serve\b", words):
            self.servers.append(process)
            self.wait_for(process)
            self.tried[words] = time.perf_counter() - start
            return
        stop = next((pattern for key, pattern in STOPPED.items() if re.search(key, words)), None)
        folders = [word for word in bare.split() if word.endswith("/")]
        code = _read(process, stop, self.here / folders[-1] if folders else self.here)
        self.tried[words] = time.perf_counter() - start
        print(f"    [{code}, {self.tried[words]:.1f} s]", flush=True)
        if code and not (stop and code in (130, -signal.SIGINT)):
            self.failed.append(words)
        for name in re.findall(FILE, words.partition(" #")[2] if command[0] == "bash" else ""):
            if not (self.here / name).exists():
                self.failed.append(f"{words}: there is no {name}")

    def wait_for(self, server: subprocess.Popen[str]) -> None:
        """Waits until a server paints, whose address stands in what it prints."""
        for line in server.stdout or ():
            print(f"    {line}", end="", flush=True)
            if found := re.search(r"http://[\w.:]+", line):
                for _ in range(120):
                    with suppress(OSError), urllib.request.urlopen(f"{found[0]}/readyz"):  # noqa: S310  # its own address
                        return
                    time.sleep(0.5)
        self.failed.append("copyart serve: it was not ready within a minute")

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment variables of a newcomer: none about Python, and the programs of the environment first."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))},
            "PATH": f"{self.checkout / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.checkout / ".venv"),
            "COLUMNS": "120",
            "PIP_QUIET": "1",
            "PYTHONUNBUFFERED": "1",
        }


def _read(process: subprocess.Popen[str], stop: str | int | None, folder: Path) -> int:
    """Shows what a program prints, presses Ctrl-C at a line or after so many new pictures; gives its exit code."""
    limit = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
    limit.daemon = True  # or else a walk that is ended would wait for it
    limit.start()
    if isinstance(stop, int):
        threading.Thread(target=_stop_at, args=(process, stop, folder), daemon=True).start()
    for line in process.stdout or ():
        print(f"    {line}", end="", flush=True)
        if isinstance(stop, str) and re.search(stop, line):
            stop = None
            os.killpg(process.pid, signal.SIGINT)
    limit.cancel()
    return process.wait()


def _stop_at(process: subprocess.Popen[str], count: int, folder: Path) -> None:
    """Presses Ctrl-C when so many pictures have come into a folder."""
    before = len(list(folder.glob("[!.]*.*")))
    while process.poll() is None:
        if len(list(folder.glob("[!.]*.*"))) >= before + count:
            with suppress(ProcessLookupError):  # it has ended by itself just now
                os.killpg(process.pid, signal.SIGINT)
            return
        time.sleep(0.2)


def make_world(tools: Path, world: Path) -> None:
    """Photos, paintings and moving pictures, cut out of those of the gallery, in a process that has Pillow and PyAV."""
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", tools, "pillow", "av", "numpy"], check=True
    )
    subprocess.run(
        [sys.executable, Path(__file__).with_name("walk_world.py"), world],
        check=True,
        env={**os.environ, "PYTHONPATH": str(tools)},
    )


def main() -> None:
    """Reads the command line, walks, and says what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("pages", nargs="*", default=PAGES)
    args = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # programs that are begun in the background ignore Ctrl-C
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # clears up as after Ctrl-C
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_world(place / "tools", place / "world")
        pages: list[Page] = []
        known: set[str] = set()
        for name in ["README", *args.pages]:
            here = place / name.replace("/", "-")
            shutil.copytree(place / "world", here)
            pages.append(Page(name, args.checkout.resolve(), here, known))
            try:
                pages[-1].walk()
            finally:
                pages[-1].clear()
            if name == "README":  # whose paintings and run the other pages judge
                for made in ("out", "runs"):
                    shutil.copytree(here / made, place / "world" / made)
    took = [(seconds, page.name, words) for page in pages for words, seconds in page.tried.items()]
    print("\nWhat took longest, in seconds:")
    for seconds, name, words in sorted(took, reverse=True)[:SLOWEST]:
        print(f"  {seconds:5.1f}  {name}: {words.strip().splitlines()[-1].strip()}")
    print("\nNot tried here:")
    for page in pages:
        for words, reason in page.elsewhere.items():
            print(f"  {page.name}: {words.strip()}  ({reason})")
    minutes = sum(seconds for seconds, _, _ in took) / 60
    print(f"\n{len(took)} commands of {len(pages)} pages were tried, in {minutes:.0f} minutes.")
    failed = [f"{page.name}: {words}" for page in pages for words in page.failed]
    print("\n".join(f"FAILED {line}" for line in failed) or "All of them do what the pages say.")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
