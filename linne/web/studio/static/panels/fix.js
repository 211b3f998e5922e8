// Put right: what the checks found, one key a decision, many pictures at once.

import { called as said, clear, h, job, named, relabelled, sentence, toast, undo } from "../ui.js";
import { closeup } from "../closeup.js";
import { Grid } from "../grid.js";
import { called } from "../words.js";

export const title = "Put right", order = 20, key = "P";
export const zh = {
  "Put right": "订正", "Run the checks": "运行检查", "Check again": "重新检查", "Nothing was checked yet.": "尚未检查。",
  "Nothing was found.": "没有发现问题。", "Conflicts": "冲突", "Keep": "保留", "Accept": "接受建议", "Relabel": "改标签", "Leave out": "排除",
  "Bad picture": "坏图片", "Unsure": "不确定", "Undo": "撤销", "Whole group": "整组", "left to decide: {n}": "待决定：{n}",
  "Hide what is decided": "隐藏已决定的", "What it brought": "带来的变化", "Train without and with the decisions, and compare": "分别用决定前后的标签训练并比较",
  "Labels changed: {n}. Pictures left out: {m}.": "已改标签：{n}；已排除图片：{m}。",
  "After: {a}. Before: {b}. {sentence}, on {n} pictures ({split}).": "之后：{a}。之前：{b}。{sentence}（{n} 张图片，{split}）。",
  "95 % intervals; both judged by the labels as they are now.": "95 % 区间；两者都按现在的标签评判。",
  "There is no suggestion for these pictures.": "这些图片没有建议。", "Findings": "数据问题", "Actions": "操作", "decided together: {n}": "一起决定：{n}",
  "test": "测试", "validation": "验证", "train, out of fold": "训练（折外）",
  "all but the first of each group": "每组除第一张外全部",
  "What people answered differently, not having seen each other.": "两人在互未看到对方答案时作出的不同回答。",
  "better by {n} points [{low}, {high}]": "高 {n} 个百分点 [{low}, {high}]", "worse by {n} points [{low}, {high}]": "低 {n} 个百分点 [{low}, {high}]", "not told apart: {n} points [{low}, {high}]": "分不出高下：{n} 个百分点 [{low}, {high}]",
  "better by {n} [{low}, {high}]": "好 {n} [{low}, {high}]", "worse by {n} [{low}, {high}]": "差 {n} [{low}, {high}]", "not told apart: {n} [{low}, {high}]": "分不出高下：{n} [{low}, {high}]",
  "About the whole set: {n}": "关于整个数据集：{n}",
  "without the decisions": "不含决定", "with the decisions": "含决定", "compared": "比较",
  "Look at each and decide again.": "逐一查看并重新决定。", "Look closely": "细看", "Odds against the label": "与标签相悖的胜算", "Surest first: the more an answer is contradicted, the earlier it comes.": "最确定的在前：与回答越矛盾越靠前。",
  "All of this finding are decided. Choose another one at the left.": "该问题下的图片均已决定。请在左侧选择其他问题。", "The checks look at every picture for wrong labels, duplicates, leaks, outliers and more.": "检查会查看每张图片，寻找可疑标注、重复、泄漏、离群等问题。",
};

export function mount(root, api, t) {
  let findings = [], at = null, hide = true, current, unfolded;
  const twice = (what, text) => ({ [what]: t(text), [`${what}_zh`]: t(text) });
  const one = () => current;
  const chosen_ = () => (at === "conflicts" ? { kind: t("Conflicts"), ...twice("why", "What people answered differently, not having seen each other."), ...twice("fix", "Look at each and decide again."),
    rows: [...api.columns.conflict.keys()].filter((row) => api.columns.conflict[row]), groups: [] } : findings[at]);
  // whether it waits for a decision on this finding: a label that somebody gave it at first is none
  const open = (row) => !api.columns.state[row] || (api.state(row) === "labelled" && one()?.kind !== "no label");
  const odds = (row) => { const own = one(), score = own?.scores?.[own.rows.indexOf(row)]; return own?.kind === "wrong label" && score < 0 ? t("{n} to 1", { n: Math.round(Math.exp(Math.min(18, -score))) }) : ""; };
  const suggested = (row) => { const own = one(); return own?.suggested?.[own.rows.indexOf(row)] ?? ""; };
  const group = (row) => one()?.groups.find((rows) => rows.includes(row)) ?? [row];
  const grid = new Grid({ changed: tell, opened: (row) => close.show(row), caption: (row) => {
    const to = suggested(row);
    return [`${named(row)}${to && open(row) ? ` → ${said(to)}?` : ""}`,
      (api.columns.conflict[row] ? "!" : "") + (api.left(row) ? "✕" : api.state(row) ? "✓" : "")];
  } });
  const told = h("div", {}), chosen = h("span", { class: "soft" });
  const button = (text, then, key, main) => h("button", { type: "button", class: main ? "main" : "", title: key, onclick: then }, t(text), " ", h("kbd", { "aria-hidden": "true" }, key));
  const hider = h("label", { class: "row" }, h("input", { type: "checkbox", checked: true, onchange: (event) => { hide = event.target.checked; show(); } }), t("Hide what is decided"));
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": t("Actions") },
    button("Keep", () => say("keep"), "k"), button("Accept", accept, "a"), button("Relabel", relabel, "r"), button("Leave out", () => say("drop"), "x"),
    button("Bad picture", () => say("bad picture"), "b"), button("Unsure", () => say("unsure"), "q"), button("Undo", undo, "u"),
    button("Whole group", whole, "g"), button("Look closely", () => close.show(grid.active), "Enter"), chosen, h("span", { class: "push" }), hider);
  const aside = h("aside", { "aria-label": t("Findings") });
  const line = job("check", load), worthLines = [["train before", "without the decisions"], ["train after", "with the decisions"], ["compare", "compared"]].map(([kind, text]) => job(kind, kind === "compare" ? brought : undefined, t(text)));
  const brings = h("div", {});
  const main = h("div", { class: "middle" }, h("div", {}, told, bar), h("div", { class: "stage" }, grid.root));
  const frame = h("div", { class: "side" }, aside, main), nothing = h("p", { class: "soft empty", hidden: true });
  grid.root.after(nothing);
  const close = closeup(api, t, frame, () => grid.root.focus(), (row) => [["Suggested", said(suggested(row))], ["Odds against the label", odds(row)]].filter(([, text]) => text && suggested(row)));
  frame.append(close.root);
  clear(root, frame);

  function tell() { if (close?.at != null && grid.active !== undefined && close.at !== grid.active) close.show(grid.active); const n = grid.chosen().length; chosen.textContent = n > 1 ? t("decided together: {n}", { n }) : ""; }

  function list() {
    const conflicts = api.project.figures.conflicts;
    const pick = (place, text, severity, n) => h("li", {}, h("button", { type: "button", class: "pick", "aria-pressed": String(at === place), onclick: () => { at = place; list(); show(); grid.root.focus(); } },
      h("span", { class: severity === "high" ? "bad" : severity === "medium" ? "warn" : "soft" }, text), h("span", { class: "n" }, n.toLocaleString("en"))));
    const listed = findings.map((own, place) => [own, place]).filter(([own]) => own.rows.length);
    clear(aside, h("h2", {}, t("Findings")),
      h("button", { type: "button", class: findings.length ? "" : "main", onclick: () => api.post("/api/check").then(api.look).catch((error) => toast(error.message)) }, t(findings.length ? "Check again" : "Run the checks")), line.line,
      h("ul", { class: "plain found" }, conflicts ? pick("conflicts", t("Conflicts"), "high", conflicts) : null, listed.map(([own, place]) => pick(place, called(own), own.severity, own.rows.length))),
      findings.length ? null : h("p", { class: "soft" }, t("Nothing was checked yet.")), whole_(),
      h("h2", {}, t("What it brought")), h("p", {}, t("Labels changed: {n}. Pictures left out: {m}.", { n: api.project.figures.changed, m: api.project.figures.left_out })),
      h("button", { type: "button", onclick: () => api.post("/api/worth").then(api.look).catch((error) => toast(error.message)) }, t("Train without and with the decisions, and compare")),
      worthLines.map((own) => own.line), brings);
  }

  // what concerns no picture more than another: a table that slipped, a class without pictures, files that were left out
  function whole_() {
    const told = findings.filter((own) => !own.rows.length);
    return told.length ? h("details", { open: unfolded ?? told.some((own) => own.severity !== "low"), ontoggle: (event) => { unfolded = event.target.open; } }, h("summary", {}, t("About the whole set: {n}", { n: told.length })), h("ul", { class: "plain small" }, told.map((own) => h("li", {},
      h("b", { class: own.severity === "high" ? "bad" : own.severity === "medium" ? "warn" : "" }, called(own)), ": ", sentence(own, "why"), " ", h("span", { class: "soft" }, sentence(own, "fix")))))) : null;
  }

  function show(keep = false) {
    const own = current = chosen_();
    bar.hidden = !own;
    if (!own) { grid.show([]); nothing.hidden = false; nothing.textContent = t(findings.length ? "Nothing was found." : "The checks look at every picture for wrong labels, duplicates, leaks, outliers and more."); return clear(told); }
    const left = own.rows.filter((row) => at === "conflicts" || open(row));
    clear(told, h("div", { class: "card" }, h("p", {}, h("b", {}, called(own)), " · ", sentence(own, "why")), h("p", { class: "soft" }, sentence(own, "fix"), " · ", t("left to decide: {n}", { n: left.length })),
      own.kind === "wrong label" ? h("p", { class: "soft small" }, t("Surest first: the more an answer is contradicted, the earlier it comes.")) : null,
      own.groups.length ? h("button", { type: "button", onclick: firsts }, t("all but the first of each group")) : null));
    grid.show(hide && at !== "conflicts" ? left : own.rows, keep);
    nothing.hidden = grid.rows.length > 0;
    nothing.textContent = t("All of this finding are decided. Choose another one at the left.");
  }

  async function say(decision, to = []) {
    const rows = grid.chosen();
    if (!rows.length) return;
    grid.selected.clear();
    await api.decide(rows, decision, to);
  }
  async function accept() {
    const rows = grid.chosen();
    const able = rows.filter(suggested);
    if (!able.length) return toast(t("There is no suggestion for these pictures."));
    grid.selected.clear();
    await api.decide(able, "accept", [], suggested);
  }
  async function relabel() {
    const rows = grid.chosen();
    const to = await relabelled(rows);
    grid.root.focus();
    if (to) { grid.selected.clear(); api.decide(rows, "relabel", to); }
  }
  function whole() {
    for (const row of group(grid.active)) grid.selected.add(row);
    grid.marks();
  }
  function firsts() {
    grid.selected.clear();
    const shown = new Set(grid.rows);
    for (const rows of one().groups) for (const row of rows.slice(1)) if (shown.has(row)) grid.selected.add(row);
    grid.marks();
    grid.root.focus();
  }

  async function load() {
    const kind = findings[at]?.kind;
    try { findings = await api.get("/api/findings"); } catch (error) { return toast(error.message, 8); }
    if (kind) at = findings.findIndex((own) => own.kind === kind && own.rows.length);
    if (at !== "conflicts" && !findings[at]) at = findings.findIndex((own) => own.rows.length && ["wrong label", "leak between splits"].includes(own.kind));
    if (at === -1) at = findings.findIndex((own) => own.rows.length);
    if (at === -1) at = null;
    list();
    show();
  }
  async function brought() {
    const got = await api.get("/api/worth").catch(() => ({}));
    if (!("sentence" in got)) return clear(brings);
    const one = (value) => (got.percent ? (100 * value).toFixed(1) : value.toFixed(3)), unit = got.percent ? " %" : "";
    const figure = (own) => `${one(own.value)}${unit} [${one(own.low)}, ${one(own.high)}]`;
    clear(brings, h("div", { class: "card", role: "status", id: "worth" },
      h("p", {}, t("After: {a}. Before: {b}. {sentence}, on {n} pictures ({split}).", { a: figure(got.after), b: figure(got.before), sentence: difference(got, one), n: got.n, split: t(got.split === "train" ? "train, out of fold" : got.split) })),
      got.warning ? h("p", { class: "warn small", lang: "en" }, got.warning) : null,
      h("p", { class: "soft small" }, t("95 % intervals; both judged by the labels as they are now.")), h("p", { class: "small name" }, h("code", {}, got.command))));
  }
  function difference(got, one) {
    if (got.low === null || got.high === null) return got.sentence;
    const sure = got.low > 0 || got.high < 0, sign = sure && got.value < 0 ? -1 : 1, ends = [sign * got.low, sign * got.high].sort((a, b) => a - b).map(one);
    const text = (sure ? (got.value > 0 ? "better by {n}" : "worse by {n}") : "not told apart: {n}") + (got.percent ? " points [{low}, {high}]" : " [{low}, {high}]");
    return t(text, { n: (sure ? "" : got.value < 0 ? "-" : "+") + one(Math.abs(got.value)), low: ends[0], high: ends[1] });
  }

  list();
  load();
  brought();
  grid.root.focus();
  const offs = [line.off, ...worthLines.map((own) => own.off), api.on("changes", () => { list(); show(true); })];
  return {
    unmount() { offs.forEach((off) => off()); close.off(); grid.close(); },
    keys: {
      k: [t("Keep"), () => say("keep")], a: [t("Accept"), accept], r: [t("Relabel"), relabel], x: [t("Leave out"), () => say("drop")],
      b: [t("Bad picture"), () => say("bad picture")], q: [t("Unsure"), () => say("unsure")], g: [t("Whole group"), whole], z: [t("Enlarge"), () => close.enlarge()], Escape: [t("Close"), () => close.close()],
    },
  };
}
