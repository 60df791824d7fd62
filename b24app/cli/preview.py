"""`settings preview KIND`: the message that people would get about a sample of that kind."""

from __future__ import annotations

import argparse
from dataclasses import replace

from b24app.cli.arguments import read_file
from b24app.cli.context import prepare_database, print_lines
from b24app.services.chosen_portal import find_portal
from sync.config import Config
from sync.core.messages import templates
from sync.core.messages.placeholders import PLACEHOLDER_MEANINGS, PLACEHOLDERS
from sync.core.model.kinds import Kind
from sync.core.notifications.build import build_message
from sync.core.notifications.samples import SAMPLES
from sync.core.rules.portal import Rules
from sync.sentences import as_sentence, sentence
from sync.settings.apply import current_settings
from sync.settings.document import Document
from sync.settings.problems import Invalid, Problem
from sync.settings.route_checks import check_templates
from sync.settings.rules import to_rules
from sync.store.db.database import read
from sync.text import bbcode
from sync.text.plain import lines_of, text_of


def run(config: Config, args: argparse.Namespace) -> int:
    """Print the message in BBCode and as text, and the placeholders of its kind."""
    kind = Kind(args.kind)
    rules = _load_rules(config, args, kind)
    message = build_message(SAMPLES[kind], rules.language, {})
    document = message.to_document(rules, kind)
    print_lines("BBCode:", bbcode.write(document), "")
    print_lines("As text:", *(text_of(line) for line in lines_of(document.blocks)), "")
    print_lines(
        "Places:",
        *(
            sentence(
                "{place}  {meaning}",
                place=f"{{{name}}}",
                meaning=as_sentence(PLACEHOLDER_MEANINGS[name]),
            )
            for name in PLACEHOLDERS[kind]
        ),
    )
    return 0


def _load_rules(config: Config, args: argparse.Namespace, kind: Kind) -> Rules:
    """Return the rules of the file, else of the portal, with the given text and language."""
    rules = _rules_of_file(args.file) if args.file else _rules_of_portal(config, args)
    if args.template is not None:
        if problems := list(templates.template_problems(args.template, PLACEHOLDERS[kind])):
            raise Invalid(Problem(0, "template", text) for text in problems)
        rules = replace(rules, templates={kind: args.template})
    return replace(rules, language=args.language) if args.language else rules


def _rules_of_file(name: str) -> Rules:
    document = Document(read_file(name))
    problems = list(document.problems)
    if document.settings is not None:
        problems += check_templates(document.settings)
    if problems or document.settings is None:
        raise Invalid(document.problem(path, role) for path, role in problems)
    return to_rules(document.settings)


def _rules_of_portal(config: Config, args: argparse.Namespace) -> Rules:
    """Return the portal's rules; with a text and no portal the defaults."""
    if args.template is not None and args.portal is None:
        return Rules()
    with read(prepare_database(config)) as conn:
        return to_rules(current_settings(conn, find_portal(conn, args.portal)))
