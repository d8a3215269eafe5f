"""Two folders become pairs of crops."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from copyart.config import TrainConfig
from copyart.data import Crops, batches, read_domain, read_scaled
from copyart.errors import DomainError
from copyart.images import list_pictures, open_photo

CROP, SIDE, WIDTH = 32, 40, 52
Pairs = list[Any]
Notices = Callable[[], list[str]]


def draw(path: Path, mark: int = 0, size: tuple[int, int] = (WIDTH, SIDE)) -> None:
    """A picture whose red says the row, whose green says the column, and whose blue is the mark."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.stack([rows, columns, np.full_like(rows, mark)], axis=-1).astype(np.uint8)).save(path)


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """Seven pictures in `a`, three in `b`."""
    for name in (*(f"a/{mark}" for mark in range(7)), *(f"b/{mark}" for mark in range(3))):
        draw(tmp_path / f"{name}.png", int(name[-1]))
    return TrainConfig(domain_a=f"{tmp_path}/a", domain_b=f"{tmp_path}/b", image_size=CROP, load_size=SIDE)


@pytest.fixture
def notices(caplog: pytest.LogCaptureFixture) -> Notices:
    """What has been told until now."""
    caplog.set_level(logging.INFO, logger="copyart")
    return lambda: [record.getMessage() for record in caplog.records]


def read(config: TrainConfig, seed: int = 0) -> Crops:
    a, b = (
        read_domain(folder, list_pictures(Path(folder)), [], config) for folder in (config.domain_a, config.domain_b)
    )
    return Crops((a, b), size=config.image_size, flip=config.flip, seed=seed)


def marks(images: Crops, which: int, items: range) -> list[int]:
    return [int(images[k][which][2, 0, 0]) for k in items]


def same(first: Pairs, second: Pairs) -> bool:
    return all(torch.equal(a, c) and torch.equal(b, d) for (a, b), (c, d) in zip(first, second, strict=True))


@pytest.mark.parametrize("larger", [0, 1])
def test_an_epoch_goes_through_the_larger_domain_once(config: TrainConfig, larger: int) -> None:
    images = read(config if larger == 0 else replace(config, domain_a=config.domain_b, domain_b=config.domain_a))
    assert len(images) == 7
    for epoch in range(3):
        assert sorted(marks(images, larger, range(7 * epoch, 7 * epoch + 7))) == list(range(7))


def test_of_the_smaller_domain_everything_is_used_about_equally(config: TrainConfig) -> None:
    images = read(config)
    for count in range(1, 22):
        used = Counter(marks(images, 1, range(count)))
        assert max(used.values()) - min(used[mark] for mark in range(3)) <= 1


def test_a_pair_follows_from_the_seed_and_its_number_alone(config: TrainConfig) -> None:
    numbers = [*range(20), 12345]
    first, again, other = (read(config, seed) for seed in (3, 3, 4))
    pairs = [first[k] for k in numbers]
    assert same(pairs, [again[k] for k in reversed(numbers)][::-1])
    assert not same(pairs, [other[k] for k in numbers])


def test_orders_and_pairs_change_from_epoch_to_epoch_and_from_seed_to_seed(config: TrainConfig) -> None:
    orders = [marks(read(config, seed), 0, range(7 * e, 7 * (e + 1))) for seed in range(2) for e in range(3)]
    assert len({tuple(order) for order in orders}) == 6
    images = read(config)
    assert len(set(zip(marks(images, 0, range(200)), marks(images, 1, range(200)), strict=True))) == 7 * 3
    assert not all(torch.equal(a[:2], b[:2]) for a, b in (images[k] for k in range(9)))  # pieces of the same place


@pytest.mark.parametrize("flip", [True, False])
def test_a_crop_is_a_piece_of_its_picture_and_every_other_one_mirrored(config: TrainConfig, flip: bool) -> None:
    images = read(replace(config, flip=flip))
    tops, lefts, mirrored = set(), set(), 0
    for k in range(600):
        crop = images[k][0]
        assert (crop.shape, crop.dtype) == ((3, CROP, CROP), torch.uint8)
        if crop[1, 0, 0] > crop[1, 0, -1]:
            mirrored, crop = mirrored + 1, crop.flip(2)
        top, left = int(crop[0, 0, 0]), int(crop[1, 0, 0])
        assert torch.equal(crop[0].long(), torch.arange(top, top + CROP)[:, None].expand(CROP, CROP))
        assert torch.equal(crop[1].long(), torch.arange(left, left + CROP).expand(CROP, CROP))
        tops.add(top)
        lefts.add(left)
    assert (tops, lefts) == (set(range(SIDE - CROP + 1)), set(range(WIDTH - CROP + 1)))
    assert 250 < mirrored < 350 if flip else mirrored == 0


def test_the_batches_of_two_processes_are_the_batch_that_one_would_get(config: TrainConfig) -> None:
    images = read(config)
    alone = list(batches(images, range(4), 6))
    ranks = [list(batches(images, range(4), 3, rank=rank, processes=2)) for rank in range(2)]
    joined = [(torch.cat([x[0], y[0]]), torch.cat([x[1], y[1]])) for x, y in zip(*ranks, strict=True)]
    assert all(a.shape == b.shape == (6, 3, CROP, CROP) for a, b in alone)
    assert same(alone, joined)


def test_batches_from_a_later_step_on_are_those_that_would_have_come(config: TrainConfig) -> None:
    whole = list(batches(read(config), range(8), 2))
    assert same(whole[4:], list(batches(read(config), range(4, 8), 2)))
    assert not same(whole[4:], whole[:4])


def test_other_processes_read_the_same_batches(config: TrainConfig) -> None:
    images = read(replace(config, memory_share=0))
    assert same(list(batches(images, range(5), 2)), list(batches(images, range(5), 2, workers=2)))


def test_what_does_not_fit_the_memory_is_read_from_its_files(
    config: TrainConfig, photo: Path, china: Path, notices: Notices
) -> None:
    Path(config.domain_a, "photo.jpg").write_bytes(photo.read_bytes())
    Path(config.domain_b, "china.jpg").write_bytes(china.read_bytes())
    decoded = read(config)
    assert notices() == []
    files = read(replace(config, memory_share=0))
    assert f"{config.domain_a}: 8 pictures do not fit the memory and are read as they are needed" in notices()
    assert (len(decoded.domains[0].pixels), len(files.domains[0].pixels)) == (8, 0)
    assert same([decoded[k] for k in range(16)], [files[k] for k in range(16)])


@pytest.fixture
def spoiled(config: TrainConfig, photo: Path) -> TrainConfig:
    """Also three pictures in `b` that cannot be read."""
    Path(config.domain_b, "text.jpg").write_text("no picture")
    Path(config.domain_b, "cut.jpg").write_bytes(photo.read_bytes()[:1500])
    Path(config.domain_b, "empty.png").touch()
    return config


def test_how_much_memory_is_free_does_not_change_what_is_learned(spoiled: TrainConfig) -> None:
    decoded, from_files = read(spoiled), read(replace(spoiled, memory_share=0))
    assert decoded.domains[1].pixels
    assert not from_files.domains[1].pixels
    for k in range(12):
        assert all(torch.equal(one, other) for one, other in zip(decoded[k], from_files[k], strict=True))


def test_where_files_are_read_it_is_passed_over_until_nothing_is_left(spoiled: TrainConfig, notices: Notices) -> None:
    images = read(replace(spoiled, memory_share=0))
    Path(spoiled.domain_b, "1.png").unlink()
    assert set(marks(images, 1, range(40))) == {0, 2}
    for name in ("1.png", "text.jpg", "cut.jpg"):
        assert any(line.startswith(f"{spoiled.domain_b}/{name} is passed over: ") for line in notices())
    for path in Path(spoiled.domain_b).iterdir():
        path.unlink()
    with pytest.raises(DomainError, match=r"/b: none of its 6 pictures can be read any more$"):
        images[0]


@pytest.mark.parametrize(("held_out", "shown"), [(0, [0, 5]), (1, [100]), (2, [100, 101]), (9, [100, 104])])
def test_samples_are_spread_over_what_is_held_out_or_else_over_what_is_learned(
    config: TrainConfig, tmp_path: Path, held_out: int, shown: list[int]
) -> None:
    for mark in (*range(10), *range(100, 109)):
        draw(tmp_path / f"{mark}.png", mark)
    learned = [tmp_path / f"{mark}.png" for mark in range(10)]
    rest = [tmp_path / f"{100 + mark}.png" for mark in range(held_out)]
    domain = read_domain("c", learned, rest, replace(config, samples=2))
    assert [int(path.stem) for path in domain.samples] == shown
    assert domain.paths == learned


@pytest.mark.parametrize(("size", "scaled"), [((80, 240), (40, 120)), ((240, 80), (120, 40)), ((7, 9), (40, 51))])
def test_a_picture_keeps_its_aspect(tmp_path: Path, size: tuple[int, int], scaled: tuple[int, int]) -> None:
    draw(tmp_path / "a.png", size=size)
    assert read_scaled(tmp_path / "a.png", SIDE).shape == (*scaled[::-1], 3)


@pytest.mark.parametrize("turned", [False, True])
def test_a_large_jpeg_is_decoded_at_a_fraction_but_never_smaller_than_asked(tmp_path: Path, turned: bool) -> None:
    path, exif = tmp_path / "large.jpg", Image.Exif()
    exif[0x0112] = 6 if turned else 1
    Image.new("RGB", (1600, 1200)).save(path, exif=exif)
    enough = {None: 1200, 5000: 1200, 601: 1200, 600: 600, 301: 600, 300: 300, 151: 300, 150: 150, 10: 150}
    for least, side in enough.items():
        assert sorted(open_photo(path, least=least).image.size) == [side, side * 4 // 3]
    Image.new("RGB", (1601, 1203)).save(path)
    assert all(min(open_photo(path, least=least).image.size) >= least for least in range(148, 156))
