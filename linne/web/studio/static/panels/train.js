// Train: begin a run, watch it, stop it and go on; runs beside one another.

import { clear, command, h, job, toast } from "../ui.js";
import { curves } from "../curves.js";

export const title = "Train", order = 40, key = "T";
export const zh = {
  "Train": "训练", "A new run": "新的训练", "Minutes for a better classifier after the first one": "第一个分类器之后用于改进的分钟数", "How": "方式",
  "as time allows": "视时间而定", "the head alone": "只训练分类头", "the last part of the network": "网络的最后部分", "the whole network": "整个网络",
  "What choices go by": "选择依据", "accuracy": "准确率", "balanced accuracy": "平衡准确率", "macro F1": "宏平均 F1", "log loss": "对数损失", "Its name": "名称", "made by itself": "自动生成",
  "Start training": "开始训练", "Runs": "训练记录", "No run yet. Train one.": "还没有训练记录。请先训练。", "unfinished": "未完成", "Compare": "比较", "Choose two finished runs to compare.": "选择两个已完成的训练进行比较。",
  "Compare the two": "比较这两个", "The comparison": "比较结果", "Choose a run to see how it learned.": "选择一个训练查看其学习过程。", "Open the report": "打开报告", "Show its answers and try with it": "显示它的回答并用它试用",
  "Go on with it": "继续训练", "Loss by epoch": "各轮损失", "epochs": "轮次", "loss": "损失", "learning rate": "学习率", "Rungs of the ladder": "阶梯各级", "rung": "级", "seconds": "秒", "figure": "指标", "gain": "增益", "kept": "保留", "yes": "是", "no": "否",
  "What it says": "输出", "{value} [{low}, {high}]": "{value} [{low}, {high}]", "{metric} {value} [{low}, {high}] on {n} pictures": "{metric} {value} [{low}, {high}]（{n} 张图片）",
  "It is the run that is open.": "当前打开的就是它。", "Its answers are shown now.": "现在显示它的回答。", "Settings": "设置", "Stopped runs can go on later from where they were.": "停止的训练以后可以从原处继续。", "new run": "新建训练", "open now": "当前打开", "probe": "分类头", "tail": "网络末段", "full": "整个网络",
  "{n} classes with pictures; training takes two or more.": "有图片的类别 {n} 个；训练至少需要两个。",
};
Object.assign(zh, {
  "fit {n}": "第 {n} 次训练", "A line for each time that the network learned: for a rung, or on other parts of the pictures (folds).": "每条线是网络的一次训练：对应阶梯的一级，或图片的另一部分（折）。",
  "Learning rate by epoch": "各轮学习率", "epoch {epoch}, step {step} of {of}: loss {loss}, learning rate {rate}, {speed} pictures/s, {left} s left": "第 {epoch} 轮，第 {step} / {of} 步：损失 {loss}，学习率 {rate}，每秒 {speed} 张，还剩 {left} 秒",
  "Without it a run ends with the studio. With it the next studio of this project finds it under Runs.": "不勾选时，训练随工作室结束；勾选后，下次打开此项目时会在“训练记录”中找到它。" });
const LINES = 300, DRAWN = 4;

export function mount(root, api, t) {
  let runs = [], chosen = "", next = 0, lines = [], state = "", timer = 0, busy = false, alive = true, going = "", started = 0;
  const pair = new Set();
  const pick = (options) => h("select", {}, options.map(([value, text]) => h("option", { value }, t(text))));
  const minutes = h("input", { type: "number", min: "0", max: "100000", step: "0.5", value: "0" });
  const method = pick([["auto", "as time allows"], ["probe", "the head alone"], ["tail", "the last part of the network"], ["full", "the whole network"]]);
  const metric = pick([["", "accuracy"], ["balanced_accuracy", "balanced accuracy"], ["macro_f1", "macro F1"], ["log_loss", "log loss"]]);
  const stays = h("input", { type: "checkbox", id: "stays" });
  const name = h("input", { type: "text", maxlength: "60", placeholder: t("made by itself") });
  const field = (text, control) => h("label", { class: "field" }, h("span", { class: "soft" }, t(text)), control);
  const made = job("train", (done) => { refresh(); listen(true); });
  const versus = job("compare runs", compared);
  const list = h("ul", { class: "plain", id: "runs" }), detail = h("div", { role: "region", tabindex: "0", "aria-label": t("What it says") }), verdict = h("div", { role: "status" });
  const start = h("button", { type: "button", class: "main", id: "start", onclick: begin }, t("Start training"));
  const aside = h("aside", { "aria-label": t("A new run") }, h("h2", {}, t("A new run")),
    field("Minutes for a better classifier after the first one", minutes), field("How", method), api.project.several ? null : field("What choices go by", metric), field("Its name", name),
    h("label", { class: "row tight" }, stays, t("Goes on when the studio is closed")), h("p", { class: "soft small" }, t("Without it a run ends with the studio. With it the next studio of this project finds it under Runs.")), start, made.line, h("p", { class: "soft small" }, t("Stopped runs can go on later from where they were.")));
  const compare = h("button", { type: "button", disabled: true, onclick: both }, t("Compare the two"));
  const right = h("aside", { class: "right", "aria-label": t("Runs") }, h("h2", {}, t("Runs")), list,
    h("h2", {}, t("Compare")), h("p", { class: "soft small" }, t("Choose two finished runs to compare.")), compare, versus.line, verdict);
  detail.style.cssText = "overflow:auto;padding:.7rem .9rem";
  clear(root, h("div", { class: "side third" }, aside, h("div", { class: "middle" }, h("div", { class: "bar" }, h("h1", {}, t("Train"))), detail), right));

  const share = (one, value) => (value === null || value === undefined ? "–" : one.percent === false ? value.toFixed(3) : `${(100 * value).toFixed(1)} %`);
  const figure = (one) => (one.value === undefined || one.value === null ? "" : t("{value} [{low}, {high}]", { value: share(one, one.value), low: share(one, one.low), high: share(one, one.high) }));

  async function begin() {
    const used = api.project.figures.counts.filter((n) => n > 0).length;
    if (used < 2 && !api.project.several) return toast(t("{n} classes with pictures; training takes two or more.", { n: used }));
    start.disabled = true;
    try {
      const told = await api.post("/api/train/start", { name: name.value, minutes: Number(minutes.value) || 0, method: method.value, metric: metric.value, stays: stays.checked });
      command(told.command);
      name.value = "";
      started = told.id;
      choose(told.run);
      api.look();
      setTimeout(refresh, 1500);
    } catch (error) { toast(error.message, 8); }
    start.disabled = false;
  }

  async function refresh() {
    try { runs = await api.get("/api/train/runs"); } catch (error) { return toast(error.message, 8); }
    if (!alive) return;
    if (!chosen && runs.length) choose(runs[0].id);
    show();
  }

  function show() {
    clear(list, runs.length ? runs.map((one) => h("li", {}, h("div", { class: "row" },
      h("input", { type: "checkbox", "aria-label": `${t("Compare")}: ${one.name}`, checked: pair.has(one.id), disabled: one.state !== "done", onchange: (event) => {
        event.target.checked ? pair.add(one.id) : pair.delete(one.id);
        compare.disabled = pair.size !== 2; } }),
      h("button", { type: "button", "aria-pressed": String(one.id === chosen), onclick: () => { choose(one.id); show(); } }, h("span", { class: "name" }, one.name))),
    h("div", { class: "small soft" }, t(one.state), one.state === "done" ? ` · ${figure(one)}` : "", one.open ? ` · ${t("open now")}` : ""))) : h("li", { class: "soft" }, t("No run yet. Train one.")));
    draw();
  }

  function choose(id) { chosen = id; next = 0; lines = []; state = ""; listen(true); }

  async function listen(now = false) {
    clearTimeout(timer);
    if (!alive) return;
    if (chosen && (now || state === "running" || state === "waiting" || state === "") && !busy && !document.hidden) {
      busy = true;
      const asked = chosen;
      let more = false;
      try {
        const told = await api.get(`/api/train/log/${asked}?since=${next}`);
        if (asked === chosen) {
          if (told.next < next) lines = [];
          more = told.lines.length > 0;
          next = told.next;
          lines = [...lines, ...told.lines].slice(-5000);
          const before = state;
          state = told.state;
          if (more || state !== before) draw();
          if (state !== before && before) refresh();
        } else more = true;
      } catch (error) { if (error.status === 400) { state = ["failed", "stopped"].find((word) => word === mine()?.state) ?? ""; draw(); } }  // it has no folder yet, or never will
      busy = false;
      if (more) return void listen(true);  // a long log comes in parts
    }
    if (alive) timer = setTimeout(listen, 1500);
  }

  // each time that the network learned, called by the rung that it was for as soon as that is told: [name, lines]
  function fits() {
    const out = [];
    let open = 0, last = null;
    for (const line of lines) {
      if (line.rung) {
        const own = out.slice(open);
        own.forEach((one, k) => { one.name = t(line.rung.rung) + (own.length > 1 ? ` ${k + 1}` : ""); });
        [open, last] = [out.length, null];
      } else if (line.epoch !== undefined && line.loss !== undefined) {
        if (!last || line.epoch < last.epoch) out.push({ name: t("fit {n}", { n: out.length + 1 }), lines: [] });
        out.at(-1).lines.push(line);
        last = line;
      }
    }
    return out;
  }

  function rungs(one) {
    const told = one?.rungs?.length ? one.rungs : lines.filter((line) => line.rung).map((line) => ({ ...line.rung, seconds: line.at }));
    if (!told.length) return null;
    return [h("h2", {}, t("Rungs of the ladder")), h("table", { id: "rungs" }, h("thead", {}, h("tr", {}, ["rung", "seconds", "figure", "kept"].map((text) => h("th", { scope: "col" }, t(text))))),
      h("tbody", {}, told.map((step) => h("tr", {}, h("th", { scope: "row" }, t(step.rung)), h("td", {}, Math.round(step.seconds ?? 0)), h("td", {}, (step.gain ? `${t("gain")} ` : "") + figure({ percent: one?.percent, ...step })), h("td", {}, t(step.kept === false ? "no" : "yes"))))))];
  }

  const NAMES = { macro_f1: "macro F1", accuracy: "accuracy", balanced_accuracy: "balanced accuracy", log_loss: "log loss" };
  const called = (metric) => (metric in NAMES ? t(NAMES[metric]) : metric.replaceAll("_", " "));
  function now(line) {
    if (line.left === undefined || line.of === undefined || line.rate === undefined || line.speed === undefined) return line.say;
    return t("epoch {epoch}, step {step} of {of}: loss {loss}, learning rate {rate}, {speed} pictures/s, {left} s left", { epoch: String(line.epoch), step: line.step, of: line.of, loss: line.loss.toFixed(4), rate: line.rate.toPrecision(3), left: Math.round(line.left), speed: Math.round(line.speed) });
  }

  function draw() {
    const one = runs.find((run) => run.id === chosen);
    if (!chosen) return clear(detail, h("p", { class: "soft" }, t("Choose a run to see how it learned.")));
    const parts = fits(), last = parts.at(-1)?.lines.at(-1);
    const drawn = (what) => parts.slice(-DRAWN).map(({ name, lines }) => ({ name, points: lines.map((line) => [line.epoch, line[what]]) }));
    const scrolled = detail.scrollTop, job = one ? null : mine();
    clear(detail, h("div", { class: "row" }, h("h2", { class: "name", id: "run-name" }, one?.name ?? t("new run")), h("span", { class: "soft", id: "run-state" }, t(state || one?.state || job?.state || "waiting"))),
      job?.state === "failed" ? h("p", { class: "bad", lang: "en" }, job.why) : null,
      one?.metric ? h("p", { id: "run-figure" }, t("{metric} {value} [{low}, {high}] on {n} pictures", { metric: called(one.metric), value: share(one, one.value), low: share(one, one.low), high: share(one, one.high), n: one.n }), one.warning ? h("span", { lang: "en" }, ` (${one.warning})`) : null) : null,
      last && state === "running" ? h("p", { role: "status", id: "now" }, now(last)) : null,
      h("div", { class: "row" },
        one?.report ? h("a", { href: `/api/train/report/${one.id}`, target: "_blank", rel: "noopener noreferrer" }, t("Open the report")) : null,
        one?.state === "done" ? (one.open ? h("span", { class: "soft" }, t("It is the run that is open.")) : h("button", { type: "button", onclick: () => use(one.id) }, t("Show its answers and try with it"))) : null,
        one?.state === "unfinished" ? h("button", { type: "button", onclick: () => on(one.id) }, t("Go on with it")) : null),
      parts.length ? [h("h2", {}, t("Loss by epoch")), curves(drawn("loss"), { x: t("epochs"), y: t("loss"), said: `${t("Loss by epoch")}: ${last.loss.toFixed(3)}` }),
        parts.length > 1 ? h("p", { class: "soft small" }, t("A line for each time that the network learned: for a rung, or on other parts of the pictures (folds).")) : null] : null,
      last?.rate !== undefined ? [h("h2", {}, t("Learning rate by epoch")), curves(drawn("rate"), { x: t("epochs"), y: t("learning rate"), said: `${t("Learning rate by epoch")}: ${last.rate.toPrecision(3)}` })] : null,
      rungs(one),
      one && Object.keys(one.changed ?? {}).length ? [h("h2", {}, t("Settings")), h("dl", {}, Object.entries(one.changed).flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]))] : null,
      h("h2", {}, t("What it says")), h("ul", { class: "plain small", id: "said", lang: "en" }, lines.filter((line) => line.say).slice(-LINES).reverse().map((line) => h("li", { class: "name" }, line.say))));
    detail.scrollTop = scrolled;
  }

  async function use(id) {
    try { api.project.run = (await api.post("/api/train/use", { run: id })).run; } catch (error) { return toast(error.message, 8); }
    toast(t("Its answers are shown now."));
    await api.reload().catch((error) => toast(error.message, 8));
    command(api.project.command);
  }

  async function on(id) {
    try {
      const told = await api.post("/api/train/go_on", { run: id });
      command(told.command);
      state = "waiting";
      api.look();
      listen(true);
    } catch (error) { toast(error.message, 8); }
  }

  async function both() {
    const [first, second] = [...pair];
    try {
      command((await api.post("/api/train/compare", { first, second })).command);
      api.look();
    } catch (error) { toast(error.message, 8); }
  }

  async function compared() {
    const told = await api.get("/api/train/compared").catch(() => ({}));
    if (!told.verdict || !alive) return;
    clear(verdict, h("h2", {}, t("The comparison")), h("p", { id: "verdict", lang: "en" }, told.verdict), told.warning ? h("p", { class: "soft small", lang: "en" }, told.warning) : null, (told.notes ?? []).map((text) => h("p", { class: "soft small", lang: "en" }, text)),
      h("p", { class: "small name" }, h("code", {}, told.command)));
  }

  const mine = () => api.running.find((job) => job.id === started);  // the job of the run that was begun here last

  // a run begins, waits or ends; that seconds go by changes no run
  function moved(jobs) {
    const now = jobs.map((one) => `${one.id} ${one.state}`).join();
    if (now !== going) { going = now; refresh(); }
  }
  const offs = [made.off, versus.off, api.on("jobs", moved), api.on("project", refresh)];
  refresh().then(() => listen(true));
  compared();
  return { unmount() { alive = false; clearTimeout(timer); offs.forEach((off) => off()); }, keys: { s: [t("Start training"), begin] } };
}
