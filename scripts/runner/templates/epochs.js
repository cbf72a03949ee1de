// A slider over the moments of a training, as viz.Epochs writes them: folded parts, of
// which one is open. Without this script they are opened by hand.
(() => {
  "use strict";
  const MOVE = 350; // milliseconds from one cloud to the next
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // The dots of a cloud by class, in an order that all clouds have.
  function read(picture) {
    const svg = new DOMParser().parseFromString(atob(picture.src.split(",")[1]), "image/svg+xml");
    const of = list => [...svg.querySelectorAll(list)];
    return {
      side: svg.documentElement.viewBox.baseVal.width,
      classes: of("path").map(p => ({ color: p.getAttribute("stroke"), at: [...p.getAttribute("d").matchAll(/M(\d+) (\d+)/g)].flatMap(m => [+m[1], +m[2]]) })),
      names: of("text").map(t => ({ text: t.textContent, color: t.getAttribute("fill"), at: [+t.getAttribute("x"), +t.getAttribute("y")] })),
    };
  }

  // Whether the dots of one cloud are those of the other.
  const alike = (a, b) => a.classes.length === b.classes.length && a.classes.every((c, i) => c.at.length === b.classes[i].at.length);

  const between = (a, b, share) => a.map((v, i) => v + (b[i] - v) * share);
  const mixed = (a, b, share) => ({
    side: b.side,
    classes: b.classes.map((c, i) => ({ color: c.color, at: between(a.classes[i].at, c.at, share) })),
    names: b.names.map(n => ({ ...n, at: between((a.names.find(m => m.text === n.text) || n).at, n.at, share) })),
  });

  function draw(canvas, cloud) {
    const size = canvas.width = canvas.height = Math.round(canvas.clientWidth * devicePixelRatio) || 1;
    const to = canvas.getContext("2d");
    to.scale(size / cloud.side, size / cloud.side);
    to.fillStyle = "#fff";
    to.fillRect(0, 0, cloud.side, cloud.side);
    for (const { color, at } of cloud.classes) {
      to.fillStyle = color;
      to.beginPath();
      for (let i = 0; i < at.length; i += 2) {
        to.moveTo(at[i], at[i + 1]);
        to.arc(at[i], at[i + 1], 3.5, 0, 7);
      }
      to.fill();
    }
    to.font = "bold 28px sans-serif";
    to.textAlign = "center";
    to.strokeStyle = "rgba(255, 255, 255, .8)";
    for (const { text, color, at } of cloud.names) {
      to.strokeText(text, ...at);
      to.fillStyle = color;
      to.fillText(text, ...at);
    }
  }

  // Moves the dots of a figure from where they are; a picture is there when they rest.
  function mover(pictures) {
    const canvas = document.createElement("canvas"), clouds = pictures.map(p => p && read(p));
    canvas.setAttribute("aria-hidden", "true");
    let now = null, frame = 0;
    return (from, to) => {
      const begin = now || clouds[from], end = clouds[to];
      cancelAnimationFrame(frame);
      canvas.remove();
      now = null;
      if (still.matches || !begin || !end || !alike(begin, end)) return;
      pictures[to].before(canvas);
      const started = performance.now();
      const next = time => {
        const share = Math.min(1, Math.max(0, (time - started) / MOVE));
        if (share === 1) {
          now = null;
          return canvas.remove();
        }
        now = mixed(begin, end, share * (2 - share));
        draw(canvas, now);
        frame = requestAnimationFrame(next);
      };
      next(started);
    };
  }

  const words = summary => summary.querySelector(".told")?.textContent || summary.textContent;

  for (const figure of document.querySelectorAll(".epochs")) {
    const moments = [...figure.querySelectorAll(":scope > details")], last = moments.length - 1;
    if (last < 1) continue;
    const summaries = moments.map(m => m.querySelector("summary"));
    const move = mover(moments.map(m => m.querySelector('.points img[src^="data:image/svg+xml;base64,"]')));
    const range = document.createElement("input"), told = document.createElement("div"), ticks = document.createElement("div"), slider = document.createElement("div");
    Object.assign(range, { type: "range", min: 0, max: last, step: 1, value: last });
    range.setAttribute("aria-label", "Time of the training");
    slider.className = "slider";
    told.className = "now";
    ticks.className = "ticks";
    ticks.setAttribute("aria-hidden", "true"); // the slider says where it stands
    let at = last;
    const show = i => {
      if (i !== at) move(at, i);
      at = i;
      range.value = i;
      range.setAttribute("aria-valuetext", words(summaries[i]));
      told.textContent = words(summaries[i]);
      moments.forEach((m, k) => { m.open = k === i; });
      [...ticks.children].forEach((t, k) => t.classList.toggle("at", k === i));
    };
    const seldom = Math.ceil(moments.length / 12); // of many there is no room for all names
    summaries.forEach((s, i) => {
      const tick = document.createElement("span");
      tick.textContent = i % seldom && i < last || i < last && last - i < seldom && seldom > 1 ? "" : s.querySelector(".tick")?.textContent || i;
      tick.style.left = `${100 * i / last}%`;
      tick.addEventListener("click", () => show(i));
      ticks.append(tick);
    });
    range.addEventListener("input", () => show(+range.value));
    const rail = document.createElement("div");
    rail.className = "rail";
    rail.append(range, ticks);
    slider.append(told, rail);
    moments[0].before(slider);
    figure.classList.add("sliding");
    show(last);
  }
})();
