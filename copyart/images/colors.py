"""Colour profiles and modes: everything is painted in sRGB, and goes back to the colours it came from."""

import io
from contextlib import suppress

from PIL import Image, ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

_SWATCHES = Image.frombytes("RGB", (4, 2), bytes.fromhex("ff0000 00ff00 0000ff ffffff 000000 808080 c08040 3060a0"))


def to_srgb(image: Image.Image, icc: object) -> tuple[Image.Image, bytes | None]:
    """Turns a picture of any mode into RGB in sRGB; its profile comes back if it is of RGB: a painting can have it."""
    profile = open_profile(icc)
    space = profile.profile.xcolor_space.strip() if profile else ""
    if profile is not None and (image.mode, space) in (("CMYK", "CMYK"), ("L", "GRAY")):
        with suppress(ImageCms.PyCMSError):
            return convert_profile(image, profile, SRGB, "RGB"), None
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")  # 65535 becomes 255
    elif image.mode == "F":
        _, brightest = image.getextrema()
        white = next((white for white in (1, 255) if isinstance(brightest, float) and brightest <= white), 65_535)
        image = image.point(lambda value: value * (255 / white) + 0).convert("L")
    rgb = image.convert("RGB")
    if profile is not None and space == "RGB" and isinstance(icc, bytes):
        with suppress(ImageCms.PyCMSError):  # a profile that does not work in both directions says nothing
            convert_profile(_SWATCHES, SRGB, profile)
            return convert_profile(rgb, profile, SRGB), icc
    return rgb, None


def open_profile(icc: object) -> ImageCms.ImageCmsProfile | None:
    """Reads a colour profile; None if there is none or it is damaged."""
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(icc)) if isinstance(icc, bytes) and icc else None
    except (OSError, ImageCms.PyCMSError):
        return None  # a broken profile says nothing about the colours


def convert_profile(
    image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str = "RGB"
) -> Image.Image:
    """Brings a picture from one colour profile to another.

    Raises:
        PyCMSError: If a profile lacks what that takes.
    """
    if image.mode == mode and _transform(_SWATCHES, source, target, "RGB").tobytes() == _SWATCHES.tobytes():
        return image  # the same colour space in other words
    return _transform(image, source, target, mode)


def _transform(
    image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str
) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    assert converted is not None  # noqa: S101  # only in-place conversion gives None
    return converted
