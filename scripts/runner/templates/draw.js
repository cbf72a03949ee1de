// The drawing board of a page: see draw.py, which puts it there with the program and the
// weights, and scripts/draw, which is that program. Nothing is loaded and nothing sent.
(() => {
  "use strict";
  const $ = id => document.getElementById("draw-" + id);
  const board = $("board");
  const told = JSON.parse($("told").textContent);
  const size = 280, side = 28, pen = 22;
  const began = performance.now();
  const inkling = globalThis.inkling = {};

  // ── The program and the weights, out of the page ──
  const decoded = base64 => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64), b = new Uint8Array(text.length);
    for (let i = 0; i < b.length; i++) b[i] = text.charCodeAt(i);
    return b;
  };
  const bytes = id => {
    const b = decoded($(id).textContent);
    $(id).remove();
    return b;
  };
  const inflated = async packed => new Uint8Array(await new Response(
    new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  // Weights are packed by their first bytes, then their second and so on: signs and exponents are alike.
  const woven = planes => {
    const b = new Uint8Array(planes.length), n = planes.length;
    for (let k = 0, at = 0; k < 4; k++) for (let i = k; i < n; i += 4) b[i] = planes[at++];
    return b;
  };
  let weights, stages, ready;
  inkling.started = new Promise(resolve => { ready = resolve; });
  inkling.ready = () => ready();

  // The program is compiled by threads of the browser's while it is unpacked here, and
  // the weights are unpacked while it is compiled.
  function compiled(imports) {
    const next = unlzma(bytes("program"), told.program, 3, 0, 2);
    const stream = new ReadableStream({ pull(to) {
      const piece = next(1 << 17);
      if (piece.length) to.enqueue(piece);
      else to.close();
    } });
    const answer = new Response(stream, { headers: { "Content-Type": "application/wasm" } });
    if (WebAssembly.instantiateStreaming) return WebAssembly.instantiateStreaming(answer, imports);
    return answer.arrayBuffer().then(whole => WebAssembly.instantiate(whole, imports));
  }

  async function start() {
    const go = new Go();
    go.env = { INKLING_KERNELS: "generic", GOGC: "off", GOMEMLIMIT: "128MiB" }; // nothing is collected before the first answer
    const program = compiled(go.importObject);
    const planes = inflated(bytes("weights"));
    program.catch(() => {}); // it is waited for below
    weights = woven(await planes);
    go.run((await program).instance);
    await inkling.started;
    stages = text(good(inkling.load(weights))).trim().split("\n").filter(Boolean).map(line => {
      const [name, c, h, w] = line.split(" ");
      return { name, c: +c, h: +h, w: +w };
    });
    layOut();
    board.dataset.ready = "";
    if (strokes.length) think();
    else demo();
    inkling.opened = Math.round(performance.now()); // of the first answer, after the page was opened
    $("speed").textContent = `ready ${Math.round(performance.now() - began)} ms after the page's script began`;
  }
  const text = b => new TextDecoder().decode(b);
  const good = b => { if (typeof b === "string") throw new Error(b); return b; };
  const hex = b => Array.from(b, v => v.toString(16).padStart(2, "0")).join("");
  const floats = b => new Float32Array(b.buffer, b.byteOffset, b.length / 4);

  // ── Strokes ──
  const pad = $("pad"), ground = pad.getContext("2d", { willReadFrequently: true });
  const ink = document.createElement("canvas");
  ink.width = ink.height = size;
  const inked = ink.getContext("2d", { willReadFrequently: true }); // white ink, whose alpha is what is drawn
  let strokes = [], stroke = null, image = null, waiting = false;
  const cursor = { x: size / 2, y: size / 2, seen: false, down: false };

  function line(ctx, points) {
    ctx.lineWidth = pen;
    ctx.lineCap = ctx.lineJoin = "round";
    ctx.strokeStyle = "#fff";
    ctx.beginPath();
    ctx.moveTo(points[0][0], points[0][1]);
    if (points.length === 1) ctx.lineTo(points[0][0] + 0.01, points[0][1]);
    for (const [x, y] of points.slice(1)) ctx.lineTo(x, y);
    ctx.stroke();
  }
  function paint() {
    const style = getComputedStyle(board);
    ground.clearRect(0, 0, size, size);
    ground.globalCompositeOperation = "source-over";
    ground.drawImage(ink, 0, 0);
    ground.globalCompositeOperation = "source-in";
    ground.fillStyle = style.color;
    ground.fillRect(0, 0, size, size);
    ground.globalCompositeOperation = "source-over";
    if (cursor.seen) {
      ground.strokeStyle = style.getPropertyValue("--link");
      ground.lineWidth = cursor.down ? 4 : 2;
      ground.beginPath();
      ground.arc(cursor.x, cursor.y, pen / 2, 0, 7);
      ground.stroke();
    }
  }
  function redraw() {
    inked.clearRect(0, 0, size, size);
    for (const points of strokes) line(inked, points);
    soon();
  }
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); think(); });
  }
  function begin(x, y) {
    stroke = [[x, y]];
    strokes.push(stroke);
    line(inked, stroke);
    soon();
  }
  function to(x, y) {
    const last = stroke[stroke.length - 1];
    if (Math.hypot(x - last[0], y - last[1]) < 1) return;
    stroke.push([x, y]);
    line(inked, [last, [x, y]]);
    soon();
  }
  function clear() { strokes = []; stroke = null; cursor.down = false; redraw(); }
  function undo() { strokes.pop(); stroke = null; cursor.down = false; redraw(); }

  const at = e => {
    const box = pad.getBoundingClientRect();
    return [(e.clientX - box.left) * size / box.width, (e.clientY - box.top) * size / box.height];
  };
  pad.addEventListener("pointerdown", e => {
    if (e.button !== 0) return;
    pad.setPointerCapture(e.pointerId);
    cursor.seen = false;
    begin(...at(e));
    e.preventDefault();
    pad.focus({ preventScroll: true });
  });
  pad.addEventListener("pointermove", e => {
    if (!stroke || !pad.hasPointerCapture(e.pointerId)) return;
    const all = e.getCoalescedEvents ? e.getCoalescedEvents() : [];
    for (const one of all.length ? all : [e]) to(...at(one));
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { stroke = null; });
  pad.addEventListener("keydown", e => {
    const step = e.shiftKey ? 2 : 8;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[e.key]) {
      cursor.seen = true;
      cursor.x = Math.min(Math.max(cursor.x + moves[e.key][0], 0), size);
      cursor.y = Math.min(Math.max(cursor.y + moves[e.key][1], 0), size);
      if (cursor.down && stroke) to(cursor.x, cursor.y);
      paint();
    } else if (e.key === " " || e.key === "Enter") {
      cursor.seen = true;
      cursor.down = !cursor.down;
      if (cursor.down) begin(cursor.x, cursor.y);
      else stroke = null;
      paint();
    } else if (e.key === "Backspace") undo();
    else if (e.key === "Delete") clear();
    else return;
    e.preventDefault();
  });
  pad.addEventListener("blur", () => { cursor.seen = cursor.down = false; stroke = null; paint(); });
  $("clear").addEventListener("click", clear);
  $("undo").addEventListener("click", undo);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { paint(); think(); });

  // ── The answer ──
  const classes = told.classes;
  function layOut() {
    $("bars").replaceChildren(...classes.map((name, i) => {
      const row = document.createElement("li");
      row.innerHTML = '<b></b><span class="bar"><i></i></span><span class="share"></span>';
      row.firstChild.textContent = name;
      return row;
    }));
    $("stages").replaceChildren(...stages.map(stage => {
      const maps = stage.h * stage.w > 1, box = document.createElement("figure");
      const canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
      const n = stage.c, columns = maps ? Math.min(n, stage.h > 6 ? 8 : 16) : Math.min(n, 32);
      stage.columns = columns;
      stage.gap = 1;
      canvas.width = columns * (stage.w + stage.gap) - stage.gap;
      canvas.height = Math.ceil(n / columns) * (stage.h + stage.gap) - stage.gap;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", maps ? `${n} feature maps of ${stage.h} by ${stage.w}` : `${n} hidden units`);
      caption.textContent = maps ? `${n} feature maps of ${stage.h}×${stage.w}` : `${n} hidden units`;
      stage.canvas = canvas;
      box.append(canvas, caption);
      return box;
    }));
  }
  const rgb = color => color.match(/[\d.]+/g).slice(0, 3).map(Number);
  function picture(canvas, w, h, values, colour) {
    const ctx = canvas.getContext("2d"), m = ctx.createImageData(w, h);
    for (let i = 0; i < w * h; i++) m.data.set(colour(values[i]), 4 * i);
    ctx.putImageData(m, 0, 0);
  }
  // between two colours, by share.
  const mix = (a, b, s) => [0, 1, 2].map(k => a[k] + (b[k] - a[k]) * s).concat(255);

  // think asks the network about what is drawn, and shows it all. It takes as long as is told below.
  function think() {
    if (!stages) return;
    const from = performance.now();
    const alpha = inked.getImageData(0, 0, size, size).data, drawn = new Uint8Array(size * size);
    for (let i = 0; i < drawn.length; i++) drawn[i] = alpha[4 * i + 3];
    image = good(inkling.fit(drawn, size, size));
    if (!image.length) image = null;
    return tell(image, from);
  }
  function tell(image, from) {
    board.classList.toggle("empty", !image);
    const style = getComputedStyle(board), text = rgb(style.color), page = rgb(style.backgroundColor);
    const shown = image ?? new Uint8Array(side * side);
    const all = floats(good(inkling.answer(shown)));
    const k = classes.length, order = say(all.subarray(0, k), all.subarray(k, 2 * k), image);
    picture($("seen"), side, side, shown, v => mix(page, text, v / 255));
    const cell = rgb(style.getPropertyValue("--cell"));
    let from28 = 2 * k;
    for (const stage of stages) {
      const { c, h, w, columns, gap, canvas } = stage, plane = h * w, values = all.subarray(from28, from28 += c * plane);
      let most = 0;
      for (const v of values) most = Math.max(most, Math.abs(v));
      const ctx = canvas.getContext("2d"), m = ctx.createImageData(canvas.width, canvas.height);
      for (let i = 0; i < c; i++) {
        const x0 = (i % columns) * (w + gap), y0 = Math.floor(i / columns) * (h + gap);
        for (let j = 0; j < plane; j++) {
          const v = image && most ? Math.abs(values[i * plane + j]) / most : 0;
          m.data.set(mix(cell, text, v), 4 * ((y0 + Math.floor(j / w)) * canvas.width + x0 + j % w));
        }
      }
      ctx.putImageData(m, 0, 0);
    }
    const slope = all.subarray(from28, from28 + side * side);
    let steepest = 0;
    for (const v of slope) steepest = Math.max(steepest, Math.abs(v));
    const more = rgb(style.getPropertyValue("--more")), less = rgb(style.getPropertyValue("--less"));
    picture($("slope"), side, side, slope, v => image ? mix(page, v > 0 ? more : less, Math.abs(v) / steepest) : page.concat(255));
    $("keep").disabled = !image;
    const took = performance.now() - from;
    if (image) $("speed").textContent = `prepared, answered and drawn in ${took.toFixed(0)} ms`;
    inkling.took = took;
    inkling.answered = image ? order[0] : -1;
    return took;
  }
  // say shows the answer alone, and gives the classes from the likeliest on.
  function say(logits, p, image) {
    const order = Array.from(p.keys()).sort((a, b) => logits[b] - logits[a]);
    const percent = v => v > 0.9995 ? "> 99.9 %" : (100 * v).toFixed(1) + " %";
    $("first").textContent = image ? classes[order[0]] : "–";
    $("words").textContent = image ? `${percent(p[order[0]])} sure; else ${classes[order[1]]}, ${percent(p[order[1]])}` : "draw a digit";
    Array.from($("bars").children).forEach((row, i) => {
      row.className = image && i === order[0] ? "most" : image && i === order[1] ? "second" : "";
      row.querySelector("i").style.width = image ? 100 * p[i] + "%" : "0";
      row.lastChild.textContent = image ? percent(p[i]) : "";
    });
    return order;
  }
  // demo shows a test image until one draws, so that the page says at once what it does:
  // first what it is, then what led to that, which takes longer.
  function demo() {
    const first = examples().subarray(0, side * side), hint = () => { $("words").textContent += " — the first test image, until you draw"; };
    if (!first.length) return;
    const logits = floats(good(inkling.logits(first))), most = Math.max(...logits);
    const e = Array.from(logits, v => Math.exp(v - most)), sum = e.reduce((a, b) => a + b);
    say(logits, e.map(v => v / sum), first);
    hint();
    setTimeout(() => {
      if (strokes.length) return;
      tell(first, performance.now());
      hint();
      $("keep").disabled = true;
    });
  }
  const examples = () => decoded(told.examples);

  // ── A set of the reader's own ──
  const store = "inkling drawings";
  let kept = [];
  try { kept = JSON.parse(localStorage.getItem(store)) ?? []; } catch { /* no storage here: in memory then */ }
  if (!Array.isArray(kept)) kept = [];
  kept = kept.filter(d => Array.isArray(d.image) && d.image.length === side * side && Number.isInteger(d.label) && d.label >= 0 && d.label < classes.length);
  $("label").replaceChildren(...classes.map((name, i) => new Option(name, i)));
  function showKept() {
    try { localStorage.setItem(store, JSON.stringify(kept)); } catch { $("where").textContent = "in memory, until the page is closed"; }
    $("count").textContent = kept.length === 1 ? "1 drawing" : `${kept.length} drawings`;
    const style = getComputedStyle(board), text = rgb(style.color), page = rgb(style.backgroundColor);
    $("kept").replaceChildren(...kept.map((d, i) => {
      const item = document.createElement("li"), canvas = document.createElement("canvas"), away = document.createElement("button");
      canvas.width = canvas.height = side;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `drawing ${i + 1}, a ${classes[d.label]}`);
      picture(canvas, side, side, d.image, v => mix(page, text, v / 255));
      away.type = "button";
      away.textContent = classes[d.label];
      away.title = away.ariaLabel = `remove drawing ${i + 1}, a ${classes[d.label]}`;
      away.addEventListener("click", () => { kept.splice(i, 1); showKept(); });
      item.append(canvas, away);
      return item;
    }));
    for (const id of ["save", "forget"]) $(id).disabled = !kept.length;
  }
  $("keep").addEventListener("click", () => {
    if (!image) return;
    kept.push({ label: +$("label").value, image: Array.from(image) });
    showKept();
    clear();
  });
  $("forget").addEventListener("click", () => { kept = []; showKept(); });
  const big = (...numbers) => numbers.flatMap(n => [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255]);
  // The format of MNIST's own files, IDX: a magic number, the dimensions, the bytes. A set of
  // inkling's has 60 training images or more: the same drawings, as often as it takes.
  function idx() {
    const many = Array(Math.ceil(60 / kept.length)).fill(kept).flat(), ascii = new TextEncoder();
    const images = list => new Uint8Array(big(0x803, list.length, side, side).concat(...list.map(d => d.image)));
    const labels = list => new Uint8Array(big(0x801, list.length).concat(list.map(d => d.label)));
    return {
      "t10k-images-idx3-ubyte": images(kept), "t10k-labels-idx1-ubyte": labels(kept),
      "train-images-idx3-ubyte": images(many), "train-labels-idx1-ubyte": labels(many),
      "classes.txt": ascii.encode(classes.join("\n") + "\n"),
    };
  }
  // zip puts files into one, as they are (PKWARE's APPNOTE, 4.3: local headers, a directory, its end).
  function zip(folder, files) {
    const little = (n, bytes) => Array.from({ length: bytes }, (_, i) => n >>> 8 * i & 255);
    const parts = [], directory = [];
    let at = 0;
    for (const [name, content] of Object.entries(files)) {
      const path = new TextEncoder().encode(`${folder}/${name}`);
      let crc = -1;
      for (const v of content) {
        crc ^= v;
        for (let k = 0; k < 8; k++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
      }
      const about = [20, 0, 0, 0, 0, 0, 0, 0, 33, 0, ...little(~crc, 4), ...little(content.length, 4), ...little(content.length, 4), ...little(path.length, 2), 0, 0];
      const head = new Uint8Array([0x50, 0x4b, 3, 4, ...about, ...path]);
      directory.push(0x50, 0x4b, 1, 2, 20, 0, ...about, ...little(0, 10), ...little(at, 4), ...path);
      parts.push(head, content);
      at += head.length + content.length;
    }
    const n = little(Object.keys(files).length, 2);
    parts.push(new Uint8Array([...directory, 0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...n, ...n, ...little(directory.length, 4), ...little(at, 4), 0, 0]));
    return new Blob(parts, { type: "application/zip" });
  }
  inkling.drawings = () => zip("my-digits", idx());
  $("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(inkling.drawings());
    link.download = "my-digits.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  // ── Is it the same network? ──
  // parity is the digest of the logits of images, beside what the Go program had.
  inkling.parity = images => hex(good(inkling.sum(good(inkling.logits(images)))));
  $("check").addEventListener("click", () => {
    const sameWeights = hex(good(inkling.sum(weights))) === told.weights;
    const some = inkling.parity(examples()) === told.exampleLogits;
    $("verdict").textContent = `in this browser: the weights' SHA-256 is ${sameWeights ? "the same" : "ANOTHER"}; of ${told.exampleCount} test images in this page ` +
      `all logits are ${some ? "the same bits" : "NOT the same bits"} as the Go program's`;
  });
  $("file").addEventListener("change", async e => {
    const file = e.target.files[0];
    if (!file) return;
    let b = new Uint8Array(await file.arrayBuffer());
    try {
      if (b[0] === 0x1f && b[1] === 0x8b) b = new Uint8Array(await new Response(new Blob([b]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
      if (hex(b.subarray(0, 4)) !== "00000803" || b.length < 16 + told.images * side * side) throw new Error();
    } catch {
      $("verdict").textContent = `${file.name} is no IDX file of at least ${told.images} images of 28×28`;
      return;
    }
    const sum = inkling.parity(b.subarray(16, 16 + told.images * side * side));
    $("verdict").textContent = `in this browser: the logits of the first ${told.images} images have the SHA-256 ${sum}, ` +
      (sum === told.logits ? "the Go program's, bit for bit" : "which is NOT the Go program's (are these the test images?)");
  });

  paint();
  showKept();
  start().catch(error => { $("words").textContent = `the network cannot be started here: ${error.message}`; board.dataset.failed = error.message; });
})();
