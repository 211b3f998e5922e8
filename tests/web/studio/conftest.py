"""A studio for a module's tests, over pictures that stay as they are."""

from collections.abc import Iterator

import pytest

from tests.conftest import write_folder
from tests.web.studio.made import Open, opened, tree


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    root = tmp_path_factory.mktemp("studio")
    photos = write_folder(root / "photos", 6)
    with opened(photos, root / "fixes.csv") as one:
        before = tree(photos)
        yield one
        assert tree(photos) == before, "the folder of pictures stays as it was"
