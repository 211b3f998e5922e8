"""extra_trees is scikit-learn's."""

from typing import ClassVar

from sklearn.ensemble import ExtraTreesClassifier

from tests.tricks.classic._trees import Trees


class TestExtraTrees(Trees):
    name: ClassVar = "extra_trees"
    theirs: ClassVar = ExtraTreesClassifier
