"""Styles whose files are damaged, missing or not to be read: each is named."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import TINY
from limits import unprivileged

from copyart.checkpoints import load_generator, load_style, save_style
from copyart.errors import BrokenStyleError, UnknownStyleError
from copyart.models import Style
from copyart.networks import Compact


def test_a_style_whose_weights_are_none_is_said_to_be_damaged_though_its_hash_is_right(tmp_path: Path) -> None:
    style = save_style(replace(TINY, folder=tmp_path / "tiny"), Compact(base_channels=4, blocks=1))
    (style.folder / "model.safetensors").write_bytes(b"no weights")
    record = json.loads((style.folder / "config.json").read_text())
    record["sha256"]["model.safetensors"] = sha256(b"no weights").hexdigest()
    (style.folder / "config.json").write_text(json.dumps(record))
    with pytest.raises(BrokenStyleError, match=r"model\.safetensors is damaged: .*; fetch the style again"):
        load_generator(Style.read(style.folder))


def test_a_file_that_a_style_does_not_have_is_said_to_be_missing(tiny: Style) -> None:
    with pytest.raises(BrokenStyleError, match=r"style tiny in .* has no golden/photo\.png"):
        tiny.verified("golden/photo.png")


def test_weights_that_may_not_be_read_are_named(public: Path) -> None:
    (public / "net.pth").touch(0o000)
    with unprivileged(), pytest.raises(UnknownStyleError, match=r"style .*/net\.pth cannot be read: permission denied"):
        load_style(str(public / "net.pth"), cache=public)
