import type uPlot from 'uplot';

/** What every page has: the VMs, and the times that its lines are given at. */
export interface PageData {
  readonly vms: readonly string[];
  readonly endNs: number;
  readonly gridNs: readonly number[];
}

/** What the drawing functions of the page share. */
export interface PageTools {
  readonly data: PageData;
  /** A colour of the page's style sheet, as it is now (light or dark). */
  colour(name: string): string;
  vmColour(vm: number): string;
  timeText(ns: number): string;
  /** A legend whose marks are as the lines: filled with the colour, dashed boxes for dashed lines. Lines are counted from 0. */
  legend(colourOf: (line: number) => string, isDashed: (line: number) => boolean): uPlot.Legend;
  element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string, text?: string): HTMLElementTagNameMap[Tag];
  /** Calls `draw` now, when the host's width changes and when light turns dark. */
  redrawn(host: HTMLElement, draw: () => void): void;
}

/**
 * Runs in the reader's browser: its source text goes into the page, so it refers to nothing outside itself.
 */
export function pageTools(data: PageData): PageTools {
  const VM_COLOURS = 8;
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const timeText = (ns: number): string => {
    const units = ['ns', 'us', 'ms', 's'];
    let value = ns;
    let unit = 0;
    while (Math.abs(value) >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit += 1;
    }
    return `${String(Number(value.toPrecision(4)))} ${units[unit]!}`;
  };
  return {
    data,
    colour,
    timeText,
    legend: (colourOf, isDashed) => ({
      markers: {
        // series 0 is what lies across
        fill: (_plot, series) => (isDashed(series - 1) ? 'transparent' : colourOf(series - 1)),
        stroke: (_plot, series) => colourOf(series - 1),
        width: (_plot, series) => (isDashed(series - 1) ? 2 : 0),
        dash: 'dashed',
      },
    }),
    vmColour: (vm) => (vm < 0 ? colour('nobody') : colour(`vm${String(vm % VM_COLOURS)}`)),
    element: (tag, className, text) => {
      const made = document.createElement(tag);
      made.className = className;
      if (text !== undefined) made.textContent = text;
      return made;
    },
    redrawn: (host, draw) => {
      let width = 0;
      new ResizeObserver(() => {
        if (host.clientWidth === width) return;
        width = host.clientWidth;
        draw();
      }).observe(host);
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    },
  };
}
