"""Photos too large to hold whole: read in strips from top to bottom, as often as need be."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from copyart.errors import UnreadablePictureError
from copyart.images.colors import to_srgb
from copyart.images.exif import portable_exif
from copyart.images.photo import Photo, damaged

if TYPE_CHECKING:
    import pyvips

logger = logging.getLogger(__name__)

# Beyond so many pixels a photo is read in strips: it would take four bytes of memory for each, several times over.
LARGE = 24_000_000

# More pixels than this are not believed: a small file can claim to be of any size.
_LARGEST = 2_000_000_000

# libvips's names of what reads formats strip by strip.
_LOADERS = {"jpegload": "jpeg", "pngload": "png", "tiffload": "tiff"}
_MODES = {("b-w", 1): "L", ("b-w", 2): "LA", ("srgb", 3): "RGB", ("srgb", 4): "RGBA"}


@dataclass(frozen=True)
class LargePhoto:
    """A photo that stays in its file, which is what `Photo` is in memory.

    Attributes:
        path: The file.
        size: Width and height in pixels, upright.
        mode: What the file holds: L, LA, RGB or RGBA.
        turned: Whether its EXIF says that it is turned, which takes a copy on the disk to read it upright.
        profile: The colour profile that the file has, or None.
        icc: The one that its painting gets: the same if it is of RGB.
        exif: The file's EXIF without orientation, thumbnail and file layout.
        dpi: Its resolution in dots per inch, or None.
        format: A key of `FORMATS`.
        frames: 1.
    """

    path: Path
    size: tuple[int, int]
    mode: str
    turned: bool
    profile: bytes | None
    icc: bytes | None
    exif: bytes
    dpi: tuple[float, float] | None
    format: str
    frames: int = 1

    def strips(self, rows: int) -> Iterator[Photo]:
        """Reads the photo from its top, `rows` rows at a time, the last fewer.

        Raises:
            UnreadablePictureError: If it turns out to be damaged.
        """
        import pyvips

        try:
            image = pyvips.Image.new_from_file(_name(self.path)).autorot() if self.turned else _open(self.path)
            region = pyvips.Region.new(image)
            width, height = self.size
            for top in range(0, height, rows):
                count = min(rows, height - top)
                strip = Image.frombytes(self.mode, (width, count), region.fetch(0, top, width, count))
                yield self._photo(strip)
        except pyvips.Error as error:
            raise damaged(str(self.path), error) from error

    def resized(self, size: tuple[int, int]) -> Image.Image:
        """The whole photo at another size, RGB in sRGB; it never is whole in memory.

        Raises:
            UnreadablePictureError: If it turns out to be damaged.
        """
        import pyvips

        try:
            small = pyvips.Image.thumbnail(_name(self.path), size[0], height=size[1], size="force", fail_on="truncated")
            return self._photo(Image.frombytes(self.mode, size, small.write_to_memory())).image
        except pyvips.Error as error:
            raise damaged(str(self.path), error) from error

    def _photo(self, image: Image.Image) -> Photo:
        alpha = image.getchannel("A") if self.mode.endswith("A") else None
        rgb, _ = to_srgb(image.convert(self.mode.removesuffix("A")), self.profile)
        return Photo(rgb, alpha=alpha, icc=self.icc)


def open_large(path: Path) -> LargePhoto | None:
    """Opens a picture file that is better read in strips.

    Returns:
        None for a picture that is not large or cannot be read in strips; a notice says so of a large one.

    Raises:
        UnreadablePictureError: If it claims to have more pixels than any picture.
    """
    if not _is_large(path):
        return None
    import pyvips

    try:
        image = _open(path)
        fields = set(image.get_fields())
        mode = _MODES.get((image.interpretation, image.bands))
        turned = "orientation" in fields and image.get("orientation") != 1
        if image.width * image.height > _LARGEST:
            raise UnreadablePictureError(
                f"{path} says it has more pixels than can be opened safely ({_LARGEST // 1_000_000} megapixels); "
                "make it smaller first"
            )
        if image.format != "uchar" or mode is None or ("n-pages" in fields and image.get("n-pages") > 1):
            logger.info("%s is of a kind that must be read whole, which takes much memory", path)
            return None
        if any(name in fields and image.get(name) for name in ("interlaced", "jpeg-multiscan")):
            logger.info("%s is stored progressively, so more of it must be in memory at once", path)
        profile = image.get("icc-profile-data") if "icc-profile-data" in fields else None
        known = image.xres != 1 and image.yres != 1  # pixels a millimetre, which is libvips's word for unknown
        exif = portable_exif(image.get("exif-data")) if "exif-data" in fields else b""
        return LargePhoto(
            path=path,
            size=(image.height, image.width)
            if turned and image.get("orientation") > 4
            else (image.width, image.height),
            mode=mode,
            turned=turned,
            profile=profile,
            icc=to_srgb(Image.new(mode.removesuffix("A"), (1, 1)), profile)[1],
            exif=exif,
            dpi=(image.xres * 25.4, image.yres * 25.4) if known else None,
            format=_LOADERS[image.get("vips-loader")],
        )
    except pyvips.Error:
        return None  # whoever reads it whole says what is wrong


def _is_large(path: Path) -> bool:
    try:
        with Image.open(path, formats=("JPEG", "PNG", "TIFF")) as image:
            return image.width * image.height > LARGE
    except Image.DecompressionBombError:
        return True
    except Exception:  # noqa: BLE001  # whoever reads it whole says what is wrong
        return False


def _open(path: Path) -> "pyvips.Image":
    import pyvips

    return pyvips.Image.new_from_file(_name(path), access="sequential", fail_on="truncated")


def _name(path: Path) -> str:
    return str(path.absolute()).replace("[", "\\[")  # brackets at the end of a name are options to libvips
