"use strict";
/* What the page says, in two languages, and how an answer looks. Names of classes and files are only ever text. */
linne.lang = "en";

linne.say = (words, values = {}) => {
  const known = linne.lang === "zh" ? linne.words[words] ?? words : words;
  const told = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value instanceof linne.Trouble ? linne.trouble(value) : value]));
  return linne.filled(known, told);
};

linne.trouble = (error) => (error instanceof linne.Trouble ? linne.say(error.words, error.values) : String(error.message || error));

linne.spoken = new WeakMap();

/* Fill an element with words, again when the language changes. */
linne.put = (element, words, values) => {
  element.dataset.say = words;
  if (values) linne.spoken.set(element, values);
  element.textContent = linne.say(words, linne.spoken.get(element));
  return element;
};

linne.speak = (lang) => {
  linne.lang = lang;
  document.documentElement.lang = lang === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = linne.say(element.dataset.say, linne.spoken.get(element));
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", linne.say(element.dataset.label));
  const button = document.getElementById("language");
  button.textContent = lang === "zh" ? "English" : "中文";
  button.lang = lang === "zh" ? "en" : "zh-Hans";
};

linne.make = (name, attributes = {}, ...inside) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
};

linne.percent = (share) => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)} %`;

linne.thumb = (bitmap, side, name) => {
  const scale = Math.min(side / bitmap.width, side / bitmap.height, 1), canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  return canvas;
};

linne.SHOWN = 5;

/* The classes with the highest probabilities as bars, then what else the model knows. */
linne.answered = (answer) => {
  const { classes, several } = linne.about, out = linne.make("div", { class: "answer" });
  if (linne.strange(answer)) out.append(linne.put(linne.make("p", { class: "none" }), "Perhaps none of these: it is unlike the pictures that the model learned."));
  const order = answer.probabilities.map((_, k) => k).sort((a, b) => answer.probabilities[b] - answer.probabilities[a]);
  const list = linne.make("ol", { class: "bars" });
  for (const k of order.slice(0, linne.SHOWN)) {
    const row = linne.make("li", several && answer.set?.[k] ? { class: "said" } : {});
    const bar = linne.make("span", { class: "bar", "aria-hidden": "true" });
    bar.append(document.createElement("i"));
    bar.firstChild.style.width = `${100 * answer.probabilities[k]}%`;
    row.append(linne.make("bdi", {}, classes[k]), linne.make("span", { class: "n" }, linne.percent(answer.probabilities[k])), bar);
    list.append(row);
  }
  out.append(list);
  if (answer.set && !linne.strange(answer)) out.append(linne.sets(answer, order)); // no promise is made for strangers
  return out;
};

linne.sets = (answer, order) => {
  const { classes, several, set } = linne.about, inside = order.filter((k) => answer.set[k]);
  const line = linne.make("p", { class: "small" }), words = document.createElement("span");
  if (!inside.length) return linne.put(line, several ? "No label reaches its threshold." : "No class is likely enough for the set.");
  line.append(linne.put(words, several ? "Labels:" : "The right one is among these {share} of the time:", { share: set ? linne.percent(set.coverage) : "" }), " ");
  for (const k of inside.slice(0, 20)) line.append(linne.make("bdi", { class: "chip" }, classes[k]), " ");
  if (inside.length > 20) line.append(linne.put(document.createElement("span"), "and {n} more", { n: inside.length - 20 }));
  return line;
};

linne.strange = (answer) => linne.about.unknown && answer.unknown > linne.about.unknown.threshold;

/* One line for those who listen. */
linne.summary = (name, answer) => {
  if (linne.strange(answer)) return linne.say("{name}: perhaps none of these", { name });
  const { classes, several } = linne.about, k = linne.top(answer.probabilities);
  if (several) {
    const labels = classes.filter((_, place) => answer.set[place]);
    return linne.say("{name}: {labels}", { name, labels: labels.join(", ") || linne.say("No label reaches its threshold.") });
  }
  return linne.say("{name}: {label}, {share}", { name, label: classes[k], share: linne.percent(answer.probabilities[k]) });
};
