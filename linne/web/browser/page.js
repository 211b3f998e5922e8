"use strict";
/* The page itself: loading, pictures given, the camera, the verdict. */
(() => {
  const at = (name) => document.getElementById(name);
  const wish = new URLSearchParams(location.hash.slice(1));

  const complain = (place, error) => {
    place.hidden = false;
    linne.put(place, error instanceof linne.Trouble ? error.words : "{why}", error.values || { why: error.message || String(error) });
    if (!(error instanceof linne.Trouble)) console.error(error);
  };

  const load = async () => {
    const { files } = linne.about;
    const wanted = ["model", "wasm", "wasm-glue", "golden-first"].reduce((sum, name) => sum + files[name].packed, 0);
    linne.onprogress = (done) => {
      at("progress").value = Math.min(done / wanted, 1);
      linne.put(at("stage"), "Loading the model: {done} of {all} MB", { done: (done / 1e6).toFixed(1), all: (wanted / 1e6).toFixed(1) });
    };
    let graph;
    linne.backend = await linne.open("wasm", async () => {
      graph = await linne.file("model");
      linne.put(at("stage"), "Starting");
      return graph;
    });
    linne.onprogress = () => {};
    const golden = await linne.first(), begun = await linne.ask(golden.picture), { worst, same, tie } = linne.apart(begun, golden.wanted);
    if (worst > linne.about.check.tolerance || !(same || tie)) warn("This browser's answer to a golden picture differs by {worst}: do not trust it.", { worst: worst.toPrecision(2) });
    else if (!linne.honest()) warn("This browser changes the pixels of pictures to protect against fingerprinting; answers may differ a little.");
    for (const name of ["give", "about"]) at(name).hidden = false;
    at("loading").hidden = true;
    runs();
    return { graph, golden };
  };

  const warn = (words, values) => {
    at("warned").hidden = false;
    linne.put(at("warned"), words, values);
  };

  const runs = () => {
    const { name, threads } = linne.backend;
    const words = threads > 1 ? "Runs in this browser by {backend}, {threads} threads." : "Runs in this browser by {backend}, one thread.";
    linne.put(at("runs"), words, { backend: "WebAssembly", threads });
    if (name === "webgpu") linne.put(at("runs"), "Runs in this browser by WebGPU, on the graphics processor.");
  };

  /* After the page is ready: nobody waits for it. */
  const hasten = async ({ graph, golden }) => {
    const forced = wish.get("backend");
    if (forced === "wasm") return;
    let found;
    try {
      found = await linne.graphics(graph, golden, forced === "webgpu");
    } catch (error) {
      found = { error };
    }
    if (found.backend) {
      await linne.waiting;
      linne.backend = found.backend;
      runs();
      return;
    }
    const why = found.error || new linne.Trouble(found.why, found.values);
    linne.gpuWhy = why.message || String(why);
    linne.put(at("gpu"), "WebGPU is not used: {why}.", { why: why instanceof linne.Trouble ? why : linne.gpuWhy });
  };

  let given = Promise.resolve();
  const take = (blobs) => {
    at("told").hidden = false;
    for (const blob of blobs) {
      const name = blob.name || linne.say("picture"), card = linne.make("li", { class: "panel card" }, linne.make("div", { class: "frame" }));
      const words = linne.make("div", {}, linne.make("p", { class: "file" }, linne.make("bdi", {}, name)), linne.put(linne.make("p", { class: "soft" }), "waiting"));
      card.append(words);
      at("answers").prepend(card);
      given = given.then(() => judge(card, words, name, blob));
    }
  };

  const judge = async (card, words, name, blob) => {
    if (!card.isConnected) return;
    const state = words.lastChild;
    try {
      const { bitmap, ...picture } = await linne.read(blob);
      card.firstChild.append(linne.thumb(bitmap, 320, name));
      bitmap.close();
      const answer = await linne.ask(picture);
      state.replaceWith(linne.answered(answer));
      at("spoken").textContent = linne.summary(name, answer);
    } catch (error) {
      complain(state, error);
      state.className = "bad";
      at("spoken").textContent = `${name}: ${linne.trouble(error)}`;
    }
    await new Promise((done) => setTimeout(done));
  };

  let stream = null, facing = "environment";
  const camera = async () => {
    at("refused").hidden = true;
    stop();
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new linne.Trouble("The camera needs a page from https or localhost. In the folder give: python -m http.server, then open http://localhost:8000");
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1280 } }, audio: false });
    } catch (error) {
      const disk = location.protocol === "file:";
      const words = {
        NotAllowedError: disk
          ? "The browser refused the camera: some do for pages opened from a disk. In the folder give: python -m http.server, then open http://localhost:8000"
          : "The browser refused the camera: allow it in the browser's settings for this page.",
        NotFoundError: "There is no camera.",
        NotReadableError: "Another program holds the camera.",
      }[error.name];
      complain(at("refused"), words ? new linne.Trouble(words) : error);
      return;
    }
    at("live").hidden = false;
    at("video").srcObject = stream;
    await at("video").play();
    at("keep").focus();
    watch(stream);
  };

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    at("live").hidden = true;
    at("seen").replaceChildren();
  };

  const watch = async (mine) => {
    while (stream === mine) {
      if (at("video").videoWidth) {
        try {
          const bitmap = await createImageBitmap(at("video")), picture = linne.pixels(bitmap, false);
          bitmap.close();
          const answer = await linne.ask(picture);
          if (stream === mine) at("seen").replaceChildren(linne.answered(answer));
        } catch (error) {
          stop();
          complain(at("refused"), error);
        }
      }
      await new Promise((done) => setTimeout(done, 60));
    }
  };

  const keep = () => {
    const video = at("video"), canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const name = `${linne.say("camera")} ${new Date().toLocaleTimeString()}`;
    canvas.toBlob((blob) => take([Object.assign(blob, { name })]), "image/png");
  };

  const verify = async () => {
    const place = at("verdict");
    at("verify").disabled = true;
    place.hidden = false;
    place.replaceChildren(linne.make("p"));
    const state = place.firstChild;
    linne.put(state, "Verifying");
    try {
      linne.verdict = await linne.verified((done, all) => linne.put(state, "Verifying: {done} of {all}", { done, all }));
      told(place, linne.verdict);
    } catch (error) {
      linne.verdict = { ok: false, error: linne.trouble(error) };
      complain(state, error);
    }
    at("verify").disabled = false;
    document.documentElement.dataset.verified = linne.verdict.ok ? "yes" : "no";
    console.log(`linne verify ${JSON.stringify(linne.verdict)}`);
    place.focus();
  };

  const told = (place, { ok, arrays, files, tolerance, ms, backend }) => {
    const line = (words, values) => linne.put(linne.make("p"), words, values);
    const list = linne.make("ul", { class: "small" });
    for (const row of files.rows.filter((one) => one.why || !one.equal)) {
      list.append(linne.make("li", {}, row.why ? `${row.file}: ${row.why}` : `${row.file}: ${(row.said || []).map((k) => linne.about.classes[k]).join(" → ")}`));
    }
    place.replaceChildren(
      linne.put(linne.make("p", { class: ok ? "good" : "bad" }), ok ? "Verified: it answers here as it did where it was trained." : "Not verified: it answers otherwise here."),
      line("As arrays: {equal} of {n} answers equal, probabilities within {worst} (allowed {tolerance}).", { equal: arrays.equal, n: arrays.n, worst: arrays.worst.toExponential(1), tolerance }),
      line("As files, decoded by this browser: {equal} of {n} answers equal, probabilities within {worst}.", { equal: files.equal, n: files.n, worst: files.worst.toExponential(1) }),
      line("{ms} ms a picture by {backend}.", { ms: Math.round(ms), backend: backend === "webgpu" ? "WebGPU" : "WebAssembly" }),
      list,
    );
  };

  const pictures = (list) => [...list].filter((one) => one instanceof File);
  at("language").onclick = () => linne.speak(linne.lang === "zh" ? "en" : "zh");
  at("files").onchange = (event) => { take(pictures(event.target.files)); event.target.value = ""; };
  at("camera").onclick = () => { facing = "environment"; camera(); };
  at("turn").onclick = () => { facing = facing === "user" ? "environment" : "user"; camera(); };
  at("stop").onclick = () => { stop(); at("camera").focus(); };
  at("keep").onclick = keep;
  at("verify").onclick = verify;
  at("clear").onclick = () => { at("answers").replaceChildren(); at("told").hidden = true; at("files").focus(); };
  addEventListener("dragover", (event) => { event.preventDefault(); at("drop").classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) at("drop").classList.remove("over"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    at("drop").classList.remove("over");
    if (!at("give").hidden) take(pictures(event.dataTransfer.files));
  });
  addEventListener("paste", (event) => { if (!at("give").hidden && event.clipboardData) take(pictures(event.clipboardData.files)); });
  linne.speak(wish.get("lang") || (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");
  if (wish.get("lang") === "en") linne.speak("en");
  load().then(async (loaded) => {
    document.documentElement.dataset.ready = "yes";
    linne.seconds = performance.now() / 1000;
    await hasten(loaded);
    document.documentElement.dataset.settled = "yes";
    if (wish.has("verify")) await verify();
  }).catch((error) => {
    at("loading").hidden = true;
    complain(at("failed"), error);
    document.documentElement.dataset.ready = "no";
  });
})();
