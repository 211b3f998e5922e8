"""What checks and runs say, in Chinese: their sentences by pattern, with the numbers and names that stand in them.

A finding's `why` and `fix`, a verdict and a note are English wherever they are kept (a run's folder, JSON, a terminal),
so that scripts and people speak of the same sentence. A Chinese page asks `in_chinese`, which gives "" for a sentence
that is none of these: the page then shows the English one and says that it is English.
"""

import re
from functools import lru_cache

from .words_of_runs import RUNS

LOOK_FIRST = "请从第一张起查看，改正错误的标签：linne check --overlay fixes.csv 会列出它们供决定；建议见 details。"
SENTENCES = {
    # duplicates and leaks
    "{part} have the same bytes as another: {groups}, {more} more than there are different ones.":
        "{part}与另一张字节完全相同：共 {groups}，比不同的图片多出 {more} 张。",
    "{part} show what another shows, edited or shot again: {groups}, the largest of {n}.":
        "{part}与另一张内容相同（经编辑或重拍）：共 {groups}，最大一组 {n} 张。",
    "{part} show what another shows, edited or shot again: {groups}.":
        "{part}与另一张内容相同（经编辑或重拍）：共 {groups}。",
    "{n} of duplicates has more than one label, the first {names}: at least {wrong} must be wrong.":
        "{n}重复图片带有不止一种标签（第一组：{names}）：至少 {wrong}是错的。",
    "{n} of duplicates have more than one label, the first {names}: at least {wrong} must be wrong.":
        "{n}重复图片带有不止一种标签（第一组：{names}）：至少 {wrong}是错的。",
    "Each group stays on one side of every split.": "每一组在任何划分中都留在同一侧。",
    "Delete all but one of each, or keep them as weight on purpose.": "每组只留一张，或有意保留以增加权重。",
    "Look at them, and delete what is there twice by mistake.": "请查看，并删除误留的重复图片。",
    "Look at them and give each group one label; until then they teach and judge both.":
        "请查看并给每组同一个标签；在此之前，它们按两种标签参与学习和评判。",
    "{part} of {judge} have a verified twin in {where}.": "{judge}部分：{part}在{where}中有经核实的近似副本。",
    "Accuracy is {both} with them and {clean} without: leakage was worth {points} points [{ends}].":
        "计入它们时准确率为 {both}，不计入为 {clean}：泄漏约值 {points} 个百分点 [{ends}]。",
    "Read {judge} figures without them, and take them out of {again} or their twins out of {where}.":
        "看{judge}数字时不要计入它们；把它们移出{again}，或把副本移出{where}。",
    # labels
    "{a} of {n} may be wrong: {rate} are wrong or open to doubt, {sure} contradicted 100 to 1.":
        "{n} 个标签中有 {a}可能有误：{rate} 有误或存疑，{sure} 以 100 比 1 被否定。",
    "{a} of {n} may have a wrong or missing label: {rate} of the answers are wrong or open to doubt, {sure} of the "
    "pictures contradicted 100 to 1.":
        "{n} 张中有 {a}可能标错或漏标：{rate} 的回答有误或存疑，{sure} 的图片以 100 比 1 被否定。",
    "Of those called {name}: {rate}.": "标为 {name} 的：{rate}。",
    "The surest: {name} is called {given}, looks like {other}.": "最确定的：{name} 标为 {given}，看起来像 {other}。",
    "Look at them from the first on, and correct those that are wrong: linne check --overlay fixes.csv lists them to "
    "decide on; suggestions are in the details.": LOOK_FIRST,
    "Until then --method supervised --ground features --loss nce_rce learns around so many (docs/noise.md).":
        "在此之前，--method supervised --ground features --loss nce_rce 可以绕开这么多错误来学习（docs/noise.md）。",
    "{right} of {n} are foretold out of fold, and {chance} % would be by chance: these labels carry no "
    "information about the pictures that can be seen here.":
        "{n}中有 {right} 能在折外预测，而随机就能猜中 {chance} %：这些标签看不出与图片有关。",
    "See whether labels belong to their pictures (a table that has slipped, a shuffled column).":
        "请检查标签是否属于这些图片（表格错行、某列被打乱）。",
    "If they do, there are too few pictures or too much noise: have some labelled again before anything is trained.":
        "如果属于，则图片太少或噪声太大：训练之前请重新标注一部分。",
    "{n} without a label: they neither teach nor judge.": "{n}没有标签：既不参与学习也不参与评判。",
    "Give them a label, or leave them out.": "请给它们标签，或排除它们。",
    # classes
    "{names} count as {n} but differ only in case, spaces or spelling.":
        "{names} 算作 {n}，但只有大小写、空格或拼写不同。",
    "{names} differ only in case, spaces or accents' spelling, and count as {n}.":
        "{names} 只有大小写、空格或重音写法不同，却算作 {n}。",
    "Give them one name, say {name}, if they are one class.": "如果是同一类，请统一名称，例如 {name}。",
    "Give them one name if they are one class.": "如果是同一类，请统一名称。",
    "{split} has no picture of {names}, but another split has.": "{split}部分没有 {names} 的图片，而其他部分有。",
    "Add pictures there, or take the class out everywhere: what is never learned is never right.":
        "请在那里补充图片，或在各处去掉该类：从未学过的永远答不对。",
    "Add pictures there, or take the class out everywhere: nothing is known of it there.":
        "请在那里补充图片，或在各处去掉该类：那里对它一无所知。",
    "Add pictures there, or take the class out everywhere.": "请在那里补充图片，或在各处去掉该类。",
    "A class that is never learned counts as wrong.": "从未学过的类别按答错计。",
    "{most} has {n}, {least}: {ratio} times fewer.": "{most} 有 {n}，{least} 张：少 {ratio} 倍。",
    "Always saying {name} would be right {share} % of the time.": "总是回答 {name} 也能答对 {share} %。",
    "Judge by metric=balanced_accuracy or macro_f1 if rare classes matter as much; add pictures of the rare.":
        "如果少数类同样重要，请用 metric=balanced_accuracy 或 macro_f1 评判；并补充少数类的图片。",
    "{n} with a single independent picture each: {names}.": "{n}各只有一张独立的图片：{names}。",
    "{n} with fewer than {few} each: {names}.": "{n}各少于 {few} 张：{names}。",
    "Add pictures, or merge classes; a class is learned from one picture and judged by another.":
        "请补充图片或合并类别；学习和评判一个类别各需要不同的图片。",
    "Add pictures; until then the figures of these classes rest on very little.":
        "请补充图片；在此之前，这些类别的数字依据很少。",
    "{n} without a picture: {names}.": "{n}没有图片：{names}。",
    "Add pictures, or take the names out of the list of classes.": "请补充图片，或把这些名称移出类别列表。",
    "every labelled picture is {name}: there is nothing to tell apart.": "所有有标签的图片都是 {name}：没有可区分的。",
    "Give at least two classes, each in a folder of its own or by its own label.":
        "请至少给出两个类别，各放一个文件夹或各用一个标签。",
    "{n} have fewer groups of pictures than the {parts}: {names}.": "{n}的图片组数少于 {parts}：{names}。",
    "Add pictures until each class has at least {n} independent ones; until then its figures miss a part or rest on "
    "very little.":
        "请补充图片，使每类至少有 {n} 张独立的；在此之前，其数字缺一部分或依据很少。",
    # files
    "{part} cannot be read: {reasons}. {names}.": "{part}无法读取：{reasons}。{names}。",
    "Replace or delete them; they neither learn nor judge, and count as wrong where they are judged.":
        "请替换或删除；它们不参与学习和评判，在评判处按答错计。",
    "{n} cut off or damaged, up to {share} % of one missing; used, with what is missing in grey.":
        "{n}被截断或损坏，一张最多缺 {share} %；照常使用，缺失处填灰。",
    "Copy them again from where they came from.": "请从原处重新复制。",
    "{n} named as another format than they are (inside: {told}); read all the same.":
        "{n}的扩展名与实际格式不符（实际：{told}）；照常读取。",
    "Rename them; other programs may refuse them.": "请改名；其他程序可能拒绝它们。",
    "{part}: transparent parts were laid on white.": "{part}：透明部分已铺在白底上。",
    "Nothing, if white suits them.": "如果白底合适，无需处理。",
    "{part}: only the first frame or page is used.": "{part}：只用第一帧或第一页。",
    "Save other frames apart.": "请把其他帧另存。",
    "{part}: 16 bits or more, scaled to 8.": "{part}：16 位或更高，已缩到 8 位。",
    "Nothing, if 256 levels are enough.": "如果 256 级足够，无需处理。",
    "{part}: printing colours, converted to sRGB.": "{part}：印刷色，已转换为 sRGB。",
    "{part}: turned upright as their EXIF says.": "{part}：已按 EXIF 转正。",
    "{part}: grey, among pictures in colour.": "{part}：彩色图片中的灰度图。",
    "Check that colour does not tell the classes apart; see the check 'shortcuts'.":
        "请确认颜色本身不会区分类别；见检查 shortcuts。",
    "Nothing to do.": "无需处理。",
    # what pictures look like
    "{part}: {unit} beyond {limit} (median {middle}); the worst, {name}, has {value}.":
        "{part}：{unit}超出 {limit}（中位数 {middle}）；最严重的 {name} 为 {value}。",
    "Look at them; delete those that show nothing, keep those that your pictures will look like in use.":
        "请查看；删除什么也看不出的，保留与实际使用时相像的。",
    "Check that they are whole pictures, not thumbnails or scans; size alone can tell classes apart.":
        "请确认它们是完整的图片，而不是缩略图或扫描件；仅凭尺寸就可能区分类别。",
    "Cut them to what they should show; a centre crop sees little of them.":
        "请裁剪到应显示的内容；中心裁剪只能看到其中一小部分。",
    "{part} unlike all others, up to {far} robust deviations off; the furthest is {name}.":
        "{part}与其他图片都不像，最多偏离 {far} 个稳健标准差；最远的是 {name}。",
    "Look at them; delete those that show none of your classes.": "请查看；删除不属于任何类别的。",
    "{part} look like two classes at once: they hold both, or something between them; first {name}, {a} and {b}.":
        "{part}同时像两个类别：包含两者，或介于两者之间；第一张 {name}：{a} 和 {b}。",
    "Look at them. This classifier gives a picture one label: of two things it learns one as background, and naming "
    "that one counts as a mistake. Crop to what is meant, or leave such pictures out.":
        "请查看。此分类器只给一张图片一个标签：两样东西中会把一样学成背景，说出它则算错。请裁剪到所指的内容，或排除这些图片。",
    "A centre crop leaves out {a} % of the pixels of the median picture and {b} % of the worst ({name}, {wide} x "
    "{high}); more than half of {part}.":
        "中心裁剪会丢掉中位图片 {a} % 的像素，最严重的丢掉 {b} %（{name}，{wide} x {high}）；丢掉一半以上的：{part}。",
    "Compare --resize squash and --resize letterbox, which show the whole picture, with --resize crop.":
        "请比较 --resize squash、--resize letterbox（显示整张图片）与 --resize crop。",
    # groups
    "{n} of several pictures, {m} in the median one, by folder.": "{n}含多张图片（中位数 {m} 张），按文件夹。",
    "{n} of several pictures, {m} in the median one, by EXIF time and camera.":
        "{n}含多张图片（中位数 {m} 张），按 EXIF 时间和相机。",
    "{n} of several pictures, {m} in the median one, by file name.": "{n}含多张图片（中位数 {m} 张），按文件名。",
    "A quick model of {by} is right {random} when groups may be on both sides of a split, {grouped} when not: {points} "
    "points [{ends}] would come from knowing the group.":
        "用 {by} 的快速模型，组可跨划分两侧时答对 {random}，不跨时 {grouped}："
        "有 {points} 个百分点 [{ends}] 来自认出所在的组。",
    "If pictures of one group show the same thing, say {option}: it then stays on one side of every split.":
        "如果同组图片拍的是同一样东西，请加 {option}：这样一组始终留在划分的同一侧。",
    # shortcuts and differences
    "How files were saved, without a look at them, tells {names} from the rest: {marks} (ROC area).":
        "不看内容，仅凭文件的保存方式就能把 {names} 与其余区分开：{marks}（ROC 面积）。",
    "{what} alone tells {names} from the rest ({area}).": "仅凭{what}就能把 {names} 与其余区分开（{area}）。",
    "Right {a}; naming the largest class {b} %, the classifier {c}.":
        "答对 {a}；总说最大的类别为 {b} %，分类器为 {c}。",
    "Right {a}; naming the largest class {b} %.": "答对 {a}；总说最大的类别为 {b} %。",
    "Save pictures of all classes in the same way (size, format, quality, camera), or collect them alike.":
        "请用同样的方式保存各类图片（尺寸、格式、质量、相机），或用同样的方式采集。",
    "Ask whether pictures in use will be told apart by this too; if not, the figures will not hold there.":
        "请想一想，实际使用的图片是否也能由此区分；如果不能，这些数字在那里不成立。",
    "Shuffled labels are told better than by chance ({share} %): {told}.":
        "打乱的标签也能比随机（{share} %）更准地猜出：{told}。",
    "Report this: cross-validation sees its own answers, and no figure of this run can be trusted.":
        "请报告此问题：交叉验证看到了自己的答案，此次训练的数字都不可信。",
    "Deal the splits anew, or find out what sets them apart: figures may not carry over.":
        "请重新划分，或找出差异所在：数字可能无法推广。",
    "See the check 'shortcuts': a classifier may learn this instead of what is shown.":
        "见检查 shortcuts：分类器可能学的是这个，而不是图片内容。",
    "{n} of {classes}: median {wide} x {high} pixels, brightness {light}, {size} kB.":
        "{n}，{classes}：中位数 {wide} x {high} 像素，亮度 {light}，{size} kB。",
    "Do not mirror these pictures: give --augment auto, or a chain without flip, symmetry and plain.":
        "不要镜像这些图片：用 --augment auto，或不含 flip、symmetry 和 plain 的组合。",
    "Leave flip(vertical=true) and symmetry out of --augment.":
        "请不要在 --augment 中使用 flip(vertical=true) 和 symmetry。",
    "Leave rotate90, symmetry and rotations that far out of --augment.":
        "请不要在 --augment 中使用 rotate90、symmetry 和这么大的旋转。",
    "Nothing to do; --augment auto goes by this.": "无需处理；--augment auto 会照此进行。",
    "Pictures changed by a symmetry, told by their neighbours among {n}: {told}.":
        "经对称变换的图片，按 {n}中的近邻看：{told}。",
    "Unlike the others: {told}.": "与其他不同：{told}。",
    "In brackets the chance that a picture of it has more than one of the others.":
        "括号内为它的一张图片高于其他某张图片的概率。",
    "{what}: {told}, where pictures changed so stand beside them.": "{what}：{told}（与变换后的图片并列时）。",
    "Without looking at what is shown: {told}.": "不看内容时：{told}。",
    # what was listed
    "{n} left out, because the name is no picture's ({told}).": "{n}未列入：按名称不是图片（{told}）。",
    "Nothing to do; delete them to be rid of this note.": "无需处理；删除它们即可消除此提示。",
    "{n} left out that look like pictures inside, but whose name does not end as one: {names}.":
        "{n}内容是图片而扩展名不是，未列入：{names}。",
    "Give them the right ending (.jpg, .png, ...) if they should take part.":
        "如需列入，请改成正确的扩展名（.jpg、.png 等）。",
    "{a} of {n} left out, because the picture is missing: {names}.": "{n}中有 {a} 行因图片缺失而未列入：{names}。",
    "Bring the files back, or delete the rows. If they lie elsewhere, say root=FOLDER.":
        "请放回文件或删除这些行。如果文件在别处，请用 root=FOLDER。",
    "{n} left out, because the name is empty or leads out of {place}: {names}.":
        "{n}的名称为空或指向 {place} 之外，未列入：{names}。",
    "Names of pictures are paths below the folder; correct the file.": "图片名称应是该文件夹下的路径；请改正文件。",
    "{n} say again what another row says, first {name}; each picture counts once.":
        "{n}与另一行重复，第一个是 {name}；每张图片只计一次。",
    "Delete the repeated rows.": "请删除重复的行。",
    "{n} with two different labels, taken as unlabelled: {names}.": "{n}有两种不同的标签，按无标签处理：{names}。",
    "Correct the table: one label for each picture.": "请改正表格：每张图片一个标签。",
    "{n} without a label: {names}.": "{n}没有标签：{names}。",
    "Label them; until then they do not teach.": "请标注；在此之前它们不参与学习。",
    "{n} with several categories took {which}: {names}.": "{n}有多个类别，取了 {which}：{names}。",
    "{n} with several labels took no label: {names}.": "{n}有多个标签，未取任何标签：{names}。",
    "Look at them; one label may be too few.": "请查看；一个标签可能不够。",
    "{n} with labels that one row gives and another denies, taken as not known: {names}.":
        "{n}的某些标签在一行中给出、在另一行中否认，按未知处理：{names}。",
    "Correct the table: one row for each picture.": "请改正表格：每张图片一行。",
    "{a} of {n} with an empty list: taken to have none of the labels.":
        "{n} 张中有 {a}的列表为空：按不含任何标签处理。",
    "Write ? where nobody has looked; then nothing is learned from them.": "没人看过的请写 ?；那样不会从中学习。",
    "{share} of the {n} answers (picture and label) are not known: they neither teach nor judge; {bare} with no answer "
    "at all.":
        "{n} 个回答（图片与标签）中有 {share} 未知：既不参与学习也不参与评判；{bare}完全没有回答。",
    "Nothing to do if so many are missing; an empty 0/1 cell is not a 0.":
        "如果确实缺这么多，无需处理；空的 0/1 单元格不是 0。",
    "the classes are the folders inside {name}, the only folder at the top.":
        "类别是 {name}（顶层唯一的文件夹）里的文件夹。",
    "Nothing to do; say layout=classes to take it as a class.": "无需处理；要把它当作类别，请用 layout=classes。",
    "{n} left out, because they lie beside the splits: {names}.": "{n}与划分文件夹并列，未列入：{names}。",
    "Move them into train, validation or test, or say layout=classes if those are classes.":
        "请移到 train、validation 或 test 中；如果那些是类别，请用 layout=classes。",
    "{n} left out, because they may not be read: {names}.": "{n}没有读取权限，未列入：{names}。",
    "Give yourself the permission to read them (chmod u+rx).": "请给自己读取权限（chmod u+rx）。",
    "{n} left out that lead nowhere: {names}.": "{n}指向不存在的位置，未列入：{names}。",
    "Mend or delete them.": "请修复或删除。",
    "{n} without a picture: {names}; no class is made of them.": "{n}没有图片：{names}；不为其建立类别。",
    "Add pictures, or delete the folders.": "请补充图片，或删除这些文件夹。",
    "{n} to a folder that was read already: {names}.": "{n}指向已读取的文件夹：{names}。",
    "Nothing to do; each folder is read once.": "无需处理；每个文件夹只读一次。",
    "{n} not looked into: {names}.": "{n}未查看：{names}。",
    "Nothing to do; rename them if their pictures should take part.": "无需处理；如需列入其中的图片，请改名。",
    "{n} are in fewer groups of pictures than the {parts}: {names}.": "{n}所在的图片组数少于 {parts}：{names}。",
    "Add pictures until each label is in at least {n} independent ones.": "请补充图片，使每个标签至少有 {n} 张独立的。",
    "no column of {table} is named as a label is; its columns: {names}.":
        "{table} 中没有像标签的列名；各列为：{names}。",
    "Say which column is the label: label=COLUMN. Without labels pictures can only be predicted.":
        "请指明标签列：label=COLUMN。没有标签时只能预测。",
    # splits, overlay
    "{a} of {n} have no split while the others do.": "{n}中有 {a} 张没有划分，而其余的有。",
    "Fill the split of every row; until then these neither learn nor judge.":
        "请给每行填上划分；在此之前，它们既不参与学习也不参与评判。",
    "{n} of the overlay: gone: {names}.": "决定文件中有 {n}已不在：{names}。",
    "Their rows change nothing; put the pictures back, or leave it so.": "这些行不起作用；请放回图片，或就这样。",
    "{n} of the overlay: other content by now: {names}.": "决定文件中有 {n}内容已变：{names}。",
    "What was decided on the old content is not applied; look at the new one and decide again.":
        "对旧内容的决定不适用；请查看新内容后重新决定。",
    "{n} kept as a class that it has left: {names}.": "{n}曾按某类保留，而标签已变：{names}。",
    "The label has changed since; those rows are not applied. Decide again.":
        "此后标签已变，这些行不适用。请重新决定。",
    "{n} with decisions that contradict each other: {names}.": "{n}上的决定互相矛盾：{names}。",
    "The later one counts. Agree, and write the decision as a new row.": "以较晚的为准。请商定后写成新的一行。",
    "{n} in no class folder: no label, so they neither teach nor judge.":
        "{n}不在类别文件夹中：没有标签，既不参与学习也不参与评判。",
    "Move them into a folder named as their class.": "请移到以其类别命名的文件夹中。",
}  # fmt: skip
"""English with {places} to Chinese; of two that fit, the one that stands first."""
PARTS = {
    "Mirror": "镜像", "Upside down": "上下颠倒", "mirror": "镜像", "upside down": "上下颠倒", "half turn": "旋转半圈",
    "quarter turn": "旋转四分之一圈", "quarter turn back": "反向旋转四分之一圈",
    "train": "训练", "validation": "验证", "test": "测试", "train or validation": "训练或验证",
    "none of the labels": "不含任何标签",
    "learning pictures": "学习图片", "validation pictures": "验证图片", "test pictures": "测试图片",
    "accuracy": "准确率", "balanced accuracy": "平衡准确率", "macro f1": "宏平均 F1", "micro f1": "微平均 F1",
    "log loss": "对数损失", "auc": "AUC", "ece": "校准误差", "average precision": "平均精度", "recall": "召回率",
    "helps": "有用", "hurts": "有害", "cannot tell": "分辨不出",
    "kept": "采用", "not kept, for no gain is seen": "未采用，因为看不出增益",
    "brightest hundredth (luma 0 to 1)": "最亮的百分之一（亮度 0 到 1）", "standard deviation of luma": "亮度的标准差",
    "mean luma (or burnt out)": "平均亮度（或过曝）", "variance of the Laplacian": "拉普拉斯方差",
    "side of a square of as many pixels, above or below": "同像素数正方形的边长（偏大或偏小）",
    "width over height, above or below": "宽高比（偏大或偏小）",
    "The colour of the border": "边缘颜色", "When pictures were taken": "拍摄时间",
    "64 blurred dots of colour": "64 个模糊的色点",
    "brightness": "亮度", "contrast": "对比度", "sharpness": "清晰度", "width": "宽", "height": "高", "bytes": "字节数",
    "mean luma": "平均亮度", "standard deviation": "标准差", "megapixels": "百万像素", "smallest": "最小",
    "largest": "最大", "darkest": "最暗", "brightest": "最亮", "flattest": "对比度最低",
    "most contrasted": "对比度最高", "most blurred": "最模糊", "sharpest": "最清晰",
}  # fmt: skip
"""What may stand in a place, where it is no number and no name."""
CLAUSES = {
    "largest class {value}": "最大的类别 {value}", "metadata {value}": "元数据 {value}",
    "border colour {value}": "边缘颜色 {value}", "8x8 thumbnail {value}": "8x8 缩略图 {value}",
    "the classifier {value}": "分类器 {value}",
    "{name} has less {measure} ({chance})": "{name} 的{measure}较低（{chance}）",
    "{name} has more {measure} ({chance})": "{name} 的{measure}较高（{chance}）",
    "occurring as they are: {turns}": "本来就有：{turns}",
    "not occurring, but of the same class: {turns}": "本来没有，但类别不变：{turns}",
    "of another class: {turns}": "类别改变：{turns}",
    "{n} are {name}, and so is {value} of the pool": "{n} 张是 {name}，图片池中占 {value}",
}  # fmt: skip
"""Parts of a sentence that are divided by semicolons, in its {told}."""
ALL = SENTENCES | RUNS
UNITS = {
    "picture": "张图片", "label": "个标签", "group": "组", "class": "个类别", "thumbnail": "张缩略图", "file": "个文件",
    "row": "行", "folder": "个文件夹", "link": "个链接",
}  # fmt: skip
SHARE = re.compile(r"(?<![\w/'\"-])(\d[\d,]*) of (\d[\d,]*) pictures? \(([\d.]+ %)\)")
COUNT = re.compile(
    r"(?<![\w/'\".-])(\d[\d,]*) (picture|label|group|class|thumbnail|file|row|folder|link)(?:e?s)?(?=[,:;.)]? |[.)]?$)"
)
QUOTED = re.compile("'([^']*)'")
PLACE = re.compile(r"\{(\w+)\}")
END = re.compile(r"\.(?= |$)")


@lru_cache(4096)
def in_chinese(text: str) -> str:
    """The Chinese of a check's sentences, one after the other; "" where one of them is not known."""
    rest, out = COUNT.sub(_count, SHARE.sub(r"\2 张图片中的 \1 张（\3）", text)).strip(), ""
    while rest:
        ends = [*(found.end() for found in END.finditer(rest)), len(rest)]
        told = next(((said, end) for end in ends[:12] if (said := _sentence(rest[:end]))), None)
        if told is None:
            return ""
        out, rest = out + told[0], rest[told[1] :].strip()
    return out


def _sentence(text: str) -> str:
    for english, chinese in ALL.items():
        found = _fits(english, text)
        if found is not None:
            said = {name: (name == "gap" and _sentence(part)) or _part(part) for name, part in found.items()}
            said |= {"told": "；".join(map(_clause, found["told"].split("; ")))} if "told" in found else {}
            return PLACE.sub(lambda place, said=said: said[place[1]], chinese)
    return ""


def _clause(text: str) -> str:
    for english, chinese in CLAUSES.items():
        found = _fits(english, text)
        if found is not None:
            said = {name: QUOTED.sub(_turn, part) if name == "turns" else _part(part) for name, part in found.items()}
            return PLACE.sub(lambda place, said=said: said[place[1]], chinese)
    return text


def _turn(found: "re.Match[str]") -> str:
    return f"“{PARTS.get(found[1], found[1])}”"


def _fits(english: str, text: str) -> "dict[str, str] | None":
    """What stands in the places, each up to the first that follows it: one walk through the text, whatever is in it."""
    first, *pieces = PLACE.split(english)
    if not text.startswith(first):
        return None
    at, found = len(first), dict[str, str]()
    for name, after in zip(pieces[::2], pieces[1::2], strict=True):
        last = name == pieces[-2]
        end = (len(text) - len(after) if text.endswith(after) else -1) if last else text.find(after, at + 1)
        if end <= at:
            return None
        found[name], at = text[at:end], end + len(after)
    return found if at == len(text) else None


def _part(text: str) -> str:
    told = re.sub(r" and (\d[\d,]*) more$", r" 等，另有 \1 个", text).replace("' and '", "' 和 '")
    told = re.sub(r"^([+-][\d.]+) to ([+-][\d.]+)$", r"\1 至 \2", told)
    told = re.sub(r"^([\d.]+) points?$", r"\1 个百分点", re.sub(r"^([\d,]+) test labels?$", r"\1 个测试标签", told))
    return PARTS.get(told, told)


def _count(found: "re.Match[str]") -> str:
    return f"{found[1]} {UNITS[found[2]]}"
