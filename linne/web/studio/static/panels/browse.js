// Browse: every picture, filtered; one looked at closely; what is like it; the map of all.

import { clear, h, named, relabelled, toast, undo } from "../ui.js";
import { closeup } from "../closeup.js";
import { Grid } from "../grid.js";
import { chart } from "../map.js";
import { called } from "../words.js";

export const title = "Browse", order = 10, key = "B";
export const zh = {
  "Browse": "浏览", "{n} of {all}": "{n} / {all}", "Name": "名称", "Class": "类别", "Part": "划分", "any": "任意", "no part": "未划分",
  "train": "训练", "validation": "验证", "test": "测试", "Decision": "决定", "Finding": "数据问题", "any finding": "任意问题", "Answer of the run": "模型的回答", "right": "答对",
  "wrong": "答错", "Sureness of the run, %": "模型置信度（%）", "from": "从", "to": "到", "no label": "无标签",
  "Clear the filters": "清除筛选", "Grid": "网格", "Map": "地图", "Relabel": "改标签", "Keep": "保留", "Leave out": "排除",
  "Undo": "撤销", "Look closely": "细看", "Find similar": "找相似", "{n} selected": "已选 {n} 张",
  "Like {name}": "与 {name} 相似", "Filters": "筛选", "Actions": "操作", "Search classes": "搜索类别", "{n} more: search for them": "另有 {n} 个：请搜索", "No class is called so.": "没有这样的类别。",
  "No picture passes these filters.": "没有图片符合这些筛选条件。",
  "Pictures must be looked at once before similar ones can be found.": "先让程序看一遍图片，才能找相似。",
  "select": "选择", "open": "打开", "all shown pictures": "选中全部显示的图片",
  "conflicts": "有冲突", "{n} from the map": "地图上的 {n} 张", "View": "视图",
};

const LISTED = 60;  // classes that are listed at once; more are searched for

export function mount(root, api, t) {
  const all = () => ({ name: "", text: null, classes: new Set(), part: "", state: "", finding: "", answer: "", low: 0, high: 100, only: null });
  const want = all();
  let findings = [], about = "", chartMade = null, sought = "", asked = 0, recount = () => {};
  const grid = new Grid({ caption: (row) => [named(row), mark(row)], opened: (row) => close.show(row), changed: tell });
  const mark = (row) => (api.columns.conflict[row] ? "!" : "") + (api.left(row) ? "✕" : api.state(row) ? "✓" : "");
  const counted = h("span", { role: "status" }), chosen = h("span", { class: "soft", role: "status" });
  const button = (text, then, key) => h("button", { type: "button", title: key, onclick: then }, t(text));
  const acts = [button("Relabel", relabel, "r"), button("Keep", () => say("keep"), "k"), button("Leave out", () => say("drop"), "x")];
  const looks = [button("Look closely", () => close.show(grid.active), "Enter"), button("Find similar", () => similar(grid.active), "s")];
  const views = h("div", { class: "row", role: "group", "aria-label": t("View") });
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": t("Actions") }, views, counted, chosen,
    acts, button("Undo", undo, "u"), looks);
  const aside = h("aside", { "aria-label": t("Filters") });
  const stage = h("div", { class: "stage" }, grid.root), empty = h("p", { class: "soft empty", hidden: true }, t("No picture passes these filters."));
  const frame = h("div", { class: "side" }, aside, h("div", { class: "middle" }, bar, stage));
  const close = closeup(api, t, frame, () => (chartMade ?? { focus() { grid.root.focus(); } }).focus());
  frame.append(close.root);
  clear(root, frame);

  function passes(row) {
    const c = api.columns;
    if (want.only && !want.only.has(row)) return false;
    if (want.classes.size && ![...want.classes].some((k) => (k === -1 ? !api.known(row) : k === -2 ? api.known(row) && !api.labels(row).length : api.has(row, k)))) return false;
    if (want.part !== "" && c.part[row] !== Number(want.part)) return false;
    if (want.state === "conflict" ? !c.conflict[row] : want.state !== "" && c.state[row] !== Number(want.state)) return false;
    if (want.finding === "any" ? c.flags[row] === 0n : want.finding !== "" && !((c.flags[row] >> BigInt(want.finding)) & 1n)) return false;
    if (want.answer && api.right(row) !== (want.answer === "right")) return false;
    if ((want.low > 0 || want.high < 100) && (c.confidence[row] === 255 || c.confidence[row] < want.low || c.confidence[row] > want.high)) return false;
    return true;
  }

  function show(keep = false) {
    const list = want.text ?? Array.from({ length: api.loaded }, (_, row) => row);
    const rows = list.filter((row) => row < api.loaded && passes(row));
    grid.show(rows, keep);
    empty.hidden = rows.length > 0 || api.loaded < api.project.figures.pictures;
    if (!empty.isConnected) grid.root.after(empty);
    clear(counted, about ? `${about} · ` : "", t("{n} of {all}", { n: rows.length, all: api.project.figures.pictures }));
    chartMade?.show(rows);
  }

  function tell() { if (close?.at != null && grid.active !== undefined && close.at !== grid.active) close.show(grid.active); chosen.textContent = grid.selected.size ? t("{n} selected", { n: grid.selected.size }) : ""; }

  // on the map no picture is seen to be chosen, so none is decided on
  const seen = () => !chartMade;
  async function say(decision, to = []) {
    const rows = grid.chosen();
    if (!seen() || !rows.length) return;
    if (rows.length > api.MOST) for (const row of rows.slice(0, api.MOST)) grid.selected.delete(row);
    await api.decide(rows, decision, to);
  }
  async function relabel() {
    if (!seen()) return;
    const to = await relabelled(grid.chosen());
    grid.root.focus();
    if (to) say("relabel", to);
  }

  // an answer that comes after a later question is none
  async function ask(path) {
    const own = ++asked, told = await api.get(path);
    return own === asked ? told : null;
  }
  async function named_(word) {
    if (!word) { asked += 1; want.text = null; return show(); }
    try {
      const rows = await ask(`/api/find?text=${encodeURIComponent(word)}`);
      if (rows) { want.text = rows; show(); }
    } catch (error) { toast(error.message, 8); }
  }

  function filters() {
    const select = (label, value, options, then) => {
      const made = h("select", { onchange: () => { then(made.value); show(); } }, options.map(([v, text]) => h("option", { value: v }, text)));
      made.value = value;
      return h("label", { class: "field" }, h("span", { class: "soft" }, label), made);
    };
    const box = (k, name, n) => h("label", {}, h("input", { type: "checkbox", checked: want.classes.has(k), onchange: (event) => {
      event.target.checked ? want.classes.add(k) : want.classes.delete(k); show(); } }), h("span", { class: "name" }, name), h("span", { class: "n" }, n.toLocaleString("en")));
    const number = (label, name) => h("label", { class: "row tight number" }, h("span", { class: "soft" }, t(label)), h("input", { type: "number", min: "0", max: "100", value: want[name],
      onchange: (event) => { want[name] = event.target.value === "" ? (name === "low" ? 0 : 100) : Number(event.target.value); event.target.value = want[name]; show(); } }));
    let soon;
    const text = h("input", { type: "search", value: want.name, oninput: () => { want.name = text.value; clearTimeout(soon); soon = setTimeout(() => named_(text.value.trim()), 200); } });
    const listed = h("div", { class: "classes", role: "group", "aria-labelledby": "class-filter", tabindex: "0" });
    const list = () => {
      const every = api.project.classes, word = sought.toLowerCase(), { counts, blank } = api.project.figures, top = listed.scrollTop;
      const found = every.map((_, k) => k).filter((k) => !want.classes.has(k) && every[k].toLowerCase().includes(word));
      const picked = [...want.classes].filter((k) => k >= 0);
      clear(listed, !word && (blank || want.classes.has(-1)) ? box(-1, t("no label"), blank) : null, !word && api.project.several ? box(-2, t("none of the labels"), "") : null,
        [...picked, ...found.slice(0, LISTED)].map((k) => box(k, every[k], counts[k] ?? 0)),
        found.length > LISTED ? h("p", { class: "soft small" }, t("{n} more: search for them", { n: found.length - LISTED })) : null,
        word && !found.length ? h("p", { class: "soft small" }, t("No class is called so.")) : null);
      search.hidden = every.length <= 12;
      listed.scrollTop = top;
    };
    const search = h("input", { type: "search", value: sought, "aria-label": t("Search classes"), placeholder: t("Search classes"), id: "class-search", oninput: (event) => { sought = event.target.value.trim(); list(); } });
    list();
    recount = list;
    clear(aside, h("h2", {}, t("Filters")),
      h("label", { class: "field" }, h("span", { class: "soft" }, t("Name")), text),
      h("div", { class: "field" }, h("span", { class: "soft", id: "class-filter" }, t("Class")),
        search, listed),
      select(t("Part"), want.part, [["", t("any")], ...api.project.parts.map((part, k) => [String(k), t(part || "no part")])], (v) => { want.part = v; }),
      select(t("Decision"), want.state, [["", t("any")], ...api.project.states.map((state, k) => [String(k), t(state || "undecided")]), ["conflict", t("conflicts")]], (v) => { want.state = v; }),
      findings.length ? select(t("Finding"), want.finding, [["", t("any")], ["any", t("any finding")], ...findings.map((one, k) => [String(k), called(one)]).filter(([k]) => findings[k].rows.length)], (v) => { want.finding = v; }) : null,
      api.project.run ? select(t("Answer of the run"), want.answer, [["", t("any")], ["right", t("right")], ["wrong", t("wrong")]], (v) => { want.answer = v; }) : null,
      api.project.run ? h("div", { class: "field" }, h("span", { class: "soft" }, t("Sureness of the run, %")), h("div", { class: "row" }, number("from", "low"), number("to", "high"))) : null,
      button("Clear the filters", () => { clearTimeout(soon); asked += 1; Object.assign(want, all()); about = ""; sought = ""; filters(); show(); }));
  }

  async function similar(row) {
    if (row === undefined || !seen()) return;
    try {
      const told = await ask(`/api/similar/${row}?n=200`);
      if (!told) return;
      want.name = "";
      want.only = new Set([row, ...told.rows]);
      want.text = [row, ...told.rows];
      about = t("Like {name}", { name: grid.thumbs.names.get(row) ?? row });
      filters();
      show();
    } catch (error) {
      if (error.status !== 400) return toast(error.message, 8);
      toast(t("Pictures must be looked at once before similar ones can be found."));
      map(true);
    }
  }

  function map(on) {
    chartMade?.close();
    chartMade = null;
    for (const one of [...acts, ...looks]) one.disabled = on;
    clear(views, [["Grid", false], ["Map", true]].map(([text, is]) => h("button", { type: "button", "aria-pressed": String(is === on), onclick: () => map(is) }, t(text))));
    if (!on) { clear(stage, grid.root); grid.layout(); return; }
    chartMade = chart(api, t, (rows) => {
      map(false);
      want.only = new Set(rows); about = t("{n} from the map", { n: rows.length }); show();
      grid.root.focus();
    });
    clear(stage, chartMade.root);
    chartMade.show(grid.rows);
    chartMade.focus();
  }

  filters();
  map(false);
  show();
  grid.root.focus();
  const checked = () => api.get("/api/findings").then((told) => { findings = told; filters(); }, (error) => toast(error.message, 8));
  checked();
  const offs = [api.on("loaded", () => show(true)), api.on("changes", () => recount()), api.on("project", checked)];
  return {
    unmount() { offs.forEach((off) => off()); close.off(); grid.close(); chartMade?.close(); },
    keys: {
      r: [t("Relabel"), relabel], k: [t("Keep"), () => say("keep")], x: [t("Leave out"), () => say("drop")],
      s: [t("Find similar"), () => similar(grid.active)], m: [t("Map"), () => map(!chartMade)], z: [t("Enlarge"), () => close.enlarge()], Escape: [t("Close"), () => close.close()],
    },
    help: [["Space", t("select")], ["Ctrl+A", t("all shown pictures")], ["Enter", t("open")]],
  };
}
