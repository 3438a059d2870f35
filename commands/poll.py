"""`b24-edo poll`: read the feeds now instead of waiting for the clock."""

import click

from commands.setting import setting
from worker import polling
from worker.running import make_running


@click.command("poll", help="Read the feed of every box now.")
@click.option("--reconcile", is_flag=True, help="Also compare every document under way, as the nightly check does.")
def command(reconcile: bool) -> None:
    found = setting()
    running = make_running(found.config, found.database)
    boxes = running.feeds.to_read()
    for box in boxes:
        click.echo(f"{box.name} ({box.inn})")
        polling.poll(running, box_pk=box.id)
        if reconcile:
            polling.reconcile(running, box_pk=box.id)
    click.echo(f"Boxes read: {len(boxes)}.")
