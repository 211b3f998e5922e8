"""The fixed words of the page of drawn pictures, in Chinese."""

DRAWN = {
    "Pictures that nobody took": "没有人拍过的图片",
    "Called what they were asked to be": "被判为所要求类别的比例",
    "Each drawn picture stands left, the learned picture that it is nearest to right of it; below, its distance as a "
    "multiple of the learned one's distance to its own neighbour. The closest come first; a star marks those that are "
    "closer than 95 % of the learned pictures are to each other.":
        "每对图片左边是生成的，右边是与它最近的学习图片；下面是两者的距离，以该学习图片到其自身近邻的距离为单位。"
        "最近的排在最前；星号表示比 95 % 的学习图片彼此之间还要近。",
}  # fmt: skip
