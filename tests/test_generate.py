"""Pictures out of noise: each from its seed, alone, mixed, under truncations, as files."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image

import copyart
from copyart import Generator
from copyart.checkpoints import load_noise_network, save_noise_generator
from copyart.codes import codes_of
from copyart.config import GenerateConfig
from copyart.errors import BrokenStyleError, OptionError, UnknownStyleError
from copyart.models import NoiseGenerator, Style, find_generator
from copyart.networks import DCGAN, NoiseNetwork, StyleGAN, initialise
from copyart.tensors import to_image

PARAMETERS: dict[str, dict[str, Any]] = {
    "dcgan": {"image_size": 32, "channels": 1, "code": 6, "base_channels": 8},
    "stylegan": {"image_size": 32, "channels": 3, "code": 8, "mapping": 2, "base_channels": 8, "most_channels": 16},
}


def small(kind: str) -> NoiseNetwork:
    torch.manual_seed(3)
    network: NoiseNetwork = DCGAN(**PARAMETERS[kind]) if kind == "dcgan" else StyleGAN(**PARAMETERS[kind])
    initialise(network)
    for name, weight in network.named_parameters():
        if name.endswith("strength"):
            torch.nn.init.constant_(weight, 0.1)
    network.settle(codes_of(range(32), network.code))
    return network.eval()


@pytest.fixture(scope="session")
def generators(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NoiseGenerator]:
    """Generators whose networks are small and random, by their kind."""
    folder, made = tmp_path_factory.mktemp("generators"), {}
    for kind, parameters in PARAMETERS.items():
        network = small(kind)
        with torch.no_grad():
            golden = to_image(network(codes_of([0], network.code)).expand(-1, 3, -1, -1))
        record = NoiseGenerator(f"small-{kind}", "Small", parameters, "MIT", "none", "seeded", kind, 32)
        made[kind] = save_noise_generator(
            replace(record, folder=folder / record.name), network, card="# Small\n", golden=golden
        )
    return made


@pytest.fixture(params=PARAMETERS)
def generator(request: pytest.FixtureRequest, generators: dict[str, NoiseGenerator]) -> Generator:
    return Generator(generators[request.param], device="cpu")


@pytest.fixture
def faces(generators: dict[str, NoiseGenerator], tmp_path: Path) -> Path:
    """A run's folder with a style-based generator, in the folder in which commands are typed."""
    shutil.copytree(generators["stylegan"].folder, tmp_path / "runs" / "faces" / "generator")
    return tmp_path / "runs" / "faces"


def pixels(image: Image.Image) -> Any:
    return np.asarray(image).astype(int)


def away(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(pixels(one) - pixels(other)).mean())


def test_a_record_comes_back_as_it_was_written_with_its_golden_picture(
    generators: dict[str, NoiseGenerator],
) -> None:
    for kind, saved in generators.items():
        found = NoiseGenerator.read(saved.folder)
        assert found == saved
        assert (found.network, found.trained_size, found.kind) == (kind, 32, "generator")
        found.verify()
        with Image.open(found.folder / "golden" / "seed-0.png") as golden:
            assert np.abs(pixels(golden) - pixels(Generator(found, device="cpu").picture(0))).max() <= 1
        assert (found.folder / "README.md").read_text() == "# Small\n"


def test_a_generator_of_a_changed_file_or_another_architecture_is_refused_in_one_line(
    generators: dict[str, NoiseGenerator], tmp_path: Path
) -> None:
    shutil.copytree(generators["dcgan"].folder, tmp_path / "changed")
    (tmp_path / "changed" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(
        BrokenStyleError, match=r"is not the file this generator was saved with .*fetch the generator a"
    ):
        Generator(tmp_path / "changed")
    found = generators["dcgan"]
    with pytest.raises(BrokenStyleError, match=r"config.json is damaged: sizes must be positive; fetch the gen"):
        replace(found, trained_size=0).check()
    with pytest.raises(BrokenStyleError, match=r"asks for a network 'vae'; there are dcgan, stylegan$"):
        load_noise_network(replace(found, network="vae"))
    with pytest.raises(BrokenStyleError, match=r"asks for a dcgan that cannot be built: image_size is 33, not 8 times"):
        load_noise_network(replace(found, parameters={**found.parameters, "image_size": 33}))
    with pytest.raises(BrokenStyleError, match=r"is of another architecture: 'dense.weight' has shape"):
        load_noise_network(replace(found, parameters={**found.parameters, "code": 7}))


def test_a_sample_has_a_picture_for_each_seed_and_says_what_made_it(generator: Generator) -> None:
    pictures = generator.sample(3, seed=7)
    assert [picture.size for picture in pictures] == [(32, 32)] * 3
    assert {picture.mode for picture in pictures} == {"RGB"}
    assert away(pictures[0], pictures[1]) > 1
    assert pictures[1].info["Software"] == f"copyart {copyart.__version__}, generator {generator.name}, seed 8"


def test_a_picture_is_the_same_alone_and_among_others_and_again(generator: Generator) -> None:
    for place, picture in enumerate(generator.sample(4, seed=2)):
        assert picture.tobytes() == generator.picture(2 + place).tobytes()


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Sets how many threads compute."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_pictures_are_the_same_to_the_byte_on_one_thread_and_on_two(
    generators: dict[str, NoiseGenerator], threads: Callable[[int], None]
) -> None:
    for saved in generators.values():
        made = []
        for count in (1, 2):
            threads(count)
            generator = Generator(saved, device="cpu")
            pictures = [*generator.sample(8), *generator.sample(4, truncation=0.5)]
            made.append(b"".join(picture.tobytes() for picture in pictures))
        assert made[0] == made[1]


def test_with_less_truncation_pictures_come_nearer_to_each_other(generator: Generator) -> None:
    apart = [away(*generator.sample(2, truncation=truncation)) for truncation in (0.0, 0.3, 0.7, 1.0)]
    assert apart[0] == 0
    assert apart == sorted(apart)


def test_mixed_with_a_part_of_another_seed_a_picture_lies_between_both(
    generators: dict[str, NoiseGenerator],
) -> None:
    generator = Generator(generators["stylegan"], device="cpu")
    assert generator.parts == ("coarse", "middle", "fine")
    one, other = generator.picture(3), generator.picture(8)
    for part in generator.parts:
        mixed = generator.mix(3, 8, part)
        assert away(mixed, one) > 0
        assert away(mixed, other) > 0
        assert generator.mix(3, 3, part).tobytes() == one.tobytes()
    assert mixed.info["Software"].endswith("seed 3 with fine styles of 8")
    with pytest.raises(OptionError, match=r"^part is 'hair'; choose coarse or middle or fine$"):
        generator.mix(3, 8, "hair")


def test_where_there_are_no_styles_none_are_mixed(generators: dict[str, NoiseGenerator]) -> None:
    words = (
        r"^mix takes a style-based generator, and small-dcgan is a dcgan; train one with --recipe stylegan, or leave"
    )
    with pytest.raises(OptionError, match=words):
        Generator(generators["dcgan"], device="cpu").mix(1, 2, "fine")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n": 0}, "count is 0; give 1 to 1000000"),
        ({"seed": -1}, "seed is -1; give 0 to 4294967296"),
        ({"seed": 2**32, "n": 2}, "seed is 4294967296; give at most 4294967295 for 2 pictures"),
        ({"truncation": 3.0}, "truncation is 3.0; give 0 to 2"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(generator: Generator, values: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError) as caught:
        generator.sample(**values)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"seeds": ("3", "x")}, "seeds has 'x'; give whole numbers, also ranges, such as 3,8,15-20"),
        ({"seeds": ("-3",)}, "seeds has '-3'; give whole numbers"),
        ({"seeds": ("20-15",)}, "seeds has '20-15'; give a range that goes up, to 4294967296 at most"),
        ({"seeds": ("9999999999",)}, "seeds has '9999999999'; give a range that goes up"),
        ({"seeds": ("0-1000000",)}, "seeds has '0-1000000', which makes more than 1000000 pictures; give fewer"),
        ({"seeds": ("1",), "seed": 0}, "seeds and seed exclude each other; leave one of them out"),
        ({"seeds": ("1",), "count": 3}, "seeds and count exclude each other; leave one of them out"),
        ({"mix": ("1",)}, "mix is 1; give two seeds, such as 3,8"),
        ({"mix": ("1", "1")}, "mix is 1,1; give two seeds, such as 3,8"),
        ({"mix": ("1", "a")}, "mix has 'a'; give whole numbers"),
        ({"mix": ("1", "2"), "seed": 3}, "mix makes one picture of two seeds; leave seed out, or mix"),
        (
            {"mix": ("1", "2"), "truncations": ("1",)},
            "mix makes one picture of two seeds; leave truncations out, or mix",
        ),
        ({"truncations": ("0", "much")}, "truncations is 0,much; give numbers from 0 to 2, such as 0,0.3,0.7,1"),
        ({"truncations": ("0", "nan")}, "truncations is 0,nan; give numbers from 0 to 2"),
    ],
)
def test_what_names_no_pictures_is_refused_in_one_line(values: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError) as caught:
        GenerateConfig(**values)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_seeds_are_numbers_and_ranges_each_once() -> None:
    config = GenerateConfig(seeds=("3", "8", "15-20", "16", "3"))
    assert config.chosen == [3, 8, 15, 16, 17, 18, 19, 20]
    assert config.files[:2] == ["seed-0003.png", "seed-0008.png"]
    assert GenerateConfig().chosen == list(range(24))
    assert GenerateConfig(seed=5, count=2).chosen == [5, 6]
    assert GenerateConfig(truncations=("0", "1")).chosen == [0, 1, 2, 3]


def test_the_command_writes_a_file_for_each_seed_which_is_the_same_when_it_is_made_again(
    here: Here, faces: Path, tmp_path: Path
) -> None:
    code, out, told = here("generate", "runs/faces", "-n", 3, "--seed", 7, "--out", "made", "--device", "cpu")
    assert (code, told) == (0, [])
    assert out == ["made  3 pictures of 32 x 32, seed-0007.png to seed-0009.png"]
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [f"seed-000{i}.png" for i in (7, 8, 9)]
    words = ("generate", "runs/faces/generator", "--seeds", "8", "--out", "again/", "--device", "cpu")
    assert here(*words)[:2] == (0, ["again/seed-0008.png"])
    assert (tmp_path / "again/seed-0008.png").read_bytes() == (tmp_path / "made/seed-0008.png").read_bytes()
    with Image.open(tmp_path / "again/seed-0008.png") as picture:
        assert "generator small-stylegan, seed 8" in picture.getexif()[0x0131]


def test_what_is_there_is_replaced_only_where_that_is_asked_for_and_nothing_is_made_before(
    here: Here, faces: Path, tmp_path: Path
) -> None:
    made = tmp_path / "small-stylegan"
    made.mkdir()
    (made / "seed-0002.png").write_bytes(b"mine")
    words = ("generate", "runs/faces", "--seeds", "1-3", "--device", "cpu")
    code, out, told = here(*words)
    assert (code, out) == (1, [])
    assert told == [
        "Error: small-stylegan/seed-0002.png is there already; give --overwrite to replace it, or another name"
    ]
    assert [path.name for path in made.iterdir()] == ["seed-0002.png"]
    assert here(*words, "--overwrite")[0] == 0
    assert len(list(made.iterdir())) == 3
    assert (made / "seed-0002.png").read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("words", "name", "size"),
    [
        (("--grid", "-n", "10"), "grid.png", (8 * 34 - 2, 2 * 34 - 2)),
        (("--grid", "-n", "3"), "grid.png", (3 * 34 - 2, 32)),
        (("--mix", "3,8"), "mix-3-8.png", (4 * 34 - 2, 2 * 34 - 2)),
        (("--truncations", "0,0.3,0.7,1"), "truncations.png", (4 * 34 - 2, 4 * 34 - 2)),
        (("--truncations", "0,1", "--seeds", "5"), "truncations.png", (2 * 34 - 2, 32)),
    ],
)
def test_sheets_are_one_picture_in_rows(
    here: Here, faces: Path, tmp_path: Path, words: tuple[str, ...], name: str, size: tuple[int, int]
) -> None:
    code, out, _ = here("generate", "runs/faces", *words, "--out", "sheets", "--device", "cpu")
    assert (code, out) == (0, [f"sheets/{name}"])
    assert [path.name for path in (tmp_path / "sheets").iterdir()] == [name]
    with Image.open(tmp_path / "sheets" / name) as sheet:
        assert sheet.size == size


def test_a_sheet_shows_what_is_made_alone(here: Here, faces: Path, tmp_path: Path) -> None:
    here("generate", "runs/faces", "--mix", "3,8", "--device", "cpu")
    generator = Generator(faces, device="cpu")
    with Image.open(tmp_path / "small-stylegan" / "mix-3-8.png") as sheet:
        assert sheet.crop((0, 0, 32, 32)).tobytes() == generator.picture(3).tobytes()
        assert sheet.crop((0, 34, 32, 66)).tobytes() == generator.picture(8).tobytes()
        assert sheet.crop((34, 0, 66, 32)).tobytes() == generator.mix(3, 8, "coarse").tobytes()
        assert sheet.crop((102, 34, 134, 66)).tobytes() == generator.mix(8, 3, "fine").tobytes()


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["monet"], 1, "monet is a style, not a generator; paint with it: copyart translate photo.jpg --style monet"),
        (["paintings"], 1, "paintings is an enlarger, not a generator; enlarge with it: copyart enlarge photo.jpg"),
        (["runs/facs"], 1, "generator runs/facs: there is no such folder; did you mean runs/faces? `copyart train"),
        (["style"], 1, "style holds a style, not a generator; `copyart translate --style` takes styles"),
        (["runs"], 1, "runs is no generator: there is no config.json in it"),
        (["notes.txt"], 1, "generator notes.txt is a file; give the folder of a generator, or a training run's"),
        (["runs/faces", "--seeds", "4-2"], 2, "seeds has '4-2'; give a range that goes up"),
        (["runs/faces", "--device", "abacus"], 1, "device 'abacus' is unknown; use auto, cpu"),
        (["runs/faces", "--out", "notes.txt"], 1, "notes.txt is a file, and a folder is to be written; give another"),
        (["dcgan", "--mix", "1,2"], 2, "mix takes a style-based generator, and small-dcgan is a dcgan; train one"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_written(
    here: Here,
    faces: Path,
    generators: dict[str, NoiseGenerator],
    tiny: Style,
    tmp_path: Path,
    words: list[str],
    code: int,
    line: str,
) -> None:
    shutil.copytree(tiny.folder, tmp_path / "style")
    shutil.copytree(generators["dcgan"].folder, tmp_path / "dcgan")
    (tmp_path / "notes.txt").write_text("mine")
    before = sorted(tmp_path.iterdir())
    found, out, told = here("generate", *words)
    assert (found, out, len(told)) == (code, [], 1)
    assert told[0].startswith(f"Error: {line}")
    assert sorted(tmp_path.iterdir()) == before


def test_a_generator_given_as_a_style_or_an_enlarger_is_refused_in_one_line(
    here: Here, faces: Path, photo: Path
) -> None:
    for words in (
        ("translate", photo, "--style", "runs/faces"),
        ("translate", photo, "--style", "runs/faces/generator"),
        ("enlarge", photo, "--model", "runs/faces"),
    ):
        code, _, told = here(*words)
        assert (code, len(told)) == (1, 1)
        assert told[0].endswith("; `copyart generate` takes generators")


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownStyleError, match=r"there is no such folder; `copyart train --recipe stylegan --domain-a"
    ):
        find_generator(str(tmp_path / "nowhere" / "at all"))
