"""The fixed words of pages about labels, decided by people or to be given next, in English and Chinese."""

LABELS = {
    "Labels decided by people": "由人决定的标签",
    "A copy of it is in the run's folder; its hash is {hash}.": "训练文件夹中有它的副本；其哈希值为 {hash}。",
    "to label next": "下一批待标注",
    "Pictures to label next": "下一批待标注的图片",
    "The most wanted first, each with its guessed class.": "最需要标注的在前，每张附上猜测的类别。",
    "What is not suggested": "未建议的图片",
    "Beside random choice": "与随机选择相比",
    "Replayed on labelled pictures: labels hidden, asked for, and learned from; the others judge.":
        "在已标注图片上重演：隐藏标签、索取标签、再学习；由其余图片评判。",
    "accuracy with it": "用它的准确率",
    "accuracy at random": "随机的准确率",
    "guess": "猜测",
    "score": "得分",
    "confidence": "置信度",
    "Labels": "标签",
    "Labels together": "一起出现的标签",
    "label": "标签",
    "labels": "标签",
    "has it": "有它的图片",
    "known": "已知",
    "threshold": "阈值",
    "value": "值",
    "severity": "严重程度",
    "why": "原因",
    "fix": "办法",
    "{n} labels": "{n} 个标签",
    "Pictures of each label": "各标签的图片",
    "a slope and a shift for each label, fitted on {on}": "每个标签各有斜率和偏移，拟合于 {on}",
    "Scores drawn at random (the dashed line) would reach {value}.": "随机分数（虚线）可达 {value}。",
    "{share} of the answers are not known: they neither judge nor count.":
        "{share} 的答案未知：它们不参与评判，也不计入。",
    "{n} judged pictures could not be read; their labels count as missed.":
        "{n} 张被评判的图片无法读取；其标签计为漏报。",
    "Label by label": "逐个标签",
    "Lowest average precision first. A label is said from its threshold on, which pictures that do not judge chose for "
    "the best F1.": "平均精度最低者在前。达到阈值才会说出标签；阈值由不参与评判的图片按最佳 F1 选出。",
    "never said": "从不说出",
    "Labels that are together": "同时出现的标签",
    "Labels that are said together": "同时说出的标签",
    "Pictures that have both; down the diagonal, those that have the label.":
        "两者都有的图片数；对角线为具有该标签的图片数。",
    "Pictures of which both are said.": "两者都被说出的图片数。",
    "The {n} labels that are together most often.": "最常同时出现的 {n} 个标签。",
    "One answer of each picture: a label that it has and that was missed, or one that was said and is not there, with "
    "its probability. Wrong labels show up here too.":
        "每张图片一个答案：具有却漏报的标签，或误报的标签，并附概率。错误的标签也会出现在这里。",
    "All labels together. Where dots lie on the diagonal, a label that is said to be there with 80 % is there in 80 of "
    "100. Lines are intervals; the bars below count answers.":
        "所有标签合在一起。点落在对角线上，表示以 80 % 概率判为有的标签，100 次中有 80 次确实有。"
        "竖线是区间；下方柱形为答案数。",
    "it is there": "确实有",
    "it is not": "确实没有",
    "share that has it": "确实有的比例",
    "probability": "概率",
    "exact match": "完全一致率",
    "ranking loss": "排序损失",
    "coverage error": "覆盖误差",
    "no known label": "没有已知标签",
    "labels not known": "标签未知",
    "labels left out": "被排除的标签",
    "missed": "漏报",
    "not there": "误报",
    "Every answer was right.": "所有答案都正确。",
}  # fmt: skip
