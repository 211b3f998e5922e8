// Texts in the page's language: English is the text itself, Chinese stands beside it in each part's `zh`.

const zh = {};
export const missing = new Set();
export let language = localStorage.getItem("lang") || (navigator.language.startsWith("zh") ? "zh" : "en");

export function add(words) { Object.assign(zh, words); }
export function speak(to) { language = to; localStorage.setItem("lang", to); document.documentElement.lang = to; }

export const called = (finding) => (language === "zh" && finding.zh ? finding.zh : finding.kind);

// what a check says, as [text, its language where that is not the page's]
export const says = (finding, what) => (language !== "zh" ? [finding[what]] : finding[`${what}_zh`] ? [finding[`${what}_zh`]] : [finding[what], "en"]);

export function t(text, values = {}) {
  let told = text;
  if (language === "zh") {
    if (text in zh) told = zh[text];
    else missing.add(text);
  }
  return told.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? value.toLocaleString("en") : String(value);
  });
}

add({
  "Skip to the content": "跳到内容", "Settings and keys": "设置与快捷键", "Close": "关闭", "Language": "语言",
  "Colours": "颜色", "as the system": "跟随系统", "light": "浅色", "dark": "深色", "Single keys work": "启用单键快捷键",
  "Your name, beside your decisions": "您的名字（写在决定旁）", "Copy": "复制", "Copied.": "已复制。", "Stop": "停止",
  "The command that does the same": "等效命令", "Keys": "快捷键", "everywhere": "全局", "this help": "本帮助",
  "{n} pictures": "{n} 张图片", "{n} decided": "已决定 {n} 张", "{n} changed": "已改 {n} 张",
  "{n} not saved yet": "{n} 个未保存",
  "Two people answered differently: {against}. Both answers are in the file; look at the conflicts.":
    "两人回答不同：{against}。两个回答都已写入文件；请查看冲突。",
  "The studio needs the address that was printed when it was started, with its token.":
    "请使用启动时打印的带令牌的地址打开。",
  "waiting": "等待中", "running": "运行中", "done": "完成", "failed": "失败", "stopped": "已停止", "{n} s": "{n} 秒",
  "{done} of {total}": "{done} / {total}", "Choose a class": "选择类别", "Search or a new class": "搜索或新建类别",
  "New class: {name}": "新类别：{name}", "undo the last decision": "撤销上一个决定", "Nothing was decided since this page was opened, so nothing is undone.": "打开此页面后没有作出决定，没有可撤销的。",
  "Parts": "部分", "picture {n}": "图片 {n}", "no picture": "无法显示",
  "Pictures": "图片",
  "confirmed": "已确认", "relabelled": "已改标", "labelled": "已标注", "unsure": "不确定", "dropped": "已排除",
  "bad picture": "坏图片", "undecided": "未决定",
  "none of the labels": "不含任何标签", "Choose labels": "选择标签", "Search or a new label": "搜索或新建标签", "Save": "保存",
  "Type and Enter switch a label on or off; Enter with nothing typed saves. Without any, the answer is: none of the labels.":
    "输入后按 Enter 选中或取消标签；未输入时按 Enter 保存。不选任何标签表示：不含任何标签。",
  "Goes on when the studio is closed": "关闭工作室后继续运行",
  "At most {n} pictures are decided on at once; the first ones were taken. For the others, do it again.": "一次最多决定 {n} 张图片；已取前面的。其余的请再做一次。",
  "The studio does not answer. Is it still running?": "工作室没有应答。它还在运行吗？", "stopping": "正在停止", "Space": "空格",
  "{n} decisions of {overlay} are of pictures that are not here; they stay in the file.": "{overlay} 中有 {n} 个决定所对应的图片不在这里；它们保留在文件中。",
});
