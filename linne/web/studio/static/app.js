// The frame: parts of the page, keys, language, colours, what is not saved yet.

import * as api from "./api.js";
import { add, language, missing, speak, t } from "./words.js";
import { clear, command, dialog, h, toast, undo } from "./ui.js";

const parts = [];
let now = null;
window.linne = { api, missing };  // for whoever looks at it in the browser's console, and for tests

const $ = (id) => document.getElementById(id);
const keysOn = () => localStorage.getItem("keys") !== "off";

const system = matchMedia("(prefers-color-scheme: dark)");
function dress() {
  const theme = localStorage.getItem("theme") || "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.documentElement.lang = language;
  api.events.dispatchEvent(new Event("dressed"));  // what is painted into pixels is painted again
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
  unsaved();
}

function figures() {
  const of = api.project.figures;
  $("figures").textContent = [t("{n} pictures", { n: of.pictures }), t("{n} decided", { n: of.decided }), t("{n} changed", { n: of.changed })].join(" · ");
}

// what is saved within the blink of an eye is not spoken of
const BLINK = 400;
let blink = 0;
function unsaved() {
  clearTimeout(blink);
  const n = api.unsaved(), { why, lost } = api;
  const say = () => { $("unsaved").textContent = n ? t("{n} not saved yet", { n }) + (why ? `: ${why}` : "") : lost; };
  if (n && !why && !$("unsaved").textContent) blink = setTimeout(say, BLINK);
  else say();
}

// a part of the page; the way back leads to the one before
export function open(name) {
  const part = parts.find((one) => one.name === name) ?? parts[0];
  const way = now ? "pushState" : "replaceState";
  now?.made.unmount?.();
  const root = h("section", { "aria-label": t(part.title) });
  clear($("main"), root);
  now = { part, made: {} };
  if (location.hash !== `#${part.name}`) history[way](null, "", `#${part.name}`);
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
  const listed = [["?", t("this help")], ...parts.map((part) => [`Shift+${part.key}`, t(part.title)]), ["u", t("undo the last decision")]];
  const helped = now.made.help ?? [], own = [...Object.entries(now.made.keys ?? {}).filter(([, [text]]) => text).map(([key, [text]]) => [key === " " ? t("Space") : key, text]), ...helped];
  const table = (rows) => h("table", {}, h("tbody", {}, rows.map(([key, text]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, text)))));
  const made = dialog(t("Settings and keys"), h("div", {},
    h("div", { class: "row" },
      field(t("Language"), pick([["en", "English"], ["zh", "中文"]], language, (to) => { speak(to); dress(); made.close(); open(now.part.name); })),
      field(t("Colours"), pick([["", t("as the system")], ["light", t("light")], ["dark", t("dark")]], localStorage.getItem("theme") || "",
        (to) => { keep("theme", to); dress(); })),
      field(t("Your name, beside your decisions"), h("input", { type: "text", maxlength: "100", value: api.me(), onchange: (event) => keep("who", event.target.value.trim()) })),
      h("label", { class: "row" }, h("input", { type: "checkbox", checked: keysOn(), onchange: (event) => keep("keys", event.target.checked ? "" : "off") }), t("Single keys work"))),
    h("h3", {}, t("Keys"), " · ", t("everywhere")), table(listed),
    own.length ? h("h3", {}, t(now.part.title)) : null, own.length ? table(own) : null));
}

function typed(event) {
  const field = event.target.closest?.("input, select, textarea, [contenteditable]");
  // a dialog that has just closed keeps the focus until the next frame: what is typed then is not for it
  const inside = field?.getClientRects().length && !["checkbox", "radio", "range"].includes(field.type);
  if (inside || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || !keysOn()) return;
  if ([" ", "Enter"].includes(event.key) && event.target.matches?.("input, :is(button, a, summary):focus-visible")) return;  // it is meant itself
  const part = parts.find((one) => event.shiftKey && one.key === event.key.toUpperCase() && /^[A-Z]$/.test(event.key));
  const own = now?.made.keys?.[event.key];
  if (own) own[1](event);
  else if (event.key === "?") settings();
  else if (part) open(part.name);
  else if (event.key === "u") undo();
  else return;
  event.preventDefault();
}

async function start() {
  dress();
  let modules;
  try {
    modules = await api.begin();
  } catch (error) {
    const text = error.status === 403 ? t("The studio needs the address that was printed when it was started, with its token.") : error.message;
    clear($("main"), h("section", {}, h("div", { class: "card", role: "alert" }, text)));
    return;
  }
  const names = api.project.panels;
  modules.forEach((module, place) => { add(module.zh ?? {}); parts.push({ ...module, name: names[place] }); });
  parts.sort((a, b) => a.order - b.order);
  $("settings").addEventListener("click", settings);
  $("skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
  addEventListener("keydown", typed);
  api.on("changes", figures);
  api.on("unsaved", unsaved);
  api.on("refused", (text) => toast(text, 8));
  api.on("many", (n) => toast(t("At most {n} pictures are decided on at once; the first ones were taken. For the others, do it again.", { n }), 8));
  api.on("command", command);
  api.on("project", figures);
  system.addEventListener("change", dress);
  addEventListener("popstate", () => { const name = location.hash.slice(1); if (parts.some((part) => part.name === name)) open(name); });
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());  // else the browser leaves for the file
  let newest = -1;
  api.on("jobs", (jobs) => {
    const id = jobs[0]?.id ?? 0;
    if (id > newest && newest >= 0) command(jobs[0].command);
    newest = Math.max(newest, id);
  });
  api.on("fought", (rows) => toast(t("Two people answered differently: {against}. Both answers are in the file; look at the conflicts.", { against: rows[0].against }), 12));
  open(location.hash.slice(1));
  api.look();
  if (api.project.strangers) toast(t("{n} decisions of {overlay} are of pictures that are not here; they stay in the file.", { n: api.project.strangers, overlay: api.project.overlay }), 12);
  setTimeout(api.follow, 50);
}

start();
