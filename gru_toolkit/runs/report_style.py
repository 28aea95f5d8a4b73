"""The style sheet of `report.html`: light and dark, wide and narrow, screen and paper.

Colours of lines are those of Okabe and Ito (2008), which colour-blind people can tell apart; lines differ in
dashes too.
"""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1d2125; --soft: #5b636b; --hair: #e2e4e6; --grid: #eceeef;
  --network: #0072b2; --truth: #1d2125; --history: #9aa1a8; --ideal: #8a9097; --on: #ffffff;
  --rival1: #d55e00; --rival2: #009e73; --rival3: #b0568a; --rival4: #a07c00;
  --win: #00694c; --win-paper: #e6f4ee; --lose: #a63c00; --lose-paper: #fcede4;
  --even: #545c64; --even-paper: #eff1f2; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171a; --card: #1c2024; --ink: #e8eaec; --soft: #a0a8b0; --hair: #32383e; --grid: #2a2f34;
  --network: #56b4e9; --truth: #f2f4f5; --history: #7d858d; --ideal: #8d959d; --on: #10202b;
  --rival1: #f0863a; --rival2: #2fc79b; --rival3: #dd8fbd; --rival4: #e0b93c;
  --win: #5fd3a8; --win-paper: #15302a; --lose: #ff9d66; --lose-paper: #3a2318;
  --even: #b6bec6; --even-paper: #262b30; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 40px 24px 64px; }
.kicker { margin: 0; color: var(--soft); font-size: 14px; letter-spacing: .02em; }
h1 { margin: 2px 0 20px; font-size: 30px; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 44px 0 12px; font-size: 20px; line-height: 1.3; }
h3 { margin: 0 0 4px; font-size: 15px; }
p { margin: 0 0 10px; }
.verdict { padding: 18px 22px; border-radius: 10px; border-left: 6px solid currentColor; }
.verdict p { margin: 0; color: var(--ink); font-size: 19px; line-height: 1.4; }
.verdict .part { margin-bottom: 2px; font-size: 14px; font-weight: 600; color: inherit; }
.verdict.win { color: var(--win); background: var(--win-paper); }
.verdict.lose { color: var(--lose); background: var(--lose-paper); }
.verdict.even { color: var(--even); background: var(--even-paper); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 16px 0 0; }
.facts div { padding: 12px 16px; background: var(--card); border: 1px solid var(--hair); border-radius: 10px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts dd small { display: block; color: var(--soft); font-size: 13px; font-weight: 400; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; }
table.full { width: 100%; }
caption { padding: 0 0 6px; text-align: left; color: var(--soft); font-size: 14px; }
th, td { padding: 7px 0 7px 20px; border-bottom: 1px solid var(--hair); text-align: right; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; text-align: left; overflow-wrap: break-word; }
th { font-weight: 600; } thead th { color: var(--soft); font-size: 13px; white-space: nowrap; }
tbody th { font-weight: 400; } tbody td { white-space: nowrap; }
td.network { font-weight: 600; } thead th.network { color: var(--network); }
td small { display: block; color: var(--soft); font-size: 13px; font-weight: 400; }
h3.parts { margin-top: 18px; }
.scores + .scores { margin-top: 26px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px; }
figure { margin: 0; padding: 14px 16px 12px; background: var(--card); border: 1px solid var(--hair);
  border-radius: 10px; break-inside: avoid; min-width: 0; }
figcaption { margin-top: 6px; color: var(--soft); font-size: 13.5px; line-height: 1.45; }
svg { display: block; width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--soft); font-family: inherit; font-variant-numeric: tabular-nums; }
svg .small { font-size: 8px; } svg .title, svg .key { fill: var(--ink); }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; } svg .start { text-anchor: start; }
svg .count { fill: var(--ink); text-anchor: middle; } svg .on { fill: var(--on); }
.grid { stroke: var(--grid); } .axis, .frame { stroke: var(--soft); stroke-width: .8; fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.network { stroke: var(--network); } .truth { stroke: var(--truth); } .history { stroke: var(--history); }
.rival1 { stroke: var(--rival1); stroke-dasharray: 7 3; } .rival2 { stroke: var(--rival2); stroke-dasharray: 2 3; }
.rival3 { stroke: var(--rival3); stroke-dasharray: 8 3 2 3; } .rival4 { stroke: var(--rival4); stroke-dasharray: 4 4; }
.ideal { stroke: var(--ideal); stroke-dasharray: 5 4; stroke-width: 1.3; }
.rule { stroke: var(--hair); stroke-width: 1.5; }
.band { stroke: none; fill: var(--network); fill-opacity: .2; }
.dot { stroke: none; } .dot.network { fill: var(--network); } .dot.history { fill: var(--history); }
.dot.truth { fill: var(--truth); } .dot.faint { fill-opacity: .45; } .dot.ideal { fill: var(--ideal); }
.dot.rival1 { fill: var(--rival1); } .dot.rival2 { fill: var(--rival2); }
.dot.rival3 { fill: var(--rival3); } .dot.rival4 { fill: var(--rival4); }
.band.truth { fill: var(--rival1); fill-opacity: .22; } .dot.alarm { fill: var(--rival1); }
.cell.right { fill: var(--network); } .cell.wrong { fill: var(--rival1); }
ul { margin: 0; padding-left: 20px; } li { margin: 2px 0; }
dl.pairs { display: grid; grid-template-columns: minmax(120px, max-content) 1fr; gap: 4px 24px;
  margin: 0; font-size: 15px; }
dl.pairs dt { color: var(--soft); } dl.pairs dd { margin: 0; font-variant-numeric: tabular-nums; min-width: 0; }
details { margin: 0 0 8px; padding: 10px 16px; background: var(--card);
  border: 1px solid var(--hair); border-radius: 10px; }
summary { cursor: pointer; font-weight: 600; } details > :not(summary) { margin-top: 10px; }
details h3 { margin: 14px 0 4px; color: var(--soft); }
footer { margin-top: 44px; color: var(--soft); font-size: 13px; }
@media (max-width: 560px) { main { padding: 20px 14px 40px; } h1 { font-size: 24px; } h2 { margin-top: 34px; }
  .verdict { padding: 14px 16px; } .verdict p { font-size: 17px; } figure { padding: 10px 8px; }
  .facts { grid-template-columns: 1fr 1fr; } dl.pairs { grid-template-columns: 1fr; gap: 0; }
  dl.pairs dd { margin-bottom: 8px; } th, td { padding-left: 14px; }
  .scores thead { display: none; }
  .scores table, .scores caption, .scores tbody, .scores tr, .scores th, .scores td { display: block; }
  .scores tr { padding: 8px 0; border-bottom: 1px solid var(--hair); }
  .scores th, .scores td { padding: 1px 0; border: 0; } .scores tbody th { font-weight: 600; }
  .scores td { display: grid; grid-template-columns: 2fr 2fr 3fr; align-items: baseline; }
  .scores td::before { content: attr(data-of); color: var(--soft); font-weight: 400; text-align: left; } }
@media print { body { background: none; font-size: 11pt; } main { max-width: none; padding: 0; }
  .verdict, .cell, .band, .dot { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3, caption { break-after: avoid; } tr, .verdict, .facts { break-inside: avoid; } .wide { overflow: visible; }
  .figures { grid-template-columns: 1fr 1fr; } }
"""
