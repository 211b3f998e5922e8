"use strict";
/* The golden pictures: as arrays they test the model and what runs it, as files the browser's decoder too. */

/* Golden arrays lie one after another, compressed; a row of `expected` says where each begins. */
linne.golden = async () => {
  const expected = JSON.parse(new TextDecoder().decode(await linne.file("golden-expected")));
  const arrays = await linne.file("golden-arrays"), files = await linne.file("golden-files");
  return expected.map((one) => ({
    name: one.file, wanted: one,
    picture: { pixels: arrays.slice(one.array[0], one.array[1]), width: one.width, height: one.height },
    file: new Blob([files.slice(one.bytes[0], one.bytes[1])]),
  }));
};

linne.first = async () => {
  const one = linne.about.golden.first;
  return { wanted: one, picture: { pixels: await linne.file("golden-first"), width: one.width, height: one.height } };
};

/* {ok, backend, layers: {arrays, files}}; `step` is told how many of how many are done. */
linne.verified = async (step) => {
  const pictures = await linne.golden(), layers = { arrays: [], files: [] }, times = [];
  for (const [k, one] of pictures.entries()) {
    const answer = await linne.ask(one.picture);
    times.push(answer.ms);
    layers.arrays.push(linne.compared(one, answer));
    try {
      const { bitmap, ...picture } = await linne.read(one.file);
      bitmap.close();
      layers.files.push({ ...linne.compared(one, await linne.ask(picture)), pixels: linne.unlike(picture, one.picture) });
    } catch (error) {
      if (!(error instanceof linne.Trouble)) throw error;
      layers.files.push({ file: one.name, why: error.message });
    }
    step(k + 1, pictures.length);
    await new Promise((done) => setTimeout(done));
  }
  const { tolerance, share } = linne.about.check;
  const spread = linne.spread(pictures), arrays = linne.summed(layers.arrays, spread), files = linne.summed(layers.files, spread);
  const ok = arrays.worst <= tolerance && arrays.equal === arrays.n && arrays.sets === arrays.n
    && arrays.unknown <= linne.about.check.strange && files.equal >= share * files.n;
  const { name, threads } = linne.backend;
  const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  return { ok, backend: name, threads, tolerance, share, ms, arrays, files, why: linne.gpuWhy || "", agent: navigator.userAgent };
};

linne.compared = (one, answer) => {
  const { worst, same, tie } = linne.apart(answer, one.wanted), found = { file: one.name, worst, equal: same || tie };
  found.sets = !answer.set || linne.sameSet(answer, one.wanted);
  if (linne.about.several) found.equal = found.sets;
  if (one.wanted.unknown !== undefined) found.unknown = Math.abs(answer.unknown - one.wanted.unknown);
  if (!found.equal) found.said = [linne.top(one.wanted.probabilities), linne.top(answer.probabilities)];
  return found;
};

/* Sets may differ in classes that lie on the threshold itself. */
linne.sameSet = (answer, wanted) => {
  const inside = new Set(wanted.set), edge = new Set(wanted.edge);
  return answer.set.every((taken, k) => taken === inside.has(k) || edge.has(k));
};

linne.unlike = (one, two) => {
  if (one.width !== two.width || one.height !== two.height) return 255;
  let worst = 0;
  for (let k = 0; k < one.pixels.length; k++) worst = Math.max(worst, Math.abs(one.pixels[k] - two.pixels[k]));
  return worst;
};

/* From the least to the greatest expected strangeness. */
linne.spread = (pictures) => {
  const values = pictures.map((one) => one.wanted.unknown).filter((value) => value !== undefined);
  return Math.max(Math.max(...values) - Math.min(...values), 1e-12);
};

linne.summed = (rows, spread) => ({
  n: rows.length,
  equal: rows.filter((row) => row.equal).length,
  sets: rows.filter((row) => row.sets).length,
  worst: Math.max(...rows.map((row) => row.worst ?? 0)),
  unknown: Math.max(...rows.map((row) => row.unknown ?? 0)) / spread,
  unread: rows.filter((row) => row.why).map((row) => `${row.file}: ${row.why}`),
  rows,
});
