"""A loaded generator: each picture follows from its seed, and can be made again, one by one."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from copyart.checkpoints import load_noise_network
from copyart.codes import codes_of
from copyart.config import GenerateConfig
from copyart.devices import pick_device
from copyart.errors import OptionError
from copyart.models import NoiseGenerator, find_generator
from copyart.tensors import to_image
from copyart.version import __version__


class Generator:
    """One generator, loaded and ready; may be used from several threads.

    Every picture is drawn alone, and in float64 where the device has it: it does not depend on what else is made, and
    what another number of threads, or another device, rounds otherwise is far below a level of a colour.

    Args:
        model: A folder, which may be that of a training run, or a `NoiseGenerator`.
        device: `auto`, `cpu`, `cuda`, `cuda:N`, `mps` or `tpu`.

    Attributes:
        name: What the model is called.
        device: Where it computes.
        image_size: Width and height of its pictures in pixels.
        signature: What sheets of pictures name as the `Software` that made them.
        parts: What pictures of two seeds can be mixed by: `coarse`, `middle` and `fine`, or nothing.

    Raises:
        StyleError: If the model cannot be found or used.
        DeviceError: If the device is unknown or not there.
    """

    def __init__(self, model: str | Path | NoiseGenerator, *, device: str = GenerateConfig.device) -> None:
        self.device = pick_device(device)
        found = model if isinstance(model, NoiseGenerator) else find_generator(str(model))
        self._dtype = torch.float64 if self.device.type in ("cpu", "cuda") else torch.float32
        self._network = load_noise_network(found).to(self.device, self._dtype)
        self.name, self._kind = found.name, found.network
        self.signature = f"copyart {__version__}, generator {self.name}"
        self.image_size, self.parts = self._network.image_size, tuple(self._network.parts)

    def sample(self, n: int = 1, *, seed: int = 0, truncation: float = GenerateConfig.truncation) -> list[Image.Image]:
        """Makes the pictures of `n` seeds, from `seed` on.

        Args:
            n: How many.
            seed: That of the first; the next have the next ones.
            truncation: How far they may be from the mean of all.

        Returns:
            RGB, each with what made it as `Software` in its `info`.

        Raises:
            OptionError: If a value is out of its range.
        """
        config = GenerateConfig(count=n, seed=seed, truncation=truncation)
        return [self.picture(each, truncation) for each in config.chosen]

    def picture(self, seed: int, truncation: float = GenerateConfig.truncation) -> Image.Image:
        """Makes the picture of a seed; see `sample`."""
        return self._draw(self._styles(seed, truncation), f"seed {seed}")

    def mix(self, seed: int, other: int, part: str, truncation: float = GenerateConfig.truncation) -> Image.Image:
        """Makes the picture of a seed with the styles of one part taken from another seed.

        Args:
            seed: That which gives all else.
            other: That which gives the part.
            part: One of `parts`.
            truncation: How far both may be from the mean of all.

        Raises:
            OptionError: If it has no such part.
        """
        self.check_parts()
        if part not in self.parts:
            raise OptionError(f"part is {part!r}; choose {' or '.join(self.parts)}")
        places = self._network.parts[part]
        styles = self._styles(seed, truncation).clone()
        styles[:, places.start : places.stop] = self._styles(other, truncation)[:, places.start : places.stop]
        return self._draw(styles, f"seed {seed} with {part} styles of {other}")

    def check_parts(self) -> None:
        """Refuses to mix where there are no styles to mix.

        Raises:
            OptionError: If there are none.
        """
        if not self.parts:
            raise OptionError(
                f"mix takes a style-based generator, and {self.name} is a {self._kind}; "
                "train one with --recipe stylegan, or leave mix out"
            )

    @torch.inference_mode()
    def _styles(self, seed: int, truncation: float) -> Tensor:
        GenerateConfig(seed=seed, count=1, truncation=truncation)
        return self._network.styles(codes_of([seed], self._network.code).to(self.device, self._dtype), truncation)

    @torch.inference_mode()
    def _draw(self, styles: Tensor, words: str) -> Image.Image:
        picture = to_image(self._network.draw(styles).expand(-1, 3, -1, -1))
        picture.info["Software"] = f"{self.signature}, {words}"
        return picture
