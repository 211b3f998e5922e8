"use strict";
/* What a picture is, how large and with which colour profile, read from its first bytes before a pixel is decoded. */

linne.header = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = linne.kind(bytes);
  const reader = { JPEG: linne.jpeg, PNG: linne.png, WEBP: linne.webp, GIF: linne.gif, BMP: linne.bmp }[kind];
  try {
    return { kind, ...(reader ? reader(bytes, view) : {}) };
  } catch (error) {
    if (error instanceof RangeError) return { kind, cut: true };
    throw error;
  }
};

linne.ascii = (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end));

linne.kind = (bytes) => {
  const head = linne.ascii(bytes, 0, 16);
  if (head.startsWith("\xff\xd8\xff")) return "JPEG";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "WEBP";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "GIF";
  if (head.startsWith("BM") && bytes.length >= 26 && [12, 40, 52, 56, 64, 108, 124].includes(bytes[14])) return "BMP";
  if (["II*\0", "MM\0*", "II+\0", "MM\0+"].some((mark) => head.startsWith(mark))) return "TIFF";
  if (head.slice(4, 8) !== "ftyp") return "";
  const brands = linne.ascii(bytes, 8, 64);
  if (/avi[fs]/.test(brands)) return "AVIF";
  return /hei[cxms]|hev[cx]|mif1|msf1/.test(brands) ? "HEIC" : "";
};

linne.jpeg = (bytes, view) => {
  const found = { profile: null, sides: null }, profiles = [];
  for (let at = 2; at + 4 <= bytes.length;) {
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === 0xd9) break;
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const length = view.getUint16(at), frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame && !found.sides) found.sides = [view.getUint16(at + 5), view.getUint16(at + 3)];
    if (marker === 0xe2 && linne.ascii(bytes, at + 2, at + 13) === "ICC_PROFILE") {
      profiles[bytes[at + 14]] = bytes.subarray(at + 16, at + length);
    }
    if (marker === 0xda) break;
    at += Math.max(length, 2);
  }
  const parts = profiles.filter(Boolean);
  if (parts.length) found.profile = new Blob(parts);
  return found;
};

linne.png = (bytes, view) => {
  const found = { profile: null, sides: [view.getUint32(16), view.getUint32(20)] };
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = view.getUint32(at), name = linne.ascii(bytes, at + 4, at + 8);
    if (name === "IEND") break;
    if (name === "eXIf") {
      found.turn = linne.exif(bytes.subarray(at + 8, at + 8 + length));
      found.hidden = [at, at + 12 + length];
    }
    if (name === "iCCP") {
      const start = bytes.indexOf(0, at + 8) + 2;
      found.profile = new Blob([bytes.subarray(start, at + 8 + length)]);
      found.packed = true;
    }
    at += 12 + length;
  }
  return found;
};

linne.webp = (bytes, view) => {
  const kind = linne.ascii(bytes, 12, 16), three = (at) => view.getUint16(at, true) + (bytes[at + 2] << 16) + 1;
  if (kind === "VP8X") {
    const found = { profile: null, sides: [three(24), three(27)] };
    for (let at = 12; at + 8 <= bytes.length;) {
      const length = view.getUint32(at + 4, true), name = linne.ascii(bytes, at, at + 4), inside = bytes.subarray(at + 8, at + 8 + length);
      if (name === "ICCP") found.profile = new Blob([inside]);
      if (name === "EXIF") {
        found.turn = linne.exif(inside);
        bytes.set([0x58, 0x58, 0x58, 0x58], at);
      }
      at += 8 + length + (length & 1);
    }
    return found;
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { profile: null, sides: [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1] };
  }
  return { profile: null, sides: [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff] };
};

linne.gif = (bytes, view) => ({ profile: null, sides: [view.getUint16(6, true), view.getUint16(8, true)] });

linne.bmp = (bytes, view) => {
  if (bytes[14] === 12) return { profile: null, sides: [view.getUint16(18, true), view.getUint16(20, true)] };
  return { profile: null, sides: [view.getInt32(18, true), Math.abs(view.getInt32(22, true))] };
};

/* EXIF orientation 1 to 8 of a TIFF header with its first directory; 1 where there is none. */
linne.turn = (bytes) => {
  const start = linne.ascii(bytes, 0, 6) === "Exif\0\0" ? 6 : 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start), small = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, small), many = view.getUint16(first, small);
  for (let k = 0; k < many; k++) {
    const at = first + 2 + 12 * k;
    if (view.getUint16(at, small) !== 274) continue;
    const found = view.getUint16(at + 8, small);
    return found >= 1 && found <= 8 ? found : 1;
  }
  return 1;
};

linne.exif = (bytes) => {
  try {
    return linne.turn(bytes);
  } catch (error) {
    return 1;
  }
};

/* Whether colours must be converted: an RGB or CMYK profile that is not sRGB's. Others are ignored, as the training did. */
linne.foreign = async (found) => {
  if (!found.profile) return false;
  try {
    const bytes = found.packed
      ? await linne.unpacked(found.profile, "deflate", undefined, "")
      : new Uint8Array(await found.profile.arrayBuffer());
    const text = new TextDecoder("latin1").decode(bytes);
    if (!["RGB ", "CMYK"].includes(text.slice(16, 20))) return false;
    return !text.includes("sRGB") && !text.includes("\0s\0R\0G\0B");
  } catch (error) {
    return false;
  }
};
