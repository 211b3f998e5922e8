"""jpeg: save and load a picture with a random JPEG quality (Dodge and Karam 2016, arXiv:1604.04004)."""

import numpy as np

from ._options import chance, pair, picture


def jpeg(
    image: np.ndarray, rng: np.random.Generator, *, quality: tuple[int, int] = (30, 95), p: float = 0.5
) -> np.ndarray:
    """With probability p `image`, uint8 (H, W, 3), through JPEG with colours at half resolution and the usual tables.

    quality: lowest and highest, 1 to 100, of which a whole number is drawn, both included. Raises OptionError for
    others.
    """
    image = picture("jpeg", image)
    pair("jpeg", 1, 100, whole=True, quality=quality)
    if not chance("jpeg", p, rng):
        return image
    import simplejpeg

    drawn = int(rng.integers(quality[0], quality[1] + 1))
    if max(image.shape) > 65_500:  # what the format holds
        return image
    return simplejpeg.decode_jpeg(simplejpeg.encode_jpeg(image, quality=drawn, colorsubsampling="420"))
