"""Networks from files and to files: the folders of models, and the published CycleGAN weights turned into them."""

import io
import pickle
import re
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from copyart.errors import BrokenStyleError, StyleError, first_line
from copyart.files import reason, write_whole
from copyart.models import (
    MODEL_FILE,
    REVERSE_FILE,
    Enlarger,
    Model,
    NoiseGenerator,
    Style,
    Unconverted,
    discard_downloads,
    find_enlarger,
    find_generator,
    find_style,
)
from copyart.models.record import CARD_FILE, CONFIG_FILE, GOLDEN_FILES, GOLDEN_PICTURE
from copyart.networks import GENERATORS, NOISE_NETWORKS, Generator, NoiseNetwork, Upscaler

State = Mapping[str, Tensor]
Kind = TypeVar("Kind", bound=Model)
Built = TypeVar("Built", bound=nn.Module)

_MOST = 4096  # channels or blocks: far beyond any use; to build more takes all time and memory


def load_style(
    name: str,
    *,
    cache: Path | None = None,
    revision: str | None = None,
    force: bool = False,
    progress: bool = False,
) -> Style:
    """Finds a style, fetches it when it is not here, and turns weights that are none yet into a style folder.

    Args:
        name: A name that is bundled or in the catalogue (`copyart.list_styles()`), a folder, a `.pth` file in the
            layout of the published CycleGAN weights, or `owner/name[@revision]` on the Hugging Face Hub.
        cache: Where downloads are kept; `COPYART_CACHE` or the user's cache folder when None.
        revision: A branch, tag or commit of the Hub, when the name has none.
        force: Fetch again what is in the cache.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        UnknownStyleError: If nothing has that name.
        DownloadError: If it cannot be fetched, or what arrived has the wrong hash.
        BrokenStyleError: If its files are damaged, or of another architecture.
    """
    return to_style(find_style(name, cache=cache, revision=revision, force=force, progress=progress), cache)


def to_style(found: Style | Unconverted, cache: Path | None = None) -> Style:
    """Turns what `find_style` found into a style folder, if it is none yet.

    Args:
        found: A style, which is given back, or weights that are not one yet.
        cache: Where downloads are kept; `COPYART_CACHE` or the user's cache folder when None.

    Raises:
        DownloadError: If what arrived cannot be read.
        BrokenStyleError: If it is of another architecture.
    """
    if isinstance(found, Style):
        return found
    try:
        return _convert(found)
    finally:  # a file that cannot be converted is to be fetched anew
        discard_downloads(found.draft.folder.name, cache)


def load_generator(style: Style, *, reverse: bool = False) -> Generator:
    """Builds a style's network with its weights, in float32 on the CPU, for painting (not training).

    Args:
        style: A style whose files are here.
        reverse: The way back, from paintings to photos.

    Raises:
        BrokenStyleError: If a file is missing, has the wrong hash or does not fit the network.
    """
    style.check_direction(reverse=reverse)
    return _load(
        style, REVERSE_FILE if reverse else MODEL_FILE, _build(style.generator, style.parameters, style.folder)
    )


def load_upscaler(enlarger: str | Enlarger) -> Upscaler:
    """Builds an enlarger's network with its weights, in float32 on the CPU, for use (not training).

    Args:
        enlarger: An enlarger whose files are here, or what `copyart.models.find_enlarger` finds one by.

    Raises:
        UnknownStyleError: If nothing has that name.
        DownloadError: If it cannot be fetched.
        BrokenStyleError: If a file is missing, has the wrong hash or does not fit the network.
    """
    found = enlarger if isinstance(enlarger, Enlarger) else find_enlarger(enlarger)
    parameters = {**found.parameters, "scale": found.scale}
    return _load(found, MODEL_FILE, _built(Upscaler, "upscaler", parameters, found.folder))


def load_noise_network(generator: str | NoiseGenerator) -> NoiseNetwork:
    """Builds a generator's network with its weights, in float32 on the CPU, for use (not training).

    Args:
        generator: A generator whose files are here, or what `copyart.models.find_generator` finds one by.

    Raises:
        UnknownStyleError: If there is none of that name.
        BrokenStyleError: If a file is missing, has the wrong hash or does not fit the network.
    """
    found = generator if isinstance(generator, NoiseGenerator) else find_generator(generator)
    if found.network not in NOISE_NETWORKS:
        raise BrokenStyleError(
            f"{found.folder} asks for a network {found.network!r}; there are {', '.join(NOISE_NETWORKS)}"
        )
    network = _built(NOISE_NETWORKS[found.network][0], found.network, found.parameters, found.folder)
    return _load(found, MODEL_FILE, network)


def _load(model: Model, file: str, network: Built) -> Built:
    """Fills a network with the weights in a file of its model."""
    path = model.verified(file)
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BrokenStyleError(f"{path} is damaged: {error}; fetch the {model.kind} again") from error
    _fit(network, state, path)
    return network.eval().requires_grad_(requires_grad=False)


def save_style(
    style: Style,
    generator: Generator,
    reverse: Generator | None = None,
    *,
    card: str | None = None,
    golden: tuple[Image.Image, Image.Image] | None = None,
    dtype: torch.dtype = torch.float32,
    overwrite: bool = False,
) -> Style:
    """Writes a style to `style.folder`: all of it, or nothing.

    Args:
        style: What is known of it; the hashes are added here.
        generator: Photo to painting.
        reverse: Painting to photo.
        card: The text of its `README.md`, a model card; it has no hash, so that it can be mended.
        golden: A picture and its painting, by which a later version can be compared.
        dtype: `torch.float16` halves the size.
        overwrite: Take the place of a style that is there, once the new one is whole.

    Returns:
        The style as it was written.

    Raises:
        StyleError: If it cannot be written, or what is known of it is no valid record.
    """
    networks: dict[str, nn.Module] = {MODEL_FILE: generator}
    if reverse:
        networks[REVERSE_FILE] = reverse
    return _save(style, networks, card, _pair(golden), dtype, overwrite=overwrite)


def save_enlarger(
    enlarger: Enlarger,
    network: Upscaler,
    *,
    card: str | None = None,
    golden: tuple[Image.Image, Image.Image] | None = None,
    dtype: torch.dtype = torch.float32,
    overwrite: bool = False,
) -> Enlarger:
    """Writes an enlarger to `enlarger.folder`: all of it, or nothing; see `save_style` for the rest.

    Raises:
        StyleError: If it cannot be written, or what is known of it is no valid record.
    """
    return _save(enlarger, {MODEL_FILE: network}, card, _pair(golden), dtype, overwrite=overwrite)


def save_noise_generator(
    generator: NoiseGenerator,
    network: NoiseNetwork,
    *,
    card: str | None = None,
    golden: Image.Image | None = None,
    dtype: torch.dtype = torch.float32,
    overwrite: bool = False,
) -> NoiseGenerator:
    """Writes a generator to `generator.folder`: all of it, or nothing; see `save_style` for the rest.

    Its network is settled, and `golden` its picture of seed 0.

    Raises:
        StyleError: If it cannot be written, or what is known of it is no valid record.
    """
    pictures = {GOLDEN_PICTURE: golden} if golden else {}
    return _save(generator, {MODEL_FILE: network}, card, pictures, dtype, overwrite=overwrite)


def _save(
    model: Kind,
    networks: Mapping[str, nn.Module],
    card: str | None,
    golden: Mapping[str, Image.Image],
    dtype: torch.dtype,
    *,
    overwrite: bool,
) -> Kind:
    files = {name: _to_safetensors(network, dtype) for name, network in networks.items()}
    files |= {name: _to_png(picture) for name, picture in golden.items()}
    model = replace(model, sha256={name: sha256(data).hexdigest() for name, data in files.items()})
    record = model.to_json()
    type(model).parse(record, model.folder)
    files[CONFIG_FILE] = record.encode()
    if card:
        files[CARD_FILE] = card.encode()
    try:
        model.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=model.folder.parent, prefix=".copyart-") as temporary:
            whole = Path(temporary) / model.kind
            for name, data in files.items():
                (whole / name).parent.mkdir(parents=True, exist_ok=True)
                write_whole(whole / name, data)
            if overwrite and model.folder.is_dir():
                model.folder.rename(Path(temporary) / "old")
            whole.rename(model.folder)
    except OSError as error:
        raise StyleError(f"the {model.kind} cannot be written to {model.folder}: {reason(error)}") from error
    return model


def read_published(path: Path) -> Generator:
    """Reads a generator in the layout of the published CycleGAN weights (Zhu et al. 2017): a pickled state dict.

    The running statistics that early PyTorch saved with instance norms are dropped; what it did not save
    and changes nothing (biases before an instance norm, the counters of batch norms) is zero.

    Raises:
        BrokenStyleError: If the file is damaged, would run code, or holds another architecture.
    """
    state = read_pickle(path)
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise BrokenStyleError(f"{path} holds no state dict of a generator; use a file like latest_net_G.pth")
    state = {str(key).removeprefix("module."): value for key, value in state.items()}
    parameters = _published_parameters(state, path)
    generator = _build("resnet", parameters, path)
    wanted = generator.state_dict()
    if parameters["norm"] == "instance":
        state = {key: value for key, value in state.items() if not re.search(r"\.(running_|num_batches)", key)}
        *optional, _ = (key for key in wanted if key.endswith(".bias"))
    else:
        optional = [key for key in wanted if key.endswith(".num_batches_tracked")]
    _fit(generator, {**{key: torch.zeros_like(wanted[key], device="cpu") for key in optional}, **state}, path)
    return generator.eval()


def _convert(found: Unconverted) -> Style:
    generator = read_published(found.path)
    parameters = _published_parameters(generator.state_dict(), found.path)
    return save_style(replace(found.draft, parameters=parameters), generator, overwrite=True)


def read_pickle(path: Path) -> object:
    """Reads what torch has pickled, tensors in plain containers; nothing in the file is run.

    Raises:
        BrokenStyleError: If the file is damaged, or holds anything else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd pickles, which are refused anyway
            held: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BrokenStyleError(
            f"{path} is refused: it is damaged, or holds more than tensors and could run code; use one that you trust"
        ) from error
    except Exception as error:
        raise BrokenStyleError(f"{path} is damaged: {first_line(error)}; fetch it again") from error
    return held


def read_weights(path: Path) -> object:
    """Reads a file of weights, safetensors by its name or pickled; nothing in the file is run.

    Raises:
        BrokenStyleError: If the file is damaged, or holds anything but tensors in plain containers.
    """
    if path.suffix.lower() != ".safetensors":
        return read_pickle(path)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BrokenStyleError(f"{path} is damaged: {first_line(error)}; fetch it again") from error


def _published_parameters(state: State, path: Path) -> dict[str, Any]:
    """The arguments of the `ResNet` whose state dict has these keys.

    Raises:
        BrokenStyleError: If they are not the keys of a ResNet generator of CycleGAN.
    """
    blocks = {int(found[1]) for key in state if (found := re.match(r"model\.(\d+)\.conv_block\.", key))}
    stem = state.get("model.1.weight")
    if stem is None:
        raise BrokenStyleError(
            f"{path} is no ResNet generator of CycleGAN: its first key is {next(iter(state), 'missing')!r}, "
            "not 'model.1.weight'"
        )
    if stem.ndim != 4 or not blocks:
        problem = "'model.1.weight' is no convolution" if blocks else "'model.10.conv_block.1.weight' is missing"
        raise BrokenStyleError(f"{path} is no ResNet generator of CycleGAN: {problem}")
    return {
        "base_channels": stem.shape[0],
        "blocks": len(blocks),
        "norm": "batch" if "model.2.weight" in state else "instance",
        # With dropout the second convolution of a block has moved on by one.
        "dropout": any(re.search(r"conv_block\.6\.weight$", key) and state[key].ndim == 4 for key in state),
    }


def _build(kind: str, parameters: Mapping[str, Any], path: Path) -> Generator:
    if kind not in GENERATORS:
        raise BrokenStyleError(f"{path} asks for a generator {kind!r}; there are {', '.join(GENERATORS)}")
    return _built(GENERATORS[kind], kind, parameters, path)


def _built(cls: type[Built], kind: str, parameters: Mapping[str, Any], path: Path) -> Built:
    for key, value in parameters.items():
        if type(value) is int and not 0 < value <= _MOST:
            raise BrokenStyleError(f"{path} asks for a {kind} that cannot be built: {key} is {value}, not 1 to {_MOST}")
    try:
        with torch.device("meta"):  # no memory is taken before the weights are known to fit
            return cls(**parameters)
    except Exception as error:
        raise BrokenStyleError(f"{path} asks for a {kind} that cannot be built: {first_line(error)}") from error


def _fit(generator: nn.Module, state: State, path: Path) -> None:
    """Puts `state` into the generator, or says which is the first key that does not fit."""
    wanted = generator.state_dict()
    for key in [*wanted, *(key for key in state if key not in wanted)]:
        if key not in state:
            raise BrokenStyleError(f"{path} is of another architecture: {key!r} is missing")
        if key not in wanted:
            raise BrokenStyleError(f"{path} is of another architecture: {key!r} has no place in it")
        if state[key].shape != wanted[key].shape:
            raise BrokenStyleError(
                f"{path} is of another architecture: {key!r} has shape {tuple(state[key].shape)}, "
                f"not {tuple(wanted[key].shape)}"
            )
        if not _is_plain(state[key], wanted[key]):
            raise BrokenStyleError(f"{path} is of another architecture: {key!r} holds no plain numbers")
    weights = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    generator.load_state_dict(weights, assign=True)


def _is_plain(value: Tensor, wanted: Tensor) -> bool:
    """True of a tensor of the wanted kind of number, dense and on the CPU: not sparse, quantised or elsewhere."""
    floats = value.is_floating_point() == wanted.is_floating_point()
    return floats and value.layout == torch.strided and value.device.type == "cpu"


def _pair(golden: tuple[Image.Image, Image.Image] | None) -> dict[str, Image.Image]:
    return dict(zip(GOLDEN_FILES, golden, strict=True)) if golden else {}


def _to_png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _to_safetensors(generator: nn.Module, dtype: torch.dtype) -> bytes:
    state = {key: value.cpu() for key, value in generator.state_dict().items()}
    return save(
        {key: value.to(dtype).contiguous() if value.is_floating_point() else value for key, value in state.items()}
    )
