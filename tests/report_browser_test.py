"""The report in headless Chromium: no error, no network, every chart drawn, nothing too wide or overlapping on a phone and a desk, keyboard and screen reader basics,
light, dark and print. With GALET_REPORT_PICTURES=DIR the pictures are kept for looking at; with a page as argument that page is held to the same."""
import json
import os
import pathlib
import sys
import tempfile

import browser
from galet_cli import MODEL, ok

if browser.find() is None:
    print("SKIPPED: no chromium (Debian package chromium): the report was not looked at in a browser")
    sys.exit(77)

# What a layout engine is asked: everything that sticks out or covers something else.
LAYOUT = """(() => {
  const wrong = [], name = e => e.tagName.toLowerCase() + (e.className && e.className.baseVal === undefined ? '.' + e.className : '') + ': ' + (e.textContent || '').trim().slice(0, 40);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`);
  const inside = e => e.closest('.scroll, nav ul, .hidden, .skip, details:not([open])');
  for (const e of document.body.querySelectorAll('*')) {
    if (inside(e) || e.closest('svg, script, option')) continue;
    const r = e.getBoundingClientRect();
    if (r.width > 0 && (r.right > root.clientWidth + 0.5 || r.left < -0.5)) wrong.push(`outside of the window: ${name(e)}`);
  }
  for (const parent of document.querySelectorAll('main, section, .figures, figure, header .wrap')) {
    const boxes = [...parent.children].filter(e => e.getClientRects().length && getComputedStyle(e).position === 'static').map(e => [e, e.getBoundingClientRect()]);
    for (let i = 0; i + 1 < boxes.length; ++i)
      for (let j = i + 1; j < boxes.length; ++j) {
        const [a, x] = boxes[i], [b, y] = boxes[j];
        if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) wrong.push(`overlap: ${name(a)} and ${name(b)}`);
      }
  }
  for (const cell of document.querySelectorAll('td.number, th.number')) if (cell.scrollWidth > cell.clientWidth + 1) wrong.push(`a number does not fit: ${name(cell)}`);
  for (const e of document.querySelectorAll('.figures dd, .figures dt')) if (e.scrollWidth > e.clientWidth + 1) wrong.push(`a figure does not fit: ${name(e)}`);
  return wrong.slice(0, 10);
})()"""

# Every canvas: how many colours it shows, and whether it fills its place.
CHARTS = """[...document.querySelectorAll('canvas')].map(c => {
  const seen = new Set(), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let painted = 0;
  for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 0) { ++painted; seen.add((d[i] >> 4 << 8) + (d[i + 1] >> 4 << 4) + (d[i + 2] >> 4)); }
  return {title: c.dataset.drawn || '', label: c.getAttribute('aria-label') || '', role: c.getAttribute('role'), painted: painted / (d.length / 4), colours: seen.size,
          right: c.getBoundingClientRect().right, width: c.getBoundingClientRect().width};
})"""

BASICS = """(() => {
  const wrong = [], all = s => [...document.querySelectorAll(s)];
  for (const s of ['header', 'nav[aria-label]', 'main', 'footer', 'h1']) if (all(s).length !== 1) wrong.push(`${all(s).length} of ${s}`);
  if (document.documentElement.lang !== 'en' || !document.title) wrong.push('no language or no title');
  let level = 0;
  for (const h of all('h1,h2,h3,h4')) { const n = +h.tagName[1]; if (n > level + 1) wrong.push(`h${level} is followed by h${n}: ${h.textContent}`); level = n; }
  const ids = all('[id]').map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id occurs twice');
  for (const t of all('table')) {
    if (!t.caption || !t.caption.textContent.trim()) wrong.push('a table without a caption');
    for (const h of t.querySelectorAll('th')) if (!['col', 'row'].includes(h.scope)) wrong.push('a head without scope');
    for (const r of t.tBodies[0].rows) if (!r.querySelector('th[scope=row]') || r.cells.length !== t.tHead.rows[0].cells.length) wrong.push('a row without head, or of another length');
  }
  for (const s of all('section')) if (!document.getElementById(s.getAttribute('aria-labelledby'))) wrong.push('a section without a name');
  for (const s of all('select')) if (!s.labels.length) wrong.push('a choice without a label');
  for (const s of all('.scroll')) if (s.tabIndex !== 0 || !s.getAttribute('aria-label')) wrong.push('a scrolling table that the keyboard does not reach');
  for (const a of all('a[href^="#"]')) if (!document.getElementById(a.getAttribute('href').slice(1))) wrong.push(`a link to nowhere: ${a.hash}`);
  const luminance = text => { const v = text.match(/[\\d.]+/g).slice(0, 3).map(x => (x /= 255) <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  for (const s of ['body', '.subtitle', 'summary', 'nav a', 'thead th', '.figures dt', 'section > p', 'footer'])
    for (const e of all(s).slice(0, 1)) { const ink = luminance(getComputedStyle(e).color), c = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05); if (c < 4.5) wrong.push(`${s}: contrast ${c.toFixed(2)}`); }
  return wrong.slice(0, 10);
})()"""


def hold(page, path, pictures=None):
    """Everything that must be true of any report. Returns the seconds that opening took."""
    stem = pathlib.Path(path).stem
    seconds = None
    for width in (1400, 390):
        for dark in (False, True):
            page.show(width, dark=dark)
            page.console.clear()
            page.requests.clear()
            took = page.open(path)
            seconds = seconds or took
            where = f"{stem}, {width} px, {'dark' if dark else 'light'}"
            page.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert not page.console, (where, page.console)
            assert all(url.startswith("file:") for url in page.requests) and len(page.requests) == 1, (where, page.requests)
            assert not (wrong := page.ask(LAYOUT)), (where, wrong)
            assert not (wrong := page.ask(BASICS)), (where, wrong)
            for chart in page.ask(CHARTS):
                assert chart["title"] and chart["label"] and chart["role"] == "img", (where, chart)
                assert chart["painted"] > 0.005 and chart["colours"] > 3, (where, "nothing is drawn", chart)
                assert chart["width"] > 0.8 * min(width - 60, 1000) and chart["right"] <= width, (where, chart)
            paper = page.ask("getComputedStyle(document.body).backgroundColor")
            assert (paper == "rgb(255, 255, 255)") != dark, (where, paper)
            page.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert not (wrong := page.ask(LAYOUT)), (where, "tables opened", wrong)
            page.ask("document.querySelectorAll('details').forEach(d => d.open = false)")
            if pictures:
                page.picture(f"{pictures}/{stem}_{width}_{'dark' if dark else 'light'}.png")
    # The keyboard reaches the first link, which becomes visible, and focus is seen.
    page.show(390, still=True)
    page.open(path)
    page.press("Tab", 9)
    assert page.ask("document.activeElement.className") == "skip" and page.ask("document.activeElement.getBoundingClientRect().left >= 0")
    assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus cannot be seen"
    assert page.ask("getComputedStyle(document.documentElement).scrollBehavior") == "auto", "motion though reduced motion is preferred"
    # Print is dark on light, even where the screen is dark, without the navigation.
    page.show(794, dark=True, media="print")
    page.ask("new Promise(done => setTimeout(done, 50))")
    assert page.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)" and page.ask("getComputedStyle(document.querySelector('nav')).display") == "none"
    if pictures:
        page.picture(f"{pictures}/{stem}_print.png")
    # With a choice of charts another one can be chosen.
    page.show(1400)
    page.open(path)
    if page.ask("!!document.querySelector('select')"):
        before = page.ask("document.querySelector('select').closest('figure').querySelector('canvas').getAttribute('aria-label')")
        page.ask("(() => { const s = document.querySelector('select'); s.selectedIndex = s.options.length - 1; s.dispatchEvent(new Event('change')); })()")
        assert page.ask("document.querySelector('select').closest('figure').querySelector('canvas').getAttribute('aria-label')") != before
    return seconds


page = browser.Browser()
try:
    pictures = os.environ.get("GALET_REPORT_PICTURES")
    for path in sys.argv[1:]:
        print(f"{path}: {pathlib.Path(path).stat().st_size} bytes, opened in {hold(page, path, pictures):.2f} s")
    if len(sys.argv) == 1:
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            data = ("--data", "tidewrack:train,count=100", "--eval", "tidewrack:test,count=40", "--samples", 20)
            ok("sweep", "n_sigma", MODEL, *data, "--sigma", "1,2,4", "--state", out / "n.json")
            ok("sensitivity", MODEL, *data, "--bits", "8,2", "--limit", 10, "--state", out / "s.json", "--report", out / "sensitivity.html")
            ok("report", MODEL, *data, "--seconds", 0.05, "--with", out / "n.json", "--with", out / "s.json", "-o", out / "report.html")
            for name in ("report.html", "sensitivity.html"):
                seconds = hold(page, out / name, pictures)
                print(f"{name}: {(out / name).stat().st_size} bytes, opened in {seconds:.2f} s")

            # Names that would be markup, script or anything but text stay text.
            evil = "</script><script>window.broken=1</script><img src=x onerror=window.broken=1>'\"&\u202e\U0001f41a{{}}" + "long" * 60
            study = json.loads((out / "s.json").read_text())
            study["settings"]["model"] = study["settings"]["data"] = evil
            for i, layer in enumerate(list(study["layers"])):
                study["layers"][i] = evil + layer
            for point in study["points"]:
                point["layer"] = evil + point["layer"]
            sweep = json.loads((out / "n.json").read_text())
            sweep["name"] = sweep["about"] = sweep["axis"] = evil
            for point in sweep["points"]:
                point["label"] = evil
            (out / "evil_s.json").write_text(json.dumps(study))
            (out / "evil_n.json").write_text(json.dumps(sweep))
            ok("report", MODEL, *data, "--no-time", "--with", out / "evil_s.json", "--with", out / "evil_n.json", "--date", evil, "-o", out / "evil.html", "--csv", out / "csv", "--png", out / "png")
            hold(page, out / "evil.html", pictures)
            page.open(out / "evil.html")
            assert page.ask("window.broken === undefined && document.querySelectorAll('img').length === 0"), "a name became markup"
            assert page.ask("document.body.textContent.includes('<img src=x onerror=window.broken=1>')"), "a name was lost"
            names = [p.name for p in (out / "csv").iterdir()] + [p.name for p in (out / "png").iterdir()]
            assert names and all(set(n) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") for n in names), names
finally:
    page.close()
print("the report holds in a browser")
