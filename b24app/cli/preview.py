"""`settings preview KIND`: what people would be told of a thing of that kind."""

from __future__ import annotations

import argparse
from dataclasses import replace

from b24app.cli.arguments import file_text
from b24app.cli.context import database, say
from b24app.services.overview import find_portal
from sync.config import Config
from sync.core.messages import templates
from sync.core.messages.placeholders import MEANINGS, PLACES
from sync.core.model.kinds import Kind
from sync.core.notifications.build import telling_of
from sync.core.notifications.samples import SAMPLES
from sync.core.rules.portal import Rules
from sync.settings.apply import current
from sync.settings.document import Document
from sync.settings.problems import Invalid, Problem
from sync.settings.route_checks import of_templates
from sync.settings.rules import to_rules
from sync.store.db.database import read
from sync.text import bbcode
from sync.text.plain import lines_of, text_of


def run(config: Config, args: argparse.Namespace) -> int:
    kind = Kind(args.kind)
    rules = _rules(config, args, kind)
    telling = telling_of(SAMPLES[kind], rules.language, {})
    document = telling.document(rules, kind)
    say("BBCode:", bbcode.write(document), "")
    say("As text:", *(text_of(line) for line in lines_of(document.blocks)), "")
    say("Places:", *(f"{{{name}}}  {MEANINGS[name]}" for name in PLACES[kind]))
    return 0


def _rules(config: Config, args: argparse.Namespace, kind: Kind) -> Rules:
    """Those of the file, else of the portal, with the text and the language that are asked for."""
    rules = _of_file(args.file) if args.file else _of_portal(config, args)
    if args.template is not None:
        if found := list(templates.problems(args.template, PLACES[kind])):
            raise Invalid(Problem(0, "template", text) for text in found)
        rules = replace(rules, templates={kind: args.template})
    return replace(rules, language=args.language) if args.language else rules


def _of_file(name: str) -> Rules:
    document = Document(file_text(name))
    found = list(document.found)
    if document.settings is not None:
        found += of_templates(document.settings)
    if found or document.settings is None:
        raise Invalid(document.problem(path, what) for path, what in found)
    return to_rules(document.settings)


def _of_portal(config: Config, args: argparse.Namespace) -> Rules:
    """The portal's own settings; where a text is given none need be installed."""
    if args.template is not None and args.portal is None:
        return Rules()
    with read(database(config)) as conn:
        return to_rules(current(conn, find_portal(conn, args.portal)))
