"""Everything that a picture file carries besides its pixels, and that a painting gets back."""

from dataclasses import dataclass, replace

from copyart.images.exif import enlarged, shortened, signed
from copyart.images.xmp import enlarged_xmp, shortened_xmp


@dataclass(frozen=True)
class Metadata:
    """The metadata of a photo, as far as they are true of its painting too.

    Attributes:
        icc: The RGB colour profile that the file had, or None.
        exif: The file's EXIF without orientation (the picture is upright), thumbnail and file layout.
        dpi: Its resolution in dots per inch, or None.
        xmp: The file's XMP packet in UTF-8, which says that the picture is upright, without thumbnail; or empty.
    """

    icc: bytes | None = None
    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    xmp: bytes = b""

    def signed(self, software: str) -> "Metadata":
        """The same with an EXIF that names the program that made the picture, unless `software` is empty."""
        return replace(self, exif=signed(self.exif, software))

    def enlarged(self, scale: int) -> "Metadata":
        """The same of a picture `scale` times as high and as wide: so are the sizes in pixels that they name."""
        return replace(self, exif=enlarged(self.exif, scale), xmp=enlarged_xmp(self.xmp, scale))

    def shortened(self) -> "Metadata":
        """The same in no more bytes than a JPEG can hold; what is too long is left out."""
        return replace(self, exif=shortened(self.exif), xmp=shortened_xmp(self.xmp))


def resolution(dpi: object) -> tuple[float, float] | None:
    """Dots per inch; None where a file says nothing (0 or 1) or nonsense."""
    try:
        x, y = (float(value) for value in dpi)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (x, y) if min(x, y) > 1 and max(x, y) <= 65_535 else None
