"""headwater demo, bench, screenshots."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import click


@click.command()
@click.option("--scale", default="small", help="size of the generated year: tiny, small, or what else the region's demo has")
@click.option(
    "--seed", type=int, help="the same seed gives the same people, texts and marks (default: that of the region's demo)"
)
@click.option(
    "--texts", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="table (csv, tsv) of title, abstract, keywords"
)
@click.option("--reset", is_flag=True, help="build anew even when the demo is there")
@click.option("--no-serve", is_flag=True, help="build and stop")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object about the result")
@click.option("--port", type=click.IntRange(1, 65535), help="port (default HEADWATER_PORT or 8000)")
def demo(scale: str, seed: int | None, texts: Path | None, reset: bool, no_serve: bool, as_json: bool, port: int | None) -> None:
    """Build a whole funding year by running the real commands, and serve it with one-click log-in."""
    from headwater.cli.main import setup

    os.environ["HEADWATER_DEMO"] = "1"
    started = time.perf_counter()
    config = setup()
    from headwater.cli.serve import check_port, serve_all
    from headwater.demo.run import ensure_demo, summary

    if not no_serve:
        check_port(port or config.port)

    def say(line: str) -> None:
        click.echo(f"  {time.perf_counter() - started:6.1f} s  {line}", err=True)

    click.echo("Preparing the demo ...", err=True)
    built = ensure_demo(scale=scale, seed=seed, texts=texts, reset=reset, say=say)
    seconds = time.perf_counter() - started
    if as_json:
        report = summary(seconds)
        click.echo(json.dumps(report, ensure_ascii=False))
        if report["invariants_failed"] and no_serve:
            sys.exit(1)
    else:
        click.echo(f"The demo {'is ready' if built else 'was there already'} ({seconds:.1f} s).", err=True)
    if not no_serve:
        serve_all(config, port or config.port)


KERNELS = [
    "assignment",
    "expertise",
    "conflicts",
    "duplicates",
    "calibration",
    "portfolio",
    "formal",
    "deadline",
    "fuzz",
    "demo",
    "evidence",
    "pages",
]


CHECKOUT = Path(__file__).resolve().parents[3]


def bench_module(kernel: str) -> str | None:
    """Name the module of a bench; a package has none."""
    places = (f"bench.kernels.{kernel}.bench", f"bench.{kernel}.bench", f"bench.{kernel}")
    return next((name for name in places if (CHECKOUT / f"{name.replace('.', '/')}.py").exists()), None)


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("kernel", type=click.Choice(KERNELS))
@click.pass_context
def bench(context: click.Context, kernel: str) -> None:
    """Measure a part of the system; with --peers beside a peer, with --json as one object."""
    import runpy

    module = bench_module(kernel)
    if module is None:
        raise click.ClickException("the benchmarks are in the source checkout, folder bench/")
    sys.path.insert(0, str(CHECKOUT))
    sys.argv = [f"headwater bench {kernel}", *context.args]
    runpy.run_module(module, run_name="__main__")


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("screenshots"),
    help="folder of the pictures",
)
@click.option("--only", help="take only the pages whose name contains this")
@click.option("--readme", is_flag=True, help="take the README's pictures instead")
def screenshots(folder: Path, only: str | None, readme: bool) -> None:
    """Take pictures of the demo's pages at 1440 and 360 px with headless Chromium."""
    from headwater.cli.main import setup

    os.environ["HEADWATER_DEMO"] = "1"
    setup()
    from headwater.demo.screenshots import take, take_readme

    for line in take_readme(folder) if readme else take(folder, only):
        click.echo(line)


COMMANDS = [demo, bench, screenshots]
