"""Pictures and tensors are the same thing in two forms."""

import torch
from PIL import Image

from copyart.tensors import from_bytes, to_image, to_tensor


def test_every_level_comes_back() -> None:
    image = Image.merge("RGB", [Image.linear_gradient("L").rotate(angle) for angle in (0, 90, 180)])
    assert to_image(to_tensor(image)).tobytes() == image.tobytes()


def test_black_is_minus_one_and_white_is_one() -> None:
    image = Image.new("RGB", (5, 3), "white")
    image.putpixel((4, 0), (0, 255, 0))
    x = to_tensor(image)
    assert x.shape == (1, 3, 3, 5)
    assert x.dtype == torch.float32
    assert x[0, :, 0, 4].tolist() == [-1, 1, -1]


def test_what_lies_outside_the_range_is_clipped() -> None:
    assert to_image(torch.full((1, 3, 1, 1), 7.0)).getpixel((0, 0)) == (255, 255, 255)
    assert to_image(torch.full((1, 3, 1, 1), -7.0)).getpixel((0, 0)) == (0, 0, 0)


def test_bytes_of_any_shape_become_what_pictures_of_them_do_and_stay_as_they_are() -> None:
    levels = torch.arange(256, dtype=torch.uint8).expand(2, 3, 8, 256)
    found = from_bytes(levels)
    assert torch.equal(found, levels.float() / 127.5 - 1)
    assert torch.equal(found, to_tensor(levels.permute(0, 2, 3, 1).numpy()))
    assert torch.equal(levels[0, 0, 0], torch.arange(256))
