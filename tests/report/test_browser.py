"""A report in a real browser: no errors, every picture there, nothing wider than the screen."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import pytest
from summary.fake_outcome import SCENARIO, fake_outcome

from forecast.report import report

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; .ci/run installs one")]

# A headless window is never narrower than 500 px, so the report is measured in frames of a page around it.
PAGE = """<!DOCTYPE html><html><body><script>
window.errors = [];
function measure(width) {
  const frame = document.getElementById("w" + width), page = frame.contentDocument;
  const images = [...page.images];
  const wide = [...page.querySelectorAll("main *")].filter(node => !node.closest(".wide")
    && node.getBoundingClientRect().right > width + 1).map(node => node.tagName + " " + node.textContent.slice(0, 40));
  return {width, scroll: page.documentElement.scrollWidth, images: images.length, wide,
          broken: images.filter(one => !one.complete || one.naturalWidth === 0
                                       || one.getBoundingClientRect().width < 200
                                       || one.getBoundingClientRect().height < 60).length,
          narrow: images.filter(one => one.currentSrc !== one.src).length,
          text: page.body.innerText.length};
}
window.addEventListener("load", () => {
  const out = document.createElement("pre");
  out.id = "measured";
  out.textContent = JSON.stringify([400, 1400].map(measure));
  document.body.append(out);
});
</script>FRAMES</body></html>"""


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--enable-logging=stderr", "--window-size=1600,1000", "--virtual-time-budget=20000",
         f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True)


def console_errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if "CONSOLE" in line]


def measured(page: Path) -> tuple[list[dict], list[str]]:
    """Return what a report measures in frames of 400 and 1400 pixels, and the errors of the console."""
    inner = escape(page.read_text(encoding="utf-8"), quote=True)
    frames = "".join(f'<iframe id="w{width}" width="{width}" height="900" style="border:0" srcdoc="{inner}"></iframe>'
                     for width in (400, 1400))
    outer = page.with_name(f"{page.stem}-outer.html")
    outer.write_text(PAGE.replace("FRAMES", frames), encoding="utf-8")
    made = browse(outer, "--dump-dom")
    found = re.search(r'<pre id="measured">(.*?)</pre>', made.stdout, flags=re.S)
    assert found, made.stderr[-2000:]
    sizes = json.loads(found[1].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    return sizes, console_errors(made.stderr)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    title = "Talks with a title that is long enough to wrap: " + "Antidisestablishmentarianism" * 3
    long = {**SCENARIO, "title": title}
    return report(fake_outcome(20, 30, paths=True, scenario=long), tmp_path_factory.mktemp("page") / "report.html")


def test_report_is_whole_at_400_and_1400_pixels(page: Path) -> None:
    sizes, errors = measured(page)
    for one in sizes:
        assert one["scroll"] <= one["width"] and one["wide"] == [], one
        assert one["images"] == 12 and one["broken"] == 0, one
        assert one["narrow"] == (12 if one["width"] == 400 else 0)
        assert one["text"] > 4000
    assert errors == []


def test_report_prints(page: Path) -> None:
    browse(page, f"--print-to-pdf={page.with_suffix('.pdf')}", "--no-pdf-header-footer")
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_the_check_can_fail(page: Path) -> None:
    bad = page.with_name("bad.html")
    text = page.read_text(encoding="utf-8")
    bad.write_text(text.replace("</main>", "</main><script>console.error('planted')</script>"), encoding="utf-8")
    assert len(console_errors(browse(bad, "--dump-dom").stderr)) == 1
