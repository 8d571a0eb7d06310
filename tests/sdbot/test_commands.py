"""What the commands offer, and where they may be used."""

import pytest

from diffusion.config import Bounds
from diffusion.info import ModelInfo
from sdbot.sandbox import objects
from sdbot.sandbox.permissions import Permission
from tests.conftest import MODEL
from tests.sdbot.conversation import (
    completed,
    opened,
    picture_message,
    press,
    refused,
    registered,
    submit,
    told,
)
from tests.sdbot.pictures import encoded, quarters

GUILD, BOT_DM = 0, 1
SIZES = ((96, 128), (128, 96))


def bounds(option):
    return option["min_value"], option["max_value"]


class TestOptions:
    @pytest.fixture(autouse=True)
    def model(self, change_model):
        change_model(
            steps=Bounds(default=20, min=5, max=30),
            guidance=Bounds(default=7.5, min=1.5, max=12),
            sizes=SIZES,
        )

    @pytest.fixture
    async def options(self, start_bot, member):
        """Of both painting commands, by the names of command and option."""
        async with start_bot():
            return {
                name: {
                    option["name"]: option for option in (await registered(member, name))["options"]
                }
                for name in ("imagine", "remix")
            }

    @pytest.mark.parametrize("command", ["imagine", "remix"])
    async def test_have_the_bounds_of_the_loaded_model(self, options, command):
        of = options[command]
        assert bounds(of["steps"]) == (5, 30)
        assert bounds(of["guidance"]) == (1.5, 12)
        assert bounds(of["count"]) == (1, 4)
        assert bounds(of["seed"]) == (0, 2**32 - 1)
        assert of["prompt"]["min_length"] == 1
        assert of["prompt"]["max_length"] == of["negative_prompt"]["max_length"] == 1000

    @pytest.mark.parametrize("command", ["imagine", "remix"])
    async def test_choose_from_the_schedulers_of_the_loaded_model(self, options, command):
        choices = {c["value"]: c["name"] for c in options[command]["scheduler"]["choices"]}
        assert choices == ModelInfo.read(MODEL).schedulers

    async def test_of_imagine_are_completed_with_the_sizes_that_the_model_offers(
        self, start_bot, member
    ):
        async with start_bot():
            assert await completed(member, "size", "") == ["96 x 128", "128 x 96"]
            assert await completed(member, "size", "128 x") == ["128 x 96"]

    @pytest.mark.parametrize(("size", "said"), [("128 x 128", "96 x 128, 128 x 96"), ("x", "list")])
    async def test_of_imagine_are_no_other_sizes(self, start_bot, member, size, said):
        async with start_bot():
            await member.command("imagine", prompt="an apple", size=size)
            assert said in (await refused(member, f"size is {size}; allowed: "))["content"]

    async def test_of_remix_have_an_image_and_how_much_of_it_is_painted(self, options):
        of = options["remix"]
        assert [name for name, option in of.items() if option.get("required")] == [
            "image",
            "prompt",
        ]
        assert bounds(of["strength"]) == (0.05, 1)
        assert "size" not in of  # the picture decides it


async def test_all_options_of_imagine_reach_the_recipe(start_bot, member, engine):
    async with start_bot():
        await member.command(
            "imagine",
            prompt="a red apple",
            negative_prompt="a worm",
            count=2,
            seed=7,
            steps=9,
            guidance=3.5,
            size="160 x 128",
            scheduler="euler",
        )
        await picture_message(member)
    (order,) = engine.orders
    recipe, sampling = order.recipe, order.recipe.sampling
    assert (recipe.text.prompt, recipe.text.negative_prompt) == ("a red apple", "a worm")
    assert (sampling.seed, sampling.num_steps, sampling.guidance_scale) == (7, 9, 3.5)
    assert (sampling.width, sampling.height, sampling.scheduler) == (160, 128, "euler")
    assert (order.count, recipe.source) == (2, None)


async def test_what_is_left_away_is_the_models_own(start_bot, member, engine, change_model):
    change_model(
        steps=Bounds(default=11, min=5, max=30),
        guidance=Bounds(default=2.5, min=1, max=12),
        native_size=(96, 96),
        scheduler="euler",
        strength=0.8,
    )
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await picture_message(member)
        image = (await member.upload("picture.png", encoded(quarters())))["id"]
        await member.command("remix", prompt="a red apple", image=image)
        await picture_message(member)
    imagined, remixed = engine.recipes
    for sampling in (imagined.sampling, remixed.sampling):
        assert (sampling.num_steps, sampling.guidance_scale) == (11, 2.5)
        assert sampling.scheduler == "euler"
    assert (imagined.sampling.width, imagined.sampling.height) == (96, 96)
    assert remixed.source.strength == 0.8


async def test_commands_are_for_servers_and_the_bots_dm_and_not_for_accounts(start_bot, member):
    async with start_bot():
        commands = (await member.state())["commands"]
    assert {tuple(command["contexts"]) for command in commands} == {(GUILD, BOT_DM)}
    assert {tuple(command["integration_types"]) for command in commands} == {(GUILD,)}


async def test_help_says_what_there_is_and_with_which_model(start_bot, member):
    async with start_bot():
        await member.command("help")
        told = await refused(member, "**/imagine**")
    for word in ("/remix", "Remix this", "/queue", "/cancel", "Reroll", "emoji", "CC-BY-4.0"):
        assert word in told["content"]


async def in_thread(member):
    return (await member.channel("Ideas"))["id"]


async def in_dm(member):
    return (await member.dm())["id"]


@pytest.mark.parametrize("place", [in_thread, in_dm])
async def test_pictures_come_where_they_were_asked_for(start_bot, member, place):
    member.channel_id = await place(member)
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        result = await picture_message(member)
        ready = await told(member, "Your picture is ready")
        await press(member, result, "Reroll")
        again = await picture_message(member)
    assert result["channel_id"] == again["channel_id"] == member.channel_id
    assert f"/{member.channel_id}/{result['id']} " in ready["content"]


class TestMissingPermission:
    @pytest.mark.parametrize(
        ("lost", "named"),
        [
            (Permission.VIEW_CHANNEL, "View Channel"),
            (Permission.SEND_MESSAGES, "Send Messages"),
            (Permission.ATTACH_FILES, "Attach Files"),
            (Permission.SEND_MESSAGES | Permission.ATTACH_FILES, "Send Messages, Attach Files"),
        ],
    )
    async def test_is_named_before_anything_is_painted(
        self, sandbox, start_bot, member, engine, lost, named
    ):
        await sandbox.channels.deny_bot(member.channel_id, lost)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await refused(member, f"I lack permissions in this channel: {named}. Please ask a")
        assert engine.orders == []

    async def test_of_a_thread_has_the_threads_name(self, sandbox, start_bot, member, engine):
        await sandbox.troubles.switch("permission_lost", True, member.channel_id)
        member.channel_id = await in_thread(member)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await refused(member, "channel: Send Messages in Threads, Attach Files. Please")
        assert engine.orders == []

    async def test_is_met_by_buttons_and_forms_too(self, sandbox, start_bot, member, engine):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            message = await picture_message(member)
            await press(member, message, "Edit")
            form = await opened(member)
            await sandbox.troubles.switch("permission_lost", True, member.channel_id)
            await submit(member, form)
            await refused(member, "I lack permissions")
            await press(member, message, "Reroll")
            await refused(member, "I lack permissions")
        assert len(engine.orders) == 1

    async def test_that_is_given_back_is_met_no_more(self, sandbox, start_bot, member):
        await sandbox.troubles.switch("permission_lost", True, member.channel_id)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await refused(member, "I lack permissions")
            await sandbox.troubles.switch("permission_lost", False, member.channel_id)
            await member.command("imagine", prompt="a red apple")
            await picture_message(member)


class TestBotOnAnAccount:
    """The sandbox knows servers alone; what Discord sends for an account is put in here."""

    @pytest.fixture
    def owners(self, monkeypatch):
        """`authorizing_integration_owners` of the interactions."""
        owners = {}
        interaction = objects.interaction

        def of_account(world, *, user_id, **known):
            event = interaction(world, user_id=user_id, **known)
            return {
                **event,
                "authorizing_integration_owners": {"1": user_id, **owners},
            }

        monkeypatch.setattr(objects, "interaction", of_account)
        return owners

    async def test_is_refused_politely(self, owners, start_bot, member, engine):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await refused(member, "I work in servers and in my direct messages. Please ask me")
        assert engine.orders == []

    async def test_and_in_the_server_too_may_paint_there(self, owners, start_bot, member):
        owners["0"] = (await member.state())["guild"]["id"]
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await picture_message(member)

    async def test_may_paint_in_the_bots_dm(self, owners, start_bot, member):
        owners["0"] = "0"
        member.channel_id = await in_dm(member)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await picture_message(member)
