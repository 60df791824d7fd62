/**
 * HMAC-SHA-256: the script API has no cryptography, and its secrets can only be sent, not signed with.
 * https://csrc.nist.gov/pubs/fips/180-4/upd1/final, https://www.rfc-editor.org/rfc/rfc2104
 */
const BLOCK = 64;

/** The first 32 bits of the fractional part of a root of each of the first primes. */
function constants(count, exponent) {
  const found = [];
  for (let n = 2; found.length < count; n += 1) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d += 1) {
      isPrime = isPrime && n % d !== 0;
    }
    if (isPrime) {
      const root = Math.pow(n, exponent);
      found.push(((root - Math.floor(root)) * 4294967296) | 0);
    }
  }
  return found;
}

const ROUND = constants(64, 1 / 3);
const START = constants(8, 1 / 2);

/** @param {string} text @returns {number[]} its bytes in UTF-8; a lone surrogate is U+FFFD */
function utf8(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i += 1) {
    let code = text.codePointAt(i);
    if (code > 0xffff) {
      i += 1;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      code = 0xfffd;
    }
    if (code < 0x80) {
      bytes.push(code);
    } else if (code < 0x800) {
      bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    } else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return bytes;
}

/** @param {number[]} bytes @returns {number[]} with the closing bit, zeros, and the length in bits */
function padded(bytes) {
  const all = bytes.concat([0x80]);
  while (all.length % BLOCK !== BLOCK - 8) {
    all.push(0);
  }
  const high = Math.floor(bytes.length / 0x20000000);
  const low = (bytes.length << 3) >>> 0;
  [high, low].forEach((word) => all.push(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255));
  return all;
}

function rotate(word, by) {
  return (word >>> by) | (word << (32 - by));
}

/** @param {number[]} all @param {number} at @returns {number[]} the 64 words of the block there */
function schedule(all, at) {
  const words = [];
  for (let i = 0; i < 16; i += 1) {
    const byte = at + i * 4;
    words.push((all[byte] << 24) | (all[byte + 1] << 16) | (all[byte + 2] << 8) | all[byte + 3]);
  }
  for (let i = 16; i < 64; i += 1) {
    const near = words[i - 2];
    const far = words[i - 15];
    const s0 = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    const s1 = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    words.push((words[i - 16] + s0 + words[i - 7] + s1) | 0);
  }
  return words;
}

/** @param {number[]} state eight words, changed in place @param {number[]} words of a block */
function mix(state, words) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + words[i]) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = (state[i] + word) | 0;
  });
}

/** @param {number[]} bytes @returns {number[]} the 32 bytes of their SHA-256 */
function sha256(bytes) {
  const all = padded(bytes);
  const state = START.slice();
  for (let at = 0; at < all.length; at += BLOCK) {
    mix(state, schedule(all, at));
  }
  const digest = [];
  state.forEach((word) => digest.push(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255));
  return digest;
}

/** @param {string} secret @param {string} message @returns {string} 64 hexadecimal digits */
exports.hmac = (secret, message) => {
  let key = utf8(secret);
  if (key.length > BLOCK) {
    key = sha256(key);
  }
  while (key.length < BLOCK) {
    key.push(0);
  }
  const inner = sha256(key.map((byte) => byte ^ 0x36).concat(utf8(message)));
  const digest = sha256(key.map((byte) => byte ^ 0x5c).concat(inner));
  return digest.map((byte) => (byte < 16 ? '0' : '') + byte.toString(16)).join('');
};
