"""What runs and comparisons say of themselves, in Chinese: sentences by pattern, as in words_of_checks."""

RUNS = {
    # which run is better
    "{b} is better than {a} by {points} points of {figure} [{ends}]":
        "{b} 优于 {a}：{figure}高 {points} 个百分点 [{ends}]",
    "{b} is better than {a} by {value} in {figure} [{ends}]": "{b} 优于 {a}：{figure}好 {value} [{ends}]",
    "cannot tell {a} and {b} apart: {gap}; among {n} comparisons that is not enough (Holm, p {p})":
        "分不出 {a} 和 {b} 的高下：{gap}；在 {n} 个比较之中，这还不够（Holm，p {p}）",
    "cannot tell {a} and {b} apart: {gap}; these {n} could have shown {least} ({share} of the time), "
    "enough to see {effect}":
        "分不出 {a} 和 {b} 的高下：{gap}；这 {n}本可看出的差别为 {least}（{share} 的机会），足以看出 {effect}",
    "cannot tell {a} and {b} apart: {gap}; these {n} could have shown {least} ({share} of the time); "
    "seeing {effect} would take about {more} more {kind}":
        "分不出 {a} 和 {b} 的高下：{gap}；这 {n}本可看出的差别为 {least}（{share} 的机会）；"
        "要看出 {effect}，还需约 {more} 张{kind}",
    "cannot tell {a} and {b} apart: {gap}; these {n} could have shown {least} ({share} of the time); "
    "seeing {effect} would take very roughly (few pictures differ) {more} more {kind}":
        "分不出 {a} 和 {b} 的高下：{gap}；这 {n}本可看出的差别为 {least}（{share} 的机会）；"
        "要看出 {effect}，还需大致 {more} 张{kind}（两者不同的图片很少，只是粗略估计）",
    "cannot tell {a} and {b} apart: {gap}": "分不出 {a} 和 {b} 的高下：{gap}",
    "{n} comparisons, corrected for their number (Holm)": "{n} 个比较，已按其数目校正（Holm）",
    "these test pictures were read {n} times by now; choosing a run by them uses them up: the chosen one's figure is "
    "then too good, and an honest one takes new pictures. To choose without them: --split train":
        "这些测试图片至今已被读取 {n} 次；用它们挑选会把它们用尽：被选中者的数字会偏高，要得到诚实的数字需要新的图片。"
        "不用它们来挑选：--split train",
    "these pictures also fitted settings inside the runs, so figures are a little too good; the test pictures were not "
    "read": "这些图片也用于拟合各次训练的设置，因此数字略微偏高；没有读取测试图片",
    "each picture was judged by a model that had not learned it, and most of them chose settings inside the runs, so "
    "figures are a little too good; the test pictures were not read":
        "每张图片都由没有学过它的模型评判，但其中大多数也用于选择各次训练的设置，因此数字略微偏高；没有读取测试图片",
    "{n} are left out: a run learned from their twin or group": "{n}未计入：有一次训练学过它们的副本或同组图片",
    "{n} are left out: the runs have them in different classes": "{n}未计入：各次训练对其标注不同",
    "noted with {runs}: linne report {first} puts it into the report":
        "已记入 {runs}：linne report {first} 会把它放进报告",
    # what more pictures would bring
    "twice as many pictures ({n} more): {ends} points of {figure}": "图片翻倍（再多 {n} 张）：{figure} {ends} 个百分点",
    "{n} more `{name}` pictures: {ends} points of {figure}": "再多 {n} 张 `{name}` 图片：{figure} {ends} 个百分点",
    "{n} more pictures: {ends} points of {figure}": "再多 {n} 张图片：{figure} {ends} 个百分点",
    # gains
    "better by {points} points [{ends}]": "高 {points} 个百分点 [{ends}]",
    "worse by {points} points [{ends}]": "低 {points} 个百分点 [{ends}]",
    "not told apart: {points} points [{ends}]": "分不出高下：{points} 个百分点 [{ends}]",
    "better by {value} [{ends}]": "好 {value} [{ends}]",
    "worse by {value} [{ends}]": "差 {value} [{ends}]",
    "not told apart: {value} [{ends}]": "分不出高下：{value} [{ends}]",
    "{a} is ahead by {points} points of {figure} [{ends}]": "{a} 的{figure}领先 {points} 个百分点 [{ends}]",
    "{a} is ahead by {value} in {figure} [{ends}]": "{a} 的{figure}领先 {value} [{ends}]",
    "no difference, {points} points of {figure} [{ends}]": "{figure}没有差别，{points} 个百分点 [{ends}]",
    "no difference, {value} in {figure} [{ends}]": "{figure}没有差别，{value} [{ends}]",
    # what a run notes
    "{n} classifiers, each without one fold ({rungs}); answers are the mean of theirs.":
        "{n} 个分类器，各缺一折（{rungs}）；回答是它们的平均。",
    "{n} classifiers, each without one fold ({rungs}); this model learned from all pictures.":
        "{n} 个分类器，各缺一折（{rungs}）；本模型学习了全部图片。",
    "{a} folds instead of {b}: there are only so many groups of pictures.": "{a} 折而不是 {b} 折：图片只有这么多组。",
    "{n} are a single group of pictures and cannot be judged: {names}.": "{n}各只有一组图片，无法评判：{names}。",
    "{way} was taken unseen: each class is a single group of pictures, so that none can be left out to compare by; "
    "with one label a class it was the best one that was measured.":
        "直接采用 {way}：每个类别只有一组图片，无法留出来比较；每类一个标签时，它是实测最好的。",
    "{way} was chosen among {n} ways by what each said of {able} learning pictures, one of {parts} of each class left "
    "out at a time; {usual} stays unless another one gains more than a standard error: {told}. These "
    "figures chose; they are no promise.":
        "在 {n} 种方法中选择了 {way}，依据是各方法对 {able} 张学习图片的判断（每次从每类的 {parts} 份中留出一份）；"
        "除非另一种的增益超过一个标准误，否则保留 {usual}：{told}。这些数字用于选择，不是承诺。",
    "The overlay {path}: {n} changed ({tests}), {kept} confirmed, {left} left out.":
        "决定文件 {path}：改动 {n}（其中 {tests}），确认 {kept} 个，排除 {left}。",
    "The overlay {path}: {n} changed ({tests}), {kept} confirmed, {left} left out; {rows} without a decision.":
        "决定文件 {path}：改动 {n}（其中 {tests}），确认 {kept} 个，排除 {left}；{rows}尚未决定。",
    "The pool: none of {n} resembles a labelled one, so the classifier is the one without it.":
        "图片池：{n}中没有一张与已标注的相像，因此分类器与不用图片池时相同。",
    "The pool: pseudo-labels for {a} of {n}. Beside the same classifier without it, out of fold: {gap}. Does it help: "
    "{verdict}; {end}.":
        "图片池：{n}中 {a} 张得到伪标签。与不用图片池的同一分类器相比（折外）：{gap}。有用吗：{verdict}；{end}。",
    "Learned by {way} from {n} of a pool and positives: {told} (estimated without a negative).":
        "用 {way} 从图片池的 {n}和正例学习：{told}（在没有负例的情况下估计）。",
    "Learned by {way} from {n} of a pool and positives: {told} (as given).":
        "用 {way} 从图片池的 {n}和正例学习：{told}（按给定值）。",
    "No negative is known: figures are proxies, as right as the prior is.":
        "没有已知的负例：数字是代理指标，先验越准它们越准。",
    "{a} beside {b} on {n} learning pictures that neither had learned: {gap}; {c} is kept.":
        "{a} 与 {b} 相比，在双方都没有学过的 {n} 张学习图片上：{gap}；保留 {c}。",
    "explain {way} needs a linear head, and this run's is another learner. Take occlusion or neighbours.":
        "热力图 {way} 需要线性分类头，而本次训练的是另一种学习器。请用 occlusion 或 neighbours。",
    "{which} fifth (at least {value} {unit})": "{which}的五分之一（至少 {value}，{unit}）",
    "{which} fifth (at most {value} {unit})": "{which}的五分之一（至多 {value}，{unit}）",
    "twice as tall as wide": "高为宽的两倍以上",
    "tall": "竖长",
    "square": "近正方形",
    "wide": "横宽",
    "twice as wide as tall": "宽为高的两倍以上",
    "none recorded": "没有记录",
    # who judged, and who calibrated
    "positives and pictures of the pool that neither learned nor chose; no negative is known, so figures are proxies":
        "既未参与学习也未参与选择的正例和图片池图片；没有已知的负例，因此数字是代理指标",
    "positives and pictures of the pool that each was judged out of fold by heads that had not learned them: too few "
    "positives for a test set": "正例和图片池图片，均为折外评判：正例太少，无法单独留出测试集",
    "{n} learning pictures, each left out in turn": "{n} 张学习图片，逐张留出",
    "the prior, and {n} positives and pictures of the pool that it had not learned":
        "先验，以及 {n} 张它没有学过的正例和图片池图片",
    # why something is not said
    "{n} validation pictures are too few to calibrate on; {least} are needed":
        "{n} 张验证图片不足以校准；至少需要 {least} 张",
    "no picture was judged by a classifier that had not learned it: each class is one group":
        "没有图片由未学过它的分类器评判：每个类别只有一组",
    "a run from positives and a pool knows no labelled picture of anything else, so that nothing can be promised of "
    "its answers": "由正例和图片池得到的训练没有其他类别的标注图片，因此无法对其回答作出保证",
    "{n} own pictures are too few to tell strangers by; {least} are needed":
        "{n} 张自有图片不足以识别陌生图片；至少需要 {least} 张",
    "no label": "没有标签",
    "no mistakes": "没有错误",
    "only {n} mistakes": "只有 {n} 个错误",
    "only 1 mistake": "只有 1 个错误",
    "only {n}": "只有 {n}",
    "kept out of the folds: given as test pictures": "不参与各折：作为测试图片给出",
    "{n} own pictures are too few to choose a score by: the usual one is taken":
        "{n} 张自有图片不足以选择分数：采用通常的分数",
    "{n} own pictures are too few to choose a score by: the usual ones fail on them, the best is taken":
        "{n} 张自有图片不足以选择分数：通常的分数在它们上失效，采用其中最好的",
    "the network learned from every picture but those of other folds, so that logits alone could be compared":
        "除其他折的图片外，网络学过全部图片，因此只能比较 logits 的分数",
    "the network had learned the classes that were left out of its head, so that strangers like them are harder":
        "网络学过从分类头中留出的类别，因此与它们相似的陌生图片更难识别",
    "{n} are too few to leave some out: made strangers alone chose, and are easier":
        "{n}太少，无法留出一部分：只由制造的陌生图片选择，而它们更容易识别",
    "few pictures differ": "两者不同的图片很少",
    "a few pictures or groups decide it": "由少数几张图片或几组决定",
}  # fmt: skip
"""English with {places} to Chinese; of two that fit, the one that stands first. A {gap} is a gain's own words."""
