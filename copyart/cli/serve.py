"""`copyart serve`: a page on which anyone paints a photo."""

import signal
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.console import say
from copyart.config import ServeConfig
from copyart.devices import check_device, keep_memory
from copyart.extras import require


def serve(
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 for all who reach this machine.")
    ] = (ServeConfig.host),
    port: Annotated[int, typer.Option(metavar="N", help="0 for any that is free.")] = ServeConfig.port,
    styles: Annotated[
        str,
        typer.Option(
            metavar="A,B", help="What there is to paint with, the first as default. (default: what is bundled)"
        ),
    ] = ",".join(ServeConfig.styles),
    max_megapixels: Annotated[float, typer.Option(metavar="N", help="Of a photo.")] = ServeConfig.max_megapixels,
    max_megabytes: Annotated[float, typer.Option(metavar="N", help="Of a photo's file.")] = ServeConfig.max_megabytes,
    queue: Annotated[
        int, typer.Option(metavar="N", help="Photos that may wait while others are painted.")
    ] = ServeConfig.queue,
    workers: Annotated[int, typer.Option(metavar="N", help="Photos that are painted at a time.")] = ServeConfig.workers,
    time_limit: Annotated[
        int, typer.Option(metavar="SECONDS", help="Seconds in which a request is answered.")
    ] = ServeConfig.time_limit,
    device: options.Device = ServeConfig.device,
) -> None:
    """Open a page where anyone paints photos. It is an API too. Ctrl-C ends it when what was begun is done."""
    names = tuple(name.strip() for name in styles.split(",") if name.strip())
    config = ServeConfig(host, port, names, max_megapixels, max_megabytes, queue, workers, time_limit, device)
    require("serve", "copyart serve")
    check_device(device)

    from copyart.serving import serve

    keep_memory()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn raises once more what it has obeyed
    serve(config, lambda address: say(f"Painting at {address}  (Ctrl-C stops)"))
