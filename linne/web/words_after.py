"""The fixed words of what comes after a training, in Chinese: classes added, why it said so, watching new pictures."""

from .words_of_trees import TREES
from .words_watched import WATCHED

ADDED = {
    "Classes added to {name}": "添加到 {name} 的类别",
    "The same pictures before and after; an old picture that is now called a new class counts as lost. Verdicts on "
    "classes are corrected for their number (Holm).":
        "同一批图片在添加前后的结果；旧图片若现在被判为新类别，按丢失计。逐类结论已按类别数目校正（Holm）。",
    "before": "之前",
    "after": "之后",
    "New classes": "新类别",
    "learned": "学习",
    "judged": "评判",
    "Added": "添加",
    "{n} old pictures are now called a new class; {right} of them were right before.":
        "{n} 张旧图片现在被判为新类别；其中 {right} 张之前是对的。",
    "Old pictures that were right and are not any more: {n} ({won} the other way round): {names}":
        "{n} 张旧图片之前对而现在错，{won} 张相反：{names}",
    "{n} new pictures show what old ones of other classes show, and are left out: see the findings.":
        "{n} 张新图片与其他类别的旧图片内容相同，已排除：见数据问题。",
    "{n} new pictures were in the run already.": "{n} 张新图片原本就在该训练中。",
    "The network learned with {run} and stays; the head alone is new, and is as sure of old classes as it was.":
        "网络由 {run} 训练得到，保持不变；只有分类头是新的，对旧类别的把握与之前相同。",
    "The old judging pictures were read {n} times by now, both classifiers together.":
        "旧的评判图片至今已被读取 {n} 次（两个分类器合计）。",
    "shows what a picture of another class shows": "与另一类别的图片内容相同",
    "the run has it already": "该训练已有此图片",
    "new pictures like old ones of other classes": "新图片与其他类别的旧图片相似",
}  # fmt: skip

EXPLAINED = {
    "Why it said so": "为什么这样判断",
    "The brighter, the more a place speaks for the class below it ({how}); one scale for both. Grey: the picture as "
    "the network saw it.": "越亮的地方越支持图下的类别（{how}）；两图同一尺度。灰色为网络所见的图片。",
    "Then the learning pictures nearest to it in the network's features, each with its class and its likeness.":
        "其后是在网络特征中与它最近的学习图片，附各自的类别和相似度。",
    "The brighter, the more a place speaks for the label below it ({how}). Grey: the picture as the network saw it.":
        "越亮的地方越支持图下的标签（{how}）。灰色为网络所见的图片。",
    "Then the learning pictures nearest to it in the network's features, each with its labels and its likeness.":
        "其后是在网络特征中与它最近的学习图片，附各自的标签和相似度。",
    "The answers are the mean of several classifiers, which no one map explains.":
        "回答是多个分类器的平均，没有哪一张图能解释它。",
    "The maps are of the classifier that is kept; the one that judged a picture had not learned it.":
        "热力图属于保留下来的分类器；评判图片的分类器没有学过该图片。",
    "for": "支持",
    "explanations": "解释",
    "Why {n} answers were given ({way})": "为什么给出这 {n} 个答案（{way}）",
    "The brighter, the more a place speaks for the class below it; a place that speaks against it is not lit.":
        "越亮的地方越支持图下的类别；不支持它的地方不发亮。",
    "The brighter, the more a place stands out to the network, whatever the class.":
        "越亮的地方在网络看来越突出，与类别无关。",
    "The learning pictures that are nearest in the network's features, each with its class and its likeness.":
        "在网络特征中最近的学习图片，附各自的类别和相似度。",
    "The network's last maps that add most to the class, each with its channel.":
        "网络最后的特征图中对该类别贡献最大者，附通道号。",
    "The first picture of each row is what the network saw: what was cut off could not count.":
        "每行第一张是网络所见的图片：被裁掉的部分不起作用。",
    "The least sure pictures first.": "最没有把握的图片在前。",
}  # fmt: skip

COURSE = {
    "Training": "训练",
    "How it came about": "由来",
    "What was tried, each against the one before": "尝试过的阶段，每一阶段与前一阶段相比",
    "A rung is kept where its gain on pictures that neither had learned is above 0 and the lower end of its interval "
    "above -1 point; it is called better only where the whole interval is above 0.":
        "在双方都没有学过的图片上，若提升大于 0 且区间下端高于 -1 个百分点，则保留该阶段；"
        "只有整个区间都大于 0 才称为更好。",
    "rung": "阶段",
    "not told apart": "分辨不出",
    "not kept": "未采用",
    "kept, for it was asked for": "按要求采用",
    "{n} groups of several pictures stay on one side of every split": "{n} 个多图分组，每组始终在划分的同一侧",
    "who learns and who judges": "学习与评判的划分",
    "fingerprint of the contents": "内容指纹",
    "Two runs with the same fingerprint saw the same pictures. Name, hash, label, part, group and fate of each: "
    "images.parquet.":
        "指纹相同的两次训练看到的是相同的图片。每张图片的名称、哈希、标注、部分、分组与去向：images.parquet。",
}  # fmt: skip

AFTER = {**COURSE, **ADDED, **EXPLAINED, **WATCHED, **TREES}
