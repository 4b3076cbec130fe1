"""The command line; ``halte --help`` lists the commands."""

from __future__ import annotations

import argparse
import sys

from bot import commands
from bot.settings import settings


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="halte", description="Assistant for people who meet digital violence (nl, fr).")
    sub = top.add_subparsers(dest="command", required=True)

    serve = sub.add_parser("serve", help="train if there is no model, create the directory, start, print the address")
    serve.add_argument("--host", default=settings().host)
    serve.add_argument("--port", type=int, default=settings().port)
    serve.set_defaults(run=commands.serve)

    chat = sub.add_parser("chat", help="talk in the terminal, or replay a file")
    chat.add_argument("--lang", choices=("nl", "fr"), default="nl")
    chat.add_argument("--script", metavar="FILE", help="one message a line; prints one JSON object a turn")
    chat.set_defaults(run=commands.chat)

    train = sub.add_parser("train", help="train and write models/")
    train.set_defaults(run=commands.train)

    recognise = sub.add_parser("recognise", help="JSON lines or plain text in, JSON lines out")
    recognise.add_argument("file", nargs="?", help="default: standard input")
    recognise.set_defaults(run=commands.recognise)

    evaluate = sub.add_parser("evaluate", help="precision, recall and F1 per form, flag, act and language")
    evaluate.add_argument("files", nargs="*", metavar="FILE", help="default: the test split, tests/messages/test")
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--baseline", action="store_true", help="also Rasa's default pipeline on the same data")
    evaluate.add_argument("--full", action="store_true", help="also disturbed messages, reasons, missed signals")
    evaluate.add_argument("--write", action="store_true", help="the same, kept in docs/evaluation.md and .json")
    evaluate.add_argument("--against", metavar="FILE", help="show what changed since docs/evaluation.json")
    evaluate.set_defaults(run=commands.evaluate)

    compare = sub.add_parser("compare", help="encoders, features, heads and data side by side, on the dev split")
    compare.add_argument("encoders", nargs="*", default=["use", "halte"], metavar="ENCODER", help="the last is ours")
    compare.add_argument("--json", action="store_true")
    compare.set_defaults(run=commands.compare)

    encoder = sub.add_parser("encoder", help="build: fine-tune the sentence encoder (extra `encoder`, about an hour)")
    encoder.add_argument("encoder_command", choices=("build",))
    encoder.add_argument("--base", help="hub name or path of another model to start from")
    encoder.add_argument("--out", metavar="FOLDER", help="default: models/encoder")
    encoder.add_argument("--epochs", type=int, default=2)
    encoder.set_defaults(run=commands.encoder)

    bench = sub.add_parser("bench", help="time and memory, side by side with Rasa's default pipeline")
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(run=commands.bench)

    check = sub.add_parser("check", help="content, translations, numbers, directory, domain, links")
    check.set_defaults(run=commands.check)

    from bot.corpus import cli as data
    from bot.desk import cli as staff
    from bot.directory import cli as services

    data.add_parser(sub)
    services.add_parser(sub)
    staff.add_parser(sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when all went well."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except commands.Refused as refusal:
        print(f"halte: {refusal}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
