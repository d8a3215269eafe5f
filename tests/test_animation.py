"""Painting animations: every frame for as long as it was shown, in colours that do not flicker."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Here
from films import DURATIONS, animate, flicker, levels, scene, shown
from PIL import Image, ImageDraw

from copyart import Translator
from copyart.config import PaintConfig, SaveConfig, TilingConfig
from copyart.errors import CopyartError, UnreadablePictureError, UnwritablePictureError
from copyart.models import Style
from copyart.moving import open_moving
from copyart.tensors import Pixels

SMALL = PaintConfig(size=48)


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu")


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_every_frame_is_painted_for_as_long_as_often_and_as_large_as_it_is_shown(
    translator: Translator, china: Path, tmp_path: Path, kind: str
) -> None:
    moving = animate(tmp_path / f"moving.{kind}", scene(china))
    seen: list[tuple[int, int]] = []
    out = tmp_path / f"out.{kind}"
    painted = translator.translate_file(moving, out, watch=lambda done, total: seen.append((done, total)))
    before, after = shown(moving), shown(out)
    assert after[1:] == before[1:] == ([*map(float, DURATIONS)], 3)
    assert (painted.frames, painted.painted_frames, painted.size) == (6, 6, (96, 64))
    assert seen == [(done, 6) for done in range(1, 7)]
    assert all(frame.size == (96, 64) for frame in after[0])
    for old, new in zip(before[0], after[0], strict=True):
        assert np.abs(levels(old) - levels(new)).mean() > 5


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(["gif", "png", "webp"], 2)))
def test_an_animation_of_one_kind_can_become_one_of_another(
    translator: Translator, china: Path, tmp_path: Path, first: str, second: str
) -> None:
    moving = animate(tmp_path / f"moving.{first}", scene(china, 3))
    translator.translate_file(moving, tmp_path / "out", save=SaveConfig(format=second))
    plays = {"gif": 1, "png": 0, "webp": 0}  # a GIF says how often it is shown again, the others how often it is shown
    frames, durations, loop = shown(tmp_path / "out")
    assert (len(frames), durations) == (3, [40.0, 200.0, 70.0])
    assert (loop or 0) + plays[second] == 3 + plays[first]


@pytest.mark.parametrize(("kind", "loop"), [("gif", None), ("gif", 0), ("png", 0), ("png", 1), ("webp", 0)])
def test_what_is_shown_once_or_for_ever_stays_so(
    translator: Translator, china: Path, tmp_path: Path, kind: str, loop: int | None
) -> None:
    options: dict[str, Any] = {} if loop is None else {"loop": loop}
    frames = scene(china, 2)
    moving = tmp_path / f"moving.{kind}"
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=50, **options)
    translator.translate_file(moving, tmp_path / f"out.{kind}")
    assert shown(tmp_path / f"out.{kind}")[2] == shown(moving)[2] == loop


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_transparency_is_kept_in_every_frame(translator: Translator, china: Path, tmp_path: Path, kind: str) -> None:
    frames = [frame.convert("RGBA") for frame in scene(china, 4)]
    for number, frame in enumerate(frames):
        clear = Image.new("L", frame.size, 255)
        ImageDraw.Draw(clear).ellipse((10 * number, 5, 10 * number + 30, 50), 0)
        frame.putalpha(clear)
    options = {"disposal": 2} if kind == "gif" else {"disposal": 0, "blend": 0} if kind == "png" else {}
    moving = animate(tmp_path / f"moving.{kind}", frames, **options)
    translator.translate_file(moving, tmp_path / f"out.{kind}")
    before, after = shown(moving)[0], shown(tmp_path / f"out.{kind}")[0]
    for old, new, drawn in zip(before, after, frames, strict=True):
        assert old.getchannel("A").tobytes() == drawn.getchannel("A").tobytes()
        assert new.getchannel("A").tobytes() == old.getchannel("A").tobytes()


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_what_stands_still_does_not_flicker(translator: Translator, china: Path, tmp_path: Path, kind: str) -> None:
    moving = animate(tmp_path / "moving.png", scene(china))
    config = PaintConfig(size=48)
    translator.translate_file(moving, tmp_path / f"out.{kind}", config, SaveConfig(quality=100))
    alone = [levels(translator.translate(frame, size=48)) for frame in scene(china)]
    held = [levels(frame) for frame in shown(tmp_path / f"out.{kind}")[0]]
    assert flicker(held) < (1 if kind == "webp" else 0.6)  # WebP is encoded with losses, anew for each frame
    assert flicker(alone) > 4 * flicker(held)
    assert np.abs(np.mean(held, 0) - np.mean(alone, 0)).mean() < 8


def test_the_translator_stays_as_it_was(translator: Translator, china: Path, tmp_path: Path) -> None:
    frame = scene(china)[0]
    before = translator.translate(frame).tobytes()
    translator.translate_file(animate(tmp_path / "moving.gif", scene(china)), tmp_path / "out.gif")
    assert translator.translate(frame).tobytes() == before


def test_frames_too_large_to_measure_whole_are_measured_in_parts(tiny: Style, china: Path) -> None:
    frames: list[Pixels] = [np.asarray(frame) for frame in scene(china, 8, (256, 192))]
    whole = Translator(tiny, device="cpu").network
    small = Translator(tiny, device="cpu", tiling=TilingConfig(memory=16)).network
    assert len(frames) * frames[0].size // 3 > small._measurable
    difference = whole.freeze(frames).run(frames[3]).astype(float) - small.freeze(frames).run(frames[3])
    assert abs(difference.mean()) < 2
    assert np.abs(difference).mean() < 8


def test_painting_options_hold_for_every_frame(translator: Translator, china: Path, tmp_path: Path) -> None:
    moving = animate(tmp_path / "moving.png", scene(china, 3))
    translator.translate_file(moving, tmp_path / "same.png", PaintConfig(strength=0))
    translator.translate_file(moving, tmp_path / "both.png", PaintConfig(compare=True))
    originals = shown(moving)[0]
    for original, same, both in zip(
        originals, shown(tmp_path / "same.png")[0], shown(tmp_path / "both.png")[0], strict=True
    ):
        assert same.tobytes() == original.tobytes()
        assert both.size == (192, 64)
        assert both.crop((0, 0, 96, 64)).tobytes() == original.tobytes()


def test_an_animation_of_one_frame_is_a_picture(here: Here, tiny: Style, china: Path, tmp_path: Path) -> None:
    animate(tmp_path / "one.png", scene(china, 1))
    code, out, errors = here("translate", "one.png", "-s", tiny.folder)
    assert (code, errors) == (0, [])
    assert "frames" not in out[0]


def test_the_command_says_how_many_frames_it_painted(here: Here, tiny: Style, china: Path, tmp_path: Path) -> None:
    animate(tmp_path / "clip.gif", scene(china))
    code, out, errors = here("translate", "clip.gif", "-s", tiny.folder)
    assert (code, errors) == (0, [])
    assert out[0].startswith("clip-tiny.gif  96 x 64, 6 frames painted at 64 x 43 in ")


def test_a_batch_paints_animations_whole(here: Here, tiny: Style, folder: Path, china: Path, tmp_path: Path) -> None:
    animate(folder / "6.gif", scene(china))
    animate(folder / "7.webp", scene(china))
    code, out, errors = here("batch", "photos", "out", "-s", tiny.folder)
    assert (code, errors) == (0, [])
    assert out[0].startswith("Painted 10, failed 0")
    assert [len(shown(tmp_path / "out" / name)[0]) for name in ("6.gif", "7.webp")] == [6, 6]


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
@pytest.mark.parametrize("part", [0.4, 0.7, 0.95])
def test_an_animation_that_is_cut_short_is_refused(
    here: Here, tiny: Style, china: Path, tmp_path: Path, kind: str, part: float
) -> None:
    data = animate(tmp_path / f"clip.{kind}", scene(china)).read_bytes()
    (tmp_path / f"clip.{kind}").write_bytes(data[: int(len(data) * part)])
    before = sorted(tmp_path.iterdir())
    code, out, errors = here("translate", f"clip.{kind}", "-s", tiny.folder)
    assert (code, out, len(errors)) == (1, [], 1)
    assert errors[0].startswith(f"Error: clip.{kind} is ")
    assert sorted(tmp_path.iterdir()) == before


def test_a_damaged_animation_is_an_error_of_ours(china: Path, tmp_path: Path) -> None:
    data = bytearray(animate(tmp_path / "a.png", scene(china)).read_bytes())
    data[len(data) * 2 // 3] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadablePictureError) as caught:
        open_moving(tmp_path / "a.png", tmp_path / "b.png", SaveConfig())
    assert isinstance(caught.value, CopyartError)


def test_an_animation_that_its_kind_cannot_hold_says_so(translator: Translator, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16_400, 2), color) for color in ("red", "blue")]
    wide = animate(tmp_path / "wide.gif", frames)
    words = r"wide\.webp: webp cannot hold this picture of 16400 x 2: .* 16383 pixels; choose another --format"
    with pytest.raises(UnwritablePictureError, match=words):
        translator.translate_file(wide, tmp_path / "wide.webp", SMALL, SaveConfig(format="webp"))
    assert [path.name for path in tmp_path.iterdir()] == ["wide.gif"]


def test_what_follows_the_last_frame_of_a_gif_does_not_count(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    gif = animate(tmp_path / "a.gif", scene(china))
    data = gif.read_bytes()
    assert data[-1:] == b";"
    gif.write_bytes(data[:-1] + b"\0padding")
    assert translator.translate_file(gif, tmp_path / "b.gif", SMALL).painted_frames == 6
    assert len(shown(tmp_path / "b.gif")[0]) == 6


def test_a_batch_says_of_which_animations_a_picture_was_made(
    here: Here, tiny: Style, china: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    animate(tmp_path / "in" / "a.gif", scene(china))
    code, out, said = here("batch", "in", "out", "--format", "jpeg", "-s", tiny.folder)
    assert code == 0
    assert "Note: in/a.gif has 6 frames; the first was painted" in [*out, *said]


def test_inspecting_an_animation_says_that_the_first_frame_is_looked_at(
    here: Here, tiny: Style, china: Path, tmp_path: Path
) -> None:
    animate(tmp_path / "a.gif", scene(china))
    code, _, said = here("inspect", tiny.folder, "a.gif", "--size", 32)
    assert (code, said) == (0, ["Note: a.gif has 6 frames; the first was painted"])
