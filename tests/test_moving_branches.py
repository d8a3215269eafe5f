"""Moving pictures that are damaged, joined from others, or too large for what they are to become."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from conftest import Here
from limits import small_disk, unprivileged
from PIL import Image
from test_moving import animate, film, filmed, heard, scene, shown

from copyart import Translator
from copyart.config import PaintConfig, SaveConfig
from copyart.errors import UnreadablePictureError, UnwritablePictureError
from copyart.styles import Style

SMALL = PaintConfig(size=48)


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu")


def film_of_pictures(path: Path, china: Path, count: int = 12, times: Sequence[int] | None = None) -> Path:
    """A video each of whose frames is a JPEG, of 12 a second, or with times in 1/1000 s."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("mjpeg", 12)
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuvj420p"
        for number, frame in enumerate(scene(china, count)):
            picture = av.VideoFrame.from_image(frame)
            picture.pts = number
            for packet in pictures.encode(picture):
                if times:
                    packet.time_base = Fraction(1, 1000)
                    packet.pts = packet.dts = times[number]
                out.mux(packet)
        out.mux(pictures.encode())
    return path


def spoil(video: Path, number: int) -> None:
    """Makes one of its frames unreadable."""
    with av.open(str(video)) as file:
        packet = [packet for packet in file.demux(video=0) if packet.size][number]
        data = bytes(packet)
    whole = video.read_bytes()
    at = whole.index(data)
    video.write_bytes(whole[:at] + bytes(len(data)) + whole[at + len(data) :])


def test_a_video_with_a_damaged_frame_is_refused_and_nothing_is_left(
    here: Here, tiny: Style, china: Path, tmp_path: Path
) -> None:
    spoil(film_of_pictures(tmp_path / "a.avi", china), 6)
    code, out, said = here("translate", "a.avi", "-s", tiny.folder)
    assert (code, out, len(said)) == (1, [], 1)
    assert said[0].startswith("Error: a.avi is cut short or damaged: ")
    assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]


def test_a_recording_whose_first_frames_cannot_be_read_is_painted_from_the_first_that_can(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    video = film_of_pictures(tmp_path / "a.avi", china)
    for number in range(2):
        spoil(video, number)
    assert translator.translate_file(video, tmp_path / "b.mkv", SMALL).painted_frames == 10


def test_a_video_of_which_no_frame_can_be_read_is_said_to_have_none(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    video = film_of_pictures(tmp_path / "a.avi", china)
    for number in range(12):
        spoil(video, number)
    with pytest.raises(UnreadablePictureError, match=r"a\.avi has no frames; copy it again from where it came"):
        translator.translate_file(video, tmp_path / "b.mkv", SMALL)


def test_frames_of_one_time_are_shown_one_after_the_other(translator: Translator, china: Path, tmp_path: Path) -> None:
    video = film_of_pictures(tmp_path / "a.mkv", china, 5, times=[0, 80, 80, 80, 400])
    assert filmed(video)[1] == [Fraction(time, 1000) for time in (0, 80, 80, 80, 400)]
    translator.translate_file(video, tmp_path / "b.mkv", SMALL)
    times = filmed(tmp_path / "b.mkv")[1]
    assert len(times) == 5
    assert all(before < after for before, after in pairwise(times))


def test_a_video_whose_painting_has_a_name_without_a_kind_stays_of_its_kind(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    video = film(tmp_path / "a.mkv", scene(china, 3), sound=None)
    translator.translate_file(video, tmp_path / "painted", SMALL)
    assert len(filmed(tmp_path / "painted")[0]) == 3
    with av.open(str(tmp_path / "painted")) as file:
        assert "matroska" in file.format.name


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_a_full_disk_leaves_nothing_of_what_moves(
    translator: Translator, china: Path, tmp_path: Path, name: str
) -> None:
    video = name.endswith("mp4")
    moving = film(tmp_path / name, scene(china, 6)) if video else animate(tmp_path / name, scene(china))
    with small_disk(1000), pytest.raises(UnwritablePictureError, match=r"b\.\w+ cannot be written: .*larger|too large"):
        translator.translate_file(moving, tmp_path / f"b{moving.suffix}", SMALL)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_sound_that_goes_on_after_the_last_picture_is_kept_to_its_end(
    translator: Translator, china: Path, tmp_path: Path
) -> None:
    video = film(tmp_path / "a.mp4", scene(china, 30), times=list(range(30)))
    assert heard(video)[-1][0] > 2
    translator.translate_file(video, tmp_path / "b.mp4", SMALL)
    assert heard(tmp_path / "b.mp4") == heard(video)


def test_a_video_that_may_not_be_read_says_so(translator: Translator, china: Path, public: Path) -> None:
    video = film(public / "a.mp4", scene(china, 2))
    video.chmod(0)
    with unprivileged(), pytest.raises(UnreadablePictureError, match=r"a\.mp4 cannot be read: permission denied"):
        translator.translate_file(video, public / "b.mp4")


def test_an_animation_that_its_kind_cannot_hold_says_so(translator: Translator, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16_400, 2), color) for color in ("red", "blue")]
    wide = animate(tmp_path / "wide.gif", frames)
    words = r"wide\.webp: webp cannot hold this animation: .*; choose another --format"
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
