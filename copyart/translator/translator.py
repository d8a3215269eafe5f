"""The public face of painting: a style, loaded and ready for photos in memory, in files and by the million."""

import warnings
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Unpack

from PIL import Image

from copyart.config import BatchConfig, PaintConfig, PaintOptions, SaveConfig, TranslatorConfig
from copyart.destinations import Job
from copyart.images import Photo, to_photo
from copyart.models import Style
from copyart.tiling import TiledNetwork
from copyart.translator.engine import Engine
from copyart.translator.files import make_file
from copyart.translator.many import make_many
from copyart.translator.painter import Painter
from copyart.translator.results import Failed, Painted, Watch


class Translator(Engine):
    """One style, loaded and ready to paint; may be used from several threads.

    Args:
        style: A name, folder, `.pth` file or Hub id as `copyart.load_style` takes it, or a `Style`.
        device: `auto`, `cpu`, `cuda`, `cuda:N`, `mps` or `tpu`.
        reverse: Paint the other way: paintings to photos.
        dtype: The number format to paint in; the device's fastest when None.
        tiling: How much of a picture is painted at once.

    Attributes:
        style: The style, whose files are here.
        device: Where it computes.
        dtype: The number format that it paints in.
        reverse: Whether it paints the other way.
        signature: What paintings name as the `Software` that made them.
        network: What paints pixels, and says how many at once.
        enlarger: What brings paintings to the photo's size where the style names it, else None.

    Raises:
        StyleError: If the style cannot be found, fetched or used.
        DeviceError: If the device is unknown or not there.
        OptionError: If the memory allowed is too little.
    """

    def translate(self, image: Image.Image, **options: Unpack[PaintOptions]) -> Image.Image:
        """Paints a picture.

        Args:
            image: Any Pillow picture; one that its EXIF says is turned is painted upright.
            options: How to paint, such as `size=480, strength=0.8`: the fields of `copyart.config.PaintConfig`.

        Returns:
            The painting: RGB, or RGBA if the picture has transparency; 8 bits a channel, of the picture's
            own size (upright; twice as wide with `compare`), in its own colour profile; its `info` names what
            painted it as `Software`.

        Raises:
            OptionError: If an option is out of its range.
            UnreadablePictureError: If the picture cannot be decoded.
            DeviceError: If the device runs out of memory.
        """
        return self.paint(to_photo(image), PaintConfig(**options))

    def translate_file(
        self,
        photo: Path,
        painting: Path,
        paint: PaintConfig = PaintConfig(),  # noqa: B008  # frozen
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
        watch: Watch | None = None,
    ) -> Painted:
        """Paints a file to a file, which gets the photo's EXIF, colour profile and resolution.

        All frames of an animation are painted if the painting's format can move, and all of a video, which
        keeps its sound.

        Args:
            photo: A picture or a video.
            painting: Where to write.
            paint: How to paint.
            save: How to write.
            watch: Is told, of what moves, how many frames are painted and how many there are, after each.

        Raises:
            PictureError: If the photo cannot be read or the painting not written; the photo is never touched.
            OptionError: If the format is unknown.
            DeviceError: If the device runs out of memory.
        """
        return make_file(Painter(self, paint), Job(photo, painting), save, watch)

    def translate_many(
        self,
        jobs: Iterable[Job],
        paint: PaintConfig = PaintConfig(),  # noqa: B008  # frozen
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
        batch: BatchConfig = BatchConfig(),  # noqa: B008  # frozen
    ) -> Generator[Painted | Failed, None, None]:
        """Paints many files, reading and writing some while another is painted; in no certain order.

        A photo that fails is yielded as `Failed` and does not stop the others. Closing the iterator stops
        after the pictures that are being painted.
        """
        return make_many(Painter(self, paint), jobs, save, batch)

    def holding(self, photos: list[Photo], config: PaintConfig) -> "Translator":
        """The old name of `frozen`."""
        warnings.warn("Translator.holding is called frozen now", DeprecationWarning, stacklevel=2)
        return self.frozen(photos, config)

    @property
    def painter(self) -> TiledNetwork:
        """The old name of `network`."""
        warnings.warn("Translator.painter is called network now", DeprecationWarning, stacklevel=2)
        return self.network


def translate(
    image: Image.Image,
    style: str | Style = TranslatorConfig.style,
    *,
    reverse: bool = TranslatorConfig.reverse,
    device: str = TranslatorConfig.device,
    **options: Unpack[PaintOptions],
) -> Image.Image:
    """Paints one picture; to paint several, make a `Translator` once.

    The arguments, results and errors are those of `Translator` and `Translator.translate`.
    """
    paint = PaintConfig(**options)  # refuses, if it does, before the style is loaded
    return Translator(style, device=device, reverse=reverse).paint(to_photo(image), paint)
