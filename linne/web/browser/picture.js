"use strict";
/* From a file, or a camera's frame, to the uint8 pixels that the model takes: the browser's decoder, turned as EXIF says,
   on a white ground, read back in tiles, since a canvas of a whole picture is more than some browsers allow. */
const TILE = 2048;

linne.read = async (blob) => {
  const limits = linne.about.limits;
  if (!blob.size) throw new linne.Trouble("The file is empty.");
  if (blob.size > limits.bytes) throw new linne.Trouble("{n} MB: more than the {most} MB that are allowed.", { n: Math.ceil(blob.size / 1e6), most: Math.floor(limits.bytes / 1e6) });
  const bytes = new Uint8Array(await blob.arrayBuffer()), found = linne.header(bytes);
  if (!found.kind) throw new linne.Trouble("This is no picture.");
  linne.allowed(found.sides);
  const [start, end] = found.hidden || [bytes.length, bytes.length], shown = [bytes.subarray(0, start), bytes.subarray(end)];
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob(shown, { type: linne.TYPES[found.kind] }), {
      colorSpaceConversion: (await linne.foreign(found)) ? "default" : "none",
      imageOrientation: "from-image", premultiplyAlpha: "none",
    });
    if (found.turn > 1) bitmap = await linne.turned(bitmap, found.turn);
  } catch (error) {
    const own = ["HEIC", "TIFF", "AVIF"].includes(found.kind);
    throw new linne.Trouble(own ? "This browser cannot read {kind} pictures. Save it as JPEG or PNG." : "The {kind} picture is damaged and cannot be read.", { kind: found.kind });
  }
  linne.allowed([bitmap.width, bitmap.height]);
  return { bitmap, ...linne.pixels(bitmap, found.kind === "JPEG") };
};

/* What undoes EXIF's orientation outside of JPEGs: browsers differ in which they know, so it is hidden from them. */
linne.turned = async (bitmap, turn) => {
  const { width, height } = bitmap, canvas = turn >= 5 ? linne.canvas(height, width) : linne.canvas(width, height);
  const brush = canvas.getContext("2d", { colorSpace: "srgb" });
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.setTransform(...linne.TURNS[turn](width, height));
  brush.drawImage(bitmap, 0, 0);
  bitmap.close();
  return createImageBitmap(canvas);
};

linne.TURNS = {
  2: (w) => [-1, 0, 0, 1, w, 0], 3: (w, h) => [-1, 0, 0, -1, w, h], 4: (w, h) => [1, 0, 0, -1, 0, h], 5: () => [0, 1, 1, 0, 0, 0],
  6: (w, h) => [0, 1, -1, 0, h, 0], 7: (w, h) => [0, -1, -1, 0, h, w], 8: (w) => [0, -1, 1, 0, 0, w],
};

linne.TYPES = { JPEG: "image/jpeg", PNG: "image/png", WEBP: "image/webp", GIF: "image/gif", BMP: "image/bmp", TIFF: "image/tiff", AVIF: "image/avif", HEIC: "image/heic" };

linne.allowed = (sides) => {
  if (!sides) return;
  const [width, height] = sides, values = { width, height, most: linne.about.limits.pixels / 1e6 };
  if (width < 1 || height < 1) throw new linne.Trouble("{width} x {height} pixels: there is no picture in it.", values);
  if (width * height > linne.about.limits.pixels) throw new linne.Trouble("{width} x {height} pixels: more than the {most} million that are allowed.", values);
};

/* {pixels: RGB uint8 (height x width x 3), width, height} of a bitmap; `scaled` as the training decodes JPEGs: down to
   a half, a quarter or an eighth where that divides both sides and leaves more than the model looks at. */
linne.pixels = (bitmap, scaled) => {
  const { width: wide, height: high } = bitmap;
  const by = (scaled && [8, 4, 2].find((s) => wide % s === 0 && high % s === 0 && Math.min(wide, high) / s >= linne.about.least)) || 1;
  const width = wide / by, height = high / by, pixels = new Uint8Array(width * height * 3);
  for (let top = 0; top < high; top += TILE) {
    for (let left = 0; left < wide; left += TILE) {
      const across = Math.min(TILE, wide - left), down = Math.min(TILE, high - top);
      linne.reduced(linne.tile(bitmap, left, top, across, down), across, by, pixels, (top / by * width + left / by) * 3, width * 3);
    }
  }
  return { pixels, width, height };
};

/* RGBA uint8 of a part of a bitmap on white. */
linne.tile = (bitmap, left, top, across, down) => {
  const canvas = linne.canvas(across, down), brush = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!brush) throw new linne.Trouble("This browser has not enough memory for the picture.");
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, across, down);
  brush.drawImage(bitmap, left, top, across, down, 0, 0, across, down);
  return brush.getImageData(0, 0, across, down).data;
};

linne.canvas = (width, height) => {
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
};

/* The mean of each square of `by` x `by` RGBA pixels, as RGB, into its place in `out`. */
linne.reduced = (rgba, across, by, out, start, stride) => {
  const half = by * by / 2, shift = 2 * Math.log2(by), down = rgba.length / 4 / across;
  for (let y = 0, line = start; y < down; y += by, line += stride) {
    for (let x = 0, to = line; x < across; x += by) {
      for (let c = 0; c < 3; c++, to++) {
        let sum = by === 1 ? 0 : half;
        for (let v = y; v < y + by; v++) for (let u = x; u < x + by; u++) sum += rgba[(v * across + u) * 4 + c];
        out[to] = sum >> shift;
      }
    }
  }
};

/* Whether the browser gives back what was drawn: those that protect against fingerprints change it. */
linne.honest = () => {
  const canvas = linne.canvas(16, 16), brush = canvas.getContext("2d", { willReadFrequently: true });
  const drawn = Array.from({ length: 16 }, (_, k) => [(k * 53) % 256, (k * 101) % 256, (k * 197) % 256]);
  drawn.forEach(([r, g, b], k) => {
    brush.fillStyle = `rgb(${r},${g},${b})`;
    brush.fillRect(k, 0, 1, 16);
  });
  const seen = brush.getImageData(0, 0, 16, 16).data;
  return drawn.every((rgb, k) => Array.from({ length: 16 }, (_, y) => y).every((y) => rgb.every((value, c) => seen[(y * 16 + k) * 4 + c] === value)));
};
