"use strict";
/* Runs the model: first by WebAssembly, which every browser has; by the graphics processor where that gives the same
   answer to a golden picture, sooner. */
linne.RUNTIMES = {
  wasm: { script: "ort.wasm.min.js", glue: "wasm-glue", binary: "wasm" },
  webgpu: { script: "ort.webgpu.min.js", glue: "webgpu-glue", binary: "webgpu" },
};

/* {name, threads, ask}: ask(picture) gives the answer. `graph`: the model's bytes. */
linne.open = async (name, graph) => {
  const { script, glue, binary } = linne.RUNTIMES[name];
  await linne.script(script);
  const ort = self.ort, settings = ort.env.wasm;
  ort.env.logLevel = "error";
  settings.wasmPaths = { mjs: URL.createObjectURL(new Blob([await linne.file(glue)], { type: "text/javascript" })) };
  settings.wasmBinary = (await linne.file(binary)).buffer;
  settings.numThreads = self.crossOriginIsolated ? Math.max(1, Math.min(navigator.hardwareConcurrency || 1, 8)) : 1;
  const model = typeof graph === "function" ? await graph() : graph;
  const session = await ort.InferenceSession.create(model, { executionProviders: [name] });
  settings.wasmBinary = undefined;
  const wanted = session.outputNames.filter((one) => ["probabilities", "set", "unknown"].includes(one));
  const ask = async ({ pixels, width, height }) => {
    const begun = performance.now();
    const told = await session.run({ pictures: new ort.Tensor("uint8", pixels, [1, height, width, 3]) }, wanted);
    const answer = { ms: performance.now() - begun, probabilities: Array.from(told.probabilities.data) };
    if (told.set) answer.set = Array.from(told.set.data, Boolean);
    if (told.unknown) answer.unknown = Number(told.unknown.data[0]);
    for (const one of Object.values(told)) one.dispose();
    return answer;
  };
  return { name, threads: settings.numThreads, ask };
};

/* One question after another: a session answers no two at once. */
linne.waiting = Promise.resolve();
linne.ask = (picture) => {
  const answer = linne.waiting.then(() => linne.backend.ask(picture));
  linne.waiting = answer.catch(() => {});
  return answer;
};

/* The largest difference of two answers' probabilities, and whether their first classes are the same or a tie. */
linne.apart = (answer, wanted) => {
  const worst = Math.max(...wanted.probabilities.map((p, k) => Math.abs(p - answer.probabilities[k])));
  const order = [...wanted.probabilities].sort((a, b) => b - a), first = linne.top(wanted.probabilities);
  const tie = order.length > 1 && order[0] - order[1] < linne.about.check.tie;
  const same = linne.about.several || linne.top(answer.probabilities) === first;
  return { worst: Number.isFinite(worst) ? worst : Number.MAX_VALUE, same, tie };
};

linne.top = (values) => values.indexOf(Math.max(...values));

/* Why the graphics processor cannot be used here, or its backend. `slower`: take it even where it is no quicker. */
linne.graphics = async (graph, golden, slower) => {
  if (!linne.about.files.webgpu) return { why: "it was left out of this folder" };
  if (!navigator.gpu) return { why: "this browser has no WebGPU here" };
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) return { why: "there is no graphics processor that it may use" };
  const info = adapter.info || {};
  if (!slower && (info.isFallbackAdapter || adapter.isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${info.architecture} ${info.description}`))) {
    return { why: "it would only be imitated by the processor" };
  }
  const backend = await linne.soon(linne.open("webgpu", graph), 120);
  await linne.soon(backend.ask(golden.picture), 120);
  const answer = await linne.soon(backend.ask(golden.picture), 120), { worst, same, tie } = linne.apart(answer, golden.wanted);
  if (worst > linne.about.check.tolerance || !(same || tie)) return { why: "its answer to a golden picture differs by {worst}", values: { worst: worst.toPrecision(2) } };
  const own = (await linne.ask(golden.picture)).ms;
  if (!slower && answer.ms > own) return { why: "it takes {gpu} ms a picture and WebAssembly {own}", values: { gpu: Math.round(answer.ms), own: Math.round(own) } };
  return { backend };
};

linne.soon = (promise, seconds) => new Promise((done, fail) => {
  const timer = setTimeout(() => fail(new linne.Trouble("no answer within {n} s", { n: seconds })), seconds * 1000);
  promise.then(done, fail).finally(() => clearTimeout(timer));
});
