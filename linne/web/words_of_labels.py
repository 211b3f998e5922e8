"""The fixed words of pages about labels, decided by people or to be given next, in English and Chinese."""

LABELS = {
    "Labels decided by people": "由人决定的标签",
    "A copy of it is in the run's folder; its hash is {hash}.": "训练文件夹中有它的副本；其哈希值为 {hash}。",
    "to label next": "下一批待标注",
    "Pictures to label next": "下一批待标注的图片",
    "The most wanted first, each with its guessed class.": "最需要标注的在前，每张附上猜测的类别。",
    "resembles no labelled picture": "与任何已标注图片都不相似",
    "What is not suggested": "未建议的图片",
    "Beside random choice": "与随机选择相比",
    "Replayed on labelled pictures: labels hidden, asked for, and learned from; the others judge.":
        "在已标注图片上重演：隐藏标签、索取标签、再学习；由其余图片评判。",
    "accuracy with it": "用它的准确率",
    "accuracy at random": "随机的准确率",
    "guess": "猜测",
    "score": "得分",
    "confidence": "置信度",
}  # fmt: skip
