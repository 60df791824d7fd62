"""Wiki pages, feature flags, vulnerabilities, and tokens that expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story


def play(story: Story) -> None:
    keep, shop = story.keeping, story.shop
    keep.write_page(shop, "How to release", "Ask Ann.", "ann")
    story.tell(wiki_page_hooks="created")
    page = keep.write_page(shop, "How to release", "Ask Ann or Eve.", "eve")
    story.tell(wiki_page_hooks="updated")
    keep.delete_page(shop, page, "ann")
    story.tell(wiki_page_hooks="deleted")
    for name in ("turned_on", "turned_off"):
        keep.toggle_flag(shop, "new-checkout", "bob", description="Checkout in one step")
        story.tell(feature_flag_hooks=name)
    found = keep.find_vulnerability(shop, "acme-pay parses any XML")
    story.tell(vulnerability_hooks="detected")
    for state in ("confirmed", "dismissed", "resolved"):
        keep.judge_vulnerability(found, state, "ann")
        story.tell(vulnerability_hooks=state)
    _tokens(story)


def _tokens(story: Story) -> None:
    own, shop = story.owning, story.shop
    for days in (7, 30, 60):
        own.expire_access_token(shop, "bridge", days)
        story.tell(resource_access_token_hooks=f"expires_in_{days}_days")
    own.expire_deploy_token(shop, "registry", 7)
    story.tell(resource_deploy_token_hooks="expires_in_7_days")
