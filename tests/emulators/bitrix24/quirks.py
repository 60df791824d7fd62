"""Behaviour in which portals differ, or that no page states: tests set it both ways."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Quirks:
    """The defaults are what is harder for a client.

    `system_messages_fire`: the portal's own notes fire ONTASKCOMMENTADD. `get_has_tags`:
    tasks.task.get shows TAGS (https://github.com/bitrix24/b24restdocs/issues/189).
    `list_has_chat`: tasks.task.list shows CHAT_ID. `deleted_stay`: a deleted message stays in the
    list with IS_DELETED. `no_bots`: the portal has no imbot.v2. `bots_join_tasks`: bots may be
    added to the chats of tasks; `bots_stay_out`: to no other chat. `unread`: that many messages
    come beyond LIMIT. `time_keeps_date`: CREATED_DATE of an entry of time is stored.
    `only_own_time`: administrators, too, log their own time alone. `mandatory`: a field of the
    portal's own that every write of a task must have, "" for none. `xml_id_kept`: XML_ID is
    stored. `bbcode_flag_kept`: DESCRIPTION_IN_BBCODE is.
    """

    system_messages_fire: bool = False
    get_has_tags: bool = False
    list_has_chat: bool = True
    deleted_stay: bool = False
    unread: int = 0
    no_bots: bool = False
    bots_stay_out: bool = False
    bots_join_tasks: bool = False
    time_keeps_date: bool = True
    only_own_time: bool = False
    mandatory: str = ""
    xml_id_kept: bool = True
    bbcode_flag_kept: bool = True
