"""What an invented patient looks like to a machine: drawn, never taken."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def chest(side: int = 512, bits: int = 12, seed: int = 1) -> NDArray[np.uint16]:
    """A chest of a kind: a body, two lungs and a heart, with the noise of a detector."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    picture = np.full((side, side), 0.08)
    for cx, cy, wide, high, brightness in (
        (0.0, 0.1, 0.85, 0.95, 0.55), (-0.38, 0.0, 0.28, 0.6, -0.35), (0.38, 0.0, 0.28, 0.6, -0.35),
        (0.1, 0.25, 0.22, 0.28, 0.3), (0.0, 0.0, 0.06, 0.95, 0.25),
    ):  # fmt: skip
        picture += brightness * (((x - cx) / wide) ** 2 + ((y - cy) / high) ** 2 < 1)
    noisy = picture + np.random.default_rng(seed).normal(0, 0.01, picture.shape)
    return np.asarray(np.clip(noisy, 0, 1) * (2**bits - 1), dtype=np.uint16)


def fan(side: int = 256, frames: int = 1, seed: int = 1) -> NDArray[np.uint8]:
    """An ultrasound fan in RGB with a pulsing cyst; frames × side × side × 3."""
    y, x = np.mgrid[0 : 1 : side * 1j, -0.5 : 0.5 : side * 1j]
    depth, inside = np.hypot(x, y), (np.abs(np.arctan2(x, y)) < 0.6) & (np.hypot(x, y) < 0.95)
    speckle = np.random.default_rng(seed).random((frames, side, side))
    sizes = 0.1 + 0.03 * np.sin(np.linspace(0, np.pi, frames))[:, None, None]
    cyst = np.hypot(x, y - 0.5)[None] < sizes
    grey = np.where(inside & ~cyst, speckle * (1 - 0.6 * depth), 0.0)
    return np.repeat((grey * 255).astype(np.uint8)[..., None], 3, axis=-1)
