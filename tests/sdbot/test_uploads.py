"""Pictures go out as files that Discord takes, over the wire."""

import io

import discord
import numpy as np
import pytest
from PIL import Image

from diffusion.images import RECIPE_KEY, encode_png, with_recipe
from sdbot.chat import delivery
from sdbot.sandbox import Settings
from tests.sdbot.conversation import download, picture_message, pressed, told
from tests.sdbot.engine import StandInEngine
from tests.sdbot.pictures import noise

CONTENT_TYPES = {"image/png": "png", "image/webp": "webp", "image/jpeg": "jpg"}
PATH = r"/channels/\d+/messages$"


class NoisyEngine(StandInEngine):
    """Paints what no format makes small."""

    def _picture(self, order, recipe):
        image = noise(*order.size, seed=recipe.sampling.seed)
        return encode_png(with_recipe(image, recipe, "stand-in"))


@pytest.fixture
def engine():
    return NoisyEngine()


@pytest.fixture
def sandbox_settings():
    """What is tried again at once is not to wait for a rate limit."""
    return Settings(answer_seconds=60, rate_limits=False)


@pytest.fixture
def limit_files(monkeypatch):
    """`limit_files(1000)`: the server takes files of so many bytes."""

    def limit_files(max_bytes):
        monkeypatch.setattr(discord.Guild, "filesize_limit", max_bytes)

    return limit_files


@pytest.fixture
def limit_files_of_dms(monkeypatch):
    def limit_files(max_bytes):
        monkeypatch.setattr(delivery, "_DM_FILESIZE_LIMIT", max_bytes)

    return limit_files


@pytest.fixture
def uploads(monkeypatch):
    """The number of files of each message that the bot has tried to send."""
    tried = []
    send = discord.abc.Messageable.send

    async def note(channel, *arguments, **options):
        tried.append(len(options["files"]))
        return await send(channel, *arguments, **options)

    monkeypatch.setattr(discord.abc.Messageable, "send", note)
    return tried


async def imagine(member, **options):
    """A picture of the same noise each time."""
    await member.command("imagine", **{"prompt": "noise", "seed": 7, **options})
    return await picture_message(member)


def formats_of(message):
    """By content and by name, which agree."""
    by_content = [CONTENT_TYPES[file["content_type"]] for file in message["attachments"]]
    by_name = [file["filename"].rpartition(".")[2] for file in message["attachments"]]
    assert by_content == by_name
    return by_content


def largest(message):
    return max(file["size"] for file in message["attachments"])


def brightness(picture):
    return np.asarray(picture.convert("L"), float)


async def test_each_lower_limit_is_met_by_a_smaller_file_and_the_last_is_told(
    start_bot, member, limit_files, uploads
):
    async with start_bot():
        results = [await imagine(member)]
        for _ in range(3):
            limit_files(largest(results[-1]) - 1)
            results.append(await imagine(member))
            assert largest(results[-1]) < largest(results[-2])
        limit_files(largest(results[-1]) - 1)
        await member.command("imagine", prompt="noise", seed=7)
        await told(
            member,
            "Your picture was painted, but in every format it is too large for this channel. "
            "Please ask for a smaller size, or fewer. (job 5)",
        )
        assert len(uploads) == len(results)  # Discord refused none of them
        limit_files(largest(results[0]))
        await imagine(member)
    assert [formats_of(result) for result in results] == [["png"], ["webp"], ["jpg"], ["jpg"]]
    said = ["Posted as" in result["content"] for result in results]
    assert said == [False, True, True, True]
    assert "Posted as WebP: as PNG it would be too large for here." in results[1]["content"]
    assert "Posted as JPEG: as PNG it would be too large for here." in results[2]["content"]


async def test_a_file_of_exactly_the_limit_is_taken(start_bot, member, limit_files):
    async with start_bot():
        limit_files(largest(await imagine(member)))
        assert formats_of(await imagine(member)) == ["png"]


async def test_smaller_formats_show_the_same_picture(start_bot, member, limit_files):
    async with start_bot():
        first = await imagine(member)
        original = brightness(await download(member, first))
        limit_files(largest(first) - 1)
        webp = await download(member, await imagine(member))
    assert (webp.format, webp.size) == ("WEBP", (128, 128))
    assert np.corrcoef(brightness(webp).ravel(), original.ravel())[0, 1] > 0.9


async def test_all_pictures_of_a_message_have_one_format(start_bot, member, limit_files):
    """It is the largest that decides."""
    async with start_bot():
        several = await imagine(member, count=4)
        limit_files(largest(several) - 1)
        assert formats_of(await imagine(member, count=4)) == ["webp"] * 4


async def test_the_png_carries_its_recipe_and_is_as_the_engine_made_it(start_bot, member, engine):
    async with start_bot():
        picture = await download(member, await imagine(member))
    assert picture.text[RECIPE_KEY] == engine.recipes[0].to_json()
    assert picture.tobytes() == noise(seed=7).tobytes()


@pytest.mark.parametrize("label", ["Subtle", "Enlarge"])
async def test_what_was_posted_smaller_is_painted_over(
    start_bot, member, engine, limit_files, label
):
    async with start_bot():
        first = await imagine(member)
        limit_files(largest(first) - 1)
        smaller = await imagine(member)
        posted = await download(member, smaller)
        limit_files(10 * 2**20)
        await pressed(member, smaller, label)
    source = Image.open(io.BytesIO(engine.sources[-1]))
    if label == "Subtle":
        assert source.tobytes() == posted.convert("RGB").tobytes()
    else:
        assert source.size == (256, 256)


class TestTooLargeSaysDiscord:
    """413, although the limit of the server allows the file."""

    async def test_and_it_goes_in_a_smaller_format(self, sandbox, start_bot, member, uploads):
        async with start_bot():
            size = largest(await imagine(member))
            sandbox.troubles.begin("small_uploads", route=PATH, max_bytes=size)
            result = await imagine(member)
        assert formats_of(result) == ["webp"]
        assert "Posted as WebP" in result["content"]
        assert len(uploads) == 1 + 2

    async def test_of_everything_and_the_owner_is_told(self, sandbox, start_bot, member, uploads):
        async with start_bot():
            sandbox.troubles.begin("small_uploads", route=PATH, max_bytes=1000)
            await member.command("imagine", prompt="noise")
            await told(member, "in every format it is too large for this channel.")
            assert len(uploads) == 4
            sandbox.troubles.end("small_uploads")
            assert formats_of(await imagine(member)) == ["png"]

    async def test_once_and_the_message_stands_there_once(self, sandbox, start_bot, member):
        async with start_bot():
            sandbox.troubles.begin("small_uploads", route=PATH, max_bytes=1000, times=2)
            result = await imagine(member)
            ready = await told(member, "Your picture is ready")
            messages = await member.messages()
        assert formats_of(result) == ["jpg"]
        assert [message["id"] for message in messages] == [ready["id"], result["id"]]


class TestDirectMessages:
    """They have a limit of their own, whatever the server's is."""

    async def test_take_less_than_a_boosted_server(
        self, start_bot, member, limit_files, limit_files_of_dms, uploads
    ):
        async with start_bot():
            size = largest(await imagine(member))
            limit_files(100 * 2**20)
            limit_files_of_dms(size - 1)
            assert formats_of(await imagine(member)) == ["png"]
            member.channel_id = (await member.dm())["id"]
            assert formats_of(await imagine(member)) == ["webp"]
        assert len(uploads) == 3

    async def test_take_ten_mebibytes(self, start_bot, member, limit_files, uploads):
        assert delivery._DM_FILESIZE_LIMIT == 10 * 2**20
        async with start_bot():
            limit_files(1)
            member.channel_id = (await member.dm())["id"]
            assert formats_of(await imagine(member)) == ["png"]


async def test_a_thread_takes_what_its_server_takes(start_bot, member, limit_files):
    async with start_bot():
        limit_files(largest(await imagine(member)) - 1)
        member.channel_id = (await member.channel("Ideas"))["id"]
        assert formats_of(await imagine(member)) == ["webp"]


async def test_every_file_has_alt_text_from_the_prompt(start_bot, member, limit_files):
    prompt = "two **red** apples, @everyone"
    async with start_bot():
        several = await imagine(member, prompt=prompt, count=2)
        limit_files(largest(several) - 1)
        smaller = await imagine(member, prompt=prompt, count=2)
    texts = [f"Picture {number} of 2, painted from the words: {prompt}" for number in (1, 2)]
    for message in (several, smaller):
        assert [file["description"] for file in message["attachments"]] == texts


class TestLongPrompt:
    """Longer than what the message shows of it."""

    PROMPT = "red *apples*, " * 71 + "all."

    async def file(self, member, message):
        """The last file of a message."""
        async with member.http.get(message["attachments"][-1]["url"]) as response:
            return message["attachments"][-1], await response.read()

    async def test_stands_whole_in_a_file(self, start_bot, member, engine):
        async with start_bot():
            result = await imagine(member, prompt=self.PROMPT)
            file, data = await self.file(member, result)
        assert data.decode() == engine.recipes[0].text.prompt == self.PROMPT
        assert file["filename"] == "prompt-1.txt"
        assert self.PROMPT not in result["content"].replace("\\", "")
        assert "…" in result["content"]

    async def test_has_its_file_under_results_of_buttons_too(self, start_bot, member, engine):
        async with start_bot():
            result = await imagine(member, prompt=self.PROMPT)
            for label in ("Reroll", "Subtle", "Enlarge"):
                result = await pressed(member, result, label)
                _, data = await self.file(member, result)
                assert data.decode() == engine.recipes[0].text.prompt

    async def test_has_its_file_beside_four_smaller_pictures(self, start_bot, member, limit_files):
        async with start_bot():
            limit_files(largest(await imagine(member)) - 1)
            result = await imagine(member, prompt=self.PROMPT, count=4)
        names = [file["filename"] for file in result["attachments"]]
        assert names == [*(f"sdbot-2-{number}.webp" for number in (1, 2, 3, 4)), "prompt-2.txt"]

    async def test_that_is_shown_whole_has_none(self, start_bot, member):
        async with start_bot():
            result = await imagine(member, prompt="a" * 600)
        assert len(result["attachments"]) == 1
        assert "a" * 600 in result["content"]
        assert "…" not in result["content"].splitlines()[0]


@pytest.mark.parametrize(
    "prompt",
    [
        "@everyone @here <@&12345678901234567>",
        "[click](https://discord.com) https://discord.com discord.gg/abc",
        "```py\ncode``` **bold** ||hidden||",
        '"quoted" \\ ünïcödé 猫 😀 {} % \x00\x1b[31m',
    ],
)
async def test_words_of_any_kind_are_whole_in_the_files(start_bot, member, engine, prompt):
    words = f"{prompt} " + "a" * 700
    async with start_bot():
        result = await imagine(member, prompt=words)
        async with member.http.get(result["attachments"][1]["url"]) as response:
            assert (await response.read()).decode() == engine.recipes[0].text.prompt == words
    assert result["attachments"][0]["description"].endswith(words)
    assert (result["mention_everyone"], result["mention_roles"]) == (False, [])
    assert [user["id"] for user in result["mentions"]] == [member.id]
    assert result["embeds"] == []
