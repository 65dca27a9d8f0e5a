"use strict";
(() => {
  const root = document.documentElement;
  const palette = JSON.parse(document.getElementById("palette").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paper = window.matchMedia("print");
  const PRINT_WIDTH = 636, PRINT_HALF = 296; // CSS pixels between the borders of a figure on A4 paper
  const SMALL = 11.5, RIGHT = 20;
  const FONT = getComputedStyle(document.body).fontFamily;
  let printing = false;

  // ---- colours -------------------------------------------------------------------------------------------------

  function theme() {
    return dark.matches && !printing ? palette.dark : palette.light;
  }

  /** "~s1/0.3" -> a colour of the theme. */
  function colour(token) {
    const [name, alpha] = token.slice(1).split("/");
    const hex = theme()[name.replace(/[0-9]+$/, "")][Number(name.match(/[0-9]+$/)[0])];
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${alpha})`;
  }

  function coloured(value, key) {
    if ((key === "color" || key === "fillcolor") && typeof value === "string") return colour(value);
    if (Array.isArray(value)) return key === "color" ? value.map((item) => colour(item)) : value;
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, coloured(item, name)]));
  }

  // ---- layout: panels in as many columns as there is room for -----------------------------------------------------

  const length = (text) => text.replace(/&(lt|gt|amp);/g, "x").length;

  /** A label in two lines of so many characters, cut where there are more. */
  function fitted(label, most) {
    if (label.split("<br>").every((line) => length(line) <= most)) return label;
    const lines = [""];
    for (const word of label.replaceAll("<br>", " ").split(" ")) {
      const line = lines[lines.length - 1];
      if (!line || length(line) + 1 + length(word) <= most) lines[lines.length - 1] = line ? `${line} ${word}` : word;
      else lines.push(word);
    }
    const kept = lines.slice(0, 2).map((line) => (length(line) > most && !line.includes("&") ? `${line.slice(0, most - 1)}…` : line));
    if (lines.length > 2 && !kept[1].endsWith("…")) kept[1] += "…";
    return kept.join("<br>");
  }

  function grid(spec, width) {
    const n = spec.panels.length;
    const narrow = width < 520;
    const left = narrow ? Math.min(spec.left, 0.36 * width) : spec.left;
    const gap = spec.sharesY ? 34 : left;
    const room = width - left - RIGHT;
    const columns = Math.max(1, Math.min(spec.columns, n, Math.floor((room + gap) / (spec.minWidth + gap))));
    const titled = spec.panels.some((panel) => panel.x.title);
    const wide = (room - (columns - 1) * gap) / columns;
    const titles = spec.panels.map((panel) => fitted(panel.title, Math.floor((wide + gap - 14) / 7.2)));
    const lines = Math.max(...titles.map((title) => (title ? title.split("<br>").length : 0)));
    const rows = Math.ceil(n / columns);
    const between = 8 + 17 * lines + (titled ? 50 : 34);
    const top = 9 + 17 * lines;
    const bottom = spec.panels[0].x.visible === false ? 8 : titled ? 50 : 34;
    return {columns, rows, left, gap, between, top, bottom, height: top + bottom + rows * spec.height + (rows - 1) * between,
            inner: room, tall: rows * spec.height + (rows - 1) * between, wide, titles};
  }

  /** The labels of a flow inside its ribbons, where there is no room beside them. */
  function inwards(note, most) {
    const cut = note.text.lastIndexOf(" ");
    const [name, share] = note.weight ? [note.text, ""] : [note.text.slice(0, cut), note.text.slice(cut)];
    const long = length(note.text) > most && !name.includes("&");
    return {...note, text: long ? `${name.slice(0, most - share.length - 1)}…${share}` : note.text, x: note.xanchor === "right" ? 0.222 : 0.778, xanchor: note.xanchor === "right" ? "left" : "right"};
  }

  function place(spec, at, i) {
    const column = i % at.columns, row = Math.floor(i / at.columns);
    const x0 = column * (at.wide + at.gap), y1 = at.tall - row * (spec.height + at.between);
    return {x: [x0 / at.inner, (x0 + at.wide) / at.inner], y: [(y1 - spec.height) / at.tall, y1 / at.tall], column};
  }

  function axis(given, more) {
    const ui = theme().ui;
    const {title, unified, minor, ...rest} = given;
    return {
      fixedrange: true, gridcolor: ui[2], linecolor: ui[2], zerolinecolor: ui[4], zeroline: false, automargin: false,
      tickfont: {size: SMALL, color: ui[1]}, ticks: "outside", ticklen: 3, tickcolor: ui[2], hoverformat: given.type === "date" ? "%-d %b %Y" : undefined,
      minor: minor ? {...minor, gridcolor: ui[2]} : undefined,
      title: {text: title || "", font: {size: SMALL, color: ui[1]}, standoff: 6}, ...rest, ...more,
    };
  }

  function figure(spec, width) {
    const at = grid(spec, width), ui = theme().ui;
    const layout = {
      width, height: at.height, margin: {l: at.left, r: RIGHT, t: at.top, b: at.bottom, pad: 0}, barmode: "relative", bargap: 0.25,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: false, annotations: [], separators: ".,",
      font: {size: 12, color: ui[0], family: FONT}, hoverlabel: {bgcolor: ui[3], bordercolor: ui[1], font: {size: 12, color: ui[0], family: FONT}, align: "left"},
      hovermode: spec.panels.some((panel) => panel.x.unified) ? "x unified" : "closest",
    };
    const data = [];
    spec.panels.forEach((panel, i) => {
      const id = i ? String(i + 1) : "", here = place(spec, at, i);
      const hides = spec.sharesY && here.column > 0;
      const vertical = panel.y || spec.y; // what is not given is as in the first panel
      layout["xaxis" + id] = axis(panel.x, {
        domain: here.x, anchor: "y" + id, nticks: panel.x.tickvals || panel.x.dtick ? undefined : Math.max(2, Math.floor(at.wide / (panel.x.type === "date" ? 76 : 52))),
      });
      layout["yaxis" + id] = axis(vertical, {
        domain: here.y, anchor: "x" + id, showticklabels: !hides, matches: spec.sharesY && i ? "y" : undefined,
        nticks: vertical.tickvals ? undefined : Math.max(3, Math.floor(spec.height / 34)),
      });
      if (spec.unit && !here.column && !vertical.title) layout["yaxis" + id].title.text = spec.unit;
      const labels = layout["yaxis" + id].ticktext;
      if (labels) layout["yaxis" + id].ticktext = labels.map((text) => fitted(text, Math.max(8, Math.floor(at.left / 6.1))));
      const flows = panel.x.visible === false && at.inner < 740;
      if (flows) layout["xaxis" + id].range = [0.195, 0.805];
      if (panel.title) layout.annotations.push({
        text: at.titles[i], x: here.x[0], y: here.y[1], xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", align: "left",
        yshift: 4, showarrow: false, font: {size: 12, color: ui[0], weight: 600},
      });
      for (const note of panel.notes) layout.annotations.push({...(flows ? inwards(note, Math.floor(at.inner / 2 / 7.4)) : note), xref: "x" + id, yref: "y" + id, font: {size: 12, color: ui[0], weight: note.weight || 400}, weight: undefined});
      for (const trace of panel.traces) {
        const drawn = coloured(trace, "");
        for (const axis of ["x", "y"]) if (typeof drawn[axis] === "number") drawn[axis] = spec.lists[drawn[axis]];
        if (drawn.hovertemplate) drawn.hovertemplate += "<extra></extra>";
        if (drawn.line && drawn.type === "scatter") drawn.line.simplify = false;
        data.push({...drawn, xaxis: "x" + id, yaxis: "y" + id, cliponaxis: drawn.mode === "markers" ? false : undefined});
      }
    });
    return {data, layout};
  }

  // ---- drawing: what is in sight first, the rest when the browser is idle ------------------------------------------

  const charts = [...document.querySelectorAll("figure.chart")].map((element) => {
    const plot = element.querySelector(".plot");
    return {element, plot, source: element.querySelector(".spec"), spec: null, width: 0, look: ""};
  });
  const config = {displayModeBar: false, displaylogo: false, showTips: false, typesetMath: false, doubleClick: false, responsive: false};

  function ready(chart) {
    chart.spec = chart.spec || JSON.parse(chart.source.textContent);
    return chart.spec;
  }

  function draw(chart) {
    const half = chart.element.parentElement.classList.contains("pairs");
    const width = printing ? (half ? PRINT_HALF : PRINT_WIDTH) : Math.floor(chart.plot.clientWidth);
    const look = `${width} ${theme() === palette.dark}`;
    if (width < 50 || look === chart.look) return;
    chart.look = look;
    const {data, layout} = figure(ready(chart), width);
    chart.plot.style.height = `${layout.height}px`;
    window.Plotly.react(chart.plot, data, layout, config);
  }

  function hidden(chart) {
    return chart.element.closest("details:not([open])") !== null;
  }

  /** Room for every chart at once, so that nothing moves while they are drawn. */
  function reserve() {
    for (const chart of charts) {
      if (!chart.look && !hidden(chart)) chart.plot.style.height = `${grid(ready(chart), chart.plot.clientWidth).height}px`;
    }
  }

  const later = window.requestIdleCallback || ((work) => setTimeout(() => work({timeRemaining: () => 20}), 30));

  function drawRest() {
    const next = charts.find((chart) => !chart.look && !hidden(chart));
    if (!next) {
      root.dataset.charts = "done";
      return;
    }
    draw(next);
    later(drawRest, {timeout: 500});
  }

  function redraw() {
    for (const chart of charts) if (chart.look) draw(chart);
  }

  function press(on) {
    if (printing === on) return;
    printing = on;
    for (const chart of charts) if (on ? !hidden(chart) : chart.look) draw(chart);
  }

  root.classList.add("drawn");
  reserve();
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      sight.unobserve(entry.target);
      draw(charts.find((chart) => chart.plot === entry.target));
    }
  }, {rootMargin: "200px"});
  for (const chart of charts) sight.observe(chart.plot);
  later(drawRest, {timeout: 1500});

  for (const details of document.querySelectorAll("details.more")) {
    details.addEventListener("toggle", () => { reserve(); later(drawRest); });
  }
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 150); });
  dark.addEventListener("change", redraw);
  paper.addEventListener("change", (event) => press(event.matches));
  window.addEventListener("beforeprint", () => press(true));
  window.addEventListener("afterprint", () => press(false));

  // ---- contents: where the reader is --------------------------------------------------------------------------------

  const entries = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.getAttribute("href").slice(1), link]));
  const sections = [...document.querySelectorAll("main > section")];
  function mark() {
    const here = sections.filter((section) => section.getBoundingClientRect().top < window.innerHeight / 3).pop() || sections[0];
    for (const [name, link] of entries) {
      if (here && name === here.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  let marking = false;
  window.addEventListener("scroll", () => {
    if (marking) return;
    marking = true;
    requestAnimationFrame(() => { mark(); marking = false; });
  }, {passive: true});
  mark();

  // ---- search in the assumptions -------------------------------------------------------------------------------------

  const filter = document.getElementById("filter");
  if (filter) {
    const rows = [...document.querySelectorAll("#filtered tbody tr")];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const told = document.getElementById("filter-count");
    filter.closest("p").hidden = false;
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        row.hidden = !words.every((word) => texts[i].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      told.textContent = words.length ? `${shown} of ${rows.length} shown` : "";
    });
  }
})();
