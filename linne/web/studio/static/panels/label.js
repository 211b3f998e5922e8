// Label: one picture after the other, a number a class.

import { called, choose, clear, h, job, toast, undo as undone } from "../ui.js";

export const title = "Label", order = 30, key = "L";
export const zh = {
  "Label": "标注", "Every picture has a label, was left out or is unsure.": "每张图片都已有标签、被排除或不确定。", "New class": "新类别", "Classes": "类别",
  "{done} labelled, {left} left": "已标注 {done} 张，还剩 {left} 张", "Skip": "跳过", "Unsure": "不确定", "Leave out": "排除", "Undo": "撤销",
  "Ask what to label next": "询问接下来标注什么", "The model's guess": "模型的猜测", "before my choice": "选择之前显示", "after my choice": "选择之后显示", "never": "不显示",
  "The order": "顺序", "by what the model asks for": "按模型的请求", "by name": "按名称", "Ask by itself after every {n} labels": "每 {n} 个标签后自动询问",
  "The model guesses {name} ({percent} %)": "模型猜测：{name}（{percent} %）", "The model guessed {name} ({percent} %)": "模型猜的是 {name}（{percent} %）",
  "as you said": "与您一致", "you said {name}": "您选择了 {name}", "Save": "保存", "Choose labels by number, then Enter saves them.": "用数字选择多个标签，按 Enter 保存。",
  "The first class: press n, or type its name.": "还没有类别：按 n 或输入名称新建。", "Saved": "已保存", "Latest": "最近", "a class": "选择类别", "any class, by its name": "按名称选择类别",
  "{n} unsure": "{n} 张不确定", "Only pictures are left that were skipped: here they are again.": "只剩跳过的图片了：现在再次显示。",
  "accept the guess": "接受猜测", "Progress": "进度", "Actions": "操作",
};
Object.assign(zh, { "None of the labels": "不含任何标签", "{n} more: press c": "另有 {n} 个：按 c 查找", "Choose labels, or press 0 for none of them.": "请选择标签，或按 0 表示不含任何标签。" });
Object.assign(zh, { "This picture cannot be shown: its file is gone or cannot be read. Skip it, or say bad picture under Put right.": "无法显示这张图片：文件已不在或无法读取。请跳过，或在“订正”中标为坏图片。" });
const LISTED = 60;  // classes that have a button of their own; the others are chosen by name
const AFTER = 20;
const AHEAD = 4;
const FEW = 20;  // in the queue: time to ask for more

export function mount(root, api, t) {
  let queue = [], at = null, order = "name", picked = new Set(), since = 0, more = false, filling = false, alive = true;
  const passed = new Set();  // skipped or answered here: they come again when there is no other one left
  const keep = (name, value) => localStorage.setItem(name, value);
  const guesses = () => localStorage.getItem("guesses") || "before";
  const asking = () => localStorage.getItem("asking") !== "off";
  const image = h("img", { class: "big", alt: "" }), name = h("p", { class: "name soft" }), guess = h("p", { role: "status", class: "guess" }), none = h("p", {});
  const stage = h("div", {}, image, none);
  stage.style.cssText = "min-height:0;display:grid;grid-template-rows:minmax(0,1fr);place-items:center;padding:.5rem";
  image.style.height = "100%";
  image.addEventListener("error", () => {
    if (!at || !image.getAttribute("src")) return;
    image.hidden = true;
    none.textContent = t("This picture cannot be shown: its file is gone or cannot be read. Skip it, or say bad picture under Put right.");
  });
  const list = h("ul", { class: "plain" }), progress = h("div", {}), latest = h("ul", { class: "plain small" });
  const asked = job("suggest", refill);
  const button = (text, then, key) => h("button", { type: "button", title: key, onclick: then }, t(text), " ", h("kbd", { "aria-hidden": "true" }, key));
  const select = h("select", { onchange: () => { keep("guesses", select.value); show(); } }, [["before", "before my choice"], ["after", "after my choice"], ["never", "never"]].map(([v, text]) => h("option", { value: v }, t(text))));
  select.value = guesses();
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": t("Actions") },
    button("New class", fresh, "n"), button("Skip", skip, "Space"), button("Unsure", () => say("unsure"), "q"), button("Leave out", () => say("drop"), "x"), button("Undo", undo, "u"),
    api.project.several ? [button("None of the labels", nothing, "0"), button("Save", save, "Enter")] : [], h("span", { class: "push" }), name);
  const aside = h("aside", { "aria-label": t("Classes") }, h("h2", {}, t("Classes")), list);
  const right = h("aside", { class: "right", "aria-label": t("Progress") }, h("h2", {}, t("Progress")), progress,
    h("h2", {}, t("The order")), h("button", { type: "button", onclick: ask }, t("Ask what to label next")), asked.line,
    h("label", { class: "row" }, h("input", { type: "checkbox", checked: asking(), onchange: (event) => keep("asking", event.target.checked ? "on" : "off") }), t("Ask by itself after every {n} labels", { n: AFTER })),
    h("label", { class: "field" }, h("span", { class: "soft" }, t("The model's guess")), select), h("h2", {}, t("Latest")), latest);
  clear(root, h("div", { class: "side third" }, aside, h("div", { class: "middle" }, h("div", {}, bar, guess), stage), right));

  const open = (one) => !api.columns.state[one.row];  // nobody said anything of it yet

  async function refill() {
    if (filling) return;
    filling = true;
    const told = await api.get(`/api/queue?n=${Math.min(5000, 300 + passed.size)}`).catch((error) => void toast(error.message, 8));
    filling = false;
    if (!alive || !told) return;
    order = told.order;
    more = told.left > told.rows.length;
    const rows = told.rows.filter(open);
    queue = rows.filter((one) => !passed.has(one.row) || one.row === at?.row);
    if (!queue.length && rows.length) {
      passed.clear();
      queue = rows;
      toast(t("Only pictures are left that were skipped: here they are again."));
    }
    if (at && open(at)) { at = queue.find((one) => one.row === at.row) ?? at; show(); } else first();
  }

  function first() {
    at = queue[0] ?? null;
    picked = new Set(at ? api.labels(at.row) : []);
    show();
    for (const one of queue.slice(1, AHEAD)) new Image().src = api.view(one.row);
  }

  function next() {
    queue = queue.filter((one) => one !== at && open(one));
    first();
    if (queue.length ? more && queue.length < FEW : passed.size) refill();
  }

  function show() {
    image.hidden = !at;
    none.textContent = at ? "" : t("Every picture has a label, was left out or is unsure.");
    if (at) {
      const src = api.view(at.row);
      if (image.getAttribute("src") !== src) image.src = src;
      image.alt = t("picture {n}", { n: at.row });
      const own = at;
      api.get(`/api/names?rows=${own.row}`).then(([text]) => { if (at?.row === own.row) name.textContent = image.alt = text; }, () => {});
    } else { image.removeAttribute("src"); name.textContent = ""; }
    if (at?.guess && guesses() === "before") guess.textContent = t("The model guesses {name} ({percent} %)", { name: called(at.guess), percent: Math.round(100 * at.confidence) });
    else if (guesses() !== "after") guess.textContent = "";
    classes();
  }

  function classes() {
    const { figures } = api.project;
    clear(list, api.project.classes.slice(0, LISTED).map((label, k) => h("li", {}, h("button", { type: "button", class: "pick", "aria-pressed": api.project.several ? String(picked.has(label)) : undefined, onclick: () => choice(label) },
      k < 9 ? h("kbd", { "aria-hidden": "true" }, String(k + 1)) : null, h("span", { class: "name" }, label), h("span", { class: "n" }, (figures.counts[k] ?? 0).toLocaleString("en"))))),
    api.project.classes.length > LISTED ? h("li", {}, h("button", { type: "button", onclick: known }, t("{n} more: press c", { n: api.project.classes.length - LISTED }))) : null,
    api.project.classes.length ? null : h("li", { class: "soft" }, t("The first class: press n, or type its name.")),
    h("li", {}, h("button", { type: "button", onclick: fresh }, t("New class"), " ", h("kbd", { "aria-hidden": "true" }, "n"))),
    api.project.several ? h("li", { class: "soft small" }, t("Choose labels by number, then Enter saves them.")) : null);
    const all = figures.pictures - figures.left_out, done = all - figures.blank;
    clear(progress, h("progress", { max: all - figures.unsure || 1, value: done, "aria-label": t("Progress") }),
      h("p", {}, t("{done} labelled, {left} left", { done, left: figures.blank - figures.unsure }), figures.unsure ? ` · ${t("{n} unsure", { n: figures.unsure })}` : ""), h("p", { class: "soft small" }, t(order === "suggest" ? "by what the model asks for" : "by name")));
  }

  function choice(label) {
    if (!at) return;
    if (!api.project.several) return say("relabel", [label]);
    if (!picked.delete(label)) picked.add(label);
    classes();
  }
  function save() { if (picked.size) say("relabel", [...picked]); else toast(t("Choose labels, or press 0 for none of them.")); }
  function nothing() { say("relabel", [api.NONE]); }
  function accept() {
    if (!at?.guess) return;
    if (api.project.several) say("relabel", api.parted(at.guess).length ? api.parted(at.guess) : [api.NONE]);
    else choice(at.guess);
  }

  // the page goes on at once; api.js keeps the answer until the server has it on its disk
  async function say(decision, to = []) {
    if (!at) return;
    const own = at, begun = performance.now();
    if (own.guess && guesses() === "after") {
      const same = [...to].filter((one) => one !== api.NONE).sort().join("\n") === api.parted(own.guess).sort().join("\n");
      guess.textContent = `${t("The model guessed {name} ({percent} %)", { name: called(own.guess), percent: Math.round(100 * own.confidence) })}: ${same ? t("as you said") : t("you said {name}", { name: (to.length ? called(to.join(api.NONE)) : "") || t(decision === "drop" ? "dropped" : decision) })}`;
    }
    passed.add(own.row);
    next();
    const saved = api.decide([own.row], decision, to);
    const told = await saved;
    window.linne.saved = performance.now() - begun;  // key to disk, in ms: what bench/studio.py reads
    if (!told) return;
    latest.prepend(h("li", { class: "name" }, `${(to.length ? called(to.join(api.NONE)) : "") || t(decision === "drop" ? "dropped" : decision)} · ${t("Saved")}`));
    while (latest.children.length > 8) latest.lastChild.remove();
    since += 1;
    if (asking() && since >= AFTER) { since = 0; api.post("/api/suggest").then(api.look).catch(() => {}); }
  }

  function skip() {
    if (!at) return;
    passed.add(at.row);
    next();
  }
  async function fresh() { named(await choose(t("New class"), true)); }
  async function known() { named(await choose()); }
  function named(label) { if (label) choice(label); }
  async function undo() {
    const told = await undone();
    const row = told?.rows[0]?.row;
    if (row !== undefined) { passed.delete(row); at = { row, guess: "", confidence: null }; queue.unshift(at); picked = new Set(api.labels(row)); show(); }
  }
  function ask() { api.post("/api/suggest").then(api.look).catch((error) => toast(error.message)); }

  refill();
  const keys = {
    n: [t("New class"), fresh], " ": [t("Skip"), skip], q: [t("Unsure"), () => say("unsure")], x: [t("Leave out"), () => say("drop")], u: [t("Undo"), undo],
    c: [t("any class, by its name"), known], a: [t("accept the guess"), accept],
  };
  if (api.project.several) Object.assign(keys, { Enter: [t("Save"), save], 0: [t("None of the labels"), nothing] });
  for (let k = 1; k <= 9; k++) keys[String(k)] = ["", () => api.project.classes[k - 1] !== undefined && choice(api.project.classes[k - 1])];
  const offs = [asked.off, api.on("changes", (rows) => {
    classes();
    if (!at) { if (rows.some((seen) => !seen.state)) refill(); } else if (rows.some((seen) => seen.row === at.row && seen.state)) next();
  })];
  return { unmount() { alive = false; offs.forEach((off) => off()); }, keys, help: [["1–9", t("a class")]] };
}
