// The frame: parts of the page, keys, language, colours, what is not saved yet.

import * as api from "./api.js";
import { add, language, missing, speak, t } from "./words.js";
import { clear, command, dialog, h, toast } from "./ui.js";

const parts = [];
let now = null;
window.linne = { api, missing };  // for whoever looks at it in the browser's console, and for tests

const $ = (id) => document.getElementById(id);
const keysOn = () => localStorage.getItem("keys") !== "off";

function dress() {
  const theme = localStorage.getItem("theme") || "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.documentElement.lang = language;
}

function frame() {
  $("skip").textContent = t("Skip to the content");
  $("settings").textContent = t("Settings and keys");
  $("settings").title = "?";
  $("panels").setAttribute("aria-label", t("Parts"));
  clear($("panels"), parts.map((part) => h("button", {
    type: "button", id: `to-${part.name}`, title: `Shift+${part.key}`,
    "aria-current": part.name === now?.part.name ? "page" : undefined, onclick: () => open(part.name),
  }, t(part.title))));
  figures();
  unsaved({ count: api.unsaved(), why: "" });
}

function figures() {
  const of = api.project.figures;
  $("figures").textContent = [t("{n} pictures", { n: of.pictures }), t("{n} decided", { n: of.decided }), t("{n} changed", { n: of.changed })].join(" · ");
}

function unsaved({ count, why }) {
  $("unsaved").textContent = count ? (why ? t("{n} answers are not saved yet: {why}", { n: count, why }) : t("{n} not saved yet", { n: count })) : "";
}

export function open(name) {
  const part = parts.find((one) => one.name === name) ?? parts[0];
  now?.made.unmount?.();
  const root = h("section", { "aria-label": t(part.title) });
  clear($("main"), root);
  now = { part, made: {} };
  history.replaceState(null, "", `#${part.name}`);
  document.title = `${t(part.title)} · Linne`;
  command(api.project.command);
  now.made = part.mount(root, api, t) ?? {};
  frame();
}

function settings() {
  const field = (label, control) => h("label", { class: "field" }, h("span", { class: "soft" }, label), h("br"), control);
  const pick = (values, value, then) => {
    const made = h("select", { onchange: () => then(made.value) }, values.map(([key, text]) => h("option", { value: key }, text)));
    made.value = value;
    return made;
  };
  const keep = (name, value) => { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); };
  const again = () => { dress(); open(now.part.name); made.close(); };
  const listed = [["?", t("this help")], ...parts.map((part) => [`Shift+${part.key}`, t(part.title)]), ["u", t("undo the last decision")]];
  const own = [...Object.entries(now.made.keys ?? {}).map(([key, [text]]) => [key, text]), ...(now.made.help ?? [])];
  const table = (rows) => h("table", {}, h("tbody", {}, rows.map(([key, text]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, text)))));
  const made = dialog(t("Settings and keys"), h("div", {},
    h("div", { class: "row" },
      field(t("Language"), pick([["en", "English"], ["zh", "中文"]], language, (to) => { speak(to); again(); })),
      field(t("Colours"), pick([["", t("as the system")], ["light", t("light")], ["dark", t("dark")]], localStorage.getItem("theme") || "",
        (to) => { keep("theme", to); again(); })),
      field(t("Your name, beside your decisions"), h("input", { type: "text", maxlength: "100", value: api.me(), onchange: (event) => keep("who", event.target.value.trim()) })),
      h("label", { class: "row" }, h("input", { type: "checkbox", checked: keysOn(), onchange: (event) => keep("keys", event.target.checked ? "" : "off") }), t("Single keys work"))),
    h("h3", {}, t("Keys"), " · ", t("everywhere")), table(listed),
    own.length ? h("h3", {}, t(now.part.title)) : null, own.length ? table(own) : null));
}

function typed(event) {
  const field = event.target.closest?.("input, select, textarea, [contenteditable]");
  const inside = field && !["checkbox", "radio", "range"].includes(field.type);
  if (inside || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || !keysOn()) return;
  const part = parts.find((one) => event.shiftKey && one.key === event.key.toUpperCase() && /^[A-Z]$/.test(event.key));
  const own = now?.made.keys?.[event.key];
  if (own) own[1](event);
  else if (event.key === "?") settings();
  else if (part) open(part.name);
  else if (event.key === "u") { if (!api.undo()) toast(t("Nothing to undo.")); }
  else return;
  event.preventDefault();
}

async function start() {
  dress();
  let modules;
  try {
    modules = await api.begin();
  } catch (error) {
    const text = error.status === 401 || error.status === 403 ? t("The studio needs the address that was printed when it was started, with its token.") : error.message;
    clear($("main"), h("section", {}, h("div", { class: "card", role: "alert" }, text)));
    return;
  }
  const names = api.project.panels;
  modules.forEach((module, place) => { add(module.zh ?? {}); parts.push({ ...module, name: names[place] }); });
  parts.sort((a, b) => a.order - b.order);
  $("settings").addEventListener("click", settings);
  addEventListener("keydown", typed);
  api.on("changes", figures);
  api.on("unsaved", unsaved);
  api.on("refused", (text) => toast(text, 8));
  api.on("many", (n) => toast(t("At most {n} pictures are decided on at once; the first ones were taken.", { n }), 8));
  api.on("command", command);
  let newest = 0;
  api.on("jobs", (jobs) => { if (jobs.length && jobs[0].id > newest) { newest = jobs[0].id; command(jobs[0].command); } });
  api.on("fought", (rows) => toast(t("Two people answered differently: {against}. Both answers are in the file; look at the conflicts.", { against: rows[0].against }), 12));
  open(location.hash.slice(1));
  api.look();
  setTimeout(api.follow, 50);
}

start();
