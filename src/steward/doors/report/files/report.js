"use strict";
(() => {
  const page = JSON.parse(document.getElementById("report-data").textContent);
  const { $, make, svg, day, plain, narrow, colour, config, axis } = Page;
  const days = Page.daysOf(page.days);
  const whole = () => [days[0], days[days.length - 1]];

  const level = (value) => plain(value, Math.abs(value) < 100 ? 2 : 0);
  const cents = (value, sign) => {
    const text = "$" + plain(Math.abs(value) / 100, 2);
    return (value < 0 ? "\u2212" : sign && value > 0 ? "+" : "") + text;
  };

  const readColours = () => Page.readColours(["paper", "panel", "ink", "soft", "line", "cash",
    "unhedged", "static", "article", "other", "layer1", "layer2", "layer3", "gain", "lose", "shade",
    "shade2", "warn"]);
  const main = page.ledgers.findIndex((ledger) => ledger.name === page.main);
  const ledgerColour = (i) => {
    const name = page.ledgers[i].name;
    if (["cash", "unhedged", "static", "article"].includes(name)) return colour[name];
    return i === main ? colour.article : colour.other;
  };
  // ---- charts -------------------------------------------------------------------------------
  const timeAxis = (more) => Page.timeAxis(whole(), more);
  const layout = (more) => Page.layout(Object.assign(
    { annotations: page.prices ? [label()] : [] }, more));
  const label = () => ({ text: page.prices, xref: "paper", yref: "paper", x: 1, y: 0, yshift: -20,
    xanchor: "right", yanchor: "top", showarrow: false, font: { size: 11, color: colour.warn } });
  const line = (name, y, stroke, more) => Object.assign({ type: "scatter", mode: "lines", name, x: days,
    y, line: { color: stroke, width: 1.8 }, connectgaps: false }, more);

  let logScale = false;
  const drawEquity = () => Plotly.react("equity-chart", page.ledgers.map((ledger, i) =>
    line(ledger.label, ledger.equity, ledgerColour(i),
      { hovertemplate: "%{y:$,.0f}", line: { color: ledgerColour(i), width: i === main ? 2.4 : 1.6 } })),
  layout({ shapes: shades(), xaxis: timeAxis({ fixedrange: narrow() }),
    yaxis: axis({ type: logScale ? "log" : "linear", tickformat: "$~s",
      fixedrange: true, nticks: 7 }) }), config);

  const drawDrawdown = () => Plotly.react("drawdown-chart", page.ledgers.map((ledger, i) =>
    line(ledger.label, ledger.drawdown, ledgerColour(i), { hovertemplate: "%{y:.1f} %",
      line: { color: ledgerColour(i), width: i === main ? 2.2 : 1.4 } })),
  layout({ shapes: shades(), xaxis: timeAxis({ fixedrange: narrow() }),
    yaxis: axis({ ticksuffix: " %", fixedrange: true, rangemode: "tozero", nticks: 6 }) }), config);

  // ---- where the money went --------------------------------------------------------------------
  const dollars = (value) => (value < 0 ? "\u2212$" : value > 0 ? "+$" : "$") + plain(Math.abs(value), 0);
  const short = (value) => (Math.abs(value) < 10000 ? dollars(value)
    : dollars(Math.sign(value) * Math.round(Math.abs(value) / 1000)) + "k");
  const drawMoney = () => {
    const { names, amounts, begins } = page.money, last = names.length - 1;
    const fill = amounts.map((value, i) =>
      (i === last ? colour.ink : value < 0 ? colour.lose : colour.gain));
    // A label stands behind the end of its bar, towards which there is room.
    return Plotly.react("money-chart", [{ type: "bar", orientation: "h", y: names, x: amounts,
      base: begins, marker: { color: fill }, text: amounts.map(short), textposition: "outside",
      cliponaxis: false, textfont: { color: colour.soft, size: 11 }, customdata: amounts.map(dollars),
      hovertemplate: "%{y}: %{customdata}<extra></extra>" }],
    layout({ showlegend: false, hovermode: "closest", dragmode: false, bargap: 0.3,
      margin: { l: 8, r: narrow() ? 8 : 14, t: 8, b: 40 },
      xaxis: axis({ tickformat: "$~s", fixedrange: true, nticks: narrow() ? 6 : 9, range: moneyRange() }),
      yaxis: axis({ autorange: "reversed", fixedrange: true, showgrid: false,
        tickfont: { color: colour.ink, size: 12 } }) }), config);
  };
  // From where to where the bars and their labels reach, so that none runs into the names: a label
  // takes as many dollars as its width stands for, which the range itself decides, so by and by.
  const moneyRange = () => {
    const { names, amounts, begins } = page.money;
    const pen = document.createElement("canvas").getContext("2d");
    const widest = (texts, size) => {
      pen.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
      return texts.map((text) => pen.measureText(text).width);
    };
    const labels = widest(amounts.map(short), 11), ends = amounts.map((value, i) => begins[i] + value);
    const plot = Math.max($("money-chart").clientWidth - Math.max(...widest(names, 12)) - 40, 120);
    const at = [...begins, ...ends, 0], least = Math.min(...at), most = Math.max(...at);
    let [low, high] = [least, most > least ? most : least + 1];
    for (let round = 0; round < 20; round++) {
      const reach = labels.map((width, i) => ends[i]
        + Math.sign(amounts[i] || 1) * (width + 10) * (high - low) / plot);
      [low, high] = [Math.min(least, ...reach), Math.max(most, ...reach)];
    }
    const edge = 0.01 * (high - low);
    return [low - edge, high + edge];
  };
  const COURSE = { theta: "static", gamma: "unhedged", delta: "article", vega: "other",
    surface: "layer3", roll: "layer1", slippage: "layer2", fees: "cash", total: "ink" };
  const drawCourse = () => {
    if (!$("money-course-chart")) return;
    const x = page.money.weeks.map((row) => days[row]);
    Plotly.react("money-course-chart", page.money.course.map(({ key, name, dollars: y }) =>
      line(name, y, colour[COURSE[key] || "soft"], { x, hovertemplate: "%{y:$,.0f}",
        line: { color: colour[COURSE[key] || "soft"], width: key === "total" ? 2.6 : 1.6,
          dash: COURSE[key] ? "solid" : "dot" } })),
    layout({ shapes: shades(), margin: { l: 8, r: narrow() ? 8 : 14, t: narrow() ? 76 : 30, b: 40 },
      xaxis: timeAxis({ fixedrange: narrow() }),
      yaxis: axis({ tickformat: "$~s", fixedrange: true, nticks: 8 }) }), config);
  };

  const regime = page.regime;
  const STRIP_RULES = ["layer_1", "layer_2", "layer_3", "mix"];
  const STRIPS = { layer_1: "Layer 1", layer_2: "Layer 2", layer_3: "Layer 3", mix: "Mix" };
  // A rule's sentence of one session: its wording, with that session's numbers put in.
  const numbers = Object.fromEntries(Object.entries(regime.reasons).map(([rule, { numbers: all }]) =>
    [rule, all.split("|")]));
  const sentence = (rule, row) => {
    const { wordings, of } = regime.reasons[rule];
    if (of[row] < 0) return null;
    const { parts, slots } = wordings[of[row]];
    const own = numbers[rule][row].split(" ");
    return slots.reduce((text, slot, i) => text + own[slot] + parts[i + 1], parts[0]);
  };
  const percent = (value, none) => (value === null ? none : plain(value, 1) + " %");
  const hedged = (row) => {
    const ratio = regime.ratio[row], target = percent(regime.target[row], "not set");
    if (ratio === null) return `target ${target}; ${page.nulls.ratio}`;
    const cover = regime.cover[row];
    return `target ${target}, ratio ${percent(ratio)}, `
      + (cover === null ? page.nulls.cover : `stress cover ${percent(cover)}`);
  };
  const state = (rule, row) => (rule === "mix" ? regime.mixes[regime.mix[row]].name || "none"
    : regime.layers[rule][row] === "1" ? "on" : "off");
  // In short, for the pointer: without the title that the rule's own name repeats, cut at a word.
  const brief = (text, most) => {
    const said = text.replace(/^(Layer \d (on|off)|Mix \w+|Hedge)[:,]? */i, "");
    if (said.length <= most) return said;
    return said.slice(0, most).replace(/[\s,;:]+\S*$/, "") + " \u2026";
  };
  const wrapped = (text, width) => text.split(" ").reduce((lines, word) => {
    const last = lines.length - 1;
    if (last >= 0 && (lines[last] + word).length < width) lines[last] += " " + word;
    else lines.push(word);
    return lines;
  }, []).map(escaped).join("<br>");
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const hoverTexts = {};
  const hoverText = (rule) => (hoverTexts[rule] = hoverTexts[rule] || days.map((_, row) => {
    const width = narrow() ? 34 : 62, said = sentence(rule, row);
    const reason = said === null ? "no reason was recorded" : brief(said, 2 * width - 20);
    const head = STRIPS[rule] + (rule === "mix" ? ": " : " ") + state(rule, row);
    return wrapped(head + (/^(at |\()/.test(reason) ? " " : ": ") + reason, width);
  }));
  const hoverHedge = () => (hoverTexts.hedge = hoverTexts.hedge || days.map((_, row) => {
    const cut = sentence("size", row);
    return wrapped("Hedge: " + hedged(row) + (cut === null ? "" : "; " + brief(cut, 70)),
      narrow() ? 34 : 62);
  }));

  const runs = (bits) => {            // [first, last] rows of every run of ones
    const found = [];
    for (let i = 0, from = -1; i <= bits.length; i += 1) {
      if (bits[i] === "1" && from < 0) from = i;
      if (bits[i] !== "1" && from >= 0) { found.push([from, i - 1]); from = -1; }
    }
    return found;
  };
  const after = (row) => days[Math.min(row + 1, days.length - 1)];
  const band = (from, to, y, fill, more) => Object.assign({ type: "rect", xref: "x", yref: "paper",
    x0: days[from], x1: after(to), y0: y[0], y1: y[1], fillcolor: fill, line: { width: 0 },
    layer: "above" }, more);
  const STRIP_TOP = 0.235, STRIP = STRIP_TOP / 4;
  const strip = (n) => [STRIP_TOP - (n + 1) * STRIP + 0.008, STRIP_TOP - n * STRIP - 0.008];
  const MIX = { base: "cash", short_calls: "static", long_dated: "other" };
  const mixColour = (n) => colour[MIX[regime.mixes[n].key] || "unhedged"];

  const shades = () => [["warming", "shade"], ["unlisted", "shade2"]].flatMap(([bits, fill]) =>
    runs(regime[bits]).map(([from, to]) => band(from, to, [0, 1], colour[fill], { layer: "below" })));
  const regimeShapes = () => {
    const shapes = shades();
    for (let n = 0; n < 4; n += 1) {
      shapes.push({ type: "rect", xref: "paper", yref: "paper", x0: 0, x1: 1, y0: strip(n)[0],
        y1: strip(n)[1], line: { color: colour.line, width: 1 }, layer: "below" });
    }
    for (const n of [1, 2, 3]) {
      for (const [from, to] of runs(regime.layers["layer_" + n])) {
        shapes.push(band(from, to, strip(n - 1), colour["layer" + n]));
      }
    }
    regime.mixes.forEach(({ name }, kind) => {
      if (!name) return;
      for (const [from, to] of runs(regime.mix.map((m) => (m === kind ? "1" : "0")))) {
        shapes.push(band(from, to, strip(3), mixColour(kind)));
      }
    });
    return shapes;
  };
  const drawRegime = () => {
    const last = days.length - 1;
    const hover = { hovertemplate: "%{y:,.2f}" };
    const traces = [
      line("SPX", regime.spx, colour.ink, Object.assign({ line: { color: colour.ink, width: 1.4 } }, hover)),
      line("VIX", regime.vix, colour.unhedged, Object.assign({ yaxis: "y2",
        line: { color: colour.unhedged, width: 1.3 } }, hover)),
    ];
    STRIP_RULES.forEach((rule, n) => traces.push(line(STRIPS[rule], days.map(() => 1 - (n + 0.5) / 4),
      "rgba(0,0,0,0)", { yaxis: "y3", showlegend: false, text: hoverText(rule),
        hovertemplate: "%{text}<extra></extra>" })));
    traces.push(line("Hedge", days.map(() => 0.02), "rgba(0,0,0,0)", { yaxis: "y3", showlegend: false,
      text: hoverHedge(), hovertemplate: "%{text}<extra></extra>" }));
    const names = STRIP_RULES.map((rule, n) => ({ text: STRIPS[rule], xref: "paper", yref: "paper", x: 0,
      xanchor: "right", xshift: -6, y: (strip(n)[0] + strip(n)[1]) / 2, yanchor: "middle",
      showarrow: false, font: { size: 12, color: colour.soft } }));
    regime.mixes.forEach(({ name }, kind) => {
      if (name) traces.push({ type: "scatter", mode: "markers", name: name, x: [days[0]], y: [null],
        hoverinfo: "skip", marker: { symbol: "square", size: 11, color: mixColour(kind) } });
    });
    const tops = [["SPX, log scale", 1], ["VIX", 0.56]].map(([text, y]) => ({ text, xref: "paper",
      yref: "paper", x: 0, y, xanchor: "left", yanchor: "bottom", showarrow: false,
      font: { size: 12, color: colour.soft } }));
    return Plotly.react("regime-chart", traces, layout({
      margin: { l: 60, r: narrow() ? 8 : 14, t: 58, b: 26 }, annotations: names.concat(tops),
      shapes: regimeShapes(), hoversubplots: "axis", hovermode: "x unified",
      legend: { orientation: "h", x: 0, y: 1.04, yanchor: "bottom", font: { size: 12 }, itemclick: false,
        itemdoubleclick: false },
      xaxis: timeAxis({ anchor: "free", position: 0, side: "bottom", fixedrange: narrow(), showspikes: true, spikemode: "across",
        spikesnap: "data", spikethickness: 1, spikedash: "solid", spikecolor: colour.soft,
        range: [days[0], days[last]] }),
      yaxis: axis({ domain: [0.61, 1], type: "log", fixedrange: true, nticks: 5, automargin: false,
        tickformat: ",.0f", dtick: null }),
      yaxis2: axis({ domain: [0.28, 0.56], fixedrange: true, nticks: 5, rangemode: "tozero",
        automargin: false }),
      yaxis3: axis({ domain: [0, STRIP_TOP], fixedrange: true, range: [0, 1], showticklabels: false,
        showgrid: false, zeroline: false }),
    }), config);
  };

  // A cover of a few hundred percent lasts a day or two and would flatten everything else.
  const RATIO_TOP = 220;
  const highest = (values) => values.reduce((most, value) => Math.max(most, value ?? 0), 20);
  const ratioMost = highest([regime.ratio, regime.target, regime.cover].map(highest));
  const ratioTop = Math.min(RATIO_TOP, 1.08 * ratioMost);
  if (ratioMost > RATIO_TOP) {
    const rows = days.filter((_, i) => [regime.ratio, regime.target, regime.cover]
      .some((values) => values[i] > RATIO_TOP)).length;
    $("ratio-cut").textContent = `The chart is cut at ${RATIO_TOP} %: ${rows} `
      + `${rows === 1 ? "session lies" : "sessions lie"} above, the highest at ${plain(ratioMost, 0)} %; `
      + "the pointer shows the value.";
    $("ratio-cut").hidden = false;
  }
  const drawRatio = () => Plotly.react("hedge-ratio-chart", [
    line("target", regime.target, colour.soft, { hovertemplate: "%{y:.1f} %",
      line: { color: colour.soft, width: 1.2, dash: "dot", shape: "hv" } }),
    line("hedge ratio", regime.ratio, colour.article, { hovertemplate: "%{y:.1f} %" }),
    line("stress cover", regime.cover, colour.unhedged, { hovertemplate: "%{y:.1f} %" }),
  ], layout({ xaxis: timeAxis({ fixedrange: narrow() }),
    yaxis: axis({ ticksuffix: " %", fixedrange: true, nticks: 6, range: [0, ratioTop] }) }), config);

  // A book that is closed in a call can need many times what is left; the rest must stay readable.
  const MARGIN_TOP = 160;
  const marginTop = Math.min(MARGIN_TOP, 1.08 * highest(page.margin.map((one) => highest(one.used))));
  const drawMargin = () => Plotly.react("margin-chart", page.margin.flatMap((one, i) => {
    const found = [line(one.label, one.used, ledgerColour(i), { hovertemplate: "%{y:.1f} %",
      line: { color: ledgerColour(i), width: i === main ? 2.2 : 1.4, shape: "hv" } })];
    if (one.calls.length) {
      found.push({ type: "scatter", mode: "markers", name: `${one.label}: call`, showlegend: false,
        x: one.calls.map((row) => days[row]),
        y: one.calls.map((row) => Math.min(one.used[row] ?? marginTop, 0.96 * marginTop)),
        marker: { symbol: "x", size: 11, color: colour.lose, line: { width: 1.5, color: ledgerColour(i) } },
        hovertemplate: "margin call" });
    }
    return found;
  }), layout({ shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 100, y1: 100,
    line: { color: colour.lose, width: 1, dash: "dot" } }], xaxis: timeAxis({ fixedrange: narrow() }),
    yaxis: axis({ ticksuffix: " %", fixedrange: true, nticks: 6, range: [0, marginTop] }) }), config);

  const drawBars = () => {
    if (!$("hedge-chart") || !page.bars.layers.length) return;
    const bar = (name, x, fill) => ({ type: "bar", orientation: "h", name, y: page.bars.layers, x,
      marker: { color: fill }, hovertemplate: "%{x:$,.0f}" });
    Plotly.react("hedge-chart", [bar("calm sessions", page.bars.calm, colour.lose),
      bar("stress sessions", page.bars.stress, colour.gain)],
    layout({ barmode: "group", hovermode: "y unified", bargap: 0.35, dragmode: false,
      xaxis: axis({ tickformat: "$~s", fixedrange: true, nticks: narrow() ? 5 : 9 }),
      yaxis: axis({ autorange: "reversed", fixedrange: true, showgrid: false,
        tickfont: { color: colour.ink, size: 12 } }) }), config);
  };

  const timed = ["equity-chart", "drawdown-chart", "regime-chart", "hedge-ratio-chart",
    "margin-chart"];
  const drawAll = () => {
    readColours();
    document.querySelectorAll(".dot").forEach((dot) => {
      dot.style.background = ledgerColour(+dot.dataset.ledger);
    });
    drawEquity(); drawDrawdown(); drawRegime(); drawRatio(); drawBars();
    drawMargin();
  };
  drawAll();

  drawMoney();
  drawCourse();
  if ($("money-course-chart")) timed.push("money-course-chart");
  Page.link(timed, whole);

  // On a phone the ledger of the rule file, the last column, is what one came for.
  if (narrow()) {
    document.querySelectorAll(".scroll.wide:not(.left)").forEach((box) => { box.scrollLeft = box.scrollWidth; });
  }

  $("equity-log").addEventListener("click", (event) => {
    logScale = !logScale;
    event.currentTarget.setAttribute("aria-pressed", String(logScale));
    Plotly.relayout("equity-chart", { "yaxis.type": logScale ? "log" : "linear" });
  });

  // ---- the reasons of one session --------------------------------------------------------------
  const slider = $("regime-day");
  slider.max = String(days.length - 1);
  const read = (row) => {
    slider.value = String(row);
    slider.setAttribute("aria-valuetext", day(days[row]));
    $("regime-date").textContent = day(days[row]);
    const list = $("regime-reading");
    list.replaceChildren();
    const put = (term, text, off) => {
      list.append(make("dt", term, off ? "off" : ""), make("dd", text));
    };
    const known = (value) => (value === null ? "not known" : plain(value, 2));
    let market = `SPX ${known(regime.spx[row])}, VIX ${known(regime.vix[row])}`;
    if (regime.warming[row] === "1") market += "; warm-up: averages of VIX are not known yet";
    if (regime.unlisted[row] === "1") market += "; no VIX options are listed yet";
    put("Market", market);
    STRIP_RULES.forEach((rule) => {
      const now = state(rule, row);
      put(STRIPS[rule] + (rule === "mix" ? ": " : " ") + now,
        sentence(rule, row) ?? "no reason was recorded", now === "off");
    });
    const bought = sentence("hedge", row), figures = hedged(row);
    put("Hedge", figures[0].toUpperCase() + figures.slice(1) + "." + (bought === null ? "" : " " + bought));
    const cut = sentence("size", row);
    if (cut !== null) put("Cut", cut);
  };
  const start = (() => {
    const third = runs(regime.layers.layer_3);
    if (third.length) return third[third.length - 1][0];
    const second = runs(regime.layers.layer_2);
    return second.length ? second[second.length - 1][0] : days.length - 1;
  })();
  read(start);
  slider.addEventListener("input", () => read(+slider.value));
  $("regime-chart").on("plotly_hover", (event) => {
    const point = event.points.find((one) => one.data.x.length === days.length);
    if (point) read(point.pointIndex);
  });

  // ---- trades ------------------------------------------------------------------------------
  const column = Object.fromEntries(page.trades.columns.map((name, i) => [name, i]));
  const get = (row, name) => row[column[name]];
  const ledgerNames = Object.values(page.trades.ledgers);
  const controls = $("trades-controls").elements;
  const option = (value, text) => { const o = make("option", text); o.value = value; return o; };
  controls.ledger.append(option("", "all"));
  ledgerNames.forEach((name, i) => {
    if (page.trades.rows.some((row) => get(row, "ledgers").includes(i))) {
      controls.ledger.append(option(String(i), name));
    }
  });
  controls.purpose.append(option("", "all"));
  for (const [key, name] of Object.entries(page.trades.purposes)) controls.purpose.append(option(key, name));

  const MULTIPLIER = { VX: 1000, VXM: 100 };
  const payoff = (row, at) => {
    const size = MULTIPLIER[get(row, "root")] || 100;
    let worth = get(row, "open_cash") / 100;
    for (const [quantity, strike, right] of get(row, "legs")) {
      const each = right === "F" ? at - strike
        : right === "C" ? Math.max(at - strike, 0) : Math.max(strike - at, 0);
      worth += quantity * size * each;
    }
    return worth;
  };
  let pictures = 0;
  const picture = (row) => {
    const legs = get(row, "legs");
    if (get(row, "expiry").includes("/")) return make("small", "several expiries: no one picture");
    const strikes = [...new Set(legs.map((leg) => leg[1]))].sort((a, b) => a - b);
    const first = strikes[0], last = strikes[strikes.length - 1];
    const settled = get(row, "level");
    let low, high;
    if (last > first) { low = first - 0.35 * (last - first); high = last + 0.35 * (last - first); }
    else { low = 0.55 * first; high = 1.65 * first; }
    if (settled !== null) {
      const reach = 0.6 * (high - low);
      low = Math.max(Math.min(low, settled - 0.06 * (high - low)), low - reach);
      high = Math.min(Math.max(high, settled + 0.06 * (high - low)), high + reach);
    }
    const corners = [low, ...strikes.filter((k) => k > low && k < high), high];
    const zeros = [];
    for (let i = 1; i < corners.length; i += 1) {
      const a = payoff(row, corners[i - 1]), b = payoff(row, corners[i]);
      if ((a < 0) !== (b < 0) && a !== b) {
        zeros.push(corners[i - 1] + (corners[i] - corners[i - 1]) * a / (a - b));
      }
    }
    const points = [...corners, ...zeros].sort((a, b) => a - b).map((k) => [k, payoff(row, k)]);
    const values = points.map((point) => point[1]);
    const top = Math.max(0, ...values), bottom = Math.min(0, ...values);
    const W = 220, H = 84, X = (k) => 2 + (W - 4) * (k - low) / (high - low);
    const Y = (v) => 12 + (H - 28) * (top - v) / ((top - bottom) || 1);
    const breaks = zeros.map((z) => level(z));
    const where = settled === null ? "" : `; ${get(row, "settled") ? "settled at" : "index at closing"} ${level(settled)}`;
    const words = `${breaks.length ? "Break-even " + breaks.join(" and ") : "No break-even in range"}${where}`;
    const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": words });
    const title = svg("title", {}); title.textContent = words; root.append(title);
    const trace = points.map(([k, v]) => `${X(k).toFixed(1)},${Y(v).toFixed(1)}`).join(" ");
    const area = `${X(low)},${Y(0)} ${trace} ${X(high)},${Y(0)}`;
    pictures += 1;
    [["gain", 0, Y(0)], ["lose", Y(0), H - Y(0)]].forEach(([name, y, height]) => {
      const id = `clip-${pictures}-${name}`;
      const clip = svg("clipPath", { id });
      clip.append(svg("rect", { x: 0, y, width: W, height: Math.max(height, 0) }));
      root.append(clip,
        svg("polygon", { points: area, fill: `var(--${name})`, "fill-opacity": 0.16, "clip-path": `url(#${id})` }),
        svg("polyline", { points: trace, fill: "none", stroke: `var(--${name})`, "stroke-width": 1.8,
          "stroke-linejoin": "round", "clip-path": `url(#${id})` }));
    });
    root.append(svg("line", { x1: X(low), x2: X(high), y1: Y(0), y2: Y(0), stroke: "var(--soft)", "stroke-width": 0.7 }));
    let edge = -99;
    zeros.forEach((zero) => {
      root.append(svg("line", { x1: X(zero), x2: X(zero), y1: Y(0) - 4, y2: Y(0) + 4, stroke: "var(--ink)" }));
      const at = Math.min(Math.max(X(zero), 18), W - 18);
      if (at - edge < 36) return;
      edge = at;
      const text = svg("text", { x: at, y: H - 2, "text-anchor": "middle" });
      text.textContent = level(zero); root.append(text);
    });
    if (settled !== null) {
      const at = Math.min(Math.max(settled, low), high);
      root.append(svg("line", { x1: X(at), x2: X(at), y1: 12, y2: H - 14, stroke: "var(--ink)", "stroke-width": 0.8, "stroke-dasharray": "2 2" }),
        svg("circle", { cx: X(at), cy: Y(payoff(row, at)), r: 3.2, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 1 }));
      const text = svg("text", { x: Math.min(Math.max(X(at), 18), W - 18), y: 8, "text-anchor": "middle" });
      text.textContent = (settled < low ? "\u2190 " : "") + level(settled) + (settled > high ? " \u2192" : "");
      root.append(text);
    }
    return root;
  };

  const describe = (row) => {
    const legs = get(row, "legs"), root = get(row, "root"), expiry = get(row, "expiry");
    const until = expiry.split(" / ").map(day).join(" / ");
    if (get(row, "purpose") === "condor" && legs.length === 4) {
      const put = legs.filter((l) => l[2] === "P").map((l) => l[1]).sort((a, b) => a - b);
      const call = legs.filter((l) => l[2] === "C").map((l) => l[1]).sort((a, b) => a - b);
      return `${Math.abs(legs[0][0])} × ${root} ${put.join("/")} put, ${call.join("/")} call, ${until}`;
    }
    return legs.map(([quantity, strike, right]) => right === "F"
      ? `${quantity} × ${root} future at ${plain(strike, 2)}, ${until}`
      : `${quantity} × ${root} ${strike} ${right === "C" ? "call" : "put"}, ${until}`).join("; ");
  };

  const SIZE = 20;
  let shown = 0;
  const chosen = () => {
    const rows = page.trades.rows.filter((row) => {
      const result = get(row, "result"), want = controls.outcome.value;
      return (!controls.ledger.value || get(row, "ledgers").includes(+controls.ledger.value))
        && (!controls.purpose.value || get(row, "purpose") === controls.purpose.value)
        && (!want || (want === "open" ? result === null
          : result !== null && (want === "loss" ? result < 0 : result >= 0)));
    });
    const by = { new: (a, b) => (get(a, "opened") < get(b, "opened") ? 1 : -1) * (get(a, "opened") !== get(b, "opened")),
      old: () => 0,
      worst: (a, b) => (get(a, "result") ?? Infinity) - (get(b, "result") ?? Infinity),
      best: (a, b) => (get(b, "result") ?? -Infinity) - (get(a, "result") ?? -Infinity) };
    return rows.sort((a, b) => by[controls.order.value](a, b) || 0);
  };
  // What the order was: decided when, at which limit, and how bad a price it took.
  const points = (value) => (value === 0 ? "0.00" : `${plain(Math.abs(value), 2)} ${value < 0 ? "received" : "paid"}`);
  const decided = (order, roll) => {
    if (order === null) return "decided";
    const [when, limit, worst] = order;
    return `decided on ${day(when)}` + (roll && limit !== null ? ", sale and purchase together" : "") + (limit === null ? "" : ` at a limit of ${points(limit)}`
      + (worst === null || worst === limit ? "" : `, at worst ${points(worst)}`));
  };
  const contract = (key) => {
    const [root, expiry, strike, right] = key.split(" ");
    return right === undefined ? `the ${root} future of ${day(expiry)}`
      : `the ${root} ${strike} ${right === "C" ? "call" : "put"} of ${day(expiry)}`;
  };
  const whyOpened = (row) => {
    const from = get(row, "rolled_from"), reason = get(row, "reason_opened") || "no reason recorded";
    const text = decided(get(row, "order_opened"), from !== null)
      + (from === null ? ": " + reason : `: rolled from ${contract(from)}, of which it said: ${reason}`);
    return `Opened ${day(get(row, "opened"))}; ${text}`;
  };
  const whyClosed = (row) => {
    const closed = get(row, "closed"), into = get(row, "rolled_into"), reason = get(row, "reason_closed");
    if (closed === null) return "still open";
    const head = `${into === null ? get(row, "outcome") : "rolled"} ${day(closed)}`;
    const order = get(row, "order_closed");
    const text = (order === null ? "" : "; " + decided(order, into !== null))
      + (into === null ? "" : `: rolled into ${contract(into)}`) + (reason ? ": " + reason : "");
    return head[0].toUpperCase() + head.slice(1) + text;
  };
  const tradeRow = (row) => {
    const line_ = make("tr");
    const result = get(row, "result"), paid = get(row, "open_cash");
    const head = make("th");
    head.scope = "row";
    head.append(page.trades.purposes[get(row, "purpose")] + ", " + day(get(row, "opened")));
    head.append(make("small", describe(row)));
    const held = get(row, "ledgers").map((i) => ledgerNames[i]).join(", ");
    head.append(make("small", "in " + held));
    const drawn = make("td", undefined, "picture"); drawn.append(picture(row));
    const money = make("td", cents(paid, true), "sum paid");
    money.append(make("small", paid > 0 ? "received, as filled" : paid < 0 ? "paid, as filled" : "no premium"));
    if (get(row, "max_loss") !== null) money.append(make("small", "can lose " + cents(get(row, "max_loss"))));
    const end = make("td", result === null ? "open" : cents(result, true), "sum result" + (result < 0 ? " loss" : ""));
    end.append(make("small", "fees " + cents(get(row, "fees"))));
    const why = make("td", undefined, "why");
    why.append(make("small", whyOpened(row)), make("small", whyClosed(row)));
    why.append(make("small", "prices: " + get(row, "quality")));
    line_.append(head, drawn, money, end, why);
    return line_;
  };
  const list = () => {
    const rows = chosen();
    const pagesTotal = Math.max(1, Math.ceil(rows.length / SIZE));
    shown = Math.min(shown, pagesTotal - 1);
    $("trades-table").tBodies[0].replaceChildren(
      ...rows.slice(shown * SIZE, (shown + 1) * SIZE).map(tradeRow));
    const sum = rows.reduce((total, row) => total + (get(row, "result") ?? 0), 0);
    $("trades-count").replaceChildren(`${rows.length.toLocaleString("en-US")} trades`, ...(rows.length
      ? ["; the closed ones brought ", make("span", cents(sum, true), "amount"), " after fees."] : ["."]));
    $("trades-page").textContent = `${shown + 1} of ${pagesTotal}`;
    $("trades-before").disabled = shown === 0;
    $("trades-after").disabled = shown === pagesTotal - 1;
  };
  for (const [name, value] of [["ledger", String(main)]]) {
    if ([...controls[name].options].some((o) => o.value === value)) controls[name].value = value;
  }
  $("trades-controls").addEventListener("change", () => { shown = 0; list(); });
  $("trades-controls").addEventListener("submit", (event) => event.preventDefault());
  const turn = (by) => { shown += by; list(); $("trades").scrollIntoView(); };
  $("trades-before").addEventListener("click", () => turn(-1));
  $("trades-after").addEventListener("click", () => turn(1));
  list();

  // ---- months --------------------------------------------------------------------------------
  $("monthly-ledger").addEventListener("change", (event) => {
    document.querySelectorAll("#monthly-table tbody").forEach((body) => {
      body.hidden = body.dataset.ledger !== event.currentTarget.value;
    });
  });

  // ---- light and dark, wide and narrow ---------------------------------------------------------
  Page.redraw(drawAll);
  Page.redraw(() => { drawMoney(); drawCourse(); });
})();
