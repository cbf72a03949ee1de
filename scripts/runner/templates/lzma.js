// unlzma undoes raw LZMA as Python's lzma writes it (FORMAT_RAW, FILTER_LZMA1): size
// bytes come out, piece by piece. It returns a function that gives the next bytes, as many
// as it is asked for or a match more, and none at the end: what reads them begins before
// all are there. The browser's own deflate is a third larger on a program of Go.
// The format is Igor Pavlov's, by its public specification (LZMA SDK, lzma-specification.txt).
function unlzma(src, size, lc, lp, pb) {
  "use strict";
  const out = new Uint8Array(size);
  const probs = n => new Uint16Array(n).fill(1024);
  const isMatch = probs(192), isRep = probs(12), isRep0 = probs(12), isRep1 = probs(12), isRep2 = probs(12), isLong = probs(192);
  const slots = probs(256), special = probs(128), align = probs(16), literals = probs(0x300 << (lc + lp));
  const lengths = () => ({ choice: probs(2), low: probs(256), mid: probs(256), high: probs(256) });
  const matchLength = lengths(), repLength = lengths();
  const coder = new Int32Array([-1, 0]); // range and code, of 32 bits: numbers in an array stay numbers of the machine
  let at = 1;
  for (let i = 0; i < 4; i++) coder[1] = (coder[1] << 8) | src[at++];

  function bit(p, i) {
    const v = p[i], range = coder[0], code = coder[1], bound = Math.imul(range >>> 11, v);
    let b, left, next;
    if ((code ^ -0x80000000) < (bound ^ -0x80000000)) {
      left = bound;
      next = code;
      p[i] = v + ((2048 - v) >> 5);
      b = 0;
    } else {
      left = (range - bound) | 0;
      next = (code - bound) | 0;
      p[i] = v - (v >> 5);
      b = 1;
    }
    if ((left >>> 24) === 0) {
      left <<= 8;
      next = (next << 8) | src[at++];
    }
    coder[0] = left;
    coder[1] = next;
    return b;
  }
  // tree is bit for each of the bits, most significant first. What is done most is
  // written out: range and code are then in registers.
  function tree(p, base, bits) {
    const end = 1 << bits;
    let m = 1, range = coder[0], code = coder[1];
    while (m < end) {
      const i = base + m;
      const v = p[i], bound = Math.imul(range >>> 11, v);
      if ((code ^ -0x80000000) < (bound ^ -0x80000000)) {
        range = bound;
        p[i] = v + ((2048 - v) >> 5);
        m <<= 1;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        p[i] = v - (v >> 5);
        m = (m << 1) | 1;
      }
      if ((range >>> 24) === 0) {
        range <<= 8;
        code = (code << 8) | src[at++];
      }
    }
    coder[0] = range;
    coder[1] = code;
    return m - end;
  }
  // likewise is a byte where the one at the last distance is a good guess.
  function likewise(base, like) {
    const p = literals;
    let m = 1, range = coder[0], code = coder[1], same = 0x100;
    while (m < 0x100) {
      like <<= 1;
      const top = like & same, i = base + same + top + m;
      const v = p[i], bound = Math.imul(range >>> 11, v);
      if ((code ^ -0x80000000) < (bound ^ -0x80000000)) {
        range = bound;
        p[i] = v + ((2048 - v) >> 5);
        m <<= 1; same &= ~top;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        p[i] = v - (v >> 5);
        m = (m << 1) | 1; same &= top;
      }
      if ((range >>> 24) === 0) {
        range <<= 8;
        code = (code << 8) | src[at++];
      }
    }
    coder[0] = range;
    coder[1] = code;
    return m - 0x100;
  }
  function reverse(p, base, bits) {
    let m = 1, v = 0;
    for (let i = 0; i < bits; i++) {
      const b = bit(p, base + m);
      m = (m << 1) | b;
      v |= b << i;
    }
    return v;
  }
  function direct(bits) {
    let v = 0, range = coder[0], code = coder[1];
    while (bits-- > 0) {
      range = range >>> 1;
      code = (code - range) | 0;
      const less = code >> 31; // all ones if it was below
      code = (code + (range & less)) | 0;
      if ((range >>> 24) === 0) {
        range <<= 8;
        code = (code << 8) | src[at++];
      }
      v = (v << 1) + less + 1;
    }
    coder[0] = range;
    coder[1] = code;
    return v;
  }
  function length(l, place) {
    if (bit(l.choice, 0) === 0) return tree(l.low, place << 3, 3);
    if (bit(l.choice, 1) === 0) return 8 + tree(l.mid, place << 3, 3);
    return 16 + tree(l.high, 0, 8);
  }

  // What a piece leaves to the next: the state, the last four distances, how far it came.
  const left = new Int32Array(6);
  return most => {
    let [state, rep0, rep1, rep2, rep3, n] = left;
    const from = n, until = Math.min(size, n + most);
    while (n < until) {
      const place = n & ((1 << pb) - 1);
      if (bit(isMatch, (state << 4) + place) === 0) {
        const before = n > 0 ? out[n - 1] : 0;
        const base = 0x300 * (((n & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
        out[n] = state < 7 ? tree(literals, base, 8) : likewise(base, out[n - rep0 - 1]);
        n++;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let count;
      if (bit(isRep, state) !== 0) {
        if (bit(isRep0, state) === 0) {
          if (bit(isLong, (state << 4) + place) === 0) {
            state = state < 7 ? 9 : 11;
            out[n] = out[n - rep0 - 1];
            n++;
            continue;
          }
        } else {
          let distance;
          if (bit(isRep1, state) === 0) distance = rep1;
          else {
            if (bit(isRep2, state) === 0) distance = rep2;
            else { distance = rep3; rep3 = rep2; }
            rep2 = rep1;
          }
          rep1 = rep0;
          rep0 = distance;
        }
        count = length(repLength, place);
        state = state < 7 ? 8 : 11;
      } else {
        rep3 = rep2; rep2 = rep1; rep1 = rep0;
        count = length(matchLength, place);
        state = state < 7 ? 7 : 10;
        const slot = tree(slots, Math.min(count, 3) << 6, 6);
        rep0 = slot;
        if (slot >= 4) {
          const bits = (slot >> 1) - 1;
          rep0 = (2 | (slot & 1)) << bits;
          if (slot < 14) rep0 += reverse(special, rep0 - slot, bits);
          else rep0 += (direct(bits - 4) << 4) + reverse(align, 0, 4);
        }
      }
      count += 2;
      if (rep0 >= n || n + count > size) throw new Error("the page is damaged");
      for (const end = n + count; n < end; n++) out[n] = out[n - rep0 - 1];
    }
    left.set([state, rep0, rep1, rep2, rep3, n]);
    return out.subarray(from, n);
  };
}
