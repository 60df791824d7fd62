"""The families of REST methods. Importing this fills the registry."""

from tests.emulators.bitrix24.methods import (  # noqa: F401
    app,
    bots,
    checklists,
    comments,
    dependences,
    disk,
    elapsed,
    events,
    groups,
    im,
    items,
    messages,
    placements,
    recent,
    scrum,
    stages,
    tasklist,
    tasks,
    userfields,
    users,
)
