"""Members act without waiting for each other, from the moment that the bot is online."""

import pytest

from sdbot.sandbox import Settings
from tests.large.responsiveness import MIX, RATE, share_within, under_load

SECONDS = 3


@pytest.mark.timeout(180)
async def test_all_that_members_do_while_the_bot_loads_and_paints_is_answered():
    crowd, metrics, num_accepted = await under_load(SECONDS, Settings(answer_seconds=60))
    assert crowd.num_failed == 0
    assert sum(map(len, crowd.waits.values())) == SECONDS * RATE
    assert crowd.waits.keys() == {action.__name__ for action in MIX}
    assert num_accepted > SECONDS
    assert 0 < share_within(metrics, 0.5) <= 1
