"""`copyart` in a process of its own, forked from one that has imported torch: seconds sooner than a new Python."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

LIMIT = 600.0  # seconds, against hanging only

_FORKS = get_context("forkserver")
# Not huggingface_hub, which reads the environment when it is imported.
_FORKS.set_forkserver_preload(["copyart.training", "copyart.translator", "copyart.evaluation", "copyart.cli"])


def run_copyart(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Runs the command line in a folder, with just these environment variables."""
    with TemporaryDirectory() as place:
        streams = [Path(place) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = _FORKS.Process(target=_play, args=(arguments, folder, dict(environment), streams))
        process.start()
        process.join(LIMIT)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["copyart", *arguments], LIMIT)
        output, errors = (path.read_text(encoding="utf-8") for path in streams[1:])
        return subprocess.CompletedProcess(["copyart", *arguments], process.exitcode or 0, output, errors)


def _play(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: Sequence[Path]) -> None:
    """What happens in the process."""
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (path, flag) in enumerate(zip(streams, flags, strict=True)):
        opened = os.open(path, flag)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, mode, closefd=False), encoding="utf-8", line_buffering=number == 2)
        for number, mode in enumerate(("rb", "wb", "wb"))
    )
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["copyart", *arguments]

    from copyart.cli import main

    main()
