"""arrays: npz, npy pairs, and MNIST's idx files, found by their names; nothing is ever unpickled."""

from pathlib import Path

from linne.core.images import Images

from ._arrays import assemble, classes_in, parts_of
from ._classes import class_names
from ._packed import packed

suffixes = (".npz", ".npy", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz", ".idx1", ".idx3")
holds = ("*-images-idx3-ubyte", "*-images-idx3-ubyte.gz", "x_train.npy", "train_images.npy", "images.npy", "x.npy")


def arrays(path: "str | Path", *, image: str = "", label: str = "", classes: str = "") -> Images:
    """Pictures (n, H, W[, C]) or (n, C, H, W) and labels (n,) or one-hot, each split by its name.

    path: an .npz (x, images, arr_0, x_train, train_images, ...), an .npy or idx file of pictures with its labels beside
    it, or a folder of them. image, label: the arrays' (or files') names where they are not the usual ones. classes: a
    file with a class name a line. Raises InputError for what is no such file, is damaged or holds Python objects.
    """
    path = Path(path).expanduser()
    home = path if path.is_dir() else path.parent
    found, image = packed(path, image)
    return assemble(parts_of(found, image, label), class_names(classes, home) or classes_in(found), path.name, home)
