"use strict";
// What every page draws with: days and numbers in words, colours of the style sheet, chart parts.
const Page = (() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const svg = (tag, set) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(set)) node.setAttribute(name, value);
    return node;
  };

  // ---- days ---------------------------------------------------------------------------------
  const daysOf = ({ start, gaps }) => {
    let at = Date.parse(start + "T00:00:00Z");
    const found = [start];
    for (const gap of gaps) {
      at += gap * 86400000;
      found.push(new Date(at).toISOString().slice(0, 10));
    }
    return found;
  };
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const day = (iso) => `${+iso.slice(8)} ${MONTHS[+iso.slice(5, 7) - 1]} ${iso.slice(0, 4)}`;

  // ---- numbers ------------------------------------------------------------------------------
  const plain = (value, digits) => value.toLocaleString("en-US",
    { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212");

  // ---- colours, from the style sheet, so that light and dark are written down once -------------
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = () => window.innerWidth < 760;
  const colour = {};
  const readColours = (names) => {
    const style = getComputedStyle(document.documentElement);
    for (const name of names) colour[name] = style.getPropertyValue("--" + name).trim();
  };
  // Draw again when light turns to dark, or a phone is turned.
  const redraw = (drawAll) => {
    dark.addEventListener("change", drawAll);
    let wasNarrow = narrow();
    window.addEventListener("resize", () => {
      if (narrow() !== wasNarrow) { wasNarrow = narrow(); drawAll(); }
    });
  };

  // ---- charts -------------------------------------------------------------------------------
  const config = { displayModeBar: false, responsive: true, displaylogo: false, showTips: false };
  const axis = (more) => Object.assign({
    gridcolor: colour.line, linecolor: colour.line, zerolinecolor: colour.soft, zerolinewidth: 1,
    tickfont: { color: colour.soft, size: 12 }, automargin: true,
  }, more);
  // A logarithmic axis around values above 0, with four to eight labels however near they lie: the
  // ones preferred, else round numbers, ever closer, else even steps.
  const logAxis = (values, more, preferred) => {
    const known = values.filter((value) => value > 0);
    if (!known.length) return axis(more);
    let low = known.reduce((a, b) => Math.min(a, b)), high = known.reduce((a, b) => Math.max(a, b));
    const pad = high > low * 1.02 ? Math.pow(high / low, 0.05) : 1.1;
    [low, high] = [low / pad, high * pad];
    const rounds = (mantissas) => {
      const found = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
        found.push(...mantissas.map((m) => +(m * Math.pow(10, power)).toPrecision(6)));
      }
      return found;
    };
    const even = () => {
      const power = Math.pow(10, Math.floor(Math.log10((high - low) / 4)));
      const step = power * [5, 2.5, 2, 1].find((m) => m * power <= (high - low) / 4);
      const found = [];
      for (let at = Math.ceil(low / step); at * step <= high; at++) found.push(+(at * step).toPrecision(6));
      return found;
    };
    const sets = [preferred || [], rounds([1]), rounds([1, 3]), rounds([1, 2, 5]),
      rounds([1, 1.5, 2, 3, 5, 7]), even()];
    const inside = sets.map((set) => set.filter((tick) => tick >= low && tick <= high));
    const ticks = inside.find((set) => set.length >= 4) || inside[sets.length - 1];
    return axis(Object.assign({ type: "log", range: [Math.log10(low), Math.log10(high)],
      tickvals: ticks, ticktext: ticks.map((tick) => tick.toLocaleString("en-US",
        { maximumSignificantDigits: 6 })) }, more));
  };
  const timeAxis = (range, more) => axis(Object.assign({ type: "date", showgrid: false, range,
    nticks: narrow() ? 5 : 9, hoverformat: "%a %-d %b %Y" }, more));
  const layout = (more) => Object.assign({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, color: colour.ink, size: 13 },
    margin: { l: 8, r: narrow() ? 8 : 14, t: 30, b: 40 }, hovermode: "x unified",
    hoverlabel: { bgcolor: colour.panel, bordercolor: colour.line, font: { color: colour.ink, size: 12 } },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 12 }, itemclick: "toggle" },
    dragmode: narrow() ? false : "zoom", showlegend: true, annotations: [],
  }, more);
  // Charts of one time axis zoom together.
  const link = (ids, whole) => {
    let linking = false;
    ids.forEach((id) => $(id).on("plotly_relayout", (change) => {
      const auto = change["xaxis.autorange"];
      if (linking || (!auto && change["xaxis.range[0]"] === undefined)) return;
      linking = true;
      const range = auto ? whole() : [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      Promise.all(ids.filter((other) => auto || other !== id)
        .map((other) => Plotly.relayout(other, { "xaxis.range": range })))
        .finally(() => { linking = false; });
    }));
  };

  // ---- tables wider than their place -----------------------------------------------------------
  // Above a table that scrolls sideways stands a hint, the page's own where it has one; above one
  // that is seen whole there is none.
  const hint = (box) => {
    const before = box.previousElementSibling;
    const own = before && before.classList.contains("swipe");
    const said = own ? before : make("p", "Swipe sideways for the other columns.", "swipe note");
    if (!own) box.before(said);
    const look = () => {
      const wide = box.scrollWidth > box.clientWidth + 1;
      said.classList.toggle("needed", wide);
      said.classList.toggle("whole", !wide);
    };
    look();
    const watch = new ResizeObserver(look);
    [box, ...box.children].forEach((one) => watch.observe(one));
  };
  document.querySelectorAll(".scroll").forEach(hint);

  return { $, make, svg, daysOf, MONTHS, day, plain, narrow, colour, readColours, redraw, config,
    axis, logAxis, timeAxis, layout, link };
})();
