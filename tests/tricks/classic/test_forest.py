"""forest is scikit-learn's random forest."""

from typing import ClassVar

from sklearn.ensemble import RandomForestClassifier

from tests.tricks.classic._trees import Trees


class TestForest(Trees):
    name: ClassVar = "forest"
    theirs: ClassVar = RandomForestClassifier
