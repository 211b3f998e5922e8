// Export: labels for other tools and from them, a run as a bundle.

import { clear, command, h, job, toast } from "../ui.js";

export const title = "Export", order = 60, key = "E";
export const zh = {
  "Export": "导出", "Labels for other tools": "给其他工具的标签", "Format": "格式", "Write the labels": "写出标签", "Keep {name}": "保存 {name}", "{labelled} of {n} pictures have labels; paths are relative to {base}": "{n} 张图片中 {labelled} 张有标签；路径相对于 {base}",
  "Labels from other tools": "来自其他工具的标签", "A file of COCO, CVAT, Label Studio, or a table; its pictures are looked for in this project alone.": "COCO、CVAT、Label Studio 的文件或表格；只在本项目中查找图片。", "Choose a file": "选择文件", "Read the labels": "读入标签",
  "{decided} pictures decided, {same} were so already, {strangers} names are no pictures of this project": "已决定 {decided} 张，{same} 张本来就如此，{strangers} 个名字不是本项目的图片", "A run for elsewhere": "导出训练好的模型", "Run": "训练", "Export the run": "导出模型",
  "No finished run yet: train one.": "还没有完成的训练：请先训练。", "This installation has no command to export runs.": "此安装没有导出模型的命令。", "The bundle is in {place}": "导出文件夹：{place}", "Choose a file first.": "请先选择文件。", "{name} has {n} MB; a file of labels may have {most}.": "{name} 有 {n} MB；标签文件最多 {most} MB。",
};

const MOST = 60e6;  // bytes of a file of labels

export function mount(root, api, t) {
  const labels = h("select", { id: "format" }), bundles = h("select", { id: "bundle" }), runs = h("select", { id: "export-run" });
  const written = h("div", { id: "written", role: "status" }), came = h("div", { id: "came", role: "status" }), bundled = h("p", { id: "bundled", role: "status", class: "name" });
  const file = h("input", { type: "file", accept: ".json,.xml,.csv,.tsv", id: "labels-file" });
  const wrote = job("labels", done), exported = job("export", (own) => { bundled.textContent = t("The bundle is in {place}", { place: own.command.split("--out ").at(-1) }); });
  const field = (text, control) => h("label", { class: "field" }, h("span", { class: "soft" }, t(text)), control);
  const button = (text, then, id) => h("button", { type: "button", class: "main", id, onclick: then }, t(text));
  const third = h("div", { class: "card" });
  const body = h("div", {}, h("h1", {}, t("Export")),
    h("div", { class: "card" }, h("h2", {}, t("Labels for other tools")), field("Format", labels), button("Write the labels", write, "write-labels"), wrote.line, written),
    h("div", { class: "card" }, h("h2", {}, t("Labels from other tools")), h("p", { class: "soft" }, t("A file of COCO, CVAT, Label Studio, or a table; its pictures are looked for in this project alone.")), field("Choose a file", file), button("Read the labels", read, "read-labels"), came), third);
  body.style.cssText = "max-width:46rem;margin:0 auto;padding:1rem;display:grid;gap:.8rem";
  clear(root, body);

  async function fill() {
    const [told, every] = await Promise.all([api.get("/api/exchange"), api.get("/api/train/runs")]);
    clear(labels, Object.entries(told.labels).map(([name, end]) => h("option", { value: name }, `${name} (${end})`)));
    const done_ = every.filter((one) => one.state === "done");
    if (!told.bundles.length) return clear(third, h("h2", {}, t("A run for elsewhere")), h("p", { class: "soft" }, t("This installation has no command to export runs.")));
    clear(bundles, told.bundles.map((name) => h("option", { value: name }, name)));
    clear(runs, done_.map((one) => h("option", { value: one.id }, one.name)));
    runs.value = done_.find((one) => one.open)?.id ?? done_[0]?.id;
    bundles.value = told.bundles.includes("onnx") ? "onnx" : told.bundles[0];
    clear(third, h("h2", {}, t("A run for elsewhere")), done_.length ? [field("Run", runs), field("Format", bundles), button("Export the run", bundle, "export-bundle")] : h("p", { class: "soft" }, t("No finished run yet: train one.")), exported.line, bundled);
  }

  async function write() {
    clear(written);
    try {
      command((await api.post("/api/exchange/labels", { to: labels.value })).command);
      api.look();
    } catch (error) { toast(error.message, 8); }
  }

  async function done(own) {
    let told;
    try { told = await api.get(`/api/exchange/written/${own.id}`); } catch (error) { return toast(error.message, 8); }
    clear(written, h("p", {}, t("{labelled} of {n} pictures have labels; paths are relative to {base}", { labelled: told.labelled, n: told.pictures, base: told.base })),
      h("p", { class: "row" }, told.files.map((name, k) => h("a", { href: `/api/exchange/file/${own.id}?number=${k}`, download: name }, t("Keep {name}", { name })))), told.notes.map((text) => h("p", { class: "soft small" }, text)));
  }

  async function read() {
    const one = file.files[0];
    if (!one) return toast(t("Choose a file first."));
    if (one.size > MOST) return toast(t("{name} has {n} MB; a file of labels may have {most}.", { name: one.name, n: Math.ceil(one.size / 1e6), most: MOST / 1e6 }), 8);
    try {
      const told = await api.post("/api/exchange/read", { name: one.name, text: await one.text(), who: api.me() });
      clear(came, h("p", {}, t("{decided} pictures decided, {same} were so already, {strangers} names are no pictures of this project", told)), told.notes.map((text) => h("p", { class: "soft small" }, text)));
      command(told.command);
    } catch (error) { clear(came, h("p", { class: "bad", role: "alert" }, error.message)); }
  }

  async function bundle() {
    bundled.textContent = "";
    try {
      command((await api.post("/api/exchange/bundle", { run: runs.value, to: bundles.value })).command);
      api.look();
    } catch (error) { toast(error.message, 8); }
  }

  fill().catch((error) => toast(error.message, 8));
  return { unmount() { wrote.off(); exported.off(); } };
}
