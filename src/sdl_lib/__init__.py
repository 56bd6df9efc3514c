"""The companion library of *Security and Fairness of Deep Learning*.

Import what a page needs from the room it lives in::

    from sdl_lib.attacks import fgsm
    from sdl_lib.data import mnist10k
"""

from sdl_lib.runtime import setup

__version__ = "0.1.0"
__all__ = ["__version__", "setup"]
