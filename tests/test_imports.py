"""What a painting loads: nothing that only training, evaluation, the server or another kind of file needs."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

# The packages that a painting may load, with what they bring.
NEEDED = ["torch", "numpy", "pillow", "safetensors", "typer", "rich", "pyvips", "huggingface-hub"]

# Paints in a fresh process; the last line of what it prints names the modules that were loaded by then.
PROGRAM = """
import atexit, json, sys
before = set(sys.modules)
atexit.register(lambda: print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))))
{painting}
"""
PAINTINGS = {
    "translate": (
        "import copyart\n"
        "from PIL import Image\n"
        'copyart.translate(Image.open("photo.jpg"), "monet", size=64, device="cpu").save("painting.jpg")'
    ),
    "the command": (
        "import runpy\n"
        'words = "translate photo.jpg --style monet --size 64 --device cpu -o painting.jpg"\n'
        'sys.argv = ["copyart", *words.split()]\n'
        'runpy.run_module("copyart", run_name="__main__")'
    ),
}


def canonical(name: str) -> str:
    """A distribution's name as it is compared: `typing_extensions` is `typing-extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def brought(names: list[str]) -> set[str]:
    """These distributions and all that they require, and so on, without their extras; wherever they are needed."""
    found: set[str] = set()
    todo = [canonical(name) for name in names]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        try:
            required = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # it is for another system
            continue
        words = [re.match(r"[\w.-]+", line) for line in required if not re.search(r"\bextra\s*==", line)]
        todo += [canonical(word[0]) for word in words if word]
    return found


@pytest.mark.parametrize("painting", PAINTINGS.values(), ids=PAINTINGS)
def test_a_painting_loads_no_package_but_those_it_needs(photo: Path, painting: str) -> None:
    code = PROGRAM.format(painting=painting)
    done = subprocess.run([sys.executable, "-c", code], cwd=photo.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (photo.parent / "painting.jpg").exists()
    homes = metadata.packages_distributions()
    loaded = {
        name: {canonical(home) for home in homes[name]}
        for name in json.loads(done.stdout.splitlines()[-1])
        if name in homes
    }
    allowed = brought(NEEDED) | {"copyart"}
    assert "torch" in loaded
    assert {name: packages for name, packages in loaded.items() if not packages & allowed} == {}


def test_what_a_package_brings_is_found_to_the_end() -> None:
    assert {"typer", "rich", "pygments", "markdown-it-py", "mdurl"} <= brought(["typer"])
    assert not {"scipy", "pyarrow", "matplotlib", "pillow-heif"} & brought(NEEDED)


def test_the_size_of_a_heic_photo_is_known_in_a_process_that_has_opened_none(tmp_path: Path) -> None:
    pillow_heif.from_pillow(Image.new("RGB", (96, 64), "olive")).save(tmp_path / "photo.heic")
    code = "import pathlib, sys; from copyart.images import read_size; print(read_size(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(tmp_path / "photo.heic")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "(96, 64)\n"
