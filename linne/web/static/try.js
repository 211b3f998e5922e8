// The page to try a server: pictures from files, the clipboard or the camera; whatever comes back is shown as text.
const WORDS = {
  en: {
    title: "Try a picture", model: "Model", choose: "Choose pictures", camera: "Use the camera", shoot: "Take the picture",
    close: "Close the camera", also: "Say also", heat: "where it looked", unknown: "whether it is none of these",
    set: "a set that holds the right class {} times of 100", same: "The same from a terminal:",
    how: "Drop pictures here, paste one, or choose files. They are sent to this server and kept nowhere.",
    asking: "asking …", none: "none", strange: "none of the classes", nobody: "unknown", other: "中文", lang: "zh",
    noCamera: "The camera cannot be used: ", gone: "The server does not answer.", inSet: "set: ", nearest: "alike: ",
    heatmap: "where it looked", seconds: "s",
  },
  zh: {
    title: "试一张图片", model: "模型", choose: "选择图片", camera: "使用摄像头", shoot: "拍照",
    close: "关闭摄像头", also: "同时给出", heat: "模型看了哪里", unknown: "是否都不是",
    set: "100 次中有 {} 次含正确类别的集合", same: "在终端中同样可用：",
    how: "把图片拖到这里、粘贴，或选择文件。图片只发给这台服务器，不会被保存。",
    asking: "正在询问……", none: "无", strange: "不属于任何类别", nobody: "未知", other: "English", lang: "en",
    noCamera: "无法使用摄像头：", gone: "服务器没有应答。", inSet: "集合：", nearest: "相近：",
    heatmap: "模型看了哪里", seconds: "秒",
  },
};
const at = (id) => document.getElementById(id);
let tongue = (localStorage.getItem("linne-language") || navigator.language || "en").startsWith("zh") ? "zh" : "en";
let models = [], most = 16, stream = null;

function chosenOne() { return models.find((model) => model.name === at("model").value); }

function word(name) { return WORDS[tongue][name].replace("{}", Math.round(100 * (chosenOne()?.asks?.coverage ?? 0.95))); }

function speak() {
  document.documentElement.lang = tongue;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  at("language").textContent = word("other");
  at("language").lang = word("lang");
  document.title = "Linne: " + word("title");
}

function add(parent, tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}

async function enter() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  await fetch("session", { method: "POST", headers: { "content-type": "application/json", "x-linne": "1" },
    body: JSON.stringify({ token }) });
}

async function asked(path, options) {
  let answer;
  try { answer = await fetch(path, options); } catch { throw new Error(word("gone")); }
  const found = await answer.json().catch(() => ({ error: answer.statusText }));
  if (found.error) throw new Error(found.error);
  return found;
}

async function begin() {
  speak();
  await enter();
  try {
    const told = await asked("models");
    models = told.models;
    most = Math.min(most, told.most);
  } catch (error) { at("said").textContent = error.message; return; }
  for (const one of models) add(at("model"), "option", one.name).value = one.name;
  chosen();
}

function chosen() {
  const asks = chosenOne()?.asks ?? {};
  for (const [id, able] of [["heat", asks.explain], ["set", asks.coverage], ["unknown", asks.unknown]]) {
    at(id).disabled = !able;
    at(id).checked &&= Boolean(able);
  }
  at("asked").hidden = !(asks.explain || asks.coverage || asks.unknown);
  speak();
  commanded();
}

function commanded() { at("command").textContent = `curl -F picture=@photo.jpg '${location.origin}/${query()}'`; }

// what is asked for, as the address has it
function query() {
  const one = chosenOne(), wanted = new URLSearchParams({ model: at("model").value });
  if (one?.kind === "gallery") return `identify?${wanted}`;
  wanted.set("top", "5");
  if (at("heat").checked) wanted.set("explain", "cam");
  if (at("set").checked) wanted.set("coverage", one.asks.coverage);
  if (at("unknown").checked) wanted.set("unknown", one.asks.unknown);
  return `predict?${wanted}`;
}

async function send(pictures) {
  const all = [...pictures], path = query(), began = performance.now();
  if (all.length) at("said").textContent = word("asking");
  try {
    for (let from = 0; from < all.length; from += most) {
      const some = all.slice(from, from + most), form = new FormData();
      for (const one of some) form.append("pictures", one, one.name || "picture");
      const found = await asked(path, { method: "POST", body: form });
      (found.predictions || found.answers).forEach((one, place) => at("answers").prepend(shown(one, some[place])));
      const seconds = ((performance.now() - began) / 1000).toFixed(2);
      at("said").textContent = `${from + some.length} / ${all.length}: ${seconds} ${word("seconds")}`;
    }
  } catch (error) { at("said").textContent = error.message; }
}

function shown(one, file) {
  const item = document.createElement("li");
  item.className = "answer";
  const left = add(item, "div", undefined, "shown");
  const image = add(left, "img");
  image.alt = file.name || "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  const right = add(item, "div");
  add(right, "div", one.problem || label(one), "label");
  add(right, "div", file.name || "", "name");
  const shares = one.probabilities ? Object.entries(one.probabilities) : (one.nearest || []).map((near) => [near.name, near.similarity]);
  if (shares.length) table(right, shares);
  if (one.set) add(right, "div", word("inSet") + (one.set.join(", ") || word("none")), "more");
  if (one.heatmap) image.addEventListener("load", () => heat(left, one.heatmap, image));
  return item;
}

function label(one) {
  if (one.unknown) return word("strange");
  if (one.labels) return one.labels.join(", ") || word("none");
  if (one.known === false) return word("nobody");
  return one.label || one.name || word("none");
}

function table(parent, shares) {
  const body = add(add(parent, "table"), "tbody");
  for (const [name, share] of shares) {
    const row = add(body, "tr");
    add(row, "td", name);
    const meter = add(add(row, "td"), "meter");
    meter.max = 1;
    meter.value = Math.max(0, share);
    meter.setAttribute("aria-label", name);
    add(row, "td", (100 * share).toFixed(1) + " %", "share");
  }
}

// the heat over the part of the picture that the model sees; a letterbox's bars stay empty
function heat(parent, rows, image) {
  const canvas = add(parent, "canvas"), side = 320;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", word("heatmap"));
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d"), { naturalWidth: wide, naturalHeight: high } = image;
  const { fit, crop } = chosenOne()?.geometry ?? {};
  const cut = crop * Math.min(wide, high), scale = side / Math.max(wide, high);
  if (fit === "crop") pen.drawImage(image, (wide - cut) / 2, (high - cut) / 2, cut, cut, 0, 0, side, side);
  if (fit === "squash") pen.drawImage(image, 0, 0, side, side);
  if (fit === "letterbox") pen.drawImage(image, (side - wide * scale) / 2, (side - high * scale) / 2, wide * scale, high * scale);
  pen.globalAlpha = fit ? 0.5 : 1;
  pen.drawImage(heated(rows), 0, 0, side, side);
}

function heated(rows) {
  const canvas = document.createElement("canvas");
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const pen = canvas.getContext("2d"), pixels = pen.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((value, place) => {
    const share = Math.min(1, Math.max(0, value));
    pixels.data.set([255 * Math.min(1, 2 * share), 255 * Math.max(0, 2 * share - 1), 80 * (1 - share), 255], 4 * place);
  });
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

async function camera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    at("video").srcObject = stream;
    at("live").hidden = false;
    await at("video").play();
  } catch (error) { at("said").textContent = word("noCamera") + (error.message || error.name); }
}

function closed() {
  for (const track of stream ? stream.getTracks() : []) track.stop();
  stream = null;
  at("live").hidden = true;
}

function shoot() {
  const canvas = document.createElement("canvas");
  canvas.width = at("video").videoWidth;
  canvas.height = at("video").videoHeight;
  canvas.getContext("2d").drawImage(at("video"), 0, 0);
  canvas.toBlob((blob) => blob && send([new File([blob], "camera.png", { type: "image/png" })]), "image/png");
}

at("language").addEventListener("click", () => {
  tongue = tongue === "en" ? "zh" : "en";
  localStorage.setItem("linne-language", tongue);
  speak();
});
at("model").addEventListener("change", chosen);
at("asked").addEventListener("change", commanded);
at("files").addEventListener("change", (event) => { send(event.target.files); event.target.value = ""; });
at("camera").addEventListener("click", camera);
at("close").addEventListener("click", closed);
at("shoot").addEventListener("click", shoot);
document.addEventListener("paste", (event) => send(event.clipboardData.files));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") send(event.dataTransfer.files);
  });
}
begin();
