// Try: pictures that are dropped, or the camera's, answered by the open run; enrolled, and recognised.

import { clear, command, h, toast } from "../ui.js";

export const title = "Try", order = 50, key = "Y";
export const zh = {
  "Try": "试用", "Drop pictures here": "把图片拖到这里", "Choose pictures": "选择图片", "Camera": "相机", "Close the camera": "关闭相机", "Take a picture": "拍照", "Answer all the time": "持续回答",
  "No run is open: train one first, or open one under Train.": "没有打开的训练：请先训练，或在“训练”中打开一个。", "Answers of {run}": "{run} 的回答", "What is asked": "提问内容", "What is it?": "这是什么？", "Who is it?": "这是谁？",
  "Set that holds the right class, %": "包含正确类别的集合（%）", "Say unknown, and keep this share of own pictures, %": "识别未知，保留自己图片的比例（%）", "Where it looked": "关注区域", "Pictures it learned from that are alike": "训练图片中最相似的",
  "In {n} % of pictures the right class is one of the set: {classes}": "{n} % 的图片，正确类别在此集合中：{classes}", "none of the classes": "不属于任何类别", "one of the classes": "属于这些类别", "Enrol these pictures as": "将这些图片登记为", "Enrol": "登记", "Enrolled: {n}": "已登记：{n}",
  "There is no picture among what came.": "其中没有图片。", "Nobody is enrolled yet. Say under Gallery who this is.": "还没有登记任何人。请在“图库”中填写这是谁。", "{n} pictures came; the first {most} are looked at. linne predict takes a folder.": "来了 {n} 张图片；只看前 {most} 张。整个文件夹请用 linne predict。",
  "{name} has {n} MB; a picture may have {most}.": "{name} 有 {n} MB；一张图片最多 {most} MB。",
  "Give a name first.": "请先填写名字。", "Give pictures first.": "请先给出图片。", "unknown": "未知", "similarity {n}": "相似度 {n}", "The camera cannot be used: {why}": "无法使用相机：{why}", "Clear": "清空", "Answers": "回答", "Gallery": "图库",
  "{n} enrolled as {name}.": "已将 {n} 张登记为 {name}。", "Pictures are looked at and forgotten; of enrolled ones features are kept.": "图片看过即忘；登记的图片只保留特征。", "reading": "读取中", "Probability": "概率", "Class": "类别", "of the picture": "图片",
};
const MOST = 64;  // cards that are kept
const TOGETHER = 32;  // pictures that are enrolled at once
const LARGEST = 30e6;  // bytes of a picture

const encoded = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

export function mount(root, api, t) {
  let given = [], stream = null, live = false, alive = true, round = 0, filming = false, people = 0;
  const held = new WeakSet();  // enrolled ones: they are not somebody else as well
  const results = h("div", { id: "answers", role: "region", tabindex: "0", "aria-label": t("Answers"), "aria-live": "polite" });
  results.style.cssText = "overflow:auto;padding:.7rem .9rem;display:grid;gap:.6rem;align-content:start";
  const file = h("input", { type: "file", accept: "image/*", multiple: true, id: "files", "aria-label": t("Choose pictures"), onchange: () => take([...file.files]) });
  file.style.cssText = "max-width:100%;color:transparent";  // how many were chosen is seen by their answers
  const video = h("video", { hidden: true, autoplay: true, muted: true, "aria-label": t("Camera") });
  video.playsInline = true;
  video.style.cssText = "width:100%;border-radius:8px";
  const mode = h("select", { id: "mode", onchange: () => { ready(); again(); } }, [["what", "What is it?"], ["who", "Who is it?"]].map(([value, text]) => h("option", { value }, t(text))));
  const percent = (value, id) => h("input", { type: "number", min: "0", max: "99", value, id, onchange: again });
  const cover = percent("95", "coverage"), strange = percent("95", "unknown");
  const box = (text, id) => { const made = h("input", { type: "checkbox", checked: true, id, onchange: again }); return [made, h("label", { class: "row tight" }, made, t(text))]; };
  const [heat, heatRow] = box("Where it looked", "heat"), [near, nearRow] = box("Pictures it learned from that are alike", "near");
  const field = (text, control) => h("label", { class: "field" }, h("span", { class: "soft" }, t(text)), control);
  const who = h("input", { type: "text", maxlength: "200", id: "who" }), enrolled = h("p", { class: "soft small", role: "status", id: "enrolled" });
  const camera = h("button", { type: "button", onclick: film }, t("Camera")), shot = h("button", { type: "button", hidden: true, onclick: photograph }, t("Take a picture"));
  const always = h("input", { type: "checkbox", onchange: () => { const was = live; live = always.checked; if (live && !was) filmed(); } });
  const alwaysRow = h("label", { class: "row", hidden: true }, always, t("Answer all the time"));
  const drop = h("div", { class: "card", id: "drop" }, h("p", {}, t("Drop pictures here")), file, h("div", { class: "row" }, camera, shot, alwaysRow), video);
  const asks = h("div", {}, field("Set that holds the right class, %", cover), field("Say unknown, and keep this share of own pictures, %", strange), heatRow, nearRow);
  const aside = h("aside", { "aria-label": t("What is asked") }, drop, h("p", { class: "soft small" }, t("Pictures are looked at and forgotten; of enrolled ones features are kept.")),
    field("What is asked", mode), asks,
    h("h2", {}, t("Gallery")), field("Enrol these pictures as", who), h("button", { type: "button", onclick: enrol }, t("Enrol")), enrolled);
  const by = h("span", { class: "soft" });
  const head = h("div", { class: "bar" }, h("h1", {}, t("Answers")), by, h("button", { type: "button", class: "push", onclick: () => { round += 1; given = []; clear(results); } }, t("Clear")));
  const none = h("p", { class: "soft bar" }, t("No run is open: train one first, or open one under Train."));
  clear(root, h("div", { class: "side" }, aside, h("div", { class: "middle" }, h("div", {}, head, none), results)));
  for (const name of ["dragover", "drop"]) root.addEventListener(name, (event) => event.preventDefault());
  root.addEventListener("drop", (event) => take([...event.dataTransfer.files].filter((one) => !one.type || one.type.startsWith("image/"))));

  async function take(files) {
    const own = round, shown = files.slice(0, MOST);
    if (!files.length) return toast(t("There is no picture among what came."));
    if (files.length > MOST) toast(t("{n} pictures came; the first {most} are looked at. linne predict takes a folder.", { n: files.length, most: MOST }), 8);
    for (const one of shown) {
      if (!alive || own !== round) break;
      if (one.size > LARGEST) { toast(t("{name} has {n} MB; a picture may have {most}.", { name: one.name, n: Math.ceil(one.size / 1e6), most: LARGEST / 1e6 }), 8); continue; }
      try { await answer({ name: one.name, data: await encoded(one) }); } catch (error) { toast(error.message, 8); }
    }
    file.value = "";
  }

  async function answer(picture, card = h("article", { class: "card" })) {
    if (!given.includes(picture)) given = [...given, picture].slice(-MOST);
    if (!card.childElementCount) clear(card, h("p", { class: "name soft" }, `${picture.name} · ${t("reading")}`));
    if (!card.isConnected) results.prepend(card);
    while (results.children.length > MOST) results.lastChild.remove();
    try {
      if (mode.value === "who") await listed;
      if (mode.value === "who" && !people) return clear(card, h("p", { class: "name soft small" }, picture.name), h("img", { src: picture.data, alt: picture.name, width: 150 }), h("p", {}, t("Nobody is enrolled yet. Say under Gallery who this is.")));
      if (mode.value === "who") {
        const told = await api.post("/api/try/identify", { pictures: [picture] });
        return alive && recognised(card, picture, told);
      }
      const asked = { pictures: [picture], coverage: (Number(cover.value) || 0) / 100, unknown: (Number(strange.value) || 0) / 100, heat: heat.checked, near: near.checked };
      const told = await api.post("/api/try/predict", asked);
      if (alive) shown(card, picture, told, asked.coverage);
    } catch (error) { clear(card, h("p", { class: "bad", role: "alert" }, error.message)); }
  }

  function shown(card, picture, told, coverage) {
    const one = told.answers[0];
    by.textContent = t("Answers of {run}", { run: told.run });
    command(told.command);
    const label = one.problem ? "—" : one.labels ? one.labels.join(", ") || "—" : one.label ?? "—";
    const image = h("img", { alt: `${t("of the picture")} ${picture.name}`, src: picture.data, width: 150 });
    const seen = one.heat ? h("img", { alt: t("Where it looked"), src: `data:image/jpeg;base64,${one.heat}`, width: 150, class: "heat" }) : null;
    const odds = h("table", {}, h("thead", { class: "hidden" }, h("tr", {}, h("th", { scope: "col" }, t("Class")), h("th", { scope: "col" }, t("Probability")))),
      h("tbody", {}, one.probabilities.map(([name, value]) => h("tr", {}, h("th", { scope: "row", class: "name" }, name), h("td", {}, `${(100 * value).toFixed(1)} %`)))));
    const alike = (one.near ?? []).length ? [h("h3", {}, t("Pictures it learned from that are alike")), h("div", { class: "row near" }, one.near.map((other) => h("figure", {},
      other.row >= 0 ? h("img", { src: api.thumb(other.row), alt: other.name, width: 84 }) : h("span", { class: "name small" }, other.name),
      h("figcaption", { class: "small" }, h("span", { class: "name" }, other.label), h("br"), t("similarity {n}", { n: other.likeness.toFixed(2) })))))] : null;
    for (const frame of alike?.[1].querySelectorAll("figure") ?? []) frame.style.margin = "0";
    clear(card, h("h2", { class: "name label" }, label), h("p", { class: "name soft small" }, picture.name), one.problem ? h("p", { class: "bad", role: "alert" }, one.problem) : null,
      h("div", { class: "row" }, image, seen, h("div", {}, one.problem ? null : odds)),
      one.set?.length !== undefined ? h("p", { class: "set" }, t("In {n} % of pictures the right class is one of the set: {classes}", { n: Math.round(100 * coverage), classes: [].concat(one.set).join(", ") || "—" })) : null,
      one.unknown !== undefined && one.unknown !== null ? h("p", { class: "strange" }, t(one.unknown === true ? "none of the classes" : "one of the classes")) : null,
      alike, told.notes.map((text) => h("p", { class: "soft small", lang: "en" }, text)));
  }

  function recognised(card, picture, told) {
    const one = told.answers[0];
    command(told.command);
    clear(card, h("h2", { class: "name label" }, one.problem ? "—" : one.known ? one.name : t("unknown")), h("p", { class: "name soft small" }, picture.name), one.problem ? h("p", { class: "bad", role: "alert" }, one.problem) : null,
      h("div", { class: "row" }, h("img", { src: picture.data, alt: picture.name, width: 150 }), h("ul", { class: "plain" }, one.nearest.map((other) => h("li", {}, h("span", { class: "name" }, other.name), " ", h("span", { class: "soft" }, t("similarity {n}", { n: other.similarity.toFixed(2) })))))),
      told.notes.map((text) => h("p", { class: "soft small", lang: "en" }, text)));
  }

  // all of them once more, by what is asked now
  async function again() {
    const own = ++round;
    clear(results);
    for (const picture of [...given]) if (alive && own === round) await answer(picture);
  }

  async function enrol() {
    if (!who.value.trim()) return toast(t("Give a name first."));
    const name = who.value.trim(), pictures = given.filter((one) => !held.has(one)).slice(-TOGETHER);
    if (!pictures.length) return toast(t("Give pictures first."));
    try {
      const told = await api.post("/api/try/enrol", { pictures, name });
      pictures.forEach((one) => held.add(one));
      if (!alive) return;
      command(told.command);
      toast(t("{n} enrolled as {name}.", { n: pictures.length, name }));
      gallery(told);
      if (mode.value === "who") again();
    } catch (error) { toast(error.message, 8); }
  }

  function gallery(told) {
    people = told.identities.length;
    enrolled.textContent = t("Enrolled: {n}", { n: people }) + (people ? ` · ${told.identities.slice(0, 20).join(", ")}${people > 20 ? ", …" : ""}` : "");
  }

  async function film() {
    if (stream) return dark();
    if (filming) return;
    filming = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch (error) { return toast(t("The camera cannot be used: {why}", { why: error.message }), 8); } finally { filming = false; }
    if (!alive) return dark();  // its light goes out
    video.srcObject = stream;
    for (const one of [video, shot, alwaysRow]) one.hidden = false;
    camera.textContent = t("Close the camera");
  }

  function dark() {
    live = always.checked = false;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    for (const one of [video, shot, alwaysRow]) one.hidden = true;
    camera.textContent = t("Camera");
  }

  async function photograph() {
    if (!stream || !video.videoWidth) return;
    const canvas = h("canvas");
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    const picture = { name: `${t("Camera")} ${new Date().toLocaleTimeString()}`, data: await encoded(blob) };
    if (live) given = [];
    await (live ? answer(picture, results.firstElementChild ?? undefined) : answer(picture));
  }
  // one picture after the other into the same card
  async function filmed() {
    clear(results);
    while (live && alive && stream) {
      await photograph();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  function ready() {
    asks.hidden = mode.value === "who";
    none.hidden = asks.hidden || Boolean(api.project.run);
  }
  ready();
  const off = api.on("project", ready);
  const listed = api.get("/api/try/gallery").then(gallery, (error) => toast(error.message, 8));
  return { unmount() { alive = false; off(); dark(); }, keys: { c: [t("Camera"), film], p: [t("Take a picture"), photograph] } };
}
