"""Photos too large to hold whole: read in strips from top to bottom, as often as need be."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from copyart.errors import LargePictureError, UnreadablePictureError, first_line
from copyart.images.colors import to_srgb
from copyart.images.exif import orientation_of, portable_exif
from copyart.images.metadata import Metadata, resolution
from copyart.images.photo import Photo, damaged
from copyart.images.xmp import orientation_in, portable_xmp

if TYPE_CHECKING:
    import pyvips

logger = logging.getLogger(__name__)

# Beyond so many pixels a photo is read in strips: it would take four bytes of memory for each, several times over.
LARGE = 24_000_000

# More pixels than this are not believed: a small file can claim to be of any size.
_LARGEST = 2_000_000_000

# libvips's names of what reads formats strip by strip.
_LOADERS = {"jpegload_source": "jpeg", "pngload_source": "png", "tiffload_source": "tiff"}
_MODES = {("b-w", 1): "L", ("b-w", 2): "LA", ("srgb", 3): "RGB", ("srgb", 4): "RGBA"}


@dataclass(frozen=True)
class LargePhoto:
    """A photo that stays in its file, which is what `Photo` is in memory.

    Attributes:
        path: The file.
        size: Width and height in pixels, upright.
        mode: What the file holds: L, LA, RGB or RGBA.
        orientation: EXIF's number for the way up; from 2 on, it takes a copy on the disk to read it upright.
        profile: The colour profile that the file has, or None.
        metadata: What its painting gets back; of the profile, the same if it is of RGB.
        format: A key of `FORMATS`.
        frames: 1.
    """

    path: Path
    size: tuple[int, int]
    mode: str
    orientation: int
    profile: bytes | None
    metadata: Metadata
    format: str
    frames: int = 1

    def strips(self, rows: int) -> Iterator[Photo]:
        """Reads the photo from its top, `rows` rows at a time, the last fewer.

        Raises:
            UnreadablePictureError: If it turns out to be damaged.
        """
        import pyvips

        try:
            region = pyvips.Region.new(self._opened())
            width, height = self.size
            for top in range(0, height, rows):
                count = min(rows, height - top)
                strip = Image.frombytes(self.mode, (width, count), region.fetch(0, top, width, count))
                alpha = strip.getchannel("A") if self.mode.endswith("A") else None
                yield Photo(self._srgb(strip.convert(self._colors)), alpha=alpha, metadata=self.metadata)
        except pyvips.Error as error:
            raise _damaged(self.path, error) from error

    def resized(self, size: tuple[int, int]) -> Image.Image:
        """The whole photo at another size, RGB in sRGB; it never is whole in memory.

        Raises:
            UnreadablePictureError: If it turns out to be damaged.
        """
        import pyvips

        # A JPEG can be decoded at a half, a quarter or an eighth of its size; twice the size leaves room to filter.
        fit = (shrink for shrink in (8, 4, 2) if max(self.size) // shrink >= 2 * max(size))
        try:
            image = self._opened(next(fit, 1) if self.format == "jpeg" else 1)
            # What is transparent has colours too, which are not to fade.
            colors = image.extract_band(0, n=len(self._colors))
            small = colors.thumbnail_image(size[0], height=size[1], size="force")
            return self._srgb(Image.frombytes(self._colors, size, small.write_to_memory()))
        except pyvips.Error as error:
            raise _damaged(self.path, error) from error

    @property
    def _colors(self) -> str:
        return self.mode.removesuffix("A")

    def _opened(self, shrink: int = 1) -> "pyvips.Image":
        import pyvips

        if self.orientation == 1:
            return _open(self.path, shrink=shrink)
        image = _open(self.path, "random", shrink).copy()
        image.set_type(pyvips.GValue.gint_type, "orientation", self.orientation)  # libvips does not look into XMP
        return image.autorot()

    def _srgb(self, colors: Image.Image) -> Image.Image:
        return to_srgb(colors, self.profile)[0]


def open_large(path: Path, *, scale: int = 1) -> LargePhoto | None:
    """Opens a picture file that is better read in strips.

    Args:
        path: The file.
        scale: What is to be made of it is so many times as high and as wide: a photo is large if that is.

    Returns:
        None for a picture that is not large or cannot be read in strips; a notice says so of a large one.

    Raises:
        LargePictureError: If it claims to have more pixels than any picture.
    """
    header = read_header(path)
    if header is None:
        return None
    with header:
        if header.width * header.height * scale**2 <= LARGE:
            return None
        if header.width * header.height > _LARGEST:
            raise LargePictureError(
                f"{path} says it has more pixels than can be opened safely ({_LARGEST // 1_000_000} megapixels); "
                "make it smaller first"
            )
        return _described(path, header, tell=header.width * header.height > LARGE)


def _described(path: Path, header: Image.Image, *, tell: bool) -> LargePhoto | None:
    import pyvips

    try:
        image = _open(path)
    except pyvips.Error:
        return None  # whoever reads it whole says what is wrong
    fields = set(image.get_fields())
    mode = _MODES.get((image.interpretation, image.bands))
    has_pages = header.format == "TIFF" and getattr(header, "is_animated", False)
    if image.format != "uchar" or mode is None or has_pages:
        logger.log(
            logging.INFO if tell else logging.DEBUG,
            "%s is of a kind that must be read whole, which takes much memory",
            path,
        )
        return None
    if any(name in fields and image.get(name) for name in ("interlaced", "jpeg-multiscan")):
        logger.log(
            logging.INFO if tell else logging.DEBUG,
            "%s is stored progressively, so more of it must be in memory at once",
            path,
        )
    # Pillow may have to decode all of a PNG before it knows its EXIF and XMP.
    exif = image.get("exif-data") if "exif-data" in fields else b""
    xmp = image.get("xmp-data") if "xmp-data" in fields else b""
    if header.format == "TIFF":  # of which libvips says 1 where nothing is said
        orientation = orientation_of(header)
    else:
        orientation = image.get("orientation") if "orientation" in fields else orientation_in(xmp)
    profile = header.info.get("icc_profile")
    return LargePhoto(
        path=path,
        size=(image.height, image.width) if orientation > 4 else (image.width, image.height),
        mode=mode,
        orientation=orientation,
        profile=profile,
        metadata=Metadata(
            icc=to_srgb(Image.new(mode.removesuffix("A"), (1, 1)), profile)[1],
            exif=portable_exif(header if header.format == "TIFF" else exif),
            dpi=resolution(header.info.get("dpi")),
            xmp=portable_xmp(xmp),
        ),
        format=_LOADERS[image.get("vips-loader")],
    )


def vips_reason(error: "pyvips.Error") -> str:
    """The reason that libvips gives, without the steps that it tried."""
    return first_line(Exception(error.detail.strip() or error.message))


def read_header(path: Path) -> Image.Image | None:
    """Opens a picture with Pillow, as far as its pixels, however many it says there are; None if that fails."""
    for kind in (JpegImageFile, PngImageFile, TiffImageFile):
        try:
            return kind(path)
        except Exception:  # noqa: BLE001, S112  # it is of another kind, or whoever reads it says what is wrong
            continue
    return None


def _open(path: Path, access: str = "sequential", shrink: int = 1) -> "pyvips.Image":
    import pyvips

    options = {"shrink": shrink} if shrink > 1 else {}
    source = pyvips.Source.new_from_file(str(path))  # by its name alone, brackets would be options
    return pyvips.Image.new_from_source(source, "", access=access, fail_on="error", **options)


def _damaged(path: Path, error: "pyvips.Error") -> UnreadablePictureError:
    return damaged(str(path), Exception(vips_reason(error)))
