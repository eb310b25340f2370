import type { ReportRun, TimeSpan } from './data.ts';
import type { PageTools } from './page-tools.ts';

/**
 * The picture of the rights table over time: a row a region, filled with the colour of its user, striped with the colour of its manager
 * where that is another. `span` is the time that is shown. Runs in the reader's browser: its source text goes into the page, so it refers to nothing outside itself.
 */
export function drawRegions(tools: PageTools, host: HTMLElement, run: ReportRun, span: TimeSpan): void {
  const HEIGHT = 280;
  const LEFT = 56;
  const BOTTOM = 34;
  const RIGHT = 12;
  const LABEL = 16;
  const LABEL_ROWS = 2;
  const TOP = 4 + LABEL * LABEL_ROWS;
  const STRIPE = 8;
  const NOBODY = -1;
  const { data } = tools;
  const canvas = tools.element('canvas', 'regions');
  const tip = tools.element('div', 'tip');
  host.append(canvas, tip);

  interface Stay {
    fromNs: number;
    manager: number;
    user: number;
  }
  const rows: Stay[][] = Array.from({ length: run.regions }, () => [{ fromNs: 0, manager: NOBODY, user: NOBODY }]);
  run.rights.timesNs.forEach((fromNs, index) => {
    rows[run.rights.regions[index]!]!.push({ fromNs, manager: run.rights.managers[index]!, user: run.rights.users[index]! });
  });

  const stripes = (context: CanvasRenderingContext2D, colour: string, scale: number): CanvasPattern | string => {
    const tile = document.createElement('canvas');
    tile.width = tile.height = STRIPE * scale;
    const brush = tile.getContext('2d');
    if (brush === null) return colour;
    brush.strokeStyle = colour;
    brush.lineWidth = STRIPE * scale * 0.42;
    for (const offset of [-1, 0, 1]) {
      brush.beginPath();
      brush.moveTo((offset - 0.5) * tile.width, 1.5 * tile.height);
      brush.lineTo((offset + 1.5) * tile.width, -0.5 * tile.height);
      brush.stroke();
    }
    return context.createPattern(tile, 'repeat') ?? colour;
  };

  const niceStep = (rough: number): number => {
    const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
    return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  };

  const draw = (): void => {
    const scale = window.devicePixelRatio || 1;
    const width = host.clientWidth;
    canvas.width = width * scale;
    canvas.height = HEIGHT * scale;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${HEIGHT}px`;
    const context = canvas.getContext('2d');
    if (context === null) return;
    const plotWidth = width - LEFT - RIGHT;
    const plotHeight = HEIGHT - TOP - BOTTOM;
    const inside = (ns: number): number => Math.min(Math.max(ns, span.fromNs), span.toNs);
    const x = (ns: number): number => Math.round((LEFT + (plotWidth * (inside(ns) - span.fromNs)) / (span.toNs - span.fromNs)) * scale);
    const y = (region: number): number => Math.round((TOP + plotHeight - (plotHeight * region) / run.regions) * scale);

    const hatch = new Map<number, CanvasPattern | string>();
    const hatchOf = (vm: number): CanvasPattern | string => {
      const known = hatch.get(vm) ?? stripes(context, tools.vmColour(vm), scale);
      hatch.set(vm, known);
      return known;
    };
    rows.forEach((row, region) => {
      const top = y(region + 1);
      const height = Math.max(1, y(region) - top);
      row.forEach((stay, index) => {
        const from = x(stay.fromNs);
        const wide = Math.max(0, x(row[index + 1]?.fromNs ?? run.virtualNs) - from);
        if (wide === 0) return;
        context.fillStyle = tools.vmColour(stay.user);
        context.fillRect(from, top, wide, height);
        if (stay.manager === stay.user) return;
        context.fillStyle = hatchOf(stay.manager);
        context.fillRect(from, top, wide, height);
      });
    });
    drawAxes(context, scale, x, y, plotWidth);
  };

  const drawAxes = (
    context: CanvasRenderingContext2D,
    scale: number,
    x: (ns: number) => number,
    y: (region: number) => number,
    plotWidth: number,
  ): void => {
    context.font = `${12 * scale}px system-ui, sans-serif`;
    context.fillStyle = tools.colour('muted');
    context.strokeStyle = tools.colour('line');
    context.lineWidth = scale;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    const regionStep = Math.max(1, niceStep(run.regions / 5));
    for (let region = 0; region < run.regions; region += regionStep)
      context.fillText(String(region), (LEFT - 8) * scale, (y(region) + y(region + 1)) / 2);
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const timeStep = niceStep((span.toNs - span.fromNs) / Math.max(2, Math.floor(plotWidth / 130)));
    for (let ns = Math.ceil(span.fromNs / timeStep) * timeStep; ns <= span.toNs; ns += timeStep)
      context.fillText(tools.timeText(ns), x(ns), y(0) + 8 * scale);
    context.save();
    context.translate(12 * scale, (y(0) + y(run.regions)) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText('region', 0, -6 * scale);
    context.restore();
    context.strokeStyle = context.fillStyle = tools.colour('ink');
    context.setLineDash([4 * scale, 3 * scale]);
    context.textBaseline = 'bottom';
    const rowsFree = Array.from({ length: LABEL_ROWS }, () => 0);
    for (const mark of run.marks) {
      if (mark.timeNs < span.fromNs || mark.timeNs > span.toNs) continue;
      const wide = context.measureText(mark.text).width;
      const left = Math.min(Math.max(x(mark.timeNs) - wide / 2, LEFT * scale), (LEFT + plotWidth) * scale - wide);
      const row = rowsFree.findIndex((free) => left >= free);
      const base = y(run.regions) - (4 + Math.max(0, row) * LABEL) * scale;
      context.beginPath();
      context.moveTo(x(mark.timeNs), base);
      context.lineTo(x(mark.timeNs), y(0));
      context.stroke();
      if (row < 0) continue;
      context.textAlign = 'left';
      context.fillText(mark.text, left, base);
      rowsFree[row] = left + wide + 10 * scale;
    }
    context.setLineDash([]);
  };

  const name = (vm: number): string => (vm < 0 ? 'nobody' : data.vms[vm]!);
  canvas.addEventListener('mousemove', (event) => {
    const box = canvas.getBoundingClientRect();
    const timeNs = span.fromNs + ((event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT)) * (span.toNs - span.fromNs);
    const region = Math.floor(((HEIGHT - BOTTOM - (event.clientY - box.top)) / (HEIGHT - TOP - BOTTOM)) * run.regions);
    const isShown = timeNs >= span.fromNs && timeNs <= Math.min(span.toNs, run.virtualNs);
    const stay = isShown ? rows[region]?.findLast((item) => item.fromNs <= timeNs) : undefined;
    tip.hidden = stay === undefined;
    if (stay === undefined) return;
    tip.textContent = `region ${region} at ${tools.timeText(timeNs)}: managed by ${name(stay.manager)}, used by ${name(stay.user)}`;
    const left = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 8);
    tip.style.transform = `translate(${left}px, ${String(event.clientY - box.top - 34)}px)`;
  });
  canvas.addEventListener('mouseleave', () => {
    tip.hidden = true;
  });
  tip.hidden = true;
  tools.redrawn(host, draw);
}
