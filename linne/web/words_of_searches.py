"""The fixed words of a search's page and of the small tables of findings, in English and Chinese."""

SEARCH = {
    "search": "搜索",
    "Race": "赛选",
    "Trials": "试验",
    "{a} learning pictures judged the trials and so chose; {b} others judged none, and say what the choice is worth. "
    "Test pictures were not read.":
        "{a} 张学习图片评判各次试验并据此选择；另外 {b} 张未评判任何试验，用来说明所选设置的价值。测试图片未被读取。",
    "Settings that changed": "改变的设置",
    "setting": "设置",
    "start": "起点",
    "found": "找到",
    "none": "无",
    "Heads on frozen features, judged out of fold by the pictures that choose; the line joins those than which none is "
    "both cheaper and better.":
        "冻结特征上的分类头，由参与选择的图片折外评判；连线上的各点没有谁既更省又更准。",
    "network, side, fit": "网络、边长、裁切方式",
    "ms a picture": "毫秒/张",
    "parameters": "参数量",
    "beside the start (p by Holm)": "与起点相比（Holm 校正 p）",
    "First, on pictures that did not choose it:": "第一名，在未参与选择的图片上：",
    "The best so far": "迄今最好",
    "By the pictures that choose: the best of many is too good there, by chance. Grey: given up early.":
        "按参与选择的图片计：多次之中取最好，数字会因偶然而偏高。灰色：提前放弃。",
    "What mattered": "什么起作用",
    "Too few trials were finished to say.": "完成的试验太少，无法判断。",
    "Best trials": "最好的试验",
    "the start": "起点",
    "the start with the race's winner": "起点加赛选第一名",
    "The command": "命令",
    "trial": "试验",
}  # fmt: skip

TABLES = {
    "centre crop of {share} of the short side": "中心裁剪，边长为短边的 {share}",
    "squash": "压缩为正方形",
    "letterbox": "加边补成正方形",
    "{n} validation pictures": "{n} 张验证图片",
    "{n} pictures, out of fold": "{n} 张图片（折外）",
    "{n} learning pictures, out of fold": "{n} 张学习图片（折外）",
    "{n} learning pictures that did not choose the strength": "{n} 张未参与选择强度的学习图片",
    "{n} learning pictures that its witnesses had not learned": "{n} 张未被其见证模型学过的学习图片",
    "{n} pictures that it had not learned": "{n} 张它没有学过的图片",
    "lower end": "下限",
    "upper end": "上限",
    "gain low": "提升下限",
    "gain high": "提升上限",
    "told": "可区分度",
    "told low": "可区分度下限",
    "told high": "可区分度上限",
    "picture": "图片",
    "one": "其一",
    "other": "另一",
    "method": "方法",
    "warning": "警告",
    "of": "范围",
    "name": "名称",
    "n": "数量",
}  # fmt: skip
