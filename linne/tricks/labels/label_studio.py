"""label_studio: tasks with annotations as Label Studio imports them, and its labelling configuration.

Format: https://labelstud.io/guide/task_format. A path goes below Label Studio's document root; see `prefix`.
"""

import json
from collections.abc import Mapping, Sequence

from linne.core.images import Images
from linne.core.inside import written
from linne.core.label_studio import LOCAL, configuration, result

from ._each import answered, further, labels_of

ends = ".json"
keeps = ("taxonomy", "split", "group", "nothing known")


def label_studio(
    images: Images, ways: Mapping[str, Sequence[str]], *, prefix: str = LOCAL, control: str = "choice"
) -> dict[str, str]:
    """{"": the tasks, ".config.xml": the labelling configuration}.

    prefix: what stands before each picture's path: the address of Label Studio's local files, of a web server (paths
    are then escaped) or of a bucket. control: the name of the choice in the configuration. A picture of which nothing
    is known is a task without an annotation.
    """
    tasks = []
    for row, name in enumerate(images.names.tolist()):
        done = [{"result": result(labels_of(images, row), ways, control)}] if answered(images, row) else []
        tasks.append({"data": {"image": written(name, prefix), **further(images, row)}, "annotations": done})
    text = json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"
    return {"": text, ".config.xml": configuration(images.classes, ways, images.targets is not None, control)}
