"""probe: the head alone learns, and comes to what scikit-learn's solver finds on the same features."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from toys import Net, clusters, even, learn, make


def test_only_the_head_learns_and_reaches_the_optimum() -> None:
    known, net = clusters(even(300), 0, spread=2.0), Net(10, hidden=6, bn=True)
    start = {name: value.clone() for name, value in net.state_dict().items()}
    method = make("probe", net, known.labels)
    learn(method, {"train": known}, steps=1500, batch=300, rate=0.5)
    moved = {name for name, value in net.state_dict().items() if not torch.equal(value, start[name])}
    assert moved == {"head.weight", "head.bias"}
    with torch.no_grad():
        x = torch.from_numpy(known.values).float()
        features, ours = net.eval().features(x).double().numpy(), net(x).softmax(1).numpy()
    theirs = LogisticRegression(C=1e4, max_iter=5000).fit(features, known.labels).predict_proba(features)
    own = np.arange(len(known.labels)), known.labels
    assert np.log(theirs[own]).mean() - np.log(ours[own]).mean() < 0.03
