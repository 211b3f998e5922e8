"""The fixed words about taxonomies, in English and Chinese."""

TREES = {
    "Taxonomy": "分类树",
    "The taxonomy": "分类树",
    "{classes} classes in {branches} branches, up to {deepest} steps deep. A guess and the truth are compared by all "
    "the branches that hold them.":
        "{classes} 个类别，{branches} 个分支，最深 {deepest} 级。按包含它们的所有分支比较判断与真实类别。",
    "Accuracy by depth": "各层准确率",
    "Guess and truth cut off after so many steps from the top.": "判断与真实类别都只取自顶端起的前若干级。",
    "depth": "层",
    "kinds": "种类数",
    "By how much mistakes miss": "错误差多远",
    "hierarchical F1": "层级 F1",
    "hierarchical precision": "层级精确率",
    "hierarchical recall": "层级召回率",
    "steps missed": "平均偏离步数",
    "steps a mistake": "每个错误的步数",
    "information": "信息量",
    "Steps are counted in the tree from the guess to the truth, there and back. Information: 1 for the right class, 0 "
    "for everything or for a wrong answer, between them for a right branch.":
        "步数为在树中从判断走到真实类别的步数（上行加下行）。信息量：正确的类别为 1，“全部”或错误回答为 0，"
        "正确的分支介于两者之间。",
    "A branch where no class is sure": "类别没有把握时回答分支",
    "Each picture is called the smallest branch that is at least so likely.":
        "每张图片回答为至少有这么大概率的最小分支。",
    "right, of those named": "已回答中正确",
    "down to the class": "回答到类别",
    "likely from": "概率至少",
    "named": "已回答",
    "Branch by branch": "逐个分支",
    "A mistake parts in the smallest branch that holds both the guess and the truth.":
        "一个错误在同时包含判断与真实类别的最小分支处分开。",
    "branch": "分支",
    "mistakes that part here": "在此分开的错误",
    "everything": "全部",
    "share": "比例",
}  # fmt: skip
