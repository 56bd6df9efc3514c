"""Generative adversarial networks: their games, their training, and what came of it."""

from sdl_lib.gan.frechet import frechet_distance
from sdl_lib.gan.latent import latent_direction, slerp
from sdl_lib.gan.nearest import Nearest, nearest_images

__all__ = ["Nearest", "frechet_distance", "latent_direction", "nearest_images", "slerp"]
