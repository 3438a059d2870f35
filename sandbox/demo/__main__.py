"""`python -m sandbox.demo`: play the whole story and check that all of it is true."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.demo import claims, keepsakes
from sandbox.demo.console import LANGUAGES, Console, language_of
from sandbox.demo.process import read_process
from sandbox.demo.processes import Trouble
from sandbox.demo.stage import Ports, opened
from sandbox.demo.story import Story


def main(words: Sequence[str] | None = None) -> int:
    options = _options(words)
    console = Console(options.lang)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is stopped then too
    console.text(
        console.say(
            ru="b24-edo: пакет уходит из сделки в Диадок и возвращается подписанным",
            en="b24-edo: a package goes from a deal to Diadoc and comes back signed",
        )
    )
    try:
        return 0 if _play(console, options.keep, refuses=options.refuse) else 1
    except Trouble as trouble:
        console.verdict(False, str(trouble))
        console.verdict(False, _last_words(console, False))
        return 1
    except KeyboardInterrupt:
        console.verdict(False, console.say(ru="Прервано; всё остановлено.", en="Interrupted; everything is stopped."))
        return 130


def _play(console: Console, folder: Path, *, refuses: bool) -> bool:
    keepsakes.clear(folder)
    is_true = False
    with opened(Ports()) as stage:
        try:
            ending = Story(stage, console, read_process(console.language), refuses=refuses).tell()
            is_true = claims.check(stage, console, ending)
            keepsakes.keep(folder, stage, console, ending)
        finally:
            if not is_true:
                keepsakes.keep_logs(folder, stage, console)
    console.verdict(is_true, _last_words(console, is_true))
    return is_true


def _last_words(console: Console, is_true: bool) -> str:
    if is_true:
        return console.say(
            ru=f"Всё верно. Заняло {console.seconds:.0f} с; всё остановлено.",
            en=f"All of it is true. It took {console.seconds:.0f} s; everything is stopped.",
        )
    return console.say(
        ru="Не всё из этого верно; см. выше. Всё остановлено.",
        en="Not all of it is true, see above. Everything is stopped.",
    )


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=language_of(dict(os.environ)), help="language of the story"
    )
    parser.add_argument(
        "--refuse", action="store_true", help="the counteragent refuses the act: the story must not end well"
    )
    parser.add_argument("--keep", type=Path, default=keepsakes.FOLDER, help="where copies of the files stay (var/demo)")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
