"""What tests of tables ask a set of pictures."""

from linne.core.finding import Finding
from linne.core.images import Images


def finding(images: Images, kind: str) -> Finding:
    found = [one for one in images.findings if one.kind == kind]
    assert len(found) == 1, [one.kind for one in images.findings]
    return found[0]


def labels(images: Images) -> list[str]:
    return [[*images.classes, ""][k] for k in images.labels]
