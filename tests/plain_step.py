"""The step of CycleGAN as plainly as it can be written: what the fast one has to equal."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks import InstanceNorm
from copyart.training.augmentation import diff_augment
from copyart.training.cyclegan.step import Draws, Objective


class PlainNorm(nn.Module):
    """torch's own instance norm, with the weights of ours."""

    def __init__(self, norm: InstanceNorm) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x, weight=self.weight, bias=self.bias)


def plainly(network: nn.Module) -> nn.Module:
    """A copy with torch's own norms, in the contiguous layout."""
    network = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    for name, module in list(network.named_modules()):
        if isinstance(module, InstanceNorm):
            parent, _, child = name.rpartition(".")
            setattr(network.get_submodule(parent), child, PlainNorm(module))
    return network


def generator_gradients(
    to_a: nn.Module, to_b: nn.Module, discriminator_a: nn.Module, discriminator_b: nn.Module, a: Tensor, b: Tensor,
    objective: Objective, draws: Draws,
) -> tuple[list[Tensor], Tensor, Tensor]:  # fmt: skip
    """Six passes through the generators, one after the other; least squares."""
    fake_b, fake_a = to_b(a), to_a(b)
    cycled_a, cycled_b = to_a(fake_b), to_b(fake_a)
    identity_b, identity_a = to_b(b), to_a(a)
    scores_b = discriminator_b(diff_augment(fake_b, objective.augment, draws.generator_b))
    scores_a = discriminator_a(diff_augment(fake_a, objective.augment, draws.generator_a))
    loss = ((scores_b - 1) ** 2).mean() + ((scores_a - 1) ** 2).mean()
    loss = loss + objective.weights["cycle"] * ((cycled_a - a).abs().mean() + (cycled_b - b).abs().mean())
    loss = loss + objective.weights["identity"] * ((identity_a - a).abs().mean() + (identity_b - b).abs().mean())
    if objective.weights["checkerboard"] > 0:
        loss = loss + objective.weights["checkerboard"] * (checkerboard(fake_a) + checkerboard(fake_b))
    gradients = torch.autograd.grad(loss, [*to_a.parameters(), *to_b.parameters()])
    return list(gradients), fake_a.detach(), fake_b.detach()


def checkerboard(pictures: Tensor) -> Tensor:
    """The grid of 4 x 4 pixels, one place after the other."""
    kernel = torch.tensor([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]) / 8
    fine = F.conv2d(pictures.float().flatten(0, 1)[:, None], kernel[None, None])[:, 0]
    h, w = (size // 4 * 4 for size in fine.shape[-2:])
    fine = fine[:, :h, :w]
    places = torch.stack([fine[:, y::4, x::4].mean(dim=(1, 2)) for y in range(4) for x in range(4)])
    deviation = (places.var(dim=0, correction=0) + 1e-8).sqrt()
    by_chance = fine.detach().square().mean(dim=(1, 2)).sqrt() / (h * w / 16) ** 0.5
    loss: Tensor = (deviation - by_chance).clamp_min(0).mean()
    return loss


def discriminator_gradients(
    discriminator: nn.Module, real: Tensor, fake: Tensor, objective: Objective, chance: Tensor, fake_chance: Tensor
) -> list[Tensor]:
    """Two passes through a discriminator, one after the other; least squares."""
    real_scores = discriminator(diff_augment(real, objective.augment, chance))
    fake_scores = discriminator(diff_augment(fake, objective.augment, fake_chance))
    loss = (((real_scores - 1) ** 2).mean() + (fake_scores**2).mean()) / 2
    return list(torch.autograd.grad(loss, list(discriminator.parameters())))
