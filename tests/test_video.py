"""Painting videos: every frame at its time, with the sound as it was; damaged ones are refused."""

import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import Here
from films import film, filmed, flicker, heard, levels, scene
from limits import unprivileged

from copyart import Translator
from copyart.config import PaintConfig
from copyart.errors import OptionError, UnreadablePictureError
from copyart.extras import install_line
from copyart.models import Style

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
