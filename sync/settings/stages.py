"""A kanban column as settings name it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from sync.core.model.tasks import KanbanStage
from sync.settings.values import Positive, SettingsPart, Text, value_error


class Stage(SettingsPart):
    """A kanban column, by its id, by its system type, or by its title."""

    id: Positive | None = None
    type: Literal["NEW", "PROGRESS", "WORK", "REVIEW", "FINISH"] | None = None
    title: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _require_mapping(cls, value: Any) -> Any:
        if not isinstance(value, Mapping | Stage):
            raise value_error("must be {id: 12}, {type: REVIEW} or {title: Review}")
        return value

    @model_validator(mode="after")
    def _require_single_key(self) -> Stage:
        if sum(value is not None for value in (self.id, self.type, self.title)) != 1:
            raise value_error("needs exactly one of `id`, `type` and `title`")
        return self


def matches_stage(reference: Stage, stage: KanbanStage) -> bool:
    """Return whether a reference means a column."""
    if reference.title is not None:
        return reference.title.strip().casefold() == stage.title.strip().casefold()
    return stage.id == reference.id or (
        reference.type is not None and stage.system_type == reference.type
    )


def list_stages(stages: tuple[KanbanStage, ...]) -> str:
    """Return columns with their ids, for a message."""
    return ", ".join(f"{stage.title!r} ({stage.id})" for stage in stages) or "none"
