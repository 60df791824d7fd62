"""A change of an issue carried out in as few requests as can be, and every answer compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.core.issue_sync.model import DESCRIPTION, TAGS, TITLE, Value
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.writes import Change, Done, NotDone, Outcome, SetChange, Unknown
from sync.errors import Later, Refused, SyncError
from sync.sentences import as_sentence, sentence
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues import planning, rows, states, tags
from sync.youtrack.issues.changes import Body
from sync.youtrack.issues.comparing import left_out
from sync.youtrack.issues.outcomes import as_sent
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping

OF_VALUE = ("400", "403", "500")  # refusals that may concern one field alone


@dataclass(frozen=True, slots=True)
class PartWriter:
    """Writes parts of an issue with a reader's client."""

    reader: IssueReader

    def carry_out(
        self,
        issue_id: str,
        changes: Mapping[str, Change],
        body: Body,
        row: dict[str, Any] | None = None,
        answered: Mapping[str, Value] | None = None,
        before: Mapping[str, Value] | None = None,
    ) -> Outcome:
        """Send what is left, and compare. What happened to a part of a write is Unknown.

        `answered`: what earlier answers of the write say was stored. It is what each answer says
        that counts: a row that is read in the end may show what people did meanwhile. Once anything
        is stored no error may say that the write was not done. `before`: as of UpdateItem.
        """
        path, begun, refusals = f"/issues/{encode_segment(issue_id)}", row is not None, []
        dropped, fresh, stored = dict(body.dropped), True, dict(answered or {})
        tagged, deferred, halfway = body.tags, dict[str, Exception](), set[str]()
        try:
            for part in _parts(body):
                try:
                    row = self.post(path, part.json())
                    begun = True
                    stored |= self._answered(part, row)
                except Refused as refused:
                    if refused.code not in OF_VALUE:
                        raise
                    refusals.append(_explained(part, refused))
                    for name, single in _singles(part):
                        try:
                            row = self.post(path, single.json())
                            begun = True
                            stored |= self._answered(single, row)
                        except Refused as error:
                            refusals.append(_explained(single, error))
                            dropped[name] = refusals[-1].message
            if tagged.add or tagged.remove:
                refused_tags = tags.change(self.reader, issue_id, tagged.add, tagged.remove)
                tagged = SetChange(
                    tagged.add - refused_tags.keys(), tagged.remove - refused_tags.keys()
                )
                for name, refusal in refused_tags.items():
                    refusals.append(refusal)
                    dropped[TAGS] = sentence(
                        'The tag "{name}" was refused: {text}',
                        name=name,
                        text=as_sentence(refusal.message),
                    )
                begun, fresh = begun or bool(tagged.add or tagged.remove), False
            for name, (field, target) in body.machines.items():
                shown = (before or {}).get(name)
                try:
                    reason, reached = states.move(self.reader, issue_id, field, target, shown)
                except Refused as refused:
                    refusals.append(refused)
                    reason, reached = refused.message, ""
                except Later as moved:
                    if not begun or moved.sent or moved.code != states.MOVED:
                        raise
                    deferred[name], fresh = moved, False
                    continue
                else:
                    begun = True
                if reason:
                    dropped[name] = reason
                    halfway |= {name} if reached else set()
                if reached:
                    is_set = isinstance(changes[name], frozenset)
                    stored[name] = frozenset({reached}) if is_set else reached
                fresh = False
            for name, change in body.planned.items():
                try:
                    reason = planning.carry_out(self.reader, issue_id, name, change)
                except Refused as refused:
                    refusals.append(refused)
                    reason = refused.message
                except SyncError as error:  # several requests: one may be carried out
                    return Unknown(as_sent(error))
                else:
                    begun = True
                if reason:
                    dropped[name] = reason
                fresh = False
            if refusals and not begun:
                return NotDone(refusals[0])
            if row is None or not fresh:
                row = self.reader.row(issue_id, rows.BASIC)
        except SyncError as error:
            if begun:
                return Unknown(as_sent(error))
            raise
        if tagged.add or tagged.remove:
            shown_tags = as_set(self.values(row).get(TAGS))
            stored[TAGS] = tags.after(shown_tags, as_set(stored.get(TAGS, shown_tags)), tagged)
        written = {name: change for name, change in changes.items() if name not in deferred}
        done = self.done(row, written, dropped, stored)
        return replace(done, halfway=frozenset(halfway), deferred=deferred)

    def _answered(self, body: Body, row: Mapping[str, Any]) -> dict[str, Value]:
        """Return what an answer says was stored of what was sent."""
        sent = {TITLE} if "summary" in body.plain else set[str]()
        sent |= {DESCRIPTION} if "description" in body.plain else set()
        values = self.values(row)
        return {name: values.get(name) for name in sent | body.fields.keys()}

    def done(
        self,
        row: Mapping[str, Any],
        changes: Mapping[str, Change],
        dropped: dict[str, str],
        stored: Mapping[str, Value],
    ) -> Done:
        """Return what an answer says was stored, beside what was asked."""
        self.reader.remember(row)
        item = rows.item_of(
            row, self.reader.own_id(), self.reader.options, self.reader.client.base_url
        )
        item = replace(item, values={**item.values, **stored})
        missing = left_out(changes, item.values)
        return Done(item=item, dropped={**missing, **dropped})

    def post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a write of an issue. Raises SyncError."""
        return mapping(self.reader.client.post(path, data, fields=rows.BASIC))

    def values(self, row: Mapping[str, Any]) -> dict[str, Value]:
        """Return the fields of an answer."""
        return rows.values_of(row, self.reader.options)


def _parts(body: Body) -> list[Body]:
    """Return the POST that carries out all that one can; none where there is nothing for it."""
    return [body] if body.plain or body.fields else []


def _singles(body: Body) -> list[tuple[str, Body]]:
    """Return a POST for each field of a refused one that had several."""
    plain = body.plain
    parts = [(TITLE, Body({"summary": plain["summary"]}))] if "summary" in plain else []
    if "description" in plain:
        rest = {name: value for name, value in plain.items() if name != "summary"}
        parts.append((DESCRIPTION, Body(rest)))
    parts += [(name, Body(fields={name: sent})) for name, sent in body.fields.items()]
    return parts if len(parts) > 1 else []


def _explained(body: Body, refused: Refused) -> Refused:
    """Return a refusal of people alone with what it means; any other as it is."""
    kinds = [str(sent.get("$type")) for sent in body.fields.values()]
    if refused.code != "400" or body.plain or not kinds or not all("User" in k for k in kinds):
        return refused
    return Refused(
        sentence(
            "The person is not in the project's team in YouTrack, add them there: {text}",
            text=as_sentence(refused.message),
        ),
        code=refused.code,
    )
