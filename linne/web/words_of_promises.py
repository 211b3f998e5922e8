"""The fixed words about guarantees and strangers, in English and Chinese."""

PROMISES = {
    "Guarantees": "保证",
    "What its answers promise": "它的回答能保证什么",
    "Nothing can be promised": "无法作出保证",
    "Accuracy by how many are answered": "准确率随回答比例的变化",
    "The surest pictures first; the band is the interval at each share.": "最有把握的图片在前；带为各比例处的区间。",
    "Calibrated on {n} groups of learning pictures, each judged by a classifier that had not learned it. Nothing "
    "is proven: that classifier learned from fewer pictures than this one. Usually what is said holds, or more; "
    "validation pictures prove it.":
        "在 {n} 组学习图片上校准，每张都由没有学过它的分类器评判。这不是证明：那个分类器学的图片比当前这个少。"
        "通常所说的成立，甚至更好；有验证图片才能证明。",
    "Calibrated on {n} groups of validation pictures, which also chose between a few classifiers: proven but for that "
    "choice.": "在 {n} 组验证图片上校准，它们也用于在少数几个分类器之间选择：除这次选择外均已证明。",
    "Calibrated on {n} groups of validation pictures, which neither taught nor chose anything: proven, whatever the "
    "classifier.": "在 {n} 组验证图片上校准，它们既未参与学习也未参与选择：无论分类器如何，均已证明。",
    "It holds for new pictures that come as these did: the same source, the same mix of classes. Another camera, "
    "season or customer is not covered.":
        "仅对来源相同、类别比例相同的新图片成立（可交换性）；换了相机、季节或客户则不在保证之内。",
    "Sets that hold the right class": "包含正确类别的集合",
    "asked for": "要求",
    "may come to": "可能达到",
    "came to, on {n} test pictures": "在 {n} 张测试图片上达到",
    "mean size": "平均大小",
    "Answers with few errors": "少错的回答",
    "errors at most": "错误至多",
    "from a probability of": "起始概率",
    "answered": "已回答",
    "wrong among these": "其中错误",
    "too few pictures to prove it": "图片太少，无法证明",
    "None of these": "都不是",
    "Strangers cannot be told": "无法识别陌生图片",
    "How strange a picture is, is said by the score {score} (linne list unknown). It was chosen by half of the "
    "strangers; the figures are of the other half.":
        "图片的陌生程度由分数 {score} 给出（见 linne list unknown）。它由一半陌生图片选出；下列数字来自另一半。",
    ".": "。",
    "An AUROC of 0.9: nine times in ten a stranger looks stranger than an own picture. Passing: strangers taken for "
    "own at a threshold that keeps {kept} of own pictures.":
        "AUROC 为 0.9：十次中有九次，陌生图片比自有图片看起来更陌生。"
        "放行：在保留 {kept} 自有图片的阈值下，被当作自有的陌生图片。",
    "strangers": "陌生图片",
    "passing": "放行",
    "classes left out": "留出的类别",
    "made strangers": "制造的陌生图片",
    "noise": "噪声",
    "texture": "纹理",
    "plain": "纯色",
    "strokes": "线条",
    "scrambled": "相位打乱",
    "shuffled": "分块打乱",
    "magnified": "局部放大",
    "Thresholds come from {n} own pictures that the score never saw:": "阈值来自 {n} 张该分数从未见过的自有图片：",
    "learning pictures, each judged out of fold": "学习图片，每张均为折外评判",
    "validation pictures": "验证图片",
    "Of the test pictures {value} are kept.": "测试图片中保留了 {value}。",
    "All scores": "所有分数",
    "score": "得分",
    "several classes": "似含多个类别",
}  # fmt: skip
