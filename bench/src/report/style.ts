/** The page's style sheet: system fonts, two columns where there is room, dark where the reader's system is, ink where it is printed. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fff; --card: #f6f7f9; --ink: #16181d; --soft: #5a6070; --line: #d9dce3;
  --ahead: #00684b; --behind: #b03a00; --behind-area: #d55e0014;
  --ours: #0072b2; --limit: #767b86;
  --peer-1: #d55e00; --peer-2: #007d5a; --peer-3: #b0467f; --peer-4: #9a6a00; --peer-5: #5b4bb0; --peer-6: #6b4a2b;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #1d2026; --ink: #e8eaee; --soft: #a3a9b6; --line: #363b45;
    --ahead: #4cd6a8; --behind: #ff9a63; --behind-area: #ff8a3d1f;
    --ours: #56b4e9; --limit: #9aa0ac;
    --peer-1: #ff8a3d; --peer-2: #2fd0a0; --peer-3: #ee9cc8; --peer-4: #f0c04a; --peer-5: #b3a6ff; --peer-6: #d3a67a;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2rem) 4rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 0.25rem; }
h2 { font-size: 1.5rem; margin: 3rem 0 0.5rem; padding-top: 1rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 0.5rem; }
h4 { font-size: 0.95rem; margin: 0 0 0.25rem; }
p { margin: 0.4rem 0; max-width: 50rem; }
a { color: var(--ours); }
small, .soft { color: var(--soft); font-size: 0.85em; }
nav ul, .legend { list-style: none; padding: 0; margin: 0.75rem 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
.legend { font-size: 0.85rem; margin: 0.25rem 0; }
.legend svg { display: inline-block; vertical-align: -2px; }
.caution { border-left: 4px solid var(--behind); background: var(--card); padding: 0.5rem 1rem; margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border-radius: 6px; padding: 0.75rem 1rem; }
.tiles b { display: block; font-size: 1.9rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 0 2rem; align-items: start; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1rem; align-items: start; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 1rem; align-items: start; }
figure { margin: 0; background: var(--card); border-radius: 6px; padding: 0.75rem; --page: var(--card-page); }
figure { --card-page: #f6f7f9; }
@media screen and (prefers-color-scheme: dark) { figure { --card-page: #1d2026; } }
figcaption { font-size: 0.85rem; }
.plot { display: block; max-width: 100%; height: auto; overflow: visible; }
figure > .plot { width: 100%; max-width: 34rem; }
.plot text { white-space: pre; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0.25rem 0; color: var(--soft); }
th, td { padding: 0.25rem 0.6rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; }
figure th { white-space: normal; min-width: 0; }
figure th, figure td { padding: 0.2rem 0.4rem; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
th[scope=row], td.words, th.words { text-align: left; }
th[scope=row] { font-weight: 500; white-space: normal; min-width: 11rem; }
td small { display: block; }
td.ours { font-weight: 600; }
td small { font-weight: 400; }
.absent { display: inline-block; max-width: 7.5em; white-space: normal; color: var(--soft); font-size: 0.9em; }
.ahead, .behind { white-space: nowrap; }
.ahead { color: var(--ahead); font-weight: 600; }
.behind { color: var(--behind); font-weight: 600; }
summary { cursor: pointer; margin: 1rem 0; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; font-size: 0.9rem; margin: 0.75rem 0; }
dt { color: var(--soft); }
dd { margin: 0; max-width: 56rem; overflow-wrap: anywhere; }
@media (max-width: 36rem) {
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: 0.4rem; }
  h1 { font-size: 1.6rem; }
  th[scope=row] { min-width: 8.5rem; }
  th, td { padding: 0.25rem 0.35rem; }
}
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, summary { display: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  h2 { break-before: page; border-top: none; }
  #summary h2, #guard h2 { break-before: auto; }
  .columns, .curves, .cards { grid-template-columns: 1fr 1fr; gap: 0.5rem 1rem; }
  .cards { grid-template-columns: 1fr 1fr 1fr; }
  h2, h3, h4 { break-after: avoid; }
  figure, tr, .tiles li { break-inside: avoid; }
  figure, .tiles li { border: 1px solid var(--line); }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: 0.15rem 0.3rem; white-space: normal; }
  th[scope=row] { min-width: 0; }
}
`
