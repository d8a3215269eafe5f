"""Painting what moves: every frame at its time, in colours that do not flicker, with the sound as it was."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from conftest import Here
from PIL import Image, ImageDraw, ImageSequence

from copyart import Translator
from copyart.config import PaintConfig, SaveConfig, TilingConfig
from copyart.errors import CopyartError, DeviceError, OptionError, UnreadablePictureError
from copyart.extras import install_line
from copyart.moving import open_moving
from copyart.styles import Style
from copyart.tensors import Pixels

Levels = npt.NDArray[np.float64]

DURATIONS = [40, 200, 70, 1000, 100, 30]
FAR = (slice(0, 30), slice(50, 96))  # a part of the scene that nothing moves near


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu")


def scene(china: Path, count: int = 6, size: tuple[int, int] = (96, 64)) -> list[Image.Image]:
    """A photograph that stands still, with a bright square that grows in its lower left corner."""
    with Image.open(china) as photo:
        still = photo.convert("RGB").resize(size)
    frames = [still.copy() for _ in range(count)]
    for number, frame in enumerate(frames):
        side = 4 + 3 * number % 20
        ImageDraw.Draw(frame).rectangle((2, size[1] - side - 2, 2 + side, size[1] - 3), (255, 40 * number % 256, 0))
    return frames


def animate(path: Path, frames: list[Image.Image], **options: Any) -> Path:  # Pillow's own
    told: dict[str, Any] = {"duration": DURATIONS[: len(frames)], "loop": 3, "lossless": True} | options
    frames[0].save(path, save_all=True, append_images=frames[1:], **told)
    return path


def shown(path: Path) -> tuple[list[Image.Image], list[float], int | None]:
    """The frames of an animation, how long each is shown, and its loop count."""
    with Image.open(path) as image:
        frames, durations = [], []
        for frame in ImageSequence.Iterator(image):
            frames.append(frame.convert("RGBA"))
            durations.append(float(frame.info["duration"]))
        return frames, durations, image.info.get("loop")


def levels(frame: Image.Image) -> Levels:
    return np.asarray(frame.convert("RGB")).astype(np.float64)


def flicker(frames: Iterable[Levels]) -> float:
    """How many levels a part of the scene where nothing moves changes from a frame to the next, on average."""
    return max(float(np.abs(a[FAR] - b[FAR]).mean()) for a, b in itertools.pairwise(frames))


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
    whole = Translator(tiny, device="cpu").painter
    small = Translator(tiny, device="cpu", tiling=TilingConfig(memory=16)).painter
    assert len(frames) * frames[0].size // 3 > small._measurable
    difference = whole.held(frames).paint(frames[3]).astype(float) - small.held(frames).paint(frames[3])
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


def film(
    path: Path,
    frames: list[Image.Image],
    *,
    times: list[int] | None = None,
    turn: int = 0,
    sound: str | None = "aac",
    encoder: str = "libx264",
) -> Path:
    """Writes a video of 12 frames a second, or with times in 1/1000 s, with a tone."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream(encoder, 12, options={"crf": "10", "g": "12"})
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height = frames[0].size
        pictures.pix_fmt = "yuv444p" if pictures.width % 2 else "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1000) if times else Fraction(1, 12)
        if turn and not hasattr(pictures, "set_display_rotation"):
            pytest.skip("this PyAV is older than 18 and writes no rotation")
        if turn:
            pictures.set_display_rotation(turn)
        tone = out.add_stream(sound, 48_000) if sound else None
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_image(frame)
            picture.pts = times[number] if times else number
            picture.time_base = pictures.codec_context.time_base
            out.mux(pictures.encode(picture))
        out.mux(pictures.encode())
        if isinstance(tone, av.AudioStream):
            wave = np.sin(np.arange(960 * len(frames) * 4) / 20).astype(np.float32).reshape(-1, 960)
            for number, piece in enumerate(wave):
                samples = av.AudioFrame.from_ndarray(piece[None], format="flt", layout="mono")
                samples.sample_rate, samples.pts = 48_000, 960 * number
                out.mux(tone.encode(samples))
            out.mux(tone.encode())
    return path


def filmed(path: Path) -> tuple[list[Levels], list[Fraction]]:
    """The frames of a video as they are stored, and when they are shown, in seconds."""
    with av.open(str(path)) as video:
        frames = list(video.decode(video=0))
        assert all(frame.rotation == 0 for frame in frames)
        return [frame.to_ndarray(format="rgb24").astype(np.float64) for frame in frames], [
            frame.pts * frame.time_base for frame in frames if frame.pts is not None and frame.time_base
        ]


def heard(path: Path) -> list[tuple[Fraction, bytes]]:
    """The packets of a video's sound, and when each is to be heard."""
    with av.open(str(path)) as video:
        packets = [packet for packet in video.demux(audio=0) if packet.pts is not None]
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets if packet.pts is not None]


@pytest.mark.parametrize(
    ("name", "encoder", "sound"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.mov", "libx264", "aac"),
        ("a.mkv", "libx264", "libopus"),
        ("a.webm", "libvpx-vp9", "libopus"),
    ],
)
def test_a_video_keeps_its_frames_their_times_and_its_sound(
    translator: Translator, china: Path, tmp_path: Path, name: str, encoder: str, sound: str
) -> None:
    video = film(tmp_path / name, scene(china, 12), encoder=encoder, sound=sound)
    out = tmp_path / f"out-{name}"
    painted = translator.translate_file(video, out, PaintConfig(size=48))
    assert (painted.frames, painted.painted_frames, painted.size) == (12, 12, (96, 64))
    assert filmed(out)[1] == filmed(video)[1]
    assert len(heard(video)) > 10
    assert heard(out) == heard(video)
    assert flicker(filmed(out)[0]) < 2
    for old, new in zip(filmed(video)[0], filmed(out)[0], strict=True):
        assert np.abs(old - new).mean() > 5
    with av.open(str(out)) as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("vp9" if encoder == "libvpx-vp9" else "h264", "yuv420p")
        assert file.metadata.get("comment", file.metadata.get("COMMENT")) == translator.signature


def test_the_colours_of_a_video_come_back_as_they_were(translator: Translator, china: Path, tmp_path: Path) -> None:
    video = film(tmp_path / "a.mp4", scene(china, 3))
    translator.translate_file(video, tmp_path / "b.mp4", PaintConfig(strength=0))
    for old, new in zip(filmed(video)[0], filmed(tmp_path / "b.mp4")[0], strict=True):
        assert abs((old - new).mean()) < 0.7
        assert np.abs(old - new).mean() < 4


@pytest.mark.parametrize("turn", [90, -90, 180])
def test_a_video_from_a_phone_is_painted_upright_and_not_turned_twice(
    translator: Translator, china: Path, tmp_path: Path, turn: int
) -> None:
    video = film(tmp_path / "a.mp4", scene(china, 3), turn=turn)
    translator.translate_file(video, tmp_path / "b.mp4", PaintConfig(strength=0))
    upright = [levels(frame.rotate(turn, expand=True)) for frame in scene(china, 3)]
    for old, new in zip(upright, filmed(tmp_path / "b.mp4")[0], strict=True):
        assert old.shape == new.shape
        assert np.abs(old - new).mean() < 8


def test_a_video_of_changing_speed_keeps_it(translator: Translator, china: Path, tmp_path: Path) -> None:
    times = [0, 33, 66, 300, 301, 800]
    video = film(tmp_path / "a.mkv", scene(china), times=times)
    for name in ("b.mkv", "b.mp4"):
        translator.translate_file(video, tmp_path / name)
        assert filmed(tmp_path / name)[1] == [Fraction(time, 1000) for time in times]


def test_a_video_of_odd_size_gains_at_most_a_row_and_a_column(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    video = film(tmp_path / "a.mkv", scene(china, 2, (97, 63)))
    for name, shape in (("b.mp4", (64, 98, 3)), ("b.webm", (63, 97, 3))):
        translator.translate_file(video, tmp_path / name, PaintConfig(strength=0))
        assert [frame.shape for frame in filmed(tmp_path / name)[0]] == [shape] * 2


def test_a_video_is_written_beside_itself_and_sound_that_does_not_fit_is_named(
    here: Here, tiny: Style, china: Path, tmp_path: Path
) -> None:
    film(tmp_path / "movie.mp4", scene(china, 2))
    code, out, errors = here("translate", "movie.mp4", "-s", tiny.folder)
    assert (code, errors) == (0, [])
    assert out[0].startswith("movie-tiny.mp4  96 x 64, 2 frames painted at 64 x 43 in ")
    code, out, errors = here("translate", "movie.mp4", "-s", tiny.folder, "--format", "webm")
    assert code == 0
    assert errors == ["movie.mp4: its aac sound is left out: webm cannot hold it; choose --format mkv"]
    assert len(filmed(tmp_path / "movie-tiny.webm")[0]) == 2


def test_a_video_of_a_kind_that_is_not_written_becomes_an_mkv(
    here: Here, tiny: Style, china: Path, tmp_path: Path
) -> None:
    film(tmp_path / "old.avi", scene(china, 2), sound="mp2")
    code, _, errors = here("translate", "old.avi", "-s", tiny.folder)
    assert (code, errors) == (0, [])
    assert len(filmed(tmp_path / "old-tiny.mkv")[0]) == 2
    assert heard(tmp_path / "old-tiny.mkv")


def test_a_recording_that_begins_between_two_whole_frames_is_painted(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    video = film(tmp_path / "a.ts", scene(china, 30), sound=None)
    with av.open(str(video)) as file:
        start = [packet.pos for packet in file.demux(video=0)][3]
    assert start
    video.write_bytes(video.read_bytes()[start:])
    painted = translator.translate_file(video, tmp_path / "b.mkv", PaintConfig(size=48))
    assert painted.painted_frames >= 18


def test_a_video_does_not_go_to_standard_output(here: Here, tiny: Style, china: Path, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", scene(china, 2))
    code, out, errors = here("translate", "a.mp4", "-o", "-", "-s", tiny.folder)
    assert (code, out) == (2, [])
    assert errors == ["Error: a.mp4 is a video, and videos cannot go to standard output; give -o FILE"]


def test_a_video_becomes_no_picture(translator: Translator, china: Path, tmp_path: Path) -> None:
    video = film(tmp_path / "a.mp4", scene(china, 2))
    with pytest.raises(
        OptionError, match=r"'b\.gif' names no format that videos are written in; use mp4, mov, mkv, webm"
    ):
        translator.translate_file(video, tmp_path / "b.gif")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi"])
@pytest.mark.parametrize("part", [0.5, 0.8])
def test_a_video_that_is_cut_short_is_refused(
    here: Here, tiny: Style, china: Path, tmp_path: Path, name: str, part: float
) -> None:
    encoder = "libvpx-vp9" if name.endswith("webm") else "libx264"
    data = film(tmp_path / name, scene(china, 24), encoder=encoder, sound=None).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * part)])
    before = sorted(tmp_path.iterdir())
    code, out, errors = here("translate", name, "-s", tiny.folder)
    assert (code, out, len(errors)) == (1, [], 1)
    assert errors[0].startswith(f"Error: {name} is ")
    assert "cut short" in errors[0]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty (0 bytes)"), (b"Dear diary,\n" * 99, "is no video that can be read"), (None, "no moving picture")],
)
def test_what_is_no_video_gets_one_line(
    here: Here, tiny: Style, tmp_path: Path, data: bytes | None, words: str
) -> None:
    if data is None:
        with av.open(str(tmp_path / "a.mp4"), "w") as out:
            tone = out.add_stream("aac", 48_000)
            assert isinstance(tone, av.AudioStream)
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), format="flt", layout="mono")
            samples.sample_rate = 48_000
            out.mux(tone.encode(samples))
            out.mux(tone.encode())
    else:
        (tmp_path / "a.mp4").write_bytes(data)
    code, out_lines, errors = here("translate", "a.mp4", "-s", tiny.folder)
    assert (code, out_lines, len(errors)) == (1, [], 1)
    assert words in errors[0]
    assert here("translate", "b.mp4", "-s", tiny.folder)[2] == [
        "Error: b.mp4: there is no such file; check the spelling and the folder"
    ]


def test_without_pyav_a_video_says_what_to_install(tiny: Style, china: Path, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", scene(china, 2))
    code = (
        "import sys; sys.modules['av'] = None; from copyart.cli import main\n"
        f"sys.argv = ['copyart', 'translate', 'a.mp4', '-s', {str(tiny.folder)!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Error: a.mp4 is a video, which needs av, not installed here: {install_line('video')}\n"


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
@pytest.mark.parametrize("error", [DeviceError("no memory"), KeyboardInterrupt()])
def test_nothing_is_left_when_painting_fails_in_the_middle(
    translator: Translator, china: Path, tmp_path: Path, name: str, error: BaseException
) -> None:
    moving = (film if name.endswith("mp4") else animate)(tmp_path / name, scene(china))
    out = tmp_path / f"out-{name}"
    out.write_bytes(b"the old painting")

    def fail(done: int, total: int) -> None:
        if done == 3:
            raise error

    with pytest.raises(type(error)):
        translator.translate_file(moving, out, save=SaveConfig(overwrite=True), watch=fail)
    assert out.read_bytes() == b"the old painting"
    assert sorted(tmp_path.iterdir()) == [moving, out]


def test_a_request_to_stop_leaves_nothing_behind(tiny: Style, china: Path, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", scene(china, 100))
    command = [sys.executable, "-m", "copyart", "translate", "a.mp4", "-s", str(tiny.folder), "--size", "600"]
    running = subprocess.Popen([*command, "--detail", "0"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 600
    while not list(tmp_path.glob(".copyart-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=600)
    assert (running.returncode, errors) == (128 + signal.SIGTERM, "")
    assert os.listdir(tmp_path) == ["a.mp4"]  # noqa: PTH208  # hidden files too


def test_a_damaged_animation_is_an_error_of_ours(china: Path, tmp_path: Path) -> None:
    data = bytearray(animate(tmp_path / "a.png", scene(china)).read_bytes())
    data[len(data) * 2 // 3] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadablePictureError) as caught:
        open_moving(tmp_path / "a.png", tmp_path / "b.png", SaveConfig())
    assert isinstance(caught.value, CopyartError)
