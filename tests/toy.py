"""A toy that learns to turn colours round, from one domain; as a program, the command line with that task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn

from copyart.cli import main
from copyart.config import TASKS, RunConfig, Task
from copyart.config.options import option
from copyart.data import Domain, read_scaled
from copyart.tensors import from_bytes, to_image, to_tensor
from copyart.training.learner import Figure, Learner, Made
from copyart.training.standing import Standing


@dataclass(frozen=True)
class ToyConfig(RunConfig):
    DOMAINS: ClassVar[Mapping[str, str]] = {"a": "pictures"}

    task: str = option("toy", "What is learned.")


class Toy(Learner):
    losses: ClassVar[tuple[Figure, ...]] = (Figure("shift", "colours not turned round yet"),)
    measures: ClassVar[tuple[Figure, ...]] = (Figure("brightness", "brightness of the grid"),)
    scores: ClassVar[tuple[Figure, ...]] = (Figure("error", "error on held-out pictures", about="0 is best."),)
    grid: ClassVar[str] = "Each picture, turned round."

    def __init__(self, config: RunConfig, accelerator: Accelerator, domains: Sequence[Domain] = ()) -> None:
        self.config, self.accelerator, self.domains = config, accelerator, domains
        torch.manual_seed(config.seed)
        network = nn.Conv2d(3, 3, 1)
        self.network, self.adam = accelerator.prepare(network, torch.optim.Adam(network.parameters()))

    def networks(self) -> Mapping[str, str]:
        return {"colours": "12 parameters"}

    def bytes_each(self) -> int:
        return 2 * 12 * self.config.image_size**2

    def step(self, batch: Sequence[Tensor], number: int, learning_rate: float, attempt: int) -> dict[str, Tensor]:
        (pictures,) = map(from_bytes, batch)
        chance = torch.Generator().manual_seed(hash((self.config.seed, number, attempt)) % 2**32)
        noise = 0.01 * torch.randn(pictures.shape, generator=chance)
        self.adam.param_groups[0]["lr"] = learning_rate
        loss = (self.network(pictures + noise) + pictures).abs().mean()
        self.accelerator.backward(loss)
        self.adam.step()
        self.adam.zero_grad()
        return {"shift": loss.detach()}

    def state(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "adam": self.adam.state_dict()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.adam.load_state_dict(state["adam"])

    @torch.no_grad()
    def sample(self) -> tuple[Image.Image, dict[str, float]]:
        painted = self.network(to_tensor(read_scaled(self.domains[0].samples[0], 32)))
        return to_image(painted), {"brightness": float(painted.mean())}

    @torch.no_grad()
    def evaluate(self, step: int, before: Standing | None) -> Standing:
        pictures = [to_tensor(read_scaled(path, 32)) for path in self.domains[0].held_out]
        errors = [float((self.network(x) + x).abs().mean()) for x in pictures]
        figures = {"error": sum(errors) / len(errors)}
        beside = {"pictures as they are": {"error": sum(2 * float(x.abs().mean()) for x in pictures) / len(pictures)}}
        return before.after(step, figures) if before else Standing(step, figures, step, figures, 0, beside, 0, "error")

    def save(self, folder: Path, made: Made) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        weights = [part.tolist() for part in self.network.state_dict().values()]
        (folder / "colours.json").write_text(json.dumps({"step": made.step, "weights": weights}))


TASKS["toy"] = Task("toy.Toy", ToyConfig)
if __name__ == "__main__":
    main()
