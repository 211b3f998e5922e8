"use strict";
/* Loads what the page is made of. Pages opened from a disk may not fetch, so every binary file lies in scripts, a few
   megabytes of base64 in each, that are loaded one by one; what they hold is compressed, and its checksum compared. */
const linne = { scripts: new Map(), loaded: 0, onprogress: () => {} };

/* A part script calls this with its place and its text. */
linne.part = (name, place, text) => linne.scripts.set(`${name}-${place}`, text);

linne.script = (address) => new Promise((done, fail) => {
  const script = document.createElement("script");
  script.src = address;
  script.onload = () => { script.remove(); done(); };
  script.onerror = () => { script.remove(); fail(new linne.Trouble("{file} is missing: copy the whole folder.", { file: address })); };
  document.head.append(script);
});

/* An error in the page's own words, said in the language that is chosen. */
linne.Trouble = class extends Error {
  constructor(words, values = {}) {
    super(linne.filled(words, values));
    this.words = words;
    this.values = values;
  }
};

linne.filled = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

linne.decoded = (text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
};

/* One file of the folder as bytes. */
linne.file = async (name) => {
  const about = linne.about.files[name], kept = [];
  for (let place = 0; place < about.parts; place++) {
    const address = `parts/${name}-${String(place).padStart(3, "0")}.js`, key = `${name}-${place}`;
    await linne.script(address);
    if (!linne.scripts.has(key)) throw new linne.Trouble("{file} is damaged: copy it again.", { file: address });
    const bytes = linne.decoded(linne.scripts.get(key));
    linne.scripts.delete(key);
    kept.push(bytes);
    linne.loaded += bytes.length;
    linne.onprogress(linne.loaded);
  }
  return linne.unpacked(new Blob(kept), "gzip", about.bytes, `parts/${name}-*.js`);
};

/* What a compressed blob holds; it must be `size` bytes where that is known. */
linne.unpacked = async (blob, format, size, name) => {
  if (typeof DecompressionStream === "undefined") throw new linne.Trouble("This browser is too old: it must be of 2023 or later.");
  try {
    const bytes = new Uint8Array(await new Response(blob.stream().pipeThrough(new DecompressionStream(format))).arrayBuffer());
    if (size === undefined || bytes.length === size) return bytes;
  } catch (error) {
    if (error instanceof RangeError) throw error;
  }
  throw new linne.Trouble("{file} is damaged: copy it again.", { file: name });
};
