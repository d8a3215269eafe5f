// Several files as one: a zip in which nothing is compressed, since pictures are already.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Numbers of so many bytes each, little end first. */
function packed(...pairs) {
  const bytes = [];
  for (const [size, value] of pairs) for (let i = 0; i < size; i++) bytes.push(Math.floor(value / 256 ** i) & 255);
  return new Uint8Array(bytes);
}

/** Makes `photo.jpg`, `photo-2.jpg`, ... of names that are there already. */
function distinct(names) {
  const taken = new Set();
  return names.map(name => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = name.replace(/(\.\w+)?$/, `-${n}$1`);
    taken.add(free);
    return free;
  });
}

/**
 * A zip file.
 * @param {{blob: Blob, name: string}[]} files what goes in
 * @returns {Promise<Blob>}
 */
export async function zip(files) {
  const now = new Date();
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  const names = distinct(files.map(file => file.name)).map(name => new TextEncoder().encode(name));
  const parts = [], directory = [];
  let at = 0;
  for (const [i, { blob }] of files.entries()) {
    const crc = crc32(new Uint8Array(await blob.arrayBuffer()));
    // Version 2.0, names in UTF-8, stored.
    const about = packed([2, 20], [2, 0x800], [2, 0], [2, time], [2, date], [4, crc], [4, blob.size], [4, blob.size], [2, names[i].length], [2, 0]);
    const head = packed([4, 0x04034b50]);
    parts.push(head, about, names[i], blob);
    directory.push(packed([4, 0x02014b50], [2, 20]), about, packed([2, 0], [2, 0], [2, 0], [4, 0], [4, at]), names[i]);
    at += head.length + about.length + names[i].length + blob.size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = packed([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, length], [4, at], [2, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
