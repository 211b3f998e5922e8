// One picture looked at closely, beside a grid: large, what is known of it, who decided what.

import { clear, dialog, h, sentence, called as said } from "./ui.js";
import { add, called, t } from "./words.js";

add({
  "Labelled as": "现标签", "Listed as": "原标签", "Guess": "模型猜测", "Size": "尺寸", "Camera": "相机", "Decisions": "决定记录", "none yet": "暂无", "Details": "详情",
  "keep": "保留", "relabel": "改标", "drop": "排除", "accept": "接受", "undo": "撤销", "{a} as {b}": "{a} 为 {b}", "Suggested": "建议", "{n} to 1": "{n} : 1", "Enlarge": "放大查看", "Larger": "放大",
});

// as large as the window allows, then, by a click, Enter or Space, twice and four times that; scrolled as any page
function enlarged(name, src) {
  const image = h("img", { src, alt: name }), holder = h("div", { class: "zoomed", tabindex: "0", role: "button", "aria-label": t("Larger") }, image);
  let times = 1;
  const scale = () => {
    times = times === 4 ? 1 : 2 * times;
    image.style.width = times === 1 ? "" : `${100 * times}%`;
    image.style.maxWidth = image.style.maxHeight = times === 1 ? "" : "none";
  };
  holder.addEventListener("click", scale);
  holder.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); scale(); } });
  dialog(name, holder).classList.add("wide");
  holder.focus();
}

// frame: the .side that holds it; back(): where the focus goes when it is closed; more(row): further facts, [[name, text]]
export function closeup(api, _, frame, back, more = () => []) {
  const root = h("aside", { class: "right sheet", "aria-label": t("Details"), hidden: true });
  let at = null;
  const off = api.on("changes", (rows) => { if (at !== null && rows.some((seen) => seen.row === at)) show(at); });

  function close() {
    at = null;
    root.hidden = true;
    frame.classList.remove("third");
    back();
  }

  async function show(row) {
    if (row === undefined || row === null) return;
    at = row;
    root.hidden = false;
    frame.classList.add("third");
    const told = await api.get(`/api/picture/${row}`).catch((error) => ({ failed: error.message }));
    if (at !== row) return;
    const shut = h("button", { type: "button", class: "push", "aria-label": t("Close"), title: "Esc", onclick: close }, "×");
    if (told.failed) return void clear(root, h("div", { class: "row tight" }, shut), h("p", { class: "bad", role: "alert" }, told.failed));
    const fact = (name, value) => (value ? [h("dt", {}, t(name)), h("dd", { class: "name" }, value)] : []);
    const labels = told.labels.join(", ") || (api.project.several && told.known ? t("none of the labels") : "");
    clear(root, h("div", { class: "row tight" }, h("h2", { class: "name" }, told.name), shut),
    told.why ? h("p", { class: "bad", role: "alert" }, told.why) : h("button", { type: "button", class: "enlarge", title: t("Enlarge"), "aria-label": t("Enlarge"), onclick: () => enlarged(told.name, api.view(row)) }, h("img", { class: "big", src: api.view(row), alt: told.name })),
    h("dl", {}, fact("Labelled as", labels), more(row).map(([name, value]) => fact(name, value)), fact("Listed as", told.given), fact("Guess", told.guess && `${said(told.guess)} (${told.confidence} %)`),
      fact("Size", told.width && `${told.width} × ${told.height} ${told.format}`), fact("Camera", told.camera)),
    told.findings.map((one) => h("p", { class: "small" }, h("b", { class: one.severity === "high" ? "bad" : "warn" }, called(one)), ": ", sentence(one, "why"))),
    h("h3", {}, t("Decisions")),
    told.trail.length ? h("ul", { class: "plain small" }, told.trail.map((one) => h("li", { class: "name" }, one.to ? t("{a} as {b}", { a: t(one.decision), b: said(one.to) }) : t(one.decision),
      " · ", one.who, " · ", one.when.slice(0, 16).replace("T", " "), one.note ? ` · ${one.note}` : ""))) : h("p", { class: "soft small" }, t("none yet")));
  }

  const enlarge = () => root.querySelector(".enlarge")?.click();
  return { root, show, close, off, enlarge, get at() { return at; } };
}
