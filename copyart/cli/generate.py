"""`copyart generate`: make pictures out of noise."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.console import orderly_stop, say
from copyart.cli.flags import with_flags
from copyart.config import GenerateConfig


@with_flags
def generate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The folder of a generator, or of the run that trains it.")
    ],
    *,
    config: GenerateConfig,
    overwrite: options.Overwrite = False,
) -> None:
    """Make pictures out of noise. Each is named by its seed, from which it can be made again: seed-0007.png."""
    from copyart.destinations import check_generated
    from copyart.devices import check_device
    from copyart.models import find_generator

    check_device(config.device)
    found = find_generator(model)
    folder = Path(config.out or found.name).expanduser()
    check_generated(folder, config.files, overwrite=overwrite)

    from copyart.cli.progress import pictures_progress
    from copyart.generation import Generator, write_pictures

    generator = Generator(found, device=config.device)
    written: list[Path] = []
    with orderly_stop(), pictures_progress(deed="Making") as progress:
        task = progress.add_task("", total=len(config.files))
        for path in write_pictures(generator, config, folder, overwrite=overwrite):
            written.append(path)
            progress.advance(task)
    side = generator.image_size
    if len(written) == 1:
        say(str(written[0]))
    else:
        say(f"{folder}  {len(written)} pictures of {side} x {side}, {written[0].name} to {written[-1].name}")
