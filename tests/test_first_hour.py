"""What a new user types in the first hour: what is made, what is meant, what is refused at once, and what help says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Here
from limits import unprivileged
from local_hub import LocalHub, Repo, files_of
from PIL import Image
from test_docs import COMMANDS

from copyart.cli import app
from copyart.cli.guessing import Commands
from copyart.config import SaveConfig
from copyart.destinations import Job
from copyart.errors import UnknownStyleError
from copyart.models import Style, bundled_styles, find_style, read_catalogue
from copyart.models.catalogue import CatalogueEntry
from copyart.translator import Translator

# Runs copyart where torch is broken: what says its line all the same has not needed it.
_NO_TORCH = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError("torch was asked for")
sys.meta_path.insert(0, Broken())
import copyart.cli
sys.argv = ["copyart", *sys.argv[1:]]
copyart.cli.main()
"""


def torchless(folder: Path, *arguments: object) -> tuple[int, list[str]]:
    """The exit code and the lines of stderr of copyart without torch."""
    done = subprocess.run(
        [sys.executable, "-c", _NO_TORCH, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


# Folders.


@pytest.mark.parametrize("output", ["out/", "a/b/out/", "out"])
def test_the_folder_for_several_paintings_is_made(
    here: Here, tiny: Style, folder: Path, tmp_path: Path, output: str
) -> None:
    code, lines, errors = here("translate", folder / "0.jpg", folder / "1.jpg", "-s", tiny.folder, "-o", output)
    assert (code, errors) == (0, [])
    assert [line.partition("  ")[0] for line in lines] == [
        str(Path(output) / "0-tiny.jpg"),
        str(Path(output) / "1-tiny.jpg"),
    ]
    assert len(list((tmp_path / output).iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["translate", "photo.jpg", "-s", "{tiny}", "-o", "a/out/"], "a/out/photo-tiny.jpg"),
        (["photo.jpg", "-s", "{tiny}", "-o", "a/out/", "--format", "png"], "a/out/photo-tiny.png"),
        (["batch", "photos", "a/out", "-s", "{tiny}"], "a/out/0.jpg"),
        pytest.param(["export", "{tiny}", "-o", "a/out/"], "a/out/tiny.onnx", marks=pytest.mark.slow),
        (["inspect", "{tiny}", "photo.jpg", "-o", "a/out", "--size", "32"], "a/out/index.html"),
        (["domains", "photos", "--sheet", "a/out/"], "a/out/photos.png"),
        pytest.param(
            ["evaluate", "photos", "photos", "--no-pretrained", "--page", "a/out/"],
            "a/out/scores.html",
            marks=pytest.mark.slow,
        ),
        (["evaluate", "originality", "photos", "{other}", "--page", "a/out/"], "a/out/originality.html"),
        (["evaluate", "survey", "make", "photos", "{other}", "a/out/", "--pictures", "4"], "a/out/survey.html"),
    ],
)
@pytest.mark.usefixtures("rough")
def test_every_command_makes_the_folder_that_it_was_given(
    here: Here, tiny: Style, folder: Path, tmp_path: Path, arguments: list[str], made: str
) -> None:
    (tmp_path / "other").mkdir()
    for number, path in enumerate(sorted(folder.rglob("*.jpg"))):
        with Image.open(path) as image:
            image.rotate(7 * number).save(path)
            image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(5 * number).save(tmp_path / "other" / path.name)
    words = [word.format(tiny=tiny.folder, other="other") for word in arguments]
    code, _, errors = here(*words)
    assert code == 0, errors
    assert (tmp_path / made).is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "empty.jpg", "nowhere.jpg", "-o", "a/out/"],
        ["translate", "empty.jpg", "-o", "a/out/"],
        ["translate", "photo.jpg", "-s", "nothing", "-o", "a/out/"],
        ["translate", "cut.jpg", "-s", "{tiny}", "-o", "a/out/"],
        ["batch", "bad", "a/out", "-s", "{tiny}"],
        ["batch", "photos", "a/out", "-s", "nothing"],
        ["export", "nothing", "-o", "a/out/"],
    ],
    ids=" ".join,
)
def test_where_everything_is_refused_no_folder_is_left_behind(
    here: Here, tiny: Style, folder: Path, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "cut.jpg").write_bytes((folder / "0.jpg").read_bytes()[:2000])
    (tmp_path / "bad").mkdir()
    shutil.copy(tmp_path / "cut.jpg", tmp_path / "bad")
    assert here(*(word.format(tiny=tiny.folder) for word in arguments))[0] == 1
    assert not (tmp_path / "a").exists()


def test_a_folder_that_was_made_goes_again_when_nothing_could_be_written_into_it(
    tiny: Style, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("copyart.files.os.fsync", full)
    translator = Translator(tiny, device="cpu")
    job = Job(photo, tmp_path / "a" / "out" / "x.jpg")
    (failed,) = translator.translate_many([job])
    assert "the disk is full" in str(failed.error)  # type: ignore[union-attr]  # it is no painting
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("output", ["x.jpg", "x.PNG", "film.mp4", "notes"])
def test_several_photos_cannot_go_to_what_is_a_file_or_is_called_like_one(
    folder: Path, tmp_path: Path, output: str
) -> None:
    (tmp_path / "notes").touch()
    code, (line,) = torchless(tmp_path, "translate", folder / "0.jpg", folder / "1.jpg", "-o", output)
    assert code == 2
    assert line == f"Error: 2 photos cannot all go to {output}; give a folder with -o, such as paintings/"


def test_two_photos_of_one_name_do_not_replace_each_other(
    here: Here, tiny: Style, folder: Path, tmp_path: Path
) -> None:
    photos = folder / "0.jpg", folder / "deep" / "er" / "0.jpg"
    code, lines, errors = here("translate", *photos, "-s", tiny.folder, "-o", "out/", "--overwrite")
    assert (code, len(lines)) == (1, 1)
    assert errors == [
        f"Error: {photos[1]} and {photos[0]} would both become {Path('out') / '0-tiny.jpg'}; paint one elsewhere"
    ]


def test_from_python_a_missing_folder_is_refused_unless_it_may_be_made(
    tiny: Style, photo: Path, tmp_path: Path
) -> None:
    translator = Translator(tiny, device="cpu")
    painting = tmp_path / "a" / "b" / "x.jpg"
    with pytest.raises(Exception, match="there is no folder"):
        translator.translate_file(photo, painting)
    translator.translate_file(photo, painting, save=SaveConfig(make_folder=True))
    assert painting.is_file()


# What is refused before torch is loaded.

TAKEN = "is there already; give --overwrite to replace it, or another name"
REFUSED = [
    (["translate", "photo.jpg"], 1, f"photo-monet.jpg {TAKEN}"),
    (["translate", "nowhere.jpg"], 1, "nowhere.jpg: there is no such file; check the spelling and the folder"),
    (["translate", "photos"], 1, "photos is a folder; paint all of it with `copyart batch`"),
    (["translate", "notes.txt"], 1, "notes.txt is no picture that copyart can read: it is not JPEG"),
    (["translate", "notes.jpg"], 1, "notes.jpg is no picture that copyart can read: it is not JPEG"),
    (["translate", "empty.jpg"], 1, "empty.jpg is empty (0 bytes)"),
    (["translate", "empty.mp4"], 1, "empty.mp4 is empty (0 bytes)"),
    (["translate", "photo.jpg", "-s", "monnet"], 1, "style 'monnet' is unknown; there are monet, "),
    (["translate", "photo.jpg", "-s", "runs/x"], 1, "style runs/x: there is no such folder"),
    (["translate", "photo.jpg", "--format", "psd"], 2, "'psd' names no picture format"),
    (["translate", "photo.jpg", "--device", "gpu"], 1, "device 'gpu' is unknown"),
    (["translate", "photo.jpg", "-o", "photo.jpg", "--overwrite"], 2, "photo.jpg is the photo itself"),
    (["translate", "photo.jpg", "-o", "nowhere/x.jpg"], 1, "there is no folder nowhere; make it first"),
    (["translate", "photo.jpg", "-o", "notes.txt/"], 1, "notes.txt cannot be made: there is a file of that name"),
    (["translate", "photo.jpg", "-o", "photos"], 1, f"photos/photo-monet.jpg {TAKEN}"),
    (["translate", "photo.jpg", "-s", "{plain}", "--reverse"], 1, "style tiny has no way back"),
    (["batch", "photos", "out", "-s", "monnet"], 1, "style 'monnet' is unknown"),
    (["batch", "photos", "out", "--device", "gpu"], 1, "device 'gpu' is unknown"),
    (["batch", "photos", "photo.jpg"], 1, "photo.jpg cannot be made: there is a file of that name"),
    (["train", "--domain-a", "photos", "--domain-b", "photos", "--device", "gpu"], 1, "device 'gpu' is unknown"),
    (["train", "--domain-a", "photos", "--domain-b", "photos", "--config", "start.toml"], 1, "style runs/x: there is"),
    (["train", "--domain-a", "photos", "--domain-b", "nothing"], 1, "domain 'nothing' is unknown"),
    (["train", "--domain-a", "photos", "--domain-b", "plain"], 1, "plain holds no pictures"),
    (["train", "--domain-a", "photos", "--domain-b", "notes.txt"], 1, "notes.txt: 'Dear diary,' is no file"),
    (["train", "--domain-a", "photo.jpg", "--domain-b", "photos"], 1, "photo.jpg is one picture"),
    (["train", "--domain-a", "photos", "--domain-b", "photos", "--out", "plain"], 1, "plain is there already; give"),
    (
        ["train", "--domain-a", "photos", "--domain-b", "photos", "--out", "photo.jpg/x"],
        1,
        "photo.jpg/x cannot be made",
    ),
    (["train", "--resume"], 1, "there is no run in"),
    (["train", "--resume", "--out", "plain"], 1, "plain holds no run"),
    (["report", "plain"], 1, "plain holds no run"),
    (["evaluate", "photos", "plain"], 1, "plain holds no pictures"),
    (["export", "monnet"], 1, "style 'monnet' is unknown"),
    (["export", "monet", "-o", "notes.txt"], 1, f"notes.txt {TAKEN}"),
    (["export", "{plain}", "--reverse"], 1, "style tiny has no way back"),
    (["inspect", "monnet", "photo.jpg"], 1, "style 'monnet' is unknown"),
    (["inspect", "monet", "nowhere.jpg"], 1, "nowhere.jpg: there is no such file"),
    (["inspect", "monet", "photo.jpg", "-o", "notes.txt"], 1, "notes.txt is a file"),
    (["inspect", "monet", "photo.jpg", "--size", "4"], 2, "size is 4; give 8 to 2048"),
    (["evaluate", "--style", "monnet", "--domain-a", "photos", "--domain-b", "photos"], 1, "style 'monnet' is"),
    (["evaluate", "photos", "nothing"], 1, "domain 'nothing' is unknown"),
    (["evaluate", "photos", "photos", "--page", "notes.txt"], 1, f"notes.txt {TAKEN}"),
    (["evaluate", "originality", "photos", "nothing"], 1, "domain 'nothing' is unknown"),
    (["evaluate", "survey", "make", "photos", "nothing", "x.html"], 1, "domain 'nothing' is unknown"),
    (["evaluate", "kaggle", "photos", "x.zip", "-s", "monnet"], 1, "style 'monnet' is unknown"),
    (["serve", "--styles", "monet,monnet", "--port", "0"], 1, "style 'monnet' is unknown"),
    (["serve", "--styles", "monet,MONET", "--port", "0"], 2, "two styles are called 'monet'"),
    (["serve", "--device", "gpu"], 1, "device 'gpu' is unknown"),
    (["download-weights", "monnet"], 1, "style 'monnet' is unknown"),
    (["publish", "photos", "ann/x"], 1, "photos is no style"),
]


@pytest.fixture
def world(folder: Path, tiny: Style) -> Path:
    """A folder with a photo whose painting is there already, and with what cannot be painted."""
    world = folder.parent
    for name in ("photo-monet.jpg", "photos/photo-monet.jpg"):
        shutil.copy(world / "photo.jpg", world / name)
    for name in ("notes.txt", "notes.jpg"):
        (world / name).write_text("Dear diary,\n" * 100)
    for name in ("empty.jpg", "empty.mp4"):
        (world / name).touch()
    (world / "start.toml").write_text('start = "runs/x"\n')
    shutil.copytree(tiny.folder, world / "plain")
    (world / "plain" / "reverse.safetensors").unlink()
    record = (world / "plain" / "config.json").read_text()
    (world / "plain" / "config.json").write_text(re.sub(r',\s*"reverse.safetensors": "\w+"', "", record))
    return world


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED, ids=[" ".join(each[0]) for each in REFUSED])
def test_what_can_be_refused_is_refused_before_torch_is_loaded(
    world: Path, arguments: list[str], code: int, words: str
) -> None:
    before = sorted(world.rglob("*"))
    found, lines = torchless(world, *(word.format(plain="plain") for word in arguments))
    assert (found, len(lines)) == (code, 1)
    assert lines[0].startswith("Error: ")
    assert words in lines[0]
    assert sorted(world.rglob("*")) == before


def test_where_all_of_several_are_refused_each_has_its_line_and_torch_is_not_loaded(world: Path) -> None:
    code, lines = torchless(world, "translate", "nowhere.jpg", "notes.jpg", "photo.jpg", "photos")
    assert code == 1
    assert [line.partition(" ")[2].split(" ")[0].rstrip(":") for line in lines] == [
        "nowhere.jpg",
        "notes.jpg",
        "photos",
        "photo-monet.jpg",
    ]
    assert torchless(world, "batch", "bad", "out") == (1, ["Error: bad: there is no such folder; check the spelling"])
    (world / "bad").mkdir()
    shutil.copy(world / "notes.jpg", world / "bad")
    done = subprocess.run(
        [sys.executable, "-c", _NO_TORCH, "batch", "bad", "out"], cwd=world, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stdout.startswith("Painted 0, failed 1, already there 0: out ")


def test_of_several_those_refused_have_their_line_at_once_and_the_others_are_painted(
    here: Here, tiny: Style, world: Path
) -> None:
    code, lines, errors = here("translate", "nowhere.jpg", "photo.jpg", "empty.jpg", "-s", tiny.folder)
    assert code == 1
    assert [line.partition("  ")[0] for line in lines] == ["photo-tiny.jpg"]
    assert [line[:20] for line in errors] == ["Error: nowhere.jpg: ", "Error: empty.jpg is "]


def test_a_folder_that_may_not_be_written_to_is_named_before_anything_is_painted(
    here: Here, public: Path, photo: Path
) -> None:
    shutil.copy(photo, public / "photo.jpg")
    (public / "photo.jpg").chmod(0o644)
    with unprivileged():
        code, lines, errors = here("translate", public / "photo.jpg", "-s", "monet", "--device", "none")
        assert (code, lines, errors) == (
            1,
            [],
            ["Error: device 'none' is unknown; use auto, cpu, cuda, cuda:N, mps or tpu"],
        )
        for output, words in ((public / "x.jpg", "cannot be written"), (f"{public}/out/", "cannot be made")):
            code, lines, errors = here("translate", public / "photo.jpg", "-o", output)
            assert (code, lines) == (1, [])
            assert errors == [
                f"Error: {str(output).rstrip('/')} {words}: permission denied; check who may use it and its folder"
            ]


# Styles, as people write them.

MEANT = {
    "monet": ["Monet", "MONET", "Claude Monet", "claude_monet", "mo-net", " monet "],
    "vangogh": ["van-gogh", "van gogh", "Van Gogh", "Vincent van Gogh", "vincent-van-gogh"],
    "cezanne": ["cézanne", "Cézanne", "Paul Cezanne", "ce\u0301zanne"],
    "ukiyoe": ["Ukiyo-e", "ukiyo e", "UKIYO-E"],
    "turner": ["Turner", "William Turner"],
    "ink": ["Ink", "ink painting"],
}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in MEANT.items() for word in words])
def test_a_style_is_found_by_any_way_to_write_it(name: str, word: str, hub: LocalHub) -> None:
    found = find_style(word)
    assert isinstance(found, Style)
    assert (found.name, hub.requests) == (name, [])


def test_names_and_folders_to_the_letter_come_first(
    tiny: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Monet", "monet"):
        shutil.copytree(tiny.folder, tmp_path / name, dirs_exist_ok=True)
    assert find_style("Monet").name == "tiny"
    assert find_style("monet").name == "monet"
    (tmp_path / "MONET").touch()
    assert find_style("MONET").name == "monet"
    (tmp_path / "notes.txt").touch()
    with pytest.raises(
        UnknownStyleError, match=r"style notes\.txt is a file; give the folder of a style, or a \.pth file"
    ):
        find_style("notes.txt")


def test_what_may_be_several_styles_is_refused_with_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [CatalogueEntry("Old-Master", "Rembrandt", "x"), CatalogueEntry("old_master", "Rembrandt", "x")]
    table = read_catalogue() | {row.name: row for row in rows}
    monkeypatch.setattr("copyart.models.finding.read_catalogue", lambda: table)
    for word in ("old master", "REMBRANDT"):
        with pytest.raises(UnknownStyleError) as raised:
            find_style(word)
        assert str(raised.value) == f"style {word!r} may be any of Old-Master, old_master; give one of these names"


@pytest.mark.parametrize(
    ("word", "near"),
    [("monnet", "monet"), ("vangog", "vangogh"), ("Vincent van Goch", "vangogh"), ("sezanne", "cezanne")],
)
def test_a_mistyped_style_is_told_the_near_one(word: str, near: str) -> None:
    with pytest.raises(UnknownStyleError, match=rf"is unknown; there are .*\. Did you mean {near}\? A folder"):
        find_style(word)


@pytest.mark.parametrize(
    "command", ["translate", "batch", "export", "inspect", "evaluate", "download-weights", "train"]
)
@pytest.mark.parametrize("name", ["runs/nothing", "./nothing", "../x", "~/x", "/abs/x", "photos/x", ".hidden/x"])
def test_a_mistyped_folder_is_no_name_on_the_hub(
    here: Here, hub: LocalHub, tiny: Style, world: Path, command: str, name: str
) -> None:
    hub.repos["runs/nothing"] = hub.repos["photos/x"] = Repo(files_of(tiny.folder))
    (world / "x.toml").write_text(f'start = "{name}"\n')
    words: dict[str, list[object]] = {
        "translate": ["translate", "photo.jpg", "-s", name],
        "batch": ["batch", "photos", "out", "-s", name],
        "export": ["export", name],
        "inspect": ["inspect", name, "photo.jpg"],
        "evaluate": ["evaluate", "-s", name, "--domain-a", "photos", "--domain-b", "photos"],
        "download-weights": ["download-weights", name],
        "train": ["train", "--domain-a", "photos", "--domain-b", "photos", "--config", "x.toml"],
    }
    code, _, errors = here(*words[command])
    assert code == 1
    assert len(errors) == 1
    assert errors[0].startswith(f"Error: style {name}: there is no such folder; ")
    assert hub.requests == []


def test_a_mistyped_run_is_told_the_near_one(here: Here, world: Path) -> None:
    (world / "runs" / "vangogh-2").mkdir(parents=True)
    assert here("translate", "photo.jpg", "-s", "runs/vangog-2")[2] == [
        "Error: style runs/vangog-2: there is no such folder; did you mean runs/vangogh-2?"
    ]


def test_the_hub_is_still_asked_where_an_owner_is_called_as_a_folder_here_if_the_name_says_so(
    hub: LocalHub, tiny: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hub.repos["ann/tiny"] = Repo(files_of(tiny.folder))
    (tmp_path / "ann").mkdir()
    with pytest.raises(UnknownStyleError, match=r"there is no such folder; .* give ann/tiny@main"):
        find_style("ann/tiny")
    assert hub.requests == []
    assert find_style("ann/tiny@main").name == "tiny"
    hub.requests.clear()
    assert find_style("ann/tiny").name == "tiny"
    assert hub.requests == []


# Commands, as people write them.


@pytest.mark.parametrize(
    "words",
    [
        ["photo.jpg", "-s", "{tiny}"],
        ["paint", "photo.jpg", "-s", "{tiny}"],
        ["-s", "{tiny}", "photo.jpg"],
        ["--style={tiny}", "--strength", "1", "photo.jpg"],
        ["./photo.jpg", "-s", "{tiny}"],
    ],
)
def test_a_photo_alone_is_painted(here: Here, tiny: Style, photo: Path, words: list[str]) -> None:
    code, lines, errors = here(*(word.format(tiny=tiny.folder) for word in words))
    assert (code, errors) == (0, [])
    assert lines[0].startswith("photo-tiny.jpg  96 x 64, ")


def test_several_photos_alone_are_painted_and_a_mistyped_one_is_named(here: Here, tiny: Style, folder: Path) -> None:
    code, lines, errors = here("photos/0.jpg", "photos/1.jpg", "photos/none.jpg", "-s", tiny.folder)
    assert (code, len(lines)) == (1, 2)
    assert errors == ["Error: photos/none.jpg: there is no such file; check the spelling and the folder"]
    for word in ("phto.jpg", "photo.jgp", "fotos/0"):
        assert here(word)[2] == [f"Error: {word}: there is no such file; check the spelling and the folder"]


@pytest.mark.parametrize("command", ["", "translate", "train", "evaluate", "evaluate survey make"])
def test_help_is_a_command_too(here: Here, command: str) -> None:
    shown = here(*command.split(), "--help")
    assert shown[0] == 0
    assert here("help", *command.split()) == shown
    if command == "evaluate survey make":
        assert here("evaluate", "help", "survey", "make") == shown


def test_without_a_word_the_help_is_shown(here: Here) -> None:
    _, lines, errors = here()
    assert (lines, errors) == (here("--help")[1], [])


PROBABLY = {
    "list": "you probably meant: copyart styles",
    "styels": "you probably meant: copyart styles",
    "Styles": "you probably meant: copyart styles",
    "tarin": "you probably meant: copyart train",
    "tranlsate": "you probably meant: copyart translate",
    "learn": "you probably meant: copyart train",
    "download": "you probably meant: copyart download-weights",
    "evalaute": "you probably meant: copyart evaluate",
    "version": "you probably meant: copyart --version",
    "monet": "you probably meant: copyart photo.jpg --style monet",
    "VanGogh": "you probably meant: copyart photo.jpg --style vangogh",
    "xyzzy": "`copyart --help` lists those that there are",
}


@pytest.mark.parametrize("word", PROBABLY)
def test_what_is_no_command_gets_one_line_with_the_one_that_was_meant(here: Here, tmp_path: Path, word: str) -> None:
    words = f"Error: there is no command {word!r}; {PROBABLY[word]}"
    assert here(word) == here("help", word) == here(word, "--size", "3") == (2, [], [words])


def test_a_folder_alone_is_referred_to_batch(here: Here, folder: Path) -> None:
    words = "is a folder; paint all of it with: copyart batch"
    assert here("photos/") == (2, [], [f"Error: photos/ {words} photos/ paintings/"])
    assert here("photos", "out", "-s", "monet") == (2, [], [f"Error: photos {words} photos out"])
    folder.rename(folder.with_name("my photos"))
    assert here("my photos") == (2, [], [f"Error: my photos {words} 'my photos' paintings/"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            "translate --stlye monet a.jpg",
            "there is no option --stlye; did you mean --style? Try copyart translate --help",
        ),
        ("a.jpg --stlye monet", "there is no option --stlye; did you mean --style? Try copyart translate --help"),
        ("--stlye monet a.jpg", "there is no option --stlye; did you mean --style? Try copyart translate --help"),
        ("--vresion", "there is no option --vresion; did you mean --version? Try copyart --help"),
        ("train --epohcs 3", "there is no option --epohcs; did you mean --epochs? Try copyart train --help"),
        (
            "evaluate --pgae x.html",
            "there is no option --pgae; did you mean --page? Try copyart evaluate scores --help",
        ),
        ("styles --xyzzyx", "there is no option --xyzzyx. Try copyart styles --help"),
        ("translate", "Missing argument 'PHOTO'. Try copyart translate --help"),
        ("translate a.jpg --style", "Option '--style' requires an argument. Try copyart translate --help"),
        ("evaluate kagle a b", "No such command 'kagle'. Did you mean 'kaggle'? Try copyart evaluate --help"),
        ("evaluate survey mkae", "No such command 'mkae'. Did you mean 'make'? Try copyart evaluate survey --help"),
    ],
)
def test_usage_that_cannot_be_parsed_is_one_line_with_what_was_meant_and_where_help_is(
    here: Here, words: str, line: str
) -> None:
    assert here(*words.split()) == (2, [], [f"Error: {line}"])


def test_what_is_no_number_is_one_line(here: Here) -> None:
    code, lines, errors = here("translate", "a.jpg", "--quality", "high")
    assert (code, lines, len(errors)) == (2, [], 1)
    assert errors[0].startswith("Error: Invalid value for '--quality': ")
    assert errors[0].endswith(" Try copyart translate --help")


def test_the_word_for_another_command_is_never_that_of_a_command_itself() -> None:
    import typer

    from copyart.cli.guessing import _WORDS

    group = typer.main.get_command(app)
    assert isinstance(group, Commands)
    assert not set(_WORDS) & set(group.commands)
    for line in _WORDS.values():
        assert line.split()[0] in (*group.commands, "--version")
    assert not set(bundled_styles()) & set(group.commands)


# Help.


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_fits_a_terminal_without_a_broken_word_or_a_type_of_a_switch(
    here: Here, command: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer

    monkeypatch.setenv("COLUMNS", str(columns))
    _, lines, _ = here(*command.split(), "--help")
    assert max(map(len, lines)) <= columns
    found = typer.main.get_command(app)
    for word in command.split():
        found = found.commands[word]  # type: ignore[attr-defined]  # a group
    texts = [found.help or "", found.epilog or ""]
    for param in found.params:
        names = [] if param.param_type_name == "argument" else [*param.opts, *param.secondary_opts]
        texts += [getattr(param, "help", "") or "", getattr(param, "metavar", "") or "", *names]
    for below in getattr(found, "commands", {}).values():
        texts += [below.name, (below.help or "").partition(". ")[0]]
    shown = set(" ".join(lines).replace(",", " ").split())
    missing = {word for text in texts for word in text.replace(",", " ").split() if word not in shown}
    assert {word for word in missing if f"{word}." not in shown} == set()
    assert not re.search(r"<\w+>|BOOLEAN|INTEGER|FLOAT|PATH\b|\bTEXT\.|\.\.\.$", "\n".join(lines))
