"""Compare what people read on every page of this tree with what they read at an earlier commit.

Usage: ./run python tools/visible_text.py COMMIT [--only WORD] [--text]

Every role of a small world opens every route and the links it finds, in both languages, and sends every form with its typed
fields left empty. A headless Chromium lays both answers out with the styles of their tree; compared is the text as it is shown
(blanks between Chinese characters count, line breaks and blanks do not differ), then, unless --text is given, the controls and
links with their names, values and labels. --only keeps to addresses with WORD in them. The earlier tree, its world and its
pages are kept in .headwater-text/, so that a second comparison renders only this tree.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".headwater-text"
RENDERER = ROOT / "tools/render_pages.py"
SHOWN = 40

READ = """(html) => {
  const page = new DOMParser().parseFromString(html, 'text/html');
  page.querySelectorAll('script, template').forEach(e => e.remove());
  document.documentElement.lang = page.documentElement.lang;
  document.body.replaceWith(document.importNode(page.body, true));
  const all = (words) => [...document.querySelectorAll(words)];
  all('[hidden]').forEach(e => e.hidden = false);
  all('details').forEach(e => e.open = true);
  const of = (e, name) => e.hasAttribute(name) ? ` ${name}=${JSON.stringify(e.getAttribute(name))}` : '';
  const described = (e) => (e.getAttribute('aria-describedby') || '').split(' ')
    .map(id => id && document.getElementById(id)?.innerText).filter(Boolean).join(' ').split(/\\s+/).filter(Boolean).join(' ');
  const labelled = (e) => [...(e.labels || [])].map(x => x.innerText.trim()).join(' / ');
  const controls = all('a[href], form, input, select, textarea, button').filter(e => e.name !== 'csrfmiddlewaretoken').map(e => {
    const word = e.tagName.toLowerCase();
    if (word === 'a') return 'a' + of(e, 'href');
    if (word === 'form') return 'form' + of(e, 'method') + of(e, 'action') + of(e, 'enctype');
    const value = e.type === 'hidden' ? '' : ` value=${JSON.stringify(e.value)}`;
    return word + ` ${e.type}` + of(e, 'name') + value + (e.checked ? ' checked' : '') + (e.disabled ? ' disabled' : '')
      + (e.required ? ' required' : '') + of(e, 'form') + of(e, 'min') + of(e, 'max') + of(e, 'step') + of(e, 'maxlength')
      + of(e, 'placeholder') + of(e, 'formaction') + of(e, 'data-confirm')
      + ` label=${JSON.stringify(labelled(e) || e.getAttribute('aria-label') || '')}` + (described(e) ? ` described=${JSON.stringify(described(e))}` : '');
  });
  const text = document.body.innerText.split(/\\s+/).filter(Boolean).join(' ');
  return {text: page.title.trim() + ' | ' + text, controls};
}"""


def run(tree: Path, home: Path, *words: str) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("HEADWATER_")}
    env |= {"HEADWATER_HOME": str(home), "HEADWATER_DEMO": "1", "DJANGO_SETTINGS_MODULE": "headwater.settings"}
    env |= {"PYTHONPATH": f"{tree / 'src'}:{tree}", "PYTHONHASHSEED": "0"}
    subprocess.run([sys.executable, str(RENDERER), *words], cwd=tree, env=env, check=True)


def earlier_tree(commit: str) -> Path:
    """A checkout of `commit` with its front end and catalogues built, in a folder of its own."""
    name = subprocess.run(["git", "rev-parse", f"{commit}^{{commit}}"], cwd=ROOT, check=True, capture_output=True, text=True)
    folder = CACHE / name.stdout.strip()
    tree = folder / "tree"
    if not (folder / "tree.done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True)
        tree.mkdir()
        subprocess.run(["tar", "-x"], cwd=tree, input=archive.stdout, check=True)
        subprocess.run([sys.executable, "hatch_build.py"], cwd=tree, check=True)
        (folder / "tree.done").touch()
    return tree


def copied(world: Path, target: Path) -> Path:
    """A copy of the home folder, owners kept: the database server of root's own tests belongs to another account."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(world), str(target)], check=True)
    return target


def pages_of(tree: Path, world: Path, requests: Path, target: Path) -> None:
    """Render the requests in a copy of the world."""
    copy = copied(world, target.with_suffix(f".{os.getpid()}"))
    run(tree, copy, "render", str(requests), str(target))
    shutil.rmtree(copy)


def step(done: Path, word: str) -> bool:
    if done.exists():
        return False
    print(word, flush=True)
    return True


def earlier_pages(tree: Path) -> tuple[Path, Path, Path]:
    """The world, the requests and the pages of the earlier tree, made once."""
    folder = tree.parent
    world, requests, pages = folder / "world", folder / "requests.jsonl", folder / "pages.jsonl"
    if step(folder / "world.done", "the world of the earlier tree"):
        shutil.rmtree(world, ignore_errors=True)
        world.mkdir()
        run(tree, world, "world")
        (folder / "world.done").touch()
    if step(requests, "its addresses and forms"):
        copy = copied(world, folder / "discover.home")
        run(tree, copy, "discover", str(requests))
        shutil.rmtree(copy)
    if step(folder / "pages.done", f"its pages: {len(requests.read_text().splitlines())} requests"):
        pages_of(tree, world, requests, pages)
        (folder / "pages.done").touch()
    return world, requests, pages


class Sight:
    """A Chromium page with the styles of one tree, and what was already read in it."""

    def __init__(self, browser: Any, tree: Path) -> None:
        self.page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.page.add_style_tag(path=str(tree / "src/headwater/web/static/build/style.css"))
        self.known: dict[str, dict[str, Any]] = {}

    def read(self, html: str) -> dict[str, Any]:
        if not html:
            return {"text": "", "controls": []}
        if html not in self.known:
            self.known[html] = self.page.evaluate(READ, html)
        return self.known[html]


def lines(text: str) -> list[str]:
    """A text in pieces that a difference can be shown by, blanks kept."""
    return text.replace("。", "。\n").replace(" ", "␣\n").splitlines()


def differences(before: dict[str, Any], after: dict[str, Any], sights: tuple[Sight, Sight], text_only: bool) -> Iterator[str]:
    for key in ("status", "place"):
        if before[key] != after[key]:
            yield f"{key}: {before[key]} → {after[key]}"
    one, two = sights[0].read(before["body"]), sights[1].read(after["body"])
    if one["text"] != two["text"]:
        yield from changed(lines(one["text"]), lines(two["text"]))
    if not text_only and one["controls"] != two["controls"]:
        yield from changed(one["controls"], two["controls"])


def changed(one: list[str], two: list[str]) -> Iterator[str]:
    for line in difflib.unified_diff(one, two, lineterm="", n=1):
        if not line.startswith(("---", "+++", "@@")):
            yield line


def compare(earlier: Path, pages: tuple[Path, Path], only: str, text_only: bool) -> int:
    """Print each difference once, with the first page that has it and how many do; returns how many there are."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[str]] = {}
    with sync_playwright() as driver:
        chromium = os.environ.get("HEADWATER_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        sights = (Sight(browser, earlier), Sight(browser, ROOT))
        with pages[0].open() as first, pages[1].open() as second:
            for one, two in zip(first, second, strict=True):
                before, after = json.loads(one), json.loads(two)
                if only not in before["address"]:
                    continue
                told = "\n".join(differences(before, after, sights, text_only))
                if told:
                    verb = f"POST {dict(map(tuple, before['sent']))}" if "sent" in before else "GET"
                    found.setdefault(told, []).append(f"{verb} {before['address']} ({before['role']}, {before['language']})")
        browser.close()
    for told, where in list(found.items())[:SHOWN]:
        print(f"\n== {where[0]}" + (f" and {len(where) - 1} more" if len(where) > 1 else ""))
        print("\n".join(told.splitlines()[:60]))
    print(f"\n{len(found)} differences on {sum(map(len, found.values()))} pages")
    return len(found)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("commit")
    asked.add_argument("--only", default="")
    asked.add_argument("--text", action="store_true")
    asked.add_argument("--kept", action="store_true", help="compare the pages that were rendered last")
    given = asked.parse_args()
    tree = earlier_tree(given.commit)
    world, requests, before = earlier_pages(tree)
    after = CACHE / "pages.jsonl"
    kept = requests
    if given.only:
        kept = CACHE / "requests.jsonl"
        kept.write_text("\n".join(x for x in requests.read_text().splitlines() if given.only in json.loads(x)["address"]))
        before = narrowed(before, given.only)
    subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, check=True)
    if not given.kept:
        print("the pages of this tree", flush=True)
        pages_of(ROOT, world, kept, after)
    sys.exit(1 if compare(tree, (before, after), given.only, given.text) else 0)


def narrowed(pages: Path, only: str) -> Path:
    target = CACHE / "before.jsonl"
    with pages.open() as source, target.open("w") as out:
        out.writelines(x for x in source if only in json.loads(x)["address"])
    return target


if __name__ == "__main__":
    main()
