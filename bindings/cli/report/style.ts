/** The report's style sheet; `pageTools` reads its colours for the canvases. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f6f7f9; --ink: #1b1f27; --muted: #5b6472; --line: #dfe3ea; --nobody: #e6e8ec; --untouched: #b9c2cf; --good: #0d7a4f; --bad: #b3261e;
  --vm0: #2f74d0; --vm1: #ef8a17; --vm2: #2f9e63; --vm3: #a452c9; --vm4: #d2405b; --vm5: #17a2b0; --vm6: #7a4a21; --vm7: #2b323d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1d2128; --ink: #e9ecf1; --muted: #9aa4b2; --line: #313844; --nobody: #2b3039; --untouched: #566072; --good: #4cc38a; --bad: #ff8a80;
    --vm0: #5b9bf0; --vm1: #f5a742; --vm2: #54c488; --vm3: #c583e3; --vm4: #ee6f86; --vm5: #43c6d3; --vm6: #b98a5e; --vm7: #dfe4ea;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 10px; }
h2 { font-size: 18px; margin: 40px 0 8px; }
h3 { font-size: 15px; margin: 18px 0 4px; }
p { margin: 0 0 10px; max-width: 78ch; }
.summary { font-size: 17px; }
.facts, .note { color: var(--muted); font-size: 14px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--muted); font-weight: 600; }
tr.group td { font-weight: 600; padding-top: 16px; border-bottom-color: var(--muted); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; font-size: 14px; color: var(--muted); }
.key { display: inline-flex; align-items: center; gap: 7px; }
.swatch { width: 22px; height: 13px; border-radius: 3px; display: inline-block; }
.panel { position: relative; overflow: hidden; }
.panel canvas { display: block; }
.tip { position: absolute; top: 0; left: 0; pointer-events: none; background: var(--ink); color: var(--paper); font-size: 13px; padding: 3px 9px; border-radius: 5px; white-space: nowrap; }
.tip[hidden] { display: none; }
.chart { min-height: 290px; }
.u-legend { font-size: 13px; color: var(--ink); text-align: left; }
.u-legend th, .u-legend td { border: 0; padding: 2px 4px; }
.list .u-legend { display: table; width: auto; margin: 4px 0 0 60px; }
.list .u-legend tr { display: table-row; }
.list .u-legend th, .list .u-legend td { display: table-cell; text-align: left; font-weight: 400; white-space: nowrap; }
.list .u-legend th::after { content: none; }
.list .u-legend td { padding-left: 20px; color: var(--muted); }
.list .u-legend .u-marker { margin-right: 8px; border-radius: 3px; }
table.compare { font-size: 13px; }
table.compare th, table.compare td { padding: 6px 7px; }
table.compare td { white-space: nowrap; }
table.compare th { vertical-align: bottom; line-height: 1.25; }
table.compare td:first-child { font-weight: 600; }
td.best { color: var(--good); font-weight: 700; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 4px 24px; align-items: end; }
.small { height: 190px; }
.under { color: var(--muted); font-size: 12px; min-height: 18px; }
.scroll { overflow-x: auto; }
`;
