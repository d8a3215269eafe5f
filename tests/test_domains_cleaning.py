"""What of a domain can be learned from: looking, leaving out, holding out; names, contact sheets, `copyart domains`."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Run
from limits import unprivileged
from local_hub import LocalHub
from PIL import Image, ImageEnhance, ImageOps
from runs import TOML, configured, losses, make_domain, small_run

from copyart.config import TrainConfig
from copyart.domains import REASONS, Cleaned, Left, Listing, clean, contact_sheet, find_domain, summary
from copyart.domains.facts import Facts, look_at
from copyart.domains.finding import places_of
from copyart.domains.hub import PREFIX, parse_hub
from copyart.domains.kaggle import parse_kaggle
from copyart.domains.table import named_domains, own_table
from copyart.errors import DomainError, DownloadError, OptionError, RunError
from copyart.training import Run as TrainedRun
from copyart.training import train
from copyart.training.cyclegan.evaluation import outlook
from copyart.training.pictures import find_pictures, lists

Change = Callable[[Image.Image], Image.Image]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's table, which is not there yet."""
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path / "own"))
    return tmp_path / "own" / "domains.toml"


@pytest.fixture
def notices(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What has been told until now."""
    caplog.set_level(logging.INFO, logger="copyart")
    return caplog


@pytest.fixture
def spoiled(tmp_path: Path, china: Path) -> Path:
    """A folder of six pictures, the photograph among them, and of twelve that are of no use."""
    folder = make_domain(tmp_path / "spoiled", 5)
    for old, new in ((china, "a.jpg"), (china, "again.jpg"), (folder / "03.png", "3-again.png")):
        shutil.copy(old, folder / new)
    (folder / "text.jpg").write_text("no picture")
    (folder / "cut.jpg").write_bytes(china.read_bytes()[:90_000])
    (folder / "empty.png").touch()
    (folder / "folder.png").mkdir()
    (folder / "gone.png").symlink_to("nowhere")
    for name, size in (("half", (320, 213)), ("small", (40, 19)), ("narrow", (20, 400))):
        save(china, folder / f"{name}.png", lambda image, size=size: image.resize(size))  # type: ignore[misc]
    for colour in ("grey", "orange"):
        Image.new("RGB", (60, 50), colour).save(folder / f"{colour}.png")
    return folder


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of three small steps on two folders, `photos` and `paintings`."""
    (tmp_path / "run.toml").write_text(TOML)
    a, b = make_domain(tmp_path / "photos", seed=1), make_domain(tmp_path / "paintings", 7, seed=2)
    values = {"domain_a": str(a), "domain_b": str(b), "out": str(tmp_path / "run"), "device": "cpu"}
    return configured(file=tmp_path / "run.toml", steps=3, precision="fp32", **values)


def save(picture: Path, to: Path, change: Change = lambda image: image, quality: int = 75) -> Path:
    with Image.open(picture) as image:
        change(image).save(to, quality=quality)
    return to


def many(count: int) -> Cleaned:
    return Cleaned("many", {Path(f"{i:04d}.png"): Facts(sha256=f"{i:064x}") for i in range(count)}, [], 0)


def blues(folder: Path, count: int) -> list[Path]:
    """Pictures whose red is their number."""
    paths = [folder / f"{i}.png" for i in range(count)]
    for i, path in enumerate(paths):
        Image.new("RGB", (30, 30), (i, 0, 200)).save(path)
    return paths


def age(path: Path, data: bytes, time_ns: int = 1) -> None:
    path.write_bytes(data)
    os.utime(path, ns=(time_ns, time_ns))


def table(lines: list[str]) -> dict[str, str]:
    """The last column of a table that was printed."""
    return dict(
        line.rsplit(maxsplit=1) for line in lines if line.startswith(("found", "kept ", *REASONS)) and ":" not in line
    )


def test_what_nothing_can_be_learned_from_is_left_out_for_its_reason_and_counted(spoiled: Path) -> None:
    paths = [*sorted(spoiled.iterdir()), spoiled / "missing.png"]
    cleaned = clean(Listing("spoiled", paths, repeats=4), least=20)
    assert [[left.path.stem for left in cleaned.left_out if left.why == why] for why in REASONS] == [
        ["cut", "empty", "folder", "gone", "text", "missing"], ["narrow", "small"], ["grey", "orange"],
        ["3-again", "again"], ["half"],
    ]  # fmt: skip
    assert [path.stem for path in cleaned.kept] == [*(f"{i:02d}" for i in range(5)), "a"]
    assert list(cleaned.counts().values()) == [6, 2, 2, 2 + 4, 1]
    assert cleaned.found == len(paths) + 4 == len(cleaned.kept) + sum(cleaned.counts().values())
    assert all(left.details and str(left.path) not in left.details for left in cleaned.left_out)


def test_pictures_need_the_short_side_that_was_asked_for(china: Path) -> None:
    assert clean(Listing("one", [china]), least=427).kept
    left = Left(china, "too small or narrow", "640 x 427; the short side needs 428 pixels")
    assert clean(Listing("one", [china]), least=428).left_out == [left]


@pytest.mark.parametrize(
    ("name", "quality", "change"),
    [
        ("other.jpg", 40, lambda image: image),
        ("copy.png", 0, lambda image: image),
        ("half.jpg", 90, lambda image: image.resize((320, 213))),
        ("bright.jpg", 90, lambda image: ImageEnhance.Brightness(image).enhance(1.05)),
    ],
)
def test_of_near_repeats_the_first_is_kept(
    china: Path, tmp_path: Path, name: str, quality: int, change: Change
) -> None:
    copy = save(china, tmp_path / name, change, quality)
    for first, second in ((china, copy), (copy, china)):
        cleaned = clean(Listing("two", [first, second]), least=100)
        assert list(cleaned.kept) == [first]
        assert cleaned.left_out == [Left(second, "near repeats", f"looks like {first}")]


@pytest.mark.parametrize("change", [ImageOps.mirror, ImageOps.flip, lambda image: image.crop((64, 0, 640, 427))])
def test_a_picture_that_is_merely_similar_stays(china: Path, tmp_path: Path, change: Change) -> None:
    other = save(china, tmp_path / "other.png", change)
    assert list(clean(Listing("two", [china, other]), least=100).kept) == [china, other]


def test_the_table_has_a_column_for_each_domain_and_a_line_for_each_number() -> None:
    paths = [Path(f"{i}.png") for i in range(5)]
    one = Cleaned("/far/away/photos/", dict.fromkeys(paths[:3], Facts()), [Left(paths[4], "unreadable", "")], 1200)
    other = Cleaned("hf:owner/dataset:train:imageA", dict.fromkeys(paths, Facts()), [], 0)
    assert summary([one, other], [1, 0]) == [
        "                      photos  imageA",
        "found                  1,204       5",
        "unreadable                 1       0",
        "too small or narrow        0       0",
        "nearly of one colour       0       0",
        "exact repeats          1,200       0",
        "near repeats               0       0",
        "kept                       3       5",
        "held out                   1       0",
    ]
    assert summary([other])[-1].split() == ["kept", "5"]


def test_a_picture_is_looked_at_again_only_when_its_size_or_time_has_changed(china: Path, tmp_path: Path) -> None:
    path, data = tmp_path / "a.jpg", china.read_bytes()
    age(path, data)
    before = look_at([path], "a")[path]
    assert (before.width, before.height, before.problem) == (640, 427, "")
    age(path, bytes(len(data)))
    assert look_at([path], "a")[path] == before
    age(path, bytes(len(data)), 2)
    assert look_at([path], "a")[path].problem
    age(path, bytes(len(data) + 1))
    assert look_at([path], "a")[path].problem
    age(path, data, 2)  # a problem is not remembered
    assert look_at([path], "a")[path] == before


@pytest.mark.parametrize("case", ["file", "file/deep", "folder", "damaged", "half", "~no-such-user-here/cache"])
def test_where_nothing_can_be_remembered_pictures_are_looked_at_anew(
    case: str, china: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "pictures.sqlite").mkdir(parents=True)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "pictures.sqlite").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
    monkeypatch.setenv("COPYART_CACHE", str(tmp_path / "half"))
    look_at([china], "a")
    os.truncate(tmp_path / "half" / "pictures.sqlite", 5000)
    monkeypatch.setenv("COPYART_CACHE", case if case.startswith("~") else str(tmp_path / case))
    for _ in range(2):
        assert look_at([china], "a")[china].width == 640


def test_a_closed_cache_stops_nothing_and_one_that_may_only_be_read_is_read(
    china: Path, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, data = public / "a.jpg", china.read_bytes()
    age(path, data)
    monkeypatch.setenv("COPYART_CACHE", str(public / "cache"))
    with unprivileged():
        before = look_at([path], "a")
    assert not (public / "cache").exists()
    assert look_at([path], "a") == before
    age(path, bytes(len(data)))
    with unprivileged():
        assert look_at([path], "a") == before


def test_names_that_are_not_utf8_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / os.fsdecode(name) for name in (b"\xff.bmp", b"\xfe.bmp")]
    for file, path in zip(sorted(make_domain(tmp_path / "a", 2).iterdir()), paths, strict=True):
        age(save(file, path), path.read_bytes())
    for _ in range(2):
        assert list(clean(Listing("odd", paths), least=20).kept) == paths


def test_two_processes_may_look_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "copyart", "domains", str(make_domain(tmp_path / "a", 60))]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    assert len({process.communicate(timeout=600)[0] for process in both}) == 1
    assert [process.returncode for process in both] == [0, 0]


@pytest.mark.parametrize("limit", [None, 2, 37, 200])
@pytest.mark.parametrize("holdout", [0.0, 0.05, 0.25, 0.5])
def test_what_is_held_out_is_not_learned_and_both_are_as_many_as_asked_for(limit: int | None, holdout: float) -> None:
    learned, held_out = many(101).split(3, limit=limit, holdout=holdout)
    count = min(limit or 101, 101)
    assert len(held_out) == round(holdout * count)
    assert len({*learned, *held_out}) == len(learned) + len(held_out) == count
    assert [learned, held_out] == [sorted(learned), sorted(held_out)]


def test_what_is_held_out_follows_from_the_seed_and_the_contents_alone(config: TrainConfig, tmp_path: Path) -> None:
    pictures = sorted(Path(config.domain_a).iterdir())
    renamed = [Path(shutil.copy(path, tmp_path / f"{99 - i}.png")) for i, path in enumerate(pictures)][::-1]
    one, other = (clean(Listing("x", paths), least=20) for paths in (pictures, renamed))
    chosen = set()
    for seed in range(8):
        drawn = [{path.read_bytes() for path in each.split(seed, limit=8, holdout=0.5)[1]} for each in (one, other)]
        assert drawn[0] == drawn[1]
        chosen.add(frozenset(drawn[0]))
    assert len(chosen) == 8


def test_another_picture_changes_little_of_what_is_held_out() -> None:
    for count in range(100, 110):
        (_, before), (_, after) = (many(n).split(1, holdout=0.2) for n in (count, count + 1))
        assert len({*before} ^ {*after}) <= 2


def test_a_limit_chooses_by_chance_and_not_the_first() -> None:
    chosen = [[int(path.stem) for path in many(1000).split(seed, limit=100)[0]] for seed in range(5)]
    assert len({*map(tuple, chosen)}) == 5
    assert all(400 < sum(numbers) / 100 < 600 for numbers in chosen)


@pytest.mark.parametrize("case", ["photos", "photos/", "paintings/../photos", "link", "photos/deep", "renamed", "list"])
def test_domains_that_are_mostly_the_same_pictures_are_refused(case: str, config: TrainConfig, tmp_path: Path) -> None:
    pictures = sorted(Path(config.domain_a).glob("*.png"))
    (tmp_path / "link").symlink_to("photos")
    (tmp_path / "list").write_text("".join(f"{path}\n" for path in pictures))
    (tmp_path / "renamed").mkdir()
    for path in pictures[2:]:
        shutil.copy(path, tmp_path / "renamed" / f"z{path.name}")
    shutil.copytree(config.domain_b, tmp_path / "photos" / "deep")
    for a, b in ((config.domain_a, f"{tmp_path}/{case}"), (f"{tmp_path}/{case}", config.domain_a)):
        with pytest.raises(OptionError, match=r"^domains a and b overlap: \d+ pictures are in both, .*paintings\Z"):
            find_pictures(replace(config, domain_a=a, domain_b=b))


def test_a_few_pictures_in_both_domains_are_only_told(config: TrainConfig, notices: pytest.LogCaptureFixture) -> None:
    a, b = Path(config.domain_a), Path(config.domain_b)
    for name in ("00.png", "01.png"):
        shutil.copy(a / name, b / f"z{name}")
    find_pictures(config)
    assert f"2 pictures are in both, such as {a}/00.png and {b}/z00.png" in notices.messages


def test_stdin_cannot_be_both_domains(config: TrainConfig) -> None:
    with pytest.raises(OptionError, match=r"^both domains cannot be read from stdin; .*text file$"):
        find_pictures(replace(config, domain_a="-", domain_b="-"))


def test_what_was_left_out_is_told_in_a_table_and_five_are_named(
    config: TrainConfig, notices: pytest.LogCaptureFixture
) -> None:
    for i in range(7):
        Path(config.domain_b, f"bad{i}.jpg").write_text("no picture")
    a, b = find_pictures(replace(config, holdout=0.25))
    named = [f"unreadable: {left.path}: {left.details}" for left in b.cleaned.left_out[:5]]
    shown = summary([a.cleaned, b.cleaned], [3, 2])
    assert notices.messages == [*shown, *named, f"unreadable: 2 more of {config.domain_b}"]
    assert outlook(a, b) == (
        "To judge by: 3 held-out pictures of photos and 7 of paintings: too few for scores, which take 4 of each; "
        "hold out more with --holdout 0.34"
    )


def test_the_lists_of_a_run_name_every_picture(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(config.domain_b, "bad.jpg").write_text("no picture")
    monkeypatch.chdir(Path(config.domain_a).parent)
    texts = lists(
        dict(zip("ab", find_pictures(replace(config, domain_a="photos", limit=8, holdout=0.25)), strict=True))
    )
    assert texts["domain-a.txt"].splitlines() == [f"{config.domain_a}/{i:02d}.png" for i in range(12)]
    assert len({*texts["held-out-a.txt"].splitlines()} & {*texts["domain-a.txt"].splitlines()}) == 2
    assert texts["left-out-a.txt"] == ""
    assert texts["left-out-b.txt"].startswith(f"{config.domain_b}/bad.jpg: unreadable: ")
    assert len(texts) == 6


@pytest.mark.parametrize(("count", "cells", "rows"), [(1, 1, 1), (7, 7, 1), (48, 48, 6), (100, 48, 6)])
def test_a_contact_sheet_shows_pictures_spread_over_all(tmp_path: Path, count: int, cells: int, rows: int) -> None:
    sheet = contact_sheet(blues(tmp_path, count))
    assert sheet.size == (8 * 166 + 6, rows * 166 + 6)
    middles = [sheet.getpixel((86 + i % 8 * 166, 86 + i // 8 * 166)) for i in range(8 * rows)]
    assert middles == [(i * count // cells, 0, 200) if i < cells else (255, 255, 255) for i in range(8 * rows)]


@pytest.mark.parametrize("size", [(50, 200), (400, 100), (64, 1024)])
def test_a_contact_sheet_shows_pictures_whole_on_white(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "blue").save(tmp_path / "a.png")
    left, top, right, bottom = ImageOps.invert(contact_sheet([tmp_path / "a.png"])).getbbox() or (0, 0, 0, 0)
    assert (right - left, bottom - top) == tuple(max(1, round(160 * side / max(size))) for side in size)


def test_a_picture_that_vanished_leaves_a_white_cell(tmp_path: Path) -> None:
    paths = blues(tmp_path, 3)
    paths[1].unlink()
    sheet = contact_sheet(paths)
    assert [sheet.getpixel((86 + i * 166, 86)) for i in range(3)] == [(0, 0, 200), (255, 255, 255), (2, 0, 200)]


def test_the_table_names_the_domains_of_the_papers_and_of_kaggle_and_fifty_artists() -> None:
    rows = named_domains()
    names = "flickr8k monet vangogh cezanne ukiyoe photo wikiart kaggle-monet kaggle-photo"
    assert {*names.split(), "kaggle-monet-tfrec", "kaggle-photo-tfrec"} < {*rows}
    artists = [row for row in rows.values() if row.title.endswith("(Best Artworks of All Time)")]
    assert (len(artists), sum(row.pictures for row in artists)) == (50, 8446)
    assert len({row.sources for row in artists}) == len({row.title for row in artists}) == 50


@pytest.mark.parametrize("name", sorted(named_domains()))
def test_every_row_of_the_table_can_be_read(name: str) -> None:
    row = named_domains()[name]
    assert name == name.lower()
    assert name.isascii()
    assert name.replace("-", "").isalnum()
    for source in row.sources_for("word"):
        revision = parse_hub(source).revision if source.startswith(PREFIX) else parse_kaggle(source).handle
        assert "2photo" not in source or (len(revision) == 40 and int(revision, 16))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vangoh", r"^domain 'vangoh' is unknown; did you mean vangogh\b.*\? Give a name"),
        ("monnet:x", r"did you mean monet\b"),
        ("qqqqqqqq", r"^domain 'qqqqqqqq' is unknown; Give .*own/domains\.toml\Z"),
        ("no/where", r"^no/where: there is no such file or folder; check the spelling\Z"),
        ("wikiart", r"^wikiart: say which, as in wikiart:NAME\Z"),
        ("monet:x", r"^monet:x: nothing can follow the name monet\Z"),
    ],
)
def test_a_name_that_leads_nowhere_is_explained_in_one_line(name: str, words: str) -> None:
    for find in (find_domain, places_of):
        with pytest.raises(DomainError, match=words) as caught:
            find(name)
        assert "\n" not in str(caught.value)


def test_what_is_here_counts_before_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notices: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    make_domain(tmp_path / "monet", 3)
    assert len(find_domain("monet").paths) == 3
    assert notices.messages == ["monet: there is a file or folder of that name here, which counts before the domain"]


@pytest.mark.parametrize("line", ["/no/where", "x" * 300, "# none"], ids=["missing", "long", "none"])
@pytest.mark.parametrize(
    "text", ["{line}\n{path}\n", "{path}\r\n{line}", "\ufeff{path}\n\n{line}\n"], ids=["", "crlf", "bom"]
)
def test_a_list_may_have_odd_lines(line: str, text: str, china: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(text.format(line=line, path=china).encode())
    cleaned = clean(find_domain(f"{tmp_path}/list.txt"), least=100)
    assert list(cleaned.kept) == [china]
    assert [left.why for left in cleaned.left_out] == ["unreadable"] * (line != "# none")


def test_users_name_domains_of_their_own_over_those_of_the_table(own: Path, tmp_path: Path, hub: LocalHub) -> None:
    folder = make_domain(tmp_path / "mine", 4)
    own.write_text(
        f'[mine]\nsource = "{folder}"\n[monet]\ntitle = "My Monets"\nsources = ["/no/where", "{folder}"]\n'
        f'[parts]\nsource = "{tmp_path}/{{}}"\n[away]\nsources = ["/no/where", "hf:no/such:train:image"]'
    )
    assert places_of("wikiart:claude-monet") == ("hf:huggan/wikiart:train:image?artist=claude-monet",)
    rows = named_domains()
    assert (own_table(), rows["mine"].title, rows["monet"].title) == (own, "mine", "My Monets")
    assert rows["vangogh"].title == "Vincent van Gogh (CycleGAN)"
    for name in ("mine", "monet", "parts:mine"):
        found = find_domain(name)
        assert (found.name, len(found.paths)) == (name, 4)
    assert find_domain("monet").origin == f"My Monets; the folder {Path(folder).name}"
    with pytest.raises(DownloadError, match=r"no/such"):  # the first source that will do
        find_domain("away")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[mine", r"is no TOML: "),
        ("mine = '\xff'", r"is no TOML: "),
        ('[mine]\nsource = "x"\ncolour = "red"', r"mine has colour, which means nothing here"),
        ('mine = "x"', r"mine is no domain; write \[name\]"),
        ("[mine]", r"mine needs source or sources"),
        ("[mine]\nsource = 3", r"mine needs source or sources"),
        ('[mine]\nsources = ["x", 3]', r"mine needs source or sources"),
        ('[mine]\nsource = "x"\nsources = ["y"]', r"mine "),
        ('[mine]\nsource = "x"\npictures = true', r"mine sets pictures to True; it has to be a number\Z"),
        ('[mine]\nsource = "x"\ntitle = 3', r"mine sets title to 3; it has to be text\Z"),
    ],
)
def test_a_table_that_cannot_be_understood_is_named_in_one_line(own: Path, text: str, words: str) -> None:
    own.write_bytes(text.encode("latin-1"))
    with pytest.raises(DomainError, match=rf"^{own}:? {words}") as caught:
        find_domain("monet")
    assert "\n" not in str(caught.value)


def test_a_table_that_may_not_be_read_is_named(public: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.mkdir()
    with pytest.raises(DomainError, match=rf"^{own} cannot be read: it is a folder$"):
        named_domains()
    (public / "closed").mkdir(0o700)
    monkeypatch.setenv("COPYART_CONFIG", str(public / "closed"))
    with unprivileged(), pytest.raises(DomainError, match=r"/closed/domains\.toml cannot be read: permission denied"):
        named_domains()


@pytest.mark.parametrize("words", [[], ["spoiled"]])
def test_torch_is_not_loaded_to_look_at_domains(spoiled: Path, words: list[str]) -> None:
    code = (
        "import atexit, runpy, sys; atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr));"
        f"sys.argv = ['copyart', 'domains', *{words}]; runpy.run_module('copyart', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=spoiled.parent, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "False"
    first = {line.split()[0] for line in done.stdout.splitlines() if line}
    assert first > ({"found", "kept"} if words else {"flickr8k", "monet", "wikiart:...", "toulouse-lautrec"})


def test_a_folder_is_shown_as_a_table_names_of_what_is_left_out_and_a_sheet(copyart: Run, spoiled: Path) -> None:
    save(spoiled / "a.jpg", spoiled / "large.png")
    sheet = spoiled.parent / "out.png"
    done = copyart("domains", spoiled, "--sheet", sheet)
    assert done.returncode == 0, done.stderr
    shown = table(done.stdout.splitlines())
    assert int(shown["found"]) == 18 == sum(int(shown[why]) for why in (*REASONS, "kept"))
    for name in ("cut.jpg", "again.jpg", "orange.png", "narrow.png", "large.png"):
        assert f" {spoiled}/{name}: " in done.stderr
    with Image.open(sheet) as image:
        assert (image.format, image.width) == ("PNG", 1334)
    before = sheet.read_bytes()
    again = copyart("domains", spoiled, "--sheet", sheet)
    assert (again.returncode, again.stdout, sheet.read_bytes()) == (1, "", before)
    assert again.stderr.startswith(f"Error: {sheet} is there already; give --overwrite")
    assert copyart("domains", spoiled, "--sheet", sheet, "--overwrite").returncode == 0


def test_a_domain_that_is_not_here_is_described_and_nothing_fetched(
    copyart: Run, hub: LocalHub, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    done = copyart("domains", "vangogh", COPYART_CACHE=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["title"] == "Vincent van Gogh (CycleGAN)"
    assert lines["from"].startswith("hf:huggan/vangogh2photo@")
    assert "WikiArt" in lines["licence"]
    assert f"{cache}/domains/" in lines["to"]
    assert lines["It"].startswith("is not here yet")
    planned = copyart("train", "--domain-a", "photo", "--domain-b", "vangogh", "--dry-run", COPYART_CACHE=str(cache))
    assert "pictures         not fetched yet" in planned.stdout, planned.stderr
    assert (planned.returncode, hub.requests, cache.exists()) == (0, [], False)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [("--sheet x.png", 2, "say which domain"), ("vangoh", 1, "domain 'vangoh' is unknown; did you mean vangogh")],
)
def test_what_cannot_be_shown_is_explained_in_one_line(copyart: Run, words: str, code: int, told: str) -> None:
    done = copyart("domains", *words.split())
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith(f"Error: {told}")


def test_paths_come_from_stdin(copyart: Run, spoiled: Path) -> None:
    done = copyart("domains", "-", stdin="# mine\n\nspoiled/a.jpg\n spoiled/00.png\nspoiled/a.jpg\nspoiled/no.jpg\n")
    assert done.returncode == 0, done.stderr
    assert list(table(done.stdout.splitlines()).values()) == ["4", "1", "1", "0", "1", "0", "1"]


def test_stdin_that_is_no_text_is_explained_in_one_line(tmp_path: Path) -> None:
    command, strict = [sys.executable, "-m", "copyart", "domains", "-"], {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, env=os.environ | strict, input=b"\xff.png\n", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1), done.stderr.decode()


@pytest.mark.slow
def test_a_run_that_read_stdin_goes_on_without_it(copyart: Run, config: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("".join(f"paintings/{i:02d}.png\n" for i in range(7)) + "# end\nrun.toml\n")
    words = "--domain-a - --domain-b list.txt --config run.toml --out run --limit 8 --holdout 0.25 --steps 40"
    command = [sys.executable, "-m", "copyart", "train", *words.split(), "--device", "cpu", "--precision", "fp32"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin
    with process.stdin as stdin:
        stdin.write(b"".join(b"photos/%02d.png\n" % i for i in reversed(range(12))))
    run, metrics = tmp_path / "run", tmp_path / "run" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") > 2):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(600) == 130
    names = [f"{kind}-{which}.txt" for which in "ab" for kind in ("domain", "held-out", "left-out")]
    texts = [(run / name).read_text().splitlines() for name in names]
    assert [len(lines) for lines in texts] == [12, 2, 0, 7, 2, 1]
    assert texts[0] == [f"{config.domain_a}/{i:02d}.png" for i in reversed(range(12))]
    assert texts[5][0].startswith(f"{tmp_path}/run.toml: unreadable: ")
    done = copyart("train", "--resume", "--out", "run", stdin="")
    assert done.returncode == 0, done.stderr
    assert len(losses(run)) == 40


def test_what_a_run_would_go_on_with_is_shown_without_stdin(
    copyart: Run, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", [str(path) for path in sorted(Path(config.domain_a).iterdir())])
    running = train(replace(config, domain_a="-"))
    next(running)
    running.close()
    done = copyart("train", "--resume", "--out", config.out, "--dry-run", stdin="")
    assert "pictures         10 and 7" in done.stdout, done.stderr


def test_what_is_held_out_changes_nothing_of_what_is_learned(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, holdout=0.25, limit=8)
    found = find_pictures(config)
    assert [len(pictures.learned) for pictures in found] == [6, 5]
    for name, pictures in zip("ab", found, strict=True):
        (tmp_path / name).write_text("".join(f"{path}\n" for path in pictures.learned))
    alone = replace(config, domain_a=f"{tmp_path}/a", domain_b=f"{tmp_path}/b", holdout=0.0, out=f"{tmp_path}/alone")
    for each in (config, alone):
        assert len(list(train(each))) == 3
    assert losses(tmp_path / "run") == losses(tmp_path / "alone")
    assert (tmp_path / "run" / "held-out-a.txt").read_text() == "".join(f"{path}\n" for path in found[0].held_out)


@pytest.mark.parametrize("change", ["added", "removed", "changed"])
def test_a_run_goes_on_only_with_the_pictures_that_it_began_with(config: TrainConfig, change: str) -> None:
    running = train(config)
    next(running)
    running.close()
    picture, new = Path(config.domain_b, "03.png"), Path(config.domain_b, "new.png")
    data = picture.read_bytes()
    if change == "removed":
        picture.unlink()
    else:
        save(picture, new if change == "added" else picture, ImageOps.flip)
    with pytest.raises(RunError, match=r"/run: the pictures of domain_b are not those that it was trained on; put"):
        next(train(config, resume=True))
    new.unlink(missing_ok=True)
    picture.write_bytes(data)
    assert [progress.step for progress in train(config, resume=True)] == [2, 3]


@pytest.mark.parametrize(
    ("photos", "held_out"), [(0, 0), (9, 2), (30, 6), (60, 12), (249, 50), (300, 50), (1000, 50), (2997, 150)]
)
def test_of_photos_a_twentieth_is_held_out_but_fifty_as_far_as_that_is_no_more_than_a_fifth(
    photos: int, held_out: int
) -> None:
    assert round(photos * TrainConfig().share_held_out("a", photos)) == held_out
    assert TrainConfig().share_held_out("b", photos) == 0.05
    assert (
        TrainConfig(holdout=0.3).share_held_out("a", photos) == TrainConfig(holdout=0.3).share_held_out("b", 9) == 0.3
    )


@pytest.mark.slow
def test_a_run_from_before_the_rule_holds_out_what_it_held_out(tmp_path: Path) -> None:
    """Its config.toml and its checkpoints say 0.05, which was the default; what is asked for now says nothing."""
    config = small_run(tmp_path, 40, 40, steps=2)
    list(train(replace(config, holdout=0.05), stop=lambda: True))
    run = tmp_path / "run"
    before = (run / "held-out-a.txt").read_text()
    assert len(before.splitlines()) == 2
    assert "holdout = 0.05" in (run / "config.toml").read_text()
    assert [str(path) for path in find_pictures(TrainedRun(run).config(), kept=run)[0].held_out] == before.splitlines()
    assert list(train(config, resume=True))[-1].step == 2
    list(train(replace(config, out=str(tmp_path / "new")), stop=lambda: True))
    assert len((tmp_path / "new" / "held-out-a.txt").read_text().splitlines()) == 8
    assert "holdout" not in (tmp_path / "new" / "config.toml").read_text()
    assert list(train(replace(config, out=str(tmp_path / "new")), resume=True))[-1].step == 2
