"""The page's fixed words in English and Chinese. What a check or a run says in sentences of its own stays English."""

from html import escape
from typing import Any

from . import words_of_checks
from .words_after import AFTER
from .words_drawn import DRAWN
from .words_of_figures import FIGURES
from .words_of_labels import LABELS
from .words_of_promises import PROMISES
from .words_of_searches import SEARCH, TABLES

ZH = {
    # frame
    "report": "报告",
    "Classes": "类别",
    "Calibration": "校准",
    "table": "表格",
    "Mistakes": "错误",
    "Findings": "数据问题",
    "Data": "数据",
    "Model": "模型",
    "{n} pictures": "{n} 张图片",
    "{n} classes": "{n} 个类别",
    "{n} more": "另有 {n} 个",
    # headline
    "{level} % interval, from {n} {how}": "{level} % 区间；{n} 张{how}",
    "test pictures that neither learned nor chose": "既未参与学习也未参与选择的测试图片",
    "pictures, each judged by heads that it did not teach (repeated grouped cross-validation: "
    "too few for a test set of their own)":
        "图片，每张都由未用它训练的模型评判（重复分组交叉验证：图片太少，无法单独留出测试集）",
    "pictures, each judged by a classifier that had not learned it (out of fold)":
        "图片，每张都由没有学过它的分类器评判（折外）",
    "The test pictures were read once.": "测试图片只读取过一次。",
    "The test pictures were read {n} times: each further look makes the figures a little less honest.":
        "测试图片已被读取 {n} 次：每多看一次，数字就少一分可信。",
    "There is no test set.": "没有单独的测试集。",
    "This many pictures can only resolve ±{points} points of accuracy: a smaller difference is noise.":
        "这么多图片只能分辨 ±{points} 个百分点的准确率：更小的差别是噪声。",
    "Always saying {name} (the dashed line) would reach {value}.": "总是回答 {name}（虚线）可达 {value}。",
    "Leak": "泄漏",
    "{n} of {all} test pictures have a verified twin among the learning ones and are left out. With them "
    "the figure would read {whole}; the leak is worth {points} points [{low}, {high}].":
        "{all} 张测试图片中有 {n} 张在学习图片里有经核实的近似副本，已排除。"
        "若计入，数字会是 {whole}；泄漏约值 {points} 个百分点 [{low}, {high}]。",
    "Unsure": "不确定",
    "Note": "说明",
    "A part of this page could not be made and is left out: {part}.": "本页的这一部分未能生成，已略去：{part}。",
    "The interval may be wrong: {why}.": "区间可能不准：{why}。",
    "{n} judged pictures could not be read and count as wrong.": "{n} 张待评图片无法读取，按错误计。",
    # glance
    "Which tricks help": "哪些技巧有用",
    "The plain recipe, out of fold": "基础配方（折外）",
    "{n} learning pictures; no test picture was read. {network} after {cut}, {epochs} epochs, {rounds} rounds.":
        "{n} 张学习图片；没有读取任何测试图片。{network}，{cut} 之后，{epochs} 轮训练，{rounds} 个回合。",
    "Earned their place": "值得采用",
    "Nothing earned its place: the plain recipe stays.": "没有技巧值得采用：保留基础配方。",
    "Added to the plain recipe": "加到基础配方上",
    "Left out of the full one": "从完整配方中去掉",
    "trick": "技巧",
    "gain in points [95 % interval]": "增益（百分点）[95 % 区间]",
    "gain [95 % interval]": "增益 [95 % 区间]",
    "verdict": "结论",
    "time": "时间",
    "memory": "内存",
    "helps": "有用",
    "hurts": "有害",
    "cannot tell": "分辨不出",
    "(would have seen {gain})": "（{gain} 以上才能看出）",
    "Intervals are each trick's own; verdicts are corrected for their number (Holm) and for looks before the end. "
    "A trick that is not told apart may still help by less than what would have been seen.":
        "区间属于各技巧自身；结论已按技巧数目（Holm）和中途查看作了校正。分辨不出的技巧仍可能有用，只是小于可看出的幅度。",
    "Left out": "未纳入",
    "Fold by fold": "逐折结果",
    "Each classifier is judged by the fold that it did not learn; all folds together: {value}.":
        "每个分类器只由它没有学过的那一折评判；各折合计：{value}。",
    "fold": "折",
    "Pseudo-labels of the pool": "未标注图片池的伪标签",
    "Each class takes pictures from its own lowest confidence on, at which it was right at least {level} % of the time "
    "out of fold.": "每个类别从自己的最低置信度起接收图片：折外评判时，从该处起至少 {level} % 正确。",
    "Labels reach pictures through those that resemble them, and weigh by how surely they do.":
        "标签经由相像的图片传播，其权重取决于把握的大小。",
    "lowest confidence": "最低置信度",
    "pseudo-labels": "伪标签",
    "its class takes no pseudo-labels": "其类别不接收伪标签",
    "not sure enough": "不够确定",
    "its class has enough": "其类别已足够",
    "twin of a labelled picture": "与已标注图片重复",
    "twin of another of the pool": "与池中另一张重复",
    "cannot be read": "无法读取",
    "kept": "采用",
    "Weakest class": "最弱类别",
    "recall {value} on {n}": "召回率 {value}，共 {n} 张",
    "Most confused": "最易混淆",
    "{n} of {all} pictures": "{all} 张图片中的 {n} 张",
    "What checks found": "检查结果",
    "{n} high": "{n} 个严重",
    "{n} medium": "{n} 个中等",
    "{n} low": "{n} 个轻微",
    "nothing": "没有问题",
    "Calibration error": "校准误差",
    "mean gap of confidence and accuracy": "置信度与准确率的平均差距",
    # figures
    "All figures": "全部指标",
    "figure": "指标",
    "value [{level} % interval]": "数值 [{level} % 区间]",
    "accuracy": "准确率",
    "balanced accuracy": "平衡准确率",
    "macro F1": "宏平均 F1",
    "micro F1": "微平均 F1",
    "log loss": "对数损失",
    "Brier score": "Brier 分数",
    "AUC": "AUC",
    "calibration error (ECE)": "校准误差 (ECE)",
    "kappa": "Kappa",
    "Matthews correlation": "马修斯相关系数",
    "average precision": "平均精度",
    "top {k}": "前 {k} 准确率",
    "lower is better": "越低越好",
    "Dots are the figures, lines their intervals.": "点为数值，线为区间。",
    "Dots are the figures, lines their intervals; the dashed line is always saying {name}.":
        "点为数值，线为区间；虚线为总是回答 {name} 的结果。",
    # classes
    "Class by class": "逐类结果",
    "class": "类别",
    "pictures": "图片",
    "precision": "精确率",
    "recall": "召回率",
    "Weakest first. A recall of 90 % finds 90 of 100 pictures of the class; with a precision of 90 %, 90 of 100 "
    "pictures called so are.":
        "最弱者在前。召回率 90 %：该类 100 张图片找出 90 张；精确率 90 %：判为该类的 100 张中有 90 张确实是。",
    "The weakest {n} of {all} classes; the others are in figures.json.":
        "最弱的 {n} 个类别（共 {all} 个）；其余见 figures.json。",
    "Who is taken for whom": "混淆矩阵",
    "A row is what a picture is, a column what it was called.": "行为真实类别，列为判定类别。",
    "The {n} classes with the most mistakes, of {all}; the whole matrix is in figures.json.":
        "错误最多的 {n} 个类别（共 {all} 个）；完整矩阵见 figures.json。",
    "is \\ called": "真实 \\ 判定",
    # trust
    "Can its probabilities be believed?": "概率可信吗？",
    "Where dots lie on the diagonal, 80 % sure means right in 80 of 100. Lines are intervals; the bars "
    "below count pictures.": "点在对角线上表示“80 % 把握”即 100 次中对 80 次。线为区间；下方柱形为图片数。",
    "confidence": "置信度",
    "right": "正确",
    "wrong": "错误",
    "How firmly the head was held": "分类头的正则强度",
    "Figures of the learning pictures that chose, each predicted by a head that never saw it. The strength "
    "{strength} was chosen.": "参与选择的学习图片的指标，每张由未见过它的模型预测。所选强度为 {strength}。",
    "Ways that were tried": "试过的方法",
    "The proxy of {metric} out of fold, by which {way} was chosen; no label of the pool was read.":
        "折外的代理指标（{metric}），据此选择了 {way}；没有读取图片池的任何标签。",
    "penalty": "惩罚强度",
    "proxy": "代理指标",
    "penalty, from strong to weak": "惩罚强度，由强到弱",
    "Which rate was found": "学习率范围测试",
    "One step of a throwaway copy at each rate; a dot is a step's loss, the line their running mean. It falls "
    "most steeply at {rate}, which was taken.":
        "在一次性副本上每个学习率各走一步；点为单步损失，线为滑动平均。在 {rate} 处下降最快，采用此值。",
    "loss": "损失",
    "epochs": "周期",
    "How it learned": "训练过程",
    "rate": "学习率",
    # mistakes
    "Surest mistakes": "最自信的错误",
    "What it is said to be, and what it was taken for with which probability. Wrong labels show up here too.":
        "标注为何、被判为何及其概率。错误标注也会出现在这里。",
    "No picture was taken for another class.": "没有图片被判错。",
    "Most confused pairs": "最易混淆的类别对",
    "{n} of {of} pictures: {first} of {a} called {b}, {second} of {b} called {a}.":
        "{of} 张中 {n} 张：{first} 张 {a} 判为 {b}，{second} 张 {b} 判为 {a}。",
    "Weak slices": "薄弱子集",
    "Of {n} slices by likeness and by what files tell, these are worse than the rest by more than chance (Holm).":
        "按相似度和文件信息划分的 {n} 个子集中，以下子集显著差于其余（Holm 校正）。",
    "{n} slices by likeness and by what files tell were tested; none is worse than the rest by more than chance.":
        "检验了按相似度和文件信息划分的 {n} 个子集；没有一个显著差于其余。",
    "accuracy {value} on {n} pictures, {rest} on the rest": "{n} 张图片上准确率 {value}，其余为 {rest}",
    "cluster": "相似图片",
    "size": "尺寸",
    "brightness": "亮度",
    "contrast": "对比度",
    "sharpness": "清晰度",
    "aspect": "长宽比",
    "format": "格式",
    "mode": "颜色模式",
    "camera": "相机",
    # findings
    "What the checks found": "检查发现的问题",
    "Nothing was found.": "未发现问题。",
    "No checks were asked for.": "未要求检查。",
    "high": "严重",
    "medium": "中等",
    "low": "轻微",
    "unreadable": "无法读取",
    "unreadable folders": "无法读取的文件夹",
    "broken links": "失效链接",
    "truncated": "残缺图片",
    "exact duplicates": "完全重复",
    "near duplicates": "近似重复",
    "duplicates": "重复图片",
    "duplicate rows": "重复行",
    "leak": "泄漏",
    "leakage": "泄漏",
    "duplicates with different labels": "标注不同的重复图片",
    "leak between splits": "划分间泄漏",
    "leak in the procedure": "流程泄漏",
    "possible groups": "可能的分组",
    "wrong label": "可疑标注",
    "conflicting labels": "标注冲突",
    "outlier": "离群图片",
    "metadata shortcut": "元数据捷径",
    "time shortcut": "拍摄时间捷径",
    "border shortcut": "边框捷径",
    "thumbnail shortcut": "缩略图捷径",
    "shortcut baselines": "捷径基线",
    "symmetry": "对称性",
    "symmetry changes classes": "对称变换会改变类别",
    "imbalance": "类别不平衡",
    "empty classes": "空类别",
    "single pictures": "仅一张图片的类别",
    "few pictures": "图片过少",
    "class too small to split": "类别过小，无法划分",
    "class missing from split": "某部分缺少类别",
    "casing twins": "大小写重名",
    "one class": "只有一个类别",
    "no class folder": "无类别文件夹",
    "lone folder": "单独的文件夹",
    "no label": "无标注",
    "no labels": "无标注",
    "missing labels": "缺失标注",
    "several categories": "多个类别",
    "one-hot labels": "独热标注",
    "no header": "无表头",
    "rows without a split": "未指定划分的行",
    "stray files": "杂散文件",
    "stray members": "杂散成员",
    "hidden folders": "隐藏文件夹",
    "missing files": "缺失文件",
    "truncated shards": "残缺分片",
    "pickled members": "pickle 成员",
    "statistics": "统计",
    "splits differ": "各部分有差异",
    "classes differ": "各类别有差异",
    "cropped": "裁剪损失",
    "dark": "过暗",
    "bright": "过亮",
    "blurred": "模糊",
    "nearly empty": "几乎空白",
    "odd size": "异常尺寸",
    "odd aspect": "异常长宽比",
    "wrong extension": "扩展名不符",
    "transparent": "含透明",
    "animated": "动图",
    "deep": "高位深",
    "CMYK": "CMYK",
    "rotated": "已旋转",
    "grey among colour": "彩色中的灰度图",
    # data
    "What was left out": "被排除的图片",
    "Every picture was used.": "所有图片均已使用。",
    "{n} of {all} pictures neither learned nor judged.": "{all} 张图片中有 {n} 张既未学习也未评判。",
    "reason": "原因",
    "names": "名称",
    "Pictures of each class": "各类别图片数",
    "Beside these, {n} pictures without a label.": "另有 {n} 张没有标签的图片。",
    "The {n} largest of {all} classes.": "最大的 {n} 个类别（共 {all} 个）。",
    "train": "训练",
    "validation": "验证",
    "test": "测试",
    "not used": "未使用",
    "all": "合计",
    "About the files": "文件概况",
    "width": "宽",
    "height": "高",
    "bytes": "字节",
    "smallest": "最小",
    "median": "中位",
    "largest": "最大",
    "{n} have a verified duplicate": "{n} 张有经核实的重复",
    # runs compared
    "comparison": "比较",
    "The runs": "各次训练",
    "run": "训练",
    "kept rung": "保留的阶段",
    "seconds": "秒",
    "model size": "模型大小",
    "settings": "设置",
    "Accuracy of the surest": "最有把握的图片的准确率",
    "The surest pictures first: how right a run is on that share of them.":
        "从最有把握的图片开始：在这一比例的图片上有多准确。",
    "share of the pictures, the surest first (%)": "图片比例，从最有把握的开始 (%)",
    "How they learned": "训练过程",
    "What time brought": "时间带来的提升",
    "The first classifier, judged out of fold, and each kept rung at its gain over the one below.":
        "首个分类器（折外评判），以及保留的各阶段相对前一阶段的提升。",
    "Who was right": "谁判对了",
    "both": "都对",
    "nobody": "都错",
    "gain": "提升",
    "{run} gains, points of {figure}": "{run} 的增益（{figure}，百分点）",
    # learning curves
    "learning curve": "学习曲线",
    "Accuracy by pictures that were learned": "准确率随学习图片数的变化",
    "Dots were measured; the band is what they foretell.": "点为实测；带为由此推断的范围。",
    "pictures that were learned": "学习的图片数",
    "More of one class": "只增加一个类别",
    "Of pictures of one class alone, the others as they are. A class that is shown more is also named more: where "
    "recall rises and accuracy does not, others pay for it.":
        "只增加一个类别的图片，其余不变。出现得更多的类别也会被更多地预测：若召回率上升而准确率不升，代价由其他类别承担。",
    "measured": "实测",
    "foreseen": "推断",
    "better": "更好",
    "worse": "更差",
    # model
    "How it was made": "制作方法",
    "Make it again": "重新制作",
    "pictures from": "图片来源",
    "network": "网络",
    "weights": "权重",
    "licence of the weights": "权重许可证",
    "unknown": "未知",
    "preprocessing": "预处理",
    "runtime": "运行方式",
    "head": "分类头",
    "{width} features, {classes} classes, penalty {strength}": "{width} 个特征，{classes} 个类别，惩罚 {strength}",
    "{width} features, {classes} classes, {learner}": "{width} 个特征，{classes} 个类别，{learner}",
    "calibration": "校准",
    "temperature {heat}, fitted on {on}": "温度 {heat}，拟合于 {on}",
    "versions": "版本",
    "Recipe": "配方",
    "Settings in bold differ from the defaults.": "粗体设置与默认值不同。",
    "Class names in their stored order": "类别名称（存储顺序）",
    "This page is one file: it loads nothing and sends nothing.": "本页是单个文件：不加载、也不发送任何内容。",
    # what stands beside a run
    "Why": "缘由",
    "Verdicts": "结论",
    "Why these settings": "为何如此设置",
    "The recipe {file} was written by this command, on learning pictures alone:":
        "配方 {file} 由以下命令仅凭学习图片写成：",
    "Set otherwise for this run": "本次训练另行设定",
    "this run": "本次训练",
    "Beside other runs": "与其他训练相比",
    "Gains of this run over the other one on the same pictures. Each verdict is corrected for the comparisons of its "
    "own command, not for all that were made.":
        "本次训练在相同图片上相对另一次训练的增益。每个结论只按其命令内的比较次数校正，而非全部比较。",
    "beside": "对比",
    "In ensembles": "参与的集成",
    "weight": "权重",
    "Weights were fitted on {fitted} that taught none of these runs.":
        "权重拟合于 {fitted}，它们未教过其中任何一次训练。",
    **SEARCH, **LABELS, **FIGURES, **DRAWN, **PROMISES, **AFTER, **TABLES,
}  # fmt: skip
"""English to Chinese; {named} places are filled by the caller."""


class Word(str):
    """A value to be filled in that is itself one of the fixed words."""


def both(text: str, **values: Any) -> str:
    """HTML of a fixed word in both languages, values filled in and escaped; the page shows one of them.

    Text that is no fixed word stands as it is, so that a check's own words can be handed in too.
    """
    if text not in ZH:
        return escape(text)
    english, chinese = escape(text), escape(ZH[text])
    if values:
        english = english.format(**{name: escape(str(value)) for name, value in values.items()})
        told = {name: in_chinese(value) if isinstance(value, Word) else value for name, value in values.items()}
        chinese = chinese.format(**{name: escape(str(value)) for name, value in told.items()})
    return f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'


def in_chinese(value: str) -> str:
    """A fixed word's Chinese, also with a number before it ("341 validation pictures"); else the value itself."""
    number, _, rest = value.partition(" ")
    if value not in ZH and f"{{n}} {rest}" in ZH:
        return ZH[f"{{n}} {rest}"].format(n=number)
    return ZH.get(value) or words_of_checks.in_chinese(value) or value


def drawn(attributes: str, text: str, percent: bool = False) -> str:
    """The same as SVG text elements with these attributes; percent: what an axis counts in stands behind it."""
    unit = " (%)" if percent else ""
    english = f"<text {attributes}{{}}>{escape(text)}{unit}</text>"
    if text not in ZH:
        return english.format("")
    return english.format(' lang="en"') + f'<text {attributes} lang="zh">{escape(ZH[text])}{unit}</text>'
