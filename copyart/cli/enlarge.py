"""`copyart enlarge`: make photos larger, one, some or a folder of them."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from copyart.cli import options
from copyart.cli.choosing import find_magnifier
from copyart.cli.flags import Without, with_flags
from copyart.cli.folders import work_through
from copyart.cli.helping import Command
from copyart.cli.orders import ENLARGING, carry_out
from copyart.config import BatchConfig, EnlargeConfig, SaveConfig, TilingConfig, TranslatorConfig
from copyart.errors import OptionError


class Enlarge(Command):
    """A command whose help ends with the enlargers that there are."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # typer's own, whose home is private
        """Writes the last line, for which the folder of enlargers is looked at."""
        from copyart.models import bundled_enlargers

        self.epilog = f"Bundled models: {', '.join(bundled_enlargers())}."
        super().format_epilog(ctx, formatter)


@with_flags
def enlarge(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO", help="Pictures, animations, videos; a folder, and one for what is made of it."),
    ],
    *,
    model: options.EnlargerName = EnlargeConfig.model,
    config: Annotated[EnlargeConfig, Without(("model",))],
    output: options.Output = None,
    batch: BatchConfig,
    device: options.Device = TranslatorConfig.device,
    tiling: TilingConfig,
    save: SaveConfig,
    verbose: options.Verbose = False,
) -> None:
    """Make photos larger. photo.jpg becomes photo-4x.jpg beside it; of a folder, stopped, it goes on where it was."""
    find = partial(find_magnifier, replace(config, model=model), device=device, tiling=tiling)
    if folder := next((photo for photo in photos if Path(photo).is_dir()), None):
        places = [*photos, output] if output else photos
        if photos[0] != folder or len(places) != 2:
            raise OptionError(
                f"{folder} is a folder; give it alone, with one to write to: copyart enlarge {folder} out/"
            )
        save = replace(save, make_folder=True)
        work_through(Path(folder), Path(places[1]), save, batch, ENLARGING, find, verbose=verbose)
    else:
        carry_out(photos, output, save, ENLARGING, find, verbose=verbose)
