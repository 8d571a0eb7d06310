"""Commands are registered where they differ from those that Discord has, and only there."""

import pytest

from sdbot.sandbox.guard import API
from sdbot.sandbox.world import World

EVERYWHERE = None
COMMANDS = {"imagine", "remix", "Remix this", "Recipe", "queue", "cancel", "help"}


@pytest.fixture
def puts(monkeypatch):
    """Where commands were registered, one entry for each time."""
    puts = []
    replace_commands = World.replace_commands

    async def note(world, guild_id, commands):
        puts.append(guild_id)
        await replace_commands(world, guild_id, commands)

    monkeypatch.setattr(World, "replace_commands", note)
    return puts


async def commands(member):
    """The registered ones by the server that has them."""
    of = {}
    for command in (await member.state())["commands"]:
        of.setdefault(command.get("guild_id"), {})[command["name"]] = command
    return of


async def guild_id(member):
    return (await member.state())["guild"]["id"]


async def test_the_first_start_registers_everything_and_the_second_nothing(start_bot, member, puts):
    async with start_bot():
        registered = await commands(member)
    assert registered.keys() == {EVERYWHERE}
    assert registered[EVERYWHERE].keys() == COMMANDS
    async with start_bot():
        assert await commands(member) == registered
    assert puts == [EVERYWHERE]


def describe_otherwise(imagine):
    return {"description": "As an older version had it"}


def lose_an_option(imagine):
    return {"options": imagine["options"][:-1]}


def lose_the_least_seed(imagine):
    options = [
        {
            key: value
            for key, value in option.items()
            if (option["name"], key) != ("seed", "min_value")
        }
        for option in imagine["options"]
    ]
    assert options != imagine["options"]
    return {"options": options}


def rename_a_choice(imagine):
    *options, scheduler, model, lora = imagine["options"]
    first, *others = scheduler["choices"]
    choices = [{**first, "name": "an older label"}, *others]
    return {"options": [*options, {**scheduler, "choices": choices}, model, lora]}


def keep_from_dms(imagine):
    return {"contexts": [0]}


def offer_to_accounts(imagine):
    return {"integration_types": [0, 1]}


CHANGES = [
    describe_otherwise,
    lose_an_option,
    lose_the_least_seed,
    rename_a_choice,
    keep_from_dms,
    offer_to_accounts,
]


async def ask(sandbox, member, method, path="", **body):
    """As the application itself would, at its commands."""
    application_id = next(u["id"] for u in (await member.state())["users"] if u["bot"])
    url = f"{API}/applications/{application_id}{path}"
    headers = {"Authorization": f"Bot {sandbox.token}"}
    async with member.http.request(method, url, json=body or None, headers=headers) as response:
        assert response.status < 300, await response.text()


@pytest.mark.parametrize("change", CHANGES)
async def test_a_command_that_differs_is_registered_again(sandbox, start_bot, member, puts, change):
    async with start_bot():
        registered = await commands(member)
    imagine = registered[EVERYWHERE]["imagine"]
    await ask(sandbox, member, "PATCH", f"/commands/{imagine['id']}", **change(imagine))
    async with start_bot():
        again = await commands(member)
    assert puts == [EVERYWHERE, EVERYWHERE]
    assert without_version(again[EVERYWHERE]) == without_version(registered[EVERYWHERE])


def without_version(commands):
    return {
        name: {key: value for key, value in command.items() if key != "version"}
        for name, command in commands.items()
    }


async def test_a_command_that_is_no_longer_offered_is_taken_back(sandbox, start_bot, member, puts):
    async with start_bot():
        pass
    await ask(sandbox, member, "POST", "/commands", name="paint", description="Of an older version")
    async with start_bot():
        assert (await commands(member))[EVERYWHERE].keys() == COMMANDS
    assert puts == [EVERYWHERE, EVERYWHERE]


async def test_servers_that_are_named_have_the_commands_alone_and_at_once(start_bot, member, puts):
    server = await guild_id(member)
    async with start_bot():
        pass
    async with start_bot(GUILD_IDS=server):
        registered = await commands(member)
    assert registered.keys() == {server}
    assert registered[server].keys() == COMMANDS
    assert puts == [EVERYWHERE, EVERYWHERE, server]  # the second takes them back


async def test_a_servers_commands_are_registered_once(start_bot, member, puts):
    server = await guild_id(member)
    for _ in range(2):
        async with start_bot(GUILD_IDS=server):
            pass
    assert puts == [server]


async def test_without_named_servers_commands_are_everywhere_again_and_no_server_is_touched(
    start_bot, member, puts
):
    server = await guild_id(member)
    async with start_bot(GUILD_IDS=server):
        of_server = (await commands(member))[server]
    async with start_bot():
        registered = await commands(member)
    assert registered[EVERYWHERE].keys() == COMMANDS
    assert registered[server] == of_server
    assert puts == [server, EVERYWHERE]


async def test_a_command_of_a_server_paints(start_bot, member, engine):
    async with start_bot(GUILD_IDS=await guild_id(member)):
        await member.command("imagine", prompt="a red apple")
        await member.until(
            "message_update", lambda event: "is ready" in event["message"]["content"]
        )
    assert [recipe.text.prompt for recipe in engine.recipes] == ["a red apple"]
